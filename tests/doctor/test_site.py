"""What keeps people from signing in at the site itself, and the addresses to register."""

import pytest
from django.conf.urls.i18n import i18n_patterns
from django.db import OperationalError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.urls import include, path, reverse_lazy

from django_genauth import conf
from django_genauth.doctor.site import examine_settings, examine_site
from tests.support.site.urls import home, urlpatterns

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _production(settings):
    """Set the site up as it should be, over https and with a shared cache."""
    settings.DEBUG = False
    settings.ALLOWED_HOSTS = ["www.acme.example"]
    settings.SESSION_COOKIE_SECURE = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache"}}


def found(alias="default", site=None):
    return [each.code for each in examine_site(conf.get_client(alias), alias, site).findings]


def test_a_good_site_has_nothing_wrong():
    assert found() == []


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        pytest.param("SESSION_COOKIE_SAMESITE", "Strict", "cookies.samesite", id="strict"),
        pytest.param("SESSION_COOKIE_DOMAIN", "acme.test", "cookies.domain", id="other-domain"),
        pytest.param("CSRF_COOKIE_DOMAIN", "acme.test", "cookies.domain", id="forms-elsewhere"),
        pytest.param("SESSION_COOKIE_DOMAIN", "w.acme.example", "cookies.domain", id="deeper"),
        pytest.param("SESSION_COOKIE_DOMAIN", "cme.example", "cookies.domain", id="not-a-label"),
        pytest.param("SECURE_PROXY_SSL_HEADER", None, "proxy", id="proxy"),
        pytest.param(
            "CACHES",
            {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
            "cache",
            id="a-cache-for-each-process",
        ),
    ],
)
def test_each_mistake_is_found(settings, name, value, code):
    setattr(settings, name, value)

    assert found() == [code]


@pytest.mark.parametrize("domain", [".acme.example", "acme.example", "www.acme.example"])
def test_a_domain_above_the_site_is_right(settings, domain):
    settings.SESSION_COOKIE_DOMAIN = domain

    assert found() == []


def test_a_secure_cookie_does_not_come_back_over_http(settings):
    settings.GENAUTH = {
        "default": settings.GENAUTH["default"]
        | {"REDIRECT_URI": "http://www.acme.example/genauth/callback/"}
    }

    assert found() == ["cookies.secure"]


def test_a_site_that_redirects_to_https_by_itself_is_asked_about_its_proxy(settings):
    settings.SECURE_PROXY_SSL_HEADER = None
    settings.SESSION_COOKIE_SECURE = False
    settings.SECURE_SSL_REDIRECT = True

    assert found() == ["proxy"]


def test_a_development_machine_may_have_a_cache_of_its_own(settings):
    settings.DEBUG = True
    settings.SESSION_COOKIE_SECURE = False
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

    assert found() == []


def test_a_migration_that_was_not_applied_is_named_with_the_command():
    ((_, newest),) = MigrationLoader(connection).graph.leaf_nodes("genauth")
    MigrationRecorder(connection).record_unapplied("genauth", newest)

    (finding,) = examine_site(conf.get_client(), "default").findings

    assert finding.code == "migrations"
    assert "migrations not applied: 1 of genauth." in finding.what
    assert finding.remedy == "Run `manage.py migrate`."


def test_a_database_that_cannot_be_asked_is_named_without_its_words():
    def fail(*call):
        raise OperationalError("password of ada refused")

    with connection.execute_wrapper(fail):
        (finding,) = examine_site(conf.get_client(), "default").findings

    assert finding.code == "database"
    assert "cannot be asked (OperationalError)" in finding.what
    assert "password" not in finding.what + finding.remedy


@pytest.mark.parametrize(
    ("login_url", "patterns", "codes"),
    [
        pytest.param("/accounts/login/", urlpatterns, ["login_url"], id="no-such-page"),
        pytest.param(
            "/accounts/login/",
            [path("accounts/login/", home), *urlpatterns],
            [],
            id="a-page-of-the-sites-own",
        ),
        pytest.param("/elsewhere/", urlpatterns, ["login_url"], id="nobody-serves-it"),
        pytest.param("/members", urlpatterns, [], id="without-its-slash"),
        pytest.param("/members/?a=1", urlpatterns, [], id="with-a-query"),
        pytest.param("https://acme.example/login", urlpatterns, [], id="another-program"),
    ],
)
def test_a_login_url_is_told_where_nothing_is(settings, login_url, patterns, codes):
    settings.LOGIN_URL = login_url
    settings.ROOT_URLCONF = tuple(patterns)

    assert found() == codes


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("LOGIN_URL", "genauth:signin", id="login-nowhere"),
        pytest.param("LOGIN_URL", reverse_lazy("genauth:signin"), id="login-nowhere-lazily"),
        pytest.param("LOGIN_REDIRECT_URL", None, id="no-landing"),
        pytest.param("LOGIN_REDIRECT_URL", "nowhere", id="landing-nowhere"),
        pytest.param("LOGIN_REDIRECT_URL", "/accounts/profile/", id="landing-left-out"),
    ],
)
def test_a_setting_that_leads_nowhere_is_found(settings, name, value):
    setattr(settings, name, value)

    assert found() == [name.lower()]


@pytest.mark.parametrize(
    ("redirect_uri", "codes"),
    [
        pytest.param("https://www.acme.example/genauth/callback/", [], id="ours"),
        pytest.param("https://acme.example/below/genauth/callback/", [], id="behind-a-proxy"),
        pytest.param("https://acme.example/genauth/callback/?a=b", [], id="with-a-query"),
        pytest.param("https://www.acme.example/callback/", ["redirect_uri.path"], id="another"),
        pytest.param(
            "https://www.acme.example/genauth/callback", ["redirect_uri.path"], id="no-slash"
        ),
    ],
)
def test_a_redirect_uri_that_leads_elsewhere_is_found(settings, redirect_uri, codes):
    app = settings.GENAUTH["default"] | {"REDIRECT_URI": redirect_uri}
    settings.GENAUTH = {"default": app}

    assert found() == codes


def in_a_language(*patterns):
    """Return addresses below the language of who asks."""
    return (*i18n_patterns(*patterns),)


def test_a_redirect_uri_in_another_language_is_the_sites_own(settings):
    ours = path("genauth/", include("django_genauth.urls"))
    settings.ROOT_URLCONF = in_a_language(path("", home), ours)
    app = {"REDIRECT_URI": "https://www.acme.example/de/genauth/callback/"}
    settings.GENAUTH = {"default": settings.GENAUTH["default"] | app}

    assert found() == []


def test_a_page_in_a_language_is_a_page(settings):
    landing = path("accounts/profile/", home)
    settings.ROOT_URLCONF = in_a_language(path("genauth/", include("django_genauth.urls")), landing)
    settings.LOGIN_REDIRECT_URL = "/accounts/profile/"

    assert found() == []


@pytest.mark.parametrize("host", ["[::1]", "::1", ".acme.example"])
def test_a_host_without_a_port_is_none_with_one(settings, host):
    settings.ALLOWED_HOSTS = [host]

    assert found() == []


@pytest.mark.parametrize(
    "hosts",
    [
        pytest.param([], id="none"),
        pytest.param(["*"], id="any"),
        pytest.param(["www.acme.example:443"], id="with-a-port"),
        pytest.param(["[::1]:8000"], id="a-number-with-a-port"),
    ],
)
def test_hosts_that_say_nothing_are_found(settings, hosts):
    settings.ALLOWED_HOSTS = hosts

    assert found() == ["allowed_hosts"]


def test_on_the_machine_itself_browsers_keep_a_secure_cookie(settings):
    app = settings.GENAUTH["default"] | {"REDIRECT_URI": "http://localhost:8000/genauth/callback/"}
    settings.GENAUTH = {"default": app}

    assert found() == []


def test_an_alias_that_cannot_stand_in_an_address_is_found(settings):
    settings.GENAUTH = {"our partners": settings.GENAUTH["default"]}

    assert [each.code for each in examine_settings("our partners").findings] == ["genauth.E002"]


class SomewhereElse:
    """Send everything to a database that is not there."""

    def db_for_write(self, model, **hints):
        """Name it."""
        return "elsewhere"


def test_a_database_that_the_settings_lack_is_named(settings):
    settings.DATABASE_ROUTERS = ["tests.doctor.test_site.SomewhereElse"]

    assert found() == ["database"]


def test_migrations_that_do_not_fit_together_are_named(settings, tmp_path, monkeypatch):
    # As `startapp` leaves it.
    (tmp_path / "people_migrations").mkdir()
    (tmp_path / "people_migrations/__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    settings.MIGRATION_MODULES = {"auth": "people_migrations"}

    assert found() == ["migrations"]


def test_a_site_that_somebody_names_needs_no_host_in_the_settings(settings):
    settings.ALLOWED_HOSTS = ["*"]

    assert found() == ["allowed_hosts"]
    assert found(site="https://www.acme.example") == []


def test_a_named_site_that_the_settings_admit_nobody_to_is_found(settings):
    settings.ALLOWED_HOSTS = [".acme.example"]

    assert found(site="https://acme.example") == []
    assert found(site="https://acme.test") == ["allowed_hosts"]


def test_cookies_are_held_against_the_site_that_somebody_names(settings):
    settings.SESSION_COOKIE_DOMAIN = "acme.test"
    settings.ALLOWED_HOSTS = ["*"]

    assert found(site="https://www.acme.test") == []
    assert found(site="https://www.acme.example") == ["cookies.domain"]


@pytest.mark.parametrize(
    ("targets", "codes"),
    [
        pytest.param(["'self'"], ["csp.form_action"], id="this-site-alone"),
        pytest.param("'self'", ["csp.form_action"], id="as-text"),
        pytest.param(["'none'"], ["csp.form_action"], id="nowhere"),
        pytest.param(["*.acme.example"], ["csp.form_action"], id="another-domain"),
        pytest.param(["http:"], ["csp.form_action"], id="another-scheme"),
        pytest.param(["'self'", "https://acme.genauth.ai"], [], id="the-provider"),
        pytest.param(["acme.genauth.ai"], [], id="its-host"),
        pytest.param("'self' *.genauth.ai", [], id="its-domain"),
        pytest.param(["https:"], [], id="its-scheme"),
        pytest.param(["*"], [], id="anywhere"),
    ],
)
@pytest.mark.parametrize("name", ["SECURE_CSP", "CONTENT_SECURITY_POLICY"])
def test_a_policy_that_stops_the_sign_out_is_found(settings, name, targets, codes):
    policy = {"form-action": targets}
    setattr(settings, name, policy if name == "SECURE_CSP" else {"DIRECTIVES": policy})

    assert found() == codes


def test_a_policy_that_says_nothing_of_forms_stops_nobody(settings):
    settings.CONTENT_SECURITY_POLICY = {"DIRECTIVES": {"default-src": ["'self'"]}}

    assert found() == []
