"""An ID token's claims: what is accepted, and each rule that refuses for its own reason."""

import pytest

from django_genauth.protocol.errors import IDTokenError, KeySetError
from django_genauth.protocol.id_token import PROTOCOL_CLAIMS, Expected, subject_of, verify
from tests.protocol.material import (
    CLIENT_ID,
    ISSUER,
    NONCE,
    NOW,
    SUBJECT,
    finder,
    good_claims,
    signing_key,
    without,
)
from tests.support.provider.tokens import Forgery, write_jwt

KEY = signing_key("RS256")
FIND = finder(KEY)
PERSON = (
    "name", "given_name", "family_name", "middle_name", "nickname", "preferred_username", "profile",
    "picture", "website", "email", "email_verified", "gender", "birthdate", "zoneinfo", "locale",
    "phone_number", "phone_number_verified", "address", "updated_at", "username", "roles",
    "external_id", "extended_fields", "tenant_id", "unionid",
)  # fmt: skip


def verify_claims(claims, *, nonce=NONCE, **lie):
    return verify_token(write_jwt(claims, KEY, lie=Forgery(**lie)), nonce=nonce)


def verify_token(token, *, nonce=NONCE, find_key=FIND):
    expected = Expected(issuer=ISSUER, client_id=CLIENT_ID, algorithm="RS256", nonce=nonce)
    return verify(token, find_key=find_key, expected=expected, now=NOW)


ACCEPTED = [
    pytest.param(good_claims(), id="nothing special"),
    pytest.param(good_claims(aud=[CLIENT_ID]), id="aud a list of one"),
    pytest.param(good_claims(aud=["other", CLIENT_ID], azp=CLIENT_ID), id="aud of several, azp us"),
    pytest.param(good_claims(azp=CLIENT_ID), id="azp though aud is one"),
    pytest.param(good_claims(aud=[CLIENT_ID], azp=None), id="azp null"),
    pytest.param(good_claims(sub="x"), id="sub of one character"),
    pytest.param(good_claims(sub="x" * 255), id="sub of 255 characters"),
    pytest.param(good_claims(sub="Größe 名前 😀"), id="sub in any script"),
    pytest.param(good_claims(sub="12 345\x7f"), id="sub with a space"),
    pytest.param(good_claims(**dict.fromkeys(PERSON)), id="every claim about the person null"),
    pytest.param(good_claims(KEY="VALUE", extended_fields={"a": [1]}), id="a tenant's own claims"),
    pytest.param(good_claims(address=dict.fromkeys(("street_address", "country"))), id="address"),
    pytest.param(good_claims(updated_at="2026-11-01T08:00:00.000Z"), id="updated_at as text"),
    pytest.param(good_claims(updated_at=10**4000), id="a number of 4,000 digits"),
    pytest.param(good_claims(name="\ud800 \x00"), id="a name that no database takes"),
    pytest.param(good_claims(auth_time=None, acr=None, amr=None, sid=None), id="protocol nulls"),
]


@pytest.mark.parametrize("claims", ACCEPTED)
def test_a_good_id_token_says_who_signed_in_and_what_is_said_of_them(claims):
    id_token = verify_claims(claims)

    assert id_token.issuer == ISSUER
    assert id_token.subject == claims["sub"]
    assert id_token.claims == claims


def test_the_id_token_keeps_its_text():
    token = write_jwt(good_claims(), KEY)

    assert verify_token(token).encoded == token


def test_a_nonce_that_is_no_unicode_can_be_the_one_that_was_sent():
    assert verify_claims(good_claims(nonce="\ud800"), nonce="\ud800").subject == SUBJECT


def test_without_an_expected_nonce_a_token_with_one_is_accepted():
    assert verify_claims(good_claims(), nonce=None).subject == SUBJECT


def test_without_an_expected_nonce_a_token_without_one_is_accepted():
    assert verify_claims(without(good_claims(), "nonce"), nonce=None).subject == SUBJECT


def test_a_token_without_a_type_is_accepted():
    token = write_jwt(good_claims(), KEY, typ=None)

    assert verify_token(token).subject == SUBJECT


def test_a_token_without_a_kid_is_accepted_where_one_key_fits():
    token = write_jwt(good_claims(), KEY, lie=Forgery(header_edit=lambda header: {"alg": "RS256"}))
    find_key = finder(signing_key("ES256"), KEY)

    assert verify_token(token, find_key=find_key).subject == SUBJECT


def test_a_token_without_a_kid_is_refused_where_several_keys_fit():
    token = write_jwt(good_claims(), KEY, lie=Forgery(header_edit=lambda header: {"alg": "RS256"}))
    find_key = finder(KEY, signing_key("RS256", 1))

    with pytest.raises(KeySetError) as refused:
        verify_token(token, find_key=find_key)

    assert refused.value.code == "jwks.ambiguous"


def test_a_token_whose_kid_nobody_publishes_is_refused():
    token = write_jwt(good_claims(), signing_key("RS256", 1))

    with pytest.raises(IDTokenError) as refused:
        verify_token(token)

    assert refused.value.code == "id_token.key_unknown"


REFUSED = [
    pytest.param(without(good_claims(), "iss"), "iss", id="iss missing"),
    pytest.param(good_claims(iss=None), "iss", id="iss null"),
    pytest.param(good_claims(iss=""), "iss", id="iss empty"),
    pytest.param(good_claims(iss="https://evil.example"), "iss", id="iss of another provider"),
    pytest.param(good_claims(iss=ISSUER + "/"), "iss", id="iss with a slash more"),
    pytest.param(good_claims(iss=ISSUER.upper()), "iss", id="iss in another case"),
    pytest.param(good_claims(iss=ISSUER[:-1]), "iss", id="iss cut short"),
    pytest.param(good_claims(iss=[ISSUER]), "iss", id="iss a list"),
    pytest.param(without(good_claims(), "sub"), "sub", id="sub missing"),
    pytest.param(good_claims(sub=None), "sub", id="sub null"),
    pytest.param(good_claims(sub=""), "sub", id="sub empty"),
    pytest.param(good_claims(sub=12345), "sub", id="sub a number"),
    pytest.param(good_claims(sub=True), "sub", id="sub a boolean"),
    pytest.param(good_claims(sub=["x"]), "sub", id="sub a list"),
    pytest.param(good_claims(sub={"x": 1}), "sub", id="sub an object"),
    pytest.param(good_claims(sub="x" * 256), "sub", id="sub of 256 characters"),
    pytest.param(good_claims(sub="a\x00"), "sub", id="sub with NUL"),
    pytest.param(good_claims(sub="a\nb"), "sub", id="sub with a line end"),
    pytest.param(good_claims(sub="\x1fa"), "sub", id="sub with the last control character"),
    pytest.param(good_claims(sub="a\ud800"), "sub", id="sub with the first half of a pair"),
    pytest.param(good_claims(sub="\udfffa"), "sub", id="sub with the second half of a pair"),
    pytest.param(without(good_claims(), "aud"), "aud", id="aud missing"),
    pytest.param(good_claims(aud=None), "aud", id="aud null"),
    pytest.param(good_claims(aud=""), "aud", id="aud empty"),
    pytest.param(good_claims(aud=[]), "aud", id="aud an empty list"),
    pytest.param(good_claims(aud="other"), "aud", id="aud of another client"),
    pytest.param(good_claims(aud=["other"]), "aud", id="aud a list of another client"),
    pytest.param(good_claims(aud=CLIENT_ID + "x"), "aud", id="aud longer than ours"),
    pytest.param(good_claims(aud=f"other {CLIENT_ID}"), "aud", id="aud with ours inside"),
    pytest.param(good_claims(aud=CLIENT_ID.upper()), "aud", id="aud in another case"),
    pytest.param(good_claims(aud={CLIENT_ID: 1}), "aud", id="aud an object"),
    pytest.param(good_claims(aud=[[CLIENT_ID]]), "aud", id="aud a list in a list"),
    pytest.param(good_claims(aud=7), "aud", id="aud a number"),
    pytest.param(good_claims(azp="other"), "azp", id="azp of another client"),
    pytest.param(good_claims(azp=""), "azp", id="azp empty"),
    pytest.param(good_claims(azp=[CLIENT_ID]), "azp", id="azp a list"),
    pytest.param(good_claims(azp=False), "azp", id="azp a boolean"),
    pytest.param(good_claims(aud=["other", CLIENT_ID]), "azp", id="aud of several without azp"),
    pytest.param(good_claims(aud=[CLIENT_ID, "x"], azp=None), "azp", id="aud of several, azp null"),
    pytest.param(good_claims(aud=[CLIENT_ID, "x"], azp="x"), "azp", id="aud of several, azp other"),
    pytest.param(without(good_claims(), "nonce"), "nonce", id="nonce missing"),
    pytest.param(good_claims(nonce=None), "nonce", id="nonce null"),
    pytest.param(good_claims(nonce=""), "nonce", id="nonce empty"),
    pytest.param(good_claims(nonce="other"), "nonce", id="nonce of another login"),
    pytest.param(good_claims(nonce=NONCE.upper()), "nonce", id="nonce in another case"),
    pytest.param(good_claims(nonce=NONCE + "x"), "nonce", id="nonce longer than ours"),
    pytest.param(good_claims(nonce=[NONCE]), "nonce", id="nonce a list"),
    pytest.param(good_claims(nonce=0), "nonce", id="nonce a number"),
    pytest.param(good_claims(nonce="\ud800é"), "nonce", id="nonce that is no Unicode"),
]


@pytest.mark.parametrize(("claims", "reason"), REFUSED)
def test_a_token_that_breaks_one_rule_is_refused_for_that_rule(claims, reason):
    with pytest.raises(IDTokenError) as refused:
        verify_claims(claims)

    assert refused.value.code == f"id_token.{reason}"


@pytest.mark.parametrize(
    ("lie", "reason"),
    [
        pytest.param({"sign_with": "nobody"}, "signature", id="no signature"),
        pytest.param(
            {"header_edit": lambda header: {**header, "alg": "none"}, "sign_with": "nobody"},
            "alg",
            id="alg none",
        ),
        pytest.param(
            {"header_edit": lambda header: {**header, "typ": "at+jwt"}}, "typ", id="access token"
        ),
        pytest.param(
            {"header_edit": lambda header: {**header, "typ": "logout+jwt"}},
            "typ",
            id="logout token",
        ),
        pytest.param({"token_edit": lambda token: token + "\n"}, "framing", id="framing"),
        pytest.param({"claims_edit": lambda claims: b"[]"}, "json", id="claims a list"),
    ],
)
def test_a_token_that_is_no_signed_id_token_is_refused(lie, reason):
    with pytest.raises(IDTokenError) as refused:
        verify_claims(good_claims(), **lie)

    assert refused.value.code == f"id_token.{reason}"


def test_an_empty_text_is_no_id_token():
    with pytest.raises(IDTokenError) as refused:
        verify_token("")

    assert refused.value.code == "id_token.framing"


def test_the_claims_about_the_token_itself_are_these():
    assert set(PROTOCOL_CLAIMS) == {
        "acr", "amr", "at_hash", "aud", "auth_time", "azp", "c_hash", "client_id", "cnf",
        "event_id", "events", "exp", "iat", "iss", "jti", "nbf", "nonce", "origin_jti", "rat",
        "s_hash", "scope", "scp", "session_state", "sid", "sub", "token_use", "typ",
    }  # fmt: skip


def test_the_subject_is_read_from_any_claims():
    assert subject_of({"sub": SUBJECT}, error=IDTokenError) == SUBJECT


def test_nothing_secret_shows_in_an_id_token():
    token = write_jwt(good_claims(email="person@example.com"), KEY)

    shown = repr(verify_token(token))

    assert SUBJECT in shown
    assert token not in shown
    assert "person@example.com" not in shown


def test_nothing_secret_shows_in_what_is_expected():
    shown = repr(
        Expected(
            issuer=ISSUER,
            client_id=CLIENT_ID,
            algorithm="RS256",
            nonce="the nonce",
            access_token="the access token",
            code="the code",
            state="the state",
        )
    )

    assert CLIENT_ID in shown
    assert "the nonce" not in shown
    assert "the access token" not in shown
    assert "the code" not in shown
    assert "the state" not in shown
