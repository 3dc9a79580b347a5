"""The honest provider's keys: what they sign can be verified by another library."""

import json

import pytest
from jwcrypto.jwk import JWK
from jwcrypto.jws import JWS

from django_genauth.testing.provider.keys import (
    base64url,
    base64url_decode,
    secret_key,
    signing_key,
    thumbprint,
)
from django_genauth.testing.provider.mint import Mint
from django_genauth.testing.provider.tokens import write_jwt

ALGORITHMS = ["RS256", "RS512", "PS256", "PS512", "ES256", "ES384", "ES512", "EdDSA"]


@pytest.mark.parametrize("alg", ALGORITHMS)
def test_a_signature_holds_under_the_published_key(alg):
    key = signing_key(alg)
    token = JWS()
    token.deserialize(write_jwt({"sub": "ada"}, key))

    token.verify(JWK(**key.public_jwk), alg)

    assert json.loads(token.payload) == {"sub": "ada"}


@pytest.mark.parametrize("alg", ["HS256", "HS384", "HS512"])
def test_a_signature_holds_under_the_shared_secret(alg):
    token = JWS()
    token.allowed_algs = [alg]
    token.deserialize(write_jwt({"sub": "ada"}, secret_key(alg, b"s" * 64)))

    token.verify(JWK(kty="oct", k=base64url(b"s" * 64)), alg)

    assert json.loads(token.payload) == {"sub": "ada"}


@pytest.mark.parametrize("alg", ["RS256", "ES256", "EdDSA"])
def test_a_key_is_named_by_its_thumbprint(alg):
    key = signing_key(alg)

    assert key.kid == JWK(**key.public_jwk).thumbprint() == thumbprint(key.public_jwk)


def test_a_key_without_a_name_is_published_without_one():
    key = signing_key("ES256")
    nameless = type(key)(key.alg, key.private)

    assert "kid" not in nameless.public_jwk


def test_a_public_key_can_be_had_as_text():
    assert signing_key("ES256").public_pem.startswith(b"-----BEGIN PUBLIC KEY-----")


def test_a_shared_secret_is_not_published():
    key = secret_key("HS256", "s" * 32)

    with pytest.raises(TypeError, match="not published"):
        key.public_jwk  # noqa: B018 # it is the property that raises
    with pytest.raises(TypeError, match="not published"):
        key.public_pem  # noqa: B018 # likewise


def test_octets_come_back_from_base64url():
    assert base64url_decode(base64url(b"\xff\xfe\xfd\xfc")) == b"\xff\xfe\xfd\xfc"


def test_a_key_that_is_rotated_can_stay_published():
    mint = Mint("the-client", None, "RS256", "oidc")
    old = mint.id_token_key

    new = mint.rotate_key()

    assert [key.kid for key in mint.keys] == [new.kid, old.kid]
