"""Whatever a site's user model looks like, people sign in to it."""

import json
import os
import subprocess
import sys

import pytest

from tests.support import ROOT


def sign_in_twice(user_model, *claims):
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

    assert outcome == {"statuses": [403, 403], "users": []}


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
