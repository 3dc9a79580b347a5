"""How an ID token is written, and who signed it (RFC 7515, RFC 8725)."""

import json
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from tests.misbehaviour.forgeries import header, of_segments, segments, text, with_members
from tests.support.provider.bombs import jwe_bomb
from tests.support.provider.keys import base64url, base64url_decode, secret_key, signing_key
from tests.support.provider.scripted import CLIENT_SECRET, ScriptedProvider
from tests.support.site.visitor import Visitor

pytestmark = pytest.mark.django_db

STRANGER = signing_key("RS256", 9)


def under_a_public_key(written):
    """Return what makes the key of an HMAC out of the provider's public key."""
    return lambda provider: secret_key(
        "HS256", written(provider.id_token_key), kid=provider.id_token_key.kid
    )


def flipped(signature):
    octets = bytearray(base64url_decode(signature))
    octets[-1] ^= 1
    return base64url(bytes(octets))


def raw(octets, reason, id):
    return pytest.param({"header_edit": lambda honest: octets}, f"id_token.{reason}", id=id)


@pytest.mark.parametrize(
    ("forgery", "code"),
    [
        header("alg", "none", "alg", "alg none"),
        header("alg", "NoNe", "alg", "alg NoNe"),
        header("alg", "none ", "alg", "alg none and a space"),
        header("alg", "", "alg", "an empty alg"),
        header("alg", None, "alg", "no alg"),
        header("alg", ["RS256"], "alg", "alg in a list"),
        header("alg", {"RS256": 1}, "alg", "alg in an object"),
        header("alg", "rs256", "alg", "alg in small letters"),
        header("alg", "HS256", "alg", "an algorithm of secrets"),
        header("alg", "RS512", "alg", "another digest"),
        header("alg", "PS256", "alg", "another padding"),
        header("alg", "ES256", "alg", "another kind of key"),
        header("alg", "dir", "alg", "an algorithm of encryption"),
        header("crit", ["exp"], "crit", "a critical extension"),
        header("crit", ["b64"], "crit", "the extension of a payload that is no base64"),
        header("crit", [], "crit", "an empty crit"),
        header("crit", "exp", "crit", "a text for a crit"),
        header("crit", False, "crit", "a boolean for a crit"),
        header("typ", "at+jwt", "typ", "an access token's type"),
        header("typ", "application/at+jwt", "typ", "the same in full"),
        header("typ", "logout+jwt", "typ", "a logout token's type"),
        header("typ", "secevent+jwt", "typ", "a security event's type"),
        header("typ", "", "typ", "an empty type"),
        header("typ", 7, "typ", "a number for a type"),
        header("typ", ["JWT"], "typ", "a type in a list"),
        header("kid", 7, "kid", "a number for a key id"),
        header("kid", ["a"], "kid", "a list for a key id"),
        header("kid", False, "kid", "a boolean for a key id"),
        raw(b"", "framing", "an empty header"),
        raw(b"{", "json", "a header that is no JSON"),
        raw(b"[]", "json", "a header in a list"),
        raw(b'"RS256"', "json", "a text for a header"),
        raw(b'{"alg":"RS256"}\xff', "json", "a header that is no UTF-8"),
        raw(b'{"alg":"none","alg":"RS256"}', "json", "alg twice"),
        pytest.param(
            {"header_edit": lambda honest: b'{"a":' * 60_000},
            "token_response.id_token",
            id="a header without end",
        ),
        raw(b'{"a":' * 10_000, "nesting", "a header without ground"),
        text(lambda token: token + ".", "framing", "four segments"),
        text(lambda token: "." + token, "framing", "four segments, the first empty"),
        text(lambda token: token[:-1], "framing", "a character less"),
        text(lambda token: token + "=", "framing", "padding"),
        text(lambda token: token.replace(".", "..", 1), "framing", "two dots"),
        text(lambda token: "..", "framing", "dots alone"),
        text(lambda token: "x", "framing", "a letter"),
        segments(lambda h, p, s: (h, p), "framing", "two segments"),
        segments(lambda h, p, s: (h, "", s), "framing", "no claims"),
        segments(lambda h, p, s: (h + "!", p, s), "framing", "a sign beyond base64url"),
        segments(lambda h, p, s: (h.translate({95: 47}) + "/", p, s), "framing", "plain base64"),
        segments(lambda h, p, s: (h, "", p, "", s), "encrypted", "five segments"),
        text(lambda token: f"{token}.a.b", "encrypted", "a token with two segments more"),
        text(lambda token: jwe_bomb(CLIENT_SECRET, megabytes=48), "encrypted", "a JWE bomb"),
        text(lambda token: jwe_bomb(CLIENT_SECRET, megabytes=0), "encrypted", "an encrypted token"),
        text(lambda token: '{"payload":"e30"}', "framing", "JWS JSON"),
    ],
)
def test_a_token_of_another_form_is_refused_before_a_key_is_looked_for(
    visitor, provider, is_refused, forgery, code
):
    provider.forge("id_token", **forgery)

    response = visitor.sign_in()

    is_refused(response, 502, code, asked="discovery token")


@pytest.mark.parametrize(
    ("forgery", "code"),
    [
        pytest.param({"sign_with": "nobody"}, "id_token.signature", id="no signature"),
        segments(lambda h, p, s: (h, p, flipped(s)), "signature", "another bit"),
        segments(lambda h, p, s: (h, p, base64url(bytes(256))), "signature", "zeros"),
        segments(lambda h, p, s: (h, p, base64url(b"\xff" * 256)), "signature", "ones"),
        segments(lambda h, p, s: (h, p, base64url(b"1")), "signature", "a short signature"),
        segments(lambda h, p, s: (h, p, base64url(bytes(512))), "signature", "a long signature"),
        segments(lambda h, p, s: (h, base64url(b'{"sub":"x"}'), s), "signature", "other claims"),
        segments(
            lambda h, p, s: (base64url(b'{"alg":"RS256"}'), p, s), "signature", "another header"
        ),
        pytest.param(
            {"sign_with": replace(STRANGER, kid=None)}, "id_token.signature", id="another key"
        ),
        pytest.param(
            {
                "sign_with": replace(STRANGER, kid=None),
                "header_edit": with_members(
                    jwk=STRANGER.public_jwk, jku="https://evil.example/", x5u="x", x5c=["x"]
                ),
            },
            "id_token.signature",
            id="a key inside the token",
        ),
        pytest.param({"claims_edit": lambda honest: b"[]"}, "id_token.json", id="a list of claims"),
        pytest.param({"claims_edit": lambda honest: b"{}x"}, "id_token.json", id="text behind it"),
        pytest.param({"claims_edit": lambda honest: b"\xff"}, "id_token.json", id="no UTF-8"),
        pytest.param(
            {"claims_edit": lambda honest: b'{"sub":"a","sub":"b"}'},
            "id_token.json",
            id="sub twice",
        ),
        pytest.param(
            {"claims_edit": lambda honest: b'{"a":' * 10_000}, "id_token.nesting", id="no ground"
        ),
    ],
)
def test_a_signature_that_does_not_hold_is_refused(visitor, provider, is_refused, forgery, code):
    provider.forge("id_token", **forgery)

    response = visitor.sign_in()

    is_refused(response, 502, code, asked="discovery token jwks")


@pytest.mark.parametrize(
    "kid",
    [
        pytest.param("unknown", id="unknown"),
        pytest.param("", id="empty"),
        pytest.param("../../../../dev/null", id="a path"),
        pytest.param("' UNION SELECT 'key' --", id="a statement"),
        pytest.param("https://evil.example/keys", id="an address"),
        pytest.param("a\x00\r\n", id="control characters"),
        pytest.param("\ud800", id="half a surrogate pair"),
        pytest.param("a" * 60_000, id="long"),
    ],
)
def test_a_key_id_that_nobody_knows_is_looked_up_once_more(visitor, provider, is_refused, kid):
    provider.forge("id_token", header_edit=with_members(kid=kid))

    response = visitor.sign_in()

    is_refused(response, 502, "id_token.key_unknown", asked="discovery token jwks jwks")


@pytest.mark.parametrize(
    "key",
    [
        pytest.param(under_a_public_key(lambda key: key.public_pem), id="as PEM"),
        pytest.param(under_a_public_key(lambda key: key.public_pem.rstrip()), id="without its end"),
        pytest.param(
            under_a_public_key(lambda key: json.dumps(key.public_jwk).encode()), id="as JWK"
        ),
        pytest.param(
            under_a_public_key(lambda key: base64url_decode(key.public_jwk["n"])), id="its modulus"
        ),
        pytest.param(lambda provider: secret_key("HS256", CLIENT_SECRET), id="the client secret"),
        pytest.param(lambda provider: secret_key("HS256", b""), id="an empty key"),
    ],
)
def test_an_hmac_where_a_key_pair_is_expected_is_refused(visitor, provider, is_refused, key):
    """RFC 8725 2.1: whoever takes the algorithm from the token takes a public key for a secret."""
    provider.forge("id_token", sign_with=key(provider))

    response = visitor.sign_in()

    is_refused(response, 502, "id_token.alg", asked="discovery token")


@pytest.fixture(params=["ES256", "PS256", "EdDSA", "HS256"])
def other_provider(request, settings, app):
    """Run a provider with another algorithm, and point the app at it."""
    with ScriptedProvider(alg=request.param) as running:
        app |= {"APP_HOST": running.base_url, "ID_TOKEN_SIGNED_RESPONSE_ALG": request.param}
        yield running


def test_other_algorithms_sign_in_where_they_are_configured(db, other_provider):
    visitor = Visitor(other_provider)

    visitor.sign_in()

    assert visitor.is_signed_in


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda signature: "", id="empty"),
        pytest.param(lambda signature: base64url(bytes(64)), id="zeros"),
        pytest.param(lambda signature: base64url(bytes(32)), id="half of zeros"),
        pytest.param(flipped, id="another bit"),
        pytest.param(lambda signature: signature + signature[:2], id="longer"),
        pytest.param(
            lambda signature: base64url(encode_dss_signature(1, 1)), id="in DER, as TLS has it"
        ),
    ],
)
def test_other_algorithms_refuse_a_signature_that_does_not_hold(
    db, other_provider, refusals, change
):
    other_provider.forge("id_token", token_edit=of_segments(lambda h, p, s: (h, p, change(s))))
    visitor = Visitor(other_provider)

    visitor.sign_in()

    assert refusals.codes[0] in ("id_token.signature", "id_token.framing")
    assert not visitor.is_signed_in


def test_several_keys_and_no_key_id_are_refused(visitor, provider, is_refused):
    provider.rotate_key(keep_old=True)
    provider.forge("id_token", header_edit=with_members(kid=None))

    response = visitor.sign_in()

    is_refused(response, 502, "jwks.ambiguous", asked="discovery token jwks")


def test_a_token_of_yesterday_comes_too_late(visitor, provider, refusals):
    visitor.sign_in()
    (first,) = provider.issued_id_tokens
    provider.forge("id_token", token_edit=lambda token: first)
    again = Visitor(provider)

    again.sign_in()

    assert refusals.codes == ["id_token.nonce"]
    assert not again.is_signed_in


def test_a_flood_of_unknown_key_ids_is_a_handful_of_requests(visitor, provider):
    visitor.sign_in()
    provider.forge("id_token", header_edit=with_members(kid="unknown"))
    provider.forget_requests()

    [Visitor(provider).sign_in() for _ in range(5)]

    assert len(provider.requests_to("jwks")) == 1


@pytest.mark.parametrize(
    "forgery",
    [
        pytest.param({"header_edit": with_members(kid=None)}, id="no key id and one key"),
        pytest.param({"header_edit": with_members(typ=None)}, id="no typ"),
        pytest.param({"header_edit": with_members(typ="jwt")}, id="typ in small letters"),
        pytest.param({"header_edit": with_members(typ="application/jwt")}, id="typ in full"),
        pytest.param({"header_edit": with_members(x5t="x", new={"a": 1})}, id="unknown members"),
        pytest.param({"header_edit": with_members(zip="DEF", b64=False)}, id="members of others"),
    ],
)
def test_what_a_specification_leaves_open_is_accepted(visitor, provider, forgery):
    provider.forge("id_token", **forgery)

    visitor.sign_in()

    assert visitor.is_signed_in
