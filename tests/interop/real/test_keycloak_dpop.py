"""Tokens that Keycloak binds to a key of the sign-in (DPoP), shown to it and to this site."""

from typing import Any

import pytest
import requests
from django.contrib.auth import get_user_model

from django_genauth import grants
from django_genauth.conf import get_client
from django_genauth.models import Grant
from django_genauth.protocol.dpop import DpopKey
from tests.support.bearers import bound_call, call

pytestmark = [pytest.mark.providers, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def bound(keycloak: Any) -> str:
    """Make a client whose tokens are bound, and return its name."""
    keycloak.register("bound", attributes={"dpop.bound.access.tokens": "true"})
    return "bound"


@pytest.fixture
def app(keycloak: Any, use: Any, bound: str) -> dict[str, Any]:
    """Be that app, and an API that Keycloak's tokens name."""
    changes = {"DPOP": True, "USERINFO": True, "API_AUDIENCE": "account"}
    values: dict[str, Any] = use(keycloak.app(bound, **changes))
    return values


@pytest.fixture
def tokens(app: dict[str, Any], keycloak: Any, browser: Any) -> dict[str, Any]:
    """Sign the person in, and return what was granted."""
    keycloak.enter(browser)
    return dict(Grant.objects.get().token_set)


def test_the_tokens_of_a_sign_in_are_bound(tokens):
    assert (tokens["token_type"], len(tokens["dpop_key"])) == ("DPoP", 43)


def test_a_refresh_is_proven(tokens):
    fresh = grants.refresh(Grant.objects.get()).token_set

    assert fresh["access_token"] != tokens["access_token"]
    assert fresh["dpop_key"] == tokens["dpop_key"]


def test_keycloak_takes_the_token_with_its_proof(tokens):
    user = get_user_model().objects.get()

    answer = requests.get(
        get_client().endpoint("userinfo_endpoint"), auth=grants.authorization(user), timeout=30
    )

    assert answer.status_code == 200


def test_this_site_s_api_takes_the_token_with_its_proof(tokens, settings):
    settings.ROOT_URLCONF = "tests.api.views"

    response = bound_call("/anything/", tokens["access_token"], DpopKey.load(tokens["dpop_key"]))

    assert response.status_code == 200


def test_this_site_s_api_refuses_the_token_alone(tokens, settings, refusals):
    settings.ROOT_URLCONF = "tests.api.views"

    response = call("/anything/", tokens["access_token"])

    assert (response.status_code, refusals.codes) == (401, ["bearer.unproven"])
