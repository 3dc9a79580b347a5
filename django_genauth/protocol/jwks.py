"""JSON Web Key Sets: loaded key by key, and one key chosen for a token (RFC 7517).

A set may hold keys that nobody here knows; they are passed over, never a reason to refuse the set.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from django_genauth.protocol.errors import ConfigurationError, KeySetError
from django_genauth.protocol.jws import canonical_algorithm
from django_genauth.protocol.messages import read_json_document

if TYPE_CHECKING:
    from jwcrypto.jwk import JWK

__all__ = ["KeySet", "parse_key_set", "public_key", "secret_key", "secret_octets"]

_MAX_KEYS: Final = 100
_MIN_RSA_BITS: Final = 2048
_PUBLIC: Final = {
    "RSA": ("kty", "n", "e"),
    "EC": ("kty", "crv", "x", "y"),
    "OKP": ("kty", "crv", "x"),
}

# Which key an algorithm needs: its type, and its curves (RFC 7518 6, RFC 8037 2).
_KEY_OF: Final[Mapping[str, tuple[str, frozenset[str]]]] = {
    **{name: ("RSA", frozenset()) for name in ("RS256", "RS384", "RS512")},
    **{name: ("RSA", frozenset()) for name in ("PS256", "PS384", "PS512")},
    "ES256": ("EC", frozenset({"P-256"})),
    "ES384": ("EC", frozenset({"P-384"})),
    "ES512": ("EC", frozenset({"P-521"})),
    "EdDSA": ("OKP", frozenset({"Ed25519"})),
}

# Curves of signature algorithms that are left out on purpose, and the algorithms' names (RFC 8812
# 3.2, RFC 9864 2.2). What at_hash is made with under Ed448, no specification of OpenID says.
_UNSUPPORTED_CURVES: Final[Mapping[str, str]] = {"secp256k1": "ES256K", "Ed448": "Ed448"}


@dataclass(frozen=True, slots=True)
class _Key:
    kid: str | None
    algorithms: frozenset[str]
    jwk: JWK = field(repr=False)
    # The published numbers, by which one key that is listed twice is known.
    numbers: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeySet:
    """Hold a provider's usable public keys, ready to verify with.

    `unsupported` names the algorithms of those keys that are left out as none here verifies them.
    """

    keys: tuple[_Key, ...]
    unsupported: tuple[str, ...] = ()

    def find(self, algorithm: str, kid: str | None) -> JWK | None:
        """Choose the one key that fits, or return None where none does.

        Without a kid the choice has to leave a single key (OIDC Core 10.1). A kid that no key has
        may be that of a key without one, if it is the only one. Raises KeySetError where several
        fit.
        """
        # One key that is listed twice is one key.
        fitting = {
            key.numbers: key.jwk
            for key in self.keys
            if algorithm in key.algorithms and (kid is None or key.kid == kid)
        }
        if len(fitting) > 1:
            raise KeySetError(
                "Several keys of the provider fit the token, and it does not say which one signed.",
                reason="ambiguous",
            )
        if not fitting and kid is not None:
            nameless = {
                key.numbers: key.jwk
                for key in self.keys
                if algorithm in key.algorithms and key.kid is None
            }
            # Of several none: the key may be new, and the set has to be fetched again.
            fitting = nameless if len(nameless) == 1 else {}
        return next(iter(fitting.values()), None)

    def has_key_for(self, algorithm: str) -> bool:
        """Tell whether any key can verify a signature of an algorithm."""
        return any(algorithm in key.algorithms for key in self.keys)


def parse_key_set(text: bytes) -> KeySet:
    """Parse a key set, and leave out every key that cannot verify a signature here.

    Raises KeySetError for a document that is no key set.
    """
    members = read_json_document(text, error=KeySetError).get("keys")
    if not isinstance(members, list):
        raise KeySetError("The key set has no list `keys`.", reason="keys")
    if len(members) > _MAX_KEYS:
        raise KeySetError(f"The key set has more than {_MAX_KEYS} keys.", reason="keys")
    loaded = (_load(member) for member in members)
    curves = [member.get("crv") for member in members if isinstance(member, dict)]
    return KeySet(
        tuple(key for key in loaded if key is not None),
        tuple(name for curve, name in _UNSUPPORTED_CURVES.items() if curve in curves),
    )


def public_key(member: Mapping[str, Any], algorithm: str) -> JWK | None:
    """Return the public half of one JWK, or None where it cannot verify an algorithm."""
    key = _load(member)
    return key.jwk if key is not None and algorithm in key.algorithms else None


def secret_key(secret: str, algorithm: str) -> bytes:
    """Return the key of an HMAC algorithm: the client secret as UTF-8 (OIDC Core 10.1).

    Raises ConfigurationError for a secret shorter than the algorithm's hash (RFC 7518 3.2).
    """
    octets = secret_octets(secret)
    if len(octets) * 8 < int(algorithm[2:]):
        raise ConfigurationError(
            f"APP_SECRET has {len(octets)} octets, and {algorithm} needs {int(algorithm[2:]) // 8}."
            " See that it is complete. If it is, choose an asymmetric algorithm in the provider's"
            " console and in ID_TOKEN_SIGNED_RESPONSE_ALG.",
            reason="secret_too_short",
        )
    return octets


def secret_octets(secret: str) -> bytes:
    """Return a client secret as UTF-8. Raises ConfigurationError for half a surrogate pair."""
    # Not by an error of the encoder, which would have the secret with it.
    octets = secret.encode("utf-8", "surrogatepass")
    if octets.decode("utf-8", "ignore") != secret:
        raise ConfigurationError(
            "APP_SECRET is no Unicode text. Copy it anew from the provider's console.",
            reason="secret",
        )
    return octets


def _load(member: Any) -> _Key | None:
    # As in `jws`: loaded with the first key.
    from jwcrypto.jwk import JWK

    if not isinstance(member, Mapping):
        return None
    kid = member.get("kid")
    if not (kid is None or isinstance(kid, str)):
        return None
    try:
        algorithms = _algorithms_of(member)
        if not algorithms:
            return None
        # Only the public part: a set that publishes private keys gains nothing by it here.
        public = {name: member[name] for name in _PUBLIC[member["kty"]]}
        jwk = JWK(**public)
        verifier: Any = jwk.get_op_key("verify")
    except Exception:  # noqa: BLE001 # what odd keys raise in the library is not its errors alone
        return None
    if member["kty"] == "RSA" and verifier.key_size < _MIN_RSA_BITS:
        # RFC 7518 3.3 and 3.5: 2048 bits or larger.
        return None
    return _Key(kid, algorithms, jwk, tuple(public.values()))


def _algorithms_of(member: Mapping[str, Any]) -> frozenset[str]:
    """Tell which of our algorithms a key may verify, by kty, crv, alg, use and key_ops."""
    if member.get("use") not in (None, "sig"):
        return frozenset()
    operations = member.get("key_ops")
    if operations is not None and not (isinstance(operations, list) and "verify" in operations):
        return frozenset()
    fitting = frozenset(
        name
        for name, (key_type, curves) in _KEY_OF.items()
        if member.get("kty") == key_type and (not curves or member.get("crv") in curves)
    )
    declared = canonical_algorithm(member.get("alg"))
    return fitting if declared is None else fitting & {declared}
