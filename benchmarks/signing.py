"""The CPU of what the site signs: a client assertion and a DPoP proof, beside the bare signature.

`python -m benchmarks.signing [--rounds N]`, from the root of the repository. Keys are loaded once,
as a client does. The least is JSON, base64url and the signature by `cryptography` alone.
"""

from __future__ import annotations

import argparse
import json
import sys
from base64 import urlsafe_b64encode
from collections.abc import Callable
from secrets import token_urlsafe
from statistics import median
from time import process_time
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from django_genauth.protocol.client_assertion import client_assertion
from django_genauth.protocol.client_keys import generate_key
from django_genauth.protocol.dpop import DpopKey
from tests.support.tables import Verdict, show

_TIMES = 100
_BOUND = 1.5
_NOW = 1_700_000_000

Sign = Callable[[], object]


def assertion(algorithm: str) -> tuple[Sign, Sign]:
    """Return how this package signs an assertion, and the least that it can cost."""
    _, key = generate_key(algorithm)
    claims = {
        "iss": "app",
        "sub": "app",
        "aud": "https://as.example",
        "iat": _NOW,
        "exp": _NOW + 60,
    }
    header = {"alg": algorithm, "typ": "JWT", "kid": key.kid}
    private = key.jwk.get_op_key("sign")
    return (
        lambda: client_assertion(
            "app", key, algorithm=algorithm, audience="https://as.example", now=_NOW
        ),
        lambda: _least(algorithm, private, header, {**claims, "jti": token_urlsafe(32)}),
    )


def proof() -> tuple[Sign, Sign]:
    """Return the same of a DPoP proof with an access token."""
    key = DpopKey.generate()
    header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": dict(key.public)}
    claims = {"htm": "GET", "htu": "https://api.example/x", "iat": _NOW, "ath": "a" * 43}
    private = key.jwk.get_op_key("sign")
    return (
        lambda: key.proof(
            method="GET", url="https://api.example/x?y=z", now=_NOW, access_token="a" * 800
        ),
        lambda: _least("ES256", private, header, {**claims, "jti": token_urlsafe(16)}),
    )


def _least(algorithm: str, private: Any, header: object, claims: object) -> bytes:
    data = b".".join(_encode(json.dumps(each).encode()) for each in (header, claims))
    if isinstance(private, RSAPrivateKey):
        pss = padding.PSS(mgf=padding.MGF1(SHA256()), salt_length=32)
        how = pss if algorithm.startswith("PS") else padding.PKCS1v15()
        return data + b"." + _encode(private.sign(data, how, SHA256()))
    pair = decode_dss_signature(private.sign(data, ec.ECDSA(SHA256())))
    return data + b"." + _encode(b"".join(number.to_bytes(32, "big") for number in pair))


def _encode(octets: bytes) -> bytes:
    return urlsafe_b64encode(octets).rstrip(b"=")


def _microseconds(sign: Sign) -> float:
    began = process_time()
    for _ in range(_TIMES):
        sign()
    return (process_time() - began) / _TIMES * 1e6


def main() -> int:
    """Measure, print the table, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.signing", description=__doc__)
    parser.add_argument("--rounds", type=int, default=20, help="more are steadier (default: 20)")
    rounds = parser.parse_args().rounds
    signers = {f"assertion {name}": assertion(name) for name in ("ES256", "RS256", "PS256")}
    signers["DPoP proof ES256"] = proof()
    rows, verdicts = [], []
    for name, pair in signers.items():
        times = [[_microseconds(sign) for sign in pair] for _ in range(rounds)]
        ours, least = (median(column) for column in zip(*times, strict=True))
        ratio = median(mine / bare for mine, bare in times)
        rows.append((name, f"{ours:.0f}", f"{least:.0f}", f"{ratio:.2f}"))
        verdicts.append(Verdict(f"{name} to the least", ratio, _BOUND))
    show("Signing, in µs of CPU", ("", "ours", "least", "ratio"), rows)
    sys.stdout.write("\n" + "".join(f"{verdict}\n" for verdict in verdicts))
    return 0 if all(verdict.is_good for verdict in verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
