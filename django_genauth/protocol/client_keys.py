"""The client's own keys: loaded, published, and what each is for (RFC 7517, RFC 7638).

Where they are kept, and which page publishes them, is decided elsewhere.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, NoReturn

from django_genauth.protocol.errors import ConfigurationError

if TYPE_CHECKING:
    from jwcrypto.jwk import JWK

__all__ = [
    "DECRYPTION_ALGORITHMS",
    "KEY_ALGORITHMS",
    "ClientKey",
    "certificate_key",
    "generate_key",
    "load_keys",
    "public_key_set",
]

_PRIVATE_PEM: Final = re.compile(
    "-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----", re.DOTALL
)
_MIN_RSA_BITS: Final = 2048
_MADE_RSA_BITS: Final = 3072
_KID_DIGITS: Final = 32
_USES: Final = ("sig", "enc")
_PUBLIC: Final = ("kty", "n", "e", "crv", "x", "y")
_BY_CURVE: Final = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512", "Ed25519": "EdDSA"}
_RSA: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
# RFC 7518 4.1, less RSA1_5, whose padding gives plaintexts away (RFC 8725 3.2).
_RSA_OAEP: Final = ("RSA-OAEP", "RSA-OAEP-256")
_ECDH: Final = ("ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A192KW", "ECDH-ES+A256KW")
DECRYPTION_ALGORITHMS: Final = (*_RSA_OAEP, *_ECDH)
_AGREEMENT_CURVES: Final = ("P-256", "P-384", "P-521", "X25519")
# RFC 7517 4.3: the operations of a key that decrypts.
_DECRYPTING: Final = frozenset({"decrypt", "unwrapKey", "deriveKey", "deriveBits"})
# How each key is made that can be made here.
KEY_ALGORITHMS: Final[Mapping[str, Mapping[str, Any]]] = {
    "ES256": {"kty": "EC", "crv": "P-256"},
    "ES384": {"kty": "EC", "crv": "P-384"},
    "ES512": {"kty": "EC", "crv": "P-521"},
    "EdDSA": {"kty": "OKP", "crv": "Ed25519"},
    "RS256": {"kty": "RSA", "size": _MADE_RSA_BITS},
    "PS256": {"kty": "RSA", "size": _MADE_RSA_BITS},
    **{name: {"kty": "RSA", "size": _MADE_RSA_BITS} for name in _RSA_OAEP},
    **{name: {"kty": "EC", "crv": "P-256"} for name in _ECDH},
}


@dataclass(frozen=True, slots=True, eq=False)
class ClientKey:
    """Hold one private key of the client, and what is said of it in public.

    `algorithms` are those that it can sign with, the first one unless a setting has another, and
    `decrypts` those that it can decrypt with. `certificate` is the thumbprint of its certificate
    (x5t#S256), by which Microsoft Entra knows it, or None. `use` is `sig`, `enc`, or None where the
    key does not say: then it may do both.
    """

    kid: str
    algorithms: tuple[str, ...]
    decrypts: tuple[str, ...]
    use: str | None
    jwk: JWK = field(repr=False)
    certificate: str | None = None

    @property
    def signs(self) -> bool:
        """Tell whether the key is for signatures."""
        return bool(self.algorithms)

    def public(self, *, decrypting: Collection[str] = ()) -> dict[str, str]:
        """Return the public half as a JWK; `decrypting` are the algorithms that settings name."""
        half: dict[str, Any] = self.jwk.export_public(as_dict=True)
        members = {name: half[name] for name in _PUBLIC if name in half} | {"kid": self.kid}
        if self.use is None and not set(self.decrypts).isdisjoint(decrypting):
            # The provider encrypts with no key that is for signatures (RFC 7517 4.2).
            return members
        named = self.decrypts if self.use == "enc" else self.algorithms
        # Not bound to one algorithm where a setting may choose another.
        algorithm = {"alg": named[0]} if len(named) == 1 else {}
        return {**members, "use": self.use or "sig", **algorithm}

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


def public_key_set(
    keys: Iterable[ClientKey], *, decrypting: Collection[str] = ()
) -> dict[str, list[dict[str, Any]]]:
    """Return the key set that holds the public halves (RFC 7517 5)."""
    return {"keys": [key.public(decrypting=decrypting) for key in keys]}


def certificate_key(pem: bytes) -> dict[str, Any]:
    """Return the JWK of a certificate, by which a provider knows it (RFC 8705 2.2.2).

    Raises ValueError for what is no certificate.
    """
    from cryptography.hazmat.primitives.serialization import Encoding
    from cryptography.x509 import load_pem_x509_certificate
    from jwcrypto.jwk import JWK

    certificate = load_pem_x509_certificate(pem)
    jwk = JWK.from_pyca(certificate.public_key())  # type: ignore[arg-type] # it raises for others
    half: dict[str, Any] = jwk.export_public(as_dict=True)
    members: dict[str, Any] = {name: half[name] for name in _PUBLIC if name in half}
    octets = certificate.public_bytes(Encoding.DER)
    # Not of the key alone: a new certificate may have the old key (RFC 7517 4.7).
    kid = sha256(octets).hexdigest()[:_KID_DIGITS]
    return {**members, "kid": kid, "use": "sig", "x5c": [b64encode(octets).decode("ascii")]}


def generate_key(algorithm: str) -> tuple[str, ClientKey]:
    """Make a private key for one of KEY_ALGORITHMS; return its text, a JWK, and the key."""
    from jwcrypto.jwk import JWK

    use = "enc" if algorithm in DECRYPTION_ALGORITHMS else "sig"
    made = JWK.generate(**KEY_ALGORITHMS[algorithm], alg=algorithm, use=use)
    members = {**made.export_private(as_dict=True), "kid": made.thumbprint()}
    text = json.dumps(members)
    return text, _load(text, 1)


def _load(text: str | Mapping[str, Any], number: int) -> ClientKey:
    which = f"Key {number}"
    jwk = _parsed(text, which)
    if jwk.is_symmetric or not jwk.has_private:
        raise _wrong(f"{which} is no private key. Set the half that only the client knows.")
    members: dict[str, Any] = jwk.export_public(as_dict=True)
    use = _use(members, which)
    signing, decrypting = _fitting(members, which)
    signing, decrypting = () if use == "enc" else signing, () if use == "sig" else decrypting
    named = members.get("alg")
    if named is not None:
        signing = (named,) if named in signing else ()
        decrypting = (named,) if named in decrypting else ()
    if not (signing or decrypting):
        raise _wrong(f"{which} cannot do what its `use`, `key_ops` or `alg` says.")
    kid = members.get("kid")
    return ClientKey(
        kid=kid if isinstance(kid, str) and kid else jwk.thumbprint(),
        algorithms=signing,
        decrypts=decrypting,
        use=use,
        jwk=_bare(jwk),
        certificate=_certificate_of(text, jwk, which),
    )


def _certificate_of(text: str | Mapping[str, Any], jwk: JWK, which: str) -> str | None:
    """Return the thumbprint of the certificate that stands beside a private key, if one does."""
    if isinstance(text, Mapping) or "-----BEGIN CERTIFICATE-----" not in text:
        members: dict[str, Any] = jwk.export_public(as_dict=True)
        return members.get("x5t#S256")
    from cryptography.hazmat.primitives.serialization import Encoding
    from cryptography.x509 import load_pem_x509_certificates
    from jwcrypto.jwk import JWK

    # A PEM file may have those of the authorities behind it, and other keys are not of this type.
    with suppress(ValueError, TypeError):
        for each in load_pem_x509_certificates(text.encode("ascii")):
            key = JWK.from_pyca(each.public_key())  # type: ignore[arg-type] # it raises for others
            if key.thumbprint() == jwk.thumbprint():
                digest = sha256(each.public_bytes(Encoding.DER)).digest()
                return urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")
    raise _wrong(f"{which} stands beside a certificate of another key.")


def _use(members: Mapping[str, Any], which: str) -> str | None:
    """Return what a key is for, or None where neither `use` nor anything else says so."""
    use: str | None = members.get("use")
    if use is not None:
        if use not in _USES:
            raise _wrong(f'{which} has a `use` that is neither "sig" nor "enc".')
        return use
    if members.get("alg") in DECRYPTION_ALGORITHMS:
        return "enc"
    operations = members.get("key_ops")
    if not operations:
        return None
    return "sig" if _DECRYPTING.isdisjoint(operations) else "enc"


def _bare(jwk: JWK) -> JWK:
    """Return a key without its conditions, which hold by what a ClientKey is asked for."""
    from jwcrypto.jwk import JWK

    # The library knows one operation of each use alone, and refuses the others of `key_ops`.
    conditions = ("use", "key_ops", "alg", "kid")
    private: dict[str, Any] = jwk.export_private(as_dict=True)
    return JWK(**{name: each for name, each in private.items() if name not in conditions})


def _parsed(text: str | Mapping[str, Any], which: str) -> JWK:
    # Here, as a process of a client without keys does without the library.
    from jwcrypto.jwk import JWK

    # Errors of the library may quote the key, so they are not in the chain.
    try:
        if isinstance(text, Mapping):
            return JWK(**text)
        if text.lstrip().startswith("{"):
            return JWK.from_json(text)
        # A certificate may stand beside it.
        private = _PRIVATE_PEM.search(text)
        return JWK.from_pem((private[0] if private else text.strip()).encode("ascii"))
    except Exception:  # noqa: BLE001, S110 # whatever the library raises; it may quote the key
        pass
    raise _wrong(
        f"{which} is neither a PEM text, unencrypted, nor a JWK as JSON. `genauth_keys` makes one."
    )


def _fitting(members: Mapping[str, Any], which: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the algorithms that a key can sign and decrypt with, by its type and size."""
    if members["kty"] == "RSA":
        if _bits(members["n"]) < _MIN_RSA_BITS:
            raise _wrong(f"{which} is an RSA key of fewer than {_MIN_RSA_BITS} bits.")
        return _RSA, _RSA_OAEP
    curve = str(members.get("crv"))
    signing = (_BY_CURVE[curve],) if curve in _BY_CURVE else ()
    decrypting = _ECDH if curve in _AGREEMENT_CURVES else ()
    if not (signing or decrypting):
        known = ", ".join(dict.fromkeys((*_BY_CURVE, *_AGREEMENT_CURVES)))
        raise _wrong(f"{which} is on a curve that is not supported: {known} are.")
    return signing, decrypting


def _bits(number: str) -> int:
    # Six bits for each letter of base64url, less what fills the last octet.
    return len(number) * 6 // 8 * 8


def _wrong(what: str) -> ConfigurationError:
    return ConfigurationError(f"CLIENT_KEYS: {what}", reason="client_keys")
