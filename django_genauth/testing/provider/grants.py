"""What a provider remembers: codes, tokens, and who may use them.

Here are the rules of the token endpoint (RFC 6749, RFC 7636); what it answers stands in `honest`,
and how a token is written in `tokens`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import unquote_plus

from django_genauth.testing.provider.keys import base64url
from django_genauth.testing.provider.messages import Request

AuthMethod = Literal[
    "client_secret_post",
    "client_secret_basic",
    "private_key_jwt",
    "client_secret_jwt",
    "tls_client_auth",
    "self_signed_tls_client_auth",
    "none",
]


class Refused(Exception):
    """Refuse a request with one of the OAuth error codes."""

    def __init__(self, error: str, description: str, *, status: int = 400) -> None:
        super().__init__(f"{error}: {description}")
        self.error = error
        self.description = description
        self.status = status


@dataclass(kw_only=True)
class Grant:
    """Hold what one person allowed one client. `alive` ends with the first sign of theft.

    `dpop_jkt` is the thumbprint of the key that its code and tokens are bound to.
    """

    sub: str
    claims: Mapping[str, Any]
    scope: str
    redirect_uri: str
    nonce: str | None
    code_challenge: str | None
    auth_time: int | None
    refreshable: bool
    dpop_jkt: str | None = None
    alive: bool = True


@dataclass(kw_only=True)
class IssuedToken:
    """Hold what the provider knows of an access or a refresh token. A machine's has no grant.

    `jkt` is the thumbprint of the key that it is bound to. `claims` are what introspection says, if
    it is another thing than it always says.
    """

    use: Literal["access_token", "refresh_token"]
    grant: Grant | None
    scope: str
    jti: str
    iat: float
    exp: float
    jkt: str | None = None
    revoked: bool = False
    claims: Mapping[str, Any] = field(default_factory=dict)

    @property
    def active(self) -> bool:
        """Tell whether the token may be used now."""
        alive = self.grant is None or self.grant.alive
        return alive and not self.revoked and time.time() < self.exp


class GrantStore:
    """Keep codes and tokens, each used by one request at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._codes: dict[str, Grant] = {}
        self._used_codes: set[str] = set()
        self._tokens: dict[str, IssuedToken] = {}

    def add_code(self, code: str, grant: Grant) -> None:
        """Remember a code that was just issued."""
        self._codes[code] = grant

    def add_token(self, text: str, token: IssuedToken) -> None:
        """Remember a token that was just issued."""
        self._tokens[text] = token

    @property
    def secrets(self) -> set[str]:
        """Return every code, token and nonce that was handed out or came in."""
        nonces = {grant.nonce for grant in self._codes.values() if grant.nonce}
        return {*self._codes, *self._tokens, *nonces}

    def find_token(self, text: str) -> IssuedToken | None:
        """Return what is known of a token, whether or not it is still active."""
        return self._tokens.get(text)

    def redeem_code(self, form: Mapping[str, str], *, jkt: str | None = None) -> Grant:
        """Take a code, once; a second use ends the grant (RFC 6749 4.1.2).

        `jkt` is the thumbprint of the key that the request proved (RFC 9449 10).
        """
        code = form.get("code", "")
        with self._lock:
            grant = self._codes.get(code)
            if grant is None:
                raise Refused("invalid_grant", "unknown code")
            if code in self._used_codes:
                grant.alive = False
                raise Refused("invalid_grant", "code used before")
            if form.get("redirect_uri") != grant.redirect_uri:
                raise Refused("invalid_grant", "redirect_uri is not the authorization request's")
            _check_verifier(form.get("code_verifier"), grant.code_challenge)
            if grant.dpop_jkt not in (None, jkt):
                raise Refused("invalid_grant", "the code is bound to another key")
            grant.dpop_jkt = jkt
            self._used_codes.add(code)
        return grant

    def redeem_refresh_token(self, text: str, *, rotate: bool, jkt: str | None = None) -> Grant:
        """Take a refresh token; a rotated one that comes again ends the grant (RFC 9700 4.14)."""
        with self._lock:
            token = self._tokens.get(text)
            if token is None or token.use != "refresh_token" or token.grant is None:
                raise Refused("invalid_grant", "unknown refresh token")
            if not token.active:
                token.grant.alive = False
                raise Refused("invalid_grant", "refresh token used before, revoked or expired")
            if token.grant.dpop_jkt not in (None, jkt):
                raise Refused("invalid_grant", "the grant is bound to another key")
            token.grant.dpop_jkt = jkt
            token.revoked = rotate
        return token.grant

    def revoke(self, text: str) -> None:
        """End a token, and with a refresh token the whole grant (RFC 7009 2.1)."""
        token = self._tokens.get(text)
        if token is None:
            return
        token.revoked = True
        if token.use == "refresh_token" and token.grant is not None:
            token.grant.alive = False

    def end_all(self) -> None:
        """End every grant, and with it every token that came of it."""
        for token in self._tokens.values():
            if token.grant is not None:
                token.grant.alive = False


def authenticate_client(
    request: Request, clients: Mapping[str, str | None], method: AuthMethod
) -> str:
    """Return the client_id of whoever proved to be that client, by that method and no other."""
    names = [name for name, _ in request.pairs]
    if len(names) != len(set(names)):
        raise Refused("invalid_request", "a parameter stands twice")
    form = request.form
    basic = request.headers.get("Authorization")
    client_id, secret = form.get("client_id"), form.get("client_secret")
    if method == "client_secret_basic":
        if basic is None or secret is not None:
            raise Refused("invalid_client", "this client uses client_secret_basic", status=401)
        client_id, secret = _read_basic(basic)
    elif basic is not None or (secret is None) != (method == "none"):
        raise Refused("invalid_client", f"this client uses {method}", status=401)
    if client_id is None or client_id not in clients:
        raise Refused("invalid_client", "unknown client", status=401)
    known = clients[client_id]
    if not hmac.compare_digest((known or "").encode(), (secret or "").encode()):
        raise Refused("invalid_client", "wrong secret", status=401)
    return client_id


def _read_basic(header: str) -> tuple[str, str]:
    scheme, _, credentials = header.partition(" ")
    if scheme.lower() != "basic":
        raise Refused("invalid_client", "not Basic", status=401)
    try:
        decoded = base64.b64decode(credentials, validate=True).decode("utf-8")
    except ValueError:
        raise Refused("invalid_client", "no base64 of UTF-8", status=401) from None
    user, colon, password = decoded.partition(":")
    if not colon:
        raise Refused("invalid_client", "no password", status=401)
    # RFC 6749 2.3.1: both are form-encoded before they become a user name and a password.
    return unquote_plus(user), unquote_plus(password)


def _check_verifier(verifier: str | None, challenge: str | None) -> None:
    if challenge is None:
        if verifier is not None:
            # RFC 9700 4.8.2: else an attacker could take PKCE out of a request unseen.
            raise Refused("invalid_grant", "a verifier without a challenge")
        return
    digest = hashlib.sha256((verifier or "").encode("ascii")).digest()
    if verifier is None or base64url(digest) != challenge:
        raise Refused("invalid_grant", "the code verifier does not fit the challenge")
