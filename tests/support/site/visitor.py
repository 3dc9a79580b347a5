"""A person with a browser: Django's test client on our side, the provider's page on the other."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.http import HttpResponse
from django.test import Client

from django_genauth.testing.provider.authorization import FrontChannelResponse
from tests.support.provider.scripted import ScriptedProvider


class Visitor:
    """Sign in as a person would; every step can be taken by itself."""

    def __init__(self, provider: ScriptedProvider, **environ: Any) -> None:
        self.provider = provider
        self.client = Client(**environ)

    def begin(self, next_url: str | None = None, *, path: str = "/genauth/login/") -> str:
        """Ask for the login page and return where it sends the browser."""
        query = "" if next_url is None else "?" + urlencode({"next": next_url})
        response = self.client.get(path + query)
        assert response.status_code == 302, response.content
        return response["Location"]

    def come_back(self, callback_url: str) -> Any:
        """Bring the provider's answer to the site."""
        parts = urlsplit(callback_url)
        return self.client.get(f"{parts.path}?{parts.query}")

    def bring(self, response: FrontChannelResponse) -> Any:
        """Bring the provider's answer as its mode says: in the address, or posted."""
        if response.mode == "form_post":
            return self.client.post(urlsplit(response.redirect_uri).path, dict(response.pairs))
        return self.come_back(response.url)

    def sign_in(
        self,
        *,
        sub: str = "user-1",
        claims: Mapping[str, Any] | None = None,
        next_url: str | None = None,
        **overrides: Any,
    ) -> HttpResponse:
        """Take all steps of a login and return the site's last answer."""
        url = self.begin(next_url)
        return self.bring(self.provider.respond(url, sub=sub, claims=claims, **overrides))

    @property
    def is_signed_in(self) -> bool:
        """Tell whether the site knows this browser's person."""
        return "_auth_user_id" in self.client.session
