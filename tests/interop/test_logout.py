"""oidc-provider signs people out at the site, after its own end-session page was confirmed.

Signing out at the site stands in `test_providers`.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from django_genauth.models import LoginSession
from tests.support.provider.browser_forms import Browser
from tests.support.provider.node_provider import NodeProvider, client
from tests.support.provider.processes import sign_in

pytestmark = pytest.mark.providers


def provider_of(version, site, **metadata):
    known = {"backchannel_logout_uri": f"{site}/genauth/backchannel-logout/", **metadata}
    return NodeProvider(version, [client("site", f"{site}/genauth/callback/", **known)])


@pytest.fixture
def start(live_server: LiveServer, settings: Settings) -> Iterator[Callable[..., NodeProvider]]:
    """Run a provider that knows the site, and point the site's default app at it."""
    with ExitStack() as running:

        def started(version=9, **metadata):
            provider = running.enter_context(provider_of(version, live_server.url, **metadata))
            settings.GENAUTH = {"default": provider.app("site")}
            return provider

        yield started


@pytest.fixture
def browsers(live_server: LiveServer) -> Iterator[list[Browser]]:
    """Come with two empty browsers."""
    with Browser(live_server.url) as first, Browser(live_server.url) as second:
        yield [first, second]


def is_in(browser):
    return browser.open("/members/").status_code == 200


def sign_out_at(provider, browser):
    """Confirm the provider's own page, which was not come to from the site."""
    provider.sign_out(f"{provider.issuer}/session/end", browser.session)


def test_all_of_a_persons_browsers_are_signed_out(start, browsers):
    provider = start()
    first, second = browsers
    sign_in(first, provider, "ada")
    sign_in(second, provider, "ada")

    sign_out_at(provider, first)

    assert (is_in(first), is_in(second)) == (False, False)
    assert not LoginSession.objects.exists()


def test_another_person_stays_signed_in(start, browsers):
    provider = start()
    first, second = browsers
    sign_in(first, provider, "ada")
    sign_in(second, provider, "grace")

    sign_out_at(provider, first)

    assert (is_in(first), is_in(second)) == (False, True)


def test_by_its_id_one_session_is_signed_out(start, browsers):
    provider = start(backchannel_logout_session_required=True)
    first, second = browsers
    sign_in(first, provider, "ada")
    sign_in(second, provider, "ada")

    sign_out_at(provider, first)

    assert (is_in(first), is_in(second)) == (False, True)


@pytest.mark.parametrize("alg", ["RS256", "ES256", "PS256", "EdDSA"])
def test_with_other_algorithms_too(start, browsers, alg):
    provider = start(id_token_signed_response_alg=alg)
    first, _ = browsers
    sign_in(first, provider, "ada")

    sign_out_at(provider, first)

    assert not is_in(first)


def test_signing_out_at_the_site_signs_out_the_other_browser(start, browsers, live_server):
    provider = start(post_logout_redirect_uris=[f"{live_server.url}/genauth/logout/"])
    first, second = browsers
    sign_in(first, provider, "ada")
    sign_in(second, provider, "ada")

    provider.sign_out(first.press("/genauth/logout/").headers["Location"], first.session)

    assert (is_in(first), is_in(second)) == (False, False)


def test_version_6_leaves_out_exp_and_its_token_counts_for_two_minutes(start, browsers, refusals):
    provider = start(6)
    first, _ = browsers
    sign_in(first, provider, "ada")

    sign_out_at(provider, first)

    assert refusals.codes == []
    assert not is_in(first)
