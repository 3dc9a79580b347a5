"""Access tokens of real providers at the site as an API."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
import requests
from django.contrib.auth import get_user_model
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from django_genauth import grants
from django_genauth.api import verify_bearer
from django_genauth.models import Grant
from django_genauth.protocol.errors import BearerError
from tests.support.provider.browser_forms import Browser
from tests.support.provider.node_provider import Major, NodeProvider, client
from tests.support.provider.processes import sign_in
from tests.support.provider.standin import StandIn

API = "https://api.example/reports"
OFFLINE = {"SCOPE": "openid profile offline_access", "AUTHORIZE_PARAMS": {"prompt": "consent"}}


def node(major: Major, site: str) -> NodeProvider:
    metadata: dict[str, Any] = {
        "grant_types": ["authorization_code", "refresh_token", "client_credentials"]
    }
    if major == 9:
        metadata["introspection_signed_response_alg"] = "RS256"
    return NodeProvider(major, [client("site", f"{site}/genauth/callback/", **metadata)])


def stand_in(site: str) -> StandIn:
    return StandIn([f"{site}/genauth/callback/"])


V9 = pytest.param(partial(node, 9), id="oidc-provider 9", marks=pytest.mark.providers)
V6 = pytest.param(partial(node, 6), id="oidc-provider 6", marks=pytest.mark.providers)
STAND_IN = pytest.param(stand_in, id="the stand-in", marks=pytest.mark.standin)


@pytest.fixture(scope="module", params=[V9, V6, STAND_IN])
def provider(
    request: pytest.FixtureRequest, live_server: LiveServer
) -> Iterator[NodeProvider | StandIn]:
    """Run a provider that knows the site."""
    start: Callable[[str], NodeProvider | StandIn] = request.param
    with start(live_server.url) as running:
        yield running


@pytest.fixture
def app(provider: NodeProvider | StandIn, settings: Settings) -> dict[str, Any]:
    """Let the site accept tokens of the provider."""
    values = provider.app() if isinstance(provider, StandIn) else provider.app("site")
    values |= {**OFFLINE, "API_AUDIENCE": values["APP_ID"]}
    settings.GENAUTH = {"default": values}
    return values


@pytest.fixture
def tokens(app: dict[str, Any], live_server: LiveServer, provider: Any) -> dict[str, str]:
    """Return the tokens that a person's sign-in brought."""
    with Browser(live_server.url) as browser:
        sign_in(browser, provider, "ada")
    return dict(Grant.objects.get().token_set)


def is_jwt(token: str) -> bool:
    return token.count(".") == 2


def refusal(token: str) -> str:
    with pytest.raises(BearerError) as refused:
        verify_bearer(token)
    return refused.value.code


def test_the_token_of_a_person_is_that_persons(app, tokens):
    token = grants.get_access_token(get_user_model().objects.get())
    app["API_TOKENS"] = "jwt" if is_jwt(token) else "introspection"

    bearer = verify_bearer(token, scopes=["profile"])

    assert bearer.user == get_user_model().objects.get()
    assert not bearer.is_machine


def test_the_provider_is_asked_about_tokens_of_each_kind(app, tokens):
    app["API_TOKENS"] = "introspection"

    assert verify_bearer(tokens["access_token"]).user == get_user_model().objects.get()


@pytest.mark.parametrize("kind", ["refresh_token", "id_token"])
@pytest.mark.parametrize("how", ["jwt", "introspection"])
def test_another_token_of_the_provider_is_refused(app, tokens, how, kind):
    app["API_TOKENS"] = how

    assert refusal(tokens[kind]).startswith("bearer.")


def test_a_revoked_token_is_refused(app, tokens):
    app["API_TOKENS"] = "introspection"
    verify_bearer(tokens["access_token"])

    grants.revoke(Grant.objects.get())

    assert refusal(tokens["access_token"]) == "bearer.inactive"


def machine_token(provider: Any, app: dict[str, Any], **parameters: str) -> str:
    form = {
        "grant_type": "client_credentials",
        "client_id": app["APP_ID"],
        "client_secret": app["APP_SECRET"],
        "scope": "profile",
        **parameters,
    }
    answer = requests.post(f"{provider.base_url}/oidc/token", data=form, timeout=10)
    token: str = answer.json()["access_token"]
    return token


@pytest.mark.django_db
@pytest.mark.parametrize("provider", [V9], indirect=True)
def test_a_machine_asks_for_a_token_for_the_api(app, provider):
    app["API_AUDIENCE"] = API
    token = machine_token(provider, app, resource=API)

    bearer = verify_bearer(token, scopes=["profile"])

    assert (bearer.is_machine, bearer.client_id, bearer.user) == (True, "site", None)


@pytest.mark.django_db
@pytest.mark.parametrize("provider", [V9], indirect=True)
def test_a_token_for_another_api_is_refused(app, provider):
    app["API_AUDIENCE"] = API
    token = machine_token(provider, app, resource="https://api.example/orders")

    assert refusal(token) == "bearer.aud"


@pytest.mark.django_db
@pytest.mark.parametrize("provider", [V9], indirect=True)
def test_a_machine_may_have_a_token_that_only_the_provider_reads(app, provider):
    app["API_TOKENS"] = "introspection"
    token = machine_token(provider, app)

    bearer = verify_bearer(token)

    assert (bearer.is_machine, bearer.client_id) == (True, "site")


@pytest.mark.django_db
@pytest.mark.parametrize("provider", [V9], indirect=True)
def test_the_provider_signs_what_it_says(app, provider):
    app["API_TOKENS"] = "introspection"
    app["INTROSPECTION_SIGNED_RESPONSE_ALG"] = "RS256"

    good = verify_bearer(machine_token(provider, app))

    assert good.client_id == "site"
    assert refusal("junk") == "bearer.inactive"
