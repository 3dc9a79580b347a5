"""Signatures: each of the 13 algorithms, its own key, and every other one's."""

import json
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from django_genauth.protocol import jws
from django_genauth.protocol.errors import IDTokenError
from django_genauth.protocol.jws import verified_claims
from tests.protocol.material import (
    ALGORITHMS,
    CLIENT_SECRET,
    always,
    finder,
    good_claims,
    signing_key,
    verifying_key,
)
from tests.support.provider.keys import base64url, secret_key
from tests.support.provider.tokens import Forgery, write_jwt

PUBLIC = [algorithm for algorithm in ALGORITHMS if not algorithm.startswith("HS")]
ELLIPTIC = [algorithm for algorithm in ALGORITHMS if algorithm.startswith("ES")]
PAIRS = [(one, other) for one in ALGORITHMS for other in ALGORITHMS if one != other]
PUBLIC_PAIRS = [(one, other) for one in PUBLIC for other in PUBLIC if one != other]
ONE_KEY_PAIRS = [(one, other) for one, other in PAIRS if {one[:2], other[:2]} <= {"RS", "PS"}] + [
    (one, other) for one, other in PAIRS if one[:2] == other[:2] == "HS"
]


def claims_of(token, algorithm, find_key):
    return verified_claims(
        token, algorithms={algorithm}, find_key=find_key, accepted_types={"jwt"}, error=IDTokenError
    )


def with_signature(algorithm, edit):
    """Return a token whose signature is an edited one."""
    header = base64url(json.dumps({"alg": algorithm}).encode())
    payload = base64url(json.dumps(good_claims()).encode())
    signature = signing_key(algorithm).sign(f"{header}.{payload}".encode())
    return f"{header}.{payload}.{base64url(edit(signature))}"


def test_these_are_the_algorithms():
    assert set(jws.ALGORITHMS) == set(ALGORITHMS)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_signature_by_the_algorithms_key_is_good(algorithm):
    key = signing_key(algorithm)
    token = write_jwt(good_claims(), key)

    claims = claims_of(token, algorithm, always(verifying_key(key)))

    assert claims == good_claims()


@pytest.mark.parametrize("algorithm", PUBLIC)
def test_a_signature_by_another_key_of_the_algorithm_is_refused(algorithm):
    key, other = signing_key(algorithm), signing_key(algorithm, 1)
    token = write_jwt(good_claims(), key)

    with pytest.raises(IDTokenError) as refused:
        claims_of(token, algorithm, always(verifying_key(other)))

    assert refused.value.code == "id_token.signature"


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
def test_a_signature_by_another_secret_is_refused(algorithm):
    token = write_jwt(good_claims(), secret_key(algorithm, CLIENT_SECRET[::-1]))

    with pytest.raises(IDTokenError) as refused:
        claims_of(token, algorithm, always(verifying_key(signing_key(algorithm))))

    assert refused.value.code == "id_token.signature"


@pytest.mark.parametrize(("algorithm", "other"), PAIRS)
def test_a_good_signature_is_refused_under_another_algorithms_key(algorithm, other):
    token = write_jwt(good_claims(), signing_key(algorithm))
    wrong_key = verifying_key(
        secret_key(other, CLIENT_SECRET[::-1]) if other.startswith("HS") else signing_key(other, 1)
    )

    with pytest.raises(IDTokenError) as refused:
        claims_of(token, algorithm, always(wrong_key))

    assert refused.value.code == "id_token.signature"


@pytest.mark.parametrize(("algorithm", "other"), PUBLIC_PAIRS)
def test_a_published_key_serves_no_other_algorithm_than_its_own(algorithm, other):
    published = replace(signing_key(other), kid="the key")
    token = write_jwt(good_claims(), replace(signing_key(algorithm), kid="the key"))

    with pytest.raises(IDTokenError) as refused:
        claims_of(token, algorithm, finder(published))

    assert refused.value.code == "id_token.key_unknown"


@pytest.mark.parametrize(("algorithm", "other"), ONE_KEY_PAIRS)
def test_a_signature_made_with_another_algorithm_by_the_same_key_is_refused(algorithm, other):
    token = write_jwt(
        good_claims(),
        signing_key(other),
        lie=Forgery(header_edit=lambda header: header | {"alg": algorithm}),
    )

    with pytest.raises(IDTokenError) as refused:
        claims_of(token, algorithm, always(verifying_key(signing_key(algorithm))))

    assert refused.value.code == "id_token.signature"


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize(
    "edit",
    [
        pytest.param(lambda signature: b"", id="empty"),
        pytest.param(lambda signature: b"\x00", id="one octet"),
        pytest.param(lambda signature: signature[:-1], id="an octet short"),
        pytest.param(lambda signature: signature + b"\x00", id="an octet long"),
        pytest.param(lambda signature: b"\x00" + signature, id="a zero before"),
        pytest.param(lambda signature: signature * 2, id="twice"),
        pytest.param(lambda signature: bytes(len(signature)), id="zeros"),
        pytest.param(lambda signature: b"\xff" * len(signature), id="ones"),
        pytest.param(lambda signature: signature[:-1] + bytes([signature[-1] ^ 1]), id="a bit"),
    ],
)
def test_a_distorted_signature_is_refused(algorithm, edit):
    token = with_signature(algorithm, edit)

    with pytest.raises(IDTokenError) as refused:
        claims_of(token, algorithm, always(verifying_key(signing_key(algorithm))))

    assert refused.value.code == "id_token.signature"


@pytest.mark.parametrize("algorithm", ELLIPTIC)
def test_an_elliptic_signature_written_as_der_is_refused(algorithm):
    key = signing_key(algorithm)
    digest = {"ES256": hashes.SHA256, "ES384": hashes.SHA384, "ES512": hashes.SHA512}[algorithm]()  # type: ignore[abstract] # each is one that can
    header = base64url(json.dumps({"alg": algorithm}).encode())
    payload = base64url(json.dumps(good_claims()).encode())
    der = key.private.sign(f"{header}.{payload}".encode(), ec.ECDSA(digest))  # type: ignore[call-arg] # an elliptic key

    with pytest.raises(IDTokenError) as refused:
        claims_of(f"{header}.{payload}.{base64url(der)}", algorithm, always(verifying_key(key)))

    assert refused.value.code == "id_token.signature"


@pytest.mark.parametrize("algorithm", ELLIPTIC)
def test_elliptic_numbers_with_a_leading_zero_are_refused(algorithm):
    """The numbers are the same: a reader that cuts in the middle would take them."""
    token = with_signature(
        algorithm,
        lambda signature: (
            b"\x00" + signature[: len(signature) // 2] + b"\x00" + signature[len(signature) // 2 :]
        ),
    )

    with pytest.raises(IDTokenError) as refused:
        claims_of(token, algorithm, always(verifying_key(signing_key(algorithm))))

    assert refused.value.code == "id_token.signature"


@pytest.mark.parametrize("algorithm", PUBLIC)
def test_a_mac_by_the_secret_is_no_signature_of_another_algorithm(algorithm):
    """Where a secret is found for a key pair's algorithm, a MAC by it must not pass."""
    secret = CLIENT_SECRET.encode()
    token = write_jwt(
        good_claims(),
        secret_key(f"HS{algorithm[2:].replace('DSA', '512')}", secret),
        lie=Forgery(header_edit=lambda header: header | {"alg": algorithm}),
    )

    with pytest.raises(IDTokenError) as refused:
        claims_of(token, algorithm, always(secret))

    assert refused.value.code == "id_token.signature"
