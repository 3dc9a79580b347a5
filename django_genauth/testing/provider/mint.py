"""Where a provider's keys and tokens come from.

Which endpoint hands out which token stands in `honest`, how a JWT is written in `tokens`.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from typing import Any, Literal

from django_genauth.testing.provider.encryption import Encryption, write_jwe
from django_genauth.testing.provider.grants import Grant, GrantStore, IssuedToken
from django_genauth.testing.provider.keys import SigningKey, secret_key, signing_key
from django_genauth.testing.provider.tokens import left_half_hash, write_jwt

Protocol = Literal["oidc", "oauth"]
TokenKind = Literal[
    "id_token", "access_token", "userinfo", "logout_token", "introspection", "response"
]

_ID_TOKEN_TTL = 3600
_REFRESH_TOKEN_TTL = 14 * 24 * 3600


class Mint:
    """Make the tokens of one issuer for one client.

    `keys` are those of the published key set: the ID token's, then the access token's, which is
    always RS256 (as GenAuth's is, where the ID token is HS256). `encryptions` says how each kind of
    token is encrypted to the client.
    """

    def __init__(
        self, client_id: str, client_secret: str | None, alg: str, protocol: Protocol
    ) -> None:
        if alg.startswith("HS") and client_secret is None:
            raise ValueError(f"{alg} needs a client secret")
        self.base_url = ""
        self.client_id = client_id
        self.client_secret = client_secret
        self.alg = alg
        self.protocol = protocol
        self.access_token_ttl = 3600
        self.grants = GrantStore()
        self.issued_id_tokens: set[str] = set()
        self.encryptions: dict[TokenKind, Encryption] = {}
        self.keys: list[SigningKey] = []
        self._generation = 0
        self._take_keys()

    @property
    def issuer(self) -> str:
        """Return the issuer identifier, which has no slash at its end."""
        return f"{self.base_url}/{self.protocol}"

    def rotate_key(self, *, keep_old: bool = True) -> SigningKey:
        """Sign with new keys from now on, published before the old ones; return the ID token's."""
        old = self.keys if keep_old else []
        self._generation += 1
        self._take_keys()
        self.keys += old
        return self.id_token_key

    def access_token(self, grant: Grant | None, *, scope: str = "", jkt: str | None = None) -> str:
        """Issue an access token; without a grant, a machine's. `jkt` binds it to a key."""
        now = int(time.time())
        token = IssuedToken(
            use="access_token",
            grant=grant,
            scope=grant.scope if grant else scope,
            jti=secrets.token_urlsafe(16),
            iat=now,
            exp=now + self.access_token_ttl,
            jkt=jkt,
        )
        if self.protocol == "oauth":
            text = secrets.token_hex(20)
        else:
            claims = {
                "jti": token.jti,
                **({"sub": grant.sub} if grant else {}),
                "iat": token.iat,
                "exp": token.exp,
                "scope": token.scope,
                "iss": self.issuer,
                "aud": self.client_id,
                **({"cnf": {"jkt": jkt}} if jkt else {}),
            }
            text = self.sign("access_token", claims, self.access_token_key)
        self.grants.add_token(text, token)
        return text

    def refresh_token(self, grant: Grant) -> str:
        """Issue a refresh token, which is opaque in both protocols."""
        now = int(time.time())
        text = secrets.token_hex(20) if self.protocol == "oauth" else secrets.token_urlsafe(32)
        token = IssuedToken(
            use="refresh_token",
            grant=grant,
            scope=grant.scope,
            jti=secrets.token_urlsafe(16),
            iat=now,
            exp=now + _REFRESH_TOKEN_TTL,
        )
        self.grants.add_token(text, token)
        return text

    def id_token(self, grant: Grant, hashed: Mapping[str, str], *, nonce: str | None) -> str:
        """Issue an ID token. `hashed` are the values whose hashes go in, such as `at_hash`."""
        now = int(time.time())
        protocol_claims = {
            "sub": grant.sub,
            "nonce": nonce,
            "auth_time": grant.auth_time,
            **{name: left_half_hash(value, self.alg) for name, value in hashed.items()},
            "iss": self.issuer,
            "aud": self.client_id,
            "exp": now + _ID_TOKEN_TTL,
            "iat": now,
        }
        present = {name: value for name, value in protocol_claims.items() if value is not None}
        claims = {**present, **grant.claims}
        text = self.sign("id_token", claims, self.id_token_key)
        # A hint at the sign-out is what was signed (RP-Initiated Logout 1.0 2).
        self.issued_id_tokens.add(text)
        return self.encrypted("id_token", text)

    def logout_token(self, **claims: Any) -> str:
        """Issue a back-channel logout token; give it `sub`, `sid` or both."""
        now = int(time.time())
        honest = {
            "iss": self.issuer,
            "aud": self.client_id,
            "iat": now,
            "exp": now + 120,
            "jti": secrets.token_urlsafe(16),
            "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
        }
        claims = {**honest, **claims}
        text = self.sign("logout_token", claims, self.id_token_key, typ="logout+jwt")
        return self.encrypted("logout_token", text)

    def sign(
        self, kind: TokenKind, claims: Mapping[str, Any], key: SigningKey, *, typ: str = "JWT"
    ) -> str:
        """Write a token of a kind; every JWT of this issuer is written here."""
        return write_jwt(claims, key, typ=typ)

    def encrypted(self, kind: TokenKind, token: str) -> str:
        """Return a token as it goes to the client: encrypted, where that kind is."""
        how = self.encryptions.get(kind)
        return token if how is None else write_jwe(token.encode("utf-8"), how)

    def _take_keys(self) -> None:
        self.access_token_key = signing_key("RS256", self._generation)
        if self.client_secret is not None and self.alg.startswith("HS"):
            self.id_token_key = secret_key(self.alg, self.client_secret)
            self.keys = [self.access_token_key]
        elif self.alg == "RS256":
            self.id_token_key = self.access_token_key
            self.keys = [self.access_token_key]
        else:
            # Never the access token's RSA key under another algorithm: a key serves one.
            self.id_token_key = signing_key(self.alg, 1000 + self._generation)
            self.keys = [self.id_token_key, self.access_token_key]
