"""Examine the endpoints that the app shows its credentials to: token, introspection, revocation.

Each is asked about a code or a token that never was, so that nothing is changed there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from secrets import token_urlsafe
from typing import Any, Final

from django_genauth.client import AuthenticationClient
from django_genauth.doctor.demands import demand_in
from django_genauth.doctor.findings import Examination, console, listed, quoted
from django_genauth.protocol import genauth
from django_genauth.protocol.client_auth import METHODS
from django_genauth.protocol.errors import OAuthError, ProviderError, ProviderUnavailable
from django_genauth.protocol.pkce import generate_code_verifier

__all__ = ["examine_introspection", "examine_revocation", "examine_token_endpoint"]

Announced = Mapping[str, Any]

# Keycloak and Glewlwyd say the second of a wrong secret.
_ABOUT_THE_APP: Final = ("invalid_client", "unauthorized_client")
# Words that speak of the code, or that nobody specified: Glewlwyd's invalid_code.
_ABOUT_THE_CODE: Final = ("invalid_grant", "invalid_request", "unregistered")


def examine_token_endpoint(
    client: AuthenticationClient,
    examination: Examination,
    announced: Announced,
    *,
    redirect_uri: str,
) -> None:
    """Send a code that nobody has: a provider that refuses the code has accepted the app."""
    try:
        client.exchange_code(
            token_urlsafe(32), redirect_uri=redirect_uri, code_verifier=generate_code_verifier()
        )
    except OAuthError as error:
        _judge_refused_code(client, examination, announced, error)
    except ProviderError as error:
        if error.code == "token_response.status_401":
            _found_credentials(client, examination, announced, error, "status 401")
        elif error.code in ("token_response.status_400", "token_response.status_403"):
            examination.good.append(_CODE_REFUSED)
        else:
            raise
    else:
        examination.found(
            "credentials.any_code",
            "The token endpoint gives tokens for a code that nobody has.",
            "Do not sign people in there, unless it is a provider for tests.",
        )


_CODE_REFUSED: Final = "The token endpoint refuses a code that nobody has, and not the app."


def _judge_refused_code(
    client: AuthenticationClient,
    examination: Examination,
    announced: Announced,
    error: OAuthError,
) -> None:
    if error.error == "invalid_grant":
        examination.good.append("The provider knows the app and takes its secret.")
        return
    demand = demand_in(error.description, console(client))
    if demand is not None:
        examination.findings.append(demand)
    elif error.status == 401 or error.error in _ABOUT_THE_APP:
        _found_credentials(client, examination, announced, error, error.error)
    elif error.error in _ABOUT_THE_CODE:
        examination.good.append(f"{_CODE_REFUSED}{quoted(error.description)}")
    else:
        examination.found(
            f"credentials.{error.error}",
            f"The token endpoint refuses the app ({error.error}).{quoted(error.description)}",
            f"Compare APP_ID with the app in {console(client)}, and allow it the authorization"
            " code.",
        )


def _found_credentials(
    client: AuthenticationClient,
    examination: Examination,
    announced: Announced,
    error: ProviderError,
    word: str,
) -> None:
    method = client.authentication.method("token")
    code = error.error if isinstance(error, OAuthError) else "status_401"
    examination.found(
        f"credentials.{code}",
        f"The token endpoint refuses the app ({word}).{quoted(error.description)}",
        "Compare APP_ID, APP_SECRET and TOKEN_ENDPOINT_AUTH_METHOD with the app in"
        f" {console(client)}, and that it may use the authorization code."
        f"{_other_methods(announced, 'token', method)}",
    )


def examine_introspection(
    client: AuthenticationClient, examination: Examination, announced: Announced
) -> None:
    """Ask about a token that never was."""

    def ask() -> None:
        client.introspect(token_urlsafe(32))

    _examine_endpoint(client, examination, announced, "introspection", ask)


def examine_revocation(
    client: AuthenticationClient, examination: Examination, announced: Announced
) -> None:
    """Revoke a token that never was, which a provider has to answer with 200 (RFC 7009 2.2)."""

    def ask() -> None:
        client.revoke(token_urlsafe(32))

    _examine_endpoint(client, examination, announced, "revocation", ask)


def _examine_endpoint(
    client: AuthenticationClient,
    examination: Examination,
    announced: Announced,
    name: str,
    ask: Callable[[], None],
) -> None:
    if not _is_known(client, name):
        examination.notes.append(f"The provider announces no {name}_endpoint.")
        return
    try:
        ask()
    except ProviderUnavailable:
        raise
    except ProviderError as error:
        if not _is_refusal(error):
            raise
        if _is_about_the_token(error):
            examination.good.append(f"The {name} endpoint takes the app.")
        elif client.registration.secret is None:
            # RFC 7662 2.1 wants to know who asks, and Spring takes a public client's code alone.
            examination.notes.append(
                f"The {name} endpoint takes no public client ({_word(error)})."
            )
        else:
            _found_refusal(client, examination, announced, name, error)
    else:
        examination.good.append(f"The {name} endpoint takes the app.")


def _is_known(client: AuthenticationClient, name: str) -> bool:
    app, member = client.registration, f"{name}_endpoint"
    if not app.discovers and member not in app.endpoints:
        # GenAuth's own path, which no other provider has.
        return genauth.is_genauth(app.issuer, app.app_host)
    return getattr(client.metadata(), member) is not None


def _is_refusal(error: ProviderError) -> bool:
    """Tell whether somebody answered who knows the endpoint."""
    return isinstance(error, OAuthError) or error.code.endswith(("_400", "_401", "_403"))


def _is_about_the_token(error: ProviderError) -> bool:
    """Tell whether a refusal speaks of the token, as Keycloak's `invalid_token` at revocation."""
    return (
        isinstance(error, OAuthError)
        and error.status not in (401, 403)
        and error.error in ("invalid_token", "unsupported_token_type", "token_inactive")
    )


def _found_refusal(
    client: AuthenticationClient,
    examination: Examination,
    announced: Announced,
    name: str,
    error: ProviderError,
) -> None:
    key = f"{name}_endpoint_auth_method".upper()
    method = client.authentication.method(name)
    demand = demand_in(error.description, console(client))
    if demand is not None:
        if demand not in examination.findings:
            examination.findings.append(demand)
        return
    others = _other_methods(announced, name, method)
    examination.found(
        f"{name}.{error.code.rpartition('.')[2]}",
        f"The {name} endpoint refuses the app ({_word(error)}).{quoted(error.description)}",
        f"{key} is {method} here.{others or ' Compare it with what the provider takes there.'}"
        f" See in {console(client)} that the app may use this endpoint.",
    )


def _word(error: ProviderError) -> str:
    if isinstance(error, OAuthError):
        return error.error
    return error.code.rpartition(".")[2].replace("_", " ")


def _other_methods(announced: Announced, name: str, method: str) -> str:
    """Return the sentence about the methods that an endpoint announces, if ours is not there."""
    methods = announced.get(f"{name}_endpoint_auth_methods_supported")
    if not isinstance(methods, list) or method in methods:
        return ""
    key = f"{name}_endpoint_auth_method".upper()
    usable = [each for each in METHODS if each in methods and each != "none"]
    if usable:
        return f' The provider announces {listed(methods)}: set "{key}": "{usable[0]}".'
    return (
        f" The provider announces {listed(methods)}, not yet supported here; choose a client secret"
        " there."
    )
