"""How the app proves who it is: with which method, and with which key or secret."""

import json
from base64 import urlsafe_b64decode

import pytest

from django_genauth.protocol.client_keys import generate_key
from django_genauth.protocol.errors import ConfigurationError, OAuthError
from tests.support.clients import a_client, tokens_of
from tests.support.provider.scripted import ScriptedProvider

ENDPOINTS = ("token", "introspection", "revocation")
ES256, _ = generate_key("ES256")
PS256, _ = generate_key("PS256")
ECDH, _ = generate_key("ECDH-ES")


def with_key(provider, key=ES256, **changes):
    """Make a client that has a key in place of a secret, and register it at the provider."""
    client = a_client(provider, **({"secret": None, "client_keys": [key]} | changes))
    provider.client_keys = client.authentication.public_keys()["keys"]
    provider.auth_methods = dict.fromkeys(ENDPOINTS, "private_key_jwt")
    return client


def claims_of(request):
    payload = request.form["client_assertion"].split(".")[1]
    return json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


@pytest.fixture
def provider():
    with ScriptedProvider(alg="RS256") as running:
        yield running


@pytest.mark.parametrize("algorithm", ["ES256", "ES384", "ES512", "EdDSA", "RS256", "PS256"])
def test_a_key_of_each_kind_gets_tokens(provider, algorithm):
    client = with_key(provider, generate_key(algorithm)[0])

    assert tokens_of(client, provider).access_token


def test_the_key_proves_the_app_at_all_three_endpoints(provider):
    client = with_key(provider)
    tokens = tokens_of(client, provider)

    state = client.introspect_token(tokens.access_token)
    client.revoke_token(tokens.access_token)

    assert state["active"] is True
    assert client.introspect_token(tokens.access_token)["active"] is False


def test_each_request_has_an_assertion_of_its_own(provider):
    client = with_key(provider)
    tokens = tokens_of(client, provider, scope="openid offline_access")
    refreshed = client.refresh(tokens.refresh_token or "")

    client.refresh(refreshed.refresh_token or "")

    used = [claims_of(request)["jti"] for request in provider.requests_to("token")]
    assert len(set(used)) == 3


def test_what_an_assertion_says(provider):
    client = with_key(provider)

    tokens_of(client, provider)

    claims = claims_of(provider.requests_to("token")[0])
    assert claims["iss"] == claims["sub"] == provider.client_id
    assert claims["aud"] == provider.issuer
    assert claims["exp"] - claims["iat"] == 60


@pytest.mark.parametrize(
    ("key", "named"),
    [
        pytest.param(json.loads(ES256) | {"x5t#S256": "a-thumbprint"}, "a-thumbprint", id="named"),
        pytest.param(ES256, None, id="no certificate"),
    ],
)
def test_an_assertion_names_the_certificate_of_its_key(provider, key, named):
    tokens_of(with_key(provider, key), provider)

    (request,) = provider.requests_to("token")
    head = request.form["client_assertion"].partition(".")[0]
    header = json.loads(urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    assert header.get("x5t#S256") == named


def test_an_assertion_may_be_for_the_endpoint(provider):
    client = with_key(provider, client_assertion_audience="endpoint")

    tokens_of(client, provider)

    assert claims_of(provider.requests_to("token")[0])["aud"] == f"{provider.issuer}/token"


def test_a_request_with_an_assertion_has_no_secret(provider):
    client = with_key(provider, secret="s" * 32, token_endpoint_auth_method="private_key_jwt")

    tokens_of(client, provider)

    assert "client_secret" not in provider.requests_to("token")[0].form


def test_the_secret_may_sign(provider):
    provider.auth_methods = dict.fromkeys(ENDPOINTS, "client_secret_jwt")
    client = a_client(provider, token_endpoint_auth_method="client_secret_jwt")

    assert tokens_of(client, provider).access_token


def test_somebody_else_may_have_signed(provider):
    signer = with_key(provider)
    client = with_key(
        provider,
        client_keys=[],
        client_assertion=lambda: signer.authentication.credentials("token").assertion("") or "",
    )
    provider.client_keys = signer.authentication.public_keys()["keys"]

    assert tokens_of(client, provider).access_token


@pytest.mark.parametrize(
    "failing",
    [
        pytest.param(lambda: 1 / 0, id="raises"),
        pytest.param(lambda: None, id="returns nothing"),
        pytest.param(lambda: "no token", id="returns a text"),
    ],
)
def test_a_signer_that_fails_is_named(provider, failing):
    client = with_key(provider, client_keys=[], client_assertion=failing)

    with pytest.raises(ConfigurationError) as caught:
        client.refresh("a-refresh-token")

    assert caught.value.code == "configuration.client_assertion"
    assert provider.requests_to("token") == []


def test_the_first_key_that_signs_with_the_algorithm_signs(provider):
    client = with_key(provider, client_keys=[ES256, PS256], client_assertion_alg="PS256")

    tokens_of(client, provider)

    header = provider.requests_to("token")[0].form["client_assertion"].split(".")[0]
    assert json.loads(urlsafe_b64decode(header + "=="))["kid"] == json.loads(PS256)["kid"]


def test_another_key_than_the_registered_one_is_refused(provider):
    client = with_key(provider)
    with_key(provider, PS256)

    with pytest.raises(OAuthError, match="invalid_client"):
        client.refresh("a-refresh-token")


@pytest.mark.parametrize(
    ("changes", "method"),
    [
        pytest.param({}, "client_secret_post", id="secret"),
        pytest.param({"client_keys": [ES256]}, "client_secret_post", id="secret and key"),
        pytest.param({"secret": None, "client_keys": [ES256]}, "private_key_jwt", id="key"),
        pytest.param(
            {"secret": None, "client_assertion": lambda: ""}, "private_key_jwt", id="assertion"
        ),
        pytest.param({"secret": None}, "none", id="neither"),
        pytest.param(
            {"secret": None, "client_keys": [ECDH]},
            "none",
            id="a key that does not sign",
        ),
    ],
)
def test_the_method_follows_from_what_there_is(provider, changes, method):
    client = a_client(provider, **changes)

    assert {client.authentication.method(endpoint) for endpoint in ENDPOINTS} == {method}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({"token_endpoint_auth_method": "private_key_jwt"}, "client_keys", id="no key"),
        pytest.param(
            {
                "token_endpoint_auth_method": "private_key_jwt",
                "client_keys": [ECDH],
            },
            "client_keys",
            id="no key that signs",
        ),
        pytest.param(
            {
                "token_endpoint_auth_method": "private_key_jwt",
                "client_keys": [ES256],
                "client_assertion_alg": "RS256",
            },
            "client_assertion_alg",
            id="an algorithm of no key",
        ),
        pytest.param(
            {"token_endpoint_auth_method": "client_secret_jwt", "client_assertion_alg": "ES256"},
            "client_assertion_alg",
            id="an algorithm that no secret signs with",
        ),
        pytest.param(
            {"token_endpoint_auth_method": "client_secret_jwt", "secret": "short"},
            "secret_too_short",
            id="a short secret",
        ),
        pytest.param(
            {
                "token_endpoint_auth_method": "client_secret_jwt",
                "secret": None,
                "client_keys": [ES256],
            },
            "token_endpoint_auth_method",
            id="no secret",
        ),
        pytest.param(
            {"client_assertion_audience": "everybody"}, "client_assertion_audience", id="audience"
        ),
    ],
)
def test_what_cannot_work_is_refused_at_once(provider, changes, reason):
    with pytest.raises(ConfigurationError) as caught:
        a_client(provider, **changes)

    assert caught.value.code == f"configuration.{reason}"


@pytest.mark.parametrize(
    ("changes", "is_shared"),
    [
        pytest.param({}, True, id="secret"),
        pytest.param({"secret": None, "client_keys": [ES256]}, True, id="key"),
        pytest.param({"secret": None}, False, id="public"),
    ],
)
def test_processes_of_a_confidential_client_share_a_secret(provider, changes, is_shared):
    here, there = (a_client(provider, **changes).authentication.shared_secret for _ in range(2))

    assert (here is not None, here == there) == (is_shared, True)
