"""What must not work, at npm's oidc-provider 9 and 6: wrong settings, and answers tampered with."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.contrib.auth import get_user_model
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from django_genauth.models import Grant
from tests.support.provider.browser_forms import Browser
from tests.support.provider.node_provider import Major, NodeProvider, client
from tests.support.provider.processes import sign_in

pytestmark = pytest.mark.providers


def node(major: Major, site: str) -> NodeProvider:
    callback = f"{site}/genauth/callback/"
    return NodeProvider(
        major,
        [
            client("site", callback),
            client("rs256", callback, id_token_signed_response_alg="RS256"),
            client("basic", callback, token_endpoint_auth_method="client_secret_basic"),
            client("userinfo", callback, userinfo_signed_response_alg="RS256"),
        ],
    )


@pytest.fixture(
    scope="module",
    params=[pytest.param(9, id="oidc-provider 9"), pytest.param(6, id="oidc-provider 6")],
)
def provider(request: pytest.FixtureRequest, live_server: LiveServer) -> Iterator[NodeProvider]:
    """Run a provider that knows the site as several clients."""
    with node(request.param, live_server.url) as running:
        yield running


@pytest.fixture
def app(provider: NodeProvider, settings: Settings) -> dict[str, object]:
    """Point the site's default app at the provider, and return its settings to be changed."""
    values = provider.app("site")
    settings.GENAUTH = {"default": values}
    return values


@pytest.fixture
def browser(app: dict[str, object], live_server: LiveServer) -> Iterator[Browser]:
    """Come to the site with an empty browser."""
    with Browser(live_server.url) as opened:
        yield opened


@pytest.fixture
def second_browser(app: dict[str, object], live_server: LiveServer) -> Iterator[Browser]:
    """Come with another empty browser."""
    with Browser(live_server.url) as opened:
        yield opened


def come_back(browser: Browser, provider: NodeProvider) -> dict[str, str]:
    """Sign in at the provider, and return the parameters of its answer before the site has it."""
    arrival = provider.sign_in(browser.begin(), browser.session, login="ada")
    return {name: values[0] for name, values in parse_qs(urlsplit(arrival.url).query).items()}


def callback(parameters: dict[str, str]) -> str:
    return f"/genauth/callback/?{urlencode(parameters)}"


def token_requests(provider: NodeProvider) -> int:
    return provider.requests.count("POST /oidc/token")


def userinfo_status(browser: Browser, provider: NodeProvider, access_token: str) -> int:
    answer = browser.session.get(
        f"{provider.base_url}/oidc/me", headers={"Authorization": f"Bearer {access_token}"}
    )
    return answer.status_code


def test_an_answer_that_names_another_issuer_is_refused(browser, provider, refusals):
    parameters = come_back(browser, provider)
    before = token_requests(provider)

    response = browser.open(callback(parameters | {"iss": "https://evil.example/oidc"}))

    assert (response.status_code, refusals.codes) == (400, ["authorization_response.iss_wrong"])
    assert token_requests(provider) == before


@pytest.mark.parametrize("provider", [pytest.param(9, id="oidc-provider 9")], indirect=True)
def test_an_answer_without_the_issuer_that_was_announced_is_refused(browser, provider, refusals):
    parameters = come_back(browser, provider)
    before = token_requests(provider)
    del parameters["iss"]

    response = browser.open(callback(parameters))

    assert (response.status_code, refusals.codes) == (400, ["authorization_response.iss_missing"])
    assert token_requests(provider) == before


def test_a_refused_answer_cannot_be_mended_afterwards(browser, provider, refusals):
    parameters = come_back(browser, provider)
    browser.open(callback(parameters | {"iss": "https://evil.example/oidc"}))

    response = browser.open(callback(parameters))

    assert (response.status_code, refusals.codes[1:]) == (
        400,
        ["authorization_response.state_unknown"],
    )


def test_reloading_the_callback_leads_on_and_asks_the_provider_nothing(browser, provider):
    answer = callback(come_back(browser, provider))
    browser.open(answer)
    before = len(provider.requests)

    response = browser.open(answer)

    assert (response.status_code, response.headers["Location"]) == (302, "/")
    assert len(provider.requests) == before


def test_a_replay_with_the_same_cookies_asks_nothing_and_ends_no_grant(
    browser, second_browser, provider, refusals
):
    answer = callback(come_back(browser, provider))
    second_browser.session.cookies.update(browser.session.cookies)
    browser.open(answer)
    before = len(provider.requests)

    response = second_browser.open(answer)

    assert (response.status_code, refusals.codes) == (400, ["authorization_response.state_used"])
    assert len(provider.requests) == before
    access_token = Grant.objects.get().token_set["access_token"]
    assert userinfo_status(browser, provider, access_token) == 200


def test_a_code_of_another_login_fails_by_its_verifier(browser, second_browser, provider, refusals):
    stolen = come_back(browser, provider)
    own = come_back(second_browser, provider)

    response = second_browser.open(callback(own | {"code": stolen["code"]}))

    assert (response.status_code, refusals.codes) == (400, ["oauth.invalid_grant"])
    assert "Sign-in did not work" in response.text
    assert not get_user_model().objects.exists()


@pytest.mark.parametrize(
    ("client_id", "changes", "code"),
    [
        pytest.param(
            "site", {"ID_TOKEN_SIGNED_RESPONSE_ALG": "RS256"}, "id_token.alg", id="RS256 for HS256"
        ),
        pytest.param(
            "rs256", {"ID_TOKEN_SIGNED_RESPONSE_ALG": "HS256"}, "id_token.alg", id="HS256 for RS256"
        ),
        pytest.param(
            "rs256", {"ID_TOKEN_SIGNED_RESPONSE_ALG": "PS256"}, "id_token.alg", id="PS256 for RS256"
        ),
        pytest.param("site", {"APP_SECRET": "x" * 64}, "oauth.invalid_client", id="a wrong secret"),
        pytest.param(
            "basic",
            {"APP_SECRET": "x" * 64},
            "oauth.invalid_client",
            id="a wrong secret in the header",
        ),
        pytest.param(
            "site",
            {"APP_SECRET": None, "TOKEN_ENDPOINT_AUTH_METHOD": "none"}
            | {"ID_TOKEN_SIGNED_RESPONSE_ALG": "RS256"},
            "oauth.invalid_client",
            id="no secret",
        ),
        pytest.param(
            "userinfo", {"USERINFO": True}, "userinfo.alg", id="RS256 userinfo beside HS256"
        ),
    ],
)
def test_settings_that_differ_from_the_consoles_are_a_page_and_a_code(
    browser, provider, settings: Settings, refusals, client_id, changes, code
):
    settings.GENAUTH = {"default": provider.app(client_id) | changes}

    response = sign_in(browser, provider)

    assert (response.status_code, refusals.codes) == (502, [code])
    assert "Sign-in did not work" in response.text
    assert not get_user_model().objects.exists()


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        pytest.param(
            {"REDIRECT_URI": "http://localhost/elsewhere/"},
            "redirect_uri",
            id="a redirect URI that is not registered",
        ),
        pytest.param({"APP_ID": "nobody"}, "invalid_client", id="a client that is not registered"),
    ],
)
def test_what_the_provider_cannot_send_back_stays_on_its_own_page(
    browser, provider, app, refusals, changes, error
):
    app.update(changes)

    with pytest.raises(RuntimeError, match=f"the provider answered 40[01](?s:.*){error}"):
        provider.sign_in(browser.begin(), browser.session, login="ada")

    assert refusals.codes == []


def test_an_issuer_that_the_provider_is_not_is_refused_before_anybody_leaves(
    browser, provider, app, refusals
):
    app["ISSUER"] = f"{provider.issuer}/"

    response = browser.open("/genauth/login/")

    assert (response.status_code, refusals.codes) == (502, ["discovery.issuer"])


def test_a_provider_that_ends_while_a_person_is_away_is_a_page_of_its_own(
    live_server, settings: Settings, refusals
):
    with Browser(live_server.url) as browser:
        with node(9, live_server.url) as provider:
            settings.GENAUTH = {"default": provider.app("site")}
            parameters = come_back(browser, provider)

        response = browser.open(callback(parameters))

    assert (response.status_code, refusals.codes) == (503, ["provider_unavailable.connection"])
    assert response.headers["Retry-After"]
    assert "Sign-in is not available right now" in response.text
