"""What the provider publishes of itself: found over the wire, refused where it does not hold."""

import time

import pytest

from django_genauth.protocol.errors import GenAuthError, ProviderError
from django_genauth.protocol.messages import HttpResponse
from tests.support.clients import a_client, authorize_url, code_of, sign_in
from tests.support.network import GRACE, TIMEOUT, Tunnel
from tests.support.provider import faults
from tests.support.provider.scripted import ScriptedProvider
from tests.support.provider.tls import authority


def without(name):
    return lambda document: {key: each for key, each in document.items() if key != name}


def saying(**members):
    return lambda document: document | members


def refusal(call):
    """Return the code of the refusal, or None."""
    try:
        call()
    except ProviderError as error:
        return error.code
    return None


def test_a_login_begins_at_the_page_that_was_discovered(provider):
    provider.lie("discovery", edit=saying(authorization_endpoint="http://127.0.0.1:1/elsewhere"))

    url = authorize_url(a_client(provider))

    assert url.startswith("http://127.0.0.1:1/elsewhere?")


def test_one_discovery_serves_many_logins(provider):
    client = a_client(provider)
    sign_in(client, provider)

    sign_in(client, provider)

    assert len(provider.requests_to("discovery")) == 1


def test_members_that_nobody_knows_do_no_harm(provider):
    provider.lie("discovery", edit=saying(mtls_endpoint_aliases={"token_endpoint": 5}, x=None))

    assert sign_in(a_client(provider), provider).subject == "user-1"


@pytest.mark.parametrize(
    ("lie", "code"),
    [
        pytest.param({"status": 404}, "discovery.status_404", id="404"),
        pytest.param({"status": 302}, "discovery.status_302", id="redirect"),
        pytest.param({"status": 204}, "discovery.status_204", id="204"),
        pytest.param({"status": 429}, "provider_unavailable.status_429", id="429"),
        pytest.param({"status": 500}, "provider_unavailable.status_500", id="500"),
        pytest.param({"body": b"<!doctype html>"}, "discovery.json", id="html"),
        pytest.param({"body": b"[]"}, "discovery.json", id="list"),
        pytest.param({"body": b'{"issuer": 1, "issuer": 2}'}, "discovery.json", id="twice"),
        pytest.param({"body": b"[" * 100_000}, "discovery.nesting", id="deep"),
        pytest.param({"edit": without("issuer")}, "discovery.issuer", id="no-issuer"),
        pytest.param(
            {"edit": lambda it: it | {"issuer": it["issuer"] + "/"}},
            "discovery.issuer",
            id="issuer-with-a-slash-more",
        ),
        pytest.param(
            {"edit": without("authorization_endpoint")},
            "discovery.missing_authorization_endpoint",
            id="no-authorization-endpoint",
        ),
        pytest.param(
            {"edit": without("token_endpoint")},
            "discovery.missing_token_endpoint",
            id="no-token-endpoint",
        ),
        pytest.param({"edit": without("jwks_uri")}, "discovery.missing_jwks_uri", id="no-keys"),
        pytest.param(
            {"edit": saying(authorization_endpoint="javascript:alert(1)")},
            "discovery.bad_authorization_endpoint",
            id="script",
        ),
        pytest.param(
            {"edit": saying(token_endpoint=["http://127.0.0.1/"])},
            "discovery.bad_token_endpoint",
            id="list-of-endpoints",
        ),
        pytest.param({"fault": faults.reset}, "provider_unavailable.connection", id="reset"),
        pytest.param({"fault": faults.hang}, "provider_unavailable.timeout", id="hang"),
        pytest.param({"fault": faults.oversize()}, "provider.too_large", id="oversize"),
    ],
)
def test_a_configuration_that_does_not_hold_is_refused(provider, lie, code):
    provider.lie("discovery", **lie)

    with pytest.raises(ProviderError) as caught:
        authorize_url(a_client(provider, timeout=0.4))

    assert caught.value.code == code


def test_an_endpoint_without_encryption_is_refused():
    with ScriptedProvider(tls=True) as provider:
        provider.lie("discovery", edit=saying(token_endpoint="http://127.0.0.1/oidc/token"))
        client = a_client(provider, allow_insecure_http=False, ca_bundle=str(authority().bundle))

        with pytest.raises(ProviderError) as caught:
            client.metadata()

    assert caught.value.code == "discovery.bad_token_endpoint"


@pytest.mark.parametrize(
    ("endpoint", "code"),
    [
        pytest.param("http://10.0.0.8/token", "discovery.bad_token_endpoint", id="the network"),
        pytest.param("http://169.254.169.254/", "discovery.bad_token_endpoint", id="the cloud"),
        pytest.param("http://127.0.0.1:1/token", None, id="this machine"),
    ],
)
def test_an_https_provider_reaches_this_machine_alone_without_encryption(endpoint, code):
    with ScriptedProvider(tls=True) as provider:
        provider.lie("discovery", edit=saying(token_endpoint=endpoint))
        client = a_client(provider, ca_bundle=str(authority().bundle))

        assert refusal_of(client.metadata) == code


def test_a_provider_without_encryption_may_name_itself(provider):
    client = a_client(provider, app_host="http://sso.corp.example", issuer="http://127.0.0.1/oidc")

    assert client.registration.insecure_hosts == {
        "127.0.0.1",
        "::1",
        "localhost",
        "sso.corp.example",
    }


def refusal_of(act):
    """Return the code of what an act raises, or None."""
    try:
        act()
    except ProviderError as error:
        return error.code
    return None


def test_a_whole_login_is_encrypted():
    with ScriptedProvider(tls=True) as provider:
        client = a_client(provider, allow_insecure_http=False, ca_bundle=str(authority().bundle))

        id_token = sign_in(client, provider)

    assert (id_token.issuer[:8], provider.connections) == ("https://", 1)


def test_the_proxy_is_what_the_site_sets():
    with ScriptedProvider(tls=True) as provider, Tunnel() as tunnel:
        client = a_client(
            provider, ca_bundle=str(authority().bundle), proxies={"https": tunnel.url}
        )

        client.metadata()

    assert tunnel.targets == [provider.base_url.removeprefix("https://")]


def test_the_time_out_is_what_the_site_sets(provider):
    provider.lie("discovery", fault=faults.hang)
    began = time.monotonic()

    with pytest.raises(ProviderError):
        a_client(provider, timeout=TIMEOUT).metadata()

    assert time.monotonic() - began < TIMEOUT + GRACE


def test_another_way_to_send_replaces_the_network(provider):
    client = a_client(provider, send=lambda request: HttpResponse(status=503))

    with pytest.raises(ProviderError) as caught:
        client.metadata()

    assert caught.value.code == "provider_unavailable.status_503"
    assert provider.requests == []


def test_keys_are_not_asked_for_where_a_secret_signs():
    with ScriptedProvider(alg="HS256") as provider:
        provider.lie("discovery", edit=without("jwks_uri"))

        sign_in(a_client(provider), provider)

    assert provider.requests_to("jwks") == []


def test_userinfo_has_to_be_there_where_the_site_asks_for_it(provider):
    provider.lie("discovery", edit=without("userinfo_endpoint"))

    with pytest.raises(ProviderError) as caught:
        a_client(provider, userinfo=True).metadata()

    assert caught.value.code == "discovery.missing_userinfo_endpoint"


@pytest.mark.parametrize(
    ("missing", "code"),
    [("userinfo_endpoint", "discovery.missing_userinfo_endpoint"), ("jwks_uri", None)],
)
def test_over_oauth_userinfo_has_to_be_there_and_keys_need_not(missing, code):
    with ScriptedProvider(protocol="oauth") as provider:
        provider.lie("discovery", edit=without(missing))
        client = a_client(provider, protocol="oauth", issuer=provider.issuer, discovery=True)

        assert refusal(client.metadata) == code


def test_an_issuer_that_is_set_is_the_one_that_is_asked(provider):
    client = a_client(provider, app_host="http://127.0.0.1:1", issuer=provider.issuer)

    assert sign_in(client, provider).issuer == provider.issuer


def test_without_discovery_the_paths_are_genauths(provider):
    metadata = a_client(provider, discovery=False).metadata()

    assert provider.requests == []
    assert metadata.authorization_endpoint == f"{provider.base_url}/oidc/auth"
    assert metadata.token_endpoint == f"{provider.base_url}/oidc/token"
    assert metadata.userinfo_endpoint == f"{provider.base_url}/oidc/me"
    assert metadata.jwks_uri == f"{provider.base_url}/oidc/.well-known/jwks.json"
    assert metadata.end_session_endpoint == f"{provider.base_url}/oidc/session/end"


def test_without_discovery_a_person_signs_in_all_the_same(provider):
    sign_in(a_client(provider, discovery=False), provider)

    assert [request.path for request in provider.requests] == [
        "/oidc/token",
        "/oidc/.well-known/jwks.json",
    ]


@pytest.mark.parametrize("discovery", [True, False])
def test_an_endpoint_set_by_hand_goes_before_the_others(provider, discovery):
    endpoints = {"authorization_endpoint": "https://login.example/page?tenant=1"}

    client = a_client(provider, discovery=discovery, endpoints=endpoints)

    assert authorize_url(client).startswith("https://login.example/page?tenant=1&nonce=")
    assert client.metadata().token_endpoint == f"{provider.issuer}/token"


def test_an_endpoint_set_by_hand_replaces_one_that_does_not_hold(provider):
    provider.lie("discovery", edit=saying(token_endpoint="ftp://nowhere/"))
    endpoints = {"token_endpoint": f"{provider.issuer}/token"}

    assert sign_in(a_client(provider, endpoints=endpoints), provider).subject == "user-1"


def test_no_code_leaves_before_the_provider_is_known(provider):
    client = a_client(provider)
    code = code_of(client, provider)
    provider.lie("discovery", edit=saying(issuer="https://evil.example/"))

    with pytest.raises(GenAuthError):
        a_client(provider).exchange_code(code, redirect_uri="", code_verifier="")

    assert provider.requests_to("token") == []
