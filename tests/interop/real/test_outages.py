"""A provider that is away and comes back, and one that changes its keys."""

import pytest

from django_genauth import grants
from django_genauth.conf import get_client
from django_genauth.models import Grant
from django_genauth.protocol.errors import ProviderUnavailable
from tests.interop.real.conftest import GLEWLWYD, LEMONLDAP

pytestmark = [pytest.mark.providers, pytest.mark.django_db(transaction=True)]


def test_while_the_provider_hangs_it_is_unavailable_and_later_it_answers(provider, use, browser):
    use(provider.app(TIMEOUT=1))
    provider.enter(browser)
    token = Grant.objects.get().token_set["access_token"]

    with provider.away(), pytest.raises(ProviderUnavailable):
        get_client().introspect_token(token)

    assert get_client().introspect_token(token)["active"] is True


@pytest.mark.parametrize("provider", [LEMONLDAP, GLEWLWYD], indirect=True)
def test_a_sign_in_while_the_provider_is_replaced_works_once_it_is_back(provider, use, browser):
    use(provider.app())
    arrival = provider.sign_in(browser.begin(), browser.session, login=provider.person.login)

    with provider.stopped():
        refused = browser.follow(arrival)
    response = provider.enter(browser)

    assert (refused.status_code, response.status_code) == (503, 302)


@pytest.mark.parametrize("provider", [LEMONLDAP, GLEWLWYD], indirect=True)
def test_a_refresh_while_the_provider_is_replaced_works_once_it_is_back(provider, use, browser):
    use(provider.app())
    provider.enter(browser)

    with provider.stopped(), pytest.raises(ProviderUnavailable):
        grants.refresh(Grant.objects.get())
    Grant.objects.update(retry_at=None)

    assert grants.refresh(Grant.objects.get()).state == "active"


def test_a_key_that_the_provider_changed_is_fetched(provider, use, browser, second_browser):
    use(provider.app())
    provider.enter(browser)
    provider.add_key()

    response = provider.enter(second_browser)

    assert response.status_code == 302
