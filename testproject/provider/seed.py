"""Fill the stand-in's empty database: one client, one machine, the people with new passwords.

Imported after `django.setup()`, because it needs the models.
"""

import secrets
from collections.abc import Sequence

from django.contrib.auth.models import User
from oauth2_provider.models import Application

from provider.people import usernames


def create_client(
    *,
    client_id: str,
    client_secret: str | None,
    algorithm: str,
    redirect_uris: Sequence[str],
    post_logout_redirect_uris: Sequence[str],
) -> None:
    """Register the one client; without a secret it is a public one."""
    Application.objects.create(
        name="Reading Room",
        client_id=client_id,
        client_secret=client_secret or "",
        # HS256 needs the secret itself as its key (OIDC Core 10.1); a hash of it verifies nothing.
        hash_client_secret=False,
        client_type=(
            Application.CLIENT_CONFIDENTIAL if client_secret else Application.CLIENT_PUBLIC
        ),
        # The widest; which response types it may have stands in `validators`.
        authorization_grant_type=Application.GRANT_OPENID_HYBRID,
        algorithm=algorithm,
        redirect_uris=" ".join(redirect_uris),
        post_logout_redirect_uris=" ".join(post_logout_redirect_uris),
    )


def create_machine(*, access_key: str, secret_key: str) -> None:
    """Register a programmatic access account, which gets tokens for itself (RFC 6749 4.4)."""
    Application.objects.create(
        name="A machine",
        client_id=access_key,
        client_secret=secret_key,
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_CLIENT_CREDENTIALS,
    )


def create_people(password: str | None = None) -> dict[str, str]:
    """Create everybody, with one password or each their own; return passwords by user name."""
    passwords = {username: password or secrets.token_hex(4) for username in usernames()}
    for username, theirs in passwords.items():
        User.objects.create_user(username, password=theirs)
    return passwords
