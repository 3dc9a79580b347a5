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
    ("changes", "what"),
    [
        pytest.param({"method": "GET"}, "htm", id="another method"),
        pytest.param({"url": "https://as.example/"}, "htu", id="another address"),
        pytest.param({"now": 0}, "iat", id="old"),
        pytest.param({"access_token": "a"}, "ath", id="a token that is not shown"),
    ],
)
def test_a_proof_of_something_else_is_refused(changes, what):
    with pytest.raises(Refused, match=what) as caught:
        ProofReader().read(a_request(a_proof(**changes)), url=URL)

    assert caught.value.error == "invalid_dpop_proof"


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda proof: "junk", id="junk"),
        pytest.param(lambda proof: proof[:-9] + "AAAAAAAAA", id="another signature"),
    ],
)
def test_a_proof_that_its_key_did_not_sign_is_refused(spoil):
    with pytest.raises(Refused, match="not signed") as caught:
        ProofReader().read(a_request(spoil(a_proof())), url=URL)

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
