"""An ID token's times, to the second, and its at_hash."""

import pytest

from django_genauth.protocol.errors import IDTokenError
from django_genauth.protocol.id_token import Expected, verify
from tests.protocol.material import (
    ALGORITHMS,
    CLIENT_ID,
    ISSUER,
    NONCE,
    NOW,
    SUBJECT,
    always,
    good_claims,
    signing_key,
    verifying_key,
    without,
)
from tests.support.provider.tokens import left_half_hash, write_jwt

DAY = 86_400
ACCESS_TOKEN = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"


def verify_claims(claims, *, algorithm="RS256", now=NOW, **expected):
    key = signing_key(algorithm)
    values = {"issuer": ISSUER, "client_id": CLIENT_ID, "algorithm": algorithm, "nonce": NONCE}
    return verify(
        write_jwt(claims, key),
        find_key=always(verifying_key(key)),
        expected=Expected(**(values | expected)),
        now=now,
    )


@pytest.mark.parametrize(
    "claims",
    [
        pytest.param(good_claims(exp=NOW), id="expiring now"),
        pytest.param(good_claims(exp=NOW - 30), id="expired 30 seconds ago"),
        pytest.param(good_claims(exp=NOW + 0.5), id="exp with a fraction"),
        pytest.param(good_claims(exp=float(NOW + 60)), id="exp a float"),
        pytest.param(good_claims(exp=253_402_300_799), id="exp in the year 9999"),
        pytest.param(good_claims(exp=1.9e9), id="exp in scientific notation"),
        pytest.param(good_claims(iat=NOW + 30), id="issued in 30 seconds"),
        pytest.param(good_claims(iat=NOW - 630), id="issued ten minutes and 30 seconds ago"),
        pytest.param(good_claims(iat=NOW - 0.25), id="iat with a fraction"),
        pytest.param(good_claims(nbf=NOW), id="valid from now"),
        pytest.param(good_claims(nbf=NOW + 30), id="valid in 30 seconds"),
        pytest.param(good_claims(nbf=0), id="valid since 1970"),
    ],
)
def test_a_token_in_its_time_is_accepted_within_30_seconds_of_skew(claims):
    assert verify_claims(claims).subject == SUBJECT


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        pytest.param(without(good_claims(), "exp"), "exp", id="exp missing"),
        pytest.param(good_claims(exp=NOW - 31), "exp", id="expired 31 seconds ago"),
        pytest.param(good_claims(exp=NOW - 30.5), "exp", id="expired half a second more"),
        pytest.param(good_claims(exp=NOW - DAY), "exp", id="expired a day ago"),
        pytest.param(good_claims(exp=0), "exp", id="exp zero"),
        pytest.param(good_claims(exp=None), "exp", id="exp null"),
        pytest.param(good_claims(exp=str(NOW + 60)), "exp", id="exp text"),
        pytest.param(good_claims(exp=True), "exp", id="exp a boolean"),
        pytest.param(good_claims(exp=[NOW + 60]), "exp", id="exp a list"),
        pytest.param(good_claims(exp=-1), "exp", id="exp negative"),
        pytest.param(good_claims(exp=253_402_300_800), "exp", id="exp in the year 10000"),
        pytest.param(good_claims(exp=1e300), "exp", id="exp a huge float"),
        pytest.param(good_claims(exp=10**4000), "exp", id="exp of 4,000 digits"),
        pytest.param(without(good_claims(), "iat"), "iat", id="iat missing"),
        pytest.param(good_claims(iat=NOW + 31), "iat", id="issued in 31 seconds"),
        pytest.param(good_claims(iat=NOW + DAY), "iat", id="issued a day ahead"),
        pytest.param(good_claims(iat=NOW - 631), "iat", id="issued a second too long ago"),
        pytest.param(good_claims(iat=NOW - 7200), "iat", id="issued hours ago"),
        pytest.param(good_claims(iat=0), "iat", id="iat zero"),
        pytest.param(good_claims(iat=None), "iat", id="iat null"),
        pytest.param(good_claims(iat=str(NOW)), "iat", id="iat text"),
        pytest.param(good_claims(iat=False), "iat", id="iat a boolean"),
        pytest.param(good_claims(iat={}), "iat", id="iat an object"),
        pytest.param(good_claims(iat=-(10**4000)), "iat", id="iat of 4,000 digits"),
        pytest.param(good_claims(nbf=NOW + 31), "nbf", id="valid in 31 seconds"),
        pytest.param(good_claims(nbf=NOW + DAY), "nbf", id="valid in a day"),
        pytest.param(good_claims(nbf=None), "nbf", id="nbf null"),
        pytest.param(good_claims(nbf=str(NOW)), "nbf", id="nbf text"),
        pytest.param(good_claims(nbf=True), "nbf", id="nbf a boolean"),
        pytest.param(good_claims(nbf=-1), "nbf", id="nbf negative"),
        pytest.param(good_claims(nbf=1e300), "nbf", id="nbf a huge float"),
    ],
)
def test_a_token_out_of_its_time_is_refused(claims, reason):
    with pytest.raises(IDTokenError) as refused:
        verify_claims(claims)

    assert refused.value.code == f"id_token.{reason}"


def test_the_leeway_is_the_callers():
    assert verify_claims(good_claims(exp=NOW - 300), leeway=300).subject == SUBJECT


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        pytest.param(good_claims(exp=NOW - 1), "exp", id="expired a second ago"),
        pytest.param(good_claims(iat=NOW + 1), "iat", id="issued in a second"),
        pytest.param(good_claims(iat=NOW - 601), "iat", id="issued ten minutes and a second ago"),
        pytest.param(good_claims(nbf=NOW + 1), "nbf", id="valid in a second"),
    ],
)
def test_without_leeway_every_second_counts(claims, reason):
    with pytest.raises(IDTokenError) as refused:
        verify_claims(claims, leeway=0)

    assert refused.value.code == f"id_token.{reason}"


def test_the_clock_may_tell_fractions():
    assert verify_claims(good_claims(exp=NOW), now=NOW + 29.9).subject == SUBJECT


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_at_hash_of_the_access_token_is_accepted(algorithm):
    claims = good_claims(at_hash=left_half_hash(ACCESS_TOKEN, algorithm))

    id_token = verify_claims(claims, algorithm=algorithm, access_token=ACCESS_TOKEN)

    assert id_token.subject == SUBJECT


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_at_hash_of_another_access_token_is_refused(algorithm):
    claims = good_claims(at_hash=left_half_hash("another", algorithm))

    with pytest.raises(IDTokenError) as refused:
        verify_claims(claims, algorithm=algorithm, access_token=ACCESS_TOKEN)

    assert refused.value.code == "id_token.at_hash"


@pytest.mark.parametrize(
    "at_hash",
    [
        pytest.param("", id="empty"),
        pytest.param(None, id="null"),
        pytest.param(5, id="a number"),
        pytest.param(["77QmUPtjPfzWtF2AnpK9RQ"], id="a list"),
        pytest.param("77QmUPtjPfzWtF2AnpK9RQ==", id="padded"),
        pytest.param("77QmUPtjPfzWtF2AnpK9R", id="cut short"),
        pytest.param("77qmuptjpfzwtf2anpk9rq", id="in another case"),
        pytest.param(left_half_hash(ACCESS_TOKEN, "RS512"), id="with another algorithm's hash"),
        pytest.param("\ud800", id="half of a surrogate pair"),
    ],
)
def test_an_at_hash_that_is_not_the_access_tokens_is_refused(at_hash):
    with pytest.raises(IDTokenError) as refused:
        verify_claims(good_claims(at_hash=at_hash), access_token=ACCESS_TOKEN)

    assert refused.value.code == "id_token.at_hash"


def test_a_token_without_an_at_hash_is_accepted():
    assert verify_claims(good_claims(), access_token=ACCESS_TOKEN).subject == SUBJECT


def test_an_at_hash_is_not_looked_at_where_no_access_token_is_at_hand():
    assert verify_claims(good_claims(at_hash="of some token")).subject == SUBJECT
