"""Every kind of client that GenAuth's console makes, at npm's oidc-provider 9 and 6."""

from collections.abc import Iterator

import pytest
from django.contrib.auth import get_user_model
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from django_genauth.models import Grant
from tests.support.provider.browser_forms import Browser
from tests.support.provider.node_provider import NodeProvider, client
from tests.support.provider.processes import sign_in

pytestmark = pytest.mark.providers

# What a form encodes, and what base64 and a colon could break (RFC 6749 2.3.1).
ODD_SECRET = "a secret: 100% +/=&~*.-_ of more than 32 octets"
ALGORITHMS = [
    *("HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "EdDSA"),
]
KINDS = {
    **{algorithm: {"id_token_signed_response_alg": algorithm} for algorithm in ALGORITHMS},
    "post, odd secret": {"client_secret": ODD_SECRET},
    "basic, odd secret": {
        "client_secret": ODD_SECRET,
        "token_endpoint_auth_method": "client_secret_basic",
    },
    "public": {"token_endpoint_auth_method": "none"},
    "userinfo as HS256": {"userinfo_signed_response_alg": "HS256"},
    "userinfo as RS256": {
        "id_token_signed_response_alg": "RS256",
        "userinfo_signed_response_alg": "RS256",
    },
}
PEOPLE = {"ada": {"email": "ada@example.org", "given_name": "Ada"}}


@pytest.fixture(
    scope="module",
    params=[pytest.param(9, id="oidc-provider 9"), pytest.param(6, id="oidc-provider 6")],
)
def provider(request: pytest.FixtureRequest, live_server: LiveServer) -> Iterator[NodeProvider]:
    """Run a provider that knows the site as clients of every kind."""
    site = live_server.url
    back = {"post_logout_redirect_uris": [f"{site}/genauth/logout/"]}
    clients = [
        client(kind, f"{site}/genauth/callback/", **back, **metadata)
        for kind, metadata in KINDS.items()
    ]
    with NodeProvider(request.param, clients, people=PEOPLE) as running:
        yield running


@pytest.fixture
def browser(live_server: LiveServer) -> Iterator[Browser]:
    """Come to the site with an empty browser."""
    with Browser(live_server.url) as opened:
        yield opened


@pytest.mark.parametrize("kind", KINDS)
def test_a_person_signs_in(browser, provider, settings: Settings, kind):
    settings.GENAUTH = {"default": provider.app(kind)}

    response = sign_in(browser, provider)

    assert response.status_code == 302
    assert browser.open("/members/").status_code == 200


@pytest.mark.parametrize(
    ("kind", "request_line"),
    [
        pytest.param("HS256", "POST /oidc/token", id="post"),
        pytest.param("basic, odd secret", "POST /oidc/token Basic", id="basic"),
    ],
)
def test_the_secret_goes_where_the_console_says(
    browser, provider, settings: Settings, kind, request_line
):
    settings.GENAUTH = {"default": provider.app(kind)}
    before = len(provider.requests)

    sign_in(browser, provider)

    assert request_line in provider.requests[before:]


@pytest.mark.parametrize("kind", ["RS256", "EdDSA", "basic, odd secret", "public"])
def test_a_person_signs_out_and_comes_back(browser, provider, settings: Settings, kind):
    settings.GENAUTH = {"default": provider.app(kind)}
    sign_in(browser, provider)

    arrival = provider.sign_out(
        browser.press("/genauth/logout/").headers["Location"], browser.session
    )

    assert arrival.url.startswith(f"{browser.site}/genauth/logout/?state=")


@pytest.mark.parametrize("kind", ["HS256", "public"])
def test_with_offline_access_there_is_a_refresh_token(browser, provider, settings: Settings, kind):
    settings.GENAUTH = {"default": provider.app(kind) | {"SCOPE": "openid offline_access"}}

    sign_in(browser, provider)

    assert Grant.objects.get().token_set["refresh_token"]


@pytest.mark.parametrize("kind", ["HS256", "public"])
def test_without_offline_access_there_is_none(browser, provider, settings: Settings, kind):
    settings.GENAUTH = {"default": provider.app(kind)}

    sign_in(browser, provider)

    assert not Grant.objects.get().token_set.get("refresh_token")


@pytest.mark.parametrize("kind", ["HS256", "userinfo as HS256", "userinfo as RS256"])
def test_userinfo_is_asked_and_taken(browser, provider, settings: Settings, kind):
    settings.GENAUTH = {"default": provider.app(kind) | {"USERINFO": True}}
    before = provider.requests.count("GET /oidc/me Bearer")

    sign_in(browser, provider)

    assert provider.requests.count("GET /oidc/me Bearer") == before + 1
    assert get_user_model().objects.get().email == "ada@example.org"


def test_userinfo_is_left_alone_where_the_site_does_not_want_it(
    browser, provider, settings: Settings
):
    settings.GENAUTH = {"default": provider.app("HS256")}
    before = provider.requests.count("GET /oidc/me Bearer")

    sign_in(browser, provider)

    assert provider.requests.count("GET /oidc/me Bearer") == before


def test_a_warm_login_is_one_request_of_the_site(browser, provider, settings: Settings):
    settings.GENAUTH = {"default": provider.app("RS256") | {"LOGOUT": "local"}}
    sign_in(browser, provider)
    browser.press("/genauth/logout/")
    before = len(provider.requests)

    arrival = provider.pass_through(browser.begin(), browser.session)
    browser.open(arrival.url)

    assert provider.requests[before:] == ["GET /oidc/auth", "POST /oidc/token"]
