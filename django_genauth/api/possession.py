"""Possession: whoever shows a token that is bound to a key or a certificate has to have that.

What a proof has to say stands in `protocol.dpop_proof`, how a token is verified in `verification`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hmac import compare_digest
from typing import Any

from django.http import HttpRequest

from django_genauth.client.profile import proof_algorithms
from django_genauth.conf import App
from django_genauth.conf.shared_cache import mark
from django_genauth.protocol.bearer import token_of
from django_genauth.protocol.confirmation import certificate_thumbprint, confirmation_of
from django_genauth.protocol.dpop_proof import PROOF_LIFETIME, verify_proof
from django_genauth.protocol.errors import (
    AccessTokenError,
    BearerError,
    ConfigurationError,
    DpopProofError,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownToken:
    """Hold a token as it was shown: by which request, and whether as one that is bound to a key.

    `request` is None for a token that came without one.
    """

    text: str = field(repr=False)
    has_proof: bool = False
    request: HttpRequest | None = None


def token_in(request: Any) -> ShownToken | None:
    """Return the token of a request, which stands in its Authorization header alone.

    An address stands in logs; a form and a cookie may be another site's doing (RFC 6750 2.2, 2.3).
    Raises BearerError for a malformed header.
    """
    shown = token_of(request.META.get("HTTP_AUTHORIZATION"))
    if shown is None:
        return None
    scheme, text = shown
    return ShownToken(text=text, has_proof=scheme == "DPoP", request=request)


def check_possession(shown: ShownToken, claims: dict[str, Any], app: App) -> None:
    """Check that whoever shows a token has what it is bound to. Raises BearerError.

    A bound token that is shown as a bearer token is refused, and so is a bearer token that is shown
    as a bound one (RFC 9449 7.1, 7.2).
    """
    try:
        bound = confirmation_of(claims)
    except AccessTokenError as error:
        raise BearerError(str(error), reason="cnf") from error
    key = None if bound is None else bound.key
    if shown.has_proof and key is None:
        raise BearerError(
            "The token is shown with the scheme DPoP, and is bound to no key.", reason="unbound"
        )
    if bound is None:
        if app.client.registration.profile is not None:
            # FAPI 2.0, 5.3.4 (5)
            raise BearerError(
                "The token is bound to neither a key nor a certificate, as PROFILE demands.",
                reason="unbound",
            )
        return
    if key is not None:
        _check_key(shown, key, app)
    if bound.certificate is not None:
        _check_certificate(shown, bound.certificate, app)


def _check_key(shown: ShownToken, thumbprint: str, app: App) -> None:
    request = shown.request
    if request is None or not shown.has_proof:
        raise BearerError(
            "The token is bound to a key, and was shown without a proof (Authorization: DPoP ...)."
            " verify_bearer() takes none; the decorators do.",
            reason="unproven",
        )
    refused: DpopProofError
    try:
        digest = verify_proof(
            request.META.get("HTTP_DPOP"),
            method=str(request.method),
            # As the client knows the site, also behind a proxy.
            origin=f"{request.scheme}://{request.get_host()}",
            path=request.path,
            access_token=shown.text,
            thumbprint=thumbprint,
            now=app.client.clock(),
            leeway=app.client.registration.leeway,
            algorithms=proof_algorithms(app.client.registration.profile),
        )
    except DpopProofError as error:
        refused = error
    else:
        _use_up(digest, app)
        return
    broken = refused.code.partition(".")[2]
    raise BearerError(
        str(refused), reason=f"proof_{broken}", error="invalid_dpop_proof"
    ) from refused


def _use_up(digest: str, app: App) -> None:
    """Mark a proof as used (RFC 9449 11.1). Raises BearerError where it was before."""
    lifetime = PROOF_LIFETIME + 2 * app.client.registration.leeway + 1
    try:
        is_first = mark(f"genauth:proof:{digest}", timeout=int(lifetime))
    except Exception as error:  # noqa: BLE001 # each cache backend has errors of its own
        # Fail closed: without the mark a replay could not be told from the first use.
        raise ConfigurationError(
            f"Django's cache is out of order ({type(error).__name__}), and DPoP proofs need it."
            " Look at CACHES['default'].",
            reason="cache",
        ) from None
    if not is_first:
        raise BearerError(
            "The proof was used before.", reason="proof_used", error="invalid_dpop_proof"
        )


def _check_certificate(shown: ShownToken, thumbprint: str, app: App) -> None:
    header = app.api.client_certificate_header
    if header is None or shown.request is None:
        raise BearerError(
            "The token is bound to a client certificate. Set API_CLIENT_CERTIFICATE_HEADER to the"
            " header in which the proxy hands it on.",
            reason="certificate_header",
        )
    text = shown.request.META.get(f"HTTP_{header.upper().replace('-', '_')}", "")
    shown_thumbprint = certificate_thumbprint(text)
    # RFC 8705 3
    if shown_thumbprint is None or not compare_digest(
        shown_thumbprint.encode(), thumbprint.encode("utf-8", "surrogatepass")
    ):
        raise BearerError(
            "The token is bound to another client certificate than the request came with.",
            reason="certificate",
        )
