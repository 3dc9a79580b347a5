"""Access tokens in Django REST framework (extra `drf`): who came, and which scopes they need.

Which token is good stands in `verification`, what a challenge says in `answers`.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AnonymousUser
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import APIException
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from django_genauth.api.answers import headers_of, log_refusal, problem_of, status_of
from django_genauth.api.bearer import Bearer
from django_genauth.api.gate import set_bearer
from django_genauth.api.possession import token_in
from django_genauth.api.verification import require_scopes, verify
from django_genauth.conf import DEFAULT_ALIAS, App, get_app
from django_genauth.protocol.bearer import Requirements, without_token
from django_genauth.protocol.errors import ConfigurationError, GenAuthError

__all__ = ["GenAuthBearerAuthentication", "HasScopes"]


class GenAuthBearerAuthentication(BaseAuthentication):
    """Authenticate requests by an access token; `request.auth` is the Bearer.

    A request without a token is left to the authentications behind this one, a bad one is refused
    at once. Put it first, as DRF takes the first that finds somebody, and its challenge.
    """

    alias: ClassVar[str] = DEFAULT_ALIAS
    acr_values: ClassVar[str | list[str] | None] = None
    max_age: ClassVar[int | None] = None

    def authenticate(self, request: Request) -> tuple[Any, Bearer] | None:
        """Return the bearer's user (nobody where there is none) and the bearer."""
        app = None
        try:
            app = get_app(self.alias)
            token = token_in(request)
            if token is None:
                return None
            bearer = verify(token, app, Requirements.of((), self.acr_values, self.max_age))
        except GenAuthError as error:
            raise refusal(request, error, app, self.alias) from None
        set_bearer(request._request, bearer)
        # A cache must not give one bearer's answer to another.
        _set_header(request, "Vary", "Accept, Authorization")
        return bearer.user if bearer.user is not None else AnonymousUser(), bearer

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge for a request without a token, with which DRF answers 401."""
        headers = headers_of(request, without_token(), get_app(self.alias))
        _set_header(request, "Cache-Control", headers["Cache-Control"])
        _set_header(request, "Vary", "Accept, Authorization")
        return headers["WWW-Authenticate"]


class HasScopes(BasePermission):
    """Let in tokens that have all of the view's `required_scopes`, and people who need no token.

    The latter came by another authentication of the view, such as their session. Machines have no
    user, so that IsAuthenticated would shut them out.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        """Tell whether a request may go on; a missing scope is answered with what is needed."""
        bearer = request.auth
        if not isinstance(bearer, Bearer):
            return bool(request.user and request.user.is_authenticated)
        alias = getattr(request.successful_authenticator, "alias", DEFAULT_ALIAS)
        app = None
        try:
            app = get_app(alias)
            scopes = getattr(view, "required_scopes", None)
            if scopes is None:
                raise ConfigurationError(
                    f"{type(view).__name__} has HasScopes and no required_scopes. Name them; an"
                    " empty list lets every good token in.",
                    reason="scope",
                )
            require_scopes(bearer, Requirements.of(scopes, None, None))
        except GenAuthError as error:
            raise refusal(request, error, app, alias) from None
        return True


def refusal(request: Request, error: GenAuthError, app: App | None, alias: str) -> APIException:
    """Log the reason of a refusal, and return the exception that DRF answers with."""
    log_refusal(request, error, alias)
    exception = APIException(problem_of(error)["detail"])
    exception.status_code = status_of(error)
    headers = headers_of(request, error, app)
    if "WWW-Authenticate" in headers:
        exception.auth_header = headers["WWW-Authenticate"]
    else:
        exception.wait = int(headers["Retry-After"])
    _set_header(request, "Cache-Control", headers["Cache-Control"])
    _set_header(request, "Vary", "Accept, Authorization")
    return exception


def _set_header(request: Request, name: str, value: str) -> None:
    # The view adds its headers to its answer, whatever that is; a test may have no view.
    view = (request.parser_context or {}).get("view")
    if view is not None:
        view.headers[name] = value
