"""Access tokens in Django Ninja (extra `ninja`): an `auth` for its operations.

Which token is good stands in `verification`, what a challenge says in `answers`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError
from ninja.security.http import HttpAuthBase

from django_genauth.api.answers import headers_of, log_refusal, problem_of, status_of
from django_genauth.api.bearer import Bearer
from django_genauth.api.gate import set_bearer
from django_genauth.api.possession import token_in
from django_genauth.api.verification import verify
from django_genauth.conf import DEFAULT_ALIAS, App, get_app
from django_genauth.protocol.bearer import Requirements, without_token
from django_genauth.protocol.errors import GenAuthError

__all__ = ["GenAuthBearer", "install"]


class GenAuthBearer(HttpAuthBase):
    """Let in requests whose access token has all the scopes; `request.auth` is the Bearer.

    For synchronous and asynchronous operations. A request without a token is left to the next
    `auth` of the operation. `acr_values` and `max_age` (in seconds) are those of `genauth_bearer`.
    """

    openapi_scheme: str = "bearer"

    def __init__(
        self,
        *scopes: str,
        alias: str = DEFAULT_ALIAS,
        acr_values: str | Sequence[str] | None = None,
        max_age: int | None = None,
    ) -> None:
        super().__init__()
        self._needed = Requirements.of(scopes, acr_values, max_age)
        self._alias = alias

    def __call__(self, request: HttpRequest) -> Bearer | None:
        """Return the bearer, or None where no token was sent."""
        app = None
        try:
            app = get_app(self._alias)
            token = token_in(request)
            if token is None:
                # For the answer, if nobody else lets the request in.
                request.genauth_challenger = self  # type: ignore[attr-defined] # ours
                return None
            bearer = verify(token, app, self._needed)
        except GenAuthError as error:
            log_refusal(request, error, self._alias)
            raise Refused(request, error, app) from None
        set_bearer(request, bearer)
        return bearer

    def headers_without_token(self, request: HttpRequest) -> dict[str, str]:
        """Return the headers of an answer to a request that shows no token."""
        try:
            app = get_app(self._alias)
        except GenAuthError:
            app = None
        return headers_of(request, without_token(), app)


class Refused(HttpError):
    """Report a request whose token is not good; `headers` are those of the answer."""

    def __init__(self, request: HttpRequest, error: GenAuthError, app: App | None) -> None:
        super().__init__(status_of(error), problem_of(error)["detail"])
        self.headers = headers_of(request, error, app)


def install(api: NinjaAPI) -> None:
    """Have an API's answers carry the challenges, and vary by token.

    Without it the status is right, and the headers are missing: Ninja's errors have none.
    """
    create = api.create_response

    def create_response(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = create(request, *args, **kwargs)
        patch_vary_headers(response, ("Authorization",))
        return response

    def refuse(request: HttpRequest, exc: Any) -> HttpResponse:
        return _with_headers(
            api.create_response(request, {"detail": str(exc)}, status=exc.status_code), exc.headers
        )

    def challenge(request: HttpRequest, exc: Any) -> HttpResponse:
        response = api.create_response(request, {"detail": str(exc)}, status=exc.status_code)
        challenger = getattr(request, "genauth_challenger", None)
        return _with_headers(
            response, challenger.headers_without_token(request) if challenger else {}
        )

    api.create_response = create_response  # type: ignore[method-assign] # of this API alone
    api.add_exception_handler(Refused, refuse)
    api.add_exception_handler(AuthenticationError, challenge)


def _with_headers(response: HttpResponse, headers: dict[str, str]) -> HttpResponse:
    for name, value in headers.items():
        response[name] = value
    return response
