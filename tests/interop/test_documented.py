"""Signing in, staying in and signing out at every provider that has a page, by its page's settings.

The providers are played by scripts over real sockets; what each says stands in `descriptions`. What
only one of them does stands in `test_documented_oddities`.
"""

from collections.abc import Iterator

import pytest
import requests
from django.contrib.auth import get_user_model
from django.core import checks
from django.core.management import call_command
from pytest_django import Settings

from django_genauth import conf, grants
from django_genauth.models import Grant, Identity
from django_genauth.protocol.errors import GrantError
from tests.interop.descriptions import DESCRIPTIONS
from tests.support.provider.documented import Description, DocumentedProvider
from tests.support.site.visitor import Visitor

pytestmark = pytest.mark.django_db

ALL = list(DESCRIPTIONS.values())


def those(*, which: object = None) -> pytest.MarkDecorator:
    """Run a test with some of the providers."""
    chosen = [each for each in ALL if which is None or which(each)]  # type: ignore[operator]
    return pytest.mark.parametrize("description", chosen, ids=str)


def announces(member: str) -> pytest.MarkDecorator:
    """Run a test with the providers that have an endpoint."""
    return those(which=lambda each: member in each.endpoints)


def lacks(member: str) -> pytest.MarkDecorator:
    """Run a test with the providers that do not have it."""
    return those(which=lambda each: member not in each.endpoints)


@pytest.fixture
def provider(description: Description) -> Iterator[DocumentedProvider]:
    """Run a provider that does as its documents say."""
    with DocumentedProvider(description) as running:
        yield running


@pytest.fixture
def visitor(provider: DocumentedProvider, settings: Settings, apple_key: object) -> Visitor:
    """Come to a site that has the settings of the provider's page."""
    settings.GENAUTH = provider.settings()
    return Visitor(provider)


@those()
def test_the_settings_of_the_page_are_right(visitor):
    assert conf.problems("default") == []
    assert checks.run_checks(tags=["genauth"]) == []


@those()
def test_a_person_signs_in(visitor):
    response = visitor.sign_in(next_url="/members/")

    assert (response["Location"], visitor.is_signed_in) == ("/members/", True)


@those()
def test_the_identity_is_the_providers(visitor, provider):
    visitor.sign_in(sub="a1")

    identity = Identity.objects.get()
    assert (identity.issuer, identity.subject) == (provider.issuer, "a1")


@those()
def test_the_user_is_as_the_claims_say(visitor, description):
    visitor.sign_in()

    user = get_user_model().objects.get()
    assert {name: getattr(user, name) for name in description.user} == description.user
    assert {group.name for group in user.groups.all()} == description.groups


@those()
def test_a_person_who_returns_is_the_same_user(visitor):
    visitor.sign_in()

    Visitor(visitor.provider).sign_in()

    assert get_user_model().objects.count() == 1


@those(which=lambda each: each.refreshable_by is not None)
def test_tokens_are_refreshed_twice(visitor):
    visitor.sign_in()
    grant = Grant.objects.get()
    first = grant.token_set["access_token"]

    grants.refresh(grant)
    grants.refresh(Grant.objects.get())

    grant = Grant.objects.get()
    assert grant.token_set["access_token"] != first
    assert grant.token_set["refresh_token"]


@those(which=lambda each: each.refreshable_by is None)
def test_where_there_is_no_refresh_token_the_page_says_so(visitor):
    visitor.sign_in()

    assert Grant.objects.get().token_set["refresh_token"] is None


@those(which=lambda each: each.refreshable_by is not None)
def test_a_dead_refresh_token_ends_the_grant(visitor, provider):
    visitor.sign_in()
    provider.grants.end_all()

    with pytest.raises(GrantError):
        grants.refresh(Grant.objects.get())

    assert Grant.objects.get().state == "ended"


@those(which=lambda each: each.signs_out and "end_session_endpoint" in each.endpoints)
def test_signing_out_leads_through_the_provider_and_back(visitor):
    visitor.sign_in()

    leaving = visitor.client.post("/genauth/logout/")["Location"]
    back = requests.get(leaving, allow_redirects=False, timeout=20)

    assert back.status_code == 302
    assert visitor.come_back(back.headers["Location"]).status_code == 200


@those(
    which=lambda each: (
        each.signs_out
        and "end_session_endpoint" in each.endpoints
        and each.refreshable_by is not None
    )
)
def test_signing_out_after_a_refresh_leads_there_too(visitor):
    visitor.sign_in()
    grants.refresh(Grant.objects.get())

    leaving = visitor.client.post("/genauth/logout/")["Location"]
    back = requests.get(leaving, allow_redirects=False, timeout=20)

    assert back.status_code == 302


@those(which=lambda each: not each.signs_out or "end_session_endpoint" not in each.endpoints)
def test_signing_out_ends_the_session_of_the_site(visitor):
    visitor.sign_in()

    response = visitor.client.post("/genauth/logout/")

    assert response["Location"].startswith("/genauth/logout/")
    assert not visitor.is_signed_in


@those()
def test_the_doctor_finds_nothing_wrong(visitor, settings, tmp_path, capsys):
    cache = "django.core.cache.backends.filebased.FileBasedCache"
    options = {"MAX_ENTRIES": 100_000}
    settings.CACHES = {"default": {"BACKEND": cache, "LOCATION": tmp_path, "OPTIONS": options}}
    settings.ALLOWED_HOSTS = ["www.acme.example"]

    call_command("genauth_check", no_color=True)

    assert "wrong" not in capsys.readouterr().out


@announces("userinfo_endpoint")
def test_userinfo_is_asked_and_taken(visitor, provider, settings):
    settings.GENAUTH["default"]["USERINFO"] = True

    visitor.sign_in()

    assert visitor.is_signed_in
    assert len(provider.requests_to("userinfo")) == 1


@announces("introspection_endpoint")
def test_a_grant_is_introspected(visitor):
    visitor.sign_in()

    assert grants.introspect(Grant.objects.get())["active"] is True


@announces("revocation_endpoint")
def test_a_grant_is_revoked_there(visitor, provider):
    visitor.sign_in()

    grants.revoke(Grant.objects.get())

    assert Grant.objects.get().state == "ended"
    assert provider.requests_to("revocation")


@lacks("revocation_endpoint")
def test_a_grant_that_nobody_revokes_ends_here(visitor):
    visitor.sign_in()

    grants.revoke(Grant.objects.get())

    assert Grant.objects.get().state == "ended"
