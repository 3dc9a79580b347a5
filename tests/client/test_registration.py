"""What an app is to its provider: what goes without saying, and what cannot work."""

import time
from dataclasses import FrozenInstanceError

import pytest

from django_genauth.client import AuthenticationClient
from django_genauth.client.authentication import ClientAuthentication
from django_genauth.client.registration import ClientRegistration
from django_genauth.protocol.client_keys import generate_key
from django_genauth.protocol.errors import ConfigurationError

EC_KEY = generate_key("ES256")[0]
GOOD = {
    "app_id": "5f17a529f64fb009b794a2ff",
    "secret": "s" * 64,
    "app_host": "https://acme.genauth.ai",
}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        pytest.param({"app_id": ""}, "app_id", id="no-app-id"),
        pytest.param({"app_host": "http://acme.genauth.ai"}, "app_host", id="no-encryption"),
        pytest.param({"app_host": "acme.genauth.ai"}, "app_host", id="no-scheme"),
        pytest.param({"app_host": "https://"}, "app_host", id="no-host"),
        pytest.param({"app_host": "https://acme.genauth.ai:port"}, "app_host", id="no-port"),
        pytest.param({"app_host": "https://[::1"}, "app_host", id="half-an-address"),
        pytest.param({"app_host": "https://a@acme.genauth.ai"}, "app_host", id="user-name"),
        pytest.param({"app_host": "https://acme.genauth.ai/#a"}, "app_host", id="fragment"),
        pytest.param({"app_host": "https://acme.genauth.ai\\@b"}, "app_host", id="backslash"),
        pytest.param({"app_host": "https://ac me.genauth.ai"}, "app_host", id="space"),
        pytest.param({"app_host": "https://acmé.genauth.ai"}, "app_host", id="not-ascii"),
        pytest.param({"issuer": "ftp://acme.genauth.ai"}, "issuer", id="issuer"),
        pytest.param({"issuer": "https://a.example/" + "b" * 238}, "issuer", id="long-issuer"),
        pytest.param({"endpoints": {"token_endpoint": "/token"}}, "endpoints", id="endpoint"),
        pytest.param({"endpoints": {"token_endpoint": 5}}, "endpoints", id="number-for-endpoint"),
        pytest.param({"endpoints": {"token": "https://a.example"}}, "endpoints", id="unknown"),
        pytest.param({"protocol": "saml"}, "protocol", id="protocol"),
        pytest.param({"redirect_uri": "/callback/"}, "redirect_uri", id="redirect-uri"),
        pytest.param(
            {"post_logout_redirect_uri": "site.example"},
            "post_logout_redirect_uri",
            id="post-logout-redirect-uri",
        ),
        pytest.param({"scope": "profile email"}, "scope", id="no-openid"),
        pytest.param({"scope": "openidx"}, "scope", id="almost-openid"),
        pytest.param({"scope": []}, "scope", id="no-scope"),
        pytest.param({"scope": 5}, "scope", id="scope-of-a-number"),
        pytest.param(
            {"id_token_signed_response_alg": "none"}, "id_token_signed_response_alg", id="alg-none"
        ),
        pytest.param(
            {"id_token_signed_response_alg": "rs256"}, "id_token_signed_response_alg", id="alg-case"
        ),
        pytest.param(
            {"id_token_signed_response_alg": "HS256", "secret": None},
            "id_token_signed_response_alg",
            id="hs256-without-a-secret",
        ),
        pytest.param({"secret": "s" * 31}, "secret_too_short", id="short-secret"),
        pytest.param(
            {"id_token_signed_response_alg": "HS512", "secret": "s" * 63},
            "secret_too_short",
            id="short-secret-for-hs512",
        ),
        pytest.param(
            {"token_endpoint_auth_method": "tls_client_auth"},
            "token_endpoint_auth_method",
            id="method",
        ),
        pytest.param(
            {"token_endpoint_auth_method": "client_secret_basic", "secret": None},
            "token_endpoint_auth_method",
            id="method-without-a-secret",
        ),
        pytest.param(
            {"introspection_endpoint_auth_method": "basic"},
            "introspection_endpoint_auth_method",
            id="introspection-method",
        ),
        pytest.param(
            {"revocation_endpoint_auth_method": "client_secret_post", "secret": None},
            "revocation_endpoint_auth_method",
            id="revocation-method-without-a-secret",
        ),
        pytest.param({"response_type": "password"}, "response_type", id="response-type"),
        pytest.param(
            {"response_type": "id_token", "protocol": "oauth"}, "response_type", id="oauth-id-token"
        ),
        pytest.param({"response_mode": "web_message"}, "response_mode", id="response-mode"),
        pytest.param(
            {"response_type": "code id_token", "response_mode": "query"},
            "response_mode",
            id="id-token-in-the-query",
        ),
        pytest.param(
            {"response_type": "code id_token", "response_mode": "query.jwt"},
            "response_mode",
            id="signed-id-token-in-the-query",
        ),
        pytest.param({"response_mode": "fragment.jwt"}, "response_mode", id="signed-fragment"),
        pytest.param(
            {"request_object_signing_alg": "none"},
            "request_object_signing_alg",
            id="request-object-alg",
        ),
        pytest.param(
            {"request_object_signing_alg": "HS256", "secret": None},
            "request_object_signing_alg",
            id="request-object-without-a-secret",
        ),
        pytest.param(
            {"request_object_signing_alg": "ES256"},
            "request_object_signing_alg",
            id="request-object-without-a-key",
        ),
        pytest.param(
            {"request_object_signing_alg": "PS256", "client_keys": [EC_KEY]},
            "request_object_signing_alg",
            id="request-object-with-another-key",
        ),
        pytest.param(
            {"pushed_authorization": True, "discovery": False},
            "pushed_authorization",
            id="pushed-to-nowhere",
        ),
        pytest.param(
            {"pushed_authorization": True, "protocol": "oauth"},
            "pushed_authorization",
            id="oauth-pushed-to-nowhere",
        ),
        pytest.param({"scope": "openid " + "a" * 3_994}, "scope", id="long-scope"),
        pytest.param({"authorize_params": {"state": "x"}}, "authorize_params", id="state"),
        pytest.param({"authorize_params": {"max_age": "5 min"}}, "authorize_params", id="max-age"),
        pytest.param({"authorize_params": {"max_age": "²"}}, "authorize_params", id="an-odd-digit"),
        pytest.param({"authorize_params": {"acr_values": ["a"]}}, "authorize_params", id="acr"),
        pytest.param({"ca_bundle": "/nowhere/ca.pem"}, "ca_bundle", id="ca-bundle"),
    ],
)
def test_what_cannot_work_is_refused(changes, code):
    with pytest.raises(ConfigurationError) as caught:
        AuthenticationClient(**(GOOD | changes))

    assert caught.value.code == f"configuration.{code}"


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, id="three-values"),
        pytest.param({"secret": None}, id="public"),
        pytest.param({"secret": "s" * 32}, id="shortest-secret"),
        pytest.param(
            {"secret": "short", "id_token_signed_response_alg": "RS256"}, id="short-without-hs256"
        ),
        pytest.param({"app_host": "https://127.0.0.1:8443/tenant/"}, id="port-and-path"),
        pytest.param({"app_host": "https://[::1]:8443"}, id="ipv6"),
        pytest.param({"issuer": "https://a.example/" + "b" * 237}, id="longest-issuer"),
        pytest.param(
            {"app_host": "http://127.0.0.1:8000", "allow_insecure_http": True}, id="insecure"
        ),
        pytest.param({"redirect_uri": "http://localhost:8000/callback/"}, id="local-site"),
        pytest.param({"token_endpoint_auth_method": "none"}, id="secret-that-is-not-shown"),
        pytest.param({"protocol": "oauth", "scope": "user"}, id="oauth"),
        pytest.param({"protocol": "oauth", "secret": "short"}, id="oauth-signs-nothing"),
        pytest.param({"scope": "openid " + "a" * 3_993}, id="longest-scope"),
        pytest.param({"response_mode": "query"}, id="query"),
        pytest.param({"response_mode": "jwt", "response_type": "code id_token"}, id="jwt"),
        pytest.param({"response_mode": "jwt", "protocol": "oauth"}, id="oauth-jwt"),
        pytest.param({"pushed_authorization": True}, id="pushed"),
        pytest.param({"pushed_authorization": None, "protocol": "oauth"}, id="oauth-not-pushed"),
        pytest.param(
            {
                "pushed_authorization": True,
                "discovery": False,
                "endpoints": {
                    "pushed_authorization_request_endpoint": "https://acme.genauth.ai/oidc/par"
                },
            },
            id="pushed-by-hand",
        ),
        pytest.param(
            {"request_object_signing_alg": "ES256", "client_keys": [EC_KEY]}, id="request-object"
        ),
        pytest.param({"authorize_params": {"acr_values": "a b", "max_age": 300}}, id="max-age"),
        pytest.param({"response_type": "none", "response_mode": "query"}, id="none-in-the-query"),
        pytest.param({"response_type": "code token"}, id="token-for-whoever-asks-by-hand"),
    ],
)
def test_what_can_work_is_accepted(changes):
    client = AuthenticationClient(**(GOOD | changes))

    assert client.registration.app_id == GOOD["app_id"]


@pytest.mark.parametrize(
    ("secret", "algorithm", "method"),
    [
        pytest.param("s" * 32, "HS256", "client_secret_post", id="secret"),
        pytest.param(None, "RS256", "none", id="public"),
    ],
)
def test_how_a_usual_app_is_known_goes_without_saying(secret, algorithm, method):
    app = ClientRegistration(**(GOOD | {"secret": secret}))
    authentication = ClientAuthentication(app, time.time)

    methods = {authentication.method(name) for name in ("token", "introspection", "revocation")}
    assert (app.algorithm, methods) == (algorithm, {method})


@pytest.mark.parametrize(
    ("protocol", "scope", "discovers"),
    [("oidc", "openid profile email phone address", True), ("oauth", "user", False)],
)
def test_what_a_protocol_asks_for_goes_without_saying(protocol, scope, discovers):
    app = ClientRegistration(**GOOD, protocol=protocol)

    assert (app.scopes, app.discovers) == (scope, discovers)


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        pytest.param({}, (None, ()), id="nothing"),
        pytest.param({"max_age": 0, "acr_values": "a"}, (0, ("a",)), id="numbers"),
        pytest.param({"max_age": "300", "acr_values": "a b"}, (300, ("a", "b")), id="texts"),
    ],
)
def test_what_a_login_has_to_be_like_is_read_from_the_parameters(parameters, expected):
    app = ClientRegistration(**GOOD, authorize_params=parameters)

    assert (app.max_age, app.acr_values) == expected


def test_the_limits_of_a_usual_app_go_without_saying():
    app = ClientRegistration(**GOOD)

    assert (app.timeout, app.max_response_bytes, app.leeway) == (10, 1_048_576, 30)


def test_the_issuer_of_a_usual_app_goes_without_saying():
    assert ClientRegistration(**GOOD).issuer == "https://acme.genauth.ai/oidc"


@pytest.mark.parametrize("maker", [AuthenticationClient, ClientRegistration])
def test_the_repr_of_a_client_shows_no_secret(maker):
    assert GOOD["secret"] not in repr(maker(**GOOD))


def test_a_setting_stays_as_it_was_checked():
    app = ClientRegistration(**GOOD)

    with pytest.raises(FrozenInstanceError):
        app.allow_insecure_http = True


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, id="code"),
        pytest.param({"response_type": "id_token code"}, id="hybrid"),
        pytest.param({"response_type": "id_token"}, id="id-token"),
        pytest.param(
            {
                "response_type": "code token",
                "allow_access_token_in_front_channel_insecure": True,
            },
            id="token-with-leave",
        ),
    ],
)
def test_with_such_a_response_type_people_sign_in(changes):
    ClientRegistration(**(GOOD | changes)).require_login()


@pytest.mark.parametrize(
    ("protocol", "response_type"),
    [
        ("oidc", "none"),
        ("oidc", "code token"),
        ("oidc", "id_token token"),
        ("oidc", "code id_token token"),
        ("oauth", "token"),
    ],
)
def test_with_such_a_response_type_nobody_signs_in(protocol, response_type):
    app = ClientRegistration(**GOOD, protocol=protocol, response_type=response_type)

    with pytest.raises(ConfigurationError) as caught:
        app.require_login()

    assert caught.value.code == "configuration.response_type"
