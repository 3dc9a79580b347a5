"""The page of the app's public keys, which the provider fetches (RFC 7517 5, OIDC Core 10.1)."""

from __future__ import annotations

from typing import Final

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from django.views.generic import View

from django_genauth.conf import DEFAULT_ALIAS
from django_genauth.pages import app_or_404

# In seconds: how long a provider may keep the keys, and so how long a new one has to be published
# before it signs.
_MAX_AGE: Final = 3_600


@method_decorator(login_not_required, name="dispatch")
@method_decorator(cache_control(public=True, max_age=_MAX_AGE), name="dispatch")
class PublicKeysView(View):
    """The page of an app's public keys. 404 where the app has none."""

    http_method_names = ["get", "head", "options"]

    def get(self, request: HttpRequest, alias: str = DEFAULT_ALIAS) -> HttpResponse:
        """Return the key set."""
        keys = app_or_404(alias).client.authentication.public_keys()
        if not keys["keys"]:
            raise Http404("The app has no CLIENT_KEYS.")
        return JsonResponse(keys)
