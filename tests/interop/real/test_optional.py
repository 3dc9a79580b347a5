"""Providers that CI does not run: signing in, staying in, signing out, and what the doctor says.

`tox -e spring`, `-e zitadel` and `-e hydra` build one and run these tests with it.
"""

from collections.abc import Iterator

import pytest
from django.contrib.auth import get_user_model
from pytest_django.live_server_helper import LiveServer

from django_genauth import grants
from django_genauth.conf import get_client
from django_genauth.models import Grant, Identity
from tests.interop.real.conftest import without_secret
from tests.interop.real.test_logout import is_out_soon
from tests.support.provider.real.hydra import Hydra
from tests.support.provider.real.spring import Spring
from tests.support.provider.real.zitadel import Zitadel

pytestmark = [
    pytest.mark.providers,
    pytest.mark.optional,
    pytest.mark.django_db(transaction=True),
]

SPRING = pytest.param("spring", id="spring")
ZITADEL = pytest.param("zitadel", id="zitadel")
HYDRA = pytest.param("hydra", id="hydra")


@pytest.fixture(scope="module")
def spring(live_server: LiveServer) -> Iterator[Spring]:
    """Run Spring Authorization Server, which knows the site."""
    method = "registration.client-authentication-methods"
    others = {
        "public": {"registration.client-secret": "", method: "none"},
        "post": {method: "client_secret_post"},
    }
    with Spring(live_server.url, others) as running:
        yield running


@pytest.fixture(scope="module")
def zitadel(live_server: LiveServer) -> Iterator[Zitadel]:
    """Run zitadel/oidc, which knows the site."""
    with Zitadel(live_server.url, {"public": {"client_secret": ""}}) as running:
        yield running


@pytest.fixture(scope="module")
def hydra(live_server: LiveServer) -> Iterator[Hydra]:
    """Run Ory Hydra, which knows the site."""
    with Hydra(live_server.url) as running:
        running.register("website")
        running.register("public", "--token-endpoint-auth-method", "none")
        running.register("post", "--token-endpoint-auth-method", "client_secret_post")
        yield running


@pytest.fixture(params=[SPRING, ZITADEL, HYDRA])
def provider(request):
    """Lend each of them in turn."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def grant(provider, use, browser):
    """Sign in with the settings of the page."""
    use(provider.app())
    provider.enter(browser)
    return Grant.objects.get()


def test_a_person_signs_in_with_the_settings_of_the_page(provider, use, browser):
    use(provider.app())

    response = provider.enter(browser, "/members/")

    assert (response.status_code, response.headers["Location"]) == (302, "/members/")
    assert Identity.objects.get().issuer == provider.issuer
    assert get_user_model().objects.get().email == provider.person.email


def test_a_public_client_signs_in_without_a_secret(provider, use, browser):
    use(without_secret(provider.app("public")))

    response = provider.enter(browser)

    assert response.status_code == 302


def test_the_tokens_of_a_refresh_can_be_refreshed(grant):
    first = grants.refresh(grant).token_set["access_token"]

    second = grants.refresh(Grant.objects.get()).token_set["access_token"]

    assert first != second


@pytest.mark.parametrize("provider", [SPRING, ZITADEL], indirect=True)
def test_an_access_token_is_active(grant):
    answer = get_client().introspect_token(grant.token_set["access_token"])

    assert answer["active"] is True


def test_a_grant_is_revoked(grant):
    grants.revoke(grant)

    assert Grant.objects.get().state == "ended"


@pytest.mark.parametrize("refreshed", [False, True])
def test_signing_out_leads_through_the_provider_and_back(refreshed, grant, provider, browser):
    if refreshed:
        grants.refresh(grant)

    begun = browser.press("/genauth/logout/").headers["Location"]
    page = browser.follow(provider.sign_out(begun, browser.session))

    assert (page.status_code, "You are signed out" in page.text) == (200, True)
    assert browser.open("/members/").status_code == 302


def test_one_of_two_devices_signs_out(provider, grant, browser, second_browser):
    provider.enter(second_browser)

    begun = browser.press("/genauth/logout/").headers["Location"]
    browser.follow(provider.sign_out(begun, browser.session))

    assert second_browser.open("/members/").status_code == 200


@pytest.mark.parametrize("provider", [HYDRA], indirect=True)
def test_signing_out_at_the_provider_ends_the_session_here(provider, grant, browser):
    provider.leave(browser, grant.token_set["id_token"])

    assert is_out_soon(browser)


def codes(report):
    return [finding.code for finding in report.findings]


def test_the_settings_of_the_page_have_no_finding(provider, diagnose):
    report = diagnose(provider.app())

    assert (report.findings, report.unasked, report.status) == ([], [], 0)


def test_a_public_client_has_no_finding(provider, diagnose):
    report = diagnose(without_secret(provider.app("public")))

    assert (report.findings, report.unasked, report.status) == ([], [], 0)


def test_another_secret_is_named(provider, diagnose):
    report = diagnose(provider.app(APP_SECRET="the-secret-of-another-app"))

    assert codes(report)
    assert all("APP_SECRET" in finding.remedy for finding in report.findings)


@pytest.mark.parametrize("provider", [SPRING, HYDRA], indirect=True)
def test_a_secret_that_is_not_set_is_named(provider, diagnose):
    report = diagnose(without_secret(provider.app()))

    assert codes(report) == ["credentials.invalid_client"]
    assert report.findings[0].remedy.startswith("Set APP_SECRET")


@pytest.mark.parametrize("provider", [SPRING, HYDRA], indirect=True)
@pytest.mark.parametrize(
    ("client", "set_to", "taken"),
    [
        pytest.param("website", "client_secret_post", "client_secret_basic", id="in the header"),
        pytest.param("post", "client_secret_basic", "client_secret_post", id="in the body"),
    ],
)
def test_the_way_that_the_secret_is_taken_is_told(provider, client, set_to, taken, diagnose):
    report = diagnose(provider.app(client, TOKEN_ENDPOINT_AUTH_METHOD=set_to))

    assert codes(report) == ["credentials.invalid_client"]
    assert f'set "TOKEN_ENDPOINT_AUTH_METHOD": "{taken}"' in report.findings[0].remedy


def test_another_client_id_is_named(provider, diagnose):
    report = diagnose({**provider.app(), "APP_ID": "another"})

    assert codes(report)
    assert all("APP_ID" in finding.remedy for finding in report.findings)


def test_an_issuer_that_differs_by_its_slash_is_named(provider, diagnose):
    report = diagnose(provider.app(ISSUER=f"{provider.issuer}/"))

    assert (codes(report), report.status) == (["discovery.issuer"], 1)
    assert f'"ISSUER": "{provider.issuer}"' in report.findings[0].remedy


def test_an_algorithm_that_is_not_used_is_named(provider, diagnose):
    report = diagnose(provider.app(ID_TOKEN_SIGNED_RESPONSE_ALG="ES256"))

    assert codes(report)[0] == "unsupported.id_token_signed_response_alg"
    assert 'Set "ID_TOKEN_SIGNED_RESPONSE_ALG": "RS256"' in report.findings[0].remedy


@pytest.mark.parametrize("provider", [ZITADEL, HYDRA], indirect=True)
def test_another_redirect_uri_is_named(provider, diagnose):
    another = "https://another.example/genauth/callback/"

    report = diagnose(provider.app(REDIRECT_URI=another))

    assert codes(report) == ["redirect_uri"]
    assert report.findings[0].remedy.startswith("Register that address")


@pytest.mark.parametrize("provider", [SPRING], indirect=True)
def test_what_cannot_be_known_of_a_redirect_uri_is_noted(provider, diagnose):
    report = diagnose(provider.app())

    assert "not known whether it knows" in " ".join(report.notes)


@pytest.mark.parametrize("provider", [ZITADEL], indirect=True)
def test_another_post_logout_redirect_uri_is_named(provider, diagnose):
    another = "https://another.example/genauth/logout/"

    report = diagnose(provider.app(POST_LOGOUT_REDIRECT_URI=another))

    assert codes(report) == ["post_logout_redirect_uri"]


@pytest.mark.parametrize("provider", [SPRING, HYDRA], indirect=True)
def test_a_scope_that_the_client_may_not_ask_for_is_named(provider, diagnose):
    report = diagnose(provider.app(SCOPE="openid nonsense"))

    assert codes(report) == ["authorization.invalid_scope"]
    assert "Compare SCOPE" in report.findings[0].remedy
