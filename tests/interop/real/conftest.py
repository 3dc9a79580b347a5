"""One of each provider for all tests, and a site that signs in there."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from django_genauth.doctor import Report, examine
from tests.support.provider.browser_forms import Browser
from tests.support.provider.real.glewlwyd import Glewlwyd
from tests.support.provider.real.keycloak import Keycloak
from tests.support.provider.real.lemonldap import LemonLDAP
from tests.support.provider.real.server import Server

FRONT_CHANNEL = "/genauth/frontchannel-logout/"
ODD_SECRET = "a secret: with 100 % of what forms encode"
LONG_SECRET = "a-secret-of-more-than-the-256-bits-that-HS256-needs"
# LemonLDAP::NG reads its clients when it starts.
_OF_LEMONLDAP: dict[str, dict[str, Any]] = {
    "public": {"Public": 1, "ClientSecret": ""},
    "signed-userinfo": {"UserInfoSignAlg": "RS256"},
    "odd-secret": {"ClientSecret": ODD_SECRET},
    "RS512": {"IDTokenSignAlg": "RS512"},
    "HS256": {"IDTokenSignAlg": "HS256", "ClientSecret": LONG_SECRET},
}


@pytest.fixture(scope="session")
def keycloak(live_server: LiveServer) -> Iterator[Keycloak]:
    """Run Keycloak, which knows the site."""
    with Keycloak(live_server.url) as running:
        running.register("public", publicClient=True)
        running.register(
            "signed-userinfo", attributes={"user.info.response.signature.alg": "RS256"}
        )
        running.register(
            "front-channel",
            frontchannelLogout=True,
            attributes={"frontchannel.logout.url": f"{live_server.url}{FRONT_CHANNEL}"},
        )
        yield running


@pytest.fixture(scope="session")
def lemonldap(live_server: LiveServer) -> Iterator[LemonLDAP]:
    """Run LemonLDAP::NG, which knows the site."""
    clients = {
        client_id: {f"oidcRPMetaDataOptions{name}": value for name, value in options.items()}
        for client_id, options in _OF_LEMONLDAP.items()
    }
    with closing(LemonLDAP(live_server.url, clients)) as made, made as running:
        yield running


@pytest.fixture(scope="session")
def glewlwyd(live_server: LiveServer) -> Iterator[Glewlwyd]:
    """Run Glewlwyd, which knows the site."""
    with closing(Glewlwyd(live_server.url)) as made, made as running:
        running.set_up()
        running.register(
            "public", confidential=False, client_secret="", token_endpoint_auth_method=["none"]
        )
        running.register(
            "front-channel",
            backchannel_logout_uri="",
            frontchannel_logout_uri=f"{live_server.url}{FRONT_CHANNEL}",
            frontchannel_logout_session_required="true",
        )
        yield running


KEYCLOAK = pytest.param("keycloak", id="Keycloak")
LEMONLDAP = pytest.param("lemonldap", id="LemonLDAP")
GLEWLWYD = pytest.param("glewlwyd", id="Glewlwyd")


@pytest.fixture(params=[KEYCLOAK, LEMONLDAP, GLEWLWYD])
def provider(request: pytest.FixtureRequest) -> Server:
    """Lend each of them in turn."""
    running: Server = request.getfixturevalue(request.param)
    return running


@pytest.fixture
def use(settings: Settings) -> Callable[..., dict[str, Any]]:
    """Lend a way to point the site's default app at a provider."""

    def used(app: dict[str, Any]) -> dict[str, Any]:
        settings.GENAUTH = {"default": app}
        return app

    return used


@pytest.fixture
def diagnose(
    use: Callable[..., dict[str, Any]], settings: Settings, live_server: LiveServer, tmp_path: Path
) -> Callable[[dict[str, Any]], Report]:
    """Lend a way to examine a site that has nothing wrong but what a test makes wrong."""
    cache = "django.core.cache.backends.filebased.FileBasedCache"
    options = {"MAX_ENTRIES": 100_000}
    settings.CACHES = {"default": {"BACKEND": cache, "LOCATION": tmp_path, "OPTIONS": options}}
    middleware = "django_genauth.middleware.GenAuthSessionMiddleware"
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, middleware]
    addresses = {
        "REDIRECT_URI": f"{live_server.url}/genauth/callback/",
        "POST_LOGOUT_REDIRECT_URI": f"{live_server.url}/genauth/logout/",
    }

    def diagnosed(app: dict[str, Any]) -> Report:
        use({**addresses, **app})
        return examine("default", None)

    return diagnosed


@pytest.fixture
def browser(live_server: LiveServer) -> Iterator[Browser]:
    """Come to the site with an empty browser."""
    with Browser(live_server.url) as opened:
        yield opened


@pytest.fixture
def second_browser(live_server: LiveServer) -> Iterator[Browser]:
    """Come with another empty browser."""
    with Browser(live_server.url) as opened:
        yield opened


def without_secret(app: dict[str, Any]) -> dict[str, Any]:
    """Return an app's settings without what a public client has not."""
    return {name: value for name, value in app.items() if not name.endswith(("_SECRET", "_METHOD"))}
