"""The CPU of checking an ID token, beside the least that `cryptography` and `json` can do it with.

The least is what somebody writes who trusts the provider's bytes: segments, signature, JSON, and
the same claims compared (iss, aud, exp, iat, nonce, at_hash). It has no rule for hostile input: no
canonical base64url, duplicate members, typ, crit, azp, kinds of values. The column `bare` leaves
the claims out as well.
"""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from statistics import median
from time import process_time, time
from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from django_genauth.protocol.id_token import Expected, verify
from django_genauth.protocol.jwks import parse_key_set
from django_genauth.protocol.jwks import secret_key as kept_secret_key
from django_genauth.protocol.jws import KeyFinder
from tests.support.provider.honest import GENAUTH_CLAIMS
from tests.support.provider.keys import SigningKey, secret_key, signing_key
from tests.support.provider.tokens import left_half_hash, write_jwt
from tests.support.tables import Verdict, show

_ALGORITHMS = ("RS256", "HS256")
_BOUND = 1.25
_TIMES = 300

_ISSUER = "https://acme.genauth.ai/oidc"
_CLIENT_ID = "5f17a529f64fb009b794a2ff"
_NONCE = "n" * 43
_ACCESS_TOKEN = "a" * 800  # of the length that GenAuth's have
_SECRET = "2f5a8c1e7b9d4036a1c2e3f405162738"  # noqa: S105 # nobody's

Check = Callable[[], object]


def compare_checks(*, rounds: int) -> list[Verdict]:
    """Measure, print the table, and judge the ratios."""
    rows, verdicts = [], []
    for algorithm in _ALGORITHMS:
        checks = _checks(algorithm)
        times = [[_microseconds(check) for check in checks] for _ in range(rounds)]
        ours, least, bare = (median(column) for column in zip(*times, strict=True))
        to_least = median(each[0] / each[1] for each in times)
        to_bare = median(each[0] / each[2] for each in times)
        rows.append(
            (
                algorithm,
                f"{ours:.1f}",
                f"{least:.1f}",
                f"{to_least:.2f}",
                f"{bare:.1f}",
                f"{to_bare:.2f}",
            )
        )
        verdicts.append(Verdict(f"{algorithm} check to the least", to_least, _BOUND))
    show(
        f"One check of an ID token with a key at hand, {rounds} rounds of {_TIMES}",
        ("", "CPU µs", "least µs", "ratio", "bare µs", "ratio"),
        rows,
    )
    return verdicts


def _microseconds(check: Check) -> float:
    started = process_time()
    for _ in range(_TIMES):
        check()
    return (process_time() - started) / _TIMES * 1e6


def _checks(algorithm: str) -> tuple[Check, Check, Check]:
    key = signing_key("RS256") if algorithm == "RS256" else secret_key("HS256", _SECRET)
    now = time()
    token = write_jwt(
        {
            "sub": "5f17a529f64fb009b794a300",
            "nonce": _NONCE,
            "at_hash": left_half_hash(_ACCESS_TOKEN, algorithm),
            "iss": _ISSUER,
            "aud": _CLIENT_ID,
            "exp": int(now) + 3_600,
            "iat": int(now),
            **GENAUTH_CLAIMS,
        },
        key,
    )
    find_key, signed = _kept(key), _raw_signature(key)
    expected = Expected(
        issuer=_ISSUER,
        client_id=_CLIENT_ID,
        algorithm=algorithm,
        nonce=_NONCE,
        access_token=_ACCESS_TOKEN,
    )
    return (
        lambda: verify(token, find_key=find_key, expected=expected, now=now),
        lambda: _require_same(_read(token, algorithm, signed), now),
        lambda: _read(token, algorithm, signed),
    )


def _kept(key: SigningKey) -> KeyFinder:
    if isinstance(key.private, bytes):
        secret = kept_secret_key(_SECRET, key.alg)
        return lambda algorithm, kid: secret
    keys = parse_key_set(json.dumps({"keys": [key.public_jwk]}).encode())

    def find_key(algorithm: str, kid: str | None) -> Any:
        return keys.find(algorithm, kid)

    return find_key


def _raw_signature(key: SigningKey) -> Callable[[bytes, bytes], None]:
    private = key.private
    if isinstance(private, RSAPrivateKey):
        public = private.public_key()
        return lambda signature, data: public.verify(signature, data, PKCS1v15(), SHA256())

    def verify_mac(signature: bytes, data: bytes) -> None:
        mac = HMAC(_SECRET.encode(), SHA256())
        mac.update(data)
        mac.verify(signature)

    return verify_mac


def _read(token: str, algorithm: str, signed: Callable[[bytes, bytes], None]) -> dict[str, Any]:
    signing_input, _, signature = token.rpartition(".")
    header, _, payload = signing_input.partition(".")
    if json.loads(_decode(header))["alg"] != algorithm:
        raise ValueError("another algorithm")
    signed(_decode(signature), signing_input.encode())
    claims: dict[str, Any] = json.loads(_decode(payload))
    return claims


def _require_same(claims: dict[str, Any], now: float) -> None:
    half = hashlib.sha256(_ACCESS_TOKEN.encode()).digest()[:16]
    if (
        claims["iss"] != _ISSUER
        or claims["aud"] != _CLIENT_ID
        or claims["exp"] < now
        or claims["iat"] > now + 30
        or claims["nonce"] != _NONCE
        or claims["at_hash"] != urlsafe_b64encode(half).rstrip(b"=").decode()
    ):
        raise ValueError("another token")


def _decode(segment: str) -> bytes:
    return urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
