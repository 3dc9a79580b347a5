"""Token introspection: the state of a token, as the provider knows it (RFC 7662, RFC 9701)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from django_genauth.protocol.access_token import check_audience as check_token_audience
from django_genauth.protocol.access_token import check_kind, scopes_of
from django_genauth.protocol.client_auth import ClientCredentials, authenticated_request
from django_genauth.protocol.encryption import Decryption, decrypted
from django_genauth.protocol.errors import AccessTokenError, IntrospectionError
from django_genauth.protocol.genauth import read_answer
from django_genauth.protocol.jws import KeyFinder, verified_token
from django_genauth.protocol.messages import HttpRequest, HttpResponse
from django_genauth.protocol.registered_claims import (
    check_audience,
    check_issuer,
    check_lifetime,
    check_past,
)
from django_genauth.protocol.revocation import TokenTypeHint, token_parameters

__all__ = [
    "check_introspected",
    "introspection_request",
    "parse_introspection",
    "parse_signed_introspection",
]

# RFC 9701 5: the media type of a signed answer, which is its `typ` as well.
_TYPE: Final = "token-introspection+jwt"
_SIGNED: Final = f"application/{_TYPE}"
# An answer comes straight from the provider, so one that was signed long ago is somebody's copy.
_LONGEST_WAY: Final = 600


def introspection_request(
    introspection_endpoint: str,
    credentials: ClientCredentials,
    token: str,
    *,
    token_type_hint: TokenTypeHint | None = None,
    is_signed: bool = False,
) -> HttpRequest:
    """Build the request (RFC 7662 2.1); the token travels in the body.

    The hint is optional for the specification. Keycloak answers that a live refresh token is
    inactive unless it is given. `is_signed` asks for a signed answer (RFC 9701 4).
    """
    parameters = token_parameters(token, token_type_hint)
    request = authenticated_request(introspection_endpoint, credentials, parameters)
    if not is_signed:
        return request
    headers = {**request.headers, "Accept": _SIGNED}
    return HttpRequest(method=request.method, url=request.url, headers=headers, body=request.body)


def parse_introspection(response: HttpResponse) -> dict[str, Any]:
    """Parse an introspection answer; `active` is a boolean for certain (RFC 7662 2.2).

    Raises IntrospectionError for an answer that does not say, OAuthError where the provider
    refused, ProviderUnavailable where it could not answer.
    """
    answer = read_answer(response, endpoint="introspection", error=IntrospectionError)
    _check_active(answer)
    return answer


def parse_signed_introspection(
    response: HttpResponse,
    *,
    issuer: str,
    client_id: str,
    algorithm: str,
    find_key: KeyFinder,
    now: float,
    leeway: float,
    decryption: Decryption | None = None,
) -> dict[str, Any]:
    """Verify a signed answer, and return what it says of the token (RFC 9701 5).

    An answer that is not signed is refused: who stands between could have written it. `decryption`
    opens one that is encrypted as well. Raises what `parse_introspection` raises.
    """
    if response.status != 200:
        read_answer(response, endpoint="introspection", error=IntrospectionError)
    if response.media_type != _SIGNED:
        raise IntrospectionError(
            "The answer is not signed, as INTROSPECTION_SIGNED_RESPONSE_ALG demands. Switch signed"
            " answers on for the app in the provider's console.",
            reason="unsigned",
        )
    text = response.body.decode("latin-1")  # which every octet has; the alphabet is checked later
    token_type, claims = verified_token(
        decrypted(text, decryption, error=IntrospectionError),
        algorithms=(algorithm,),
        find_key=find_key,
        accepted_types=(_TYPE,),
        error=IntrospectionError,
        setting="INTROSPECTION_SIGNED_RESPONSE_ALG",
    )
    if token_type != _TYPE:
        # RFC 9701 5: so that no other token of the provider passes for an answer, nor the answer
        # for an access token (8.1).
        raise IntrospectionError("The answer has no type of its own.", reason="typ")
    check_issuer(claims, issuer, error=IntrospectionError)
    check_audience(claims, client_id, error=IntrospectionError)
    issued = check_past(claims, "iat", now=now, leeway=leeway, error=IntrospectionError)
    if issued < now - _LONGEST_WAY - leeway:
        raise IntrospectionError("The answer is an old one.", reason="iat")
    answer = claims.get("token_introspection")
    if not isinstance(answer, dict):
        raise IntrospectionError("The answer has no token_introspection.", reason="answer")
    _check_active(answer)
    return answer


def check_introspected(
    answer: Mapping[str, Any],
    *,
    issuer: str,
    audience: Collection[str],
    now: float,
    leeway: float,
) -> None:
    """Check that an answer is about a living access token for this API.

    RFC 7662 2.2 leaves all members but `active` out at will; those that are there have to be right.
    Where the token is bound to a key, the caller has to check the proof.
    Raises AccessTokenError.
    """
    if not answer["active"]:
        raise AccessTokenError(
            "The provider calls the token inactive, or tells nothing of tokens of its kind. Where"
            " good tokens are JWTs, set API_TOKENS to jwt.",
            reason="inactive",
        )
    if answer.get("iss") is not None:
        check_issuer(answer, issuer, error=AccessTokenError)
    check_kind(answer)
    if answer.get("aud") is not None:
        check_token_audience(answer, audience)
    elif answer.get("token_type") is None and "offline_access" in scopes_of(answer):
        # oidc-provider calls a refresh token active, and leaves the two out there alone.
        raise AccessTokenError("The token seems to be a refresh token.", reason="kind")
    dated = {name: answer[name] for name in ("exp", "nbf", "iat") if answer.get(name) is not None}
    check_lifetime(dated, now=now, leeway=leeway, error=AccessTokenError, required=False)


def _check_active(answer: Mapping[str, Any]) -> None:
    if not isinstance(answer.get("active"), bool):
        # An answer that is no answer must not pass for "inactive", let alone for "active".
        raise IntrospectionError("The answer's active is no boolean.", reason="active")
