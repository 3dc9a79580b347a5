"""The honest provider reads DPoP proofs as strictly as RFC 9449 4.3 has it."""

import time

import pytest

from django_genauth.protocol.dpop import DpopKey
from django_genauth.testing.provider.grants import Refused
from django_genauth.testing.provider.messages import Request
from django_genauth.testing.provider.proofs import ProofReader

URL = "https://as.example/token"
KEY = DpopKey.generate()


def a_request(proof):
    return Request(method="POST", target="/token", headers={"dpop": proof}, body=b"")


def a_proof(**changes):
    return KEY.proof(**{"method": "POST", "url": URL, "now": time.time(), **changes})


def test_a_good_proof_tells_the_key():
    assert ProofReader().read(a_request(a_proof()), url=URL) == KEY.thumbprint


def test_a_request_without_a_proof_proves_nothing():
    request = Request(method="POST", target="/token", headers={}, body=b"")

    assert ProofReader().read(request, url=URL) is None


@pytest.mark.parametrize(
    ("proof", "what"),
    [
        pytest.param("junk", "not signed", id="junk"),
        pytest.param(a_proof()[:-9] + "AAAAAAAAA", "not signed", id="another signature"),
        pytest.param(a_proof(method="GET"), "htm", id="another method"),
        pytest.param(a_proof(url="https://as.example/"), "htu", id="another address"),
        pytest.param(a_proof(now=0), "iat", id="old"),
        pytest.param(a_proof(access_token="a"), "ath", id="a token that is not shown"),
    ],
)
def test_a_bad_proof_is_refused(proof, what):
    with pytest.raises(Refused, match=what) as caught:
        ProofReader().read(a_request(proof), url=URL)

    assert caught.value.error == "invalid_dpop_proof"


def test_a_proof_is_good_once():
    reader, proof = ProofReader(), a_proof()
    reader.read(a_request(proof), url=URL)

    with pytest.raises(Refused, match="jti"):
        reader.read(a_request(proof), url=URL)


def test_a_proof_without_the_nonce_is_refused():
    reader = ProofReader()
    reader.nonce = "the-nonce"

    with pytest.raises(Refused) as caught:
        reader.read(a_request(a_proof()), url=URL)

    assert caught.value.error == "use_dpop_nonce"
