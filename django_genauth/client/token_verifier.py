"""The verifier of a provider's signed answers: one issuer, one client, one algorithm.

It hands keys, clock and leeway to the functions of `protocol`, which hold the rules and know
neither clock nor network. Nothing else may verify a token for a client.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from django_genauth.client.decryption import Decryptions
from django_genauth.protocol.access_token import verify_access_token
from django_genauth.protocol.encryption import decrypted
from django_genauth.protocol.errors import AccessTokenError, IDTokenError, LogoutTokenError
from django_genauth.protocol.id_token import Expected, IdToken, verify
from django_genauth.protocol.introspection import (
    parse_introspection,
    parse_signed_introspection,
)
from django_genauth.protocol.jarm import response_token, verify_response
from django_genauth.protocol.jws import KeyFinder, verified_claims
from django_genauth.protocol.logout import LogoutToken, verify_logout_token
from django_genauth.protocol.messages import HttpResponse
from django_genauth.protocol.registered_claims import numeric_date
from django_genauth.protocol.userinfo import parse_userinfo
from django_genauth.tracebacks import methods_without_variables

Result = TypeVar("Result")


@methods_without_variables
@dataclass(frozen=True, slots=True, kw_only=True)
class TokenVerifier:
    """Verify what one provider signs for one client.

    `with_renewed_keys` calls a verification, and once more with other keys after a wrong signature.
    `clock` returns seconds since the epoch, `leeway` is in seconds. Each method raises the error
    of its kind of token, and what `find_key` raises.
    """

    issuer: str
    client_id: str
    algorithm: str
    userinfo_algorithm: str
    introspection_algorithm: str | None
    trusted_audiences: tuple[str, ...]
    profile: str | None
    find_key: KeyFinder
    find_access_key: KeyFinder
    decryptions: Decryptions
    with_renewed_keys: Callable[[Callable[[], Any]], Any]
    clock: Callable[[], float]
    leeway: float

    def id_token(self, token: str, **expected: Any) -> IdToken:
        """Verify an ID token; `expected` are further members of `id_token.Expected`.

        Of one that is encrypted, IdToken holds the signed token that was inside.
        """
        signed = decrypted(token, self.decryptions.id_token, error=IDTokenError)
        wanted = Expected(
            issuer=self.issuer,
            client_id=self.client_id,
            algorithm=self.algorithm,
            leeway=self.leeway,
            trusted_audiences=self.trusted_audiences,
            others_refused=self.profile is not None,
            **expected,
        )
        return self._verified(
            self.algorithm,
            lambda: verify(signed, find_key=self.find_key, expected=wanted, now=self.clock()),
        )

    def hint(self, id_token: str) -> str:
        """Return an ID token as the provider can read it, without verifying it.

        RP-Initiated Logout 1.0 2: one that is encrypted to the client is decrypted first.
        """
        if id_token.count(".") != 4:
            return id_token
        return decrypted(id_token, self.decryptions.id_token, error=IDTokenError)

    def signature(self, id_token: str) -> None:
        """Verify the signature of an ID token alone, which may have expired."""
        verified_claims(
            id_token,
            algorithms=(self.algorithm,),
            find_key=self.find_key,
            accepted_types=("jwt",),
            error=IDTokenError,
        )

    def authorization_response(self, parameters: Mapping[str, str]) -> dict[str, str]:
        """Verify a signed authorization response, and return the parameters in it (JARM 2.4).

        Raises AuthorizationResponseError where it is plain, and ResponseTokenError.
        """
        token = response_token(parameters)
        return self._verified(
            self.algorithm,
            lambda: verify_response(
                token,
                algorithm=self.algorithm,
                find_key=self.find_key,
                issuer=self.issuer,
                client_id=self.client_id,
                now=self.clock(),
                leeway=self.leeway,
            ),
        )

    def logout_token(self, token: str) -> LogoutToken:
        """Verify a logout token. The caller has to see to it that it is used once.

        Back-Channel Logout 2.6 (1): it is encrypted where ID tokens are.
        """
        signed = decrypted(token, self.decryptions.id_token, error=LogoutTokenError)
        return self._verified(
            self.algorithm,
            lambda: verify_logout_token(
                signed,
                algorithm=self.algorithm,
                find_key=self.find_key,
                issuer=self.issuer,
                client_id=self.client_id,
                now=self.clock(),
                leeway=self.leeway,
            ),
        )

    def access_token(
        self, token: str, *, audience: str | Collection[str] | None = None
    ) -> dict[str, Any]:
        """Verify an access token that is a JWT, and return its claims.

        `audience` is what its aud has to name, or one of several; None: the client.
        """
        # GenAuth signs access tokens with RS256 whatever it signs ID tokens with.
        by_genauth = {"RS256"} if self.profile is None else set()
        asymmetric = set() if self.algorithm.startswith("HS") else {self.algorithm}
        return self._verified(
            "RS256",
            lambda: verify_access_token(
                token,
                algorithms=by_genauth | asymmetric,
                find_key=self.find_key,
                issuer=self.issuer,
                client_id=self.client_id,
                now=self.clock(),
                leeway=self.leeway,
                audience=audience,
            ),
        )

    def bearer_token(
        self, token: str, *, audience: Collection[str], algorithm: str
    ) -> dict[str, Any]:
        """Verify an access token that somebody brought to the site's API, and return its claims.

        It is a JWT for one of the audiences, and says when it was issued (RFC 9068 2.2). Where it
        is bound to a key, the caller has to check the proof.
        """

        def verify() -> dict[str, Any]:
            claims = verify_access_token(
                token,
                algorithms=(algorithm,),
                find_key=self.find_access_key,
                issuer=self.issuer,
                client_id=self.client_id,
                now=self.clock(),
                leeway=self.leeway,
                audience=audience,
                may_be_bound=True,
                setting="API_TOKEN_SIGNED_RESPONSE_ALG",
            )
            numeric_date(claims, "iat", error=AccessTokenError)
            return claims

        return self._verified(algorithm, verify)

    def introspection(self, response: HttpResponse) -> dict[str, Any]:
        """Read the answer of the introspection endpoint, and verify it if it has to be signed."""
        algorithm = self.introspection_algorithm
        if algorithm is None:
            return parse_introspection(response)
        return self._verified(
            algorithm,
            lambda: parse_signed_introspection(
                response,
                issuer=self.issuer,
                client_id=self.client_id,
                algorithm=algorithm,
                find_key=self.find_key,
                now=self.clock(),
                leeway=self.leeway,
                decryption=self.decryptions.introspection,
            ),
        )

    def userinfo(self, response: HttpResponse) -> dict[str, Any]:
        """Read the answer of the userinfo endpoint, and verify it if it is signed."""
        return self._verified(
            self.userinfo_algorithm,
            lambda: parse_userinfo(
                response,
                issuer=self.issuer,
                client_id=self.client_id,
                algorithm=self.userinfo_algorithm,
                find_key=self.find_key,
                now=self.clock(),
                leeway=self.leeway,
                decryption=self.decryptions.userinfo,
            ),
        )

    def _verified(self, algorithm: str, verify: Callable[[], Result]) -> Result:
        if algorithm.startswith("HS"):
            # The key is the client secret, which nobody publishes.
            return verify()
        verified: Result = self.with_renewed_keys(verify)
        return verified
