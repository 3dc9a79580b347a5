"""What `manage.py check` says of a set-up: each mistake by its key, with what to type."""

import pytest
from django.core.checks import run_checks
from django.core.management import call_command
from django.core.management.base import SystemCheckError

from django_genauth.backends import GenAuthBackend
from django_genauth.middleware import GenAuthSessionMiddleware

GOOD = {
    "APP_ID": "5f17a529f64fb009b794a2ff",
    "APP_SECRET": "s" * 64,
    "APP_HOST": "https://acme.genauth.ai",
    "GROUPS_CLAIM": "roles",
}


class SitesOwnBackend(GenAuthBackend):
    """Be a backend that a site made of ours."""


class FollowsThePolicy(GenAuthSessionMiddleware):
    """Be a middleware that a site made of ours."""


def a_function(get_response):
    """Be a middleware that is no class."""
    return get_response


def output_of_check():
    """Return what `manage.py check` prints of this app, or nothing where all is well."""
    try:
        call_command("check", tags=["genauth"])
    except SystemCheckError as error:
        return str(error)
    return ""


def ids_of_check():
    # Sorted, as Django keeps its checks in a set, whose order is any.
    return sorted(message.id for message in run_checks(tags=["genauth"]))


def test_a_good_set_up_has_no_problem():
    assert ids_of_check() == []


def test_all_problems_are_told_at_once(settings):
    settings.GENAUTH = {"default": {"APP_HOST": 5, "TIMEOUT": "x"}, "partner": {}}

    assert ids_of_check() == ["genauth.E003"] * 5


def test_no_secret_is_printed(settings):
    settings.GENAUTH = {"default": GOOD | {"APP_SECRET": "the-secret", "TOKEN_KEYS": ["the-key"]}}

    output = output_of_check()

    assert "TOKEN_KEYS" in output
    assert "the-secret" not in output
    assert "the-key" not in output


@pytest.mark.parametrize("values", [None, {}, ["default"]])
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
        pytest.param(["tests.checks.test_settings.SitesOwnBackend"], [], id="subclass"),
        pytest.param(["tests.nowhere.Backend"], ["genauth.E004"], id="misspelt"),
        pytest.param(
            ["tests.nowhere.Backend", "tests.checks.test_settings.SitesOwnBackend"],
            ["genauth.E004"],
            id="another-misspelt",
        ),
    ],
)
def test_a_backend_that_takes_id_tokens_has_to_be_there(settings, backends, ids):
    settings.AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend", *backends]

    assert ids_of_check() == ids


def test_a_cache_that_keeps_nothing_is_warned_of(settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}

    assert ids_of_check() == ["genauth.W006"]


@pytest.mark.parametrize(
    ("engine", "ids"),
    [
        pytest.param("signed_cookies", ["genauth.W009"], id="signed cookies"),
        pytest.param("cached_db", [], id="on the server"),
    ],
)
def test_sessions_that_only_the_browser_can_end_are_warned_of(settings, engine, ids):
    settings.SESSION_ENGINE = f"django.contrib.sessions.backends.{engine}"

    assert ids_of_check() == ids


@pytest.mark.parametrize(
    ("host", "ids"),
    [
        pytest.param("http://acme.example", ["genauth.W007"], id="elsewhere"),
        pytest.param("http://localhost:8000", [], id="localhost"),
        pytest.param("http://127.0.0.1:8000", [], id="ipv4"),
        pytest.param("http://[::1]:8000", [], id="ipv6"),
        pytest.param("http://[::1", ["genauth.E003"], id="half-an-address"),
        pytest.param(None, ["genauth.E003"], id="none"),
        pytest.param(5, ["genauth.E003"], id="number"),
        pytest.param("https://acme.example", ["genauth.W016"], id="encrypted-all-the-same"),
    ],
)
def test_secrets_in_the_clear_are_warned_of_beyond_this_machine(settings, host, ids):
    settings.GENAUTH = {"default": GOOD | {"APP_HOST": host, "ALLOW_INSECURE_HTTP": True}}

    assert ids_of_check() == ids


def test_an_issuer_in_the_clear_is_warned_of_too(settings):
    app = GOOD | {"ISSUER": "http://acme.example/oidc", "ALLOW_INSECURE_HTTP": True}
    settings.GENAUTH = {"default": app}

    assert ids_of_check() == ["genauth.W007", "genauth.W016"]


def test_what_is_not_sent_is_not_warned_of(settings):
    settings.GENAUTH = {"default": GOOD | {"APP_HOST": "http://acme.example"}}

    assert ids_of_check() == ["genauth.E003"]


@pytest.mark.parametrize(
    ("mode", "redirect_uri", "ids"),
    [
        pytest.param("form_post", "http://site.example/callback/", ["genauth.W008"], id="http"),
        pytest.param("form_post", "HTTP://site.example/callback/", ["genauth.W008"], id="HTTP"),
        pytest.param("form_post", "https://site.example/callback/", [], id="https"),
        pytest.param("form_post", None, [], id="made-from-the-request"),
        pytest.param("form_post.jwt", "http://site.example/", ["genauth.W008"], id="signed"),
        pytest.param("fragment", "http://site.example/callback/", [], id="not-posted"),
    ],
)
def test_an_answer_that_is_posted_without_https_is_warned_of(settings, mode, redirect_uri, ids):
    app = GOOD | {"RESPONSE_MODE": mode, "REDIRECT_URI": redirect_uri}
    settings.GENAUTH = {"default": app}

    assert ids_of_check() == ids


MIDDLEWARE = "django_genauth.middleware.GenAuthSessionMiddleware"


@pytest.mark.parametrize(
    ("policy", "middleware", "scope", "ids"),
    [
        pytest.param("independent", False, "openid", [], id="independent"),
        pytest.param("refresh", True, "openid offline_access", [], id="refresh"),
        pytest.param("refresh", True, ["openid", "offline_access"], [], id="scope-as-a-list"),
        pytest.param("refresh", True, "openid", ["genauth.W011"], id="no-refresh-token"),
        pytest.param("refresh", True, None, ["genauth.E003", "genauth.W011"], id="no-scope"),
        pytest.param("reauthenticate", True, "openid", [], id="reauthenticate"),
        pytest.param("reauthenticate", False, "openid", ["genauth.W010"], id="no-middleware"),
        pytest.param(
            "refresh", False, "openid", ["genauth.W010", "genauth.W011"], id="neither-of-both"
        ),
    ],
)
def test_a_session_policy_that_cannot_work_is_warned_of(settings, policy, middleware, scope, ids):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, *([MIDDLEWARE] if middleware else [])]
    settings.GENAUTH = {"default": GOOD | {"SESSION_POLICY": policy, "SCOPE": scope}}

    assert ids_of_check() == ids


def test_keycloak_gives_refresh_tokens_without_being_asked_for_them(settings):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, MIDDLEWARE]
    realm = {"ISSUER": "https://id.example.org/realms/staff", "SESSION_POLICY": "refresh"}
    settings.GENAUTH = {"default": GOOD | realm}

    assert ids_of_check() == []


def test_a_middleware_of_the_sites_own_follows_the_policy_too(settings):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "tests.checks.test_settings.FollowsThePolicy"]
    settings.GENAUTH = {"default": GOOD | {"SESSION_POLICY": "reauthenticate"}}

    assert ids_of_check() == []


@pytest.mark.parametrize(
    ("fields", "ids"),
    [
        pytest.param({"email": "email"}, [], id="a-field"),
        pytest.param({"e_mail": "email", "nickname": "name"}, ["genauth.W012"] * 2, id="no-field"),
        pytest.param({"groups": "roles"}, ["genauth.W012"], id="a-relation"),
        pytest.param({"logentry": "log"}, ["genauth.W012"], id="a-relation-of-others"),
        pytest.param({"password": "name"}, ["genauth.W012"], id="the-password"),
        pytest.param({"id": "sub"}, ["genauth.W012"], id="the-primary-key"),
        pytest.param(lambda: {"e_mail": "email"}, [], id="known-at-use-alone"),
        pytest.param(["e_mail"], ["genauth.E003"], id="no-dictionary"),
    ],
)
def test_fields_that_users_do_not_have_are_warned_of(settings, fields, ids):
    settings.GENAUTH = {"default": GOOD | {"USER_FIELDS": fields}}

    assert ids_of_check() == ids


SESSIONS = "django.contrib.sessions.middleware.SessionMiddleware"
AUTHENTICATION = "django.contrib.auth.middleware.AuthenticationMiddleware"


@pytest.mark.parametrize(
    ("middleware", "ids"),
    [
        pytest.param([SESSIONS, AUTHENTICATION], [], id="both"),
        pytest.param([SESSIONS], ["genauth.W013"], id="no-authentication"),
        pytest.param([], ["genauth.W013"] * 2, id="neither"),
        pytest.param(["another.SessionMiddleware", AUTHENTICATION], [], id="of-the-same-name"),
        pytest.param(
            [SESSIONS, "tests.nowhere.Middleware", "tests.checks.test_settings.FollowsThePolicy"],
            ["genauth.W013"],
            id="others-in-its-place",
        ),
        pytest.param(
            ["tests.checks.test_settings.a_function"], ["genauth.W013"] * 2, id="a-function"
        ),
        pytest.param([AUTHENTICATION, SESSIONS], ["genauth.W013"], id="out-of-order"),
        pytest.param([MIDDLEWARE, SESSIONS, AUTHENTICATION], ["genauth.W013"], id="ours-first"),
        pytest.param([SESSIONS, MIDDLEWARE, AUTHENTICATION], [], id="in-order-enough"),
    ],
)
def test_middleware_without_which_nobody_is_signed_in_is_warned_of(settings, middleware, ids):
    settings.MIDDLEWARE = middleware

    assert ids_of_check() == ids


class AsksTheNetwork(GenAuthBackend):
    """Take its time, and fail."""

    def __init__(self):
        raise RuntimeError("ldap://admin:hunter2@example.org is not there")


def test_no_backend_is_made_for_a_check(settings):
    settings.AUTHENTICATION_BACKENDS = ["tests.checks.test_settings.AsksTheNetwork"]

    assert ids_of_check() == []


def test_a_session_engine_that_is_not_there_is_for_django_to_name(settings):
    settings.SESSION_ENGINE = "tests.nowhere"

    assert ids_of_check() == []


@pytest.mark.parametrize(
    "unknown",
    [
        pytest.param({"SESSION_POLICY": lambda: "refresh"}, id="policy"),
        pytest.param({"SESSION_POLICY": "refresh", "SCOPE": lambda: "openid"}, id="scope"),
    ],
)
def test_what_a_callable_returns_is_not_guessed(settings, unknown):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, MIDDLEWARE]
    settings.GENAUTH = {"default": GOOD | unknown}

    assert ids_of_check() == []


def test_an_endpoint_set_by_hand_crosses_the_network_too(settings):
    by_hand = {"token_endpoint": "http://sso.corp.example/token"}
    settings.GENAUTH = {"default": GOOD | {"ALLOW_INSECURE_HTTP": True, "ENDPOINTS": by_hand}}

    assert ids_of_check() == ["genauth.W007", "genauth.W016"]


def test_a_site_without_a_default_app_is_warned_of(settings):
    settings.GENAUTH = {"staff": GOOD}

    assert ids_of_check() == ["genauth.W014"]


def test_one_backend_as_a_text_is_no_list(settings, db):
    settings.AUTHENTICATION_BACKENDS = "django_genauth.backends.GenAuthBackend"

    with pytest.raises(SystemCheckError, match="has to be a list of texts"):
        call_command("check")


def a_backend():
    """Make a backend, as Django lets a function do."""
    return GenAuthBackend()


def test_what_a_function_makes_may_be_a_backend(settings):
    settings.AUTHENTICATION_BACKENDS = ["tests.checks.test_settings.a_backend"]

    assert ids_of_check() == []


def test_apps_that_are_none_are_not_said_to_lack_a_default(settings):
    settings.GENAUTH = {"APP_ID": "x"}

    assert ids_of_check() == ["genauth.E003"]


@pytest.mark.parametrize("backend", ["db.DatabaseCache", "filebased.FileBasedCache"])
def test_a_cache_that_drops_marks_when_it_is_full_is_warned_of(settings, backend):
    settings.CACHES = {
        "default": {"BACKEND": f"django.core.cache.backends.{backend}", "LOCATION": "somewhere"}
    }

    assert ids_of_check() == ["genauth.W015"]


@pytest.mark.parametrize(
    ("options", "ids"),
    [
        pytest.param({}, ["genauth.W015"], id="Django's default"),
        pytest.param({"MAX_ENTRIES": 5_000}, ["genauth.W015"], id="few"),
        pytest.param({"MAX_ENTRIES": "many"}, ["genauth.W015"], id="no number"),
        pytest.param({"MAX_ENTRIES": 100_000}, [], id="many"),
    ],
)
def test_a_cache_with_room_is_not_warned_of(settings, options, ids):
    backend = "django.core.cache.backends.locmem.LocMemCache"
    settings.CACHES = {"default": {"BACKEND": backend, "OPTIONS": options}}

    assert ids_of_check() == ids


def test_a_cache_of_a_development_machine_is_not_warned_of(settings):
    settings.DEBUG = True
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

    assert ids_of_check() == []


@pytest.mark.parametrize("backend", ["tests.nowhere.Cache", "json.dumps"])
def test_a_cache_that_is_no_class_is_left_to_django(settings, backend):
    settings.CACHES = {"default": {"BACKEND": backend}}

    assert ids_of_check() == []


@pytest.mark.parametrize(
    ("first", "second", "ids"),
    [
        pytest.param(
            {"APP_HOST": "https://a.example"},
            {"APP_HOST": "https://b.example", "ISSUER": "https://a.example/oidc"},
            ["genauth.E017"],
            id="another host",
        ),
        pytest.param(
            {"APP_HOST": "https://a.example"},
            {"APP_HOST": "https://A.example:443/"},
            [],
            id="the same host in other letters",
        ),
        pytest.param(
            {"APP_HOST": "https://a.example"}, {"APP_HOST": "https://b.example"}, [], id="issuers"
        ),
        pytest.param(
            {"APP_HOST": "https://a.example"},
            {"APP_HOST": lambda: "https://b.example", "ISSUER": "https://a.example/oidc"},
            [],
            id="a callable",
        ),
        pytest.param(
            {"APP_HOST": "https://[::1"}, {"APP_HOST": "https://b"}, ["genauth.E003"], id="half"
        ),
    ],
)
def test_an_issuer_belongs_to_one_host(settings, first, second, ids):
    settings.GENAUTH = {"default": GOOD | first, "partner": GOOD | second}

    assert ids_of_check() == ids


@pytest.mark.parametrize(
    ("source", "ids"),
    [
        pytest.param("tests.names.shown", ["genauth.W032"], id="no such module"),
        pytest.param("tests.settings.GENAUTH", ["genauth.W032"], id="nothing to call"),
        pytest.param("realm_access.name", [], id="a claim inside an object"),
        pytest.param("profile.name", [], id="one whose first name is a module of Python"),
        pytest.param(["tests", "names"], [], id="a list is a path"),
        pytest.param("math.floor", [], id="a callable"),
        pytest.param("given_name", [], id="a claim"),
        pytest.param("https://acme.example/name", [], id="a claim whose name is an address"),
    ],
)
def test_a_path_from_which_nothing_is_imported_is_warned_of(settings, source, ids):
    settings.GENAUTH = {"default": GOOD | {"USER_FIELDS": {"first_name": source}}}

    assert ids_of_check() == ids


@pytest.mark.parametrize(
    ("values", "says"),
    [
        pytest.param(
            {"ID_TOKEN_ENCRYPTED_RESPONSE_ALG": "RSA1_5"}, "has to be one of RSA-OAEP", id="RSA1_5"
        ),
        pytest.param(
            {"ID_TOKEN_ENCRYPTED_RESPONSE_ALG": "RSA-OAEP"}, "CLIENT_KEYS has no key", id="no key"
        ),
        pytest.param(
            {"ID_TOKEN_ENCRYPTED_RESPONSE_ENC": "A256GCM"}, "needs ID_TOKEN_ENC", id="enc alone"
        ),
        pytest.param(
            {"ID_TOKEN_ENCRYPTED_RESPONSE_ALG": "dir", "APP_SECRET": None},
            "needs APP_SECRET",
            id="no secret",
        ),
    ],
)
def test_encryption_that_cannot_work_is_found(settings, values, says):
    settings.GENAUTH = {"default": GOOD | values}

    (found,) = run_checks(tags=["genauth"])

    assert found.id == "genauth.E003"
    assert says in found.msg
