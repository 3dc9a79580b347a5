"""What is found at a provider for the site as an API."""

import pytest

from django_genauth.conf import get_app
from django_genauth.doctor import examine
from django_genauth.doctor.api import examine_api


@pytest.fixture
def api(app):
    app["API_AUDIENCE"] = "https://api.example"
    return app


def codes(examination):
    return [each.code for each in examination.findings]


def test_a_site_that_accepts_no_tokens_is_not_examined(app, provider):
    examination = examine_api(get_app())

    assert (examination.good, provider.requests) == ([], [])


def test_a_key_for_access_tokens_is_found(api):
    assert examine_api(get_app()).good == ["There is a key for access tokens of RS256."]


def test_a_key_that_is_missing_is_found(api):
    api["API_TOKEN_SIGNED_RESPONSE_ALG"] = "ES256"

    assert codes(examine_api(get_app())) == ["api.keys"]


def test_keys_that_are_not_there_are_none(api, provider):
    provider.lie("jwks", status=404)

    assert codes(examine_api(get_app())) == ["api.keys"]


def test_a_provider_that_tells_of_tokens_is_good(api):
    api["API_TOKENS"] = "introspection"

    assert examine_api(get_app()).good == ["The provider tells what becomes of access tokens."]


def test_a_provider_to_which_all_tokens_are_good_is_found(api, provider):
    api["API_TOKENS"] = "introspection"
    provider.lie("introspection", body=b'{"active": true}')

    assert codes(examine_api(get_app())) == ["api.introspection"]


def test_a_provider_that_signs_nothing_is_found_where_it_has_to(api):
    api["API_TOKENS"] = "introspection"
    api["INTROSPECTION_SIGNED_RESPONSE_ALG"] = "RS256"

    assert codes(examine_api(get_app())) == ["introspection.unsigned"]


@pytest.mark.django_db
def test_the_report_has_what_was_found(api):
    report = examine("default", None)

    assert "There is a key for access tokens of RS256." in report.good
