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
from django_genauth.protocol.client_auth import METHODS, ClientCredentials
from django_genauth.protocol.errors import OAuthError, ProviderError, ProviderUnavailable
from django_genauth.protocol.messages import members_of
from django_genauth.protocol.pkce import generate_code_verifier
from django_genauth.protocol.tokens import code_request

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
        _judge_refused_code(client, examination, announced, error, redirect_uri)
    except ProviderError as error:
        if error.code == "token_response.status_401":
            _found_credentials(client, examination, announced, error, redirect_uri)
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
    redirect_uri: str,
) -> None:
    # No word of the secret: zitadel/oidc looks for the code first.
    if error.error == "invalid_grant":
        examination.good.append(_CODE_REFUSED)
        return
    demand = demand_in(error.description, console(client))
    if demand is not None:
        examination.findings.append(demand)
    elif error.status == 401 or error.error in _ABOUT_THE_APP:
        _found_credentials(client, examination, announced, error, redirect_uri)
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
    redirect_uri: str,
) -> None:
    method = client.authentication.method("token")
    other = _other_way(client, method, redirect_uri)
    if other == "none":
        remedy = (
            "It takes the app without a secret: if that is a public client there, leave APP_SECRET"
            " and TOKEN_ENDPOINT_AUTH_METHOD out."
        )
    elif other is not None:
        remedy = f'It takes APP_SECRET: set "TOKEN_ENDPOINT_AUTH_METHOD": "{other}".'
    elif client.registration.secret is None and method == "none":
        remedy = _no_secret(client)
    else:
        remedy = (
            "Compare APP_ID, APP_SECRET and TOKEN_ENDPOINT_AUTH_METHOD with the app in"
            f" {console(client)}, and that it may use the authorization code."
            f"{_other_methods(announced, 'token', method)}"
        )
    examination.found(
        f"credentials.{error.error if isinstance(error, OAuthError) else 'status_401'}",
        f"The token endpoint refuses the app ({_word(error)}).{quoted(error.description)}",
        remedy,
    )


def _other_way(client: AuthenticationClient, method: str, redirect_uri: str) -> str | None:
    """Return another method by which the token endpoint takes the app, or None."""
    app = client.registration
    if app.secret is None:
        return None
    for other in ("client_secret_basic", "client_secret_post", "none"):
        if other == method:
            continue
        request = code_request(
            client.endpoint("token_endpoint"),
            ClientCredentials(client_id=app.app_id, client_secret=app.secret, method=other),
            token_urlsafe(32),
            redirect_uri=redirect_uri,
            code_verifier=generate_code_verifier(),
        )
        error = members_of(client.answer_to(request).body).get("error")
        # The second is Glewlwyd's.
        if error in ("invalid_grant", "invalid_code"):
            return other
    return None


def _no_secret(client: AuthenticationClient) -> str:
    return f"Set APP_SECRET, or make the app a public client in {console(client)}."


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
        elif _takes_no_public_client(client, announced, name):
            # RFC 7662 2.1 wants to know who asks, and Spring takes a public client's code alone.
            examination.notes.append(
                f"The {name} endpoint takes no public client ({_word(error)})."
            )
        else:
            _found_refusal(client, examination, announced, name, error)
    else:
        examination.good.append(f"The {name} endpoint takes the app.")


def _takes_no_public_client(client: AuthenticationClient, announced: Announced, name: str) -> bool:
    methods = announced.get(f"{name}_endpoint_auth_methods_supported")
    takes_some = isinstance(methods, list) and "none" in methods
    return client.authentication.method(name) == "none" and not takes_some


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
    if method == "none":
        remedy = _no_secret(client)
    else:
        remedy = (
            f"{key} is {method} here.{_advice(client, announced, name, method)}"
            f" See in {console(client)} that the app may use this endpoint."
        )
    examination.found(
        f"{name}.{error.code.rpartition('.')[2]}",
        f"The {name} endpoint refuses the app ({_word(error)}).{quoted(error.description)}",
        remedy,
    )


def _advice(client: AuthenticationClient, announced: Announced, name: str, method: str) -> str:
    """Return the sentence about what to do where an endpoint refuses a method."""
    if others := _other_methods(announced, name, method):
        return others
    key = f"{name}_endpoint_auth_method".upper()
    taken = client.authentication.method("token")
    methods = announced.get(f"{name}_endpoint_auth_methods_supported")
    if taken != method and (not isinstance(methods, list) or taken in methods):
        return f' The token endpoint takes {taken}: set "{key}": "{taken}".'
    return f" Compare it, APP_ID and APP_SECRET with the app in {console(client)}."


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
