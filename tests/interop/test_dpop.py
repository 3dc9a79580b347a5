"""Tokens that are bound to a key (DPoP, RFC 9449), at oidc-provider 9 by way of a browser.

It wants its nonce in each proof, and takes bound tokens alone from this client.
"""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from django.contrib.auth import get_user_model
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from django_genauth import grants
from django_genauth.conf import get_client
from django_genauth.models import Grant
from django_genauth.protocol.dpop import DpopKey
from tests.support.provider.browser_forms import Browser
from tests.support.provider.node_provider import NodeProvider, client
from tests.support.provider.processes import sign_in

pytestmark = pytest.mark.providers


@pytest.fixture(scope="module")
def provider(live_server: LiveServer) -> Iterator[NodeProvider]:
    """Run a provider that knows the site, and binds what it gives to it."""
    site = client(
        "site",
        f"{live_server.url}/genauth/callback/",
        dpop_bound_access_tokens=True,
        grant_types=["authorization_code", "refresh_token", "client_credentials"],
    )
    with NodeProvider(9, [site], people={"ada": {"email": "a@b.example"}}, dpop_nonces=True) as it:
        yield it


@pytest.fixture
def app(provider: NodeProvider, settings: Settings) -> dict[str, Any]:
    """Point the site's default app at the provider, and return its settings to be changed."""
    scope = "openid email offline_access"
    values = {**provider.app("site"), "DPOP": True, "USERINFO": True, "SCOPE": scope}
    settings.GENAUTH = {"default": values}
    return values


@pytest.fixture
def browser(app: dict[str, Any], live_server: LiveServer) -> Iterator[Browser]:
    """Come to the site with an empty browser."""
    with Browser(live_server.url) as opened:
        yield opened


def ada() -> Any:
    return get_user_model().objects.get()


def userinfo() -> str:
    return get_client().endpoint("userinfo_endpoint")


def test_a_person_signs_in_with_tokens_that_are_bound(browser, provider):
    sign_in(browser, provider, "ada")

    assert ada().email == "a@b.example"
    assert Grant.objects.get().token_set["token_type"] == "DPoP"


def test_a_refresh_is_proven_with_the_key_of_the_grant(browser, provider):
    sign_in(browser, provider, "ada")
    before = dict(Grant.objects.get().token_set)

    after = grants.refresh(Grant.objects.get()).token_set

    assert after["dpop_key"] == before["dpop_key"]
    assert after["access_token"] != before["access_token"]


def test_an_api_takes_the_token_with_its_proof(browser, provider):
    sign_in(browser, provider, "ada")

    answer = requests.get(userinfo(), auth=grants.authorization(ada()), timeout=5)

    assert (answer.status_code, answer.json()["sub"]) == (200, "ada")


def test_an_api_refuses_the_token_without_a_proof(browser, provider):
    sign_in(browser, provider, "ada")
    token = grants.get_access_token(ada())

    answer = requests.get(userinfo(), headers={"Authorization": f"Bearer {token}"}, timeout=5)

    assert answer.status_code == 401


def test_the_refusal_of_an_api_stands_where_the_grant_has_ended_too(browser, provider):
    sign_in(browser, provider, "ada")
    # With the access token this provider ends the whole grant.
    get_client().revoke(grants.get_access_token(ada()))

    answer = requests.get(userinfo(), auth=grants.authorization(ada()), timeout=5)

    assert answer.status_code == 401
    assert Grant.objects.get().state == "ended"


def test_a_code_is_of_no_use_with_another_key(browser, provider, refusals, monkeypatch):
    client = get_client()
    redeem, other = client.redeem, DpopKey.generate().text
    monkeypatch.setattr(client, "redeem", lambda *a, **k: redeem(*a, **{**k, "dpop_key": other}))

    sign_in(browser, provider, "ada")

    assert refusals.codes == ["oauth.invalid_grant"]


def test_a_machine_gets_a_bound_token(app):
    tokens = get_client().client_credentials("")

    assert (tokens.token_type, tokens.dpop_key is None) == ("DPoP", False)


def test_a_request_that_is_pushed_binds_its_code(app, browser, provider):
    app["PUSHED_AUTHORIZATION"] = True

    sign_in(browser, provider, "ada")

    assert Grant.objects.get().token_set["token_type"] == "DPoP"
