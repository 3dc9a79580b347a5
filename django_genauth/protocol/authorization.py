"""The authorization request and its response (RFC 6749 4.1.1-2, OIDC Core 3.1.2, RFC 9207).

The state between the two is kept elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import Any, Final

from django_genauth.protocol.error_codes import registered
from django_genauth.protocol.errors import (
    AccessDenied,
    AuthorizationResponseError,
    ConfigurationError,
)
from django_genauth.protocol.messages import encode_form, is_token_text, is_vschar_text
from django_genauth.protocol.refusals import one_line, refused

__all__ = [
    "JARM_MODES",
    "OWN_PARAMETERS",
    "RESPONSE_MODES",
    "RESPONSE_TYPES",
    "AuthorizationRequest",
    "AuthorizationResponse",
    "check_extra",
    "parse",
    "response_type_of",
    "unique_parameters",
]

# OAuth 2.0 Multiple Response Type Encoding Practices 3 and 5; GenAuth's plain OAuth knows two.
RESPONSE_TYPES: Final = {
    "oidc": (
        "code",
        "code id_token",
        "code id_token token",
        "code token",
        "id_token",
        "id_token token",
        "none",
    ),
    "oauth": ("code", "token"),
}
# And JARM 2.3. Without `fragment.jwt`: `jwt` is that where a response type needs it.
JARM_MODES: Final = ("jwt", "query.jwt", "form_post.jwt")
RESPONSE_MODES: Final = ("query", "fragment", "form_post", *JARM_MODES)

OWN_PARAMETERS: Final = frozenset(
    {
        "nonce",
        "state",
        "scope",
        "client_id",
        "redirect_uri",
        "response_type",
        "response_mode",
        "code_challenge",
        "code_challenge_method",
        "request",
        "request_uri",
        "dpop_jkt",
    }
)

# What a response holds where its type says so, and only there, by the word of the type.
_MEMBERS_OF: Final = {
    "code": {"code"},
    "id_token": {"id_token"},
    "token": {"access_token", "token_type"},
}
# RFC 6749 4.1.2.1, and Apple's word for somebody who cancels.
_DECLINED: Final = frozenset({"access_denied", "user_cancelled_authorize"})
_ALL_MEMBERS: Final = frozenset({"code", "id_token", "access_token", "token_type", "refresh_token"})


def check_extra(extra: Mapping[str, Any]) -> None:
    """Raise ConfigurationError for an extra parameter that each request makes anew."""
    taken = OWN_PARAMETERS & extra.keys()
    if taken:
        raise ConfigurationError(
            f"{sorted(taken)[0]!r} cannot be among the further parameters: each login makes it"
            " anew, or it has a setting or an argument of its own.",
            reason="authorize_params",
        )


def response_type_of(text: str) -> str:
    """Return a response type with its words in the order in which it is registered."""
    return " ".join(sorted(text.split()))


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationRequest:
    """Describe one authorization request; `extra` holds further parameters, lists repeat a name."""

    authorization_endpoint: str
    client_id: str
    redirect_uri: str
    scope: str
    state: str | None = field(repr=False)
    nonce: str | None = field(default=None, repr=False)
    response_type: str = "code"
    response_mode: str | None = None
    code_challenge: str | None = None
    code_challenge_method: str | None = None
    dpop_jkt: str | None = None
    extra: Mapping[str, str | int | list[str]] = field(default_factory=dict)

    def parameters(self) -> list[tuple[str, str]]:
        """Return the parameters in their order; a list of `extra` repeats its name.

        GenAuth gives a refresh token only for `offline_access` together with `prompt=consent`
        (OIDC Core 11), so the second follows from the first unless `extra` names another prompt.
        Raises ConfigurationError where `extra` names a parameter that is made here.
        """
        offline = "offline_access" in self.scope.split()
        made: list[tuple[str, str | None]] = [
            ("nonce", self.nonce),
            ("state", self.state),
            ("scope", self.scope),
            ("client_id", self.client_id),
            ("redirect_uri", self.redirect_uri),
            ("response_type", self.response_type),
            ("prompt", "consent" if offline and "prompt" not in self.extra else None),
            ("response_mode", self.response_mode),
            ("code_challenge", self.code_challenge),
            ("code_challenge_method", self.code_challenge_method),
            # RFC 9449 10: a thief of the code cannot use it without the key.
            ("dpop_jkt", self.dpop_jkt),
        ]
        check_extra(self.extra)
        parameters = [(name, value) for name, value in made if value is not None]
        for name, value in self.extra.items():
            parameters += [
                (name, each) for each in (value if isinstance(value, list) else [str(value)])
            ]
        return parameters

    def url(self, parameters: Iterable[tuple[str, str]] | None = None) -> str:
        """Return the address to send the browser to, with other parameters where they are given."""
        # RFC 6749 3.1: a query that the endpoint already has is kept.
        separator = "&" if "?" in self.authorization_endpoint else "?"
        query = encode_form(self.parameters() if parameters is None else parameters)
        return f"{self.authorization_endpoint}{separator}{query}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationResponse:
    """Hold a checked authorization response; only `parse` makes one.

    The tokens are text that nobody has verified yet.
    """

    code: str | None = field(default=None, repr=False)
    id_token: str | None = field(default=None, repr=False)
    access_token: str | None = field(default=None, repr=False)


def unique_parameters(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Read the parameters of a response, each of which may stand once (RFC 6749 3.1)."""
    parameters: dict[str, str] = {}
    for name, value in pairs:
        if name in parameters:
            raise AuthorizationResponseError(
                "A parameter of the authorization response stands twice.", reason="repeated"
            )
        parameters[name] = value
    return parameters


def parse(
    parameters: Mapping[str, str],
    *,
    expected_state: str | None,
    issuer: str,
    iss_required: bool,
    response_type: str = "code",
) -> AuthorizationResponse:
    """Check an authorization response in this order: state, iss, error, members.

    `expected_state` is None where none was sent. Raises AccessDenied where the answer is a no,
    AuthorizationResponseError for anything else but what was asked for.
    """
    _check_state(parameters, expected_state)
    words = response_type.split()
    if "iss" in parameters:
        if parameters["iss"] != issuer:
            # RFC 9207 2.4: the answer comes from another provider, which mixes itself in.
            raise AuthorizationResponseError(
                f"The response's iss is not {issuer}. If it never is, compare ISSUER with the"
                " issuer in the provider's console.",
                reason="iss_wrong",
            )
    elif iss_required and "id_token" not in words:
        # RFC 9207 2: an ID token in the response names the issuer as well.
        raise AuthorizationResponseError(
            "The response has no iss, which the provider announces or PROFILE demands.",
            reason="iss_missing",
        )
    wanted = {name for word, names in _MEMBERS_OF.items() if word in words for name in names}
    if not ({*_ALL_MEMBERS, "response"} - wanted).isdisjoint(parameters):
        # Nothing that nobody asked for is looked at; a token in a query is in logs and histories.
        raise AuthorizationResponseError(
            "The response holds a code or a token that was not asked for. Compare RESPONSE_TYPE"
            " and RESPONSE_MODE with the app in the provider's console.",
            reason="unasked",
        )
    if "error" in parameters:
        if not _ALL_MEMBERS.isdisjoint(parameters):
            raise AuthorizationResponseError(
                "The response holds an error and a code or token.", reason="error_and_code"
            )
        raise _error(parameters["error"], one_line(parameters.get("error_description")))
    held = {name: _required_member(parameters, name) for name in sorted(wanted - {"token_type"})}
    if "token_type" in wanted and parameters.get("token_type", "").lower() != "bearer":
        # RFC 6749 4.2.2, 7.1: a client must not use a token whose type it does not understand.
        raise AuthorizationResponseError(
            "The token_type is missing or not Bearer.", reason="token_type"
        )
    return AuthorizationResponse(**held)


def _check_state(parameters: Mapping[str, str], expected: str | None) -> None:
    state = parameters.get("state")
    if state is None and expected is None:
        return
    # RFC 6749 10.12. Compared as bytes: compare_digest takes no text beyond ASCII.
    if (
        state is None
        or expected is None
        or not compare_digest(
            state.encode("utf-8", "surrogatepass"), expected.encode("utf-8", "surrogatepass")
        )
    ):
        raise AuthorizationResponseError("The state is not the one that was sent.", reason="state")


def _required_member(parameters: Mapping[str, str], name: str) -> str:
    # RFC 6749 3.1: a parameter without a value counts as left out.
    text = parameters.get(name)
    if not text:
        raise AuthorizationResponseError(f"The response holds no {name}.", reason=f"{name}_missing")
    # Only the code is redeemed in a form, where a space is legal.
    if not (is_vschar_text(text) if name == "code" else is_token_text(text)):
        raise AuthorizationResponseError(f"The {name} is not a token's text.", reason=name)
    return text


def _error(error: str, description: str) -> AccessDenied | AuthorizationResponseError:
    if error in _DECLINED:
        return AccessDenied(
            "The person, or the provider for them, declined.", description=description
        )
    return AuthorizationResponseError(
        refused("authorization", error),
        reason=f"error_{registered(error)}",
        description=description,
    )
