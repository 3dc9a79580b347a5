"""GenAuth's own part: its fixed paths, its defaults, and the three shapes of its errors.

Everything here holds for the identity cloud that was called Authing before; other providers meet
only `read_answer`, whose first shape is that of RFC 6749 5.2.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Any, Final

from django_genauth.protocol.challenge import challenge_text
from django_genauth.protocol.discovery import ProviderMetadata
from django_genauth.protocol.error_codes import registered
from django_genauth.protocol.errors import (
    OAuthError,
    ProviderError,
    ProviderUnavailable,
    TokenResponseError,
)
from django_genauth.protocol.messages import (
    HttpRequest,
    HttpResponse,
    encode_form,
    members_of,
    read_json_document,
)
from django_genauth.protocol.refusals import Endpoint, next_step, one_line, refused

__all__ = [
    "DEFAULT_SCOPE",
    "check_status",
    "console_name",
    "default_issuer",
    "fixed_metadata",
    "hosted_logout_url",
    "is_genauth",
    "parse_validation",
    "read_answer",
    "validation_request",
]

DEFAULT_SCOPE: Final = {"oidc": "openid profile email phone address", "oauth": "user"}

_MAX_RETRY_AFTER: Final = 86_400


def default_issuer(app_host: str) -> str:
    """Return the issuer of the app at a GenAuth host."""
    return f"{app_host}/oidc"


def is_genauth(issuer: str, app_host: str) -> bool:
    """Tell whether an app's provider is GenAuth, as far as its settings say so."""
    return issuer in ("", default_issuer(app_host.removesuffix("/")))


def console_name(issuer: str, app_host: str) -> str:
    """Return what to call the place where an app is registered."""
    return "GenAuth's console" if is_genauth(issuer, app_host) else "the provider's console"


def fixed_metadata(app_host: str, *, protocol: str, issuer: str) -> ProviderMetadata:
    """Return the metadata of a GenAuth host without asking it."""
    base = f"{app_host}/{protocol}"
    return ProviderMetadata(
        issuer=issuer,
        authorization_endpoint=f"{base}/auth",
        token_endpoint=f"{base}/token",
        userinfo_endpoint=f"{base}/me",
        jwks_uri=f"{app_host}/oidc/.well-known/jwks.json",
        introspection_endpoint=f"{base}/token/introspection",
        revocation_endpoint=f"{base}/token/revocation",
        end_session_endpoint=f"{app_host}/oidc/session/end",
    )


def hosted_logout_url(app_host: str, *, redirect_uri: str | None) -> str:
    """Return the address of GenAuth's own sign-out page."""
    url = f"{app_host}/login/profile/logout"
    return f"{url}?{encode_form([('redirect_uri', redirect_uri)])}" if redirect_uri else url


def validation_request(app_host: str, name: str, token: str) -> HttpRequest:
    """Build the request that asks GenAuth whether an `id_token` or `access_token` holds."""
    return HttpRequest(
        method="GET",
        url=f"{app_host}/api/v2/oidc/validate_token?{encode_form([(name, token)])}",
        headers={"Accept": "application/json"},
    )


def parse_validation(response: HttpResponse) -> dict[str, Any]:
    """Read the token's claims, or raise OAuthError where it does not hold."""
    claims = read_answer(response, endpoint="validation", error=TokenResponseError)
    if "iss" not in claims:
        raise TokenResponseError("The answer holds no claims.", reason="validation")
    return claims


def check_status(response: HttpResponse) -> None:
    """Raise ProviderUnavailable for status 429 and 5xx: the provider cannot answer now."""
    if response.status == 429 or response.status >= 500:
        raise ProviderUnavailable(
            f"The provider answered with status {response.status}.",
            reason=f"status_{response.status}",
            description=one_line(members_of(response.body).get("error_description")),
            retry_after=_retry_after(response),
        )


def read_answer(
    response: HttpResponse,
    *,
    endpoint: Endpoint,
    error: type[ProviderError],
    statuses: Container[int] = (200,),
) -> dict[str, Any]:
    """Parse a JSON answer of an endpoint, and raise the error that it reports.

    GenAuth reports errors in three shapes, two of them often under status 200:
    `{error, error_description}` (RFC 6749 5.2), `{code, message}` and
    `{statusCode, apiCode, message}`. Raises ProviderUnavailable for 429 and 5xx, OAuthError for a
    refusal that was put into words, and `error` for everything else that is not an object.
    `statuses` are those of a success.
    """
    check_status(response)
    if response.status not in statuses:
        raise _refusal(response, endpoint, error)
    answer = read_json_document(response.body, error=error)
    if _has_error(answer):
        word = answer["error"]
        raise OAuthError(
            refused(endpoint, word),
            error=word,
            status=response.status,
            description=_description(response, answer),
        )
    failed = [answer[name] for name in ("code", "statusCode") if _is_failure(answer.get(name))]
    if failed and "message" in answer:
        raise OAuthError(
            "The provider refused the request, in GenAuth's own form.",
            error=None,
            status=failed[0],
            description=one_line(answer["message"]),
        )
    return answer


def _refusal(
    response: HttpResponse, endpoint: Endpoint, error: type[ProviderError]
) -> ProviderError:
    answer = members_of(response.body)
    if _has_error(answer):
        word = answer["error"]
        return OAuthError(
            refused(endpoint, word, status=response.status),
            error=word,
            status=response.status,
            description=_description(response, answer),
        )
    challenge = challenge_text(response)
    says = f" It says: {challenge.rstrip('.')}." if challenge else ""
    return error(
        f"The provider answered with status {response.status} where"
        f" {201 if endpoint == 'pushed_authorization' else 200} is due.{says}"
        f" {next_step(endpoint, response.status)}",
        reason=f"status_{response.status}",
        # What stands in the text already is not quoted once more.
        description="" if challenge else one_line(answer.get("message")),
    )


def _description(response: HttpResponse, answer: dict[str, Any]) -> str:
    challenge = challenge_text(response)
    # The word is told already.
    said = "" if challenge == registered(answer["error"]) else challenge
    return one_line(answer.get("error_description")) or said


def _has_error(answer: dict[str, Any]) -> bool:
    # A Keycloak writes `"error": null` beside the tokens (pyoidc 879).
    return answer.get("error") not in (None, "")


def _is_failure(code: object) -> bool:
    return isinstance(code, int) and code != 200


def _retry_after(response: HttpResponse) -> int | None:
    # RFC 9110 10.2.3 also allows a date; a guess is as good as one, and needs no clock.
    text = response.headers.get("retry-after", "")
    return (
        min(int(text), _MAX_RETRY_AFTER)
        if text.isascii() and text.isdigit() and len(text) < 9
        else None
    )
