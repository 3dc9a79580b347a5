"""Whose user a bearer gets, by API_USERS, and what a request writes."""

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext

from django_genauth.api import verify_bearer
from django_genauth.backends import GenAuthBackend
from django_genauth.models import Identity
from django_genauth.protocol.errors import BearerError
from django_genauth.signals import identity_linked, user_created
from tests.support.bearers import a_person, a_token, call


class Strict(GenAuthBackend):
    """Let no guests in, and hold robots for machines."""

    def verify_claims(self, claims):
        return claims.get("level") != "guest"

    def is_machine(self, claims):
        return claims.get("robot") is True


@pytest.fixture
def strict(settings):
    settings.AUTHENTICATION_BACKENDS = ["tests.api.test_users.Strict"]


def user_of(provider, **claims):
    return call("/anything/", a_token(provider, **claims)).json()["user"]


def test_a_person_who_is_unknown_here_is_nobody_with_a_bearer(api, provider):
    response = call("/anything/", a_token(provider)).json()

    assert response["user"] == "AnonymousUser"
    assert response["bearer"]["subject"] == "user-1"
    assert not get_user_model().objects.exists()


def test_the_same_subject_of_another_issuer_is_somebody_else(api, provider):
    user = a_person(provider)
    Identity.objects.update(issuer="https://other.example")

    assert user_of(provider) != str(user)


@pytest.mark.parametrize(("users", "statements"), [("known", 1), ("create", 1), ("none", 0)])
def test_a_known_user_costs_one_statement_and_writes_nothing(api, provider, users, statements):
    api["API_USERS"] = users
    a_person(provider, email="kept@example.org")
    token = a_token(provider, email="new@example.org")
    call("/anything/", token)

    with CaptureQueriesContext(
        connection,
    ) as asked:
        call("/anything/", token)

    assert len(asked) == statements
    assert get_user_model().objects.get().email == "kept@example.org"
    assert Identity.objects.get().claims == {}


def test_with_none_nobody_is_a_user(api, provider):
    api["API_USERS"] = "none"
    a_person(provider)

    assert user_of(provider) == "AnonymousUser"


def test_with_create_a_stranger_gets_an_account_by_the_backend(api, provider):
    api["API_USERS"] = "create"
    api["GROUPS_CLAIM"] = "groups"
    heard = []

    def hear(sender, **_):
        heard.append(sender)

    user_created.connect(hear)
    identity_linked.connect(hear)

    name = user_of(provider, email="a@example.org", groups=["editors"], given_name="Ann")

    user_created.disconnect(hear)
    identity_linked.disconnect(hear)
    user = get_user_model().objects.get()
    assert (name, user.email, user.first_name) == (str(user), "a@example.org", "Ann")
    assert [group.name for group in user.groups.all()] == ["editors"]
    assert heard == [get_user_model(), Identity]


def test_with_create_the_second_request_finds_the_account(api, provider):
    api["API_USERS"] = "create"

    assert user_of(provider) == user_of(provider)
    assert get_user_model().objects.count() == 1


def test_with_create_a_token_without_groups_takes_none_away(api, provider):
    api["API_USERS"] = "create"
    api["GROUPS_CLAIM"] = "groups"
    api["GROUPS_MANAGED"] = ["editors"]
    user = a_person(provider)
    user.groups.add(Group.objects.create(name="editors"))

    user_of(provider, groups=[])

    assert user.groups.count() == 1


def test_nobody_is_linked_by_an_address(api, provider):
    api["API_USERS"] = "create"
    api["LINK_VERIFIED_EMAIL"] = True
    get_user_model().objects.create(username="ann", email="ann@example.org")

    name = user_of(provider, email="ann@example.org", email_verified=True)

    assert name != "ann"


def test_with_create_a_person_who_was_made_meanwhile_is_not_written(api, provider, monkeypatch):
    api["API_USERS"] = "create"
    user = a_person(provider, email="kept@example.org")
    # The other request's row appears between the look for it and the insert.
    monkeypatch.setattr("django_genauth.api.people.find_user", lambda issuer, subject: None)

    name = user_of(provider, email="new@example.org")

    user.refresh_from_db()
    assert (name, user.email) == (str(user), "kept@example.org")


def test_with_create_nobody_is_made_who_lacks_a_scope(api, provider):
    api["API_USERS"] = "create"

    response = call("/reports/", a_token(provider, scope="other"))

    assert response.status_code == 403
    assert not get_user_model().objects.exists()


def test_with_create_nobody_is_made_whom_a_receiver_refuses(api, provider, refusals):
    from django.core.exceptions import PermissionDenied

    api["API_USERS"] = "create"

    def refuse(**_):
        raise PermissionDenied

    user_created.connect(refuse)

    response = call("/anything/", a_token(provider))

    user_created.disconnect(refuse)
    assert (response.status_code, refusals.codes) == (401, ["bearer.denied"])
    assert not get_user_model().objects.exists()


@pytest.mark.parametrize("users", ["known", "create"])
def test_an_inactive_user_is_refused(api, provider, refusals, users):
    api["API_USERS"] = users
    a_person(provider, is_active=False)

    response = call("/anything/", a_token(provider))

    assert (response.status_code, refusals.codes) == (401, ["bearer.inactive_user"])
    assert 'error="invalid_token"' in response["WWW-Authenticate"]


def test_who_may_not_enter_is_told_so_before_a_scope(api, provider):
    a_person(provider, is_active=False)

    assert call("/reports/", a_token(provider, scope="")).status_code == 401


@pytest.mark.parametrize("users", ["known", "create", "none"])
def test_a_person_whom_the_site_does_not_want_is_refused(api, provider, strict, refusals, users):
    api["API_USERS"] = users

    response = call("/anything/", a_token(provider, level="guest"))

    assert (response.status_code, refusals.codes) == (401, ["bearer.claims"])


@pytest.mark.parametrize(
    ("claims", "client"),
    [
        pytest.param({"sub": None}, "mobile-app", id="GenAuth: no sub"),
        pytest.param({"sub": "mobile-app"}, "mobile-app", id="RFC 9068: the client"),
        pytest.param(
            {"sub": "f:1", "preferred_username": "service-account-mobile-app"},
            "mobile-app",
            id="Keycloak: a service account",
        ),
        pytest.param(
            {"client_id": None, "azp": "a1", "sub": "a1@clients", "gty": "client-credentials"},
            "a1",
            id="Auth0",
        ),
        pytest.param(
            {"client_id": None, "azp": "a1", "sub": "other", "gty": "client-credentials"},
            "a1",
            id="Auth0 by the grant alone",
        ),
        pytest.param(
            {"client_id": None, "appid": "e1", "sub": "oid", "idtyp": "app", "scope": None},
            "e1",
            id="Entra",
        ),
        pytest.param({"client_id": None, "cid": "o1", "sub": "o1"}, "o1", id="Okta"),
    ],
)
def test_a_machine_has_no_user_and_says_which_it_is(api, provider, claims, client):
    api["API_USERS"] = "create"

    response = call("/anything/", a_token(provider, **claims)).json()

    assert response["user"] == "AnonymousUser"
    assert response["bearer"]["machine"] is True
    assert response["bearer"]["client"] == client
    assert not get_user_model().objects.exists()


@pytest.mark.parametrize(
    "claims",
    [
        pytest.param({"preferred_username": "service-account-other"}, id="another's name"),
        pytest.param({"client_id": None}, id="no client"),
        pytest.param({"sub": None, "username": "ada"}, id="django-oauth-toolkit's introspection"),
        pytest.param({"sub": None, "sid": "a"}, id="Keycloak's lightweight token"),
        pytest.param({"sub": "other@clients"}, id="another's sub"),
        pytest.param({"idtyp": "user"}, id="Entra: a person"),
    ],
)
def test_a_person_is_no_machine(api, provider, claims):
    response = call("/anything/", a_token(provider, **claims)).json()

    assert response["bearer"]["machine"] is False


@pytest.mark.parametrize("users", ["known", "create"])
def test_a_person_without_a_subject_is_nobody_here(api, provider, users):
    api["API_USERS"] = users

    response = call("/anything/", a_token(provider, sub=None, username="ada"))

    assert response.status_code == 200
    assert response.json()["user"] == "AnonymousUser"
    assert not get_user_model().objects.exists()


def test_the_roles_of_an_application_at_entra_are_scopes(api, provider):
    token = a_token(provider, idtyp="app", roles=["reports:read"], scope=None)

    assert call("/reports/", token).status_code == 200


def test_a_hook_decides_otherwise(api, provider, strict):
    user = a_person(provider, "mobile-app")

    assert user_of(provider, sub="mobile-app") == str(user)
    assert user_of(provider, robot=True) == "AnonymousUser"


def test_a_manager_that_hides_users_hides_them_here_too(api, provider, monkeypatch):
    user = a_person(provider)
    manager = type(user)._default_manager
    honest = type(manager).get_queryset
    monkeypatch.setattr(
        type(manager), "get_queryset", lambda self: honest(self).exclude(username=user.username)
    )

    assert user_of(provider) == "AnonymousUser"


def test_with_create_a_user_whom_the_manager_hides_is_refused(api, provider, refusals, monkeypatch):
    api["API_USERS"] = "create"
    user = a_person(provider)
    manager = type(user)._default_manager
    honest = type(manager).get_queryset
    monkeypatch.setattr(
        type(manager), "get_queryset", lambda self: honest(self).exclude(username=user.username)
    )

    response = call("/anything/", a_token(provider))

    assert (response.status_code, refusals.codes) == (401, ["bearer.hidden"])


def test_a_manager_that_takes_no_user_away_finds_the_same(api, provider, monkeypatch):
    user = a_person(provider)
    manager = type(user)._default_manager
    honest = type(manager).get_queryset
    monkeypatch.setattr(
        type(manager), "get_queryset", lambda self: honest(self).exclude(username="nobody")
    )

    assert user_of(provider) == str(user)


def test_a_site_without_our_backend_has_its_rules(api, provider, settings):
    settings.AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
    user = a_person(provider)

    assert user_of(provider) == str(user)


def test_the_bearer_has_the_user(api, provider):
    user = a_person(provider)

    assert verify_bearer(a_token(provider)).user == user


def test_a_refusal_of_the_person_is_an_error_of_the_bearer(api, provider):
    a_person(provider, is_active=False)

    with pytest.raises(BearerError) as refused:
        verify_bearer(a_token(provider))

    assert (refused.value.status, refused.value.error) == (401, "invalid_token")
