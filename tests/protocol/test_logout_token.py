"""The logout token: what ends a session here, and each rule that refuses for its own reason."""

import pytest

from django_genauth.protocol.errors import LogoutTokenError
from django_genauth.protocol.logout import verify_logout_token
from tests.protocol.material import (
    CLIENT_ID,
    ISSUER,
    NOW,
    SUBJECT,
    finder,
    good_claims,
    signing_key,
    without,
)
from tests.support.provider.tokens import Forgery, write_jwt

KEY = signing_key("RS256")
EVENT = "http://schemas.openid.net/event/backchannel-logout"


def claims_with(**changes):
    good = {
        "iss": ISSUER,
        "aud": CLIENT_ID,
        "iat": NOW,
        "exp": NOW + 120,
        "jti": "the-token",
        "events": {EVENT: {}},
        "sub": SUBJECT,
        "sid": "the-session",
    }
    return good | changes


def verified(claims, *, key=KEY, typ="logout+jwt", now=NOW, **lie):
    return verify_logout_token(
        write_jwt(claims, key, typ=typ, lie=Forgery(**lie)),
        algorithm="RS256",
        find_key=finder(KEY),
        issuer=ISSUER,
        client_id=CLIENT_ID,
        now=now,
        leeway=30,
    )


def code_of(claims, **changes):
    with pytest.raises(LogoutTokenError) as caught:
        verified(claims, **changes)
    return caught.value.code


def test_a_good_one_says_whose_session_ends():
    token = verified(claims_with())

    assert (token.issuer, token.subject, token.session_id) == (ISSUER, SUBJECT, "the-session")
    assert (token.jti, token.expires_at) == ("the-token", NOW + 120)


@pytest.mark.parametrize(
    ("claims", "named"),
    [
        pytest.param(without(claims_with(), "sid"), (SUBJECT, None), id="sub-alone"),
        pytest.param(without(claims_with(), "sub"), (None, "the-session"), id="sid-alone"),
        pytest.param(claims_with(sid=None), (SUBJECT, None), id="sid-null"),
        pytest.param(claims_with(sub=None), (None, "the-session"), id="sub-null"),
        pytest.param(
            claims_with(events={EVENT: {"a": 1}, "other": {}}),
            (SUBJECT, "the-session"),
            id="more-events",
        ),
        pytest.param(claims_with(aud=[CLIENT_ID]), (SUBJECT, "the-session"), id="aud-a-list"),
        pytest.param(claims_with(iat=NOW + 30), (SUBJECT, "the-session"), id="iat-in-the-leeway"),
        pytest.param(claims_with(exp=NOW - 30), (SUBJECT, "the-session"), id="exp-in-the-leeway"),
    ],
)
def test_what_the_specification_leaves_open_is_accepted(claims, named):
    token = verified(claims)

    assert (token.subject, token.session_id) == named


@pytest.mark.parametrize(
    "token",
    [
        pytest.param({"sub": None}, id="Ory Hydra 2.3.0"),
        pytest.param({"aud": [CLIENT_ID], "sid": "the-session"}, id="Glewlwyd 2.7.5"),
    ],
)
@pytest.mark.parametrize("age", [0, 150], ids=["fresh", "two minutes and the leeway old"])
def test_a_token_without_exp_is_good_for_two_minutes_after_its_iat(token, age):
    claims = without(claims_with(iat=NOW - age, **token), "exp")

    read = verified(claims, typ="JWT")

    assert read.expires_at == NOW - age + 120


@pytest.mark.parametrize(
    ("events", "revokes"),
    [
        pytest.param({EVENT: {}, "revoke_offline_access": True}, True, id="Keycloak"),
        pytest.param({EVENT: {}, "revoke_offline_access": False}, False, id="false"),
        pytest.param({EVENT: {}, "revoke_offline_access": "true"}, False, id="text"),
        pytest.param({EVENT: {"revoke_offline_access": True}}, False, id="within-the-event"),
        pytest.param({EVENT: {}}, False, id="missing"),
    ],
)
def test_the_end_of_offline_access_is_told(events, revokes):
    assert verified(claims_with(events=events)).revoke_offline_access is revokes


@pytest.mark.parametrize("typ", ["logout+jwt", "application/logout+jwt", "JWT", None])
def test_each_type_that_it_may_have_is_accepted(typ):
    assert verified(claims_with(), typ=typ).jti == "the-token"


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        pytest.param(claims_with(iss="https://evil.example"), "iss", id="iss-another"),
        pytest.param(without(claims_with(), "iss"), "iss", id="iss-missing"),
        pytest.param(claims_with(aud="another"), "aud", id="aud-another"),
        pytest.param(without(claims_with(), "aud"), "aud", id="aud-missing"),
        pytest.param(claims_with(iat=NOW + 31), "iat", id="iat-ahead"),
        pytest.param(without(claims_with(), "iat"), "iat", id="iat-missing"),
        pytest.param(claims_with(exp=NOW - 31), "exp", id="exp-past"),
        pytest.param(claims_with(exp=None), "exp", id="exp-null"),
        pytest.param(without(claims_with(iat=NOW - 151), "exp"), "exp", id="exp-missing-and-old"),
        pytest.param(without(claims_with(iat="now"), "exp"), "iat", id="exp-missing-iat-as-text"),
        pytest.param(claims_with(nbf=NOW + 31), "nbf", id="nbf-ahead"),
        pytest.param(without(claims_with(), "events"), "events", id="events-missing"),
        pytest.param(claims_with(events=[EVENT]), "events", id="events-a-list"),
        pytest.param(claims_with(events={"other": {}}), "events", id="events-another"),
        pytest.param(claims_with(events={EVENT: True}), "events", id="event-no-object"),
        pytest.param(claims_with(nonce="n"), "nonce", id="nonce"),
        pytest.param(claims_with(nonce=None), "nonce", id="nonce-null"),
        pytest.param(without(claims_with(), "jti"), "jti", id="jti-missing"),
        pytest.param(claims_with(jti=""), "jti", id="jti-empty"),
        pytest.param(claims_with(jti=5), "jti", id="jti-a-number"),
        pytest.param(claims_with(sid=""), "sid", id="sid-empty"),
        pytest.param(claims_with(sid="x" * 256), "sid", id="sid-too-long"),
        pytest.param(claims_with(sid=["a"]), "sid", id="sid-a-list"),
        pytest.param(claims_with(sid="a\0"), "sid", id="sid-with-nul"),
        pytest.param(claims_with(sub=""), "sub", id="sub-empty"),
        pytest.param(claims_with(sub="x" * 256), "sub", id="sub-too-long"),
        pytest.param(claims_with(sub=None, sid=None), "sub_or_sid", id="neither"),
        pytest.param(good_claims(), "events", id="an-id-token"),
    ],
)
def test_each_rule_refuses_for_its_own_reason(claims, reason):
    assert code_of(claims) == f"logout_token.{reason}"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({"header_edit": lambda header: header | {"alg": "none"}}, "alg", id="none"),
        pytest.param({"key": signing_key("HS256")}, "alg", id="another-algorithm"),
        pytest.param({"sign_with": "nobody"}, "signature", id="no-signature"),
        pytest.param(
            {
                "sign_with": signing_key("RS256", 9),
                "header_edit": lambda header: header | {"kid": KEY.kid},
            },
            "signature",
            id="another-key",
        ),
        pytest.param({"typ": "at+jwt"}, "typ", id="an-access-token"),
        pytest.param({"token_edit": lambda token: token + ".a"}, "framing", id="four-segments"),
    ],
)
def test_what_is_no_token_of_the_providers_is_refused(changes, reason):
    assert code_of(claims_with(), **changes) == f"logout_token.{reason}"
