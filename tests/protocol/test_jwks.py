"""A key set: which of its keys are loaded, whatever else stands beside them."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, x25519

from django_genauth.protocol.errors import ConfigurationError, KeySetError
from django_genauth.protocol.jwks import parse_key_set, secret_key
from tests.protocol.material import (
    ALGORITHMS,
    CLIENT_SECRET,
    all_that_shows,
    key_set,
    signing_key,
    without,
)
from tests.support.provider.keys import base64url
from tests.support.provider.keys import signing_key as provider_key

RSA = signing_key("RS256").public_jwk
P256 = signing_key("ES256").public_jwk
ED25519 = signing_key("EdDSA").public_jwk
GOOD = signing_key("RS256", 1).public_jwk


def elliptic(curve, name):
    numbers = ec.generate_private_key(curve).public_key().public_numbers()
    size = (curve.key_size + 7) // 8
    return {
        "kty": "EC",
        "crv": name,
        "x": base64url(numbers.x.to_bytes(size, "big")),
        "y": base64url(numbers.y.to_bytes(size, "big")),
    }


def octets(key):
    return base64url(key.public_key().public_bytes_raw())


PASSED_OVER = [
    pytest.param(None, id="null"),
    pytest.param("key", id="text"),
    pytest.param(7, id="a number"),
    pytest.param([RSA], id="a list"),
    pytest.param({}, id="nothing in it"),
    pytest.param(without(RSA, "kty"), id="no type"),
    pytest.param(RSA | {"kty": "rsa"}, id="a type in lower case"),
    pytest.param(RSA | {"kty": ["RSA"]}, id="a type that is a list"),
    pytest.param({"kty": "AKP", "alg": "ML-DSA-44", "pub": "AA", "kid": "a"}, id="a new type"),
    pytest.param({"kty": "oct", "k": base64url(CLIENT_SECRET.encode())}, id="a secret"),
    pytest.param(
        {"kty": "oct", "k": base64url(CLIENT_SECRET.encode()), "alg": "RS256"},
        id="a secret that says it is for RS256",
    ),
    pytest.param(RSA | {"use": "enc"}, id="for encryption"),
    pytest.param(RSA | {"use": "SIG"}, id="a use in capitals"),
    pytest.param(RSA | {"use": ["sig"]}, id="a use that is a list"),
    pytest.param(RSA | {"key_ops": ["encrypt"]}, id="operations without verifying"),
    pytest.param(RSA | {"key_ops": []}, id="no operation"),
    pytest.param(RSA | {"key_ops": "verify"}, id="operations that are text"),
    pytest.param(RSA | {"key_ops": {"verify": True}}, id="operations that are an object"),
    pytest.param(RSA | {"alg": "RSA-OAEP"}, id="an algorithm of encryption"),
    pytest.param(RSA | {"alg": "ES256"}, id="an algorithm of another type"),
    pytest.param(RSA | {"alg": "HS256"}, id="an algorithm of secrets"),
    pytest.param(RSA | {"alg": "none"}, id="no algorithm"),
    pytest.param(RSA | {"alg": "rs256"}, id="an algorithm in lower case"),
    pytest.param(RSA | {"alg": ["RS256"]}, id="an algorithm that is a list"),
    pytest.param(RSA | {"alg": {}}, id="an algorithm that is an object"),
    pytest.param(RSA | {"kid": 7}, id="a kid that is a number"),
    pytest.param(RSA | {"kid": ["a"]}, id="a kid that is a list"),
    pytest.param(provider_key("RS256", bits=1024).public_jwk, id="RSA of 1024 bits"),
    pytest.param(provider_key("RS256", bits=2047).public_jwk, id="RSA of 2047 bits"),
    pytest.param(provider_key("PS512", bits=1024).public_jwk, id="RSA of 1024 bits, for PSS"),
    pytest.param(without(RSA, "n"), id="RSA without a modulus"),
    pytest.param(without(RSA, "e"), id="RSA without an exponent"),
    pytest.param(RSA | {"n": 65537}, id="a modulus that is a number"),
    pytest.param(RSA | {"n": None}, id="a modulus that is null"),
    pytest.param(RSA | {"n": ""}, id="an empty modulus"),
    pytest.param(RSA | {"n": "not base64!"}, id="a modulus that is no base64url"),
    pytest.param(RSA | {"n": "\ud800"}, id="a modulus that is half a surrogate pair"),
    pytest.param(RSA | {"n": {"deep": []}}, id="a modulus that is an object"),
    pytest.param(RSA | {"e": "AQ"}, id="the exponent 1"),
    pytest.param(RSA | {"e": "AA"}, id="the exponent 0"),
    pytest.param(RSA | {"e": RSA["n"]}, id="an exponent as large as the modulus"),
    pytest.param(without(P256, "crv"), id="elliptic without a curve"),
    pytest.param(without(P256, "y"), id="elliptic without y"),
    pytest.param(P256 | {"y": P256["x"]}, id="a point that is not on the curve"),
    pytest.param(P256 | {"crv": "P-384"}, id="a point of another curve"),
    pytest.param(P256 | {"crv": "P-999"}, id="a curve that there is not"),
    pytest.param(P256 | {"crv": ["P-256"]}, id="a curve that is a list"),
    pytest.param(P256 | {"alg": "ES384"}, id="an algorithm of another curve"),
    pytest.param(elliptic(ec.SECP256K1(), "secp256k1"), id="secp256k1"),
    pytest.param(elliptic(ec.BrainpoolP256R1(), "BP-256"), id="brainpool"),
    pytest.param(
        {"kty": "OKP", "crv": "X25519", "x": octets(x25519.X25519PrivateKey.generate())},
        id="X25519",
    ),
    pytest.param(
        {"kty": "OKP", "crv": "Ed448", "x": octets(ed448.Ed448PrivateKey.generate())}, id="Ed448"
    ),
    pytest.param(without(ED25519, "x"), id="Ed25519 without a point"),
    pytest.param(ED25519 | {"x": "AAAA"}, id="Ed25519 of three octets"),
    pytest.param(ED25519 | {"x": 5}, id="Ed25519 whose point is a number"),
    pytest.param(RSA | {"kty": "EC"}, id="RSA that says it is elliptic"),
    pytest.param(P256 | {"kty": "RSA"}, id="elliptic that says it is RSA"),
]
STRANGE_BUT_GOOD = [
    pytest.param(RSA | {"crv": "P-256"}, id="RSA with a curve"),
    pytest.param(RSA | {"x": "AA"}, id="RSA with x"),
    pytest.param(RSA | {"y": []}, id="RSA with y"),
    pytest.param(RSA | {"x5c": ["MIIB"], "x5t": "AA", "x5u": "https://a.example/"}, id="X.509"),
    pytest.param(RSA | {"unknown": {"deep": [1]}}, id="an unknown member"),
    pytest.param(RSA | {"use": None, "alg": None, "key_ops": None}, id="nulls"),
    pytest.param(RSA | {"key_ops": ["sign", "verify"]}, id="verifying among the operations"),
    pytest.param(without(RSA, "use"), id="no use"),
    pytest.param(RSA | {"d": "AQ", "p": "AQ", "oth": 5}, id="private members"),
]


@pytest.mark.parametrize("member", PASSED_OVER)
def test_a_key_that_cannot_verify_is_passed_over_and_its_neighbour_found(member):
    keys = key_set(member, GOOD)

    assert len(keys.keys) == 1
    assert keys.find("RS256", GOOD["kid"]) is not None


@pytest.mark.parametrize("member", STRANGE_BUT_GOOD)
def test_a_good_key_with_members_that_mean_nothing_here_is_loaded(member):
    keys = key_set(member)

    assert keys.find("RS256", RSA["kid"]) is not None


@pytest.mark.parametrize(
    "member", [P256 | {"n": "AQ", "e": "AQ"}, ED25519 | {"y": "AA"}], ids=["EC", "OKP"]
)
def test_a_good_key_with_members_of_another_type_is_loaded(member):
    keys = key_set(member)

    assert keys.find(member["alg"], member["kid"]) is not None


def test_an_rsa_key_of_2048_bits_is_loaded():
    assert RSA["n"].startswith(tuple("ghijklmnopqrstuvwxyz0123456789-_"))  # the highest bit is set
    assert len(RSA["n"]) == 342

    assert len(key_set(RSA).keys) == 1


def test_the_private_part_of_a_published_key_is_not_kept():
    private = signing_key("RS256").private.private_numbers()
    exponent = base64url(private.d.to_bytes(256, "big"))

    found = key_set(RSA | {"d": exponent}).find("RS256", RSA["kid"])

    assert not found.has_private


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param(b"", "jwks.json", id="nothing"),
        pytest.param(b"<html>", "jwks.json", id="HTML"),
        pytest.param(b"[]", "jwks.json", id="a list"),
        pytest.param(b'{"keys":[],"keys":[]}', "jwks.json", id="keys twice"),
        pytest.param(b"{}", "jwks.keys", id="no keys"),
        pytest.param(b'{"Keys":[]}', "jwks.keys", id="keys in another case"),
        pytest.param(b'{"keys":null}', "jwks.keys", id="null"),
        pytest.param(b'{"keys":{}}', "jwks.keys", id="an object"),
        pytest.param(b'{"keys":"x"}', "jwks.keys", id="text"),
        pytest.param(json.dumps(RSA).encode(), "jwks.keys", id="a key"),
    ],
)
def test_what_is_no_key_set_is_refused(text, code):
    with pytest.raises(KeySetError) as refused:
        parse_key_set(text)

    assert refused.value.code == code


def test_a_set_of_a_hundred_keys_is_loaded():
    assert len(key_set(*[RSA] * 100).keys) == 100


def test_a_set_of_more_than_a_hundred_keys_is_refused():
    with pytest.raises(KeySetError) as refused:
        key_set(*[RSA] * 101)

    assert refused.value.code == "jwks.keys"


def test_keys_of_algorithms_that_are_left_out_on_purpose_are_named():
    curves = [{"kty": "EC", "crv": "secp256k1"}, {"kty": "OKP", "crv": "Ed448"}]

    assert key_set(*curves, GOOD).unsupported == ("ES256K", "Ed448")


def test_other_keys_that_are_passed_over_are_not_named():
    assert key_set({"kty": "OKP", "crv": "X25519"}, {"crv": ["Ed448"]}, 7, GOOD).unsupported == ()


def test_a_key_set_may_begin_with_a_byte_order_mark():
    """RFC 8259 8.1; as Canvas LMS has met it (2639)."""
    text = b"\xef\xbb\xbf" + json.dumps({"keys": [GOOD]}).encode()

    assert parse_key_set(text).find("RS256", GOOD["kid"]) is not None


@pytest.mark.parametrize("alg", ["EdDSA", "Ed25519", None])
def test_a_key_for_eddsa_may_be_named_as_rfc_9864_2_names_it(alg):
    assert key_set(ED25519 | {"alg": alg}).find("EdDSA", ED25519["kid"]) is not None


def test_an_empty_set_is_a_set():
    assert key_set().keys == ()


@pytest.mark.parametrize(
    ("algorithm", "secret"),
    [
        pytest.param("HS256", "s" * 32, id="HS256"),
        pytest.param("HS384", "s" * 48, id="HS384"),
        pytest.param("HS512", "s" * 64, id="HS512"),
        pytest.param("HS256", "é" * 16, id="octets, not characters, count"),
    ],
)
def test_a_secret_as_long_as_the_hash_makes_a_key_of_its_octets(algorithm, secret):
    key = secret_key(secret, algorithm)

    assert key == secret.encode()


@pytest.mark.parametrize(
    ("algorithm", "secret"),
    [
        pytest.param("HS256", "s" * 31, id="HS256"),
        pytest.param("HS384", "s" * 47, id="HS384"),
        pytest.param("HS512", "s" * 63, id="HS512"),
        pytest.param("HS256", "", id="none"),
    ],
)
def test_a_secret_shorter_than_the_hash_is_refused(algorithm, secret):
    with pytest.raises(ConfigurationError) as refused:
        secret_key(secret, algorithm)

    assert refused.value.code == "configuration.secret_too_short"


@pytest.mark.parametrize(
    "secret",
    ["too short a secret", "a secret with \ud800 half a pair " * 9],
    ids=["too short", "no Unicode"],
)
def test_a_refused_secret_is_not_shown(secret):
    shown = all_that_shows(lambda: secret_key(secret, "HS256"))

    assert "configuration.secret" in shown
    assert "a secret" not in shown


def test_a_secret_that_is_no_unicode_is_an_error_of_the_configuration():
    with pytest.raises(ConfigurationError) as refused:
        secret_key("a secret with half of a surrogate pair \ud800", "HS256")

    assert refused.value.code == "configuration.secret"


@pytest.mark.parametrize("algorithm", [name for name in ALGORITHMS if not name.startswith("HS")])
def test_a_key_of_every_asymmetric_algorithm_is_loaded(algorithm):
    published = signing_key(algorithm).public_jwk

    assert key_set(published).find(algorithm, published["kid"]) is not None
