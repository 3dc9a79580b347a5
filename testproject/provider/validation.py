"""GenAuth's online validation of tokens: which are good, and what is said of those that are not.

The view is in `views`.
"""

from typing import Any

from django.utils import timezone
from jwcrypto.common import JWException
from jwcrypto.jwt import JWT
from oauth2_provider.models import AccessToken, Application

from provider.tokens import unverified_claims


def validate(kind: str, token: str) -> dict[str, Any]:
    """Return the claims of a good `id_token` or `access_token`.

    Raises ValueError, in GenAuth's words, for any other.
    """
    try:
        claims = dict(unverified_claims(token))
    except (JWException, TypeError, ValueError):
        raise ValueError(f"{kind} format is incorrect") from None
    if not (_is_access_token(token) if kind == "access_token" else _is_id_token(token, claims)):
        raise ValueError(f"{kind} is illegal")
    return claims


def _is_access_token(token: str) -> bool:
    # It was written here, to the letter; a revoked one would be gone.
    return AccessToken.objects.filter(token=token, expires__gt=timezone.now()).exists()


def _is_id_token(token: str, claims: dict[str, Any]) -> bool:
    # Where ID tokens are RS256, an access token is signed alike; a scope is what tells it apart.
    if "scope" in claims:
        return False
    # There is one client; the machine has no algorithm, and so no ID tokens.
    client = Application.objects.exclude(algorithm="").get()
    try:
        JWT(jwt=token, key=client.jwk_key, algs=[client.algorithm])
    except JWException:
        return False
    return True
