"""Signing in with the settings of each provider's page."""

import pytest
from django.contrib.auth import get_user_model

from django_genauth.models import Identity
from tests.interop.real.conftest import KEYCLOAK, LEMONLDAP, without_secret

pytestmark = [pytest.mark.providers, pytest.mark.django_db(transaction=True)]


def groups():
    return sorted(get_user_model().objects.get().groups.values_list("name", flat=True))


def test_a_person_signs_in_with_the_settings_of_the_page(provider, use, browser):
    use(provider.app())

    response = provider.enter(browser, "/members/")

    assert (response.status_code, response.headers["Location"]) == (302, "/members/")
    assert browser.open("/members/").status_code == 200
    assert Identity.objects.get().issuer == provider.issuer


def test_the_account_says_what_the_provider_says_of_the_person(provider, use, browser):
    use(provider.app())

    provider.enter(browser)

    assert get_user_model().objects.get().email == provider.person.email
    assert groups() == provider.person.groups


def test_a_person_who_returns_is_the_same_user(provider, use, browser, second_browser):
    use(provider.app())
    provider.enter(browser)

    provider.enter(second_browser)

    assert get_user_model().objects.count() == 1


def test_the_secret_is_taken_in_the_header_too(provider, use, browser):
    use(provider.app(TOKEN_ENDPOINT_AUTH_METHOD="client_secret_basic"))

    response = provider.enter(browser)

    assert response.status_code == 302


def test_a_public_client_signs_in_without_a_secret(provider, use, browser):
    use(without_secret(provider.app("public")))

    response = provider.enter(browser)

    assert response.status_code == 302


def test_userinfo_says_the_same(provider, use, browser):
    use(provider.app(USERINFO=True))

    response = provider.enter(browser)

    assert response.status_code == 302
    assert get_user_model().objects.get().email == provider.person.email


@pytest.mark.parametrize("provider", [KEYCLOAK, LEMONLDAP], indirect=True)
def test_userinfo_may_be_signed(provider, use, browser):
    use(provider.app("signed-userinfo", USERINFO=True))

    response = provider.enter(browser)

    assert response.status_code == 302
    assert get_user_model().objects.get().email == provider.person.email
