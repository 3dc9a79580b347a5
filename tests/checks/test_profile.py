"""PROFILE in `manage.py check`: each setting that falls short of it, by its name."""

import pytest
from django.core.checks import run_checks

from django_genauth import conf
from django_genauth.conf import get_app
from django_genauth.protocol.client_keys import generate_key
from django_genauth.protocol.errors import ConfigurationError

KEY = generate_key("ES256")[0]
GOOD = {
    "APP_ID": "5f17a529f64fb009b794a2ff",
    "APP_HOST": "https://acme.genauth.ai",
    "PROFILE": "fapi2",
    "CLIENT_KEYS": [KEY],
}


@pytest.fixture
def found(settings):
    """Lend a way to check an app: the ids that are found, in their order, and the sentences."""

    def find(**changes):
        settings.GENAUTH = {"default": GOOD | changes}
        messages = sorted(run_checks(tags=["genauth"]), key=lambda each: (each.id, each.msg))
        return [each.id for each in messages], " ".join(each.msg for each in messages)

    return find


def test_few_settings_are_enough(found):
    assert found() == ([], "")


@pytest.mark.parametrize(
    ("check", "key", "value"),
    [
        ("E034", "TOKEN_ENDPOINT_AUTH_METHOD", "none"),
        ("E034", "CLIENT_ASSERTION_AUDIENCE", "endpoint"),
        ("E034", "CLIENT_KEYS", []),
        ("E035", "PUSHED_AUTHORIZATION", False),
        ("E035", "RESPONSE_TYPE", "code id_token"),
        ("E036", "DPOP", False),
        ("E037", "ID_TOKEN_SIGNED_RESPONSE_ALG", "RS256"),
        ("E037", "API_TOKEN_SIGNED_RESPONSE_ALG", "RS256"),
        ("E037", "CLIENT_KEYS", [generate_key("ES384")[0]]),
        ("E038", "LEEWAY", 90),
        ("E038", "DISCOVERY", False),
    ],
)
def test_a_setting_that_falls_short_is_an_error(found, check, key, value):
    ids, texts = found(**{key: value})

    assert ids == [f"genauth.{check}"]
    assert texts.startswith(f"GENAUTH['default']: {key} ")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("TOKEN_ENDPOINT_AUTH_METHOD", "client_secret_post"),
        ("API_TOKEN_SIGNED_RESPONSE_ALG", "RS256"),
        ("CLIENT_KEYS", [generate_key("ES384")[0]]),
    ],
)
def test_and_the_app_is_refused_where_it_is_used(settings, key, value):
    settings.GENAUTH = {"default": GOOD | {key: value}}

    with pytest.raises(ConfigurationError, match=key) as caught:
        get_app()

    assert caught.value.code == "configuration.profile"


def test_all_that_falls_short_is_told_at_once(found):
    ids, _ = found(DPOP=False, LEEWAY=90, RESPONSE_TYPE="id_token", CLIENT_ASSERTION_ALG="RS256")

    assert ids == ["genauth.E035", "genauth.E036", "genauth.E037", "genauth.E038"]


def test_what_is_no_key_is_told_as_ever(found):
    ids, _ = found(CLIENT_KEYS=["no key"])

    assert ids == ["genauth.E003"]


def test_a_callable_is_not_called(found):
    assert found(CLIENT_KEYS=lambda: 1 / 0, LEEWAY=lambda: 1 / 0) == ([], "")


def test_without_a_profile_nothing_falls_short(found):
    ids, _ = found(PROFILE=None, DPOP=False, CLIENT_KEYS=[generate_key("ES384")[0]])

    assert ids == []


def test_another_profile_is_an_error(found):
    ids, texts = found(PROFILE="fapi1")

    assert ids == ["genauth.E003"]
    assert "PROFILE has to be fapi2 or None" in texts


def test_the_tokens_of_the_api_are_signed_as_the_profile_demands(settings):
    settings.GENAUTH = {"default": GOOD | {"API_AUDIENCE": "https://api.example"}}

    assert conf.problems("default") == []
    assert get_app().api.token_signed_response_alg == "PS256"
