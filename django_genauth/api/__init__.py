"""The site as a resource server: access tokens that clients show are verified for its API.

Here is what sites import. The decorator for views stands in `django_genauth.decorators`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from asgiref.sync import sync_to_async

from django_genauth.api.bearer import Bearer
from django_genauth.api.possession import ShownToken
from django_genauth.api.verification import verify
from django_genauth.conf import DEFAULT_ALIAS, get_app
from django_genauth.protocol.bearer import Requirements
from django_genauth.protocol.errors import BearerError
from django_genauth.tracebacks import without_variables

__all__ = ["Bearer", "BearerError", "averify_bearer", "verify_bearer"]


@without_variables
def verify_bearer(
    token: str,
    *,
    scopes: Collection[str] = (),
    alias: str = DEFAULT_ALIAS,
    acr_values: str | Sequence[str] | None = None,
    max_age: int | None = None,
) -> Bearer:
    """Verify an access token, and return who came with it.

    The token has to have all of `scopes`, one of `acr_values`, and be of somebody who signed in at
    the provider at most `max_age` seconds ago. One that is bound to a key is refused, as its proof
    belongs to a request; the decorators check it. Raises BearerError for a token that is not good,
    ProviderUnavailable where the provider cannot be asked, ConfigurationError where API_AUDIENCE is
    not set.
    """
    shown = ShownToken(text=token)
    return verify(shown, get_app(alias), Requirements.of(scopes, acr_values, max_age))


async def averify_bearer(
    token: str,
    *,
    scopes: Collection[str] = (),
    alias: str = DEFAULT_ALIAS,
    acr_values: str | Sequence[str] | None = None,
    max_age: int | None = None,
) -> Bearer:
    """Do the same for asynchronous callers."""
    return await sync_to_async(verify_bearer)(
        token, scopes=scopes, alias=alias, acr_values=acr_values, max_age=max_age
    )
