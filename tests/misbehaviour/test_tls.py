"""Who answers at the provider's address: whoever cannot prove it hears nothing (RFC 9110 4.3.4).

Another certificate is shown from the beginning, or only when the code and the secret are to leave.
"""

import ssl

import pytest

from tests.support.provider.scripted import CLIENT_ID, CLIENT_SECRET, ScriptedProvider
from tests.support.provider.tls import Authority, authority

pytestmark = pytest.mark.django_db

IMPOSTORS = [
    pytest.param(lambda: authority().server_context(("other.example",)), id="another host"),
    pytest.param(lambda: authority().server_context(("10.0.0.1",)), id="another address"),
    pytest.param(lambda: authority().server_context(("*.0.0.1",)), id="any address"),
    pytest.param(lambda: authority().server_context(expired=True), id="expired"),
    pytest.param(lambda: authority().server_context(early=True), id="not yet valid"),
    pytest.param(lambda: authority().self_signed_context(), id="self-signed"),
    pytest.param(lambda: Authority().server_context(), id="an unknown authority"),
    pytest.param(lambda: authority().outdated_context(ssl.TLSVersion.TLSv1), id="TLS 1.0 alone"),
    pytest.param(lambda: authority().outdated_context(ssl.TLSVersion.TLSv1_1), id="TLS 1.1 alone"),
    pytest.param(lambda: None, id="no TLS at the port of https"),
]


@pytest.fixture
def provider():
    """Run a provider as they all are, with TLS."""
    with ScriptedProvider(client_id=CLIENT_ID, client_secret=CLIENT_SECRET, tls=True) as running:
        yield running


@pytest.fixture
def app(app, provider):
    app |= {"ALLOW_INSECURE_HTTP": False, "CA_BUNDLE": str(provider.ca_bundle)}
    return app


def test_a_good_certificate_signs_in(visitor, provider):
    visitor.sign_in()

    assert visitor.is_signed_in
    assert provider.asked == ["discovery", "token", "jwks"]


@pytest.mark.parametrize("impostor", IMPOSTORS)
def test_nobody_is_sent_to_whoever_cannot_prove_the_address(
    visitor, provider, is_refused, impostor
):
    provider.present(impostor())

    response = visitor.client.get("/genauth/login/")

    is_refused(response, 503, "provider_unavailable.tls", asked="")


@pytest.mark.parametrize("impostor", IMPOSTORS)
def test_the_code_and_the_secret_do_not_leave_for_whoever_cannot_prove_the_address(
    visitor, provider, is_refused, impostor
):
    callback = provider.authorize(visitor.begin())
    provider.present(impostor())

    response = visitor.come_back(callback)

    is_refused(response, 503, "provider_unavailable.tls", asked="discovery")


def test_without_a_bundle_the_tests_own_authority_is_unknown(visitor, app, is_refused):
    del app["CA_BUNDLE"]

    response = visitor.client.get("/genauth/login/")

    is_refused(response, 503, "provider_unavailable.tls", asked="")


def test_leave_to_speak_without_tls_is_no_leave_to_skip_its_checks(
    visitor, provider, app, is_refused
):
    app["ALLOW_INSECURE_HTTP"] = True
    provider.present(authority().self_signed_context())

    response = visitor.client.get("/genauth/login/")

    is_refused(response, 503, "provider_unavailable.tls", asked="")


def test_a_provider_that_leads_from_https_to_http_is_not_followed(visitor, provider, is_refused):
    plain = provider.base_url.replace("https:", "http:")
    provider.lie("discovery", status=307, headers={"Location": f"{plain}/oidc/configuration"})

    response = visitor.client.get("/genauth/login/")

    is_refused(response, 502, "discovery.status_307", asked="discovery")
