"""What a logout token says, and who signed it (Back-Channel Logout 1.0, 2.4 to 2.8).

How it has to be sent stands in `test_logout_views`. A refusal is: the session lives, the answer is
400 and kept nowhere, one line in the log, and nobody is asked anything but for the provider's keys.
"""

import time

import pytest

from django_genauth.models import Grant, LoginSession
from tests.misbehaviour.forgeries import of_segments, with_members
from tests.support.provider.keys import base64url, secret_key, signing_key
from tests.support.signed_in import send

pytestmark = pytest.mark.django_db

HOUR = 3_600
NOW = time.time()
EVENT = "http://schemas.openid.net/event/backchannel-logout"


def claim(name, value, id, *, reason=None):
    """Return a row: a claim that is not as it should be, None for one that is missing."""
    edit = {"claims_edit": with_members(**{name: value})}
    return pytest.param(edit, f"logout_token.{reason or name}", id=id)


def null(name):
    edit = {"claims_edit": lambda honest: honest | {name: None}}
    return pytest.param(edit, f"logout_token.{name}", id=f"null for {name}")


def header(name, value, id, *, reason=None):
    """Return a row: a header member that is not as it should be, None for a missing one."""
    edit = {"header_edit": with_members(**{name: value})}
    return pytest.param(edit, f"logout_token.{reason or name}", id=id)


def text(change, reason, id):
    """Return a row: the finished token is changed."""
    return pytest.param({"token_edit": change}, f"logout_token.{reason}", id=id)


def segments(change, reason, id):
    """Return a row: the finished token's segments are changed."""
    return text(of_segments(change), reason, id)


@pytest.fixture
def is_refused(visitor, provider, refusals):
    """Check that nobody was signed out, and that the reason is the right one."""
    visitor.sign_in(sub="ada", claims={"sid": "one"})
    provider.forget_requests()

    def check(response, code):
        assert (response.status_code, refusals.codes) == (400, [code])
        assert response.json()["error"] == "invalid_request"
        assert "no-store" in response["Cache-Control"]
        assert visitor.client.get("/members/").status_code == 200
        assert LoginSession.objects.count() == 1
        assert Grant.objects.get().state == Grant.State.ACTIVE
        assert {request.path for request in provider.requests} <= {"/oidc/.well-known/jwks.json"}

    return check


@pytest.mark.parametrize(
    ("forgery", "code"),
    [
        pytest.param(
            {"sign_with": signing_key("RS256", 9)}, "id_token.key_unknown", id="another key"
        ),
        pytest.param({"sign_with": "nobody"}, "logout_token.signature", id="no signature"),
        pytest.param(
            {"sign_with": secret_key("HS256", "s" * 32)}, "logout_token.alg", id="another algorithm"
        ),
        header("alg", "none", "alg none"),
        header("alg", "NONE", "alg NONE"),
        header("alg", None, "no alg"),
        header("alg", "RS512", "an algorithm not chosen"),
        header("alg", ["RS256"], "alg in a list"),
        header("crit", ["exp"], "a critical extension"),
        header("crit", [], "an empty crit"),
        header("typ", "at+jwt", "an access token's type"),
        header("typ", "secevent+jwt", "another event's type"),
        header("typ", 7, "a number for a type"),
        header("kid", 7, "a number for a key id"),
        text(lambda token: "", "framing", "nothing"),
        text(lambda token: "a.b", "framing", "two segments"),
        text(lambda token: f"{token}.a", "framing", "four segments"),
        text(lambda token: f"{token}.a.b", "encrypted", "five segments"),
        text(lambda token: f"{token}=", "framing", "padding"),
        text(lambda token: token[:-1], "framing", "a character less"),
        text(lambda token: token.replace(".", " "), "framing", "spaces"),
        text(lambda token: "a" * 100_001, "too_long", "too long"),
        segments(
            lambda h, p, s: (h, base64url(b'{"sub":"ada"}'), s), "signature", "claims of others"
        ),
        segments(lambda h, p, s: (base64url(b"{"), p, s), "json", "a header that is no JSON"),
        pytest.param({"claims_edit": lambda _: b"[]"}, "logout_token.json", id="no object"),
        pytest.param(
            {"claims_edit": lambda _: b'{"sub":"ada","sub":"eve"}'},
            "logout_token.json",
            id="a claim twice",
        ),
        claim("iss", "https://evil.example", "wrong iss"),
        claim("iss", None, "no iss"),
        null("iss"),
        claim("aud", "other", "wrong aud"),
        claim("aud", None, "no aud"),
        claim("aud", [], "a list of no aud"),
        claim("aud", {"a": 1}, "an object for an aud"),
        claim("iat", None, "no iat"),
        claim("iat", NOW + HOUR, "iat ahead"),
        claim("iat", "now", "iat as text"),
        pytest.param(
            {"claims_edit": with_members(exp=None, iat=NOW - 600)},
            "logout_token.exp",
            id="no exp, and ten minutes old",
        ),
        null("exp"),
        claim("exp", NOW - HOUR, "expired"),
        claim("exp", True, "exp as a boolean"),
        claim("exp", 10**400, "exp beyond all time"),
        claim("nbf", NOW + HOUR, "nbf ahead"),
        claim("events", None, "no events"),
        claim("events", {}, "no event"),
        claim("events", {"http://schemas.openid.net/event/other": {}}, "another event"),
        claim("events", [EVENT], "events in a list"),
        claim("events", EVENT, "the event as text"),
        claim("events", {EVENT: True}, "an event that is no object"),
        claim("events", {EVENT: None}, "null for an event"),
        claim("nonce", "n", "a nonce"),
        claim("nonce", "", "an empty nonce"),
        null("nonce"),
        claim("jti", None, "no jti"),
        claim("jti", "", "an empty jti"),
        claim("jti", 7, "a number for a jti"),
        claim("sid", "", "an empty sid"),
        claim("sid", 7, "a number for a sid"),
        claim("sid", "s" * 256, "a sid too long"),
        claim("sid", "a\0b", "NUL in a sid"),
        claim("sub", "", "an empty sub"),
        claim("sub", ["ada"], "a sub in a list"),
        claim("sub", "a" * 256, "a sub too long"),
        claim("sub", "\ud800", "half a surrogate pair"),
        pytest.param(
            {"claims_edit": with_members(sub=None, sid=None)},
            "logout_token.sub_or_sid",
            id="neither sub nor sid",
        ),
    ],
)
def test_a_logout_token_that_does_not_hold_is_refused(provider, is_refused, forgery, code):
    provider.forge("logout_token", **forgery)

    is_refused(send(provider.logout_token(sub="ada", sid="one")), code)


def test_one_without_exp_that_is_fresh_is_taken(visitor, provider):
    """Ory Hydra 2.3.0 and Glewlwyd 2.7.5 send none."""
    visitor.sign_in(sub="ada", claims={"sid": "one"})
    provider.forge("logout_token", claims_edit=with_members(exp=None))

    response = send(provider.logout_token(sub="ada", sid="one"))

    assert response.status_code in (200, 204)
    assert not LoginSession.objects.exists()


def test_an_id_token_in_its_place_is_refused(provider, is_refused):
    (id_token,) = provider.issued_id_tokens

    is_refused(send(id_token), "logout_token.events")


def test_the_key_of_another_app_does_not_sign_for_this_one(provider, is_refused):
    provider.rotate_key(keep_old=False)
    provider.lie("jwks", status=503)

    is_refused(send(provider.logout_token(sub="ada")), "provider_unavailable.status_503")
