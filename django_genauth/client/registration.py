"""Client registration: an app's settings, their defaults, and the rules between them.

The keys of the GENAUTH setting in lower case (`secret` is APP_SECRET). Nothing is sent from here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit

from django_genauth.client.authorization_settings import pushing_problem, response_problem
from django_genauth.client.profile import PROFILES, Shortfall, profile_defaults, shortfalls
from django_genauth.client.setting_urls import addresses_problem
from django_genauth.client.token_algorithms import algorithm_problem
from django_genauth.protocol import genauth
from django_genauth.protocol.authorization import JARM_MODES, check_extra, response_type_of
from django_genauth.protocol.discovery import LOOPBACK
from django_genauth.protocol.errors import ConfigurationError

PROTOCOLS: Final = ("oidc", "oauth")
_LONGEST_SCOPE: Final = 4_000


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ClientRegistration:
    """Hold the settings of one app. Raises ConfigurationError for values that cannot work."""

    app_id: str
    """The client id."""
    app_host: str
    """The app's host, such as https://acme.genauth.ai."""
    secret: str | None = None
    """The client secret; None: a public client."""
    protocol: str = "oidc"
    """`oidc`, or `oauth` for OAuth 2.0 without ID tokens."""
    scope: str | Iterable[str] | None = None
    """What is asked for; None: GenAuth's default for the protocol."""
    issuer: str = ""
    """What the provider calls itself; empty: APP_HOST + `/oidc`."""
    discovery: bool | str | None = None
    """Whether the issuer's configuration is read, or its address; None: for `oidc`."""
    endpoints: Mapping[str, str] = field(default_factory=dict)
    """Single endpoints set by hand, by their metadata names."""
    redirect_uri: str | None = None
    """Where the provider sends people back to; None: made from the request."""
    post_logout_redirect_uri: str | None = None
    """Where the provider sends people after signing out; None: made from the request."""
    id_token_signed_response_alg: str | None = None
    """The one algorithm accepted; None: HS256, and RS256 without a secret."""
    userinfo_signed_response_alg: str | None = None
    """The one algorithm of userinfo that comes signed; None: as the ID token's."""
    introspection_signed_response_alg: str | None = None
    """The one algorithm of introspection answers, which have to be signed then; None: plain."""
    id_token_encrypted_response_alg: str | None = None
    """How ID tokens and logout tokens are encrypted to the client; None: they are not."""
    id_token_encrypted_response_enc: str | None = None
    """What their content is encrypted with; None: A128CBC-HS256."""
    userinfo_encrypted_response_alg: str | None = None
    """How userinfo is encrypted to the client; None: it is not."""
    userinfo_encrypted_response_enc: str | None = None
    """What its content is encrypted with; None: A128CBC-HS256."""
    introspection_encrypted_response_alg: str | None = None
    """How introspection answers, which are signed, are encrypted; None: they are not."""
    introspection_encrypted_response_enc: str | None = None
    """What their content is encrypted with; None: A128CBC-HS256."""
    trusted_audiences: Sequence[str] = ()
    """The audiences that an ID token may name beside the client."""
    token_endpoint_auth_method: str | None = None
    """None: `client_secret_post`, without a secret `private_key_jwt`, and without keys `none`; so
    are the next two."""
    introspection_endpoint_auth_method: str | None = None
    revocation_endpoint_auth_method: str | None = None
    client_keys: Sequence[str | Mapping[str, Any]] = ()
    """Private keys, PEM or JWK: the first that signs signs, and all are published."""
    client_assertion_alg: str | None = None
    """What assertions are signed with; None: what the key or the secret is for."""
    client_assertion_audience: str = "issuer"
    """Whom an assertion is for: `issuer`, or `endpoint` for the address it is sent to."""
    client_assertion: Callable[[], str] | None = None
    """Returns an assertion that somebody else has signed, for `private_key_jwt`."""
    client_certificate: Sequence[str] | None = None
    """The paths of certificate and key for mutual TLS (RFC 8705)."""
    dpop: bool | None = None
    """Whether tokens are bound to a key of each sign-in (RFC 9449); None: as PROFILE has it."""
    profile: str | None = None
    """`fapi2`: settings that fall short of the FAPI 2.0 Security Profile are refused."""
    response_type: str = "code"
    """What the provider sends back through the browser."""
    response_mode: str | None = None
    """How it does: `query`, `fragment`, `form_post`; None: as the response type has it. With `jwt`,
    `query.jwt`, `form_post.jwt` it is signed."""
    request_object_signing_alg: str | None = None
    """What authorization requests are signed with; None: they are not."""
    pushed_authorization: bool | None = None
    """Whether requests are pushed to the provider; None: where it demands so."""
    allow_access_token_in_front_channel_insecure: bool = False
    """Whether a response type with `token` is accepted, whose token lies open in the browser."""
    userinfo: bool = False
    """Whether the userinfo endpoint is asked at login too; with `oauth` it always is."""
    authorize_params: Mapping[str, str | int | list[str]] = field(default_factory=dict)
    """Further parameters of the authorization request."""
    timeout: float = 10
    """How many seconds a request may take from its start to its answer's last byte."""
    max_parallel_requests: int | None = None
    """How many may be under way in a process at a time; None: half of the threads that ask."""
    max_response_bytes: int = 1_048_576
    """How long an answer may be, unpacked."""
    leeway: float = 30
    """How many seconds the provider's clock may differ from this machine's."""
    ca_bundle: str | None = None
    """A file of certificate authorities in place of the usual ones."""
    proxies: Mapping[str, str] = field(default_factory=dict)
    """From scheme to proxy; the environment's proxies are not read."""
    allow_insecure_http: bool = False
    """Whether addresses may be http: for a test provider on this machine alone."""
    scopes: str = field(init=False)
    """What is asked for, as one text with blanks between the scopes."""
    algorithm: str = field(init=False)
    """The one algorithm that the provider may sign with."""
    userinfo_algorithm: str = field(init=False)
    """The one algorithm that userinfo may be signed with."""
    discovers: bool = field(init=False)
    """Whether the issuer's configuration is read."""

    def __post_init__(self) -> None:
        """Derive what follows from the settings, and check them all."""
        if self.protocol not in PROTOCOLS:
            raise invalid_setting("PROTOCOL", f"has to be one of {', '.join(PROTOCOLS)}")
        # A frozen dataclass sets its own derived fields this way, here and nowhere else.
        derive = partial(object.__setattr__, self)
        self._follow_profile(derive)
        derive("app_host", self.app_host.removesuffix("/"))
        derive("issuer", self.issuer or genauth.default_issuer(self.app_host))
        derive("scopes", scope_text(self.scope, genauth.DEFAULT_SCOPE[self.protocol]))
        by_secret = "HS256" if self.secret else "RS256"
        derive("algorithm", self.id_token_signed_response_alg or by_secret)
        derive("discovers", self.is_oidc if self.discovery is None else bool(self.discovery))
        derive("userinfo_algorithm", self.userinfo_signed_response_alg or self.algorithm)
        if problem := addresses_problem(vars(self)):
            raise invalid_setting(*problem)
        if problem := algorithm_problem(vars(self)):
            raise invalid_setting(*problem)
        derive("response_type", response_type_of(self.response_type))
        if problem := response_problem(self.protocol, self.response_type, self.response_mode):
            raise invalid_setting(problem[0].upper(), problem[1])
        if problem_with_pushing := pushing_problem(
            self.pushed_authorization, discovers=self.discovers, endpoints=self.endpoints
        ):
            raise invalid_setting("PUSHED_AUTHORIZATION", problem_with_pushing)
        if not self.app_id:
            console = genauth.console_name(self.issuer, self.app_host)
            raise invalid_setting("APP_ID", f"has to be the app's id, from {console}")
        self._check_request()

    def _follow_profile(self, derive: Callable[[str, Any], None]) -> None:
        """Set what PROFILE sets. Raises ConfigurationError for what falls short of it."""
        if self.profile not in (None, *PROFILES):
            raise invalid_setting("PROFILE", f"has to be None or one of {', '.join(PROFILES)}")
        for name, value in profile_defaults(vars(self)).items():
            derive(name, value)
        for each in shortfalls(vars(self)):
            raise beneath_profile(each)
        derive("dpop", bool(self.dpop))

    @property
    def is_oidc(self) -> bool:
        """Tell whether there are ID tokens."""
        return self.protocol == "oidc"

    @property
    def responses_are_signed(self) -> bool:
        """Tell whether authorization responses are signed (JARM)."""
        return self.response_mode in JARM_MODES

    @property
    def discovery_address(self) -> str | None:
        """Return where the configuration is read, or None for the issuer's own address."""
        return self.discovery if isinstance(self.discovery, str) else None

    @property
    def hmac_algorithms(self) -> set[str]:
        """Return the algorithms that are verified with the client secret."""
        is_used = self.is_oidc or self.responses_are_signed
        pinned = {self.algorithm} if is_used else set()
        further = (self.userinfo_signed_response_alg, self.introspection_signed_response_alg)
        return {name for name in pinned | set(further) if name and name.startswith("HS")}

    @property
    def default_parameters(self) -> dict[str, str | int | list[str]]:
        """Return the parameters of an authorization request that others may replace."""
        # Consent for `offline_access` is OpenID Connect's rule (Core 11). The vendor's library has
        # none in OAuth 2.0.
        return {} if self.is_oidc else {"prompt": []}

    @property
    def max_age(self) -> int | None:
        """Return max_age of AUTHORIZE_PARAMS in seconds, or None."""
        max_age = self.authorize_params.get("max_age")
        return None if max_age is None else int(str(max_age))

    @property
    def acr_values(self) -> tuple[str, ...]:
        """Return acr_values of AUTHORIZE_PARAMS; an ID token has to have one of them."""
        return tuple(str(self.authorize_params.get("acr_values", "")).split())

    @property
    def insecure_hosts(self) -> set[str]:
        """Return the hosts whose endpoints may be http: this machine, and those set with http."""
        if not self.allow_insecure_http:
            return set()
        set_by_hand = (self.app_host, self.issuer, self.discovery_address or "")
        named = [urlsplit(url) for url in set_by_hand]
        return {*LOOPBACK, *(url.hostname or "" for url in named if url.scheme == "http")}

    def require_login(self) -> None:
        """Raise ConfigurationError for a response type that people cannot sign in with.

        An access token alone does not prove who brought it: another client could have got it.
        """
        words = set(self.response_type.split())
        if self.dpop and words & {"code", "token"} != {"code"}:
            # RFC 9449 5: the token endpoint binds tokens, and the browser brings none that is.
            raise invalid_setting(
                "DPOP", f"needs the response type code, with which {self.response_type} has no room"
            )
        if words.isdisjoint({"code", "id_token"}):
            raise invalid_setting(
                "RESPONSE_TYPE",
                f"cannot be {self.response_type} where people sign in; leave it out for code",
            )
        if "token" in words and not self.allow_access_token_in_front_channel_insecure:
            raise invalid_setting(
                "RESPONSE_TYPE",
                f"{self.response_type} shows the access token to the browser, its history and its"
                " extensions; ALLOW_ACCESS_TOKEN_IN_FRONT_CHANNEL_INSECURE has to be True for it",
            )

    def _check_request(self) -> None:
        if isinstance(self.trusted_audiences, str):
            raise invalid_setting("TRUSTED_AUDIENCES", "has to be a list of texts")
        check_extra(self.authorize_params)
        max_age = self.authorize_params.get("max_age")
        if max_age is not None and not re.fullmatch("[0-9]+", str(max_age)):
            raise invalid_setting("AUTHORIZE_PARAMS", "has to have max_age in whole seconds")
        if not isinstance(self.authorize_params.get("acr_values", ""), str):
            raise invalid_setting(
                "AUTHORIZE_PARAMS", "has to have acr_values as a text, separated by spaces"
            )
        if self.is_oidc and "openid" not in self.scopes.split():
            raise invalid_setting(
                "SCOPE",
                "has to name openid, without which there is no ID token; between scopes stand"
                " blanks",
            )


def scope_text(scope: str | Iterable[str] | None, default: str) -> str:
    """Return a scope as one text. Raises ConfigurationError for one too long for an address."""
    try:
        text = default if scope is None else scope if isinstance(scope, str) else " ".join(scope)
    except TypeError:
        raise invalid_setting("SCOPE", "has to be a text or a list of texts") from None
    if len(text) > _LONGEST_SCOPE:
        raise invalid_setting("SCOPE", f"may have {_LONGEST_SCOPE} characters at most")
    return text


def invalid_setting(key: str, what: str) -> ConfigurationError:
    """Return the error for a setting that cannot work."""
    return ConfigurationError(f"{key} {what}.", reason=key.partition("[")[0].lower())


def beneath_profile(shortfall: Shortfall) -> ConfigurationError:
    """Return the error for a setting that falls short of the profile."""
    return ConfigurationError(
        f"{shortfall.key} {shortfall.what}, as PROFILE demands.", reason="profile"
    )
