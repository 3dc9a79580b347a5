"""Who is trusted and what the way is: certificates, proxies, and an environment that is ignored."""

from dataclasses import replace

import pytest

from django_genauth.protocol.errors import ProviderUnavailable
from tests.support.network import Tunnel, a_transport, keys_request, token_request
from tests.support.provider.scripted import ScriptedProvider
from tests.support.provider.tls import authority


@pytest.fixture
def tls_provider():
    with ScriptedProvider(tls=True) as running:
        yield running


@pytest.fixture
def trap():
    """Listen where a hostile environment points to."""
    with ScriptedProvider() as running:
        yield running


@pytest.fixture
def bundle():
    return str(authority().bundle)


def test_an_authority_that_is_named_is_trusted(tls_provider, bundle):
    answer = a_transport(ca_bundle=bundle).send(keys_request(tls_provider))

    assert answer.status == 200


def test_one_handshake_serves_many_requests(tls_provider, bundle):
    transport = a_transport(ca_bundle=bundle)
    transport.send(keys_request(tls_provider))

    transport.send(keys_request(tls_provider))

    assert (len(tls_provider.requests), tls_provider.connections) == (2, 1)


def test_an_unknown_authority_is_not_trusted(tls_provider):
    with pytest.raises(ProviderUnavailable) as caught:
        a_transport().send(token_request(tls_provider))

    assert (caught.value.code, tls_provider.requests) == ("provider_unavailable.tls", [])


@pytest.mark.parametrize(
    "context",
    [
        pytest.param(lambda: authority().server_context(("other.example",)), id="other-name"),
        pytest.param(lambda: authority().server_context(("10.0.0.1",)), id="other-address"),
        pytest.param(lambda: authority().server_context(expired=True), id="expired"),
    ],
)
def test_a_certificate_that_does_not_hold_is_refused(context, bundle):
    with ScriptedProvider(tls=context()) as provider, pytest.raises(ProviderUnavailable) as caught:
        a_transport(ca_bundle=bundle).send(token_request(provider))

    assert (caught.value.code, provider.requests) == ("provider_unavailable.tls", [])


def test_who_does_not_speak_tls_is_not_said_to_have_a_wrong_certificate(provider):
    request = token_request(provider)
    over_tls = replace(request, url=request.url.replace("http:", "https:"))

    with pytest.raises(ProviderUnavailable, match="does not speak https") as caught:
        a_transport().send(over_tls)

    assert caught.value.code == "provider_unavailable.tls"


def test_leave_to_speak_without_tls_is_no_leave_to_skip_its_checks(tls_provider):
    with pytest.raises(ProviderUnavailable) as caught:
        a_transport(allow_insecure_http=True).send(keys_request(tls_provider))

    assert caught.value.code == "provider_unavailable.tls"


def test_a_provider_without_tls_behind_an_https_address_is_refused(provider):
    provider.base_url = provider.base_url.replace("http:", "https:")

    with pytest.raises(ProviderUnavailable) as caught:
        a_transport().send(token_request(provider))

    assert (caught.value.code, provider.requests) == ("provider_unavailable.tls", [])


def test_a_proxy_that_is_set_carries_the_request(tls_provider, bundle):
    with Tunnel() as tunnel:
        transport = a_transport(ca_bundle=bundle, proxies={"https": tunnel.url})

        answer = transport.send(keys_request(tls_provider))

    assert answer.status == 200
    assert tunnel.targets == [tls_provider.base_url.removeprefix("https://")]


def test_requests_share_one_way_through_the_proxy(tls_provider, bundle):
    with Tunnel() as tunnel:
        transport = a_transport(ca_bundle=bundle, proxies={"https": tunnel.url})
        transport.send(keys_request(tls_provider))

        transport.send(keys_request(tls_provider))

    assert (len(tls_provider.requests), len(tunnel.targets)) == (2, 1)


def test_a_certificate_is_checked_through_a_proxy_too(tls_provider):
    with Tunnel() as tunnel, pytest.raises(ProviderUnavailable) as caught:
        a_transport(proxies={"https": tunnel.url}).send(token_request(tls_provider))

    assert (caught.value.code, tls_provider.requests) == ("provider_unavailable.tls", [])


def test_a_proxy_that_is_down_is_not_gone_around(tls_provider, bundle):
    with Tunnel() as tunnel:
        address = tunnel.url

    with pytest.raises(ProviderUnavailable) as caught:
        a_transport(ca_bundle=bundle, proxies={"https": address}).send(keys_request(tls_provider))

    assert caught.value.code == "provider_unavailable.connection"
    assert tls_provider.connections == 0


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
def test_a_proxy_of_the_environment_is_not_used(provider, trap, monkeypatch, variable):
    monkeypatch.setenv(variable, trap.base_url)

    answer = a_transport().send(keys_request(provider))

    assert (answer.status, trap.connections) == (200, 0)


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
def test_a_proxy_of_the_environment_is_not_used_for_https(
    tls_provider, trap, bundle, monkeypatch, variable
):
    monkeypatch.setenv(variable, trap.base_url)

    answer = a_transport(ca_bundle=bundle).send(keys_request(tls_provider))

    assert (answer.status, trap.connections) == (200, 0)


def test_a_proxy_that_is_set_is_used_whatever_the_environment_leaves_out(
    tls_provider, bundle, monkeypatch
):
    monkeypatch.setenv("NO_PROXY", "*")

    with Tunnel() as tunnel:
        transport = a_transport(ca_bundle=bundle, proxies={"https": tunnel.url})
        transport.send(keys_request(tls_provider))

    assert len(tunnel.targets) == 1


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"])
def test_an_authority_of_the_environment_is_not_trusted(
    tls_provider, bundle, monkeypatch, variable
):
    monkeypatch.setenv(variable, bundle)

    with pytest.raises(ProviderUnavailable) as caught:
        a_transport().send(keys_request(tls_provider))

    assert caught.value.code == "provider_unavailable.tls"


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"])
def test_a_bundle_of_the_environment_does_not_replace_the_one_that_is_set(
    tls_provider, bundle, monkeypatch, tmp_path, variable
):
    monkeypatch.setenv(variable, str(tmp_path / "none.pem"))

    answer = a_transport(ca_bundle=bundle).send(keys_request(tls_provider))

    assert answer.status == 200


@pytest.mark.parametrize(("variable", "name"), [("NETRC", "netrc"), ("HOME", ".netrc")])
def test_a_password_of_the_environment_is_not_sent(provider, monkeypatch, tmp_path, variable, name):
    netrc = tmp_path / name
    netrc.write_text("machine 127.0.0.1 login somebody password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv(variable, str(netrc if variable == "NETRC" else tmp_path))

    a_transport().send(keys_request(provider))

    assert provider.requests[0].headers["Authorization"] is None
