"""An endpoint that has moved: the configuration is fetched anew, and not again and again."""

import pytest

from django_genauth.client.document_cache import RETRY
from django_genauth.protocol.errors import ProviderError
from tests.support.clients import CODE_VERIFIER, REDIRECT_URI, a_client, code_of, sign_in, tokens_of
from tests.support.documents import Clock
from tests.support.provider import faults


def moved(provider, name, *, old="{base}/old", times=1):
    """Let the configuration name an old address so many times."""
    address = old.format(base=provider.base_url)
    provider.lie("discovery", edit=lambda document: document | {name: address}, times=times)


def fail(client, *, times):
    for _ in range(times):
        with pytest.raises(ProviderError):
            client.introspect_token("the-token")


def redeem(client, provider):
    code = code_of(client, provider)
    return client.exchange_code(code, redirect_uri=REDIRECT_URI, code_verifier=CODE_VERIFIER)


@pytest.mark.parametrize(
    "old",
    [
        pytest.param("{base}/old", id="an address that is not there"),
        pytest.param("http://127.0.0.1:1/token", id="a host that refuses the connection"),
    ],
)
def test_a_login_finds_the_new_address_of_the_token_endpoint(provider, old):
    moved(provider, "token_endpoint", old=old)

    assert sign_in(a_client(provider), provider).subject == "user-1"
    assert provider.asked.count("discovery") == 2


@pytest.mark.parametrize("status", [404, 405, 410])
def test_each_status_of_an_address_that_is_gone_has_the_configuration_fetched(provider, status):
    client = a_client(provider)
    provider.lie("token", status=status, body=b"")

    with pytest.raises(ProviderError) as caught:
        redeem(client, provider)

    assert caught.value.code == f"token_response.status_{status}"
    assert provider.asked == ["discovery", "token", "discovery"]


@pytest.mark.parametrize(
    ("lie", "code"),
    [
        pytest.param({"status": 400}, "token_response.status_400", id="400"),
        pytest.param({"status": 503}, "provider_unavailable.status_503", id="503"),
        pytest.param({"fault": faults.reset}, "provider_unavailable.connection", id="reset"),
    ],
)
def test_any_other_failure_is_no_move(provider, lie, code):
    client = a_client(provider)
    provider.lie("token", **lie)

    with pytest.raises(ProviderError) as caught:
        redeem(client, provider)

    assert caught.value.code == code
    assert provider.asked == ["discovery", "token"]


def test_the_keys_are_found_at_their_new_address(provider):
    moved(provider, "jwks_uri")

    assert sign_in(a_client(provider), provider).subject == "user-1"


@pytest.mark.parametrize("name", ["introspection", "revocation"])
def test_tokens_are_asked_about_at_the_new_address(provider, name):
    moved(provider, f"{name}_endpoint")
    client = a_client(provider)
    call = {"introspection": client.introspect_token, "revocation": client.revoke_token}[name]

    call("the-token")

    assert name in provider.asked


def test_userinfo_is_asked_at_the_new_address(provider):
    client = a_client(provider)
    tokens = tokens_of(client, provider, sub="ada")
    moved(provider, "userinfo_endpoint")

    assert a_client(provider).userinfo_claims(tokens.access_token)["sub"] == "ada"


def test_a_machine_gets_its_token_at_the_new_address(provider):
    provider.machines["key"] = "s" * 32
    moved(provider, "token_endpoint")

    machine = a_client(provider).get_access_token_by_client_credentials(
        "a", access_key="key", secret_key="s" * 32
    )

    assert machine.scope == "a"


def test_a_refresh_is_not_sent_twice_under_one_lease_and_the_next_finds_the_address(provider):
    tokens = tokens_of(a_client(provider), provider, scope="openid offline_access")
    moved(provider, "token_endpoint")
    client = a_client(provider)
    with pytest.raises(ProviderError):
        client.refresh(tokens.refresh_token)

    fresh = client.refresh(tokens.refresh_token)

    assert fresh.refresh_token != tokens.refresh_token


def test_a_refresh_whose_host_is_gone_tells_so(provider):
    moved(provider, "token_endpoint", old="http://127.0.0.1:1/token")

    with pytest.raises(ProviderError) as caught:
        a_client(provider).refresh("the-token")

    assert caught.value.code == "provider_unavailable.connection"


def test_within_the_pause_the_configuration_is_fetched_once(provider):
    client = a_client(provider, clock=(clock := Clock()))
    provider.lie("introspection", status=404)
    fail(client, times=3)
    before = provider.asked.count("discovery")

    clock.advance(RETRY + 1)
    fail(client, times=1)

    assert (before, provider.asked.count("discovery")) == (2, 3)


def test_a_configuration_that_cannot_be_had_hides_no_failure(provider):
    client = a_client(provider)
    client.metadata()
    provider.lie("discovery", status=503)
    provider.lie("introspection", status=404)

    with pytest.raises(ProviderError) as caught:
        client.introspect_token("the-token")

    assert caught.value.code == "introspection.status_404"


def test_an_address_that_another_thread_has_found_is_used_without_a_fetch(provider):
    client = a_client(provider)
    moved(provider, "introspection_endpoint")
    client.metadata()
    sender = client.provider._sender
    send = sender._exchange

    def send_later(request, endpoint):
        sender._exchange = send
        # Another thread, while this request is under way.
        client.provider._configuration._fetched()
        return send(request, endpoint)

    sender._exchange = send_later
    client.introspect("the-token")

    assert provider.asked == ["discovery", "discovery", None, "introspection"]


def test_fixed_paths_have_no_configuration_fetched(provider):
    client = a_client(provider, discovery=False)
    provider.lie("introspection", status=404)

    fail(client, times=1)

    assert provider.asked == ["introspection"]


def test_an_address_that_the_site_has_set_is_the_sites_business(provider):
    by_hand = {"introspection_endpoint": f"{provider.base_url}/old"}
    client = a_client(provider, endpoints=by_hand)

    fail(client, times=1)

    assert provider.asked == ["discovery", None]
