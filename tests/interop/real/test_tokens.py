"""Refresh tokens, introspection and revocation, at each provider."""

import time

import pytest

from django_genauth import grants
from django_genauth.conf import get_client
from django_genauth.grants.refreshing import _MOST_REFUSALS
from django_genauth.models import Grant
from django_genauth.protocol.errors import GrantError, ProviderError
from tests.interop.real.conftest import GLEWLWYD, KEYCLOAK, LEMONLDAP
from tests.support.askers.site import Site

pytestmark = [pytest.mark.providers, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def grant(provider, use, browser):
    """Sign in with the settings of the page."""
    use(provider.app())
    provider.enter(browser)
    return Grant.objects.get()


def test_a_refresh_brings_new_tokens(grant):
    before = dict(grant.token_set)

    after = grants.refresh(grant)

    assert after.state == "active"
    assert after.token_set["access_token"] != before["access_token"]


def test_the_tokens_of_a_refresh_can_be_refreshed(grant):
    first = grants.refresh(grant).token_set["access_token"]

    second = grants.refresh(Grant.objects.get()).token_set["access_token"]

    assert first != second
    assert Grant.objects.get().state == "active"


@pytest.mark.parametrize("provider", [KEYCLOAK, GLEWLWYD], indirect=True)
def test_a_refresh_token_is_used_once(grant):
    used = grant.token_set["refresh_token"]

    grants.refresh(grant)

    assert Grant.objects.get().token_set["refresh_token"] != used
    with pytest.raises(ProviderError):
        get_client().get_new_access_token_by_refresh_token(used)


@pytest.mark.parametrize("provider", [KEYCLOAK, GLEWLWYD], indirect=True)
def test_processes_that_ask_at_once_get_one_token(provider, grant, tmp_path):
    tokens = {**grant.token_set, "expires_at": time.time() - 10}
    identity = grant.identity
    named = {"issuer": identity.issuer, "subject": identity.subject, "token_set": tokens}

    with Site(tmp_path, provider.app(), **named) as site:
        answers = site.ask(2, threads=2)

    (token,) = {answer for answer, _ in answers}
    assert len(answers) == 4
    assert token != tokens["access_token"]


def test_an_access_token_is_active(grant):
    answer = get_client().introspect_token(grant.token_set["access_token"])

    assert answer["active"] is True


def test_a_grant_is_active(grant):
    assert grants.introspect(grant)["active"] is True


def test_a_token_that_never_was_is_inactive(grant):
    assert get_client().introspect_token("a-token-that-never-was")["active"] is False


@pytest.mark.parametrize("provider", [KEYCLOAK, GLEWLWYD], indirect=True)
def test_a_grant_that_is_revoked_is_dead_at_the_provider(grant):
    refresh_token = grant.token_set["refresh_token"]

    grants.revoke(grant)

    assert Grant.objects.get().state == "ended"
    with pytest.raises(ProviderError):
        get_client().get_new_access_token_by_refresh_token(refresh_token)


@pytest.fixture
def dead_grant(grant):
    """Hold a refresh token that the provider does not know."""
    grant.token_set = {**grant.token_set, "refresh_token": "a-token-that-never-was"}
    grant.save(update_fields=["token_set"])
    return grant


@pytest.mark.parametrize("provider", [KEYCLOAK], indirect=True)
def test_a_refresh_token_that_the_provider_calls_dead_ends_the_grant(dead_grant):
    with pytest.raises(GrantError):
        grants.refresh(dead_grant)

    assert Grant.objects.get().state == "ended"


@pytest.mark.parametrize("provider", [LEMONLDAP, GLEWLWYD], indirect=True)
def test_a_refusal_that_may_mean_anything_ends_the_grant_in_the_end(dead_grant):
    # LemonLDAP::NG says invalid_request, Glewlwyd says nothing.
    with pytest.raises(ProviderError):
        grants.refresh(dead_grant)
    after_one = Grant.objects.get().state
    Grant.objects.update(retry_at=None, refused_count=_MOST_REFUSALS - 1)

    with pytest.raises(GrantError):
        grants.refresh(Grant.objects.get())

    assert (after_one, Grant.objects.get().state) == ("active", "ended")
