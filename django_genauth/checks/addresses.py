"""System checks of the addresses of this app, and of what has to reach them.

What else has to stand in a site's settings is the business of `site`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, Final

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.shortcuts import resolve_url
from django.urls import NoReverseMatch, get_resolver, reverse

from django_genauth import conf
from django_genauth.checks.registration import registered
from django_genauth.pages import own_page, page_at, page_url

# Where a setting leads, and the pages of this app that it must not lead to: they are over by then.
_LANDINGS: Final = {
    "LOGIN_REDIRECT_URL": ("login", "callback", "logout"),
    "LOGOUT_REDIRECT_URL": ("callback", "logout"),
}


@registered
def check_urls(app_configs: object, **kwargs: Any) -> Sequence[CheckMessage]:
    """Find a site where the addresses of this app are missing, or lead to other views (E005)."""
    if not has_urlconf():
        return []
    try:
        reverse("genauth:callback")
    except NoReverseMatch:
        return [
            Error(
                "The addresses of django_genauth are not in the URLconf.",
                hint='Add path("genauth/", include("django_genauth.urls")) to urlpatterns of the'
                " ROOT_URLCONF, and not to addresses that have a namespace of their own.",
                id="genauth.E005",
            )
        ]
    taken = list(_taken())
    if not taken:
        return []
    path, view = taken[0]
    more = f", and so do {len(taken) - 1} more" if len(taken) > 1 else ""
    return [
        Error(
            f"{path} leads to {view} and not to django_genauth{more}.",
            hint='Put path("genauth/", include("django_genauth.urls")) before the pattern of'
            " urlpatterns that takes its addresses, such as one for all pages.",
            id="genauth.E005",
        )
    ]


@registered
def check_cookie_paths(app_configs: object, **kwargs: Any) -> Sequence[CheckMessage]:
    """Find cookies that browsers do not send to the pages of this app (W030)."""
    if not has_urlconf():
        return []
    names = ["SESSION_COOKIE_PATH"]
    if not settings.CSRF_USE_SESSIONS:
        names.append("CSRF_COOKIE_PATH")
    try:
        page = reverse("genauth:logout")
    except NoReverseMatch:
        # E005 says so.
        return []
    return [
        Warning(
            f"{name} is {getattr(settings, name)}, and browsers do not send that cookie to {page}.",
            hint=f"Put the addresses of django_genauth below {getattr(settings, name)}, or let"
            f" {name} be a path that both have in common. Else nobody can sign out there.",
            id="genauth.W030",
        )
        for name in names
        if not _is_sent(getattr(settings, name), page)
    ]


@registered
def check_landings(app_configs: object, **kwargs: Any) -> Sequence[CheckMessage]:
    """Find settings that lead people to a page of this app that is over (W031)."""
    if not has_urlconf():
        return []
    return [
        Warning(
            f"{name} leads to {page} of django_genauth, where people come from.",
            hint=f'Set {name} = "/", or to another page of the site.',
            id="genauth.W031",
        )
        for name, pages in _LANDINGS.items()
        for page in [_page_of(getattr(settings, name))]
        if page in pages
    ]


def has_urlconf() -> bool:
    """Return whether the site has addresses at all."""
    # Django allows a project without one, such as a worker that serves no pages.
    return getattr(settings, "ROOT_URLCONF", None) is not None


def _taken() -> Iterator[tuple[str, str]]:
    """Yield the addresses of this app that lead elsewhere, and the name of the view there."""
    for pattern in _patterns():
        for path in _paths(pattern.name):
            match = page_at(path)
            if match is None or not _is_made_of(match.func, pattern.callback):
                yield path, "no view" if match is None else match.view_name or str(match.func)


def _patterns() -> list[Any]:
    """Return the patterns that the names of this app's pages mean."""
    resolver = get_resolver()
    _, own = resolver.namespace_dict[resolver.app_dict["genauth"][0]]
    patterns: list[Any] = own.url_patterns
    return list({pattern.name: pattern for pattern in patterns}.values())


def _paths(name: str) -> Iterator[str]:
    for alias, _ in conf.configured() or [(conf.DEFAULT_ALIAS, {})]:
        # A person's sessions are not an app's.
        with suppress(NoReverseMatch):
            yield page_url(name, str(alias))


def _is_made_of(found: Any, view: Any) -> bool:
    """Return whether a view is the same, or one that a site made of it."""
    kind = getattr(found, "view_class", None)
    return isinstance(kind, type) and issubclass(kind, view.view_class)


def _is_sent(path: str, page: str) -> bool:
    """Return whether a browser sends a cookie with this path to a page (RFC 6265, 5.1.4)."""
    return page.startswith(path if path.endswith("/") else f"{path}/") or page == path


def _page_of(target: Any) -> str | None:
    try:
        return own_page(resolve_url(target)) if target else None
    # The doctor says where a setting leads nowhere.
    except (NoReverseMatch, TypeError):
        return None
