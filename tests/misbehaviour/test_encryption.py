"""How answers are encrypted where settings say that they have to be (RFC 7516, RFC 7518, RFC 8725).

Each step of decrypting has a table of its own in `tests/protocol/test_encryption`.
"""

import time

import pytest
from jwcrypto.jwk import JWK

from django_genauth.conf import get_client
from django_genauth.models import LoginSession
from django_genauth.protocol.client_keys import generate_key, load_keys
from tests.misbehaviour.forgeries import with_members
from tests.support.clients import encrypt
from tests.support.provider.encrypting import Encryption, FalseEncryption, write_jwe
from tests.support.provider.keys import secret_key, signing_key
from tests.support.provider.scripted import CLIENT_SECRET
from tests.support.signed_in import send

pytestmark = pytest.mark.django_db

RSA, RSA_KEY = generate_key("RSA-OAEP")
EC, EC_KEY = generate_key("ECDH-ES")
STRANGER = JWK.generate(kty="RSA", size=2048).export_public(as_dict=True)
NOT_ON_THE_CURVE = {"kty": "EC", "crv": "P-256", "x": "AQ", "y": "AQ"}
INVALID_CURVE = JWK.generate(kty="EC", crv="P-384").export_public(as_dict=True)
TO_US = Encryption(alg="RSA-OAEP", enc="A128CBC-HS256", key=RSA_KEY.public())


def to(key, *, alg="RSA-OAEP", enc="A128CBC-HS256"):
    return Encryption(alg=alg, enc=enc, key=key)


def of_segments(change):
    return lambda token: ".".join(change(*token.split(".")))


def lie(code, id, **what):
    return pytest.param(FalseEncryption(**what), code, id=id)


LIES = [
    lie("not_encrypted", "no encryption", outside=lambda token: "e30.e30.e30"),
    lie("encryption_alg", "another alg", how=to(RSA_KEY.public(), alg="RSA-OAEP-256")),
    lie("encryption_alg", "an alg of the secret", how=to(CLIENT_SECRET, alg="dir")),
    lie("encryption_alg", "RSA1_5", header={"alg": "RSA1_5"}),
    lie("encryption_alg", "alg none", header={"alg": "none"}),
    lie("encryption_alg", "no alg", header={"alg": None}),
    lie("encryption_alg", "a password", header={"alg": "PBES2-HS256+A128KW", "p2c": 10**9}),
    lie("encryption_alg", "rounds of a password", header={"p2c": 10**9}),
    lie("encryption_enc", "another enc", how=to(RSA_KEY.public(), enc="A256GCM")),
    lie("encryption_enc", "no enc", header={"enc": None}),
    lie("zip", "a compressed token", header={"zip": "DEF"}),
    lie("crit", "a critical extension", header={"crit": ["exp"], "exp": 1}),
    lie("kid", "a number for a key id", header={"kid": 7}),
    lie("decryption", "to somebody else", how=to(STRANGER)),
    lie(
        "decryption", "to somebody else, under our key id", how=to({**STRANGER, "kid": RSA_KEY.kid})
    ),
    lie(
        "decryption",
        "a tag cut short",
        outside=of_segments(lambda h, k, v, c, t: (h, k, v, c, t[:16])),
    ),
    lie("decryption", "no tag", outside=of_segments(lambda h, k, v, c, t: (h, k, v, c, ""))),
    lie("decryption", "no key", outside=of_segments(lambda h, k, v, c, t: (h, "", v, c, t))),
    lie("framing", "five segments of other text", outside=lambda token: "a.b.c.d.e"),
    lie("framing", "six segments", outside=lambda token: f"{token}.x"),
    lie("framing", "no base64url", outside=lambda token: f"{token}="),
    lie("unsigned", "claims alone", inside=lambda token: '{"sub":"user-1"}'),
    lie("unsigned", "an encrypted token inside", inside=lambda token: write_jwe(b"a.b.c", TO_US)),
    lie("unsigned", "nothing inside", inside=lambda token: ""),
    lie("alg", "alg none inside", inside=lambda token: "eyJhbGciOiJub25lIn0.e30."),
    lie("framing", "no token inside", inside=lambda token: b"\xff.\xff.\xff"),
]


@pytest.fixture
def encrypted(app, provider):
    """Expect ID tokens that are encrypted, from a provider that does so."""
    app |= {"CLIENT_KEYS": [RSA, EC], "ID_TOKEN_ENCRYPTED_RESPONSE_ALG": "RSA-OAEP"}
    encrypt(provider, get_client())
    return app


def test_an_encrypted_token_is_accepted(visitor, encrypted):
    visitor.sign_in()

    assert visitor.is_signed_in


@pytest.mark.parametrize("cty", [None, "jwt", "JWT", "json"])
def test_what_the_header_calls_the_content_does_not_matter(visitor, provider, encrypted, cty):
    # RFC 7519 5.2 wants JWT. What is inside has to be a signed token whatever it is called.
    provider.false_encryptions["id_token"] = FalseEncryption(header={"cty": cty})

    visitor.sign_in()

    assert visitor.is_signed_in


@pytest.mark.parametrize(("lie", "code"), LIES)
def test_a_false_encryption_is_refused(visitor, provider, encrypted, is_refused, lie, code):
    provider.false_encryptions["id_token"] = lie

    response = visitor.sign_in()

    is_refused(response, 502, f"id_token.{code}", asked="discovery token")


def test_a_megabyte_is_refused(visitor, provider, encrypted, is_refused):
    provider.false_encryptions["id_token"] = FalseEncryption(inside=lambda token: b"a" * 1_000_000)

    response = visitor.sign_in()

    # Longer than an answer may be.
    is_refused(response, 502, "provider.too_large", asked="discovery token")


def test_more_than_a_token_may_have_is_refused(visitor, provider, encrypted, is_refused):
    provider.false_encryptions["id_token"] = FalseEncryption(inside=lambda token: b"a" * 80_000)

    response = visitor.sign_in()

    is_refused(response, 502, "token_response.id_token", asked="discovery token")


@pytest.mark.parametrize(
    "header",
    [
        pytest.param({"epk": NOT_ON_THE_CURVE}, id="a point that is not on the curve"),
        pytest.param({"epk": INVALID_CURVE}, id="another curve"),
        pytest.param({"epk": None}, id="no public key"),
        pytest.param({"epk": "x"}, id="text"),
    ],
)
def test_a_key_of_the_sender_that_is_none_is_refused(
    visitor, provider, encrypted, is_refused, header
):
    encrypted["ID_TOKEN_ENCRYPTED_RESPONSE_ALG"] = "ECDH-ES"
    encrypt(provider, get_client())
    provider.false_encryptions["id_token"] = FalseEncryption(header=header)

    response = visitor.sign_in()

    is_refused(response, 502, "id_token.decryption", asked="discovery token")


def test_a_key_beside_the_secret_is_refused(visitor, provider, encrypted, is_refused):
    encrypted["ID_TOKEN_ENCRYPTED_RESPONSE_ALG"] = "dir"
    encrypt(provider, get_client())
    provider.false_encryptions["id_token"] = FalseEncryption(
        outside=of_segments(lambda h, k, v, c, t: (h, "AAAA", v, c, t))
    )

    response = visitor.sign_in()

    is_refused(response, 502, "id_token.decryption", asked="discovery token")


@pytest.mark.parametrize(
    ("forgery", "code", "asked"),
    [
        pytest.param(
            {"claims_edit": with_members(aud="other")}, "aud", "discovery token jwks", id="aud"
        ),
        pytest.param(
            {"claims_edit": with_members(iss="https://evil.example")},
            "iss",
            "discovery token jwks",
            id="iss",
        ),
        pytest.param(
            {"claims_edit": with_members(exp=time.time() - 60)},
            "exp",
            "discovery token jwks",
            id="exp",
        ),
        pytest.param(
            {"claims_edit": with_members(nonce="x")}, "nonce", "discovery token jwks", id="nonce"
        ),
        pytest.param({"sign_with": "nobody"}, "signature", "discovery token jwks", id="signature"),
        pytest.param(
            {"sign_with": secret_key("HS256", CLIENT_SECRET)}, "alg", "discovery token", id="alg"
        ),
        pytest.param(
            {"sign_with": signing_key("RS256", 9)},
            "key_unknown",
            "discovery token jwks jwks",
            id="key",
        ),
        pytest.param(
            {"header_edit": with_members(typ="at+jwt")}, "typ", "discovery token", id="typ"
        ),
    ],
)
def test_the_token_inside_is_verified_as_ever(
    visitor, provider, encrypted, is_refused, forgery, code, asked
):
    provider.forge("id_token", **forgery)

    response = visitor.sign_in()

    is_refused(response, 502, f"id_token.{code}", asked=asked)


def test_an_encrypted_token_that_no_setting_expects_is_refused(
    visitor, provider, encrypted, is_refused
):
    del encrypted["ID_TOKEN_ENCRYPTED_RESPONSE_ALG"]

    response = visitor.sign_in()

    is_refused(response, 502, "id_token.encrypted", asked="discovery token")


@pytest.fixture
def encrypted_userinfo(app, provider):
    """Expect userinfo that is encrypted, from a provider that does so."""
    app |= {
        "USERINFO": True,
        "CLIENT_KEYS": [RSA],
        "USERINFO_ENCRYPTED_RESPONSE_ALG": "RSA-OAEP",
    }
    encrypt(provider, get_client())


def test_encrypted_userinfo_is_accepted(visitor, encrypted_userinfo):
    visitor.sign_in()

    assert visitor.is_signed_in


@pytest.mark.parametrize(("lie", "code"), LIES)
def test_userinfo_that_is_encrypted_falsely_is_refused(
    visitor, provider, encrypted_userinfo, is_refused, lie, code
):
    provider.false_encryptions["userinfo"] = lie

    response = visitor.sign_in()

    is_refused(response, 502, f"userinfo.{code}", asked="discovery token jwks userinfo")


@pytest.mark.parametrize(("lie", "code"), LIES)
def test_a_logout_token_that_is_encrypted_falsely_signs_nobody_out(
    visitor, provider, encrypted, refusals, lie, code
):
    visitor.sign_in(sub="ada", claims={"sid": "one"})
    provider.false_encryptions["logout_token"] = lie

    response = send(provider.logout_token(sub="ada"))

    assert (response.status_code, refusals.codes) == (400, [f"logout_token.{code}"])
    assert LoginSession.objects.count() == 1


def test_an_encrypted_logout_token_signs_somebody_out(visitor, provider, encrypted):
    visitor.sign_in(sub="ada", claims={"sid": "one"})

    response = send(provider.logout_token(sub="ada"))

    assert (response.status_code, LoginSession.objects.count()) == (200, 0)


def test_all_of_the_keys_decrypt(visitor, provider, encrypted):
    # The second is the old one of a rotation.
    encrypted["CLIENT_KEYS"] = [generate_key("RSA-OAEP")[0], RSA]
    assert load_keys([RSA])[0].kid == RSA_KEY.kid

    visitor.sign_in()

    assert visitor.is_signed_in
