"""The tags of this app for a site's templates. What its own pages say stands in `templates/`."""

from typing import Final
from urllib.parse import urlencode

from django import template

from django_genauth.conf import DEFAULT_ALIAS
from django_genauth.pages import page_url

register: Final = template.Library()


# Keyword-only, as three texts in a row say little in a template.
@register.inclusion_tag("genauth/button.html")
def genauth_button(*, app: str = DEFAULT_ALIAS, next: str = "", label: str = "") -> dict[str, str]:
    """Show the link that signs in: by which app, to which page afterwards, and in which words.

    Without `next` people land on LOGIN_REDIRECT_URL. Raises NoReverseMatch where the addresses of
    this app are not in the URLconf.
    """
    address = page_url("login", app)
    return {
        "login_url": f"{address}?{urlencode({'next': next})}" if next else address,
        "label": label,
    }
