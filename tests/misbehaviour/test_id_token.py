"""What an ID token says, and who signed it (OIDC Core 3.1.3.7, RFC 8725)."""

import time
from dataclasses import replace

import pytest

from tests.provider.keys import base64url, secret_key, signing_key
from tests.site.visitor import Visitor

pytestmark = pytest.mark.django_db

HOUR = 3_600


def claims(**changes):
    """Return an edit that sets claims, or takes those away that are None."""
    return lambda honest: {
        name: value for name, value in {**honest, **changes}.items() if value is not None
    }


def header(**changes):
    return claims(**changes)


def segments(edit):
    return lambda token: ".".join(edit(*token.split(".")))


@pytest.mark.parametrize(
    ("forgery", "code"),
    [
        pytest.param(
            {"sign_with": signing_key("RS256", 9)}, "id_token.key_unknown", id="another key"
        ),
        pytest.param({"sign_with": "nobody"}, "id_token.signature", id="no signature"),
        pytest.param({"header_edit": header(alg="none")}, "id_token.alg", id="alg none"),
        pytest.param({"header_edit": header(alg="NoNe")}, "id_token.alg", id="alg NoNe"),
        pytest.param({"header_edit": header(alg=None)}, "id_token.alg", id="no alg"),
        pytest.param({"header_edit": header(alg=["RS256"])}, "id_token.alg", id="alg in a list"),
        pytest.param(
            {"header_edit": header(alg="RS512")}, "id_token.alg", id="an algorithm not chosen"
        ),
        pytest.param(
            {"header_edit": header(crit=["exp"])}, "id_token.crit", id="a critical extension"
        ),
        pytest.param({"header_edit": header(crit=[])}, "id_token.crit", id="an empty crit"),
        pytest.param(
            {"header_edit": header(typ="at+jwt")}, "id_token.typ", id="an access token's type"
        ),
        pytest.param(
            {"header_edit": header(typ="logout+jwt")}, "id_token.typ", id="a logout token's type"
        ),
        pytest.param({"header_edit": header(typ=7)}, "id_token.typ", id="a number for a type"),
        pytest.param({"header_edit": header(kid=7)}, "id_token.kid", id="a number for a key id"),
        pytest.param(
            {"header_edit": header(kid="unknown")}, "id_token.key_unknown", id="an unknown key id"
        ),
        pytest.param(
            {"header_edit": lambda honest: b"{"}, "id_token.json", id="a header that is no JSON"
        ),
        pytest.param({"token_edit": lambda token: ""}, "token_response.id_token", id="empty"),
        pytest.param(
            {"token_edit": lambda token: token + "."}, "id_token.framing", id="four segments"
        ),
        pytest.param(
            {"token_edit": lambda token: token[:-1]}, "id_token.framing", id="a character less"
        ),
        pytest.param({"token_edit": lambda token: token + "="}, "id_token.framing", id="padding"),
        pytest.param(
            {"token_edit": segments(lambda h, p, s: (h, p))}, "id_token.framing", id="two segments"
        ),
        pytest.param(
            {"token_edit": lambda token: f"{token}.a.b"}, "id_token.encrypted", id="five segments"
        ),
        pytest.param(
            {"token_edit": segments(lambda h, p, s: (h, base64url(b'{"sub":"x"}'), s))},
            "id_token.signature",
            id="claims of somebody else's",
        ),
        pytest.param(
            {"claims_edit": lambda honest: b"[]"}, "id_token.json", id="claims that are no object"
        ),
        pytest.param(
            {"claims_edit": claims(iss="https://evil.example")}, "id_token.iss", id="wrong iss"
        ),
        pytest.param({"claims_edit": claims(iss=None)}, "id_token.iss", id="no iss"),
        pytest.param(
            {"claims_edit": lambda honest: honest | {"iss": honest["iss"] + "/"}},
            "id_token.iss",
            id="a slash more",
        ),
        pytest.param({"claims_edit": claims(aud="other")}, "id_token.aud", id="wrong aud"),
        pytest.param({"claims_edit": claims(aud=None)}, "id_token.aud", id="no aud"),
        pytest.param({"claims_edit": claims(aud=[])}, "id_token.aud", id="an empty aud"),
        pytest.param(
            {"claims_edit": claims(aud={"a": 1})}, "id_token.aud", id="an object for an aud"
        ),
        pytest.param({"claims_edit": claims(azp="other")}, "id_token.azp", id="wrong azp"),
        pytest.param(
            {"claims_edit": lambda honest: honest | {"aud": [honest["aud"], "other"]}},
            "id_token.azp",
            id="several audiences and no azp",
        ),
        pytest.param({"claims_edit": claims(exp=time.time() - HOUR)}, "id_token.exp", id="expired"),
        pytest.param({"claims_edit": claims(exp=None)}, "id_token.exp", id="no exp"),
        pytest.param({"claims_edit": claims(exp="9999999999")}, "id_token.exp", id="exp as text"),
        pytest.param({"claims_edit": claims(exp=True)}, "id_token.exp", id="exp as a boolean"),
        pytest.param(
            {"claims_edit": claims(exp=10**400)}, "id_token.exp", id="exp beyond all time"
        ),
        pytest.param({"claims_edit": claims(iat=None)}, "id_token.iat", id="no iat"),
        pytest.param(
            {"claims_edit": claims(iat=time.time() + 24 * HOUR)}, "id_token.iat", id="iat ahead"
        ),
        pytest.param(
            {"claims_edit": claims(iat=time.time() - 3 * HOUR)}, "id_token.iat", id="iat hours old"
        ),
        pytest.param(
            {"claims_edit": claims(nbf=time.time() + HOUR)}, "id_token.nbf", id="nbf ahead"
        ),
        pytest.param({"claims_edit": claims(nonce="other")}, "id_token.nonce", id="wrong nonce"),
        pytest.param({"claims_edit": claims(nonce=None)}, "id_token.nonce", id="no nonce"),
        pytest.param({"claims_edit": claims(nonce=["a"])}, "id_token.nonce", id="nonce in a list"),
        pytest.param({"claims_edit": claims(sub=None)}, "id_token.sub", id="no sub"),
        pytest.param({"claims_edit": claims(sub="")}, "id_token.sub", id="an empty sub"),
        pytest.param({"claims_edit": claims(sub=7)}, "id_token.sub", id="a number for a sub"),
        pytest.param({"claims_edit": claims(sub="a" * 256)}, "id_token.sub", id="a sub too long"),
        pytest.param({"claims_edit": claims(sub="a\x00b")}, "id_token.sub", id="NUL in a sub"),
        pytest.param(
            {"claims_edit": claims(sub="\ud800")}, "id_token.sub", id="half a surrogate pair"
        ),
        pytest.param(
            {"claims_edit": claims(at_hash="AAAA")}, "id_token.at_hash", id="wrong at_hash"
        ),
        pytest.param(
            {"claims_edit": claims(at_hash=7)}, "id_token.at_hash", id="a number for an at_hash"
        ),
        pytest.param(
            {"claims_edit": claims(padding="a" * 90_000)},
            "token_response.id_token",
            id="a token too long",
        ),
    ],
)
def test_an_id_token_that_does_not_hold_is_refused(visitor, provider, is_refused, forgery, code):
    provider.forge("id_token", **forgery)

    response = visitor.sign_in()

    is_refused(response, 502, code)


def test_an_hmac_under_the_public_key_is_refused(visitor, provider, is_refused):
    """RFC 8725 2.1: whoever takes the algorithm from the token takes a public key for a secret."""
    forged = secret_key("HS256", provider.id_token_key.public_pem, kid=provider.id_token_key.kid)
    provider.forge("id_token", sign_with=forged)

    response = visitor.sign_in()

    is_refused(response, 502, "id_token.alg")


def test_a_key_inside_the_token_is_not_looked_at(visitor, provider, is_refused):
    stranger = replace(signing_key("RS256", 9), kid=provider.id_token_key.kid)
    provider.forge(
        "id_token", sign_with=stranger, header_edit=header(jwk=stranger.public_jwk, jku="x")
    )

    response = visitor.sign_in()

    is_refused(response, 502, "id_token.signature")


def test_several_keys_and_no_key_id_are_refused(visitor, provider, is_refused):
    provider.rotate_key(keep_old=True)
    provider.forge("id_token", header_edit=header(kid=None))

    response = visitor.sign_in()

    is_refused(response, 502, "jwks.ambiguous")


def test_an_unknown_key_id_asks_for_the_keys_once_and_then_not_for_a_while(visitor, provider):
    visitor.sign_in()
    provider.forge("id_token", header_edit=header(kid="unknown"))
    provider.forget_requests()

    [Visitor(provider).sign_in() for _ in range(5)]

    assert len(provider.requests_to("jwks")) == 1


@pytest.mark.parametrize(
    "forgery",
    [
        pytest.param({"header_edit": header(kid=None)}, id="no key id and one key"),
        pytest.param({"header_edit": header(typ=None)}, id="no typ"),
        pytest.param({"header_edit": header(typ="application/jwt")}, id="typ in full"),
        pytest.param({"header_edit": header(x5t="x", new={"a": 1})}, id="unknown header members"),
        pytest.param({"claims_edit": lambda c: c | {"aud": [c["aud"]]}}, id="aud in a list"),
        pytest.param(
            {"claims_edit": lambda c: c | {"aud": [c["aud"], "b"], "azp": c["aud"]}},
            id="several audiences and azp",
        ),
        pytest.param({"claims_edit": claims(at_hash=None)}, id="no at_hash"),
        pytest.param({"claims_edit": claims(exp=time.time() + HOUR + 0.5)}, id="exp as a float"),
        pytest.param(
            {"claims_edit": lambda c: c | {"iat": time.time() + 29}}, id="a clock that is ahead"
        ),
        pytest.param(
            {"claims_edit": lambda c: c | {"exp": time.time() - 28}}, id="a clock that is behind"
        ),
        pytest.param(
            {"claims_edit": lambda c: c | {"nbf": time.time() + 29}}, id="nbf in the skew"
        ),
        pytest.param({"claims_edit": claims(sub="a" * 255)}, id="the longest sub"),
    ],
)
def test_what_a_specification_leaves_open_is_accepted(visitor, provider, forgery):
    provider.forge("id_token", **forgery)

    visitor.sign_in()

    assert visitor.is_signed_in


@pytest.mark.parametrize("keep_old", [True, False])
def test_a_key_rotated_between_two_logins_is_found(visitor, provider, keep_old):
    visitor.sign_in()
    provider.rotate_key(keep_old=keep_old)
    again = Visitor(provider)

    again.sign_in()

    assert again.is_signed_in


def test_a_key_rotated_just_before_signing_is_found(visitor, provider):
    visitor.sign_in()
    again = Visitor(provider)
    url = again.begin()
    provider.rotate_key(keep_old=False)

    again.come_back(provider.authorize(url))

    assert again.is_signed_in


def test_keys_that_nobody_knows_are_passed_over(visitor, provider):
    strange = [{"kty": "XYZ"}, {"kty": "RSA", "n": "!"}, 7, {"kty": "oct", "k": "AAAA"}, {}]
    provider.lie("jwks", edit=lambda answer: {"keys": [*strange, *answer["keys"]]})

    visitor.sign_in()

    assert visitor.is_signed_in
