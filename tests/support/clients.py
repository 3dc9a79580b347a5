"""What the tests of the client share: a client, and a login without a site."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django_genauth.client import AuthenticationClient
from django_genauth.protocol.id_token import IdToken
from django_genauth.protocol.tokens import TokenSet
from django_genauth.testing.app_encryption import encryptions_of
from tests.support.provider.scripted import ScriptedProvider

REDIRECT_URI = "https://site.example/callback/"
STATE = "the-state"
NONCE = "the-nonce"
# RFC 7636, appendix B.
CODE_VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"


def a_client(provider: ScriptedProvider, **changes: Any) -> AuthenticationClient:
    """Make a client of the provider's app."""
    values: dict[str, Any] = {
        "app_id": provider.client_id,
        "secret": provider.client_secret,
        "app_host": provider.base_url,
        "id_token_signed_response_alg": provider.alg,
        "allow_insecure_http": True,
    }
    return AuthenticationClient(**(values | changes))


def encrypt(provider: ScriptedProvider, client: AuthenticationClient) -> None:
    """Let the provider encrypt as the client's settings expect it, to the keys that it shows."""
    keys = client.authentication.public_keys()["keys"]
    provider.encryptions = encryptions_of(client.registration, keys)


def authorize_url(client: AuthenticationClient, *, scope: str | None = None) -> str:
    """Return where a login begins."""
    client.metadata()
    return client.build_authorize_url(
        scope=scope,
        redirect_uri=REDIRECT_URI,
        state=STATE,
        nonce=NONCE,
        code_challenge=client.get_code_challenge_digest(code_challenge=CODE_VERIFIER),
    )


def code_of(
    client: AuthenticationClient,
    provider: ScriptedProvider,
    *,
    scope: str | None = None,
    **person: Any,
) -> str:
    """Let a person sign in at the provider, and check what their browser brings."""
    query = urlsplit(provider.authorize(authorize_url(client, scope=scope), **person)).query
    response = client.authorization_response(dict(parse_qsl(query)), expected_state=STATE)
    return response.code or ""


def tokens_of(client: AuthenticationClient, provider: ScriptedProvider, **person: Any) -> TokenSet:
    """Let a person sign in, and exchange the code; `scope` is for this login alone."""
    code = code_of(client, provider, **person)
    return client.exchange_code(code, redirect_uri=REDIRECT_URI, code_verifier=CODE_VERIFIER)


def id_token_of(client: AuthenticationClient, tokens: TokenSet) -> IdToken:
    """Verify the ID token among the tokens."""
    return client.verify_id_token(
        tokens.id_token or "", nonce=NONCE, access_token=tokens.access_token
    )


def sign_in(client: AuthenticationClient, provider: ScriptedProvider, **person: Any) -> IdToken:
    """Take all the steps of a login."""
    return id_token_of(client, tokens_of(client, provider, **person))
