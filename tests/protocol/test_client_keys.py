"""The client's own keys: read, refused, published."""

import json
import pickle

import pytest
from jwcrypto.jwk import JWK

from django_genauth.protocol.client_keys import (
    KEY_ALGORITHMS,
    generate_key,
    load_keys,
    public_key_set,
)
from django_genauth.protocol.errors import ConfigurationError

EC = JWK.generate(kty="EC", crv="P-256")
RSA = JWK.generate(kty="RSA", size=2048)


def pem(key, *, private=True, password=None):
    return key.export_to_pem(private_key=private, password=password).decode()


@pytest.mark.parametrize("algorithm", KEY_ALGORITHMS)
def test_a_key_that_is_made_can_be_read(algorithm):
    text, made = generate_key(algorithm)

    (read,) = load_keys([text])

    assert (read.kid, read.algorithms, read.use) == (made.kid, (algorithm,), "sig")


@pytest.mark.parametrize(
    ("text", "algorithms"),
    [
        pytest.param(pem(EC), ("ES256",), id="PEM of an elliptic curve"),
        pytest.param(f"\n{pem(EC)}\n", ("ES256",), id="PEM between blank lines"),
        pytest.param(EC.export_private(), ("ES256",), id="JWK"),
        pytest.param(EC.export_private(as_dict=True), ("ES256",), id="JWK as a dictionary"),
        pytest.param(
            pem(RSA), ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), id="PEM of RSA"
        ),
        pytest.param(
            {**RSA.export_private(as_dict=True), "alg": "PS256"}, ("PS256",), id="RSA for PS256"
        ),
    ],
)
def test_a_private_key_is_read(text, algorithms):
    (key,) = load_keys([text])

    assert key.algorithms == algorithms


def test_a_key_without_an_id_has_its_thumbprint():
    (key,) = load_keys([pem(EC)])

    assert key.kid == EC.thumbprint()


def test_an_id_of_its_own_is_kept():
    (key,) = load_keys([{**EC.export_private(as_dict=True), "kid": "mine"}])

    assert key.kid == "mine"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("a secret", "neither a PEM text", id="text"),
        pytest.param("{", "neither a PEM text", id="broken JSON"),
        pytest.param({"kty": "EC"}, "neither a PEM text", id="half a JWK"),
        pytest.param(pem(EC, password=b"x"), "neither a PEM text", id="encrypted"),
        pytest.param(pem(EC, private=False), "no private key", id="public half"),
        pytest.param(JWK.generate(kty="oct").export(), "no private key", id="a secret as a JWK"),
        pytest.param(
            pem(JWK.generate(kty="RSA", size=1024)), "fewer than 2048 bits", id="short RSA"
        ),
        pytest.param(JWK.generate(kty="EC", crv="secp256k1").export(), "not supported", id="curve"),
        pytest.param(
            {**EC.export_private(as_dict=True), "alg": "RS256"}, "cannot sign with", id="alg"
        ),
        pytest.param({**EC.export_private(as_dict=True), "use": "all"}, "`use`", id="use"),
    ],
)
def test_what_cannot_be_a_key_of_the_client_is_refused(text, words):
    with pytest.raises(ConfigurationError, match=words) as caught:
        load_keys([text])

    assert caught.value.code == "configuration.client_keys"


def test_a_refused_text_stands_in_no_message():
    with pytest.raises(ConfigurationError) as caught:
        load_keys(["-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----"])

    assert "c2VjcmV0" not in str(caught.value)
    assert (caught.value.__cause__, caught.value.__suppress_context__) == (None, False)
    assert caught.value.__context__ is None


def test_one_key_twice_is_refused():
    with pytest.raises(ConfigurationError, match="the same kid"):
        load_keys([pem(EC), EC.export_private()])


def test_a_key_for_encryption_does_not_sign():
    (key,) = load_keys([{**EC.export_private(as_dict=True), "use": "enc", "alg": "ECDH-ES"}])

    assert (key.signs, "alg" in key.public()) == (False, False)


def test_the_public_half_has_nothing_private():
    text, key = generate_key("RS256")

    (published,) = public_key_set([key])["keys"]

    assert set(published) == {"kty", "n", "e", "kid", "use", "alg"}
    assert published["n"] == json.loads(text)["n"]


def test_a_key_that_fits_several_algorithms_is_published_without_one():
    (key,) = load_keys([pem(RSA)])

    assert "alg" not in key.public()


def test_a_key_does_not_show_itself():
    text, key = generate_key("ES256")

    assert json.loads(text)["d"] not in f"{key!r} {key}"


def test_a_key_is_not_pickled():
    _, key = generate_key("ES256")

    with pytest.raises(TypeError):
        pickle.dumps(key)
