"""What real providers announce and answer, played by the scripted provider and a second socket.

To the octet where it was seen (Keycloak 26.7.3, Spring Authorization Server 7.1.2, Ory Hydra 2.3.0,
LemonLDAP::NG 2.16.1, Glewlwyd 2.7.5, zitadel/oidc 3.52.0). A test adds what is wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

from tests.support.provider.scripted import ScriptedProvider
from tests.support.provider.server import Answer, Request, Server

Page = Callable[[dict[str, str]], Answer]
ANNOUNCED = "scopes_supported", "token_endpoint_auth_methods_supported"


def redirect(address: str, **parameters: str) -> Answer:
    """Send a browser to an address, with parameters."""
    query = f"?{urlencode(parameters)}" if parameters else ""
    return Answer(status=302, headers={"Location": f"{address}{query}"})


class RealOne:
    """Run a provider whose pages are scripted too, inside a `with` block.

    `sign_in` and `sign_out` answer the two pages from the query's parameters, those requests that
    accept `accepts`; `lie` is the scripted provider's, for its other endpoints.
    """

    def __init__(self, *, announced: dict[str, Any], **scripted: Any) -> None:
        self.provider = ScriptedProvider(**scripted)
        self.announced = announced
        self.redirect_uri = "https://site.example/callback/"
        self.post_logout_redirect_uri = "https://site.example/genauth/logout/"
        self.sign_in: Page = self.asks_for_a_login
        self.sign_out: Page = self.knows_the_way_back
        self.iss: dict[str, str] = {}
        self.accepts: str | None = None

    def __enter__(self) -> Self:
        self.provider.start()
        self._pages = Server(self._respond, lambda: (1, None))
        base = f"http://127.0.0.1:{self._pages.port}"
        pages = {"authorization_endpoint": f"{base}/in", "end_session_endpoint": f"{base}/out"}
        self.provider.lie("discovery", edit=lambda it: {**it, **pages, **self.announced})
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._pages.stop()
        self.provider.stop()

    def asks_for_a_login(self, asked: dict[str, str]) -> Answer:
        """Redirect back as OIDC Core 3.1.2.6 says, where the address is known."""
        if asked["redirect_uri"] != self.redirect_uri:
            return Answer(status=400, body=b"<html>Invalid parameter: redirect_uri</html>")
        return self.answers("login_required", asked)

    def answers(self, error: str, asked: dict[str, str], **more: str) -> Answer:
        """Redirect back with an error."""
        parameters = {"error": error, "state": asked["state"], **self.iss, **more}
        return redirect(asked["redirect_uri"], **parameters)

    def knows_the_way_back(self, asked: dict[str, str]) -> Answer:
        """Ask whether to sign out, as Keycloak does without an ID token."""
        if asked.get("post_logout_redirect_uri") in (None, self.post_logout_redirect_uri):
            return Answer(body=b"<html>Do you want to log out?</html>")
        return Answer(status=400, body=b"<html>Invalid redirect uri</html>")

    def _respond(self, request: Request, closing: object) -> tuple[Answer, None]:
        if self.accepts not in (None, request.headers.get("Accept")):
            return Answer(status=401), None
        page = self.sign_in if request.path == "/in" else self.sign_out
        return page(request.query), None


def keycloak(**scripted: Any) -> RealOne:
    """Return Keycloak: no Date, its issuer in each answer, words that name the cause."""
    real = RealOne(
        announced={
            "authorization_response_iss_parameter_supported": True,
            "token_endpoint_auth_methods_supported": [
                "private_key_jwt",
                "client_secret_basic",
                "client_secret_post",
                "tls_client_auth",
                "client_secret_jwt",
            ],
        },
        **scripted,
    )
    return real


def hydra() -> RealOne:
    """Return Ory Hydra: few scopes, another order of words, no sign-out without an ID token."""
    real = RealOne(
        announced={
            "scopes_supported": ["offline_access", "offline", "openid"],
            "response_types_supported": ["code", "token id_token", "id_token code"],
        }
    )

    def sign_in(asked: dict[str, str]) -> Answer:
        if asked["redirect_uri"] != real.redirect_uri:
            return redirect(
                "https://hydra.example/oauth2/fallbacks/error",
                error="invalid_request",
                error_description="The 'redirect_uri' parameter does not match any.",
            )
        return real.answers("login_required", asked)

    def sign_out(asked: dict[str, str]) -> Answer:
        if "post_logout_redirect_uri" in asked:
            return redirect(
                "https://hydra.example/oauth2/fallbacks/error",
                error="invalid_request",
                error_description="Logout failed because query parameter post_logout_redirect_uri"
                " is set but id_token_hint is missing.",
            )
        return redirect("https://hydra.example/oauth2/fallbacks/logout/callback")

    real.sign_in, real.sign_out = sign_in, sign_out
    return real


def spring(**scripted: Any) -> RealOne:
    """Return Spring Authorization Server: shows its page whatever is asked, wants an ID token."""
    real = RealOne(announced={"scopes_supported": ["openid"]}, **scripted)

    def sign_in(asked: dict[str, str]) -> Answer:
        if asked["redirect_uri"] != real.redirect_uri:
            return Answer(status=400, body=b"<html>Whitelabel Error Page</html>")
        return redirect("https://spring.example/login")

    real.sign_in = sign_in
    real.sign_out = lambda asked: Answer(status=400, body=b"<html>Whitelabel Error Page</html>")
    return real


def lemonldap() -> RealOne:
    """Return LemonLDAP::NG: a code that nobody has is an invalid_request; nothing is revoked.

    A sign-out that comes back to an address that it does not know ends at its own page.
    """
    real = RealOne(announced={"scopes_supported": ["openid"], "revocation_endpoint": None})
    real.provider.lie(
        "token", edit=lambda it: {"error": "invalid_request"}, status=400, when=_knows_the_secret
    )

    def sign_out(asked: dict[str, str]) -> Answer:
        if asked.get("post_logout_redirect_uri") == real.post_logout_redirect_uri:
            return redirect(real.post_logout_redirect_uri)
        return Answer(body=b"<html>Service provided by LemonLDAP::NG</html>")

    real.sign_out = sign_out
    return real


def glewlwyd() -> RealOne:
    """Return Glewlwyd: 403 for a code that nobody has, and for a wrong secret."""
    real = RealOne(
        announced={
            "response_types_supported": ["code", "id_token token", "code id_token"],
            "scopes_supported": ["openid"],
        }
    )
    real.provider.lie("token", status=403, body=b'{"error":"invalid_code"}', when=_knows_the_secret)
    return real


def zitadel() -> RealOne:
    """Return zitadel/oidc: introspection and revocation take the secret in a header alone."""
    real = RealOne(
        announced={
            "scopes_supported": ["openid", "profile"],
            "introspection_endpoint_auth_methods_supported": ["client_secret_basic"],
            "revocation_endpoint_auth_methods_supported": ["client_secret_basic"],
        }
    )
    for endpoint in ("introspection", "revocation"):
        real.provider.auth_methods[endpoint] = "client_secret_basic"
        real.provider.lie(
            endpoint,
            status=401,
            headers={"Content-Type": "text/plain"},
            body=b"ErrorType=invalid_client Parent=no client credentials provided",
            when=lambda request: "Authorization" not in request.headers,
        )
    return real


def _knows_the_secret(request: Request) -> bool:
    return request.form.get("client_secret") != "wrong"
