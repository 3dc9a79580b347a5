"""What each event of the console does here, also when it comes twice, late or out of order.

How an event reaches the site, and what is refused, stands in `test_webhook`.
"""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.dispatch import receiver
from django.utils import timezone

from django_genauth.models import Grant, Identity, LoginSession
from django_genauth.signals import (
    logged_out_remotely,
    person_changed,
    tokens_revoked,
    user_updated,
)
from tests.support.console import tell
from tests.support.site.visitor import Visitor

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("console")]

OLD, NEW = "2026-01-01T00:00:00.000Z", "2026-02-01T00:00:00.000Z"


@pytest.fixture
def heard():
    """Note what the site is told by signals, each with what matters of it."""
    notes: list[tuple[object, ...]] = []

    @receiver(logged_out_remotely)
    def ended(session, channel, **kwargs):
        notes.append(("logged_out_remotely", session.identity.subject, channel))

    @receiver(person_changed)
    def changed(identity, event, app, **kwargs):
        notes.append(("person_changed", identity.subject, event, app))

    @receiver(tokens_revoked)
    def revoked(grant, reason, **kwargs):
        notes.append(("tokens_revoked", reason))

    yield notes
    logged_out_remotely.disconnect(ended)
    person_changed.disconnect(changed)
    tokens_revoked.disconnect(revoked)


def user():
    return get_user_model().objects.get()


def ago(**duration):
    """Return a time that is over, as a body has it."""
    return (datetime.now(tz=UTC) - timedelta(**duration)).isoformat()


def claims():
    """Return what is kept of the person."""
    return Identity.objects.get().claims


@pytest.mark.parametrize("event", ["kick", "user:deleted"])
def test_the_sessions_and_the_grant_of_the_person_end(visitor, event):
    visitor.sign_in()

    response = tell(event)

    assert response.status_code == 200
    assert not visitor.is_signed_in
    assert Grant.objects.get().state == "ended"
    assert not LoginSession.objects.exists()


@pytest.mark.parametrize("event", ["kick", "user:deleted"])
def test_the_site_is_told(visitor, heard, event):
    visitor.sign_in()

    tell(event)

    assert heard == [
        ("tokens_revoked", event),
        ("logged_out_remotely", "user-1", "webhook"),
        ("person_changed", "user-1", event, "default"),
    ]


def test_a_deleted_persons_user_stays(visitor):
    visitor.sign_in()

    tell("user:deleted")

    assert user().is_active
    assert Identity.objects.exists()


def test_a_refresh_token_for_offline_use_ends_with_the_person_too(visitor, app):
    app["SCOPE"] = "openid offline_access"
    visitor.sign_in()

    tell("kick")

    assert Grant.objects.get().state == "ended"


def test_other_people_stay(visitor, provider):
    visitor.sign_in()
    other = Visitor(provider)
    other.sign_in(sub="user-2")

    tell("kick")

    assert not visitor.is_signed_in
    assert other.is_signed_in
    assert Grant.objects.get(identity__subject="user-2").state == "active"


@pytest.mark.parametrize("subject", ["USER-1", "user-1 ", "user-10"])
def test_a_person_who_is_called_nearly_so_stays(visitor, subject):
    visitor.sign_in()

    tell("kick", {"id": subject})

    assert visitor.is_signed_in


def test_a_person_of_the_same_name_at_another_provider_stays(visitor):
    visitor.sign_in()
    Identity.objects.update(issuer="https://other.example")

    tell("kick")

    assert visitor.is_signed_in


def test_a_persons_sessions_at_every_app_of_the_provider_end(visitor, provider, settings):
    settings.GENAUTH["partner"] = settings.GENAUTH["default"]
    visitor.sign_in()
    other = Visitor(provider)
    other.come_back(provider.authorize(other.begin(path="/genauth/partner/login/")))

    tell("kick", path="/genauth/partner/webhook/")

    assert not visitor.is_signed_in
    assert not other.is_signed_in
    assert [grant.state for grant in Grant.objects.all()] == ["ended", "ended"]


def test_a_kick_that_is_told_twice_does_no_more(visitor, heard):
    visitor.sign_in()
    tell("kick")
    heard.clear()

    response = tell("kick")

    assert response.status_code == 200
    assert heard == [("person_changed", "user-1", "kick", "default")]


def test_a_session_that_began_after_the_kick_lives_and_so_does_its_grant(visitor):
    visitor.sign_in()

    tell("kick", timestamp=ago(hours=1))

    assert visitor.is_signed_in
    assert Grant.objects.get().state == "active"


def test_an_old_kick_ends_what_is_older(visitor, provider):
    visitor.sign_in()
    LoginSession.objects.update(created_at=timezone.now() - timedelta(hours=2))
    later = Visitor(provider)
    later.sign_in()

    tell("kick", timestamp=ago(hours=1))

    assert not visitor.is_signed_in
    assert later.is_signed_in
    assert list(Grant.objects.order_by("pk").values_list("state", flat=True)) == ["ended", "active"]


def test_a_clock_that_is_a_little_late_lets_nobody_stay(visitor):
    visitor.sign_in()

    tell("kick", timestamp=ago(seconds=20))

    assert not visitor.is_signed_in


@pytest.mark.parametrize(
    "time", ["9999-12-31T23:59:59Z", "yesterday", None, True, 10**400, [], "1e400"], ids=repr
)
def test_a_time_that_tells_nothing_is_none(visitor, time):
    visitor.sign_in()

    response = tell("kick", timestamp=time)

    assert response.status_code == 200
    assert not visitor.is_signed_in


def test_a_changed_password_ends_the_sessions_and_leaves_the_grant(visitor, heard):
    visitor.sign_in()

    tell("user:password-changed")

    assert not visitor.is_signed_in
    assert Grant.objects.get().state == "active"
    assert heard == [
        ("logged_out_remotely", "user-1", "webhook"),
        ("person_changed", "user-1", "user:password-changed", "default"),
    ]


def test_a_changed_password_ends_nothing_where_the_setting_says_so(visitor, app, heard):
    app["WEBHOOK_PASSWORD_CHANGE_ENDS_SESSIONS"] = False
    visitor.sign_in()

    tell("user:password-changed")

    assert visitor.is_signed_in
    assert heard == [("person_changed", "user-1", "user:password-changed", "default")]


def test_an_update_refreshes_the_fields_of_the_user(visitor):
    visitor.sign_in(claims={"email": "old@example.org", "given_name": "Ada", "family_name": "L"})

    tell("user:updated", {"id": "user-1", "email": "new@example.org", "given_name": "Augusta"})

    assert (user().email, user().first_name) == ("new@example.org", "Augusta")
    assert user().last_name == "L"
    assert claims()["email"] == "new@example.org"


def test_genauths_own_spelling_is_understood(visitor):
    visitor.sign_in(claims={"given_name": "Ada"})

    tell("user:updated", {"id": "user-1", "givenName": "Augusta"})

    assert user().first_name == "Augusta"


def test_the_session_goes_on_after_an_update(visitor):
    visitor.sign_in()

    tell("user:updated", {"id": "user-1", "email": "new@example.org"})

    assert visitor.is_signed_in


def test_an_update_refreshes_the_groups(visitor, app):
    app.update(GROUPS_CLAIM="roles", GROUPS_MANAGED=["editors"])
    visitor.sign_in(claims={"roles": ["editors"]})

    tell("user:updated", {"id": "user-1", "roles": ["authors"]})

    assert [group.name for group in user().groups.all()] == ["authors"]


def test_an_update_refreshes_the_groups_inside_an_object(visitor, app):
    app.update(
        GROUPS_CLAIM=["realm_access", "roles"],
        GROUPS_MANAGED=["editors"],
        USER_FIELDS={"first_name": ["person", "given"]},
    )
    visitor.sign_in(claims={"realm_access": {"roles": ["editors"]}})

    tell("user:updated", {"id": "user-1", "realm_access": {"roles": ["authors"]}})

    assert [group.name for group in user().groups.all()] == ["authors"]


def test_an_update_that_says_nothing_of_groups_leaves_them(visitor, app):
    app.update(GROUPS_CLAIM="roles", GROUPS_MANAGED=["editors"])
    visitor.sign_in(claims={"roles": ["editors"]})

    tell("user:updated", {"id": "user-1", "email": "new@example.org"})

    assert [group.name for group in Group.objects.filter(user=user())] == ["editors"]


def test_what_nobody_asked_for_is_not_kept(visitor):
    visitor.sign_in(claims={"email": "old@example.org"})

    tell("user:updated", {"id": "user-1", "token": "a-live-token", "password": "$2b$", "iss": "x"})

    assert {"token", "password", "id", "iss"}.isdisjoint(claims())


def test_an_address_that_is_new_is_not_called_verified(visitor):
    visitor.sign_in(claims={"email": "old@example.org", "email_verified": True})

    tell("user:updated", {"id": "user-1", "email": "new@example.org"})

    assert claims()["email_verified"] is False


def test_a_new_address_that_is_told_to_be_verified_is(visitor):
    visitor.sign_in(claims={"email": "old@example.org", "email_verified": False})

    tell("user:updated", {"id": "user-1", "email": "new@example.org", "emailVerified": True})

    assert claims()["email_verified"] is True


def test_the_same_address_stays_verified(visitor):
    visitor.sign_in(claims={"email": "old@example.org", "email_verified": True})

    tell("user:updated", {"id": "user-1", "email": "old@example.org"})

    assert claims()["email_verified"] is True


def test_an_update_that_is_older_than_what_is_known_changes_nothing(visitor, heard):
    visitor.sign_in(claims={"email": "new@example.org", "updated_at": NEW})

    response = tell("user:updated", {"id": "user-1", "email": "old@example.org", "updatedAt": OLD})

    assert response.status_code == 200
    assert user().email == "new@example.org"
    assert heard == []


def test_the_time_of_the_event_stands_in_for_the_persons(visitor):
    visitor.sign_in(claims={"email": "new@example.org", "updated_at": NEW})

    tell("user:updated", {"id": "user-1", "email": "old@example.org"}, timestamp=OLD)

    assert user().email == "new@example.org"


@pytest.mark.parametrize("kept", [None, OLD], ids=["without updated_at", "with updated_at"])
def test_an_event_that_is_older_than_the_login_changes_nothing(visitor, app, kept):
    app.update(GROUPS_CLAIM="roles", SUPERUSER_GROUPS=["admins"])
    visitor.sign_in(claims={"roles": [], "updated_at": kept})

    tell("user:updated", {"id": "user-1", "roles": ["admins"]}, timestamp=ago(minutes=1))

    assert not user().is_superuser


def test_a_person_whose_last_change_is_older_than_the_login_is_as_they_were(visitor):
    visitor.sign_in(claims={"email": "new@example.org", "updated_at": None})

    tell("user:updated", {"id": "user-1", "email": "old@example.org", "updatedAt": OLD})

    assert user().email == "new@example.org"


def test_a_login_that_changes_nothing_makes_older_events_old_too(visitor, app):
    app.update(GROUPS_CLAIM="roles", SUPERUSER_GROUPS=["admins"])
    visitor.sign_in(claims={"roles": [], "updated_at": None})
    Identity.objects.update(claims_at=timezone.now() - timedelta(days=2))

    visitor.sign_in(claims={"roles": [], "updated_at": None})
    tell("user:updated", {"id": "user-1", "roles": ["admins"]}, timestamp=ago(days=1))

    assert not user().is_superuser


def test_claims_of_an_earlier_version_are_as_old_as_the_identity(visitor, app):
    app.update(GROUPS_CLAIM="roles", SUPERUSER_GROUPS=["admins"])
    visitor.sign_in(claims={"roles": [], "updated_at": None})
    Identity.objects.update(claims_at=None)

    tell("user:updated", {"id": "user-1", "roles": ["admins"]}, timestamp=ago(days=1))

    assert not user().is_superuser


@pytest.mark.parametrize(
    "when",
    [
        pytest.param(lambda: int(timezone.now().timestamp()), id="in whole seconds"),
        pytest.param(lambda: int(timezone.now().timestamp() * 1000), id="in milliseconds"),
        pytest.param(lambda: ago(hours=-1), id="not come yet"),
        pytest.param(lambda: None, id="no time"),
    ],
)
def test_an_event_that_is_newer_than_the_login_counts(visitor, app, when):
    app.update(GROUPS_CLAIM="roles", SUPERUSER_GROUPS=["admins"])
    visitor.sign_in(claims={"roles": ["admins"], "updated_at": None})

    tell("user:updated", {"id": "user-1", "roles": []}, timestamp=when())

    assert not user().is_superuser


def test_events_without_updated_at_that_come_in_the_wrong_order_end_with_the_newest(visitor):
    visitor.sign_in(claims={"email": "first@example.org", "updated_at": None})
    Identity.objects.update(claims_at=timezone.now() - timedelta(hours=1))

    tell("user:updated", {"id": "user-1", "email": "third@example.org"}, timestamp=ago(minutes=1))
    tell("user:updated", {"id": "user-1", "email": "second@example.org"}, timestamp=ago(minutes=2))

    assert user().email == "third@example.org"


def test_an_event_of_a_time_that_has_not_come_stops_no_later_event(visitor):
    visitor.sign_in(claims={"email": "first@example.org", "updated_at": None})
    tell("user:updated", {"id": "user-1", "email": "second@example.org"}, timestamp=ago(days=-9))

    tell("user:updated", {"id": "user-1", "email": "third@example.org"}, timestamp=ago(seconds=-1))

    assert user().email == "third@example.org"


def test_a_value_that_is_taken_keeps_no_right_by_the_webhook_either(visitor, app):
    app.update(
        GROUPS_CLAIM="roles",
        SUPERUSER_GROUPS=["admins"],
        USER_FIELDS={"username": "nickname", "first_name": "given_name"},
    )
    visitor.sign_in(claims={"roles": ["admins"], "nickname": "eve"})
    get_user_model().objects.create_user("taken")

    told = {"id": "user-1", "roles": [], "nickname": "taken", "given_name": "Eve"}
    tell("user:updated", told)

    eve = Identity.objects.get().user
    assert (eve.is_superuser, eve.username, eve.first_name) == (False, "eve", "Eve")


@pytest.mark.parametrize(
    ("verified", "email"),
    [
        pytest.param({"emailVerified": True}, "new@example.org", id="verified"),
        pytest.param({}, "old@example.org", id="not verified"),
    ],
)
def test_an_unverified_address_of_an_event_is_not_written_where_accounts_are_linked_by_it(
    visitor, app, verified, email
):
    app["LINK_VERIFIED_EMAIL"] = True
    visitor.sign_in(claims={"email": "old@example.org", "email_verified": True})

    tell("user:updated", {"id": "user-1", "email": "new@example.org", **verified})

    assert user().email == email


@pytest.fixture
def administrators(app, settings):
    """Let claims give rights, at another app of the provider as well."""
    app.update(
        GROUPS_CLAIM="roles",
        GROUPS_MANAGED=["admins"],
        STAFF_GROUPS=["admins"],
        USER_FIELDS={"is_superuser": "root", "first_name": "given_name"},
    )
    settings.GENAUTH["partners"] = {**app, "GROUPS_CLAIM": "groups", "GROUPS_MANAGED": ["guests"]}
    return {"roles": ["admins", "writers"], "root": True, "given_name": "Ada", "updated_at": None}


def rights():
    """Return the flags and the groups of the user."""
    names = sorted(group.name for group in user().groups.all())
    return user().is_staff, user().is_superuser, names


@pytest.mark.parametrize(
    "time", [None, timedelta(seconds=20), timedelta(0)], ids=["no time", "a late clock", "now"]
)
def test_a_deleted_person_loses_the_rights_that_claims_gave(visitor, administrators, time):
    visitor.sign_in(claims=administrators)
    user().groups.add(Group.objects.create(name="guests"), Group.objects.create(name="by hand"))
    before = rights()

    tell("user:deleted", timestamp=time and (datetime.now(tz=UTC) - time).isoformat())

    assert before == (True, True, ["admins", "by hand", "guests", "writers"])
    assert rights() == (False, False, ["by hand", "writers"])
    assert (user().is_active, user().first_name) == (True, "Ada")


def test_a_deleted_person_gets_nothing_back_by_events_that_come_later(visitor, administrators):
    visitor.sign_in(claims=administrators)
    tell("user:deleted")

    tell("user:updated", {"id": "user-1", "roles": ["admins"]}, timestamp=ago(seconds=1))
    tell("user:updated", {"id": "user-1", "given_name": "Augusta"})

    assert rights() == (False, False, ["writers"])
    assert {"roles", "root"}.isdisjoint(claims())


def test_a_person_who_signed_in_after_the_deletion_keeps_their_rights(visitor, administrators):
    visitor.sign_in(claims=administrators)

    tell("user:deleted", timestamp=ago(hours=1))

    assert rights() == (True, True, ["admins", "writers"])


def test_a_kick_takes_no_right(visitor, administrators):
    visitor.sign_in(claims=administrators)

    tell("kick")

    assert rights() == (True, True, ["admins", "writers"])


def test_rights_that_an_administrator_gave_outlive_the_person_at_the_provider(visitor):
    visitor.sign_in()
    get_user_model().objects.update(is_staff=True, is_superuser=True)

    tell("user:deleted")

    assert rights() == (True, True, [])


@pytest.mark.parametrize("event", ["user:deleted", "user:updated"])
def test_an_identity_that_goes_while_it_is_locked_is_no_trouble(
    visitor, administrators, monkeypatch, event
):
    visitor.sign_in(claims=administrators)
    lock = QuerySet.select_for_update
    monkeypatch.setattr(QuerySet, "select_for_update", lambda rows: lock(rows).none())

    response = tell(event, {"id": "user-1", "roles": []})

    assert response.status_code == 200
    assert rights() == (True, True, ["admins", "writers"])


def test_updates_that_come_in_the_wrong_order_end_with_the_newest(visitor):
    visitor.sign_in(claims={"email": "first@example.org", "updated_at": None})

    later, latest = ago(minutes=-1), ago(minutes=-2)
    tell("user:updated", {"id": "user-1", "email": "third@example.org", "updatedAt": latest})
    tell("user:updated", {"id": "user-1", "email": "second@example.org", "updatedAt": later})

    assert user().email == "third@example.org"


def test_an_update_that_is_told_twice_changes_nothing_more(visitor):
    changes = []
    visitor.sign_in(claims={"email": "old@example.org", "updated_at": OLD})
    person = {"id": "user-1", "email": "new@example.org", "updatedAt": NEW}

    @receiver(user_updated)
    def note(changed, **kwargs):
        changes.append(changed)

    tell("user:updated", person)
    tell("user:updated", person)

    user_updated.disconnect(note)
    assert changes == [["email"]]


def test_the_site_is_told_of_an_update(visitor, heard):
    visitor.sign_in()

    tell("user:updated", {"id": "user-1", "email": "new@example.org"})

    assert heard == [("person_changed", "user-1", "user:updated", "default")]


def test_an_identity_that_is_deleted_meanwhile_is_no_trouble(visitor, heard, monkeypatch):
    visitor.sign_in()
    lock = QuerySet.select_for_update

    def delete_first(rows):
        Identity.objects.all().delete()
        return lock(rows)

    monkeypatch.setattr(QuerySet, "select_for_update", delete_first)

    response = tell("user:updated", {"id": "user-1", "email": "new@example.org"})

    assert response.status_code == 200
    assert heard == []
