"""The addresses to register at the provider, and whether their host is known."""

import pytest

from django_genauth import conf
from django_genauth.doctor.addresses import addresses, is_guessed, known_address

SITE = "https://www.acme.example"


@pytest.fixture(autouse=True)
def _production(settings):
    """Name the site's one host, as a site in production does."""
    settings.DEBUG = False
    settings.ALLOWED_HOSTS = ["www.acme.example"]


@pytest.mark.parametrize(
    ("hosts", "debug", "site"),
    [
        pytest.param(["www.acme.example"], False, "https://www.acme.example", id="named"),
        pytest.param([".acme.example"], False, "https://acme.example", id="with-subdomains"),
        pytest.param(["*", "b.example"], False, "https://b.example", id="the-first-that-is-named"),
        pytest.param(["*"], False, "https://YOUR-SITE", id="any"),
        pytest.param(["localhost", "b.example"], False, "https://b.example", id="beside-this"),
        pytest.param([], True, "http://127.0.0.1:8000", id="development"),
        pytest.param(["localhost"], True, "http://localhost:8000", id="on-this-machine"),
        pytest.param(["[::1]"], True, "http://[::1]:8000", id="on-this-machine-by-number"),
        pytest.param(["dev.acme.example"], True, "http://dev.acme.example", id="at-a-name"),
    ],
)
def test_the_addresses_are_made_of_the_sites_host(settings, hosts, debug, site):
    settings.ALLOWED_HOSTS = hosts
    settings.DEBUG = debug

    assert addresses(conf.get_client(), "default") == {
        "redirect URI": f"{site}/genauth/callback/",
        "post-logout redirect URI": f"{site}/genauth/logout/",
        "back-channel logout URI (optional)": f"{site}/genauth/backchannel-logout/",
        "front-channel logout URI (optional)": f"{site}/genauth/frontchannel-logout/",
    }


def test_oauth_knows_no_logout_that_the_provider_tells_of(settings):
    settings.GENAUTH = {"default": settings.GENAUTH["default"] | {"PROTOCOL": "oauth"}}

    found = addresses(conf.get_client(), "default")

    assert found.keys() == {"redirect URI", "post-logout redirect URI"}


def test_those_that_are_set_are_given_as_they_are(settings):
    own = {
        "REDIRECT_URI": "https://sso.acme.example/back",
        "POST_LOGOUT_REDIRECT_URI": "https://sso.acme.example/bye",
    }
    settings.GENAUTH = {"default": settings.GENAUTH["default"] | own}

    assert list(addresses(conf.get_client(), "default").values())[:2] == list(own.values())


def test_the_other_apps_have_addresses_of_their_own(settings):
    settings.GENAUTH = {"partners": settings.GENAUTH["default"]}

    given = addresses(conf.get_client("partners"), "partners")

    assert given["redirect URI"] == "https://www.acme.example/genauth/partners/callback/"


def test_without_a_host_no_address_to_come_back_to_is_known(settings):
    settings.ALLOWED_HOSTS = ["*"]

    assert known_address(addresses(conf.get_client(), "default")["redirect URI"]) is None


@pytest.mark.parametrize(
    ("site", "callback"),
    [
        pytest.param(SITE, f"{SITE}/genauth/callback/", id="a-host"),
        pytest.param(f"{SITE}/", f"{SITE}/genauth/callback/", id="with-a-slash"),
        pytest.param(f"{SITE}:8443", f"{SITE}:8443/genauth/callback/", id="a-port"),
        pytest.param(f"{SITE}/shop", f"{SITE}/shop/genauth/callback/", id="a-path-of-a-proxy"),
    ],
)
def test_the_addresses_are_those_of_the_site_that_somebody_names(settings, site, callback):
    settings.ALLOWED_HOSTS = ["localhost"]

    assert addresses(conf.get_client(), "default", site)["redirect URI"] == callback


def test_a_path_that_django_knows_is_not_put_there_twice(settings):
    assert addresses(conf.get_client(), "default", f"{SITE}/genauth")["redirect URI"] == (
        f"{SITE}/genauth/callback/"
    )


def test_an_address_that_is_set_wins_over_the_site_that_somebody_names(settings):
    own = {"REDIRECT_URI": "https://sso.acme.example/back"}
    settings.GENAUTH = {"default": settings.GENAUTH["default"] | own}

    assert addresses(conf.get_client(), "default", SITE)["redirect URI"] == own["REDIRECT_URI"]


@pytest.mark.parametrize(
    ("hosts", "debug"),
    [
        pytest.param(["*"], False, id="any"),
        pytest.param([".acme.example"], False, id="any-of-a-domain"),
        pytest.param(["a.example", "b.example"], False, id="one-of-two"),
        pytest.param([], False, id="none"),
        pytest.param([], True, id="development"),
        pytest.param(["www.acme.example"], True, id="a-name-in-development"),
    ],
)
def test_the_host_is_a_guess_where_nothing_names_one(settings, hosts, debug):
    settings.ALLOWED_HOSTS = hosts
    settings.DEBUG = debug

    assert is_guessed(conf.get_client())
    assert not is_guessed(conf.get_client(), SITE)


def test_the_host_is_known_where_the_settings_name_one(settings):
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1", "www.acme.example"]

    assert not is_guessed(conf.get_client())


def test_the_host_is_known_where_the_address_to_come_back_to_is_set(settings):
    settings.ALLOWED_HOSTS = ["*"]
    own = {"REDIRECT_URI": "https://sso.acme.example/back"}
    settings.GENAUTH = {"default": settings.GENAUTH["default"] | own}

    assert not is_guessed(conf.get_client())
