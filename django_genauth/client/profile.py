"""The FAPI 2.0 Security Profile (Final): what it sets, and which settings fall short of it.

What it demands of an answer is checked where the answer is read: of the `iss` of an authorization
response in `endpoints`, of an ID token's audiences in `protocol.id_token`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, Literal, NamedTuple
from urllib.parse import urlsplit

from django_genauth.protocol.client_keys import ClientKey
from django_genauth.protocol.discovery import LOOPBACK
from django_genauth.protocol.dpop_proof import PROOF_ALGORITHMS

PROFILES: Final = ("fapi2",)
# FAPI 2.0, 5.4.1 (1)
PROFILE_ALGORITHMS: Final = ("PS256", "ES256", "EdDSA")
_NAMES: Final = ", ".join(PROFILE_ALGORITHMS)
_METHODS: Final = ("private_key_jwt", "tls_client_auth", "self_signed_tls_client_auth")
_ENDPOINTS: Final = ("token", "introspection", "revocation")
_SIGNED: Final = (
    "id_token_signed_response_alg",
    "userinfo_signed_response_alg",
    "introspection_signed_response_alg",
    "request_object_signing_alg",
    "client_assertion_alg",
    "api_token_signed_response_alg",
)
# Note 4 of 5.3.2.1: who accepts times further in the future checks none.
_MOST_LEEWAY: Final = 60

Kind = Literal["authentication", "request", "binding", "algorithm", "connection"]


class Shortfall(NamedTuple):
    """A setting that falls short of the profile: its kind, its key in GENAUTH, and what is due."""

    kind: Kind
    key: str
    what: str


def profile_defaults(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return what PROFILE sets of the settings that are None.

    The methods of authentication follow from the keys, where these are read. `settings` are the
    fields of a ClientRegistration.
    """
    if settings["profile"] is None:
        return {}
    defaults = {
        "id_token_signed_response_alg": PROFILE_ALGORITHMS[0],
        "pushed_authorization": True,
        # A certificate binds tokens as well.
        "dpop": settings["client_certificate"] is None,
        "discovery": True,
    }
    return {name: value for name, value in defaults.items() if settings[name] is None}


def shortfalls(settings: Mapping[str, Any]) -> Iterator[Shortfall]:
    """Yield each setting that falls short of the profile, where one is set.

    `settings` are the fields of a ClientRegistration; those that are missing are left to it.
    """
    if settings.get("profile") is None:
        return
    yield from _authentication(settings)
    yield from _request(settings)
    if settings.get("dpop") is False and not settings.get("client_certificate"):
        # 5.3.3.1 (1)
        yield Shortfall("binding", "DPOP", "has to be True, or CLIENT_CERTIFICATE set")
    for name in _SIGNED:
        # 5.4.1 (1)
        if settings.get(name) not in (None, *PROFILE_ALGORITHMS):
            yield Shortfall("algorithm", name.upper(), f"has to be one of {_NAMES}")
    yield from _connection(settings)


def proof_algorithms(profile: str | None) -> tuple[str, ...]:
    """Return what the proofs of bound tokens may be signed with that clients show to the site."""
    return PROOF_ALGORITHMS if profile is None else PROFILE_ALGORITHMS


def keys_shortfall(keys: Iterable[ClientKey]) -> Shortfall | None:
    """Return what falls short where no key signs as the profile demands, and some key signs."""
    signing = [key for key in keys if key.signs]
    if not signing or any(not {*PROFILE_ALGORITHMS}.isdisjoint(key.algorithms) for key in signing):
        return None
    return Shortfall("algorithm", "CLIENT_KEYS", f"has no key that signs with {_NAMES}")


def _authentication(settings: Mapping[str, Any]) -> Iterator[Shortfall]:
    kind: Kind = "authentication"
    for endpoint in _ENDPOINTS:
        name = f"{endpoint}_endpoint_auth_method"
        # 5.3.3.1 (2)
        if settings.get(name) not in (None, *_METHODS):
            yield Shortfall(kind, name.upper(), f"has to be one of {', '.join(_METHODS)}")
    if not any(
        settings.get(name) for name in ("client_keys", "client_assertion", "client_certificate")
    ):
        yield Shortfall(kind, "CLIENT_KEYS", "or CLIENT_CERTIFICATE has to be set")
    if settings.get("client_assertion_audience", "issuer") != "issuer":
        # 5.3.3.1 (5)
        yield Shortfall(kind, "CLIENT_ASSERTION_AUDIENCE", "has to be issuer")


def _request(settings: Mapping[str, Any]) -> Iterator[Shortfall]:
    if settings.get("pushed_authorization") is False:
        # 5.3.3.2 (2)
        yield Shortfall("request", "PUSHED_AUTHORIZATION", "cannot be False")
    if settings.get("response_type", "code") != "code":
        # 5.3.3.2 (1)
        yield Shortfall("request", "RESPONSE_TYPE", "has to be code")
    redirect_uri = urlsplit(str(settings.get("redirect_uri") or ""))
    if redirect_uri.scheme == "http" and redirect_uri.hostname not in LOOPBACK:
        # 5.3.2.2 (8): nobody on the way shall read the code.
        yield Shortfall("request", "REDIRECT_URI", "has to be https")


def _connection(settings: Mapping[str, Any]) -> Iterator[Shortfall]:
    kind: Kind = "connection"
    if settings.get("allow_insecure_http") is True:
        # 5.2.1 (1)
        yield Shortfall(kind, "ALLOW_INSECURE_HTTP", "cannot be True")
    # 5.3.3.1 (9)
    if settings.get("discovery") is False:
        yield Shortfall(kind, "DISCOVERY", "cannot be False")
    # Where there is no ID token, no specification says what tells who the person is.
    free = {"userinfo_endpoint"} if settings.get("protocol") == "oauth" else set()
    by_hand = settings.get("endpoints")
    if isinstance(by_hand, Mapping) and by_hand.keys() - free:
        yield Shortfall(kind, "ENDPOINTS", "has to be empty: the configuration names all endpoints")
    leeway = settings.get("leeway")
    if isinstance(leeway, int | float) and leeway > _MOST_LEEWAY:
        yield Shortfall(kind, "LEEWAY", f"may be {_MOST_LEEWAY} seconds at most")
