"""PROFILE: what it sets, and which settings it refuses, at the client that is made of them."""

import json

import pytest

from django_genauth.client import AuthenticationClient
from django_genauth.client.profile import shortfalls
from django_genauth.protocol.client_keys import generate_key
from django_genauth.protocol.errors import ConfigurationError, DiscoveryError
from tests.support.provider.tls import authority

KEYS = {name: generate_key(name)[0] for name in ("ES256", "PS256", "EdDSA", "ES384", "ECDH-ES")}
RSA = json.dumps({k: v for k, v in json.loads(KEYS["PS256"]).items() if k not in ("alg", "use")})
RS256 = json.dumps(json.loads(KEYS["PS256"]) | {"alg": "RS256"})
FILES = authority().client_certificate()
GOOD = {
    "profile": "fapi2",
    "app_id": "5f17a529f64fb009b794a2ff",
    "app_host": "https://acme.genauth.ai",
    "client_keys": [KEYS["ES256"]],
}
CERTIFICATE = {"client_certificate": FILES, "client_keys": ()}


def settings_of(**changes):
    return AuthenticationClient(**(GOOD | changes)).registration


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("pushed_authorization", True),
        ("dpop", True),
        ("discovers", True),
        ("algorithm", "PS256"),
        ("userinfo_algorithm", "PS256"),
    ],
)
@pytest.mark.parametrize("protocol", ["oidc", "oauth"])
def test_the_profile_sets_what_follows_from_it(protocol, name, value):
    registration = settings_of(protocol=protocol)

    assert getattr(registration, name) == value


@pytest.mark.parametrize(
    ("changes", "name", "value"),
    [
        pytest.param(CERTIFICATE, "dpop", False, id="a certificate binds tokens"),
        pytest.param(CERTIFICATE | {"dpop": True}, "dpop", True, id="both bind"),
        pytest.param(
            {"id_token_signed_response_alg": "ES256"}, "algorithm", "ES256", id="an algorithm"
        ),
        pytest.param({"secret": "s" * 64}, "algorithm", "PS256", id="a secret changes nothing"),
    ],
)
def test_what_the_site_sets_decides(changes, name, value):
    registration = settings_of(**changes)

    assert getattr(registration, name) == value


def test_without_the_profile_nothing_is_set():
    registration = settings_of(profile=None)

    assert registration.dpop is False
    assert registration.pushed_authorization is None


@pytest.mark.parametrize("endpoint", ["token", "introspection", "revocation"])
@pytest.mark.parametrize(
    ("changes", "method"),
    [
        pytest.param({}, "private_key_jwt", id="a key"),
        pytest.param({"secret": "s" * 64}, "private_key_jwt", id="a secret beside it"),
        pytest.param(CERTIFICATE, "tls_client_auth", id="a certificate"),
        pytest.param({"client_certificate": FILES}, "private_key_jwt", id="both"),
        pytest.param(
            {"client_assertion": lambda: "a.b.c", "client_keys": ()},
            "private_key_jwt",
            id="somebody else signs",
        ),
        pytest.param(
            {"client_certificate": FILES, "client_keys": [KEYS["ECDH-ES"]]},
            "tls_client_auth",
            id="a certificate, and a key that decrypts",
        ),
    ],
)
def test_the_way_of_authentication_follows_from_the_keys(endpoint, changes, method):
    client = AuthenticationClient(**(GOOD | changes))

    assert client.authentication.method(endpoint) == method


def test_a_key_that_decrypts_alone_does_not_do():
    with pytest.raises(ConfigurationError, match="no key that signs"):
        settings_of(client_keys=[KEYS["ECDH-ES"]])


BENEATH = [
    ("authentication", "TOKEN_ENDPOINT_AUTH_METHOD", "client_secret_basic"),
    ("authentication", "TOKEN_ENDPOINT_AUTH_METHOD", "client_secret_jwt"),
    ("authentication", "TOKEN_ENDPOINT_AUTH_METHOD", "none"),
    ("authentication", "INTROSPECTION_ENDPOINT_AUTH_METHOD", "client_secret_post"),
    ("authentication", "REVOCATION_ENDPOINT_AUTH_METHOD", "client_secret_post"),
    ("authentication", "CLIENT_ASSERTION_AUDIENCE", "endpoint"),
    ("authentication", "CLIENT_KEYS", ()),
    ("request", "PUSHED_AUTHORIZATION", False),
    ("request", "RESPONSE_TYPE", "code id_token"),
    ("request", "RESPONSE_TYPE", "id_token"),
    ("request", "REDIRECT_URI", "http://www.example.org/genauth/callback/"),
    ("binding", "DPOP", False),
    ("algorithm", "ID_TOKEN_SIGNED_RESPONSE_ALG", "RS256"),
    ("algorithm", "ID_TOKEN_SIGNED_RESPONSE_ALG", "HS256"),
    ("algorithm", "ID_TOKEN_SIGNED_RESPONSE_ALG", "PS512"),
    ("algorithm", "USERINFO_SIGNED_RESPONSE_ALG", "RS256"),
    ("algorithm", "INTROSPECTION_SIGNED_RESPONSE_ALG", "ES384"),
    ("algorithm", "REQUEST_OBJECT_SIGNING_ALG", "RS256"),
    ("algorithm", "CLIENT_ASSERTION_ALG", "RS256"),
    ("connection", "ALLOW_INSECURE_HTTP", True),
    ("connection", "DISCOVERY", False),
    ("connection", "ENDPOINTS", {"token_endpoint": "https://a.example/token"}),
    ("connection", "LEEWAY", 61),
]


@pytest.mark.parametrize(("kind", "key", "value"), BENEATH)
def test_a_setting_that_falls_short_is_named(kind, key, value):
    found = list(shortfalls(GOOD | {key.lower(): value}))

    assert [(each.kind, each.key) for each in found] == [(kind, key)]


@pytest.mark.parametrize(("kind", "key", "value"), BENEATH)
def test_a_setting_that_falls_short_makes_no_client(kind, key, value):
    with pytest.raises(ConfigurationError, match=rf"^{key} .*, as PROFILE demands\.$") as caught:
        settings_of(**{key.lower(): value})

    assert caught.value.code == "configuration.profile"


def test_all_that_falls_short_is_named_at_once():
    settings = GOOD | {key.lower(): value for _, key, value in BENEATH}

    found = list(shortfalls(settings))

    assert {each.key for each in found} == {key for _, key, _ in BENEATH}


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"profile": None, "dpop": False}, id="no profile"),
        pytest.param({"leeway": 60}, id="a minute"),
        pytest.param({"leeway": "soon"}, id="what is no number is told elsewhere"),
        pytest.param({"endpoints": "token"}, id="and what is no dictionary"),
        pytest.param({"redirect_uri": "http://127.0.0.1:8000/callback/"}, id="this machine"),
        pytest.param({"redirect_uri": "https://www.example.org/callback/"}, id="https"),
        pytest.param(
            {"protocol": "oauth", "endpoints": {"userinfo_endpoint": "https://a.example/me"}},
            id="who somebody is, without ID tokens",
        ),
    ],
)
def test_other_settings_do_not_fall_short(changes):
    assert list(shortfalls(GOOD | changes)) == []


def test_over_openid_connect_userinfo_stands_in_the_configuration():
    (found,) = shortfalls(GOOD | {"endpoints": {"userinfo_endpoint": "https://a.example/me"}})

    assert found.key == "ENDPOINTS"


def test_another_profile_is_refused():
    with pytest.raises(ConfigurationError) as caught:
        settings_of(profile="fapi1")

    assert caught.value.code == "configuration.profile"


@pytest.mark.parametrize("key", [KEYS["ES384"], RS256], ids=["ES384", "RS256"])
def test_a_key_that_signs_with_another_algorithm_is_refused(key):
    with pytest.raises(ConfigurationError, match="CLIENT_KEYS has no key that signs with PS256"):
        settings_of(client_keys=[key])


@pytest.mark.parametrize(
    ("keys", "algorithm"),
    [
        pytest.param([KEYS["ES256"]], "ES256", id="ES256"),
        pytest.param([KEYS["EdDSA"]], "EdDSA", id="EdDSA"),
        pytest.param([RSA], "PS256", id="an RSA key that may sign with RS256 too"),
        pytest.param([KEYS["ES384"], KEYS["ES256"]], "ES256", id="a key that may not comes first"),
    ],
)
def test_assertions_are_signed_with_an_algorithm_of_the_profile(keys, algorithm):
    client = AuthenticationClient(**(GOOD | {"client_keys": keys}))

    assert client.authentication._signing_key()[1] == algorithm


def test_no_address_is_made_that_is_not_pushed():
    client = AuthenticationClient(**GOOD, redirect_uri="https://www.example.org/callback/")

    with pytest.raises(ConfigurationError, match="build_authorize_url_with_par") as caught:
        client.build_authorize_url(code_challenge="c" * 43)

    assert caught.value.code == "configuration.profile"


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param({}, id="no challenge"),
        pytest.param(
            {"code_challenge": "c" * 43, "code_challenge_method": "plain"},
            id="a challenge that shows the verifier",
            marks=pytest.mark.filterwarnings("ignore"),
        ),
        pytest.param(
            {"code_challenge": "c" * 43, "response_type": "code id_token"}, id="a response type"
        ),
    ],
)
def test_a_request_without_what_the_profile_demands_is_not_built(arguments):
    client = AuthenticationClient(**GOOD, redirect_uri="https://www.example.org/callback/")

    with pytest.raises(ConfigurationError) as caught:
        client.build_authorize_url(**arguments)

    assert caught.value.code == "configuration.argument"


def test_a_machine_has_no_secret_key():
    client = AuthenticationClient(**GOOD)

    with pytest.raises(ConfigurationError) as caught:
        client.get_access_token_by_client_credentials("", access_key="k", secret_key="s")

    assert caught.value.code == "configuration.profile"


def a_document_without_userinfo():
    names = ("authorization_endpoint", "token_endpoint")
    document = {name: f"https://acme.example/{name}" for name in names}
    return json.dumps(document | {"issuer": "https://acme.example"}).encode()


def test_over_oauth_alone_a_configuration_may_name_no_userinfo():
    client = AuthenticationClient(**GOOD, issuer="https://acme.example", protocol="oauth")

    metadata = client.parse_configuration(a_document_without_userinfo())

    assert metadata.userinfo_endpoint is None


def test_it_may_not_where_the_site_asks_for_userinfo():
    client = AuthenticationClient(
        **GOOD, issuer="https://acme.example", protocol="oauth", userinfo=True
    )

    with pytest.raises(DiscoveryError) as caught:
        client.parse_configuration(a_document_without_userinfo())

    assert caught.value.code == "discovery.missing_userinfo_endpoint"
