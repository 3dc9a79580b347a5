"""The authorize page of a provider without HTTP: a request checked, a response built.

Strict where a specification is: a request that a real provider might let pass by luck is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qsl, urlencode, urlsplit

from django_genauth.testing.provider.grants import Refused

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, kw_only=True)
class AuthorizationRequest:
    """Hold a checked authorization request."""

    redirect_uri: str
    response_type: frozenset[str]
    response_mode: Literal["query", "fragment", "form_post"]
    is_signed: bool
    scope: str
    state: str
    nonce: str | None
    code_challenge: str | None
    max_age: str | None
    prompt: str | None
    acr_values: str | None
    dpop_jkt: str | None


@dataclass(frozen=True)
class FrontChannelResponse:
    """Hold what the browser carries back: to where, how, and which parameters."""

    redirect_uri: str
    mode: Literal["query", "fragment", "form_post"]
    pairs: list[tuple[str, str]]

    @property
    def url(self) -> str:
        """Return the callback's address; a form_post has none, it is `pairs` posted."""
        if self.mode == "form_post":
            raise ValueError("a form_post response is posted to redirect_uri: take its pairs")
        mark = "#" if self.mode == "fragment" else "&" if "?" in self.redirect_uri else "?"
        return f"{self.redirect_uri}{mark}{urlencode(self.pairs)}"


def parameters_of(url: str, *, endpoint: str) -> dict[str, str]:
    """Return the parameters of an address, each of which stands once."""
    address, _, query = url.partition("?")
    if address != endpoint:
        raise Refused("invalid_request", f"{address} is not the authorization endpoint")
    pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=True)
    form = dict(pairs)
    if len(form) != len(pairs):
        raise Refused("invalid_request", "a parameter stands twice")
    return form


def read_request(
    form: Mapping[str, str], *, client_id: str, protocol: str, require_pkce: bool
) -> AuthorizationRequest:
    """Check an authorization request as RFC 6749, RFC 7636 and OIDC Core demand."""
    if form.get("client_id") != client_id:
        raise Refused("invalid_client", "unknown client")
    redirect_uri = form.get("redirect_uri", "")
    parts = urlsplit(redirect_uri)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.fragment:
        raise Refused("invalid_request", "redirect_uri is missing or no absolute http(s) URL")
    response_type = frozenset(form.get("response_type", "").split())
    known = {"code", "id_token", "token"} if protocol == "oidc" else {"code", "token"}
    if not response_type or not (response_type <= known or response_type == {"none"}):
        raise Refused("unsupported_response_type", "response_type is missing or unknown")
    if not form.get("state"):
        raise Refused("invalid_request", "no state")
    if protocol == "oidc" and "openid" not in form.get("scope", "").split():
        raise Refused("invalid_scope", "no openid among the scopes")
    if protocol == "oidc" and not form.get("nonce"):
        raise Refused("invalid_request", "no nonce")
    _check_challenge(form, required=require_pkce and "code" in response_type)
    asked_mode = form.get("response_mode")
    is_signed = asked_mode is not None and asked_mode.endswith("jwt")
    if is_signed and asked_mode is not None:
        # JARM 2.3.4: `jwt` is the default of the response type.
        asked_mode = asked_mode.removesuffix("jwt").removesuffix(".") or None
    return AuthorizationRequest(
        redirect_uri=redirect_uri,
        response_type=response_type,
        response_mode=_response_mode(asked_mode, response_type),
        is_signed=is_signed,
        scope=form.get("scope", ""),
        state=form["state"],
        nonce=form.get("nonce"),
        code_challenge=form.get("code_challenge"),
        max_age=form.get("max_age"),
        prompt=form.get("prompt"),
        acr_values=form.get("acr_values"),
        dpop_jkt=form.get("dpop_jkt"),
    )


def _check_challenge(form: Mapping[str, str], *, required: bool) -> None:
    if "code_challenge" not in form:
        if required or "code_challenge_method" in form:
            raise Refused("invalid_request", "no code_challenge")
        return
    if form.get("code_challenge_method") != "S256":
        raise Refused("invalid_request", "code_challenge_method is not S256")
    if not _CHALLENGE.fullmatch(form["code_challenge"]):
        raise Refused("invalid_request", "code_challenge is no S256 challenge")


def _response_mode(
    asked: str | None, response_type: frozenset[str]
) -> Literal["query", "fragment", "form_post"]:
    front_channel_tokens = bool(response_type & {"id_token", "token"})
    match asked:
        case None:
            return "fragment" if front_channel_tokens else "query"
        case "query" if not front_channel_tokens:
            return "query"
        case "fragment":
            return "fragment"
        case "form_post":
            return "form_post"
    raise Refused("invalid_request", "unknown response_mode, or tokens in the query")
