"""What ties an ID token to what came beside it, and to how the person was asked to sign in."""

import dataclasses

import pytest

from django_genauth.protocol.errors import IDTokenError
from django_genauth.protocol.id_token import Expected, verify
from tests.protocol.material import (
    ALGORITHMS,
    CLIENT_ID,
    ISSUER,
    NOW,
    SUBJECT,
    all_that_a_refusal_shows,
    always,
    good_claims,
    signing_key,
    verifying_key,
    without,
)
from tests.support.provider.tokens import left_half_hash, write_jwt

CODE = "Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk"
ACCESS_TOKEN = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"
STATE = "af0ifjsldkj"
BESIDE = {"code": CODE, "access_token": ACCESS_TOKEN, "state": STATE}
HASH_OF = {"c_hash": "code", "at_hash": "access_token", "s_hash": "state"}


def hashes(algorithm="RS256"):
    return {name: left_half_hash(BESIDE[beside], algorithm) for name, beside in HASH_OF.items()}


def verify_claims(claims, *, algorithm="RS256", **expected):
    key = signing_key(algorithm)
    values = {"issuer": ISSUER, "client_id": CLIENT_ID, "algorithm": algorithm}
    return verify(
        write_jwt(claims, key),
        find_key=always(verifying_key(key)),
        expected=Expected(**(values | expected)),
        now=NOW,
    )


def test_the_c_hash_of_openid_connect_core_a_4():
    assert hashes()["c_hash"] == "LDktKdoQak3Pk0cnXxCltA"


@pytest.mark.parametrize("from_front_channel", [False, True])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_hashes_of_what_came_beside_the_token_are_accepted(algorithm, from_front_channel):
    id_token = verify_claims(
        good_claims(**hashes(algorithm)),
        algorithm=algorithm,
        from_front_channel=from_front_channel,
        **BESIDE,
    )

    assert id_token.subject == SUBJECT


@pytest.mark.parametrize("from_front_channel", [False, True])
@pytest.mark.parametrize("name", HASH_OF)
@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(left_half_hash("another", "RS256"), id="of another"),
        pytest.param("", id="empty"),
        pytest.param(None, id="null"),
        pytest.param(5, id="a number"),
        pytest.param("\ud800", id="half of a surrogate pair"),
    ],
)
def test_the_hash_of_something_else_is_refused(name, wrong, from_front_channel):
    claims = good_claims(**(hashes() | {name: wrong}))

    with pytest.raises(IDTokenError) as refused:
        verify_claims(claims, from_front_channel=from_front_channel, **BESIDE)

    assert refused.value.code == f"id_token.{name}"


@pytest.mark.parametrize("name", ["at_hash", "c_hash"])
def test_a_hash_that_is_missing_in_the_browser_is_refused(name):
    claims = good_claims(**without(hashes(), name))

    with pytest.raises(IDTokenError) as refused:
        verify_claims(claims, from_front_channel=True, **BESIDE)

    assert refused.value.code == f"id_token.{name}"


def test_a_state_needs_no_hash():
    claims = good_claims(**without(hashes(), "s_hash"))

    assert verify_claims(claims, from_front_channel=True, **BESIDE).subject == SUBJECT


def test_no_hash_is_needed_from_the_token_endpoint():
    assert verify_claims(good_claims(), **BESIDE).subject == SUBJECT


def test_no_hash_is_needed_of_what_did_not_come():
    assert verify_claims(good_claims(), from_front_channel=True).subject == SUBJECT


def test_hashes_of_what_did_not_come_are_not_looked_at():
    claims = good_claims(**dict.fromkeys(HASH_OF, "of something"))

    assert verify_claims(claims, from_front_channel=True).subject == SUBJECT


@pytest.mark.parametrize("beside", ["code", "access_token", "state"])
def test_what_came_beside_the_token_is_not_shown(beside):
    claims = good_claims(**dict.fromkeys(HASH_OF, "wrong"))
    came = "hidden" + "-away"

    shown = all_that_a_refusal_shows(lambda: verify_claims(claims, **{beside: came}))

    assert "_hash" in shown
    assert came not in shown


@pytest.mark.parametrize("beside", ["code", "access_token", "state"])
def test_text_that_no_provider_hashes_is_refused(beside):
    claims = good_claims(**hashes())

    with pytest.raises(IDTokenError):
        verify_claims(claims, **{beside: "half of a surrogate pair \ud800"})


@pytest.mark.parametrize("name", ["client_id", "scope", "scp"])
def test_where_no_nonce_is_expected_an_access_token_is_refused(name):
    claims = without(good_claims(), "nonce") | {name: "x"}

    with pytest.raises(IDTokenError) as refused:
        verify_claims(claims, nonce=None)

    assert refused.value.code == "id_token.access_token"


@pytest.mark.parametrize("name", ["client_id", "scope", "scp"])
def test_beside_an_access_token_casdoors_id_token_is_not_guessed_to_be_one(name):
    """A refreshed one has no nonce, and Casdoor's has a scope."""
    claims = without(good_claims(), "nonce") | {name: "x"}

    assert verify_claims(claims, nonce=None, access_token="the access token").subject == SUBJECT


@pytest.mark.parametrize("name", ["nonce", "at_hash", "c_hash", "s_hash"])
def test_a_claim_of_id_tokens_alone_tells_them_apart(name):
    claims = without(good_claims(), "nonce") | {"scope": "openid", name: "x"}

    assert verify_claims(claims, nonce=None).subject == SUBJECT


def test_where_a_nonce_is_expected_it_is_what_an_access_token_lacks():
    claims = without(good_claims(), "nonce") | {"scope": "openid"}

    with pytest.raises(IDTokenError) as refused:
        verify_claims(claims, nonce="n")

    assert refused.value.code == "id_token.nonce"


def test_a_token_that_was_kept_may_be_old():
    claims = good_claims(iat=NOW - 86_400)

    assert verify_claims(claims, just_issued=False).subject == SUBJECT


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        pytest.param(good_claims(iat=NOW + 31), "iat", id="issued ahead"),
        pytest.param(without(good_claims(), "iat"), "iat", id="iat missing"),
        pytest.param(good_claims(exp=NOW - 31), "exp", id="expired"),
    ],
)
def test_a_token_that_was_kept_has_its_time_all_the_same(claims, reason):
    with pytest.raises(IDTokenError) as refused:
        verify_claims(claims, just_issued=False)

    assert refused.value.code == f"id_token.{reason}"


@pytest.mark.parametrize(
    ("max_age", "auth_time"),
    [
        pytest.param(60, NOW, id="now"),
        pytest.param(60, NOW + 30, id="the leeway ahead"),
        pytest.param(None, NOW + 86_400, id="not asked, a day ahead"),
        pytest.param(60, NOW - 90, id="the age and the leeway ago"),
        pytest.param(0, NOW - 30, id="no age, the leeway ago"),
        pytest.param(60, NOW - 0.5, id="a fraction"),
        pytest.param(None, None, id="not asked, null"),
        pytest.param(None, 0, id="not asked, long ago"),
    ],
)
def test_a_fresh_enough_sign_in_is_accepted(max_age, auth_time):
    claims = good_claims(auth_time=auth_time)

    assert verify_claims(claims, max_age=max_age).subject == SUBJECT


@pytest.mark.parametrize(
    "claims",
    [
        pytest.param(good_claims(), id="missing"),
        pytest.param(good_claims(auth_time=None), id="null"),
        pytest.param(good_claims(auth_time=NOW - 91), id="a second too long ago"),
        pytest.param(good_claims(auth_time=0), id="long ago"),
        pytest.param(good_claims(auth_time=NOW + 31), id="a second too far ahead"),
        pytest.param(good_claims(auth_time=253_402_300_799), id="in the year 9999"),
        pytest.param(good_claims(auth_time=str(NOW)), id="text"),
        pytest.param(good_claims(auth_time=True), id="a boolean"),
        pytest.param(good_claims(auth_time=-1), id="negative"),
        pytest.param(good_claims(auth_time=10**4000), id="of 4,000 digits"),
    ],
)
def test_a_sign_in_that_is_not_fresh_enough_is_refused(claims):
    with pytest.raises(IDTokenError) as refused:
        verify_claims(claims, max_age=60)

    assert refused.value.code == "id_token.auth_time"


@pytest.mark.parametrize("acr", ["gold", "silver"])
def test_a_context_that_was_asked_for_is_accepted(acr):
    claims = good_claims(acr=acr)

    assert verify_claims(claims, acr_values=("silver", "gold")).subject == SUBJECT


@pytest.mark.parametrize(
    "claims",
    [
        pytest.param(good_claims(), id="missing"),
        pytest.param(good_claims(acr=None), id="null"),
        pytest.param(good_claims(acr="bronze"), id="another"),
        pytest.param(good_claims(acr="Gold"), id="in another case"),
        pytest.param(good_claims(acr="silver gold"), id="both in one text"),
        pytest.param(good_claims(acr=["gold"]), id="a list"),
        pytest.param(good_claims(acr={"gold": 1}), id="an object"),
    ],
)
def test_another_context_is_refused(claims):
    with pytest.raises(IDTokenError) as refused:
        verify_claims(claims, acr_values=("silver", "gold"))

    assert refused.value.code == "id_token.acr"


def test_a_verified_id_token_does_not_change():
    id_token = verify_claims(good_claims())

    with pytest.raises(dataclasses.FrozenInstanceError):
        id_token.subject = "somebody else"
