"""A DPoP key and its proofs, and the nonces that servers send (RFC 9449)."""

import copy
import json
import pickle
from base64 import urlsafe_b64decode

import pytest

from django_genauth.protocol.dpop import DpopKey, asks_for_nonce, nonce_of, token_digest, with_proof
from django_genauth.protocol.errors import IDTokenError, SealError
from django_genauth.protocol.jws import verified_token
from django_genauth.protocol.messages import HttpRequest, HttpResponse

NOW = 1_700_000_000.9


def segments_of(token):
    return [json.loads(urlsafe_b64decode(each + "==")) for each in token.split(".")[:2]]


def a_proof(**changes):
    arguments = {"method": "POST", "url": "https://as.example/token?a=b#c", "now": NOW}
    return DpopKey.generate().proof(**(arguments | changes))


def test_a_proof_names_the_request_and_nothing_of_its_query():
    _, claims = segments_of(a_proof())

    assert (claims["htm"], claims["htu"]) == ("POST", "https://as.example/token")


def test_a_proof_is_dated_in_whole_seconds():
    _, claims = segments_of(a_proof())

    assert claims["iat"] == 1_700_000_000


def test_a_proof_has_no_further_claims_where_none_are_needed():
    _, claims = segments_of(a_proof())

    assert set(claims) == {"jti", "htm", "htu", "iat"}


def test_each_proof_is_another():
    key = DpopKey.generate()
    first, second = (
        segments_of(key.proof(method="GET", url="https://a.example/", now=NOW))[1]["jti"]
        for _ in range(2)
    )

    assert first != second


def test_a_proof_names_the_nonce_of_the_server():
    _, claims = segments_of(a_proof(nonce="the-nonce"))

    assert claims["nonce"] == "the-nonce"


def test_a_proof_names_the_token_that_it_goes_with():
    # RFC 9449 7.1: the access token and the ath of figures 12 and 13.
    token = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"

    _, claims = segments_of(a_proof(access_token=token))

    assert claims["ath"] == "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo"


def test_the_header_shows_the_public_half_of_the_key_alone():
    header, _ = segments_of(a_proof())

    assert (header["typ"], header["alg"]) == ("dpop+jwt", "ES256")
    assert set(header["jwk"]) == {"kty", "crv", "x", "y"}


def test_a_proof_is_signed_by_the_key_in_it():
    key = DpopKey.generate()
    proof = key.proof(method="GET", url="https://a.example/", now=NOW)

    typ, _ = verified_token(
        proof,
        algorithms=("ES256",),
        find_key=lambda algorithm, kid: key.jwk,
        accepted_types=("dpop+jwt",),
        error=IDTokenError,
    )

    assert typ == "dpop+jwt"


def test_a_key_comes_back_from_its_text():
    key = DpopKey.generate()

    again = DpopKey.load(key.text)

    assert (again.thumbprint, again.public) == (key.thumbprint, key.public)


def test_the_thumbprint_is_that_of_rfc_7638():
    key = DpopKey.load("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8")

    assert key.thumbprint == key.jwk.thumbprint()
    assert len(key.thumbprint) == 43


def test_the_text_of_a_key_is_short():
    assert len(DpopKey.generate().text) == 43


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("A" * 43, id="zero"),
        pytest.param("_" * 43, id="beyond the curve"),
        pytest.param("ä", id="no base64url"),
    ],
)
def test_what_is_no_key_is_refused_without_its_text(text):
    with pytest.raises(SealError) as caught:
        DpopKey.load(text)

    assert caught.value.code == "seal.broken"
    assert caught.value.__context__ is None


def test_a_key_shows_no_private_half():
    key = DpopKey.generate()

    assert key.text not in repr(key)


@pytest.mark.parametrize("make", [pickle.dumps, copy.deepcopy])
def test_a_key_is_not_pickled(make):
    with pytest.raises(TypeError):
        make(DpopKey.generate())


def test_a_request_keeps_its_own_headers_and_body():
    request = HttpRequest(method="POST", url="https://a.example/", headers={"A": "b"}, body=b"c")

    proven = with_proof(request, DpopKey.generate(), now=NOW)

    assert (proven.headers["A"], proven.body) == ("b", b"c")
    assert proven.headers["DPoP"].count(".") == 2


def test_the_digest_of_a_token_takes_any_text():
    assert len(token_digest("\ud800")) == 43


@pytest.mark.parametrize(
    ("nonce", "taken"),
    [
        pytest.param("eyJ7S_zG.eyJH0-Z.HX4w-7v", "eyJ7S_zG.eyJH0-Z.HX4w-7v", id="RFC 9449 8"),
        pytest.param("x" * 1024, "x" * 1024, id="long"),
        pytest.param("x" * 1025, None, id="too long"),
        pytest.param("x" * 2**20, None, id="a megabyte"),
        pytest.param("", None, id="empty"),
        pytest.param("a b", None, id="a space"),
        pytest.param('a"b', None, id="a quote"),
        pytest.param("a\r\nX: y", None, id="a line break"),
        pytest.param("ä", None, id="not ASCII"),
    ],
)
def test_a_nonce_is_taken_where_it_is_one(nonce, taken):
    assert nonce_of(HttpResponse(status=200, headers={"dpop-nonce": nonce})) == taken


@pytest.mark.parametrize(
    ("status", "headers", "body", "asks"),
    [
        pytest.param(400, {}, b'{"error": "use_dpop_nonce"}', True, id="token endpoint"),
        pytest.param(
            401, {"www-authenticate": 'DPoP error="use_dpop_nonce"'}, b"", True, id="resource"
        ),
        pytest.param(
            401,
            {"www-authenticate": 'DPoP algs="ES256", error=use_dpop_nonce, x=y'},
            b"",
            True,
            id="not first",
        ),
        pytest.param(400, {}, b'{"error": "invalid_grant"}', False, id="another error"),
        pytest.param(
            401,
            {"www-authenticate": 'Bearer error_description="error=use_dpop_nonces"'},
            b"",
            False,
            id="words that are like it",
        ),
        pytest.param(200, {}, b'{"error": "use_dpop_nonce"}', False, id="a success"),
        pytest.param(500, {}, b'{"error": "use_dpop_nonce"}', False, id="an outage"),
        pytest.param(400, {}, b"<html>", False, id="a page"),
    ],
)
def test_a_server_asks_for_its_nonce_by_a_refusal(status, headers, body, asks):
    response = HttpResponse(status=status, headers={"dpop-nonce": "n", **headers}, body=body)

    assert asks_for_nonce(response) is asks


def test_a_server_that_brings_no_nonce_asks_for_none():
    assert not asks_for_nonce(HttpResponse(status=400, body=b'{"error": "use_dpop_nonce"}'))
