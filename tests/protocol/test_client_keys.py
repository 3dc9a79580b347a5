"""The client's own keys: read, refused, published."""

import json
import pickle
from base64 import urlsafe_b64encode
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID
from jwcrypto.jwk import JWK

from django_genauth.protocol.client_keys import (
    DECRYPTION_ALGORITHMS,
    KEY_ALGORITHMS,
    generate_key,
    load_keys,
    public_key_set,
)
from django_genauth.protocol.errors import ConfigurationError

EC = JWK.generate(kty="EC", crv="P-256")
RSA = JWK.generate(kty="RSA", size=2048)
ED25519 = JWK.generate(kty="OKP", crv="Ed25519")
X25519 = JWK.generate(kty="OKP", crv="X25519")
ECDH = ("ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A192KW", "ECDH-ES+A256KW")


def of(key, **members):
    return {**key.export_private(as_dict=True), **members}


def certified(key, *, of_key=None):
    """Return a certificate, of the key or of another one, and the private key, as PEM."""
    own = serialization.load_pem_private_key(key.export_to_pem(True, None), None)
    shown = serialization.load_pem_public_key((of_key or key).export_to_pem())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "the-site")])
    made = (
        x509.CertificateBuilder(name, name, shown, x509.random_serial_number())
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2027, 1, 1, tzinfo=UTC))
        .sign(own, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM).decode() + pem(key), made


def pem(key, *, private=True, password=None):
    return key.export_to_pem(private_key=private, password=password).decode()


@pytest.mark.parametrize("algorithm", sorted(set(KEY_ALGORITHMS) - {*DECRYPTION_ALGORITHMS}))
def test_a_key_that_is_made_can_be_read(algorithm):
    text, made = generate_key(algorithm)

    (read,) = load_keys([text])

    assert (read.kid, read.algorithms, read.use) == (made.kid, (algorithm,), "sig")
    assert read.decrypts == ()


@pytest.mark.parametrize("algorithm", DECRYPTION_ALGORITHMS)
def test_a_key_that_is_made_to_decrypt_can_be_read(algorithm):
    text, made = generate_key(algorithm)

    (read,) = load_keys([text])

    assert (read.kid, read.decrypts, read.use) == (made.kid, (algorithm,), "enc")
    assert (read.signs, read.public()["alg"]) == (False, algorithm)


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
        pytest.param(of(EC, alg="RS256"), "cannot do what", id="alg"),
        pytest.param(of(EC, alg="RSA-OAEP"), "cannot do what", id="alg of encryption"),
        pytest.param(of(EC, alg="ES256", use="enc"), "cannot do what", id="alg of the other use"),
        pytest.param(of(ED25519, use="enc"), "cannot do what", id="a curve that signs alone"),
        pytest.param(of(X25519, use="sig"), "cannot do what", id="a curve that agrees alone"),
        pytest.param(certified(EC, of_key=RSA)[0], "of another key", id="certificate"),
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
    (key,) = load_keys([of(EC, use="enc", alg="ECDH-ES")])

    assert (key.signs, key.public()["use"], key.public()["alg"]) == (False, "enc", "ECDH-ES")


@pytest.mark.parametrize(
    ("text", "decrypts"),
    [
        pytest.param(pem(EC), ECDH, id="PEM of an elliptic curve"),
        pytest.param(pem(RSA), ("RSA-OAEP", "RSA-OAEP-256"), id="PEM of RSA"),
        pytest.param(of(X25519), ECDH, id="X25519"),
        pytest.param(of(ED25519), (), id="Ed25519"),
        pytest.param(of(EC, use="sig"), (), id="a key for signatures"),
        pytest.param(of(EC, alg="ES256"), (), id="a key for an algorithm of signatures"),
        pytest.param(of(EC, use="enc"), ECDH, id="a key for encryption"),
        pytest.param(of(EC, alg="ECDH-ES"), ("ECDH-ES",), id="a key for one algorithm"),
    ],
)
def test_what_a_key_decrypts_with(text, decrypts):
    (key,) = load_keys([text])

    assert key.decrypts == decrypts


@pytest.mark.parametrize(
    ("operations", "use"),
    [
        pytest.param(["sign"], "sig", id="sign"),
        pytest.param(["decrypt"], "enc", id="decrypt"),
        pytest.param(["deriveKey", "deriveBits"], "enc", id="derive"),
        pytest.param(["unwrapKey"], "enc", id="unwrap"),
        pytest.param([], None, id="none"),
    ],
)
def test_its_operations_say_what_a_key_is_for(operations, use):
    (key,) = load_keys([of(EC, key_ops=operations)])

    assert key.use == use


@pytest.mark.parametrize(
    ("text", "published"),
    [
        pytest.param(pem(RSA), {}, id="for both"),
        pytest.param(pem(EC), {"use": "sig", "alg": "ES256"}, id="of no use for the algorithm"),
        pytest.param(of(RSA, use="sig"), {"use": "sig"}, id="for signatures"),
        pytest.param(of(RSA, use="enc"), {"use": "enc"}, id="for encryption"),
    ],
)
def test_where_something_is_encrypted_the_key_for_it_is_published_as_one(text, published):
    (key,) = public_key_set(load_keys([text]), decrypting=["RSA-OAEP"])["keys"]

    assert {name: key[name] for name in ("use", "alg") if name in key} == published


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


@pytest.mark.parametrize("key", [EC, RSA], ids=["EC", "RSA"])
def test_a_certificate_beside_a_key_is_named_by_its_thumbprint(key):
    text, certificate = certified(key)

    (loaded,) = load_keys([text])

    digest = urlsafe_b64encode(certificate.fingerprint(hashes.SHA256())).rstrip(b"=").decode()
    assert loaded.certificate == digest


def test_a_certificate_of_the_key_is_found_among_others():
    text, _ = certified(EC)
    other, _ = certified(RSA)
    chain = other.partition("-----BEGIN PRIVATE")[0] + text

    assert load_keys([chain])[0].certificate == load_keys([text])[0].certificate


def test_a_jwk_may_say_the_thumbprint_of_its_certificate():
    (loaded,) = load_keys([of(EC, **{"x5t#S256": "the-thumbprint"})])

    assert loaded.certificate == "the-thumbprint"


def test_a_key_without_a_certificate_has_no_thumbprint():
    assert load_keys([pem(EC)])[0].certificate is None
