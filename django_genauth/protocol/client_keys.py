"""The client's own keys: loaded, published, and what signs with them (RFC 7517, RFC 7638).

Where they are kept, and which page publishes them, is decided elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NoReturn

from django_genauth.protocol.errors import ConfigurationError

if TYPE_CHECKING:
    from jwcrypto.jwk import JWK

__all__ = ["KEY_ALGORITHMS", "ClientKey", "generate_key", "load_keys", "public_key_set"]

_MIN_RSA_BITS: Final = 2048
_MADE_RSA_BITS: Final = 3072
_USES: Final = ("sig", "enc")
_PUBLIC: Final = ("kty", "n", "e", "crv", "x", "y")
_BY_CURVE: Final = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512", "Ed25519": "EdDSA"}
_RSA: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
# How each key is made that can be made here.
KEY_ALGORITHMS: Final[Mapping[str, Mapping[str, Any]]] = {
    "ES256": {"kty": "EC", "crv": "P-256"},
    "ES384": {"kty": "EC", "crv": "P-384"},
    "ES512": {"kty": "EC", "crv": "P-521"},
    "EdDSA": {"kty": "OKP", "crv": "Ed25519"},
    "RS256": {"kty": "RSA", "size": _MADE_RSA_BITS},
    "PS256": {"kty": "RSA", "size": _MADE_RSA_BITS},
}


@dataclass(frozen=True, slots=True, eq=False)
class ClientKey:
    """Hold one private key of the client, and what is said of it in public.

    `algorithms` are those that it can sign with, the first one unless a setting has another. `use`
    is `sig`, `enc`, or None where the key does not say.
    """

    kid: str
    algorithms: tuple[str, ...]
    use: str | None
    jwk: JWK = field(repr=False)

    @property
    def signs(self) -> bool:
        """Tell whether the key is for signatures."""
        return self.use != "enc"

    def public(self) -> dict[str, str]:
        """Return the public half as a JWK."""
        half: dict[str, Any] = self.jwk.export_public(as_dict=True)
        members = {name: half[name] for name in _PUBLIC if name in half}
        # Not bound to one algorithm where a setting may choose another.
        named = {"alg": self.algorithms[0]} if len(self.algorithms) == 1 and self.signs else {}
        return {**members, "kid": self.kid, "use": self.use or "sig", **named}

    def __reduce__(self) -> NoReturn:
        raise TypeError("A private key is not pickled.")


def load_keys(texts: Iterable[str | Mapping[str, Any]]) -> tuple[ClientKey, ...]:
    """Load private keys from PEM or JWK texts, in their order.

    Raises ConfigurationError for what is no private key, or one too weak, and for two keys with one
    key id.
    """
    keys = tuple(_load(each, number) for number, each in enumerate(texts, start=1))
    if len({key.kid for key in keys}) < len(keys):
        raise _wrong("Two keys have the same kid. Each key stands in the list once.")
    return keys


def public_key_set(keys: Iterable[ClientKey]) -> dict[str, list[dict[str, str]]]:
    """Return the key set that holds the public halves (RFC 7517 5)."""
    return {"keys": [key.public() for key in keys]}


def generate_key(algorithm: str) -> tuple[str, ClientKey]:
    """Make a private key for one of KEY_ALGORITHMS; return its text, a JWK, and the key."""
    from jwcrypto.jwk import JWK

    made = JWK.generate(**KEY_ALGORITHMS[algorithm], alg=algorithm, use="sig")
    members = {**made.export_private(as_dict=True), "kid": made.thumbprint()}
    text = json.dumps(members)
    return text, _load(text, 1)


def _load(text: str | Mapping[str, Any], number: int) -> ClientKey:
    which = f"Key {number}"
    jwk = _parsed(text, which)
    if jwk.is_symmetric or not jwk.has_private:
        raise _wrong(f"{which} is no private key. Set the half that the client signs with.")
    members: dict[str, Any] = jwk.export_public(as_dict=True)
    algorithms = _algorithms(jwk, members, which)
    use = members.get("use")
    if use is not None and use not in _USES:
        raise _wrong(f'{which} has a `use` that is neither "sig" nor "enc".')
    kid = members.get("kid")
    return ClientKey(
        kid=kid if isinstance(kid, str) and kid else jwk.thumbprint(),
        algorithms=algorithms,
        use=use,
        jwk=jwk,
    )


def _parsed(text: str | Mapping[str, Any], which: str) -> JWK:
    # Here, as a process of a client without keys does without the library.
    from jwcrypto.jwk import JWK

    # Errors of the library may quote the key, so they are not in the chain.
    try:
        if isinstance(text, Mapping):
            return JWK(**text)
        if text.lstrip().startswith("{"):
            return JWK.from_json(text)
        return JWK.from_pem(text.strip().encode("ascii"))
    except Exception:  # noqa: BLE001, S110 # whatever the library raises; it may quote the key
        pass
    raise _wrong(
        f"{which} is neither a PEM text, unencrypted, nor a JWK as JSON. `genauth_keys` makes one."
    )


def _algorithms(jwk: JWK, members: Mapping[str, Any], which: str) -> tuple[str, ...]:
    fitting: tuple[str, ...] = _RSA
    if members["kty"] == "RSA":
        if _bits(members["n"]) < _MIN_RSA_BITS:
            raise _wrong(f"{which} is an RSA key of fewer than {_MIN_RSA_BITS} bits.")
    else:
        name = _BY_CURVE.get(str(members.get("crv")))
        if name is None:
            raise _wrong(
                f"{which} is on a curve that is not supported: {', '.join(_BY_CURVE)} are."
            )
        fitting = (name,)
    named = members.get("alg")
    if named is None or members.get("use") == "enc":
        return fitting
    if named not in fitting:
        raise _wrong(f"{which} names an `alg` that it cannot sign with.")
    return (str(named),)


def _bits(number: str) -> int:
    # Six bits for each letter of base64url, less what fills the last octet.
    return len(number) * 6 // 8 * 8


def _wrong(what: str) -> ConfigurationError:
    return ConfigurationError(f"CLIENT_KEYS: {what}", reason="client_keys")
