"""The introspection endpoint, and what it said of tokens that clients bring, kept a short while.

What an answer means stands in `protocol.introspection`; who asks, and what for, is not known here.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from typing import Any, Final

from django_genauth.client.authentication import ClientAuthentication
from django_genauth.client.document_cache import NoSharedCache, SharedCache
from django_genauth.client.provider import Provider
from django_genauth.client.registration import ClientRegistration
from django_genauth.client.single_flight import SharedFlights
from django_genauth.client.token_verifier import TokenVerifier
from django_genauth.protocol.errors import OAuthError
from django_genauth.protocol.introspection import introspection_request
from django_genauth.protocol.revocation import TokenTypeHint
from django_genauth.tracebacks import methods_without_variables

# In seconds. A token that is refused may be one that the provider has only just issued.
_REFUSED_TTL: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Introspected:
    """Hold the state of a token, and when the provider was asked, in seconds since the epoch."""

    state: dict[str, Any] = field(repr=False)
    asked_at: float


@methods_without_variables
class Introspections:
    """Ask a provider for the state of tokens, on behalf of one app."""

    def __init__(
        self,
        registration: ClientRegistration,
        authentication: ClientAuthentication,
        provider: Provider,
        verifier: TokenVerifier,
        shared_cache: SharedCache | None,
    ) -> None:
        self._credentials = authentication.credentials
        self._provider = provider
        self._verifier = verifier
        self._shared = shared_cache or NoSharedCache()
        self._flights = SharedFlights()
        # Without a secret that processes share, each has answers of its own.
        secret = authentication.shared_secret or secrets.token_hex(32)
        named = f"introspection\n{registration.issuer}\n{registration.app_id}\n{secret}"
        self._digest_key = hashlib.sha256(named.encode("utf-8", "surrogatepass")).digest()

    def introspect(
        self, token: str, *, token_type_hint: TokenTypeHint | None = None
    ) -> dict[str, Any]:
        """Ask for the state of a token; the hint says of which kind it is."""
        response = self._provider.ask(
            "introspection_endpoint",
            lambda url: introspection_request(
                url,
                self._credentials("introspection"),
                token,
                token_type_hint=token_type_hint,
                is_signed=self._verifier.introspection_algorithm is not None,
            ),
        )
        return self._verifier.introspection(response)

    def introspect_either(self, token: str) -> dict[str, Any]:
        """Ask for the state of an access or a refresh token, whichever it is.

        Keycloak calls a live refresh token inactive unless it is told of which kind it is.
        """
        state = self.introspect(token)
        if state["active"]:
            return state
        try:
            return self.introspect(token, token_type_hint="refresh_token")  # noqa: S106 # its kind
        except OAuthError:
            # Who knows access tokens alone may say so, and has answered before.
            return state

    def introspect_bearer(self, token: str, *, ttl: float) -> Introspected:
        """Return the state of an access token; the provider is asked once in `ttl` seconds.

        One thread asks for a token, and others that come meanwhile share its answer; all processes
        share what is kept. It is kept until the token ends, at the latest.
        """
        key = self._key(token)
        kept = self._kept(key)
        if kept is not None:
            return kept
        return self._flights.share(key, lambda: self._asked(key, token, ttl))

    def forget(self, token: str) -> None:
        """Forget what is kept about a token, so that the provider is asked the next time."""
        self._shared.delete(self._key(token))

    def _asked(self, key: str, token: str, ttl: float) -> Introspected:
        # Another thread may have asked since the look above.
        kept = self._kept(key)
        if kept is not None:
            return kept
        asked_at = self._verifier.clock()
        state = self._state_of(token)
        lifetime = _lifetime(state, ttl, self._verifier.clock())
        if lifetime > 0:
            self._shared.set(key, (asked_at, state), lifetime)
        return Introspected(state=state, asked_at=asked_at)

    def _state_of(self, token: str) -> dict[str, Any]:
        try:
            return self.introspect(token, token_type_hint="access_token")  # noqa: S106 # its kind
        except OAuthError as error:
            # oidc-provider 9 says so of every JWT: it is the token's fault, and not ours.
            if error.error != "unsupported_token_type":
                raise
        return {"active": False}

    def _kept(self, key: str) -> Introspected | None:
        kept = self._shared.get(key)
        return None if kept is None else Introspected(asked_at=kept[0], state=kept[1])

    def _key(self, token: str) -> str:
        # Keyed (RFC 2104): who reads the cache can neither use a token nor try tokens against it.
        octets = token.encode("utf-8", "surrogatepass")
        return f"genauth:token:{hmac.digest(self._digest_key, octets, 'sha256').hex()}"


def _lifetime(state: dict[str, Any], ttl: float, now: float) -> float:
    """Return how many seconds an answer may be kept: no longer than the token lives."""
    lifetime = ttl if state["active"] else min(ttl, _REFUSED_TTL)
    ends = state.get("exp")
    if not isinstance(ends, int | float):
        return lifetime
    # Compared before it is subtracted from: an integer may be too large for that.
    return max(now, min(now + lifetime, ends)) - now
