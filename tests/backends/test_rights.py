"""Groups and flags: what claims give and take, and that nothing else stands in their way."""

import logging

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.signals import pre_save

from django_genauth.backends import rights
from django_genauth.conf import App, get_client
from django_genauth.signals import user_updated

pytestmark = pytest.mark.django_db

OVERAGE = {"_claim_names": {"groups": "src1"}, "_claim_sources": {"src1": {"endpoint": "x"}}}


def app_with(**settings):
    return App(alias="default", client=get_client(), **{"groups_claim": "roles", **settings})


def the_user():
    return get_user_model().objects.get(genauth_identities__isnull=False)


def groups():
    return set(the_user().groups.values_list("name", flat=True))


def is_admin(claims):
    """Stand for a site's own callable that gives a right."""
    return claims.get("department") == "administration"


@pytest.fixture
def administrators(app):
    """Let a group make staff and superusers, and let two fields be unique."""
    app.update(
        GROUPS_CLAIM="roles",
        GROUPS_MANAGED=["admins"],
        STAFF_GROUPS=["admins"],
        SUPERUSER_GROUPS=["admins"],
        USER_FIELDS={"username": "preferred_username", "first_name": "given_name"},
    )


@pytest.fixture
def strict_model():
    """Have a model that refuses to save flags, as its full_clean finds another field wrong."""

    def refuse(instance, update_fields, **kwargs):
        if update_fields and "is_staff" in update_fields:
            raise ValidationError("Refused by the model.")

    pre_save.connect(refuse, sender=User)
    yield
    pre_save.disconnect(refuse, sender=User)


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        pytest.param(["a", "b"], {"a", "b"}, id="texts"),
        pytest.param("a", {"a"}, id="one text"),
        pytest.param([{"code": "a", "name": "A"}, {"name": "b"}], {"a", "b"}, id="objects"),
        pytest.param(["a", None, 7, ["x"], {}, {"code": 7}], {"a"}, id="odd members"),
        pytest.param({"a": {"311": "acme.example"}, "b": {"7": "x"}}, {"a", "b"}, id="Zitadel"),
        pytest.param({"a": {}, "b": False, "c": None, "d": "x"}, set(), id="Zitadel, none given"),
        pytest.param(["", " ", "a" * 151, "b"], {"b"}, id="names that no group has"),
        pytest.param(["a" * 150], {"a" * 150}, id="as long as the column"),
        pytest.param(["a b", "愛達", "愛\u00a0達"], {"a b", "愛達", "愛\u00a0達"}, id="as is"),
        pytest.param({"a": 1}, set(), id="an object"),
        pytest.param(None, set(), id="null"),
        pytest.param([f"g{n}" for n in range(1_001)], {f"g{n}" for n in range(1_000)}, id="many"),
    ],
)
def test_groups_are_read_in_every_shape(claim, expected):
    assert rights.group_names(app_with(), {"roles": claim}) == expected


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(" admins", id="a space before"),
        pytest.param("admins ", id="a space behind"),
        pytest.param("admins\u00a0", id="a space that does not break"),
        pytest.param("\u3000admins", id="an ideographic space"),
        pytest.param("admins\0", id="NUL at the end"),
        pytest.param("ad\0mins", id="NUL inside"),
        pytest.param("admins\n", id="a line end"),
        pytest.param("ad\nmins", id="a line end inside"),
        pytest.param("admins\ud800", id="half a surrogate pair"),
    ],
)
def test_a_name_that_had_to_be_changed_to_be_stored_names_no_group(visitor, administrators, name):
    Group.objects.create(name="admins")

    response = visitor.sign_in(claims={"roles": [name]})

    assert response.status_code == 302
    assert (the_user().is_staff, the_user().is_superuser, groups()) == (False, False, set())


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("ADMINS", id="in capitals"),
        pytest.param("àdmins", id="with an accent"),
        pytest.param("\uff41dmins", id="with a wide letter"),
        pytest.param("admins\u200b", id="with a space of no width"),
        pytest.param("ad\u00admins", id="with a soft hyphen"),
    ],
)
def test_a_group_of_nearly_the_same_name_is_another_on_every_database(
    visitor, administrators, name
):
    admins = Group.objects.create(name="admins")

    visitor.sign_in(claims={"roles": [name]})

    assert admins not in the_user().groups.all()
    assert (the_user().is_staff, the_user().is_superuser) == (False, False)


def test_a_managed_group_of_nearly_the_same_name_is_not_left(visitor, app):
    app.update(GROUPS_CLAIM="roles", GROUPS_MANAGED=["Editors"])
    visitor.sign_in(claims={"roles": ["editors"]})

    visitor.sign_in(claims={"roles": []})

    assert groups() == {"editors"}


def test_without_a_claim_for_them_there_are_no_groups():
    app = app_with(groups_claim=None)

    assert rights.group_names(app, {"roles": ["a"], "": ["b"]}) == set()


def test_without_groups_that_decide_flags_are_left_alone():
    assert rights.flags(User, app_with(), {"roles": ["staff"]}) == {}


def test_a_flag_that_the_user_model_has_not_is_left_alone():
    assert rights.flags(Group, app_with(staff_groups=("staff",)), {"roles": ["staff"]}) == {}


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        pytest.param("maybe", {}, id="no boolean"),
        pytest.param(True, {"is_staff": True}, id="a boolean"),
        pytest.param(None, {}, id="null"),
    ],
)
def test_a_claim_may_be_a_flag(claim, expected):
    app = app_with(user_fields={"is_staff": "staff", "first_name": "given_name"})

    assert rights.flags(User, app, {"staff": claim, "given_name": "Ada"}) == expected


def test_groups_that_there_are_already_are_not_made_again():
    Group.objects.create(name="readers")
    user = User.objects.create_user("ada")

    rights.mirror_groups(user, frozenset({"readers", "writers"}), managed=(), create=True)

    assert set(user.groups.values_list("name", flat=True)) == {"readers", "writers"}
    assert Group.objects.count() == 2


def test_a_managed_group_that_is_named_again_is_not_left():
    user = User.objects.create_user("ada")
    readers = frozenset({"readers"})
    rights.mirror_groups(user, readers, managed=("readers",), create=True)

    rights.mirror_groups(user, readers, managed=("readers",), create=True)

    assert set(user.groups.values_list("name", flat=True)) == {"readers"}


def test_groups_that_nobody_named_are_not_joined():
    Group.objects.create(name="administrators")
    user = User.objects.create_user("ada")

    rights.mirror_groups(user, frozenset({"readers"}), managed=(), create=True)

    assert set(user.groups.values_list("name", flat=True)) == {"readers"}


def test_a_site_may_have_people_join_groups_that_it_has_alone(visitor, app):
    app.update(GROUPS_CLAIM="roles", CREATE_GROUPS=False)
    Group.objects.create(name="readers")

    visitor.sign_in(claims={"roles": ["readers", "writers"]})

    assert groups() == {"readers"}
    assert Group.objects.count() == 1


@pytest.mark.parametrize("sub", ["grace", "user-1"], ids=["another person's", "their own"])
def test_a_demoted_superuser_whose_name_is_taken_is_demoted(visitor, administrators, sub):
    get_user_model().objects.create_user("taken")
    visitor.sign_in(claims={"preferred_username": "eve", "roles": ["admins"]})

    visitor.sign_in(claims={"preferred_username": "taken", "given_name": "Eve", "roles": []})

    user = the_user()
    assert (user.is_staff, user.is_superuser, groups()) == (False, False, set())
    assert (user.username, user.first_name) == ("eve", "Eve")


def test_a_model_that_refuses_to_save_the_user_keeps_nobody_a_superuser(
    visitor, administrators, strict_model
):
    visitor.sign_in(claims={"preferred_username": "eve", "roles": ["admins"]})
    was_superuser = the_user().is_superuser

    visitor.sign_in(claims={"preferred_username": "eve", "roles": []})

    assert was_superuser
    assert (the_user().is_staff, the_user().is_superuser) == (False, False)


def test_a_model_that_refuses_to_save_the_user_makes_nobody_staff(
    visitor, administrators, strict_model
):
    visitor.sign_in(claims={"preferred_username": "eve", "roles": []})

    response = visitor.sign_in(claims={"preferred_username": "eve", "roles": ["admins"]})

    assert response.status_code == 302
    assert not the_user().is_staff


def test_a_right_of_user_fields_is_taken_away_whatever_else_is_refused(visitor, app):
    app["USER_FIELDS"] = {"username": "preferred_username", "is_superuser": f"{__name__}.is_admin"}
    get_user_model().objects.create_user("taken")
    visitor.sign_in(claims={"preferred_username": "eve", "department": "administration"})
    was_superuser = the_user().is_superuser

    visitor.sign_in(claims={"preferred_username": "taken"})

    assert (was_superuser, the_user().is_superuser) == (True, False)


def test_flags_are_told_before_the_fields(visitor, administrators):
    visitor.sign_in(claims={"preferred_username": "eve", "given_name": "E", "roles": ["admins"]})
    told = []

    def note(changed, **kwargs):
        told.append(changed)

    user_updated.connect(note)
    visitor.sign_in(claims={"preferred_username": "eve", "given_name": "Eve", "roles": []})
    user_updated.disconnect(note)

    assert told == [["is_staff", "is_superuser"], ["first_name"]]


@pytest.mark.parametrize(
    "claims",
    [
        pytest.param(OVERAGE, id="a distributed claim"),
        pytest.param(OVERAGE | {"groups": None}, id="beside null"),
        pytest.param({"hasgroups": True}, id="hasgroups"),
        pytest.param({"hasgroups": "true"}, id="hasgroups as text"),
    ],
)
def test_groups_that_entra_left_out_change_no_right_and_are_told_in_one_line(
    visitor, administrators, app, caplog, claims
):
    app["GROUPS_CLAIM"] = "groups"
    visitor.sign_in(claims={"groups": ["admins"]})
    caplog.clear()

    visitor.sign_in(claims=claims)

    assert (the_user().is_staff, the_user().is_superuser, groups()) == (True, True, {"admins"})
    (line,) = [each for each in caplog.messages if "groups" in each]
    assert line.startswith("The provider left out the groups of a person who is in too many;")


def test_a_first_login_without_the_groups_that_were_left_out_gives_no_right(
    visitor, administrators, app, caplog
):
    app["GROUPS_CLAIM"] = "groups"

    visitor.sign_in(claims=OVERAGE)

    assert (the_user().is_staff, the_user().is_superuser, groups()) == (False, False, set())
    assert len([each for each in caplog.messages if "left out the groups" in each]) == 1


@pytest.mark.parametrize(
    ("claim", "claims"),
    [
        pytest.param("groups", OVERAGE | {"groups": ["a"]}, id="groups that came"),
        pytest.param("groups", OVERAGE | {"groups": []}, id="none that came"),
        pytest.param("roles", OVERAGE, id="another claim that was left out"),
        pytest.param("roles", {"hasgroups": True}, id="roles beside hasgroups"),
        pytest.param("groups", {"hasgroups": False}, id="nothing left out"),
        pytest.param("groups", {"_claim_names": ["groups"]}, id="no object"),
        pytest.param("groups", {}, id="a claim that is missing"),
    ],
)
def test_groups_are_left_out_only_where_the_provider_says_so(claim, claims):
    assert rights.group_names(app_with(groups_claim=claim), claims) is not None


def test_a_group_that_the_database_takes_for_another_is_told_of(caplog, monkeypatch):
    caplog.set_level(logging.INFO)
    user = User.objects.create_user("ada")
    # As MariaDB does with "ADMINS" beside "admins".
    monkeypatch.setattr(models.QuerySet, "bulk_create", lambda *arguments, **options: [])

    rights.mirror_groups(user, frozenset({"ADMINS"}), managed=(), create=True)

    assert not user.groups.exists()
    assert "A group was not made" in caplog.text
