"""Pushed and signed requests, and signed answers, at npm's oidc-provider 9.

RFC 9126, RFC 9101, JARM. The provider refuses a client that does not do what its metadata demand.
"""

from collections.abc import Iterator

import pytest
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from django_genauth import grants
from django_genauth.models import Grant
from django_genauth.protocol.client_keys import generate_key
from tests.support.provider.browser_forms import Browser
from tests.support.provider.node_provider import NodeProvider, client
from tests.support.provider.processes import sign_in

pytestmark = pytest.mark.providers

PAIRS = {algorithm: generate_key(algorithm) for algorithm in ("ES256", "PS256", "EdDSA")}
MUST_PUSH = {"require_pushed_authorization_requests": True}
MUST_SIGN = {"require_signed_request_object": True, "id_token_signed_response_alg": "RS256"}
BY_KEY = {"token_endpoint_auth_method": "private_key_jwt", "id_token_signed_response_alg": "ES256"}


def signing(algorithm):
    """Return a client that has to sign by a key, and the settings for it."""
    key, public = PAIRS[algorithm]
    settings = {"CLIENT_KEYS": [key], "REQUEST_OBJECT_SIGNING_ALG": algorithm}
    metadata = {"request_object_signing_alg": algorithm, "jwks": {"keys": [public.public()]}}
    return MUST_SIGN | metadata, settings


def jarm(alg, mode, **metadata):
    """Return a client whose answers are signed by an algorithm, and the settings for it."""
    algorithms = {"authorization_signed_response_alg": alg, "id_token_signed_response_alg": alg}
    return algorithms | metadata, {"RESPONSE_MODE": mode}


PUSH = {"PUSHED_AUTHORIZATION": True}
ES256, ES256_SETTINGS = signing("ES256")
KINDS = {
    "push, post": (MUST_PUSH, PUSH),
    "push, basic": (MUST_PUSH | {"token_endpoint_auth_method": "client_secret_basic"}, PUSH),
    "push, secret signs": (MUST_PUSH | {"token_endpoint_auth_method": "client_secret_jwt"}, PUSH),
    "push, public": (MUST_PUSH | {"token_endpoint_auth_method": "none"}, PUSH),
    "push, key": (
        MUST_PUSH | BY_KEY | {"jwks": ES256["jwks"]},
        PUSH | {"CLIENT_KEYS": ES256_SETTINGS["CLIENT_KEYS"]},
    ),
    "sign, ES256": (ES256, ES256_SETTINGS),
    "sign, PS256": signing("PS256"),
    "sign, EdDSA": signing("EdDSA"),
    "sign, HS256": (
        MUST_SIGN | {"request_object_signing_alg": "HS256"},
        {"REQUEST_OBJECT_SIGNING_ALG": "HS256"},
    ),
    "push and sign": (ES256 | MUST_PUSH, ES256_SETTINGS | PUSH),
    "answer, RS256": jarm("RS256", "jwt"),
    "answer, ES256": jarm("ES256", "query.jwt"),
    "answer, HS256": jarm("HS256", "jwt"),
    "answer, PS256": jarm("PS256", "jwt"),
    "all": (
        ES256
        | MUST_PUSH
        | BY_KEY
        | {"authorization_signed_response_alg": "ES256", "id_token_signed_response_alg": "ES256"},
        ES256_SETTINGS | PUSH | {"RESPONSE_MODE": "jwt"},
    ),
}


@pytest.fixture(scope="module")
def provider(live_server: LiveServer) -> Iterator[NodeProvider]:
    """Run a provider that knows the site as clients of every kind."""
    clients = [
        client(kind, f"{live_server.url}/genauth/callback/", **metadata)
        for kind, (metadata, _) in KINDS.items()
    ]
    with NodeProvider(9, clients) as running:
        yield running


@pytest.fixture
def browser(live_server: LiveServer) -> Iterator[Browser]:
    """Come to the site with an empty browser."""
    with Browser(live_server.url) as opened:
        yield opened


@pytest.fixture
def use(provider: NodeProvider, settings: Settings):
    """Lend a way to be a client of one kind, with other settings where they are named."""

    def used(kind, **changes):
        app = provider.app(kind) | KINDS[kind][1] | changes
        if app["TOKEN_ENDPOINT_AUTH_METHOD"] == "private_key_jwt":
            app["APP_SECRET"] = None
        settings.GENAUTH = {"default": app}

    return used


@pytest.mark.parametrize("kind", KINDS)
def test_a_person_signs_in(browser, provider, use, kind):
    use(kind)

    response = sign_in(browser, provider)

    assert response.status_code == 302
    assert browser.open("/members/").status_code == 200


@pytest.mark.parametrize("kind", ["push, secret signs", "push, key"])
def test_tokens_are_asked_about_and_revoked_so_as_well(browser, provider, use, kind):
    use(kind)
    sign_in(browser, provider)
    grant = Grant.objects.get()
    before = grants.introspect(grant)["active"]

    grants.revoke(grant)

    assert before is True
    assert Grant.objects.get().state != "live"


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("push, post", {"PUSHED_AUTHORIZATION": False}),
        ("sign, ES256", {"REQUEST_OBJECT_SIGNING_ALG": None}),
        ("push and sign", {"PUSHED_AUTHORIZATION": None}),
    ],
    ids=["a plain one", "an unsigned one", "a signed one that is not pushed"],
)
def test_the_provider_refuses_another_request(browser, use, kind, changes):
    use(kind, **changes)

    response = browser.open(browser.begin())

    assert "invalid_request" in response.headers.get("Location", response.text)


def test_the_provider_refuses_an_unsigned_one_that_is_pushed(browser, use, refusals):
    use("push and sign", REQUEST_OBJECT_SIGNING_ALG=None)

    response = browser.open("/genauth/login/")

    assert (response.status_code, refusals.codes) == (502, ["oauth.invalid_request"])
