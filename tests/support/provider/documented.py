"""A provider that says and does what the documents of a real one say, made of one table of data.

The tables stand in `tests/interop/descriptions`. The hosts of a real provider are all played by one
socket of this machine, so that only paths are left of its addresses.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from urllib.parse import urlencode, urlsplit

from django_genauth.client.registration import ClientRegistration
from django_genauth.conf.rules import REGISTRATION_KEYS
from django_genauth.protocol.client_keys import generate_key
from django_genauth.testing.app_encryption import encryptions_of
from django_genauth.testing.provider.authorization import AuthorizationRequest
from django_genauth.testing.provider.grants import AuthMethod, Grant, Refused
from django_genauth.testing.provider.honest import Endpoint
from django_genauth.testing.provider.keys import base64url_decode
from django_genauth.testing.provider.messages import Answer, Request
from tests.support.pages import taken, values_of
from tests.support.provider.scripted import CLIENT_SECRET, ScriptedProvider
from tests.support.provider.server import Answer as HttpAnswer
from tests.support.provider.server import Fault
from tests.support.provider.server import Request as HttpRequest
from tests.support.provider.tokens import Edit

# The members of a configuration document that name endpoints, as this repository calls these.
_MEMBERS: dict[str, Endpoint] = {
    "token_endpoint": "token",
    "userinfo_endpoint": "userinfo",
    "jwks_uri": "jwks",
    "introspection_endpoint": "introspection",
    "revocation_endpoint": "revocation",
    "end_session_endpoint": "end_session",
    "pushed_authorization_request_endpoint": "pushed_authorization",
}


@dataclass(frozen=True, kw_only=True)
class Description:
    """Hold what a provider's documents say of it.

    `page` is its page below docs/howto/providers. `endpoints` are the addresses that its
    configuration names, by member; `metadata` is the rest of the document, which stands at
    `discovery` where that is not the issuer's own address. `claims` are said of a person in the ID
    token, `userinfo` in userinfo alone. A claim of None is left out of the ID token.
    """

    page: str
    issuer: str
    endpoints: Mapping[str, str]
    metadata: Mapping[str, Any] = field(default_factory=dict)
    discovery: str | None = None
    alg: str = "RS256"
    auth_method: AuthMethod = "client_secret_post"
    token_claims: Mapping[str, Any] = field(default_factory=dict)
    """Claims of its ID tokens about the token and the session."""
    claims: Mapping[str, Any] = field(default_factory=dict)
    userinfo: Mapping[str, Any] = field(default_factory=dict)
    userinfo_signed: bool = False
    key_members: Mapping[str, Any] = field(default_factory=dict)
    """How its published keys differ: members by name, None for those that it leaves out."""
    client_keys: tuple[str, ...] = ()
    """The algorithms of the client's keys, which its page has a callable for."""
    assertion_audience: Literal["issuer", "token_endpoint"] = "issuer"
    """Whom it takes assertions for, and none for others."""
    wants_certificate: bool = False
    """Whether an assertion has to name the certificate of its key."""
    follows_fapi: bool = False
    """Whether it speaks TLS alone, and demands requests that are pushed and proofs."""
    demands: Mapping[str, str] = field(default_factory=dict)
    """Parameters without which it refuses an authorization request."""
    refuses: Mapping[str, str] = field(default_factory=dict)
    """Parameters with which it refuses one."""
    refuses_other_scopes: bool = False
    """Whether it refuses a scope that it does not announce, in place of passing it over."""
    refreshable_by: Mapping[str, str] | None = field(default_factory=dict)
    """Parameters for which it gives a refresh token, a scope among others; None: for nothing."""
    refresh_tokens: Literal["rotate", "keep", "omit"] = "rotate"
    token_answer: Mapping[str, Any] = field(default_factory=dict)
    """Members of its first token answer; None for those that it leaves out."""
    refresh_answer: Mapping[str, Any] = field(default_factory=dict)
    dead_refresh_token: tuple[int, bytes] = (400, b'{"error":"invalid_grant"}')
    signs_out: bool = True
    """Whether signing out leads there, with the page's settings."""
    logout_demands: frozenset[str] = frozenset({"id_token_hint", "post_logout_redirect_uri"})
    logout_refuses: frozenset[str] = frozenset()
    knows_earlier_id_tokens: bool = True
    """Whether it signs out with an ID token of before a refresh."""
    user: Mapping[str, Any] = field(default_factory=dict)
    """What the site's user is made of it, by field, with the page's settings."""
    groups: frozenset[str] = frozenset()
    """The groups that the user is in, with the page's settings."""

    @property
    def origins(self) -> set[str]:
        """Return scheme and host of each address of the provider."""
        urls = {self.issuer, *self.endpoints.values(), self.discovery or self.issuer}
        return {"{0.scheme}://{0.netloc}".format(urlsplit(url)) for url in urls}

    def __str__(self) -> str:
        """Name it, as the id of a test."""
        return self.page


class DocumentedProvider(ScriptedProvider):
    """Run a provider by its description, for the client that its page shows."""

    def __init__(self, description: Description) -> None:
        self.description = description
        super().__init__(
            client_secret=CLIENT_SECRET, alg=description.alg, tls=description.follows_fapi
        )
        without = description.auth_method in ("none", "private_key_jwt")
        self.client_secret = None if without else CLIENT_SECRET
        self.require_pushed = description.follows_fapi
        self.auth_methods = dict.fromkeys(self.auth_methods, description.auth_method)
        self.refresh_tokens = description.refresh_tokens
        self.userinfo_signed = description.userinfo_signed
        self.known_claims = {**description.claims, **description.userinfo}
        self.iss_in_response = bool(
            description.metadata.get("authorization_response_iss_parameter_supported")
        )
        self.forge("id_token", claims_edit=_without(description.userinfo, description.token_claims))
        self.asked_for: dict[str, str] = {}
        self._newest_id_tokens: dict[int, str] = {}
        self._make_secret: Callable[[], str] | None = None

    @property
    def issuer(self) -> str:
        """Return the issuer at this machine."""
        return self.local(self.description.issuer)

    @property
    def authorization_endpoint(self) -> str:
        """Return where browsers are sent to sign in, at this machine."""
        return self.local(self.description.endpoints["authorization_endpoint"])

    @property
    def addresses(self) -> dict[Endpoint, str]:
        """Return where the endpoints are, at this machine."""
        well_known = f"{self.description.issuer.removesuffix('/')}/.well-known/openid-configuration"
        addresses: dict[Endpoint, str] = {
            _MEMBERS[member]: self.local(url)
            for member, url in self.description.endpoints.items()
            if member in _MEMBERS
        }
        addresses["discovery"] = self.local(self.description.discovery or well_known)
        return addresses

    def local(self, text: str) -> str:
        """Return a text with this machine in the place of the provider's hosts."""
        for origin in self.description.origins:
            text = text.replace(origin, self.base_url)
        return text

    def settings(self) -> dict[str, Any]:
        """Return GENAUTH as the provider's page has it, with this machine in place of its hosts."""
        page = f"howto/providers/{self.description.page}.rst"
        (block,) = taken("python", page, "GENAUTH = {")
        genauth: dict[str, Any] = values_of(replace(block, text=self.local(block.text)))["GENAUTH"]
        app = genauth["default"]
        self.client_id = app["APP_ID"]
        if self.description.follows_fapi:
            app["CA_BUNDLE"] = str(self.ca_bundle)
        else:
            app["ALLOW_INSECURE_HTTP"] = True
        if "CLIENT_KEYS" in app:
            app["CLIENT_KEYS"] = self._register_keys()
            self.encryptions = encryptions_of(registration_of(app), self.client_keys)
        if callable(app.get("APP_SECRET")):
            self._make_secret = app["APP_SECRET"]
        elif "APP_SECRET" in app:
            app["APP_SECRET"] = CLIENT_SECRET
        return genauth

    def _register_keys(self) -> list[dict[str, Any]]:
        """Make the client's keys, and remember their public halves."""
        pairs = [generate_key(name) for name in self.description.client_keys]
        self.client_keys = [key.public() for _, key in pairs]
        named = {"x5t#S256": "a-thumbprint"} if self.description.wants_certificate else {}
        return [json.loads(text) | named for text, _ in pairs]

    def _respond(
        self, request: HttpRequest, closing: threading.Event
    ) -> tuple[HttpAnswer, Fault | None]:
        """Show a page to sign in at, or one that refuses, to whoever opens the address itself."""
        if request.path != urlsplit(self.authorization_endpoint).path:
            return super()._respond(request, closing)
        self.requests.append(request)
        try:
            self.read(f"{self.authorization_endpoint}?{urlsplit(request.target).query}")
        except Refused as refusal:
            return HttpAnswer(status=400, body=str(refusal).encode()), None
        return HttpAnswer(headers={"Content-Type": "text/html"}, body=b"<form>Sign in</form>"), None

    def _discovery(self, request: Request) -> Answer:
        endpoints = {member: self.local(url) for member, url in self.description.endpoints.items()}
        signing = {"id_token_signing_alg_values_supported": [self.alg]}
        document = {"issuer": self.issuer, **endpoints, **signing, **self.description.metadata}
        return Answer.json(document)

    def _jwks(self, request: Request) -> Answer:
        keys = [_changed(key.public_jwk, self.description.key_members) for key in self.keys]
        return Answer.json({"keys": keys})

    def check(self, form: Mapping[str, str]) -> AuthorizationRequest:
        """Check the parameters of a request by what the provider's documents say."""
        asked = self.asked_for = dict(form)
        for name, value in self.description.demands.items():
            if asked.get(name) != value:
                raise Refused("invalid_request", f"{name} has to be {value}")
        for name, value in self.description.refuses.items():
            if asked.get(name) == value:
                raise Refused("invalid_request", f"{name} cannot be {value}")
        known = set(self.description.metadata.get("scopes_supported", ()))
        if self.description.refuses_other_scopes and not known >= set(asked["scope"].split()):
            raise Refused("invalid_scope", f"not all of {asked['scope']} are known")
        return super().check(form)

    def _is_refreshable(self, request: AuthorizationRequest) -> bool:
        wanted = self.description.refreshable_by
        return wanted is not None and all(
            value in self.asked_for.get(name, "").split() for name, value in wanted.items()
        )

    def id_token(self, grant: Grant, hashed: Mapping[str, str], *, nonce: str | None) -> str:
        """Issue an ID token, and remember which is the newest of a grant."""
        text = super().id_token(grant, hashed, nonce=nonce)
        self._newest_id_tokens[id(grant)] = text
        return text

    def _token_answer(
        self, grant: Grant, refresh_token: str | None, nonce: str | None = None
    ) -> Answer:
        honest = super()._token_answer(grant, refresh_token, nonce)
        # A refresh brings no nonce (OIDC Core 12.2).
        changes = self.description.token_answer if nonce else self.description.refresh_answer
        return Answer.json(_changed(json.loads(honest.body), changes))

    def answer(self, endpoint: Endpoint, request: Request) -> Answer:
        """Answer a request; a refused refresh in the provider's own words."""
        answer = super().answer(endpoint, request)
        if answer.status >= 400 and request.form.get("grant_type") == "refresh_token":
            status, body = self.description.dead_refresh_token
            return Answer(status=status, body=body, headers={"Content-Type": "application/json"})
        return answer

    def _authenticate(self, request: Request, endpoint: str) -> str:
        if self._make_secret is not None:
            self.client_secret = self._make_secret()
        if self.description.auth_method == "private_key_jwt":
            self._check_assertion(request.form.get("client_assertion", "e30.e30."))
        return super()._authenticate(request, endpoint)

    def _check_assertion(self, assertion: str) -> None:
        header, claims = (json.loads(base64url_decode(each)) for each in assertion.split(".")[:2])
        named = {"issuer": self.issuer, "token_endpoint": self.addresses["token"]}
        if claims.get("aud") != named[self.description.assertion_audience]:
            raise Refused("invalid_client", "the assertion is for another audience", status=401)
        if self.description.wants_certificate and "x5t#S256" not in header:
            raise Refused("invalid_client", "the assertion names no certificate", status=401)

    def _end_session(self, request: Request) -> Answer:
        asked = request.query
        if self.description.logout_demands - asked.keys():
            raise Refused("invalid_request", f"not all of {self.description.logout_demands}")
        if self.description.logout_refuses & asked.keys():
            raise Refused("invalid_request", f"one of {self.description.logout_refuses}")
        known = self._newest_id_tokens.values()
        if not self.description.knows_earlier_id_tokens and asked["id_token_hint"] not in known:
            raise Refused("invalid_token", "id_token_hint is unknown")
        target = asked["post_logout_redirect_uri"]
        query = urlencode({name: asked[name] for name in ("state",) if name in asked})
        return Answer(status=302, headers={"Location": f"{target}?{query}"})


def registration_of(app: Mapping[str, Any]) -> ClientRegistration:
    """Return what the settings say of the client."""
    known = {key.lower(): value for key, value in app.items() if key in REGISTRATION_KEYS}
    return ClientRegistration(secret=known.pop("app_secret", None), **known)


def _changed(members: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**members, **changes}.items() if value is not None}


def _without(elsewhere: Mapping[str, Any], more: Mapping[str, Any]) -> Edit:
    def edit(claims: dict[str, Any]) -> dict[str, Any]:
        own = {name: value for name, value in claims.items() if name not in elsewhere}
        return _changed(own, more)

    return edit
