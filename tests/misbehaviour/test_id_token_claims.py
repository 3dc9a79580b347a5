"""What an ID token says (OIDC Core 2, 3.1.3.7, 3.1.3.8)."""

import time

import pytest

from tests.misbehaviour.forgeries import claim, with_members
from tests.support.site.visitor import Visitor

pytestmark = pytest.mark.django_db

HOUR = 3_600
NOW = time.time()


def made_of(name, change, id):
    """Return a row: a claim that is made of the honest one."""
    edit = {"claims_edit": lambda honest: honest | {name: change(honest[name])}}
    return pytest.param(edit, f"id_token.{name}", id=id)


def null(name):
    edit = {"claims_edit": lambda honest: honest | {name: None}}
    return pytest.param(edit, f"id_token.{name}", id=f"null for {name}")


@pytest.mark.parametrize(
    ("forgery", "code"),
    [
        claim("iss", "https://evil.example", "wrong iss"),
        claim("iss", None, "no iss"),
        claim("iss", "", "an empty iss"),
        null("iss"),
        made_of("iss", lambda iss: iss + "/", "a slash more"),
        made_of("iss", lambda iss: iss.upper(), "an iss in capital letters"),
        made_of("iss", lambda iss: iss.replace("http:", "https:"), "another scheme"),
        made_of("iss", lambda iss: [iss], "an iss in a list"),
        made_of("iss", lambda iss: f"{iss}#", "a fragment more"),
        made_of("iss", lambda iss: f"{iss}\x00", "NUL behind the iss"),
        claim("aud", "other", "wrong aud"),
        claim("aud", None, "no aud"),
        claim("aud", "", "an empty aud"),
        claim("aud", [], "a list of no aud"),
        claim("aud", {"a": 1}, "an object for an aud"),
        claim("aud", True, "a boolean for an aud"),
        null("aud"),
        made_of("aud", lambda aud: [[aud]], "a list in a list"),
        made_of("aud", lambda aud: {aud: aud}, "an object of us"),
        made_of("aud", lambda aud: aud.upper(), "an aud in capital letters"),
        made_of("aud", lambda aud: f"{aud} other", "two audiences in a text"),
        made_of("aud", lambda aud: f"x{aud}x", "us within a text"),
        claim("azp", "other", "wrong azp"),
        claim("azp", "", "an empty azp"),
        claim("azp", ["other"], "a list for an azp"),
        pytest.param(
            {"claims_edit": lambda honest: honest | {"aud": [honest["aud"], "other"]}},
            "id_token.azp",
            id="several audiences and no azp",
        ),
        claim("exp", NOW - HOUR, "expired"),
        claim("exp", 0, "expired in 1970"),
        claim("exp", -1, "expired before all time"),
        claim("exp", None, "no exp"),
        claim("exp", "9999999999", "exp as text"),
        claim("exp", True, "exp as a boolean"),
        claim("exp", [NOW + HOUR], "exp in a list"),
        claim("exp", 10**400, "exp beyond all time"),
        claim("exp", 253_402_300_800, "exp in the year 10000"),
        null("exp"),
        claim("iat", None, "no iat"),
        claim("iat", NOW + 24 * HOUR, "iat a day ahead"),
        made_of("iat", lambda iat: iat + 120, "iat two minutes ahead"),
        claim("iat", NOW - 3 * HOUR, "iat hours old"),
        claim("iat", 0, "iat of 1970"),
        claim("iat", "now", "iat as text"),
        null("iat"),
        claim("nbf", NOW + HOUR, "nbf ahead"),
        claim("nbf", "soon", "nbf as text"),
        claim("nbf", [], "nbf in a list"),
        claim("nonce", "other", "wrong nonce"),
        claim("nonce", None, "no nonce"),
        claim("nonce", "", "an empty nonce"),
        null("nonce"),
        made_of("nonce", lambda nonce: [nonce], "nonce in a list"),
        made_of("nonce", lambda nonce: nonce.swapcase(), "nonce in other letters"),
        made_of("nonce", lambda nonce: nonce[:-1], "nonce cut short"),
        made_of("nonce", lambda nonce: f"{nonce} ", "a space behind the nonce"),
        claim("nonce", "\ud800", "half a surrogate pair for a nonce"),
        claim("sub", None, "no sub"),
        claim("sub", "", "an empty sub"),
        claim("sub", 7, "a number for a sub"),
        claim("sub", True, "a boolean for a sub"),
        claim("sub", ["user-1"], "a list for a sub"),
        claim("sub", {"id": "user-1"}, "an object for a sub"),
        null("sub"),
        claim("sub", "a" * 256, "a sub too long"),
        claim("sub", "a\x00b", "NUL in a sub"),
        claim("sub", "a\r\nb", "a line end in a sub"),
        claim("sub", "\ud800", "half a surrogate pair for a sub"),
        claim("at_hash", "AAAA", "wrong at_hash"),
        claim("at_hash", "", "an empty at_hash"),
        claim("at_hash", 7, "a number for an at_hash"),
        null("at_hash"),
        made_of("at_hash", lambda digest: f"{digest}=", "padding behind the at_hash"),
        made_of("at_hash", lambda digest: digest.swapcase(), "other letters in the at_hash"),
    ],
)
def test_a_claim_that_does_not_hold_is_refused(visitor, provider, is_refused, forgery, code):
    provider.forge("id_token", **forgery)

    response = visitor.sign_in()

    is_refused(response, 502, code, asked="discovery token jwks")


@pytest.mark.parametrize(
    "forgery",
    [
        pytest.param({"claims_edit": lambda c: c | {"aud": [c["aud"]]}}, id="aud in a list"),
        pytest.param(
            {"claims_edit": lambda c: c | {"aud": [c["aud"], "b"], "azp": c["aud"]}},
            id="several audiences and azp",
        ),
        pytest.param({"claims_edit": lambda c: c | {"azp": c["aud"]}}, id="one aud and azp"),
        pytest.param({"claims_edit": with_members(at_hash=None)}, id="no at_hash"),
        pytest.param({"claims_edit": with_members(exp=NOW + HOUR + 0.5)}, id="exp as a float"),
        pytest.param({"claims_edit": lambda c: c | {"iat": time.time() + 29}}, id="a clock ahead"),
        pytest.param({"claims_edit": lambda c: c | {"exp": time.time() - 28}}, id="a clock behind"),
        pytest.param({"claims_edit": lambda c: c | {"nbf": time.time() + 29}}, id="nbf in skew"),
        pytest.param({"claims_edit": with_members(sub="a" * 255)}, id="the longest sub"),
        pytest.param({"claims_edit": with_members(sub="张伟🙂")}, id="a sub in any script"),
        pytest.param({"claims_edit": with_members(new={"a": [None]})}, id="an unknown claim"),
    ],
)
def test_what_a_specification_leaves_open_is_accepted(visitor, provider, forgery):
    provider.forge("id_token", **forgery)

    visitor.sign_in()

    assert visitor.is_signed_in


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("AbC", "abc", id="case"),
        pytest.param("a", "a ", id="a space behind"),
        pytest.param("a", " a", id="a space before"),
        pytest.param("é", "e", id="an accent"),
        pytest.param("é", "e\u0301", id="composed and decomposed"),
        pytest.param("ß", "ss", id="a letter and its two"),
        pytest.param("\u0131", "i", id="a dot"),
        pytest.param("\uff41", "a", id="full width"),
        pytest.param("a\u200b", "a", id="a space of no width"),
        pytest.param("\u0430", "a", id="a letter of another script"),
        pytest.param("1", "01", id="a number"),
        pytest.param("a" * 255, "a" * 254, id="the last of 255"),
        pytest.param("null", "None", id="words for nothing"),
    ],
)
def test_two_people_whose_subjects_look_alike_share_no_account(visitor, provider, one, other):
    visitor.sign_in(sub=one)
    second = Visitor(provider)

    second.sign_in(sub=other)

    assert visitor.client.session["_auth_user_id"] != second.client.session["_auth_user_id"]
