"""What the provider says of itself, before anybody leaves for it (OIDC Discovery 4.3)."""

import pytest

from tests.support.provider import faults
from tests.support.provider.scripted import CLIENT_ID, CLIENT_SECRET, ScriptedProvider

pytestmark = pytest.mark.django_db

ENDPOINTS = [
    "authorization_endpoint",
    "token_endpoint",
    "userinfo_endpoint",
    "jwks_uri",
    "introspection_endpoint",
    "revocation_endpoint",
    "end_session_endpoint",
]

NEEDED = ["authorization_endpoint", "token_endpoint", "jwks_uri"]
OPTIONAL = [name for name in ENDPOINTS if name not in NEEDED]


def member(name, value, reason, id):
    """Return a row: a member of the configuration that is not as it should be."""
    return pytest.param({"edit": lambda document: document | {name: value}}, reason, id=id)


def body(octets, reason, id):
    return pytest.param({"body": octets}, reason, id=id)


def issuer(change, id):
    edit = {"edit": lambda document: document | {"issuer": change(document["issuer"])}}
    return pytest.param(edit, "issuer", id=id)


@pytest.mark.parametrize(
    ("lie", "reason"),
    [
        issuer(lambda issuer: "https://evil.example", "wrong issuer"),
        issuer(lambda issuer: issuer + "/", "a slash more"),
        issuer(lambda issuer: issuer.upper(), "capital letters"),
        issuer(lambda issuer: f"{issuer} ", "a space behind"),
        issuer(lambda issuer: [issuer], "issuer in a list"),
        issuer(lambda issuer: None, "null for an issuer"),
        issuer(lambda issuer: "", "an empty issuer"),
        body(b"{}", "issuer", "an empty object"),
        member("authorization_endpoint", None, "missing_authorization_endpoint", "nowhere to go"),
        member("token_endpoint", None, "missing_token_endpoint", "nowhere to redeem"),
        member("jwks_uri", None, "missing_jwks_uri", "no keys"),
        body(b"", "json", "nothing"),
        body(b"<html>", "json", "HTML"),
        body(b"[]", "json", "a list"),
        body(b'{"issuer":"a","issuer":"b"}', "json", "an issuer twice"),
        body(b"[" * 60_000, "nesting", "60,000 arrays"),
        body(b'{"a":' + b"1" * 6_000 + b"}", "json", "6,000 digits"),
        pytest.param({"status": 201}, "status_201", id="201"),
        pytest.param({"status": 401}, "status_401", id="401"),
        pytest.param({"status": 404}, "status_404", id="404"),
        pytest.param(
            {"status": 301, "headers": {"Location": "https://evil.example"}},
            "status_301",
            id="a redirect",
        ),
        pytest.param(
            {"status": 308, "headers": {"Location": "/elsewhere"}},
            "status_308",
            id="moved for good",
        ),
    ],
)
def test_a_configuration_that_does_not_hold_lets_nobody_leave(
    visitor, provider, is_refused, lie, reason
):
    provider.lie("discovery", **lie)

    response = visitor.client.get("/genauth/login/")

    is_refused(response, 502, f"discovery.{reason}", asked="discovery")
    assert not response.cookies


@pytest.mark.parametrize("name", NEEDED)
def test_an_empty_endpoint_that_is_needed_lets_nobody_leave(visitor, provider, is_refused, name):
    provider.lie("discovery", edit=lambda document: document | {name: ""})

    response = visitor.client.get("/genauth/login/")

    is_refused(response, 502, f"discovery.bad_{name}", asked="discovery")


@pytest.mark.parametrize("name", OPTIONAL)
def test_an_empty_endpoint_that_nobody_needs_stops_no_login(visitor, provider, name):
    provider.lie("discovery", edit=lambda document: document | {name: ""})

    visitor.sign_in()

    assert visitor.is_signed_in


@pytest.mark.parametrize("name", ENDPOINTS)
@pytest.mark.parametrize(
    "url",
    [
        pytest.param("javascript:alert(1)", id="a script"),
        pytest.param("data:text/html,x", id="a document"),
        pytest.param("file:///etc/passwd", id="a file"),
        pytest.param("ftp://a.example/", id="another protocol"),
        pytest.param("//a.example/", id="no scheme"),
        pytest.param("/auth", id="a path"),
        pytest.param("https://", id="no host"),
        pytest.param("https://a@b.example/", id="a user name"),
        pytest.param("https://a.example/#b", id="a fragment"),
        pytest.param("https://a.example/\r\nX: y", id="a header"),
        pytest.param("https://a.example\\@b.example/", id="a backslash"),
        pytest.param("https://a.example/ b", id="a space"),
        pytest.param("https://a.example:99999/", id="a port that is none"),
        pytest.param("https://[::1/", id="half an address"),
        pytest.param("https://é.example/", id="a letter beyond ASCII"),
        pytest.param(["https://a.example/"], id="a list"),
        pytest.param({"url": "https://a.example/"}, id="an object"),
        pytest.param(7, id="a number"),
        pytest.param(True, id="a boolean"),
    ],
)
def test_an_endpoint_that_is_no_web_address_lets_nobody_leave(
    visitor, provider, is_refused, name, url
):
    provider.lie("discovery", edit=lambda document: document | {name: url})

    response = visitor.client.get("/genauth/login/")

    is_refused(response, 502, f"discovery.bad_{name}", asked="discovery")


@pytest.mark.parametrize(
    ("lie", "code"),
    [
        pytest.param({"status": 500}, "status_500", id="500"),
        pytest.param({"status": 429}, "status_429", id="429"),
        pytest.param({"fault": faults.reset}, "connection", id="reset"),
        pytest.param({"fault": faults.short_body}, "connection", id="truncated"),
        pytest.param({"fault": faults.hang}, "timeout", id="hang"),
    ],
)
def test_no_configuration_is_a_provider_that_is_out_of_order(
    visitor, provider, is_refused, lie, code
):
    provider.lie("discovery", **lie)

    response = visitor.client.get("/genauth/login/")

    is_refused(response, 503, f"provider_unavailable.{code}", asked="discovery")


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param(lambda document: {**document, "new": {"a": [1]}}, id="an unknown member"),
        pytest.param(
            lambda document: {
                **document,
                "authorization_response_iss_parameter_supported": "true",
                "id_token_signing_alg_values_supported": "none",
            },
            id="texts where booleans and lists belong",
        ),
        pytest.param(
            lambda document: {
                **document,
                "userinfo_endpoint": None,
                "introspection_endpoint": None,
                "revocation_endpoint": None,
                "end_session_endpoint": None,
            },
            id="no endpoint but those of a login",
        ),
    ],
)
def test_what_a_specification_leaves_open_is_accepted(visitor, provider, edit):
    provider.lie("discovery", edit=edit)

    visitor.sign_in()

    assert visitor.is_signed_in


def test_a_provider_that_mends_itself_is_asked_again(visitor, provider):
    provider.lie("discovery", status=404)
    visitor.client.get("/genauth/login/")
    provider.tell_the_truth()

    assert visitor.sign_in().status_code == 302


@pytest.fixture
def tls_app(settings, app):
    """Point the app at a provider that speaks TLS, as all of them do."""
    with ScriptedProvider(client_id=CLIENT_ID, client_secret=CLIENT_SECRET, tls=True) as running:
        app |= {
            "APP_HOST": running.base_url,
            "CA_BUNDLE": str(running.ca_bundle),
            "ALLOW_INSECURE_HTTP": False,
        }
        yield running


@pytest.mark.parametrize("name", OPTIONAL)
def test_an_endpoint_without_tls_that_nobody_needs_stops_no_login(visitor, tls_app, name):
    tls_app.lie(
        "discovery",
        edit=lambda document: document | {name: document[name].replace("https:", "http:")},
    )

    response = visitor.client.get("/genauth/login/")

    assert response.status_code == 302
    assert tls_app.asked == ["discovery"]


@pytest.mark.parametrize("name", NEEDED)
def test_an_endpoint_without_tls_lets_nobody_leave(visitor, tls_app, refusals, name):
    tls_app.lie(
        "discovery",
        edit=lambda document: document | {name: document[name].replace("https:", "http:")},
    )

    response = visitor.client.get("/genauth/login/")

    assert (response.status_code, refusals.codes) == (502, [f"discovery.bad_{name}"])
    assert tls_app.asked == ["discovery"]
