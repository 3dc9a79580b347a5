"""What these tests are made of: the documents' app, a client that may send, a person's login."""

from __future__ import annotations

from typing import Any, NoReturn
from urllib.parse import parse_qsl, urlsplit

from django_genauth.client import AuthenticationClient
from django_genauth.protocol.messages import HttpRequest
from django_genauth.protocol.tokens import TokenSet
from tests.support.clients import a_client
from tests.support.provider.scripted import ScriptedProvider

CALLBACK = "https://site.example/genauth/callback/"
# What the samples in GenAuth's documents are made with.
SAMPLE = {
    "app_id": "5f17a529f64fb009b794a2ff",
    "app_host": "https://oidc1.genauth.ai",
    "redirect_uri": "https://baidu.com",
}


def offline(**changes: Any) -> AuthenticationClient:
    """Make a client that fails as soon as it sends anything."""
    return AuthenticationClient(**(SAMPLE | changes), send=_nothing_is_sent)


def online(provider: ScriptedProvider, **changes: Any) -> AuthenticationClient:
    """Make a client of the provider's app, whichever protocol that speaks."""
    values = {"redirect_uri": CALLBACK, "protocol": provider.protocol}
    return a_client(provider, **(values | changes))


def pairs_of(url: str) -> list[tuple[str, str]]:
    """Return the parameters of an address, in their order."""
    return parse_qsl(urlsplit(url).query, keep_blank_values=True)


def code_from(
    provider: ScriptedProvider, client: AuthenticationClient, **request: Any
) -> tuple[str, str, str]:
    """Sign in at the provider; return the code, its verifier, and where the browser came to."""
    verifier = client.generate_code_challenge()
    url = client.build_authorize_url(
        code_challenge=client.get_code_challenge_digest(code_challenge=verifier), **request
    )
    callback = provider.authorize(url)
    return dict(pairs_of(callback))["code"], verifier, callback


def tokens_from(
    provider: ScriptedProvider, client: AuthenticationClient, **request: Any
) -> TokenSet:
    """Sign in at the provider, and exchange the code."""
    code, verifier, _ = code_from(provider, client, **request)
    return client.get_access_token_by_code(code, code_verifier=verifier)


def _nothing_is_sent(request: HttpRequest) -> NoReturn:
    raise AssertionError(f"a request left: {request}")
