"""Tokens in GenAuth's shape: as the token endpoint writes and introspection describes them.

ID tokens are not here: django-oauth-toolkit writes them.
"""

import hashlib
import json
import secrets
import time
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from jwcrypto.jws import JWS
from jwcrypto.jwt import JWT
from oauth2_provider.models import AccessToken, Application, RefreshToken
from oauth2_provider.settings import oauth2_settings
from oauth2_provider.utils import jwk_from_pem
from oauthlib.common import Request

from provider.people import claims_of


def new_access_token(request: Request) -> str:
    """Return a JWT where `openid` or an API was asked for, and 40 hexadecimal digits otherwise.

    The JWT is signed with RS256 whatever signs the client's ID tokens.
    """
    if "openid" not in request.scopes and not getattr(request, "resource", None):
        return secrets.token_hex(20)
    key = jwk_from_pem(oauth2_settings.OIDC_RSA_PRIVATE_KEY)
    now = int(time.time())
    claims = {
        "jti": secrets.token_urlsafe(16),
        **_subject(request.user),
        "iat": now,
        "exp": now + request.expires_in,
        "scope": " ".join(request.scopes),
        "iss": oauth2_settings.oidc_issuer(request),
        # RFC 8707: the API that the token was asked for, or else the app itself, as at GenAuth.
        "aud": getattr(request, "resource", None) or request.client.client_id,
    }
    token = JWT(header={"alg": "RS256", "typ": "JWT", "kid": key.thumbprint()}, claims=claims)
    token.make_signed_token(key)
    return str(token.serialize())


def _subject(user: User | None) -> dict[str, str]:
    """Return the `sub` of a person; a machine has none."""
    return {"sub": claims_of(user.get_username())["sub"]} if user else {}


def new_refresh_token(request: Request) -> str:
    """Return 40 hexadecimal digits."""
    return secrets.token_hex(20)


def unverified_claims(token: str) -> dict[str, Any]:
    """Return what a JWT says, true or not; JWException and ValueError where it is none."""
    parsed = JWS()
    parsed.deserialize(token)
    claims: dict[str, Any] = json.loads(parsed.objects["payload"])
    return claims


def describe(token: str, client: Application, *, issuer: str) -> dict[str, Any] | None:
    """Return what introspection says of a live token of this client, or None (RFC 7662 2.2)."""
    checksum = hashlib.sha256(token.encode("utf-8")).hexdigest()
    access_token = AccessToken.objects.filter(token_checksum=checksum, application=client).first()
    if access_token is not None:
        return None if access_token.is_expired() else _describe_access_token(access_token, issuer)
    refresh_token = RefreshToken.objects.filter(
        token_checksum=checksum, application=client, revoked=None, access_token__isnull=False
    ).first()
    return None if refresh_token is None else _describe_refresh_token(refresh_token, issuer)


def _describe_access_token(row: AccessToken, issuer: str) -> dict[str, Any]:
    described = {
        **_subject(row.user),
        "client_id": row.application.client_id,
        "exp": int(row.expires.timestamp()),
        "iat": int(row.created.timestamp()),
        "iss": issuer,
        "jti": row.token_checksum,
        "scope": row.scope,
        "token_type": "Bearer",
    }
    if "." in row.token:
        # A JWT speaks for itself, to the second; it comes from our own table.
        claims = unverified_claims(row.token)
        described |= {name: claims[name] for name in ("exp", "iat", "jti")}
    return described


def _describe_refresh_token(row: RefreshToken, issuer: str) -> dict[str, Any]:
    # django-oauth-toolkit counts a refresh token's life from the end of its access token.
    lifetime = timedelta(seconds=oauth2_settings.REFRESH_TOKEN_EXPIRE_SECONDS)
    described = _describe_access_token(row.access_token, issuer)
    # GenAuth's family names a type for access tokens alone.
    del described["token_type"]
    return {
        **described,
        "exp": int((row.access_token.expires + lifetime).timestamp()),
        "iat": int(row.created.timestamp()),
        "jti": row.token_checksum,
    }
