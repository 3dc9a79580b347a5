"""Answers that come otherwise than as a code in the address, at npm's oidc-provider 9 and 6.

The site is reached over https, as far as it can tell: both versions give ID tokens to browsers for
addresses with https alone.
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
import requests
from django.contrib.auth import get_user_model
from django.test import Client
from pytest_django import Settings

from django_genauth.conf import get_client
from tests.support.provider.browser_forms import Arrival
from tests.support.provider.node_provider import NodeProvider, client

pytestmark = [pytest.mark.providers, pytest.mark.django_db]

CALLBACK = "https://testserver/genauth/callback/"
FORM = "application/x-www-form-urlencoded"
BY_BROWSER = {
    "grant_types": ["authorization_code", "implicit"],
    "response_types": ["code", "code id_token", "code id_token token", "id_token", "none"],
}
KINDS = {
    "HS256": {},
    "RS256": {"id_token_signed_response_alg": "RS256"},
    "ES384": {"id_token_signed_response_alg": "ES384"},
    "public": {"token_endpoint_auth_method": "none"},
}


@pytest.fixture(
    scope="module",
    params=[pytest.param(9, id="oidc-provider 9"), pytest.param(6, id="oidc-provider 6")],
)
def provider(request: pytest.FixtureRequest) -> Iterator[NodeProvider]:
    """Run a provider that knows the site as apps which may have all response types."""
    apps = [client(kind, CALLBACK, **BY_BROWSER, **metadata) for kind, metadata in KINDS.items()]
    with NodeProvider(request.param, apps, people={"ada": {"email": "ada@example.org"}}) as running:
        yield running


@pytest.fixture
def session() -> Iterator[requests.Session]:
    """Open the person's browser for the provider's pages."""
    with requests.Session() as opened:
        # A proxy of the environment does not reach loopback.
        opened.trust_env = False
        yield opened


@pytest.fixture
def app(provider: NodeProvider, settings: Settings) -> dict[str, object]:
    """Point the site's default app at the provider, and return its settings to be changed."""
    values = provider.app("RS256") | {"RESPONSE_TYPE": "code id_token"}
    settings.GENAUTH = {"default": values}
    return values


def come_back(client: Client, provider: NodeProvider, session: requests.Session) -> Arrival:
    """Leave the site, and sign in at the provider; return what the browser brings."""
    begun = client.get("/genauth/login/?next=/members/", secure=True)
    return provider.sign_in(begun["Location"], session, login="ada")


def post(client: Client, pairs: list[tuple[str, str]]) -> Any:
    """Post an answer, as the provider's page does, or the script on ours."""
    return client.post("/genauth/callback/", urlencode(pairs), content_type=FORM, secure=True)


def pairs_of(arrival: Arrival) -> list[tuple[str, str]]:
    return arrival.form or parse_qsl(urlsplit(arrival.url).fragment)


@pytest.mark.parametrize("mode", ["form_post", "fragment", None])
@pytest.mark.parametrize("kind", KINDS)
def test_a_code_with_an_id_token_signs_in(client, provider, session, app, kind, mode):
    app.update(provider.app(kind), RESPONSE_MODE=mode)
    arrival = come_back(client, provider, session)

    response = post(client, pairs_of(arrival))

    assert (response.status_code, response["Location"]) == (302, "/members/")
    assert get_user_model().objects.get().email == "ada@example.org"


def test_a_posted_code_signs_in(client, provider, session, app):
    app.update(RESPONSE_TYPE="code", RESPONSE_MODE="form_post")
    arrival = come_back(client, provider, session)

    response = post(client, arrival.form)

    assert (response.status_code, response["Location"]) == (302, "/members/")


def test_where_the_answer_stands_behind_the_hash_the_site_shows_the_page_that_posts_it(
    client, provider, session, app
):
    arrival = come_back(client, provider, session)

    response = client.get(urlsplit(arrival.url).path, secure=True)

    assert response.status_code == 200
    assert "script-src 'nonce-" in response["Content-Security-Policy"]
    assert "_auth_user_id" not in client.session


def test_an_id_token_alone_signs_in_and_asks_for_no_token(client, provider, session, app):
    app.update(RESPONSE_TYPE="id_token", RESPONSE_MODE="form_post")
    arrival = come_back(client, provider, session)
    before = provider.requests.count("POST /oidc/token")

    response = post(client, arrival.form)

    assert response.status_code == 302
    assert get_user_model().objects.get().email == "ada@example.org"
    assert provider.requests.count("POST /oidc/token") == before


def test_an_access_token_in_the_browser_signs_in_where_the_site_says_so(
    client, provider, session, app
):
    app.update(
        RESPONSE_TYPE="code id_token token", ALLOW_ACCESS_TOKEN_IN_FRONT_CHANNEL_INSECURE=True
    )
    arrival = come_back(client, provider, session)

    response = post(client, pairs_of(arrival))

    assert response.status_code == 302
    assert get_user_model().objects.get().email == "ada@example.org"


@pytest.mark.parametrize("kind", KINDS)
def test_a_code_of_another_login_stops_at_the_id_token(
    client, provider, session, app, refusals, kind
):
    app.update(provider.app(kind), RESPONSE_MODE="form_post")
    stolen = dict(come_back(Client(), provider, session).form)["code"]
    begun = client.get("/genauth/login/", secure=True)
    own = dict(provider.pass_through(begun["Location"], session).form)
    before = provider.requests.count("POST /oidc/token")

    post(client, list((own | {"code": stolen}).items()))

    assert refusals.codes == ["id_token.c_hash"]
    assert provider.requests.count("POST /oidc/token") == before


def test_a_person_who_declines_is_told_so_kindly(client, provider, session, app, refusals):
    begun = client.get("/genauth/login/", secure=True)
    arrival = provider.sign_in(begun["Location"], session, login="ada", allow=False)

    response = post(client, pairs_of(arrival))

    assert (response.status_code, refusals.codes) == (403, ["access_denied"])


def test_an_answer_of_type_none_holds_the_state_alone(provider, session, app):
    genauth = get_client()
    url = genauth.build_authorize_url(
        response_type="none", redirect_uri=CALLBACK, state="the state", scope="openid"
    )

    arrival = provider.sign_in(url, session, login="ada")

    response = genauth.authorization_response(
        dict(parse_qsl(urlsplit(arrival.url).query)),
        expected_state="the state",
        response_type="none",
    )
    assert (response.code, response.id_token, response.access_token) == (None, None, None)
