"""What `manage.py check` says of a set-up: each mistake by its key, with what to type."""

import pytest
from django.core.checks import run_checks
from django.core.management import call_command
from django.core.management.base import SystemCheckError

from django_genauth import conf
from django_genauth.backends import GenAuthBackend

GOOD = {
    "APP_ID": "5f17a529f64fb009b794a2ff",
    "APP_SECRET": "s" * 64,
    "APP_HOST": "https://acme.genauth.ai",
    "GROUPS_CLAIM": "roles",
}
BAD_VALUES = [
    ("APP_ID", ""),
    ("APP_ID", 5),
    ("APP_SECRET", ""),
    ("APP_SECRET", b"octets"),
    ("APP_SECRET", "short"),
    ("APP_HOST", None),
    ("APP_HOST", "acme.genauth.ai"),
    ("APP_HOST", "http://acme.genauth.ai"),
    ("PROTOCOL", 5),
    ("PROTOCOL", "saml"),
    ("SCOPE", 5),
    ("SCOPE", ["openid", 5]),
    ("SCOPE", ["profile"]),
    ("ISSUER", None),
    ("ISSUER", "acme"),
    ("DISCOVERY", "no"),
    ("ENDPOINTS", ["https://a.example/token"]),
    ("ENDPOINTS", {"token": "https://a.example/token"}),
    ("ENDPOINTS", {"token_endpoint": "/token"}),
    ("REDIRECT_URI", 5),
    ("REDIRECT_URI", "/genauth/callback/"),
    ("POST_LOGOUT_REDIRECT_URI", 5),
    ("POST_LOGOUT_REDIRECT_URI", "/"),
    ("ID_TOKEN_SIGNED_RESPONSE_ALG", None),
    ("ID_TOKEN_SIGNED_RESPONSE_ALG", "none"),
    ("TOKEN_ENDPOINT_AUTH_METHOD", 5),
    ("TOKEN_ENDPOINT_AUTH_METHOD", "basic"),
    ("INTROSPECTION_ENDPOINT_AUTH_METHOD", "basic"),
    ("REVOCATION_ENDPOINT_AUTH_METHOD", "basic"),
    ("RESPONSE_TYPE", 5),
    ("RESPONSE_TYPE", "password"),
    ("RESPONSE_TYPE", "none"),
    ("RESPONSE_TYPE", "code token"),
    ("RESPONSE_MODE", "web_message"),
    ("ALLOW_ACCESS_TOKEN_IN_FRONT_CHANNEL_INSECURE", 1),
    ("USERINFO", 1),
    ("AUTHORIZE_PARAMS", "prompt=login"),
    ("AUTHORIZE_PARAMS", {5: "a"}),
    ("AUTHORIZE_PARAMS", {"prompt": None}),
    ("AUTHORIZE_PARAMS", {"resource": ["a", 5]}),
    ("AUTHORIZE_PARAMS", {"max_age": "5 min"}),
    ("AUTHORIZE_PARAMS", {"acr_values": ["a"]}),
    ("TIMEOUT", 0),
    ("TIMEOUT", -1),
    ("TIMEOUT", "10"),
    ("TIMEOUT", True),
    ("TIMEOUT", float("inf")),
    ("TIMEOUT", float("nan")),
    ("MAX_RESPONSE_BYTES", 0),
    ("MAX_RESPONSE_BYTES", 1.5),
    ("MAX_RESPONSE_BYTES", 10**10),
    ("LEEWAY", None),
    ("LEEWAY", -1),
    ("CA_BUNDLE", ""),
    ("CA_BUNDLE", "/nowhere/ca.pem"),
    ("PROXIES", "http://proxy.example:3128"),
    ("PROXIES", {"https": 3128}),
    ("ALLOW_INSECURE_HTTP", "yes"),
    ("CREATE_USERS", None),
    ("LINK_VERIFIED_EMAIL", "true"),
    ("USER_FIELDS", ["email"]),
    ("USER_FIELDS", {"email": None}),
    ("GROUPS_CLAIM", ["roles"]),
    ("GROUPS_MANAGED", "editors"),
    ("STAFF_GROUPS", "editors"),
    ("SUPERUSER_GROUPS", [5]),
    ("TOKEN_KEYS", "A" * 43),
    ("TOKEN_KEYS", ["A" * 42]),
    ("TOKEN_KEYS", ["A" * 44]),
    ("TOKEN_KEYS", ["é" * 43]),
    ("TOKEN_KEYS", [5]),
    ("LOGIN_TTL", "600"),
    ("LOGOUT", "everywhere"),
    ("LOGOUT", None),
]
GOOD_VALUES = [
    ("APP_SECRET", None),
    ("SCOPE", ("openid", "email")),
    ("ENDPOINTS", {"token_endpoint": "https://a.example/token"}),
    ("REDIRECT_URI", None),
    ("AUTHORIZE_PARAMS", {"prompt": "login", "max_age": 300, "resource": ["a", "b"]}),
    ("TIMEOUT", 0.5),
    ("LEEWAY", 0),
    ("PROTOCOL", "oauth"),
    ("RESPONSE_TYPE", "id_token code"),
    ("PROXIES", {"https": "http://proxy.example:3128"}),
    ("GROUPS_MANAGED", None),
    ("STAFF_GROUPS", ("editors",)),
    ("TOKEN_KEYS", ["A" * 43, "B" * 42 + "A="]),
    ("TOKEN_KEYS", ()),
]


class SitesOwnBackend(GenAuthBackend):
    """Be a backend that a site made of ours."""


def output_of_check():
    """Return what `manage.py check` prints of this app, or nothing where all is well."""
    try:
        call_command("check", tags=["genauth"])
    except SystemCheckError as error:
        return str(error)
    return ""


def ids_of_check():
    return [message.id for message in run_checks(tags=["genauth"])]


def test_a_good_set_up_has_no_problem():
    assert ids_of_check() == []


def test_the_tables_here_name_every_key():
    assert {key for key, _ in BAD_VALUES} == conf._KEYS.keys()


@pytest.mark.parametrize(("key", "value"), BAD_VALUES, ids=repr)
def test_a_value_that_cannot_work_is_named_by_its_key(settings, key, value):
    settings.GENAUTH = {"default": GOOD | {key: value}}

    (problem,) = conf.problems("default")

    assert key in problem


@pytest.mark.parametrize(("key", "value"), BAD_VALUES, ids=repr)
def test_manage_py_check_fails_and_names_the_key(settings, key, value):
    settings.GENAUTH = {"default": GOOD | {key: value}}

    output = output_of_check()

    assert f"(genauth.E003) GENAUTH['default']: {key}" in output


@pytest.mark.parametrize(("key", "value"), GOOD_VALUES, ids=repr)
def test_a_value_that_can_work_is_no_problem(settings, key, value):
    settings.GENAUTH = {"default": GOOD | {key: value}}

    assert conf.problems("default") == []


@pytest.mark.parametrize("key", ["APP_ID", "APP_HOST"])
def test_a_key_that_is_missing_is_named(settings, key):
    settings.GENAUTH = {"default": {name: GOOD[name] for name in GOOD if name != key}}

    assert conf.problems("default") == [f"{key} is missing."]


@pytest.mark.parametrize(
    ("key", "problem"),
    [
        ("APP_SECRETS", "APP_SECRETS is unknown. Did you mean APP_SECRET?"),
        ("TIMEUOT", "TIMEUOT is unknown. Did you mean TIMEOUT?"),
        ("CLIENT_ID", "CLIENT_ID is unknown."),
        (5, "5 is unknown."),
    ],
)
def test_an_unknown_key_is_named_with_the_nearest_that_is_known(settings, key, problem):
    settings.GENAUTH = {"default": GOOD | {key: "x"}}

    assert conf.problems("default") == [problem]


@pytest.mark.parametrize("key", ["GROUPS_MANAGED", "STAFF_GROUPS", "SUPERUSER_GROUPS"])
def test_groups_without_a_claim_that_names_them_are_told(settings, key):
    app = {name: GOOD[name] for name in GOOD if name != "GROUPS_CLAIM"}
    settings.GENAUTH = {"default": app | {key: ["editors"]}}

    assert conf.problems("default") == [
        f"{key} needs GROUPS_CLAIM, without which nobody is in any group."
    ]


def test_an_app_without_its_alias_is_told(settings):
    settings.GENAUTH = GOOD

    assert "GENAUTH['APP_ID'] has to be a dictionary." in output_of_check()


def test_all_problems_are_told_at_once(settings):
    settings.GENAUTH = {"default": {"APP_HOST": 5, "TIMEOUT": "x"}, "partner": {}}

    assert ids_of_check() == ["genauth.E003"] * 5


def test_a_callable_is_not_called_and_is_no_problem(settings):
    settings.GENAUTH = {"default": GOOD | {"APP_SECRET": lambda: 1 / 0}}

    assert conf.problems("default") == []


def test_no_secret_is_printed(settings):
    settings.GENAUTH = {"default": GOOD | {"APP_SECRET": "the-secret", "TOKEN_KEYS": ["the-key"]}}

    output = output_of_check()

    assert "TOKEN_KEYS" in output
    assert "the-secret" not in output
    assert "the-key" not in output


@pytest.mark.parametrize("values", [None, {}])
def test_a_missing_setting_is_told_with_what_to_type(settings, values):
    settings.GENAUTH = values

    output = output_of_check()

    assert "(genauth.E001)" in output
    assert 'Set GENAUTH = {"default": {"APP_ID": "..."' in output


@pytest.mark.parametrize("alias", ["two words", "a/b", "", "é", 5])
def test_an_alias_that_cannot_stand_in_an_address_is_told(settings, alias):
    settings.GENAUTH = {"default": GOOD, alias: {}}

    assert ids_of_check() == ["genauth.E002"]


@pytest.mark.parametrize(
    ("backends", "ids"),
    [
        pytest.param([], ["genauth.E004"], id="none"),
        pytest.param(["django_genauth.backends.GenAuthBackend"], [], id="ours"),
        pytest.param(["tests.test_checks.SitesOwnBackend"], [], id="subclass"),
    ],
)
def test_a_backend_that_takes_id_tokens_has_to_be_there(settings, backends, ids):
    settings.AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend", *backends]

    assert ids_of_check() == ids


def test_the_addresses_have_to_be_in_the_urlconf(settings):
    settings.ROOT_URLCONF = "django.contrib.auth.urls"

    assert ids_of_check() == ["genauth.E005"]


def test_a_cache_that_keeps_nothing_is_warned_of(settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}

    assert ids_of_check() == ["genauth.W006"]


@pytest.mark.parametrize(
    ("host", "ids"),
    [
        pytest.param("http://acme.example", ["genauth.W007"], id="elsewhere"),
        pytest.param("http://localhost:8000", [], id="localhost"),
        pytest.param("http://127.0.0.1:8000", [], id="ipv4"),
        pytest.param("http://[::1]:8000", [], id="ipv6"),
        pytest.param("http://[::1", ["genauth.E003"], id="half-an-address"),
        pytest.param(None, ["genauth.E003"], id="none"),
        pytest.param("https://acme.example", [], id="encrypted-all-the-same"),
    ],
)
def test_secrets_in_the_clear_are_warned_of_beyond_this_machine(settings, host, ids):
    settings.GENAUTH = {"default": GOOD | {"APP_HOST": host, "ALLOW_INSECURE_HTTP": True}}

    assert ids_of_check() == ids


def test_an_issuer_in_the_clear_is_warned_of_too(settings):
    app = GOOD | {"ISSUER": "http://acme.example/oidc", "ALLOW_INSECURE_HTTP": True}
    settings.GENAUTH = {"default": app}

    assert ids_of_check() == ["genauth.W007"]


def test_what_is_not_sent_is_not_warned_of(settings):
    settings.GENAUTH = {"default": GOOD | {"APP_HOST": "http://acme.example"}}

    assert ids_of_check() == ["genauth.E003"]
