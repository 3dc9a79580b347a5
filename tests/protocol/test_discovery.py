"""The provider's configuration: whose it is, and which addresses in it can be trusted."""

import json

import pytest

from django_genauth.protocol.discovery import (
    ENDPOINTS,
    ProviderMetadata,
    discovery_request,
    is_safe_url,
    parse_metadata,
)
from django_genauth.protocol.errors import DiscoveryError
from tests.protocol.material import ISSUER, without

REQUIRED = ("authorization_endpoint", "token_endpoint", "jwks_uri")
DOCUMENT = {"issuer": ISSUER} | {name: f"{ISSUER}/{name}" for name in ENDPOINTS}

SAFE = [
    pytest.param("https://acme.genauth.ai/oidc/auth", id="usual"),
    pytest.param("https://acme.genauth.ai", id="no path"),
    pytest.param("https://acme.genauth.ai:8443/oidc", id="a port"),
    pytest.param("https://acme.genauth.ai/oidc?tenant=acme&x=a%20b", id="a query"),
    pytest.param("https://192.0.2.7/oidc", id="an IPv4 address"),
    pytest.param("https://[2001:db8::7]:8443/oidc", id="an IPv6 address"),
    pytest.param("HTTPS://acme.genauth.ai/", id="a scheme in capitals"),
    pytest.param("https://xn--bcher-kva.example/", id="a name in punycode"),
    pytest.param(
        "https://a.example/ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
        "-._~!$&'()*+,;=:%2F?",
        id="every character of a path",
    ),
]
UNSAFE = [
    pytest.param(None, id="null"),
    pytest.param("", id="empty"),
    pytest.param(7, id="a number"),
    pytest.param(["https://acme.genauth.ai/"], id="a list"),
    pytest.param({"url": "https://acme.genauth.ai/"}, id="an object"),
    pytest.param("acme.genauth.ai/oidc", id="no scheme"),
    pytest.param("/oidc/auth", id="a path"),
    pytest.param("//acme.genauth.ai/oidc", id="no scheme, two slashes"),
    pytest.param("https:acme.genauth.ai", id="no slashes"),
    pytest.param("https:///oidc", id="no host"),
    pytest.param("https://:443/oidc", id="a port and no host"),
    pytest.param("https://?x=1", id="a query and no host"),
    pytest.param("javascript:alert(1)", id="javascript"),
    pytest.param("javascript://acme.genauth.ai/%0aalert(1)", id="javascript with a host"),
    pytest.param("data:text/html,x", id="data"),
    pytest.param("file:///etc/passwd", id="a file"),
    pytest.param("ftp://acme.genauth.ai/", id="ftp"),
    pytest.param("httpss://acme.genauth.ai/", id="a scheme that begins so"),
    pytest.param("https://acme.genauth.ai/#fragment", id="a fragment"),
    pytest.param("https://acme.genauth.ai/#", id="an empty fragment"),
    pytest.param("https://user@acme.genauth.ai/", id="a user name"),
    pytest.param("https://user:password@acme.genauth.ai/", id="a password"),
    pytest.param("https://@acme.genauth.ai/", id="an empty user name"),
    pytest.param("https://acme.genauth.ai:0x1bb/", id="a port that is no number"),
    pytest.param("https://acme.genauth.ai:65536/", id="a port too large"),
    pytest.param("https://acme.genauth.ai:-1/", id="a negative port"),
    pytest.param("https://[2001:db8::7/", id="a bracket that does not close"),
    pytest.param("https://acme.genauth.ai\\@evil.example/", id="a backslash"),
    pytest.param("https:\\\\acme.genauth.ai/", id="backslashes for slashes"),
    pytest.param("https://acme.genauth.ai/ x", id="a space"),
    pytest.param(" https://acme.genauth.ai/", id="a space before"),
    pytest.param("https://acme.genauth.ai/\r\nX: y", id="a header slipped in"),
    pytest.param("https://acme.\tgenauth.ai/", id="a tab"),
    pytest.param("https://acme.genauth.ai/\x00", id="NUL"),
    pytest.param("https://acme.genauth.ai/\x7f", id="DEL"),
    pytest.param('https://acme.genauth.ai/"x', id="a quote"),
    pytest.param("https://acme.genauth.ai/<x>", id="markup"),
    pytest.param("https://acme.genauth.ai/>", id="a closing bracket"),
    pytest.param("https://bücher.example/", id="a name beyond ASCII"),
    pytest.param("https://acme.genauth.ai\uff0fevil.example/", id="a slash that is none"),
    pytest.param("https://acme.genauth.ai/\ud800", id="half of a surrogate pair"),
]


def metadata_of(document, *, overrides=None, required=REQUIRED, insecure_hosts=()):
    text = document if isinstance(document, bytes) else json.dumps(document).encode()
    return parse_metadata(
        text,
        issuer=ISSUER,
        overrides=overrides or {},
        required=required,
        insecure_hosts=insecure_hosts,
    )


def test_a_configuration_is_read():
    assert metadata_of(DOCUMENT) == ProviderMetadata(
        issuer=ISSUER,
        authorization_endpoint=f"{ISSUER}/authorization_endpoint",
        token_endpoint=f"{ISSUER}/token_endpoint",
        userinfo_endpoint=f"{ISSUER}/userinfo_endpoint",
        jwks_uri=f"{ISSUER}/jwks_uri",
        introspection_endpoint=f"{ISSUER}/introspection_endpoint",
        revocation_endpoint=f"{ISSUER}/revocation_endpoint",
        end_session_endpoint=f"{ISSUER}/end_session_endpoint",
        pushed_authorization_request_endpoint=f"{ISSUER}/pushed_authorization_request_endpoint",
        authorization_response_iss_parameter_supported=False,
    )


@pytest.mark.parametrize(
    ("announced", "required"),
    [(True, True), (False, False), ("true", False), (1, False), (None, False)],
)
def test_pushed_requests_are_demanded_by_true_alone(announced, required):
    document = DOCUMENT | {"require_pushed_authorization_requests": announced}

    assert metadata_of(document).require_pushed_authorization_requests is required


def test_endpoints_that_nobody_needs_may_be_missing_or_null():
    document = without(DOCUMENT, "revocation_endpoint") | {"introspection_endpoint": None}

    metadata = metadata_of(document)

    assert metadata.revocation_endpoint is None
    assert metadata.introspection_endpoint is None


def test_unknown_members_are_ignored():
    document = DOCUMENT | {"scopes_supported": ["openid"], "x": {"deep": [1]}, "frontend": "ftp:"}

    assert metadata_of(document) == metadata_of(DOCUMENT)


@pytest.mark.parametrize(
    ("announced", "required"),
    [
        pytest.param(True, True, id="true"),
        pytest.param(False, False, id="false"),
        pytest.param(None, False, id="null"),
        pytest.param("true", False, id="text"),
        pytest.param(1, False, id="a number"),
    ],
)
def test_the_iss_parameter_is_announced_by_the_boolean_alone(announced, required):
    document = DOCUMENT | {"authorization_response_iss_parameter_supported": announced}

    assert metadata_of(document).authorization_response_iss_parameter_supported is required


@pytest.mark.parametrize(
    "issuer",
    [
        pytest.param("https://evil.example/oidc", id="another"),
        pytest.param(ISSUER + "/", id="a slash more"),
        pytest.param(ISSUER.upper(), id="another case"),
        pytest.param(ISSUER.replace("https", "http"), id="another scheme"),
        pytest.param(ISSUER.replace("/oidc", ":443/oidc"), id="with the usual port"),
        pytest.param("", id="empty"),
        pytest.param(None, id="null"),
        pytest.param([ISSUER], id="a list"),
    ],
)
def test_another_issuer_is_refused(issuer):
    with pytest.raises(DiscoveryError) as refused:
        metadata_of(DOCUMENT | {"issuer": issuer})

    assert refused.value.code == "discovery.issuer"


def test_fusionauths_issuer_is_named_for_what_it_is():
    with pytest.raises(DiscoveryError) as refused:
        metadata_of(DOCUMENT | {"issuer": "acme.com"})

    assert refused.value.code == "discovery.issuer"
    assert "no https URL" in str(refused.value)


def test_a_configuration_may_begin_with_a_byte_order_mark():
    text = b"\xef\xbb\xbf" + json.dumps(DOCUMENT).encode()

    assert metadata_of(text) == metadata_of(DOCUMENT)


def test_a_missing_issuer_is_refused():
    with pytest.raises(DiscoveryError) as refused:
        metadata_of(without(DOCUMENT, "issuer"))

    assert refused.value.code == "discovery.issuer"


@pytest.mark.parametrize("name", REQUIRED)
def test_a_missing_endpoint_that_is_needed_is_refused(name):
    with pytest.raises(DiscoveryError) as refused:
        metadata_of(without(DOCUMENT, name))

    assert refused.value.code == f"discovery.missing_{name}"


def test_of_several_missing_endpoints_the_first_is_named():
    with pytest.raises(DiscoveryError) as refused:
        metadata_of({"issuer": ISSUER})

    assert refused.value.code == "discovery.missing_authorization_endpoint"


def test_an_endpoint_that_is_needed_and_null_is_refused():
    with pytest.raises(DiscoveryError) as refused:
        metadata_of(DOCUMENT | {"userinfo_endpoint": None}, required=("userinfo_endpoint",))

    assert refused.value.code == "discovery.missing_userinfo_endpoint"


@pytest.mark.parametrize("url", UNSAFE[1:])
def test_an_authorization_endpoint_that_is_no_safe_address_is_refused(url):
    with pytest.raises(DiscoveryError) as refused:
        metadata_of(DOCUMENT | {"authorization_endpoint": url})

    assert refused.value.code == "discovery.bad_authorization_endpoint"


@pytest.mark.parametrize("name", ENDPOINTS)
@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "http://a@acme.genauth.ai", "http://", " ", 7, ["http://a/"]]
)
def test_an_endpoint_that_is_no_web_address_is_refused(name, url):
    with pytest.raises(DiscoveryError) as refused:
        metadata_of(DOCUMENT | {name: url})

    assert refused.value.code == f"discovery.bad_{name}"


@pytest.mark.parametrize("url", ["http://10.0.0.8/token", "http://localhost.example/token"])
def test_http_is_refused_beyond_the_hosts_that_may_have_it(url):
    with pytest.raises(DiscoveryError) as refused:
        metadata_of(DOCUMENT | {"token_endpoint": url}, insecure_hosts={"localhost"})

    assert refused.value.code == "discovery.bad_token_endpoint"


def test_http_is_accepted_where_it_is_allowed():
    document = DOCUMENT | {"token_endpoint": "http://127.0.0.1:8000/token"}

    metadata = metadata_of(document, insecure_hosts={"127.0.0.1"})

    assert metadata.token_endpoint == "http://127.0.0.1:8000/token"


def test_an_endpoint_set_by_hand_is_taken_whatever_the_document_says():
    document = DOCUMENT | {"token_endpoint": "javascript:alert(1)"}

    metadata = metadata_of(document, overrides={"token_endpoint": "https://hand.example/token"})

    assert metadata.token_endpoint == "https://hand.example/token"


def test_an_endpoint_set_by_hand_fills_a_gap():
    metadata = metadata_of(
        without(DOCUMENT, "jwks_uri"), overrides={"jwks_uri": "https://hand.example/keys"}
    )

    assert metadata.jwks_uri == "https://hand.example/keys"


@pytest.mark.parametrize(
    "text",
    [b"", b"<html>", b"[]", b'{"issuer":1,"issuer":1}'],
    ids=["nothing", "HTML", "a list", "issuer twice"],
)
def test_what_is_no_configuration_document_is_refused(text):
    with pytest.raises(DiscoveryError) as refused:
        metadata_of(text)

    assert refused.value.code == "discovery.json"


@pytest.mark.parametrize("issuer", [ISSUER, ISSUER + "/"])
def test_the_configuration_stands_below_the_issuer(issuer):
    request = discovery_request(issuer)

    assert request.method == "GET"
    assert request.url == f"{ISSUER}/.well-known/openid-configuration"
    assert request.headers == {"Accept": "application/json"}
    assert request.body is None


def test_keycloaks_configuration_may_be_read_at_its_inner_host():
    address = "http://inner:8080/realms/a/.well-known/openid-configuration"

    assert discovery_request(ISSUER, address=address).url == address


@pytest.mark.parametrize("url", SAFE)
def test_an_https_address_is_safe(url):
    assert is_safe_url(url, allow_insecure_http=False)


@pytest.mark.parametrize("allow_insecure_http", [False, True])
@pytest.mark.parametrize("url", UNSAFE)
def test_anything_else_is_not_safe(url, allow_insecure_http):
    assert not is_safe_url(url, allow_insecure_http=allow_insecure_http)


def test_http_is_safe_only_where_it_is_allowed():
    assert is_safe_url("http://127.0.0.1:8000/", allow_insecure_http=True)
    assert not is_safe_url("http://127.0.0.1:8000/", allow_insecure_http=False)
