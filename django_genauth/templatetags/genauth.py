"""The tags of this app for a site's templates. What its own pages say stands in `templates/`."""

from typing import Any, Final
from urllib.parse import urlencode

from django import template
from django.contrib.sites.shortcuts import get_current_site
from django.core.exceptions import ObjectDoesNotExist
from django.db import DatabaseError
from django.http import HttpRequest
from django.template import Context
from django.urls import get_script_prefix
from django.utils.html import format_html

from django_genauth.conf import DEFAULT_ALIAS, name_of
from django_genauth.pages import page_url

register: Final = template.Library()


# Keyword-only, as three texts in a row say little in a template.
@register.inclusion_tag("genauth/button.html", takes_context=True)
def genauth_button(
    context: Context, *, app: str = DEFAULT_ALIAS, next: str = "", label: str = ""
) -> dict[str, Any]:
    """Show the link that signs in: by which app, to which page afterwards, and in which words.

    Without `next` people land on LOGIN_REDIRECT_URL. Raises NoReverseMatch where the addresses of
    this app are not in the URLconf.
    """
    address = page_url("login", app)
    return {
        "login_url": f"{address}?{urlencode({'next': next})}" if next else address,
        "label": label,
        "name": name_of(app),
        # What the nonce of the button's style is found by.
        "csp_nonce": context.get("csp_nonce"),
        "request": context.get("request"),
    }


@register.simple_tag(takes_context=True)
def genauth_site(context: Context) -> dict[str, str] | None:
    """Return what the site is called, and where its home page is; None without a request.

    The name is that of django.contrib.sites where the site has it, else the host.
    """
    request: HttpRequest | None = context.get("request")
    if request is None:
        return None
    try:
        name = get_current_site(request).name
    except (ObjectDoesNotExist, DatabaseError):
        # Nobody has named the site yet; and these pages are also for when something is broken.
        name = request.get_host()
    return {"name": name, "home": get_script_prefix()}


@register.simple_tag(takes_context=True)
def genauth_nonce(context: Context) -> str:
    """Return the attribute by which a style is let in under a Content Security Policy.

    Django 6.0 puts the nonce into the context, django-csp on the request. Both call a nonce false
    until somebody has read it, so it is compared with None.
    """
    nonce = context.get("csp_nonce")
    if nonce is None:
        nonce = getattr(context.get("request"), "csp_nonce", None)
    return "" if nonce is None else format_html(' nonce="{}"', nonce)
