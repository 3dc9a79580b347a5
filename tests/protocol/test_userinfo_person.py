"""Whose claims a userinfo answer holds: those of an ID token's person, or of a token's owner."""

import dataclasses

import pytest

from django_genauth.protocol.errors import UserInfoError
from django_genauth.protocol.id_token import PROTOCOL_CLAIMS, Expected, verify
from django_genauth.protocol.userinfo import UserInfo, identify, is_email_verified, merged
from tests.protocol.material import (
    CLIENT_ID,
    ISSUER,
    NOW,
    SUBJECT,
    finder,
    good_claims,
    signing_key,
)
from tests.support.provider.tokens import write_jwt

KEY = signing_key("RS256")


def an_id_token(**claims):
    return verify(
        write_jwt(good_claims(**claims), KEY),
        find_key=finder(KEY),
        expected=Expected(issuer=ISSUER, client_id=CLIENT_ID, algorithm="RS256"),
        now=NOW,
    )


def test_the_persons_claims_are_added():
    id_token = merged(an_id_token(name="Old"), {"sub": SUBJECT, "name": "New", "locale": None})

    assert id_token.claims == good_claims(name="New", locale=None)


def test_issuer_subject_and_text_stay_those_of_the_id_token():
    before = an_id_token()

    after = merged(before, {"sub": SUBJECT, "name": "New"})

    assert (after.issuer, after.subject, after.encoded) == (ISSUER, SUBJECT, before.encoded)


def test_the_id_token_itself_is_not_changed():
    id_token = an_id_token(name="Old", email_verified=True)

    merged(id_token, {"sub": SUBJECT, "name": "New", "email": "new@example.com"})

    assert id_token.claims == good_claims(name="Old", email_verified=True)


@pytest.mark.parametrize("name", sorted(PROTOCOL_CLAIMS - {"sub"}))
def test_what_the_id_token_says_of_itself_is_not_replaced(name):
    id_token = an_id_token()

    claims = merged(id_token, {"sub": SUBJECT, name: "another"}).claims

    assert claims == id_token.claims


@pytest.mark.parametrize(
    "userinfo",
    [
        pytest.param({}, id="missing"),
        pytest.param({"sub": None}, id="null"),
        pytest.param({"sub": ""}, id="empty"),
        pytest.param({"sub": SUBJECT + "x"}, id="another"),
        pytest.param({"sub": SUBJECT.upper()}, id="in another case"),
        pytest.param({"sub": [SUBJECT]}, id="a list"),
        pytest.param({"SUB": SUBJECT}, id="under another name"),
    ],
)
def test_somebody_elses_claims_are_refused(userinfo):
    with pytest.raises(UserInfoError) as refused:
        merged(an_id_token(), userinfo | {"name": "Mallory"})

    assert refused.value.code == "userinfo.sub"


@pytest.mark.parametrize("name", ["email", "phone_number"])
def test_what_was_verified_of_another_address_is_not_said_of_this_one(name):
    id_token = an_id_token(**{name: "old", f"{name}_verified": True, "locale": "de"})

    claims = merged(id_token, {"sub": SUBJECT, name: "new"}).claims

    assert claims == good_claims(**{name: "new", "locale": "de"})


@pytest.mark.parametrize("name", ["email", "phone_number"])
def test_what_the_answer_says_of_its_own_address_is_kept(name):
    id_token = an_id_token(**{name: "old", f"{name}_verified": False})

    claims = merged(id_token, {"sub": SUBJECT, name: "new", f"{name}_verified": True}).claims

    assert claims == good_claims(**{name: "new", f"{name}_verified": True})


@pytest.mark.parametrize("name", ["email", "phone_number"])
def test_what_was_verified_stays_where_the_answer_repeats_the_address(name):
    id_token = an_id_token(**{name: "the same", f"{name}_verified": True})

    claims = merged(id_token, {"sub": SUBJECT, name: "the same"}).claims

    assert claims == good_claims(**{name: "the same", f"{name}_verified": True})


def test_what_was_verified_of_an_address_in_another_case_is_not_said_of_this_one():
    id_token = an_id_token(email="a@example.com", email_verified=True)

    claims = merged(id_token, {"sub": SUBJECT, "email": "A@example.com"}).claims

    assert claims == good_claims(email="A@example.com")


@pytest.mark.parametrize(
    ("said", "as_boolean", "as_text"),
    [
        pytest.param(True, True, True, id="true"),
        pytest.param("true", False, True, id="text, as Apple and Amazon Cognito write it"),
        pytest.param(False, False, False, id="false"),
        pytest.param("false", False, False, id="text that says false"),
        pytest.param("True", False, False, id="text in another case"),
        pytest.param("true ", False, False, id="text and a space"),
        pytest.param(1, False, False, id="a number"),
        pytest.param(["true"], False, False, id="a list"),
        pytest.param(None, False, False, id="null"),
    ],
)
def test_an_address_is_verified_by_true_and_by_text_only_where_that_is_allowed(
    said, as_boolean, as_text
):
    claims = {"email_verified": said}

    assert is_email_verified(claims) is as_boolean
    assert is_email_verified(claims, allow_text=True) is as_text


def test_an_address_of_which_nothing_is_said_is_not_verified():
    assert not is_email_verified({}, allow_text=True)


def test_what_was_verified_stays_where_the_answer_names_no_address():
    id_token = an_id_token(email="a@example.com", email_verified=True)

    claims = merged(id_token, {"sub": SUBJECT, "phone_number": "1"}).claims

    assert claims == good_claims(email="a@example.com", email_verified=True, phone_number="1")


def test_the_owner_of_an_access_token_is_who_the_provider_says():
    person = identify({"sub": SUBJECT, "name": None}, issuer=ISSUER)

    assert person == UserInfo(
        issuer=ISSUER, subject=SUBJECT, claims={"sub": SUBJECT, "name": None, "iss": ISSUER}
    )


def test_the_issuer_is_the_one_that_was_asked_whatever_the_answer_says():
    person = identify({"sub": SUBJECT, "iss": "https://evil.example"}, issuer=ISSUER)

    assert person.issuer == ISSUER
    assert person.claims["iss"] == ISSUER


@pytest.mark.parametrize("name", sorted(PROTOCOL_CLAIMS - {"sub", "iss"}))
def test_members_of_the_protocol_are_no_claims_of_a_person(name):
    person = identify({"sub": SUBJECT, name: "x"}, issuer=ISSUER)

    assert person.claims == {"sub": SUBJECT, "iss": ISSUER}


@pytest.mark.parametrize(
    "claims",
    [
        pytest.param({}, id="missing"),
        pytest.param({"sub": None}, id="null"),
        pytest.param({"sub": ""}, id="empty"),
        pytest.param({"sub": 5}, id="a number"),
        pytest.param({"sub": "x" * 256}, id="too long"),
        pytest.param({"sub": "a\x00"}, id="with NUL"),
        pytest.param({"id": SUBJECT}, id="under another name"),
    ],
)
def test_an_answer_that_names_nobody_is_refused(claims):
    with pytest.raises(UserInfoError) as refused:
        identify(claims, issuer=ISSUER)

    assert refused.value.code == "userinfo.sub"


def test_a_person_does_not_show_what_is_said_of_them():
    shown = repr(identify({"sub": SUBJECT, "email": "person@example.com"}, issuer=ISSUER))

    assert SUBJECT in shown
    assert "person@example.com" not in shown


def test_a_person_does_not_change():
    person = identify({"sub": SUBJECT}, issuer=ISSUER)

    with pytest.raises(dataclasses.FrozenInstanceError):
        person.subject = "somebody else"
