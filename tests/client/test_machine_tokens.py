"""A machine's token: one request whoever asks, kept until shortly before it ends."""

import threading
from concurrent.futures import ThreadPoolExecutor, wait

import pytest
import requests

from django_genauth import conf
from django_genauth.client.bulkhead import LEAST
from django_genauth.protocol.errors import ConfigurationError, ProviderUnavailable
from tests.support.clients import a_client
from tests.support.documents import Clock

KEYS = {"access_key": "a-machine", "secret_key": "its-secret-key-of-32-characters.."}


@pytest.fixture(autouse=True)
def _machine(provider):
    provider.machines["a-machine"] = KEYS["secret_key"]
    provider.machines[provider.client_id] = provider.client_secret


def token_requests(provider):
    return len(provider.requests_to("token"))


def test_a_token_is_asked_for_once(provider):
    client = a_client(provider)

    tokens = {client.client_credentials("reports").access_token for _ in range(3)}

    assert (len(tokens), token_requests(provider)) == (1, 1)


def test_the_app_shows_its_own_id_and_secret(provider):
    a_client(provider).client_credentials("reports")

    (request,) = provider.requests_to("token")
    assert request.form["client_id"] == provider.client_id
    assert (request.form["grant_type"], request.form["scope"]) == ("client_credentials", "reports")


def test_a_machine_shows_its_own_keys(provider):
    a_client(provider).client_credentials("reports", **KEYS)

    (request,) = provider.requests_to("token")
    assert request.form["client_id"] == "a-machine"


def test_each_scope_and_each_machine_has_a_token_of_its_own(provider):
    client = a_client(provider)

    tokens = {
        client.client_credentials("reports").access_token,
        client.client_credentials("mails").access_token,
        client.client_credentials("reports", **KEYS).access_token,
    }

    assert (len(tokens), token_requests(provider)) == (3, 3)


def test_twenty_threads_at_the_same_instant_send_one_request(provider):
    provider.lie("token", delay=0.2)
    client = a_client(provider)

    with ThreadPoolExecutor(20) as threads:
        asked = [threads.submit(client.client_credentials, "reports") for _ in range(20)]

    assert len({each.result().access_token for each in asked}) == 1
    assert token_requests(provider) == 1


@pytest.mark.parametrize(
    ("lifetime", "later", "requests_sent"),
    [
        pytest.param(3600, 3539, 1, id="more-than-a-minute-left"),
        pytest.param(3600, 3540, 2, id="a-minute-left"),
        pytest.param(100, 89, 1, id="short-lived-more-than-a-tenth-left"),
        pytest.param(100, 90, 2, id="short-lived-a-tenth-left"),
        pytest.param(None, 269, 1, id="no-lifetime-named"),
        pytest.param(None, 270, 2, id="no-lifetime-named-and-five-minutes-old"),
    ],
)
def test_the_next_is_asked_for_shortly_before_the_end(provider, lifetime, later, requests_sent):
    provider.lie("token", edit=lambda answer: answer | {"expires_in": lifetime})
    clock = Clock()
    client = a_client(provider, clock=clock)
    client.client_credentials("reports")
    clock.now += later

    client.client_credentials("reports")

    assert token_requests(provider) == requests_sent


def test_a_failure_is_the_askers_and_is_not_kept(provider):
    provider.lie("token", status=503, times=1)
    client = a_client(provider)

    with pytest.raises(ProviderUnavailable):
        client.client_credentials("reports")

    assert client.client_credentials("reports").access_token


def test_while_the_provider_hangs_so_many_wait_for_it_and_the_others_are_told(provider):
    hangs = threading.Event()
    provider.lie("token", until=hangs, status=503)
    client = a_client(provider)
    client.metadata()

    with ThreadPoolExecutor(2 * LEAST) as threads:
        asked = [threads.submit(code_of, client.client_credentials) for _ in range(2 * LEAST)]
        told, waiting = wait(asked, timeout=2)
        hangs.set()

    assert {each.result() for each in told} == {"provider_unavailable.crowded"}
    assert len(waiting) <= LEAST


def code_of(ask):
    with pytest.raises(ProviderUnavailable) as caught:
        ask("reports")
    return caught.value.code


def test_a_public_client_has_no_such_token(provider):
    client = a_client(provider, secret=None, id_token_signed_response_alg="RS256")

    with pytest.raises(ConfigurationError) as caught:
        client.client_credentials("reports")

    assert caught.value.code == "configuration.secret"
    assert token_requests(provider) == 0


def test_the_method_of_the_library_asks_each_time(provider):
    client = a_client(provider)

    for _ in range(2):
        client.get_access_token_by_client_credentials("reports", **KEYS)

    assert token_requests(provider) == 2


@pytest.mark.usefixtures("app")
def test_a_request_carries_the_token(provider):
    client = conf.get_client()

    requests.get(
        f"{provider.base_url}/anything", auth=client.client_credentials_auth("reports"), timeout=5
    )

    token = client.client_credentials("reports").access_token
    assert provider.requests[-1].headers["Authorization"] == f"Bearer {token}"


@pytest.mark.usefixtures("app")
def test_the_auth_object_shows_no_token():
    auth = conf.get_client().client_credentials_auth("reports", **KEYS)

    assert KEYS["secret_key"] not in repr(auth) + repr(vars(auth))


@pytest.mark.usefixtures("app")
def test_a_token_that_an_api_refuses_is_replaced(provider):
    client = conf.get_client()
    refused = client.client_credentials("reports")
    auth = client.client_credentials_auth("reports")

    fresh = auth._renew(refused)

    assert fresh.access_token != refused.access_token
    assert client.client_credentials("reports") is fresh


@pytest.mark.usefixtures("app")
def test_a_token_that_somebody_else_has_replaced_is_not_replaced_again(provider):
    client = conf.get_client()
    refused = client.client_credentials("reports")
    auth = client.client_credentials_auth("reports")
    fresh = auth._renew(refused)

    assert auth._renew(refused) is fresh
