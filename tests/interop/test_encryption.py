"""A site whose answers oidc-provider 9 encrypts: signing in, renewing, and both ways to sign out.

Each pair of algorithms stands in `tests/client/sdk/providers/test_encryption`.
"""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from django_genauth.conf import get_app
from django_genauth.grants import get_access_token
from django_genauth.models import Grant, LoginSession
from django_genauth.protocol.client_keys import generate_key
from tests.support.provider.browser_forms import Browser
from tests.support.provider.node_provider import NodeProvider, client
from tests.support.provider.processes import sign_in

pytestmark = pytest.mark.providers

TEXT, _ = generate_key("RSA-OAEP-256")
SIGNING, _ = generate_key("PS256")


@pytest.fixture
def provider(live_server: LiveServer, settings: Settings) -> Iterator[NodeProvider]:
    """Run a provider that encrypts to the site, and point the site's default app at it."""
    site = live_server.url
    app = client(
        "site",
        f"{site}/genauth/callback/",
        post_logout_redirect_uris=[f"{site}/genauth/logout/"],
        backchannel_logout_uri=f"{site}/genauth/backchannel-logout/",
        # The page of the site's keys, from which the provider takes the one that decrypts.
        jwks_uri=f"{site}/genauth/jwks/",
        id_token_encrypted_response_alg="RSA-OAEP-256",
        id_token_encrypted_response_enc="A256GCM",
        userinfo_signed_response_alg="RS256",
        userinfo_encrypted_response_alg="RSA-OAEP-256",
    )
    with NodeProvider(9, [app], people={"ada": {"email": "ada@example.org"}}) as running:
        settings.GENAUTH = {
            "default": {
                **running.app("site"),
                "CLIENT_KEYS": [SIGNING, TEXT],
                "ID_TOKEN_ENCRYPTED_RESPONSE_ALG": "RSA-OAEP-256",
                "ID_TOKEN_ENCRYPTED_RESPONSE_ENC": "A256GCM",
                "USERINFO": True,
                "USERINFO_SIGNED_RESPONSE_ALG": "RS256",
                "USERINFO_ENCRYPTED_RESPONSE_ALG": "RSA-OAEP-256",
                "SCOPE": "openid email offline_access",
                "AUTHORIZE_PARAMS": {"prompt": "consent"},
            }
        }
        yield running


@pytest.fixture
def browser(provider, live_server: LiveServer) -> Iterator[Browser]:
    """Come to the site with an empty browser."""
    with Browser(live_server.url) as opened:
        yield opened


def test_a_person_signs_in_and_is_known_by_userinfo(browser, provider):
    sign_in(browser, provider, "ada")

    assert browser.open("/members/").status_code == 200


def test_the_provider_is_shown_the_token_inside_and_signs_out(browser, provider):
    sign_in(browser, provider, "ada")
    url = browser.press("/genauth/logout/").headers["Location"]

    arrival = provider.sign_out(url, browser.session)

    (hint,) = parse_qs(urlsplit(url).query)["id_token_hint"]
    assert hint.count(".") == 2
    assert "You are signed out" in browser.open(arrival.url).text


def test_a_renewed_id_token_is_kept_as_the_provider_can_read_it(browser, provider):
    sign_in(browser, provider, "ada")
    grant = Grant.objects.get()
    Grant.objects.update(expires_at=grant.created_at)

    get_access_token(grant.identity.user)

    url = browser.press("/genauth/logout/").headers["Location"]
    (hint,) = parse_qs(urlsplit(url).query)["id_token_hint"]
    assert hint.count(".") == 2
    assert provider.sign_out(url, browser.session).url.startswith(browser.site)


def test_an_encrypted_logout_token_signs_the_browser_out(browser, provider):
    sign_in(browser, provider, "ada")

    provider.sign_out(f"{provider.issuer}/session/end", browser.session)

    assert browser.open("/members/").status_code != 200
    assert not LoginSession.objects.exists()
    assert get_app().client.registration.id_token_encrypted_response_alg == "RSA-OAEP-256"
