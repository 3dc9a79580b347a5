"""What the stand-in decides otherwise than django-oauth-toolkit does, so as to be like GenAuth.

Pages and paths are in `views` and `urls`; the text of tokens is in `tokens`.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from oauth2_provider.oauth2_validators import OAuth2Validator
from oauth2_provider.settings import oauth2_settings
from oauthlib.common import Request

from provider.people import claim_names, claims_of
from provider.tokens import describe


class Validator(OAuth2Validator):
    """Answer oauthlib's questions as GenAuth would."""

    def get_additional_claims(self) -> dict[str, Callable[[Request], Any]]:
        """Return the claims by name; which of them a token holds follows from its scope.

        Callables, because then django-oauth-toolkit can list the names in the discovery document.
        """
        return {name: partial(_claim, name) for name in claim_names()}

    @property
    def oidc_claim_scope(self) -> dict[str, str]:
        """Return the scope that each claim belongs to; those of no standard are of the profile."""
        return dict.fromkeys(claim_names(), "profile") | OAuth2Validator.oidc_claim_scope

    def validate_response_type(
        self, client_id: str, response_type: str, *args: Any, **kwargs: Any
    ) -> bool:
        """Allow the client both; django-oauth-toolkit would have one client for each."""
        return response_type in oauth2_settings.OIDC_RESPONSE_TYPES_SUPPORTED

    def validate_bearer_token(self, token: str, scopes: list[str], request: Request) -> bool:
        """Refuse a machine's token: userinfo, all that is protected here, is about people."""
        return super().validate_bearer_token(token, scopes, request) and request.user is not None

    def validate_silent_login(self, request: Request) -> bool:
        """Say yes for `prompt=none`: whether somebody is signed in, the view knows."""
        return True

    def validate_silent_authorization(self, request: Request) -> bool:
        """Say yes for `prompt=none`: whether there is consent, the view knows."""
        return True

    def introspect_token(
        self, token: str, token_type_hint: str | None, request: Request, *args: Any, **kwargs: Any
    ) -> dict[str, Any] | None:
        """Describe a token of the asking client; None says that it is not active."""
        return describe(token, request.client, issuer=self.get_oidc_issuer_endpoint(request))

    def _save_bearer_token(
        self, token: dict[str, Any], request: Request, *args: Any, **kwargs: Any
    ) -> None:
        # OIDC Core 11. Taken out before it is stored, and so out of the answer as well.
        if "openid" in request.scopes and "offline_access" not in request.scopes:
            token.pop("refresh_token", None)
        super()._save_bearer_token(token, request, *args, **kwargs)


def _claim(name: str, request: Request) -> Any:
    return claims_of(request.user.get_username()).get(name)
