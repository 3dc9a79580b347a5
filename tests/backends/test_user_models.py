"""Whatever a site's user model looks like, people sign in to it."""

import json
import os
import subprocess
import sys

import pytest

from tests.support import ROOT


def sign_in_twice(user_model, *claims, **app):
    # The root comes last, so that an installed package is found before the one beside the tests.
    program = (
        "import runpy, sys; sys.path.append(sys.argv.pop(1));"
        "runpy.run_module('tests.support.users.sign_in_twice', run_name='__main__')"
    )
    finished = subprocess.run(  # noqa: S603 # our own program
        [sys.executable, "-P", "-c", program, str(ROOT), *map(json.dumps, claims)],
        env={
            **os.environ,
            "USER_MODEL": user_model,
            "APP": json.dumps(app),
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "DATABASE": "sqlite",
            "CACHE": "locmem",
        },
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return json.loads(finished.stdout)


@pytest.mark.parametrize(
    ("user_model", "claims", "name"),
    [
        pytest.param(
            "users.EmailUser", {"email": "ada@example.com"}, "ada@example.com", id="no username"
        ),
        pytest.param(
            "users.UuidUser", {"preferred_username": "ada"}, "ada-", id="a UUID for a key"
        ),
    ],
)
def test_a_person_signs_in_twice_and_is_one_user(user_model, claims, name):
    outcome = sign_in_twice(user_model, claims)

    assert outcome["statuses"] == [302, 302]
    assert [(user["key"], user["name"][: len(name)]) for user in outcome["users"]] == [
        ("UUID", name)
    ]


def test_without_an_address_nobody_is_named_by_address():
    outcome = sign_in_twice("users.EmailUser", {"email": None})

    assert (outcome["statuses"], outcome["users"]) == ([403, 403], [])


@pytest.mark.parametrize("user_model", ["users.EmailKeyUser", "users.HeirUser"])
def test_a_user_whose_key_is_the_address_keeps_it(user_model):
    outcome = sign_in_twice(
        user_model, {"email": "ada@example.com"}, {"email": "lovelace@example.com"}
    )

    assert outcome["statuses"] == [302, 302]
    assert [user["name"] for user in outcome["users"]] == ["ada@example.com"]


def test_a_new_user_whose_address_is_taken_has_everything_else():
    outcome = sign_in_twice(
        "users.MemberUser",
        {"sub": "1", "email": "ada@example.com", "family_name": "Lovelace"},
        {"sub": "2", "email": "ada@example.com", "family_name": "Hopper"},
    )

    assert outcome["statuses"] == [302, 302]
    assert [(user["email"], user["last_name"]) for user in outcome["users"]] == [
        ("ada@example.com", "Lovelace"),
        (None, "Hopper"),
    ]


def test_groups_of_the_sites_own_are_mirrored():
    outcome = sign_in_twice(
        "users.TeamUser",
        {"roles": ["editors", "a name that is longer than the column of teams"]},
        {"roles": ["writers"]},
        GROUPS_MANAGED=["editors"],
    )

    assert outcome["statuses"] == [302, 302]
    assert [user["groups"] for user in outcome["users"]] == [["writers"]]


@pytest.mark.parametrize(
    "user_model",
    [
        pytest.param("users.CrewUser", id="that need more than a name"),
        pytest.param("users.TitledUser", id="that have no name"),
        pytest.param("users.FullNameUser", id="of Django's"),
        pytest.param("users.BareUser", id="that there are not"),
    ],
)
def test_groups_keep_nobody_out(user_model):
    outcome = sign_in_twice(user_model, {"roles": ["editors"], "name": "Ada Lovelace"})

    assert outcome["statuses"] == [302, 302]
    assert outcome["is_allowed"] is False


def test_a_model_that_validates_at_each_save_has_everything():
    outcome = sign_in_twice(
        "users.StrictUser",
        {"family_name": "Lovelace", "email": "ada@example.com"},
        {"family_name": "King", "email": "ada@example.com"},
    )

    assert outcome["statuses"] == [302, 302]
    assert [user["last_name"] for user in outcome["users"]] == ["King"]


def test_one_name_may_stand_in_place_of_two():
    outcome = sign_in_twice(
        "users.FullNameUser",
        {"name": "Ada Lovelace"},
        USER_FIELDS={"email": "email", "full_name": "name"},
    )

    assert outcome["statuses"] == [302, 302]
    assert [user["full_name"] for user in outcome["users"]] == ["Ada Lovelace"]


def test_a_name_is_not_cut_into_that_of_somebody_else():
    outcome = sign_in_twice(
        "users.BareUser",
        {"sub": "1", "nickname": "brian", "preferred_username": "brian"},
        {"sub": "2", "nickname": "briana", "preferred_username": "briana"},
        USER_FIELDS={"nickname": "nickname"},
    )

    assert outcome["statuses"] == [302, 302]
    assert [user["nickname"] for user in outcome["users"]] == ["brian", None]
    assert [len(user["name"]) for user in outcome["users"]] == [10, 10]


@pytest.mark.parametrize("setting", ["LINK_VERIFIED_EMAIL", "UNIQUE_EMAIL"])
def test_users_without_an_address_have_none_to_compare(setting):
    verified = {"email": "ada@example.com", "email_verified": True}

    outcome = sign_in_twice("users.BareUser", verified, **{setting: True})

    assert outcome["statuses"] == [302, 302]


def test_a_user_who_is_deleted_softly_is_refused():
    outcome = sign_in_twice("users.SoftUser", {}, {"deleted": True})

    assert outcome["statuses"] == [302, 403]
    assert len(outcome["users"]) == 1
