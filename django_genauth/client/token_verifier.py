"""The verifier of a provider's signed answers: one issuer, one client, one algorithm.

It hands keys, clock and leeway to the functions of `protocol`, which hold the rules and know
neither clock nor network. Nothing else may verify a token for a client.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django_genauth.protocol.access_token import verify_access_token
from django_genauth.protocol.id_token import Expected, IdToken, verify
from django_genauth.protocol.jws import KeyFinder
from django_genauth.protocol.logout import LogoutToken, verify_logout_token
from django_genauth.protocol.messages import HttpResponse
from django_genauth.protocol.userinfo import parse_userinfo
from django_genauth.tracebacks import methods_without_variables


@methods_without_variables
@dataclass(frozen=True, slots=True, kw_only=True)
class TokenVerifier:
    """Verify what one provider signs for one client.

    `clock` returns seconds since the epoch, `leeway` is in seconds. Each method raises the error
    of its kind of token, and what `find_key` raises.
    """

    issuer: str
    client_id: str
    algorithm: str
    find_key: KeyFinder
    clock: Callable[[], float]
    leeway: float

    def id_token(self, token: str, **expected: Any) -> IdToken:
        """Verify an ID token; `expected` are further members of `id_token.Expected`."""
        return verify(
            token,
            find_key=self.find_key,
            expected=Expected(
                issuer=self.issuer,
                client_id=self.client_id,
                algorithm=self.algorithm,
                leeway=self.leeway,
                **expected,
            ),
            now=self.clock(),
        )

    def logout_token(self, token: str) -> LogoutToken:
        """Verify a logout token. The caller has to see to it that it is used once."""
        return verify_logout_token(
            token,
            algorithm=self.algorithm,
            find_key=self.find_key,
            issuer=self.issuer,
            client_id=self.client_id,
            now=self.clock(),
            leeway=self.leeway,
        )

    def access_token(self, token: str) -> dict[str, Any]:
        """Verify an access token that is a JWT, and return its claims."""
        # GenAuth signs access tokens with RS256 whatever it signs ID tokens with.
        asymmetric = set() if self.algorithm.startswith("HS") else {self.algorithm}
        return verify_access_token(
            token,
            algorithms={"RS256"} | asymmetric,
            find_key=self.find_key,
            issuer=self.issuer,
            client_id=self.client_id,
            now=self.clock(),
            leeway=self.leeway,
        )

    def userinfo(self, response: HttpResponse) -> dict[str, Any]:
        """Read the answer of the userinfo endpoint, and verify it if it is signed."""
        return parse_userinfo(
            response,
            issuer=self.issuer,
            client_id=self.client_id,
            algorithm=self.algorithm,
            find_key=self.find_key,
            now=self.clock(),
            leeway=self.leeway,
        )
