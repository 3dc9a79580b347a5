"""Who is let in, as whom, and what is brought up to date."""

import threading

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth import aauthenticate, authenticate, get_user_model
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection
from django.db.models.signals import pre_save

from django_genauth.backends import GenAuthBackend, rows
from django_genauth.conf import App, get_app, get_client
from django_genauth.models import Identity
from django_genauth.protocol.errors import AccountRefused
from django_genauth.protocol.userinfo import identify
from django_genauth.signals import identity_linked, user_created, user_updated
from tests.support.site.visitor import Visitor

pytestmark = pytest.mark.django_db

NAMES = {
    "username": "preferred_username",
    "first_name": "given_name",
    "last_name": "family_name",
}


class OnlyAcme(GenAuthBackend):
    """A site's own backend: it lets in who has an address at acme.example, by that name."""

    def verify_claims(self, claims):
        return str(claims.get("email")).endswith("@acme.example")

    def get_username(self, claims):
        return claims["email"]

    def create_user(self, claims):
        user = super().create_user(claims)
        user.last_name = "Made here"  # type: ignore[attr-defined] # of the user model of the tests
        user.save()
        return user

    def update_user(self, user, claims):
        user = super().update_user(user, claims)
        user.first_name = "Updated here"
        return user


class Forbids(GenAuthBackend):
    """A site's own backend, one of whose hooks raises what Django's views raise."""

    forbidden = ""

    def verify_claims(self, claims):
        return self.forbid("verify_claims") or super().verify_claims(claims)

    def get_username(self, claims):
        return self.forbid("get_username") or super().get_username(claims)

    def create_user(self, claims):
        return self.forbid("create_user") or super().create_user(claims)

    def update_user(self, user, claims):
        return self.forbid("update_user") or super().update_user(user, claims)

    def forbid(self, hook):
        if hook == self.forbidden:
            raise PermissionDenied(f"{hook} says no to Ada.")


@pytest.fixture
def heard(request):
    """Collect the signals that are sent, by name."""
    collected = []
    signals = {"created": user_created, "updated": user_updated, "linked": identity_linked}
    receivers = [
        (signal, lambda name=name, **kwargs: collected.append((name, kwargs)))
        for name, signal in signals.items()
    ]
    [signal.connect(receive) for signal, receive in receivers]
    yield collected
    [signal.disconnect(receive) for signal, receive in receivers]


def the_user():
    return get_user_model().objects.get()


def test_a_new_person_gets_a_user_without_a_usable_password(visitor):
    visitor.sign_in(
        claims={"email": "ada@example.com", "given_name": "Ada", "family_name": "Lovelace"}
    )

    user = the_user()
    assert (user.email, user.first_name, user.last_name) == ("ada@example.com", "Ada", "Lovelace")
    assert not user.has_usable_password()


def test_what_changed_at_the_provider_changes_here(visitor, heard):
    visitor.sign_in(claims={"given_name": "Ada"})
    heard.clear()

    visitor.sign_in(claims={"given_name": "Augusta"})

    assert the_user().first_name == "Augusta"
    assert [(name, kwargs["changed"]) for name, kwargs in heard] == [("updated", ["first_name"])]


def test_a_null_takes_nothing_away(visitor):
    visitor.sign_in(claims={"given_name": "Ada"})

    visitor.sign_in(claims={"given_name": None})

    assert the_user().first_name == "Ada"


def test_claims_that_stay_the_same_change_nothing(visitor, heard):
    visitor.sign_in(claims={"given_name": "Ada"})
    heard.clear()

    visitor.sign_in(claims={"given_name": "Ada"})

    assert heard == []


def test_what_is_said_of_the_person_is_kept_up_to_date(visitor):
    visitor.sign_in(claims={"nickname": "one"})

    visitor.sign_in(claims={"nickname": "two"})

    assert Identity.objects.get().claims["nickname"] == "two"


def test_newer_claims_do_not_say_whose_they_are(visitor, app):
    app["USER_FIELDS"] = {"last_name": "sub"}
    visitor.sign_in(sub="ada")

    GenAuthBackend().refresh(Identity.objects.get(), {"sub": "grace"}, get_app(), at=None)

    assert the_user().last_name == "ada"


def test_signals_tell_of_a_new_person(visitor, heard):
    visitor.sign_in()

    assert [name for name, _ in heard] == ["created", "linked"]
    assert heard[1][1]["created"] is True
    assert heard[1][1]["identity"] == Identity.objects.get()


def test_an_inactive_user_is_refused_and_left_as_they_are(visitor, provider, refusals):
    visitor.sign_in(claims={"given_name": "Ada"})
    get_user_model().objects.update(is_active=False)
    again = Visitor(provider)

    response = again.sign_in(claims={"given_name": "Changed"})

    assert (response.status_code, refusals.codes) == (403, ["account.inactive"])
    assert not again.is_signed_in
    assert the_user().first_name == "Ada"


def test_where_no_users_are_created_a_new_person_is_refused(visitor, app, refusals):
    app["CREATE_USERS"] = False

    response = visitor.sign_in()

    assert (response.status_code, refusals.codes) == (403, ["account.unknown"])
    assert not get_user_model().objects.exists()


def test_where_no_users_are_created_a_known_person_is_let_in(visitor, app, provider):
    visitor.sign_in()
    app["CREATE_USERS"] = False
    again = Visitor(provider)

    again.sign_in()

    assert again.is_signed_in


def test_an_address_alone_never_finds_an_account(visitor):
    get_user_model().objects.create_user("local", "ada@example.com")

    visitor.sign_in(claims={"email": "ada@example.com", "email_verified": True})

    assert Identity.objects.get().user.username != "local"


def test_a_verified_address_finds_the_account_where_the_site_says_so(visitor, app, heard):
    app["LINK_VERIFIED_EMAIL"] = True
    local = get_user_model().objects.create_user("local", "Ada@Example.com")

    visitor.sign_in(claims={"email": "ada@example.com", "email_verified": True})

    assert Identity.objects.get().user == local
    assert [(name, kwargs.get("created")) for name, kwargs in heard if name == "linked"] == [
        ("linked", False)
    ]


@pytest.mark.parametrize(
    "verified",
    [
        pytest.param(None, id="null"),
        pytest.param("true", id="text"),
        pytest.param(1, id="one"),
        pytest.param(False, id="false"),
        pytest.param([True], id="a list"),
    ],
)
def test_an_address_that_is_not_verified_by_the_boolean_true_finds_nobody(visitor, app, verified):
    app["LINK_VERIFIED_EMAIL"] = True
    get_user_model().objects.create_user("local", "ada@example.com")

    visitor.sign_in(claims={"email": "ada@example.com", "email_verified": verified})

    assert Identity.objects.get().user.username != "local"


@pytest.mark.parametrize(
    "email",
    [
        pytest.param("", id="empty"),
        pytest.param(None, id="null"),
        pytest.param({"a": 1}, id="an object"),
        pytest.param("a\x00da@example.com", id="with NUL"),
        pytest.param("\ud800@example.com", id="half a surrogate pair"),
    ],
)
def test_an_address_that_is_none_finds_nobody(visitor, app, email):
    app["LINK_VERIFIED_EMAIL"] = True
    get_user_model().objects.create_user("local", "")

    response = visitor.sign_in(claims={"email": email, "email_verified": True})

    assert response.status_code == 302
    assert Identity.objects.get().user.username != "local"


def test_an_address_of_two_accounts_finds_neither(visitor, app):
    app["LINK_VERIFIED_EMAIL"] = True
    get_user_model().objects.create_user("one", "ada@example.com")
    get_user_model().objects.create_user("two", "ada@example.com")

    visitor.sign_in(claims={"email": "ada@example.com", "email_verified": True})

    assert Identity.objects.get().user.username not in ("one", "two")


def test_an_address_that_only_looks_the_same_finds_nobody(visitor, app):
    app["LINK_VERIFIED_EMAIL"] = True
    get_user_model().objects.create_user("local", "mike@example.com")

    visitor.sign_in(claims={"email": "m\u0131ke@example.com", "email_verified": True})

    assert Identity.objects.get().user.username != "local"


def test_an_inactive_account_is_not_taken_over_by_address(visitor, app, refusals):
    app["LINK_VERIFIED_EMAIL"] = True
    get_user_model().objects.create_user("local", "ada@example.com", is_active=False)

    visitor.sign_in(claims={"email": "ada@example.com", "email_verified": True})

    assert refusals.codes == ["account.inactive"]
    assert not Identity.objects.exists()


def test_a_sites_own_backend_decides(visitor, settings):
    settings.AUTHENTICATION_BACKENDS = ["tests.backends.test_backend.OnlyAcme"]

    visitor.sign_in(claims={"email": "ada@acme.example"})

    user = the_user()
    assert (user.username, user.last_name) == ("ada@acme.example", "Made here")


def test_a_sites_own_backend_refuses(visitor, settings, refusals):
    settings.AUTHENTICATION_BACKENDS = ["tests.backends.test_backend.OnlyAcme"]

    response = visitor.sign_in(claims={"email": "ada@other.example"})

    assert (response.status_code, refusals.codes) == (403, ["account.claims"])
    assert not get_user_model().objects.exists()


def test_a_name_that_is_taken_is_no_way_into_the_account(visitor, settings, refusals):
    settings.AUTHENTICATION_BACKENDS = ["tests.backends.test_backend.OnlyAcme"]
    get_user_model().objects.create_user("ada@acme.example")

    response = visitor.sign_in(claims={"email": "ada@acme.example"})

    assert (response.status_code, refusals.codes) == (403, ["account.conflict"])
    assert not Identity.objects.exists()


def test_a_field_that_another_user_holds_is_kept_and_the_person_let_in(visitor, app, caplog):
    app["USER_FIELDS"] = {"username": "preferred_username"}
    visitor.sign_in(claims={"preferred_username": "ada"})
    get_user_model().objects.create_user("grace")

    response = visitor.sign_in(claims={"preferred_username": "grace"})

    assert response.status_code == 302
    assert Identity.objects.get().user.username == "ada"
    assert "fields kept: username" in caplog.text


def test_the_user_who_is_let_in_so_is_as_the_database_has_them():
    backend = GenAuthBackend()
    backend.app = App(
        alias="default", client=get_client(), user_fields={"username": "preferred_username"}
    )
    user = get_user_model().objects.create_user("ada")
    get_user_model().objects.create_user("grace")

    updated = backend.update_user(user, {"preferred_username": "grace"})

    assert updated.username == "ada"  # type: ignore[attr-defined] # of the user model of the tests


def test_a_field_that_collides_holds_up_no_other_field(visitor, app, caplog):
    app["USER_FIELDS"] = NAMES
    visitor.sign_in(claims={"preferred_username": "ada", "given_name": "A"})
    get_user_model().objects.create_user("grace")

    visitor.sign_in(
        claims={"preferred_username": "grace", "given_name": "Ada", "family_name": "Lovelace"}
    )

    user = Identity.objects.get().user
    assert (user.username, user.first_name, user.last_name) == ("ada", "Ada", "Lovelace")
    assert "fields kept: username" in caplog.text


def test_a_name_of_user_fields_that_is_taken_is_no_way_into_the_account(visitor, app, refusals):
    app["USER_FIELDS"] = NAMES
    get_user_model().objects.create_user("grace")

    response = visitor.sign_in(claims={"preferred_username": "grace", "given_name": "Ada"})

    assert (response.status_code, refusals.codes) == (403, ["account.conflict"])
    assert not Identity.objects.exists()


@pytest.fixture
def refused_values():
    """Have a user model that refuses a first name, and both names saved at once."""

    def refuse(instance, update_fields, **kwargs):
        if instance.first_name == "Refused" or {"first_name", "last_name"} <= set(
            update_fields or ()
        ):
            raise ValidationError("Refused by the model.")

    pre_save.connect(refuse, sender=get_user_model())
    yield
    pre_save.disconnect(refuse, sender=get_user_model())


def test_a_new_user_has_everything_but_the_value_that_is_refused(visitor, heard, refused_values):
    visitor.sign_in(claims={"given_name": "Refused", "family_name": "Lovelace", "email": "a@b.org"})

    user = the_user()
    assert (user.first_name, user.last_name, user.email) == ("", "Lovelace", "a@b.org")
    assert [name for name, _ in heard] == ["created", "linked"]


def test_values_that_are_refused_together_are_saved_one_by_one(visitor, refused_values, caplog):
    visitor.sign_in(claims={"given_name": "A", "family_name": "L"})

    visitor.sign_in(claims={"given_name": "Ada", "family_name": "Lovelace"})

    assert (the_user().first_name, the_user().last_name) == ("Ada", "Lovelace")
    assert "fields kept" not in caplog.text


def test_a_user_model_that_refuses_the_new_user_is_a_refusal_without_its_words(
    visitor, provider, refusals
):
    def refuse(instance, **kwargs):
        raise ValidationError(f"Not {instance.first_name}.")

    pre_save.connect(refuse, sender=get_user_model())
    response = visitor.sign_in(claims={"given_name": "Ada"})
    pre_save.disconnect(refuse, sender=get_user_model())

    assert (response.status_code, refusals.codes) == (403, ["account.conflict"])
    assert "Not Ada" not in refusals.text


def test_groups_of_the_claim_are_mirrored_and_only_managed_ones_are_left(visitor, app):
    app.update(GROUPS_CLAIM="roles", GROUPS_MANAGED=["readers"])
    visitor.sign_in(claims={"roles": ["readers", "writers"]})
    the_user().groups.add(Group.objects.create(name="by hand"))

    visitor.sign_in(claims={"roles": ["editors"]})

    names = set(the_user().groups.values_list("name", flat=True))
    assert names == {"writers", "editors", "by hand"}


def test_groups_decide_who_is_staff_where_the_site_says_so(visitor, app):
    app.update(GROUPS_CLAIM="roles", STAFF_GROUPS=["staff"], SUPERUSER_GROUPS=["root"])

    visitor.sign_in(claims={"roles": ["staff"]})

    assert (the_user().is_staff, the_user().is_superuser) == (True, False)


def test_a_right_that_is_no_longer_told_is_no_longer_had(visitor, app):
    app.update(GROUPS_CLAIM="roles", STAFF_GROUPS=["staff"], SUPERUSER_GROUPS=["root"])
    visitor.sign_in(claims={"roles": ["staff", "root"]})

    visitor.sign_in(claims={"roles": None})

    assert (the_user().is_staff, the_user().is_superuser) == (False, False)


def test_a_password_opens_nothing_here():
    get_user_model().objects.create_user("local", password="right")

    assert GenAuthBackend().authenticate(None, "right") is None


def test_authenticate_with_a_password_goes_past_this_backend(settings):
    settings.AUTHENTICATION_BACKENDS = ["django_genauth.backends.GenAuthBackend"]
    get_user_model().objects.create_user("local", password="right")

    assert authenticate(None, username="local", password="right") is None


def test_asynchronous_authentication_takes_no_password_either(settings):
    settings.AUTHENTICATION_BACKENDS = ["django_genauth.backends.GenAuthBackend"]
    get_user_model().objects.create_user("local", password="right")

    assert async_to_sync(aauthenticate)(None, username="local", password="right") is None


def test_asynchronous_authentication_knows_no_other_credential():
    assert async_to_sync(GenAuthBackend().aauthenticate)(None, id_token="text") is None


@pytest.mark.django_db(transaction=True)
def test_the_first_login_twice_at_once_makes_one_user(visitor, provider):
    if connection.vendor == "sqlite":
        pytest.skip("an SQLite database in memory belongs to one connection")
    visitors = [Visitor(provider) for _ in range(8)]
    callbacks = [provider.authorize(each.begin()) for each in visitors]
    start = threading.Barrier(len(visitors))
    statuses = []

    def come_back(each, callback):
        start.wait()
        statuses.append(each.come_back(callback).status_code)
        connection.close()

    threads = [
        threading.Thread(target=come_back, args=pair)
        for pair in zip(visitors, callbacks, strict=True)
    ]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]

    assert statuses == [302] * len(visitors)
    assert get_user_model().objects.count() == 1


def test_where_people_are_named_by_address_one_without_an_address_is_refused(
    visitor, refusals, monkeypatch
):
    monkeypatch.setattr(get_user_model(), "USERNAME_FIELD", "email")

    visitor.sign_in(claims={"email": None})

    assert refusals.codes == ["account.no_email"]


def test_a_first_login_that_another_one_overtook_is_of_the_same_user(
    visitor, provider, monkeypatch
):
    Visitor(provider).sign_in()
    find = rows.find
    # The other login's row appears between the look for it and the insert.
    answers = iter([lambda *arguments: None, find])
    monkeypatch.setattr(rows, "find", lambda *arguments: next(answers)(*arguments))

    visitor.sign_in()

    assert visitor.is_signed_in
    assert get_user_model().objects.count() == 1


@pytest.mark.parametrize("hook", ["verify_claims", "get_username", "create_user", "update_user"])
def test_permission_denied_in_a_hook_is_a_refusal(visitor, settings, refusals, monkeypatch, hook):
    settings.AUTHENTICATION_BACKENDS = [f"{__name__}.Forbids"]
    monkeypatch.setattr(Forbids, "forbidden", hook)

    response = visitor.sign_in()

    assert (response.status_code, refusals.codes) == (403, ["account.denied"])
    assert not visitor.is_signed_in
    assert "says no to Ada" not in refusals.text


def test_permission_denied_in_a_receiver_is_a_refusal(visitor, refusals):
    def refuse(**kwargs):
        raise PermissionDenied

    identity_linked.connect(refuse)
    response = visitor.sign_in()
    identity_linked.disconnect(refuse)

    assert (response.status_code, refusals.codes) == (403, ["account.denied"])


def test_permission_denied_while_an_identity_is_added_is_a_refusal(app, rf, monkeypatch):
    monkeypatch.setattr(Forbids, "forbidden", "verify_claims")
    ada = get_user_model().objects.create_user("ada")
    verified = identify({"sub": "user-1"}, issuer="https://acme.example")

    with pytest.raises(AccountRefused) as caught:
        Forbids().link(ada, verified, get_app(), rf.get("/"))

    assert caught.value.code == "account.denied"
    assert caught.value.__context__ is None


def test_an_error_of_a_hook_is_not_in_the_refusal(app, monkeypatch):
    monkeypatch.setattr(Forbids, "forbidden", "verify_claims")
    verified = identify({"sub": "user-1"}, issuer="https://acme.example")

    with pytest.raises(AccountRefused) as caught:
        Forbids().authenticate(None, user_info=verified)

    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    ("token", "more"), [(None, 0), ("the-static-secret-of-the-console", 1)], ids=["without", "with"]
)
def test_a_login_that_changes_nothing_is_noted_only_where_events_have_to_be_dated(
    visitor, app, token, more, django_assert_num_queries
):
    app["WEBHOOK_TOKEN"] = token
    app.update(GROUPS_CLAIM="roles", STAFF_GROUPS=["staff"])
    verified = identify({"sub": "user-1", "roles": ["staff"]}, issuer="https://acme.example")
    GenAuthBackend().authenticate(None, user_info=verified)

    with django_assert_num_queries(2 + more):
        GenAuthBackend().authenticate(None, user_info=verified)


def refusing_database(**_):
    raise IntegrityError("a value that another row has")


def test_an_identity_that_the_database_refuses_to_an_account_is_a_conflict(visitor, app, refusals):
    app["LINK_VERIFIED_EMAIL"] = True
    get_user_model().objects.create_user("ada", email="ada@acme.example")
    identity_linked.connect(refusing_database)

    visitor.sign_in(claims={"email": "ada@acme.example", "email_verified": True})

    identity_linked.disconnect(refusing_database)
    assert refusals.codes == ["account.conflict"]
    assert not Identity.objects.exists()


def test_a_backend_that_is_asked_outside_of_a_login_undoes_what_was_refused():
    verified = identify({"sub": "user-1"}, issuer="https://acme.example")
    identity_linked.connect(refusing_database)

    with pytest.raises(AccountRefused) as caught:
        GenAuthBackend().authenticate(None, user_info=verified)

    identity_linked.disconnect(refusing_database)
    assert caught.value.code == "account.conflict"
    assert not get_user_model().objects.exists()
