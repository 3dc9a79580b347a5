"""Encrypted answers: which key opens them, and by which rules (RFC 7516, RFC 7518, RFC 8725).

What is inside is a signed token, which is verified elsewhere: anybody can encrypt to a public key.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NoReturn

from django_genauth.protocol.client_keys import DECRYPTION_ALGORITHMS, ClientKey
from django_genauth.protocol.errors import ConfigurationError, IDTokenError, ProviderError
from django_genauth.protocol.jwks import secret_octets
from django_genauth.protocol.jws import decode_segment
from django_genauth.protocol.messages import LONGEST_TOKEN, members_of, read_json_object

if TYPE_CHECKING:
    from jwcrypto.jwk import JWK

__all__ = [
    "CONTENT_ALGORITHMS",
    "DEFAULT_CONTENT_ALGORITHM",
    "KEY_MANAGEMENT_ALGORITHMS",
    "Decryption",
    "decrypted",
    "decryption_for",
    "named_encryption",
]

# RFC 7518 5.1: the octets of the key.
CONTENT_ALGORITHMS: Final[Mapping[str, int]] = {
    "A128CBC-HS256": 32,
    "A192CBC-HS384": 48,
    "A256CBC-HS512": 64,
    "A128GCM": 16,
    "A192GCM": 24,
    "A256GCM": 32,
}
# OIDC Dynamic Client Registration 2.
DEFAULT_CONTENT_ALGORITHM: Final = "A128CBC-HS256"
# RFC 7518 4.4 and 4.5: the octets of the key, which is made of the client secret. That of `dir`
# encrypts the content itself.
_BY_SECRET: Final[Mapping[str, int | None]] = {
    "dir": None,
    "A128KW": 16,
    "A192KW": 24,
    "A256KW": 32,
}
# Without RSA1_5, and without PBES2, whose work the sender chooses.
KEY_MANAGEMENT_ALGORITHMS: Final = (*DECRYPTION_ALGORITHMS, *_BY_SECRET)
# A key that is made of a shorter secret could be guessed from one token (OIDC Core 16.19).
_SHORTEST_SECRET: Final = 16
# RFC 7516 5.2 (10): no encrypted key stands beside a key that is agreed on. Old versions of the
# library look over it.
_WITHOUT_ENCRYPTED_KEY: Final = ("dir", "ECDH-ES")
# RFC 7518 5.3.
_GCM_VECTOR: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Decryption:
    """Hold what answers of one kind are encrypted with, and the keys that open them, by key id.

    `setting` names the key of GENAUTH that decides.
    """

    setting: str
    algorithm: str
    content_algorithm: str
    keys: tuple[tuple[str | None, JWK], ...] = field(repr=False)

    def __reduce__(self) -> NoReturn:
        raise TypeError("A private key is not pickled.")


def decryption_for(
    setting: str,
    algorithm: str,
    content_algorithm: str,
    *,
    keys: Iterable[ClientKey],
    secret: str | None,
) -> Decryption:
    """Return what opens answers that are encrypted with two algorithms.

    Raises ConfigurationError where there is no key for them.
    """
    if algorithm in _BY_SECRET:
        octets = _BY_SECRET[algorithm] or CONTENT_ALGORITHMS[content_algorithm]
        usable: tuple[tuple[str | None, JWK], ...] = (
            (None, _derived_key(secret, octets, setting)),
        )
    else:
        usable = tuple((key.kid, key.jwk) for key in keys if algorithm in key.decrypts)
    if not usable:
        raise ConfigurationError(
            f"{setting} is {algorithm}, and CLIENT_KEYS has no key for it. `genauth_keys --alg"
            f" {algorithm}` makes one.",
            reason="client_keys",
        )
    return Decryption(
        setting=setting, algorithm=algorithm, content_algorithm=content_algorithm, keys=usable
    )


def decrypted(text: str, decryption: Decryption | None, *, error: type[ProviderError]) -> str:
    """Open a compact JWE, and return the signed token that is inside (RFC 7516 5.2).

    Without a Decryption the text is returned as it is. Both algorithms are pinned, the header can
    only agree (RFC 8725 3.1). Raises `error`, with the broken rule as its reason.
    """
    if decryption is None:
        return text
    if len(text) > LONGEST_TOKEN:
        raise error(f"The token is longer than {LONGEST_TOKEN:,} characters.", reason="too_long")
    segments = text.encode("utf-8", "surrogatepass").split(b".")
    if len(segments) == 3:
        raise error(
            f"The token is not encrypted, as {decryption.setting} demands. Switch encryption on for"
            " the app in the provider's console.",
            reason="not_encrypted",
        )
    if len(segments) != 5:
        raise error("The token is not five segments of base64url.", reason="framing")
    header = read_json_object(decode_segment(segments[0], error), error=error)
    _check_header(header, decryption, error)
    encrypted = [decode_segment(segment, error) for segment in segments[1:]]
    plaintext = _opened(header, segments[0], encrypted, decryption)
    if plaintext is None:
        # One sentence for whatever failed: which step it was would help those who try.
        raise error(
            "The token cannot be decrypted. Compare the key that the provider encrypts with: one of"
            " the page genauth:jwks, or APP_SECRET for dir and the A*KW algorithms.",
            reason="decryption",
        )
    if plaintext.count(b".") != 2 or plaintext.lstrip().startswith(b"{"):
        # Claims that nobody signed, or another encrypted token.
        raise error(
            "What is encrypted is no signed token. Let the provider sign it first: choose a"
            " signature algorithm for the app in its console.",
            reason="unsigned",
        )
    return plaintext.decode("latin-1")  # which every octet has; the alphabet is checked later


def named_encryption(token: str) -> tuple[str | None, str | None] | None:
    """Return what the header of a token says that its key and its content are encrypted with.

    An algorithm that is not known here is None; so is the answer for a token that is not encrypted.
    For a sentence to the developer alone.
    """
    segments = token.encode("utf-8", "surrogatepass").split(b".")
    if len(segments) != 5:
        return None
    try:
        header = members_of(decode_segment(segments[0], IDTokenError))
    except IDTokenError:
        return None
    alg, enc = header.get("alg"), header.get("enc")
    return (
        alg if isinstance(alg, str) and alg in KEY_MANAGEMENT_ALGORITHMS else None,
        enc if isinstance(enc, str) and enc in CONTENT_ALGORITHMS else None,
    )


def _check_header(
    header: Mapping[str, Any], decryption: Decryption, error: type[ProviderError]
) -> None:
    pinned = (("alg", decryption.algorithm), ("enc", decryption.content_algorithm))
    for member, algorithm in pinned:
        if header.get(member) != algorithm:
            raise error(
                f"The token's {member} is not {algorithm}, which {decryption.setting} decides."
                " Set it to the app's encryption algorithm in the provider's console.",
                reason=f"encryption_{member}",
            )
    if "p2c" in header:
        # RFC 7518 4.8.1.2: of PBES2 alone, and work without end for whoever heeds it.
        raise error("The token's header counts rounds of a password.", reason="encryption_alg")
    if "zip" in header:
        # RFC 8725 3.6: what is short on its way may unpack without end.
        raise error("The token is compressed, which is refused.", reason="zip")
    if "crit" in header:
        # RFC 7516 4.1.13, as with signatures.
        raise error("The token's header has a critical extension.", reason="crit")
    if not isinstance(header.get("kid", ""), str):
        raise error("The token's key id is not text.", reason="kid")
    # cty and typ are not looked at: what is inside is read as a signed token, whatever they say.
    # Nor are jku, jwk, x5u and x5c.


def _opened(
    header: Mapping[str, Any],
    protected: bytes,
    encrypted: list[bytes],
    decryption: Decryption,
) -> bytes | None:
    """Return the plaintext, or None whatever went wrong."""
    encrypted_key, vector, ciphertext, tag = encrypted
    content = _content_primitive(decryption.content_algorithm)
    management = _management_primitive(decryption.algorithm)
    named = [key for kid, key in decryption.keys if kid is not None and kid == header.get("kid")]
    # A provider that got the key by hand may call it as it likes.
    for key in named or [key for _, key in decryption.keys]:
        try:
            if encrypted_key and decryption.algorithm in _WITHOUT_ENCRYPTED_KEY:
                raise ValueError("an encrypted key that nothing is encrypted with")
            content_key = management.unwrap(key, content.wrap_key_size, encrypted_key, header)
            if decryption.content_algorithm.endswith("GCM") and len(vector) != _GCM_VECTOR:
                raise ValueError("a vector of another length")
            plaintext: bytes = content.decrypt(content_key, protected, vector, ciphertext, tag)
        except Exception:  # noqa: BLE001, S112 # whatever the library raises, nothing was opened
            continue
        return plaintext
    return None


def _derived_key(secret: str | None, octets: int, setting: str) -> JWK:
    """Return the key that is made of the client secret (OIDC Core 10.2)."""
    from jwcrypto.common import base64url_encode
    from jwcrypto.jwk import JWK

    if not secret:
        raise ConfigurationError(
            f"{setting} needs APP_SECRET. Set that, or an algorithm of key pairs.",
            reason=setting.lower(),
        )
    known = secret_octets(secret)
    if len(known) < _SHORTEST_SECRET:
        raise ConfigurationError(
            f"APP_SECRET has {len(known)} octets, and {setting} needs {_SHORTEST_SECRET}."
            " Choose an algorithm of key pairs.",
            reason="secret_too_short",
        )
    digest = "sha256" if octets <= 32 else "sha384" if octets <= 48 else "sha512"
    derived = hashlib.new(digest, known).digest()[:octets]
    return JWK(kty="oct", k=base64url_encode(derived))


@cache
def _management_primitive(algorithm: str) -> Any:
    # Loaded with the first token; it holds no state between two.
    from jwcrypto.jwa import JWA

    return JWA.keymgmt_alg(algorithm)


@cache
def _content_primitive(algorithm: str) -> Any:
    from jwcrypto.jwa import JWA

    return JWA.encryption_alg(algorithm)
