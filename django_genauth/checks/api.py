"""System checks of the site as an API: what its views take has to be accepted by the settings.

What each key has to be is the business of `settings`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.core.checks import CheckMessage, Error
from django.urls import get_resolver

from django_genauth import conf
from django_genauth.checks.addresses import has_urlconf
from django_genauth.checks.registration import registered


@registered
def check_audiences(app_configs: object, **kwargs: Any) -> Sequence[CheckMessage]:
    """Find views that take access tokens of an app that accepts none (E018)."""
    if not has_urlconf():
        return []
    accepting = {alias for alias, values in conf.configured() if values.get("API_AUDIENCE")}
    taking = set(_aliases(get_resolver().url_patterns))
    return [
        Error(
            f"A view takes access tokens, and GENAUTH[{alias!r}] has no API_AUDIENCE.",
            hint="Set it to what access tokens for this site name as aud. Until then the view"
            " answers with status 503.",
            id="genauth.E018",
        )
        for alias in sorted(taking - accepting)
    ]


def _aliases(patterns: Iterable[Any]) -> Iterator[str]:
    """Yield the apps whose tokens the views of addresses take."""
    for pattern in patterns:
        if hasattr(pattern, "url_patterns"):
            yield from _aliases(pattern.url_patterns)
            continue
        view = pattern.callback
        alias = getattr(view, "genauth_alias", None)
        if alias is not None:
            yield alias
        # DRF's: its own views have no decorator.
        for each in getattr(getattr(view, "cls", None), "authentication_classes", ()):
            if any(base.__module__ == "django_genauth.api.rest_framework" for base in each.__mro__):
                yield each.alias
