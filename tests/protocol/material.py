"""What these tests are made of: one issuer, one client, one moment, and good claims.

A test changes the one thing that it is about; all the rest is good. Keys and signatures come from
`tests.support.provider`, which makes them with `cryptography` alone.
"""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable, Mapping
from typing import Any

from django_genauth.protocol.errors import GenAuthError, IDTokenError
from django_genauth.protocol.jwks import KeySet, parse_key_set, secret_key
from django_genauth.protocol.jws import Key, KeyFinder
from tests.support.provider import keys
from tests.support.provider.keys import SigningKey

ISSUER = "https://acme.genauth.ai/oidc"
CLIENT_ID = "5f17a529f64fb009b794a2ff"
# 64 octets, so that it also serves HS512.
CLIENT_SECRET = "2f5a8c1e7b9d4036a1c2e3f405162738" * 2
SUBJECT = "5f719946524ee1099229496b"
NONCE = "n-0S6_WzA2Mj"
NOW = 1_800_000_000
ALGORITHMS = (
    "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256",
    "ES384", "ES512", "EdDSA",
)  # fmt: skip


def good_claims(**changes: Any) -> dict[str, Any]:
    """Return the claims of a good ID token, changed as the test wants it."""
    claims = {
        "iss": ISSUER,
        "sub": SUBJECT,
        "aud": CLIENT_ID,
        "exp": NOW + 3600,
        "iat": NOW,
        "nonce": NONCE,
    }
    return claims | changes


def without(values: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return the same members, less one."""
    return {other: value for other, value in values.items() if other != name}


def signing_key(algorithm: str, number: int = 0) -> SigningKey:
    """Return a key that signs with an algorithm; of HMAC's there is one, the client's secret."""
    if algorithm.startswith("HS"):
        return keys.secret_key(algorithm, CLIENT_SECRET)
    return keys.signing_key(algorithm, number)


def verifying_key(key: SigningKey) -> Key | bytes:
    """Return the package's own key for signatures of a signing key."""
    if isinstance(key.private, bytes):
        return secret_key(key.private.decode(), key.alg)
    found = key_set(key.public_jwk).find(key.alg, key.kid)
    assert found is not None
    return found


def key_set(*members: object) -> KeySet:
    """Load a published key set with these members."""
    return parse_key_set(json.dumps({"keys": members}).encode())


def finder(*published: SigningKey) -> KeyFinder:
    """Find keys among the published ones, as a client does."""
    loaded = key_set(*(key.public_jwk for key in published))

    def find(algorithm: str, kid: str | None) -> Key:
        key = loaded.find(algorithm, kid)
        if key is None:
            raise IDTokenError("No such key.", reason="key_unknown")
        return key

    return find


def always(key: Key) -> KeyFinder:
    """Find the same key whatever is asked for."""
    return lambda algorithm, kid: key


def refusing(algorithm: str, kid: str | None) -> Key:
    """Stand where no key may be asked for."""
    raise AssertionError("a key was looked for before the token was found worth it")


def all_that_shows(call: Callable[[], object]) -> str:
    """Return what a log, a debugger or an error report could show of a call's outcome.

    Only this package's errors count as outcomes; another exception goes through.
    """
    try:
        return repr(call())
    except GenAuthError as error:
        return _all_of(error)


def all_that_a_refusal_shows(call: Callable[[], object]) -> str:
    """Return the same of a call that is refused, and nothing of one that is not."""
    try:
        call()
    except GenAuthError as error:
        return _all_of(error)
    return ""


def _all_of(error: GenAuthError) -> str:
    return "".join([repr(error), error.code, *traceback.format_exception(error)])
