"""The way to another account, for somebody whom the provider knows and would sign in again.

What the pages say that show it stands in `templates/`.
"""

from __future__ import annotations

from urllib.parse import urlencode

from django_genauth.conf import get_app
from django_genauth.pages import page_url
from django_genauth.protocol.errors import ConfigurationError


def way_to_another_account(alias: str, next_url: str) -> dict[str, str]:
    """Return what `another_account.html` shows: a link to a login that asks who the person is.

    Plain OAuth knows no prompt (OIDC Core 3.1.2.1), so there it is a form that ends the provider's
    session first. Nothing where the app's settings are out of order.
    """
    try:
        is_oidc = get_app(alias).client.registration.is_oidc
    except ConfigurationError:
        return {}
    login = page_url("login", alias)
    following = {"next": next_url} if next_url else {}
    if is_oidc:
        return {"another_url": f"{login}?{urlencode({**following, 'prompt': 'login'})}"}
    return {
        "leave_url": page_url("logout", alias),
        "leave_next": f"{login}?{urlencode(following)}" if following else login,
    }
