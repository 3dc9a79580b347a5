"""Whatever a token holds: it is read or refused, and it is shown in neither case."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_genauth.protocol.errors import GenAuthError, IDTokenError
from django_genauth.protocol.id_token import PROTOCOL_CLAIMS, Expected, verify
from django_genauth.protocol.jws import verified_claims
from django_genauth.protocol.messages import HttpResponse
from django_genauth.protocol.userinfo import merged, parse_userinfo
from tests.protocol.material import (
    CLIENT_ID,
    ISSUER,
    NONCE,
    NOW,
    SUBJECT,
    all_that_a_refusal_shows,
    all_that_shows,
    always,
    finder,
    good_claims,
    signing_key,
    verifying_key,
    without,
)
from tests.protocol.strategies import (
    HIDDEN,
    bodies,
    changes,
    honest_values,
    hostile,
    numbers,
    texts,
)
from tests.support.provider.keys import base64url
from tests.support.provider.tokens import Forgery, write_jwt

SECRET_KEY = signing_key("HS256")
FIND_SECRET = always(verifying_key(SECRET_KEY))
ACCESS_TOKEN = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
GOOD_TOKEN = write_jwt(good_claims(), SECRET_KEY)
RSA_TOKEN = write_jwt(good_claims(), signing_key("RS256"))
FIND_RSA = finder(signing_key("RS256"))


def verify_token(token, *, algorithm="HS256", find_key=FIND_SECRET):
    expected = Expected(
        issuer=ISSUER,
        client_id=CLIENT_ID,
        algorithm=algorithm,
        nonce=NONCE,
        access_token=ACCESS_TOKEN,
    )
    return verify(token, find_key=find_key, expected=expected, now=NOW)


def segments_of(token):
    return [segment for segment in token.split(".") if len(segment) > 12]


@hostile
@given(changes(PROTOCOL_CLAIMS))
def test_any_signed_claims(changed):
    token = write_jwt(good_claims() | changed, SECRET_KEY)

    shown = all_that_shows(lambda: verify_token(token))

    assert not [segment for segment in segments_of(token) if segment in shown]


@hostile
@given(bodies)
def test_any_signed_octets(octets):
    token = write_jwt({}, SECRET_KEY, lie=Forgery(claims_edit=lambda claims: octets))

    shown = all_that_a_refusal_shows(lambda: verify_token(token))

    assert HIDDEN not in shown


@hostile
@given(changes(["alg", "typ", "kid", "crit", "jwk", "jku", "x5c", "x5u", "cty", "b64"]))
def test_any_header(changed):
    token = write_jwt(
        good_claims(),
        signing_key("RS256"),
        lie=Forgery(header_edit=lambda header: header | changed),
    )

    shown = all_that_shows(lambda: verify_token(token, algorithm="RS256", find_key=FIND_RSA))

    assert HIDDEN not in shown
    assert not [segment for segment in segments_of(token) if segment in shown]


@hostile
@given(st.lists(bodies, max_size=6))
def test_any_segments(segments):
    token = ".".join(base64url(segment) for segment in segments)

    with pytest.raises(GenAuthError):
        verify_token(token)


@hostile
@given(texts, st.sampled_from(["", ".", "..", "...", "....", GOOD_TOKEN]), texts)
def test_any_text(before, between, after):
    token = f"{before}{HIDDEN}{between}{after}"

    shown = all_that_shows(lambda: verify_token(token))

    assert "id_token." in shown
    assert HIDDEN not in shown


@hostile
@given(st.sampled_from(list(enumerate(RSA_TOKEN))), st.sampled_from(ALPHABET + ".=+ \n"))
def test_a_good_token_with_one_character_changed_is_refused_unless_it_is_the_same(place, other):
    position, character = place
    token = RSA_TOKEN[:position] + other + RSA_TOKEN[position + 1 :]

    refused = all_that_a_refusal_shows(
        lambda: verify_token(token, algorithm="RS256", find_key=FIND_RSA)
    )

    assert bool(refused) is (other != character)


@hostile
@given(st.integers(0, len(RSA_TOKEN)), st.sampled_from(ALPHABET + ".=+ \n"))
def test_a_good_token_with_one_character_more_is_refused(position, other):
    token = RSA_TOKEN[:position] + other + RSA_TOKEN[position:]

    with pytest.raises(IDTokenError):
        verify_token(token, algorithm="RS256", find_key=FIND_RSA)


@hostile
@given(st.dictionaries(st.text(), honest_values, max_size=4))
def test_whatever_else_the_claims_say_of_the_person_is_handed_on(said):
    person = {name: value for name, value in said.items() if name not in PROTOCOL_CLAIMS}
    token = write_jwt(person | good_claims(), SECRET_KEY)

    assert verify_token(token).claims == person | good_claims()


@hostile
@given(numbers, numbers)
def test_times_of_any_size(expires, issued):
    token = write_jwt(good_claims(exp=expires, iat=issued), SECRET_KEY)

    shown = all_that_shows(lambda: verify_token(token))

    assert "IdToken(" in shown or "id_token." in shown


@hostile
@given(texts)
def test_any_subject_is_taken_as_it_is_or_refused(subject):
    token = write_jwt(good_claims(sub=subject), SECRET_KEY)

    refused = all_that_a_refusal_shows(lambda: verify_token(token))

    assert refused == "" or "id_token.sub" in refused


@hostile
@given(st.text(st.characters(codec="ascii", min_codepoint=0x21), min_size=1), texts)
def test_any_access_token_and_any_at_hash(access_token, at_hash):
    token = write_jwt(good_claims(at_hash=f"{HIDDEN}{at_hash}"), SECRET_KEY)
    expected = Expected(
        issuer=ISSUER,
        client_id=CLIENT_ID,
        algorithm="HS256",
        access_token=access_token + HIDDEN,
    )

    shown = all_that_shows(lambda: verify(token, find_key=FIND_SECRET, expected=expected, now=NOW))

    assert "id_token.at_hash" in shown
    assert HIDDEN not in shown


@hostile
@given(changes(["iss", "aud", "sub", "exp", "nbf", "iat"]), st.sampled_from(["JWT", "at+jwt"]))
def test_any_signed_answer_of_the_userinfo_endpoint(changed, typ):
    body = write_jwt({"sub": SUBJECT} | changed, SECRET_KEY, typ=typ).encode()
    response = HttpResponse(status=200, headers={"content-type": "application/jwt"}, body=body)

    shown = all_that_a_refusal_shows(
        lambda: parse_userinfo(
            response,
            issuer=ISSUER,
            client_id=CLIENT_ID,
            algorithm="HS256",
            find_key=FIND_SECRET,
            now=NOW,
            leeway=30,
        )
    )

    assert HIDDEN not in shown


@hostile
@given(changes(["sub", "email", "email_verified", "iss", "nonce"]))
def test_any_userinfo_leaves_the_id_token_what_it_is(said):
    id_token = verify_token(GOOD_TOKEN)

    after = merged(id_token, without(said, "sub") | {"sub": SUBJECT})

    assert {name: after.claims[name] for name in good_claims()} == good_claims()


@hostile
@given(texts, st.sampled_from(["HS256", "RS256", "ES256", "EdDSA"]))
def test_any_key_id(kid, algorithm):
    token = write_jwt(
        good_claims(),
        signing_key(algorithm),
        lie=Forgery(header_edit=lambda header: header | {"kid": f"{HIDDEN}{kid}"}),
    )

    shown = all_that_shows(
        lambda: verified_claims(
            token,
            algorithms={algorithm},
            find_key=FIND_RSA,
            accepted_types={"jwt"},
            error=IDTokenError,
        )
    )

    assert "id_token.key_unknown" in shown
    assert HIDDEN not in shown
