"""How an access token is written, and who signed it: the twin of `test_id_token_form`."""

import json
import time
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from tests.misbehaviour.forgeries import of_segments, with_members
from tests.support.bearers import AUDIENCE, a_token, call
from tests.support.provider.keys import base64url, base64url_decode, secret_key, signing_key
from tests.support.provider.scripted import CLIENT_SECRET

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.api.views")]

STRANGER = signing_key("RS256", 9)


@pytest.fixture(autouse=True)
def api(app):
    """Let the site accept access tokens."""
    app["API_AUDIENCE"] = AUDIENCE
    return app


def under_a_public_key(written):
    """Return what makes the key of an HMAC out of the provider's public key."""
    return lambda provider: secret_key(
        "HS256", written(provider.access_token_key), kid=provider.access_token_key.kid
    )


def flipped(signature):
    octets = bytearray(base64url_decode(signature))
    octets[-1] ^= 1
    return base64url(bytes(octets))


def segments(change, reason, id):
    return pytest.param({"token_edit": of_segments(change)}, reason, id=id)


@pytest.mark.parametrize(
    ("forgery", "reason"),
    [
        segments(lambda h, p, s: (h, p, flipped(s)), "signature", "another bit"),
        segments(lambda h, p, s: (h, p, base64url(bytes(256))), "signature", "zeros"),
        segments(lambda h, p, s: (h, p, base64url(b"\xff" * 256)), "signature", "ones"),
        segments(lambda h, p, s: (h, p, base64url(b"1")), "signature", "a short signature"),
        segments(lambda h, p, s: (h, p, base64url(bytes(512))), "signature", "a long signature"),
        segments(
            lambda h, p, s: (base64url(b'{"alg":"RS256"}'), p, s), "signature", "another header"
        ),
        segments(lambda h, p, s: (h, "", s), "framing", "no claims"),
        segments(lambda h, p, s: ("", h, p, s), "framing", "four segments, the first empty"),
        segments(lambda h, p, s: (h + "!", p, s), "framing", "a sign beyond base64url"),
        segments(lambda h, p, s: (h + "/", p, s), "framing", "plain base64"),
        segments(lambda h, p, s: (h, p, s, "a", "b"), "encrypted", "two segments more"),
        pytest.param({"sign_with": replace(STRANGER, kid=None)}, "signature", id="another key"),
        pytest.param(
            {
                "sign_with": replace(STRANGER, kid=None),
                "header_edit": with_members(
                    jwk=STRANGER.public_jwk, jku="https://evil.example/", x5u="x", x5c=["x"]
                ),
            },
            "signature",
            id="a key inside the token",
        ),
        pytest.param({"claims_edit": lambda honest: b"{}x"}, "json", id="text behind the claims"),
        pytest.param({"claims_edit": lambda honest: b"\xff"}, "json", id="claims of no UTF-8"),
        pytest.param({"claims_edit": lambda honest: b'{"exp":NaN}'}, "json", id="exp is NaN"),
        pytest.param(
            {"claims_edit": lambda honest: b'{"a":' * 10_000}, "nesting", id="claims without ground"
        ),
        pytest.param({"header_edit": with_members(alg="none ")}, "alg", id="alg none and a space"),
        pytest.param({"header_edit": with_members(alg={"RS256": 1})}, "alg", id="alg an object"),
        pytest.param({"header_edit": with_members(alg="rs256")}, "alg", id="alg in small letters"),
        pytest.param({"header_edit": with_members(alg="dir")}, "alg", id="alg of encryption"),
        pytest.param({"header_edit": with_members(crit=["b64"])}, "crit", id="critical b64"),
        pytest.param({"header_edit": with_members(crit="exp")}, "crit", id="a text for crit"),
        pytest.param({"header_edit": with_members(crit=False)}, "crit", id="a boolean for crit"),
        pytest.param({"header_edit": with_members(kid=["a"])}, "kid", id="a list for a key id"),
        pytest.param({"header_edit": with_members(kid=False)}, "kid", id="a boolean for a key id"),
    ],
)
def test_a_token_of_another_form_is_refused(provider, refusals, forgery, reason):
    provider.forge("access_token", **forgery)

    response = call("/anything/", a_token(provider))

    assert (response.status_code, refusals.codes) == (401, [f"bearer.{reason}"])


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
def test_an_hmac_is_refused_whatever_id_tokens_are_signed_with(api, provider, refusals, key):
    """RFC 8725 2.1: who takes the algorithm from the token takes a public key for a secret."""
    api["ID_TOKEN_SIGNED_RESPONSE_ALG"] = "HS256"
    provider.forge("access_token", sign_with=key(provider))

    response = call("/anything/", a_token(provider))

    assert (response.status_code, refusals.codes) == (401, ["bearer.alg"])


@pytest.mark.parametrize(
    "kid",
    [
        pytest.param("", id="empty"),
        pytest.param("' UNION SELECT 'key' --", id="a statement"),
        pytest.param("https://evil.example/keys", id="an address"),
        pytest.param("a\x00\r\n", id="control characters"),
        pytest.param("\ud800", id="half a surrogate pair"),
        pytest.param("a" * 60_000, id="long"),
    ],
)
def test_a_key_id_that_nobody_knows_is_looked_up_once_more(provider, refusals, kid):
    provider.forge("access_token", header_edit=with_members(kid=kid))

    response = call("/anything/", a_token(provider))

    assert (response.status_code, refusals.codes) == (401, ["bearer.key_unknown"])
    assert len(provider.requests_to("jwks")) == 2


@pytest.mark.parametrize("alg", ["ES256", "PS256", "EdDSA"])
@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda signature: "", id="empty"),
        pytest.param(lambda signature: base64url(bytes(64)), id="zeros"),
        pytest.param(lambda signature: base64url(bytes(32)), id="half of zeros"),
        pytest.param(flipped, id="another bit"),
        pytest.param(
            lambda signature: base64url(encode_dss_signature(1, 1)), id="in DER, as TLS has it"
        ),
    ],
)
def test_other_algorithms_refuse_a_signature_that_does_not_hold(
    api, provider, refusals, alg, change
):
    api["API_TOKEN_SIGNED_RESPONSE_ALG"] = alg
    provider.access_token_key = signing_key(alg)
    provider.keys.append(provider.access_token_key)
    provider.forge("access_token", token_edit=of_segments(lambda h, p, s: (h, p, change(s))))

    response = call("/anything/", a_token(provider))

    assert (response.status_code, refusals.codes) == (401, ["bearer.signature"])


@pytest.mark.parametrize("name", ["exp", "iat", "nbf", "auth_time"])
@pytest.mark.parametrize("date", [10**400, -(10**400), 1e308, -1, 2**63])
def test_a_date_that_is_none_is_never_an_error_of_the_site(provider, name, date):
    honest = {"acr": "gold", "auth_time": int(time.time())}

    response = call("/careful/", a_token(provider, **{**honest, name: date}))

    assert response.status_code == 401
