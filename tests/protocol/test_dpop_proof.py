"""The proof of a client that shows a bound token to the site's API (RFC 9449 4.3)."""

import json
import time
from typing import Any

import pytest
from jwcrypto.jwk import JWK

from django_genauth.protocol.dpop import DpopKey, token_digest
from django_genauth.protocol.dpop_proof import PROOF_ALGORITHMS, verify_proof
from django_genauth.protocol.errors import DpopProofError
from django_genauth.protocol.jws import signed

NOW = 1_700_000_000.0
TOKEN = "the-token"
KEY = DpopKey.generate()
PATH = "/reports/"
KINDS: dict[str, dict[str, Any]] = {
    "ES256": {"kty": "EC", "crv": "P-256"},
    "ES384": {"kty": "EC", "crv": "P-384"},
    "ES512": {"kty": "EC", "crv": "P-521"},
    "EdDSA": {"kty": "OKP", "crv": "Ed25519"},
}
RSA = JWK.generate(kty="RSA", size=2048)


def key_for(algorithm):
    return JWK.generate(**KINDS[algorithm]) if algorithm in KINDS else RSA


def a_proof(*, key=KEY.jwk, alg="ES256", header=None, **claims):
    public = key.export_public(as_dict=True)
    said = {
        "jti": "number-1",
        "htm": "GET",
        "htu": "https://site.example/reports/",
        "iat": int(NOW),
        "ath": token_digest(TOKEN),
        **claims,
    }
    top = {"typ": "dpop+jwt", "alg": alg, "jwk": public, **(header or {})}
    return signed(
        {name: value for name, value in said.items() if value is not None},
        key,
        header={name: value for name, value in top.items() if value is not None},
    )


def verified(proof, **changes):
    expected = {
        "method": "GET",
        "origin": "https://site.example",
        "path": PATH,
        "access_token": TOKEN,
        "thumbprint": KEY.thumbprint,
        "now": NOW,
        "leeway": 30,
    }
    return verify_proof(proof, **(expected | changes))


def reason_of(proof, **changes):
    with pytest.raises(DpopProofError) as caught:
        verified(proof, **changes)
    return caught.value.code.removeprefix("dpop_proof.")


def test_the_proofs_that_this_package_makes_are_good():
    proof = KEY.proof(
        method="GET", url="https://site.example/reports/?a=b", now=NOW, access_token=TOKEN
    )

    assert len(verified(proof)) == 64


@pytest.mark.parametrize("alg", PROOF_ALGORITHMS)
def test_each_asymmetric_algorithm_is_good(alg):
    key = key_for(alg)

    assert verified(a_proof(key=key, alg=alg), thumbprint=key.thumbprint())


def test_a_proof_is_known_again_by_its_number_and_its_key():
    other = DpopKey.generate()
    first = verified(a_proof())

    assert first == verified(a_proof(iat=int(NOW) + 1))
    assert first != verified(a_proof(jti="number-2"))
    assert first != verified(a_proof(key=other.jwk), thumbprint=other.thumbprint)


@pytest.mark.parametrize(
    "htu",
    [
        "HTTPS://SITE.example/reports/",
        "https://site.example:443/reports/",
        "https://site.example/reports/?a=b#c",
        "https://site.example/%72eports/",
        "https://site.example/./a/../reports/",
        "https://site.example/../reports/",
        "https://site.example/a/b/../../reports/x/..",
        "https://site.example/reports/.",
    ],
)
def test_one_address_may_be_written_in_several_ways(htu):
    assert verified(a_proof(htu=htu))


@pytest.mark.parametrize(
    ("origin", "path", "htu"),
    [
        ("https://site.example", "/", "https://site.example"),
        ("http://127.0.0.1:8000", "/a b/ä", "http://127.0.0.1:8000/a%20b/%C3%A4"),
        ("http://site.example:80", "/x", "http://site.example/x"),
        ("https://site.example", "/a%2Fb", "https://site.example/a%252Fb"),
    ],
)
def test_an_address_is_compared_as_it_is_routed(origin, path, htu):
    assert verified(a_proof(htu=htu), origin=origin, path=path)


@pytest.mark.parametrize(
    "htu",
    [
        "https://site.example/reports",
        "https://site.example/Reports/",
        "http://site.example/reports/",
        "https://site.example:8443/reports/",
        "https://other.example/reports/",
        "https://u@site.example/reports/",
        "https://site.example:port/reports/",
        "/reports/",
        "",
        7,
        None,
    ],
)
def test_a_proof_for_another_address_is_refused(htu):
    assert reason_of(a_proof(htu=htu)) == "htu"


@pytest.mark.parametrize("htm", ["POST", "get", "", 7, None])
def test_a_proof_for_another_method_is_refused(htm):
    assert reason_of(a_proof(htm=htm)) == "htm"


@pytest.mark.parametrize("ath", [token_digest("another"), "", "ä\ud800", 7, None])
def test_a_proof_for_another_token_is_refused(ath):
    assert reason_of(a_proof(ath=ath)) == "ath"


@pytest.mark.parametrize("iat", [NOW - 91, NOW + 31, "now", True, None])
def test_a_proof_of_another_time_is_refused(iat):
    assert reason_of(a_proof(iat=iat)) == "iat"


@pytest.mark.parametrize("iat", [NOW - 90, NOW + 30])
def test_clocks_may_differ_by_the_leeway(iat):
    assert verified(a_proof(iat=iat))


@pytest.mark.parametrize("jti", ["", "x" * 501, 7, ["a"], None])
def test_a_proof_without_a_number_is_refused(jti):
    assert reason_of(a_proof(jti=jti)) == "jti"


@pytest.mark.parametrize("typ", ["JWT", "at+jwt", None, 7])
def test_a_token_of_another_kind_is_no_proof(typ):
    assert reason_of(a_proof(header={"typ": typ})) == "typ"


@pytest.mark.parametrize("alg", ["none", "HS256", "ES256K", None, 7])
def test_a_proof_of_another_algorithm_is_refused(alg):
    proof = a_proof(header={"alg": "ES256"})
    head = json.dumps({"typ": "dpop+jwt", "alg": alg, "jwk": dict(KEY.public)}).encode()

    assert reason_of(f"{encoded(head)}.{proof.partition('.')[2]}") == "alg"


def encoded(octets):
    from base64 import urlsafe_b64encode

    return urlsafe_b64encode(octets).rstrip(b"=").decode()


def test_a_key_for_another_algorithm_is_refused():
    proof = a_proof()
    head = json.dumps({"typ": "dpop+jwt", "alg": "PS256", "jwk": dict(KEY.public)}).encode()

    assert reason_of(f"{encoded(head)}.{proof.partition('.')[2]}") == "jwk"


@pytest.mark.parametrize(
    "jwk",
    [
        pytest.param(None, id="none"),
        pytest.param("key", id="text"),
        pytest.param({}, id="empty"),
        pytest.param({"kty": "oct", "k": "AAAA"}, id="a secret"),
        pytest.param({**KEY.public, "d": "AAAA"}, id="private"),
        pytest.param({**KEY.public, "kty": "DSA"}, id="another kind"),
        pytest.param({**KEY.public, "x": 7}, id="a number"),
        pytest.param({"kty": "RSA", "n": "A" * 701, "e": "AQAB"}, id="large"),
        pytest.param({"kty": "RSA", "n": "AAAA", "e": "A" * 9}, id="large exponent"),
    ],
)
def test_what_is_no_small_public_key_is_refused(jwk):
    assert reason_of(a_proof(header={"jwk": jwk})) == "jwk"


def test_a_proof_by_another_key_than_the_token_s_is_refused():
    assert reason_of(a_proof(key=DpopKey.generate().jwk)) == "jkt"


def test_a_proof_that_the_key_did_not_sign_is_refused():
    other = DpopKey.generate()

    assert reason_of(a_proof(key=other.jwk, header={"jwk": dict(KEY.public)})) == "signature"


@pytest.mark.parametrize(
    ("proof", "reason"),
    [
        pytest.param(None, "missing", id="none"),
        pytest.param("a.b.c,a.b.c", "missing", id="two"),
        pytest.param("x" * 8_001, "missing", id="long"),
        pytest.param("", "json", id="empty"),
        pytest.param("a.b.c", "framing", id="no base64"),
        pytest.param(f"{encoded(b'[]')}.b.c", "json", id="no object"),
    ],
)
def test_what_is_no_single_proof_is_refused(proof, reason):
    assert reason_of(proof) == reason


def test_a_proof_with_a_critical_extension_is_refused():
    assert reason_of(a_proof(header={"crit": ["x"]})) == "crit"


def test_no_number_of_a_proof_takes_long():
    began = time.process_time()

    reason_of(a_proof(jti="x" * 7_000))

    assert time.process_time() - began < 1
