"""Parameters of a link of the site's own, for one login: those of LOGIN_PARAMS.

What another site may say that begins a login stands in `protocol.third_party_login`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

from django_genauth.client.registration import ClientRegistration
from django_genauth.conf import App
from django_genauth.protocol.errors import LoginRequestError

# In characters.
_LONGEST_VALUE: Final = 500
# OIDC Core 3.1.2.1: either of these has a person say who they are, though the provider knows.
_ASKING: Final = ("select_account", "login")


def parameters_of(
    request: HttpRequest, initiation: Iterable[tuple[str, str]], app: App
) -> dict[str, str]:
    """Return the parameters that a link of this site asks for; none where it is another site's.

    `max_age` is among them whatever LOGIN_PARAMS says, as `genauth_reauthenticate` sends scripts to
    the login with it. Raises LoginRequestError for a value that cannot be handed on.
    """
    names = {*app.login_params, "max_age"}
    given = [(name, value) for name, value in initiation if name in names and value]
    # OIDC Core 4: with an `iss` another site began the login, which may give a hint alone.
    if not given or any(name == "iss" for name, _ in initiation) or not _is_own(request):
        return {}
    parameters = dict(given)
    if len(parameters) != len(given) or not all(map(_is_plain, parameters.values())):
        raise LoginRequestError(
            f"A parameter stands twice, is longer than {_LONGEST_VALUE} characters, or holds"
            " control characters.",
            reason="parameter",
        )
    if not re.fullmatch("[0-9]{1,9}", parameters.get("max_age", "0")):
        raise LoginRequestError("max_age is no number of seconds.", reason="parameter")
    allowed = app.client.registration.acr_values
    wanted = parameters.get("acr_values", "").split()
    if allowed and not set(wanted) <= set(allowed):
        # Whoever types the address must not choose a weaker sign-in than the site demands.
        raise LoginRequestError(
            "acr_values are not among those of AUTHORIZE_PARAMS.", reason="parameter"
        )
    return parameters


def asks(request: HttpRequest, initiation: Iterable[tuple[str, str]]) -> bool:
    """Return whether a link of this site has the provider ask who the person is."""
    prompts = [value for name, value in initiation if name == "prompt" and value in _ASKING]
    return bool(prompts) and _is_own(request)


def asking(parameters: Mapping[str, str]) -> Mapping[str, str]:
    """Return the parameters with a prompt that asks who the person is."""
    prompts = parameters.get("prompt", "").split()
    if not set(prompts).isdisjoint(_ASKING):
        return parameters
    return {**parameters, "prompt": " ".join(["login", *prompts])}


def extra_of(
    parameters: Mapping[str, str], app: ClientRegistration, supported: Iterable[str] | None
) -> dict[str, Any]:
    """Return the further parameters of the authorization request.

    `supported` are the prompts that the provider publishes, None where it publishes none.
    """
    extra: dict[str, Any] = {
        name: value for name, value in parameters.items() if name not in ("max_age", "prompt")
    }
    if "prompt" in parameters:
        extra["prompt"] = _prompt(parameters["prompt"].split(), app, supported)
    return extra


def _is_own(request: HttpRequest) -> bool:
    """Return whether a link of this site, or of a sibling host, leads to the login.

    Browsers say so over https (Fetch Metadata); the Referer is for the others.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site != "cross-site"
    referer = request.headers.get("Referer")
    return not referer or url_has_allowed_host_and_scheme(referer, request.get_host())


def _is_plain(value: str) -> bool:
    return len(value) <= _LONGEST_VALUE and value.isprintable()


def _prompt(asked: list[str], app: ClientRegistration, supported: Iterable[str] | None) -> str:
    """Return the prompts of a login: what AUTHORIZE_PARAMS asks for stays."""
    # As the request has it by itself, where nothing names a prompt.
    usual = "consent" if app.is_oidc and "offline_access" in app.scopes.split() else ""
    standing = str(app.authorize_params.get("prompt", "")).split()
    if asked == ["none"]:
        # With any other it is an error (OIDC Core 3.1.2.1).
        return " ".join(standing) or "none"
    standing = [each for each in standing or usual.split() if each != "none"]
    if not set(standing).isdisjoint(_ASKING):
        # The person is asked already, in the way that the settings have chosen.
        asked = [each for each in asked if each not in _ASKING]
    asked = [_nearest(each, supported) for each in asked if each != "none"]
    return " ".join(dict.fromkeys([*asked, *standing]))


def _nearest(prompt: str, supported: Iterable[str] | None) -> str:
    """Return the other one of the two that ask who a person is, where that alone is supported."""
    if prompt in _ASKING and supported is not None and prompt not in supported:
        return next((each for each in _ASKING if each in supported), prompt)
    return prompt
