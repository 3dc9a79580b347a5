"""Every error of this package, in one tree that is sorted by whose fault it is.

    GenAuthError                        the root; never raised itself
    ├── ConfigurationError              the site: a setting or an argument has to change
    ├── ProviderError                   the provider said something that it must not say
    │   ├── ProviderUnavailable         ... or nothing at all: the same request may work later
    │   ├── OAuthError                  ... or it refused our request, in the protocol's own words
    │   ├── DiscoveryError
    │   ├── KeySetError
    │   ├── PushedAuthorizationError
    │   ├── ResponseTokenError
    │   ├── TokenResponseError
    │   ├── IDTokenError
    │   ├── AccessTokenError
    │   ├── DpopProofError
    │   ├── UserInfoError
    │   ├── IntrospectionError
    │   ├── RevocationError
    │   ├── LogoutTokenError
    │   └── WebhookError
    ├── DatabaseUnavailable             this site's database; the same request may work later
    ├── SealError                       a text that this site sealed, or did not, stays shut
    ├── GrantError                      what was granted is over: the person has to sign in again
    ├── LoginRequestError               another site began a login in a way that cannot be followed
    ├── AuthorizationResponseError      the browser brought an answer that cannot be taken
    ├── BearerError                     a client's access token is not good for what it asks
    ├── AccessDenied                    the person (or the provider, for them) said no
    └── AccountRefused                  the person is known, and this site does not let them in

Nothing that an error carries may be secret: no token, no code, no text written by the provider. The
exceptions are what `refusals` has cleaned, and the name of a claim in a signed token.
"""

from __future__ import annotations

from django_genauth.protocol.error_codes import registered

__all__ = [
    "AccessDenied",
    "AccessTokenError",
    "AccountRefused",
    "AuthorizationResponseError",
    "BearerError",
    "ConfigurationError",
    "DatabaseUnavailable",
    "DiscoveryError",
    "DpopProofError",
    "GenAuthError",
    "GrantError",
    "IDTokenError",
    "IntrospectionError",
    "KeySetError",
    "LoginRequestError",
    "LogoutTokenError",
    "OAuthError",
    "ProviderError",
    "ProviderUnavailable",
    "PushedAuthorizationError",
    "ResponseTokenError",
    "RevocationError",
    "SealError",
    "TokenResponseError",
    "UserInfoError",
    "WebhookError",
]


class GenAuthError(Exception):
    """Be the root of all errors of this package.

    `code` is stable and meant for programs and logs: the class's own code, and after a dot the
    reason where one class has several (`id_token.nonce`). The text is meant for the developer.
    `description` is what the provider itself says of it, on one line and cleaned; empty where it
    says nothing. Commands quote it, and no page and no log does.
    """

    code: str = "genauth"
    description: str = ""

    def __init__(self, message: str, *, reason: str = "", description: str = "") -> None:
        super().__init__(message)
        if reason:
            self.code = f"{type(self).code}.{reason}"
        if description:
            self.description = description

    def with_description(self) -> str:
        """Return the text and what the provider says: for a developer's terminal, not a page."""
        says = f' It says: "{self.description}".' if self.description else ""
        return f"{self}{says}"

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle an error, for task queues, whatever keywords its class takes."""
        return type(self).__new__, (type(self), *self.args), self.__dict__


class ConfigurationError(GenAuthError):
    """Report a setting or an argument that the site's developer has to change."""

    code = "configuration"


class ProviderError(GenAuthError):
    """Report an answer of the provider that cannot be accepted."""

    code = "provider"


class ProviderUnavailable(ProviderError):
    """Report that the provider gave no usable answer, though it may do so later.

    `retry_after` is in seconds, and None where the provider named no time. `was_sent` says that
    there was a connection, so that the provider may have read the request.
    """

    code = "provider_unavailable"

    def __init__(
        self,
        message: str,
        *,
        reason: str = "",
        description: str = "",
        retry_after: int | None = None,
        was_sent: bool = False,
    ) -> None:
        super().__init__(message, reason=reason, description=description)
        self.retry_after = retry_after
        self.was_sent = was_sent


class OAuthError(ProviderError):
    """Report that the provider refused a request of ours.

    `error` is one of the specifications' error codes, or `unregistered`. `status` is the answer's,
    or the one that GenAuth's own form names under 200; None where there was no answer of ours.
    """

    code = "oauth"

    def __init__(
        self, message: str, *, error: object, status: int | None = None, description: str = ""
    ) -> None:
        self.error = registered(error)
        self.status = status
        super().__init__(message, reason=self.error, description=description)


class DiscoveryError(ProviderError):
    """Report a provider configuration document that cannot be used."""

    code = "discovery"


class KeySetError(ProviderError):
    """Report a key set that cannot be used, or that holds no key for a token."""

    code = "jwks"


class PushedAuthorizationError(ProviderError):
    """Report an answer to a pushed authorization request that cannot be used."""

    code = "pushed_authorization"


class ResponseTokenError(ProviderError):
    """Report a signed authorization response that must be refused."""

    code = "response_token"


class TokenResponseError(ProviderError):
    """Report an answer of the token endpoint that cannot be used."""

    code = "token_response"


class IDTokenError(ProviderError):
    """Report an ID token that must be refused."""

    code = "id_token"


class AccessTokenError(ProviderError):
    """Report a JWT access token that must be refused."""

    code = "access_token"


class DpopProofError(ProviderError):
    """Report a proof, shown with an access token, that must be refused."""

    code = "dpop_proof"


class IntrospectionError(ProviderError):
    """Report an answer of the introspection endpoint that does not say what it should."""

    code = "introspection"


class RevocationError(ProviderError):
    """Report that a token may not have been revoked."""

    code = "revocation"


class LogoutTokenError(ProviderError):
    """Report a logout token that must be refused."""

    code = "logout_token"


class WebhookError(ProviderError):
    """Report a message to the webhook that must be refused."""

    code = "webhook"


class UserInfoError(ProviderError):
    """Report an answer of the userinfo endpoint that must be refused."""

    code = "userinfo"


class DatabaseUnavailable(GenAuthError):
    """Report that this site's database takes no connection or no writes, though it may later."""

    code = "database_unavailable"


class SealError(GenAuthError):
    """Report a sealed text that cannot be opened."""

    code = "seal"


class GrantError(GenAuthError):
    """Report that there is no token to be had for a user until they sign in again."""

    code = "grant"


class LoginRequestError(GenAuthError):
    """Report a request of another site to begin a login that must be refused."""

    code = "login_request"


class AuthorizationResponseError(GenAuthError):
    """Report an authorization response that must be refused."""

    code = "authorization_response"


class BearerError(GenAuthError):
    """Report an API request whose access token is missing, or not good for what it asks.

    `status` is the answer's, `error` the code of RFC 6750 3.1 or RFC 9470 3, empty where no token
    was sent. `scopes`, `acr_values` and `max_age` (in seconds) are what is needed.
    """

    code = "bearer"

    def __init__(
        self,
        message: str,
        *,
        reason: str,
        status: int = 401,
        error: str = "invalid_token",
        scopes: tuple[str, ...] = (),
        acr_values: tuple[str, ...] = (),
        max_age: int | None = None,
    ) -> None:
        super().__init__(message, reason=reason)
        self.status = status
        self.error = error
        self.scopes = scopes
        self.acr_values = acr_values
        self.max_age = max_age


class AccessDenied(GenAuthError):
    """Report that the person declined, or that the provider did so for them."""

    code = "access_denied"


class AccountRefused(GenAuthError):
    """Report that a person who proved who they are is not let in by this site."""

    code = "account"
