"""The clients of GENAUTH and Django's cache: what processes share, and what they do without it."""

import pytest
from django.core.cache import cache

from django_genauth import conf
from django_genauth.protocol.errors import IDTokenError
from tests.support.clients import sign_in

BROKEN_CACHES = {"default": {"BACKEND": "tests.support.site.broken_cache.BrokenCache"}}


def test_the_providers_documents_are_kept_in_djangos_cache(provider, app):
    sign_in(conf.get_client(), provider)
    conf._loaded.clear()

    sign_in(conf.get_client(), provider)

    assert len(provider.requests_to("discovery")) == 1
    assert len(provider.requests_to("jwks")) == 1


@pytest.fixture
def impatient_cache(settings):
    """Keep nothing for which no time is named."""
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "LOCATION": "impatient",
            "TIMEOUT": 0,
        }
    }
    yield
    cache.clear()


def test_the_documents_are_kept_for_a_time_of_their_own(provider, app, impatient_cache):
    sign_in(conf.get_client(), provider)
    conf._loaded.clear()

    sign_in(conf.get_client(), provider)

    assert len(provider.requests_to("discovery")) == 1


def test_a_flood_of_unknown_keys_is_two_fetches_of_all_processes(provider, app, impatient_cache):
    provider.forge("id_token", header_edit=lambda header: header | {"kid": "nobody's"})
    with pytest.raises(IDTokenError):
        sign_in(conf.get_client(), provider)
    conf._loaded.clear()

    with pytest.raises(IDTokenError):
        sign_in(conf.get_client(), provider)

    assert len(provider.requests_to("jwks")) == 2


def test_after_a_rotation_another_process_follows_the_next_one(provider, app):
    sign_in(conf.get_client(), provider)
    provider.rotate_key()
    sign_in(conf.get_client(), provider)
    provider.rotate_key()
    conf._loaded.clear()

    assert sign_in(conf.get_client(), provider).subject == "user-1"


def test_a_broken_cache_does_not_keep_the_documents_from_a_login(provider, app, settings):
    settings.CACHES = BROKEN_CACHES

    assert sign_in(conf.get_client(), provider).subject == "user-1"
    assert sign_in(conf.get_client(), provider).subject == "user-1"
    assert len(provider.requests_to("discovery")) == 1


def test_with_a_broken_cache_a_rotated_key_is_found(provider, app, settings):
    settings.CACHES = BROKEN_CACHES
    sign_in(conf.get_client(), provider)
    provider.rotate_key()

    assert sign_in(conf.get_client(), provider).subject == "user-1"


def test_a_broken_cache_is_logged_by_the_name_of_its_error(provider, app, settings, caplog):
    settings.CACHES = BROKEN_CACHES

    conf.get_client().metadata()

    assert set(caplog.messages) == {"Django's cache is out of order: ConnectionError"}
