"""What `manage.py check` says of this app's addresses, and of what has to reach them."""

import pytest
from django.conf.urls.i18n import i18n_patterns
from django.core.checks import run_checks
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from django_genauth.login.views import LoginView
from tests.support.site.urls import home

OURS = path("genauth/", include("django_genauth.urls"))
EVERYTHING = re_path(r"^.*$", home, name="page")


class OwnLogin(LoginView):
    """Be a login view that a site made of ours."""


def said(number):
    """Return the messages of one check."""
    return [each.msg for each in run_checks(tags=["genauth"]) if each.id == f"genauth.{number}"]


@pytest.fixture
def urls(settings):
    """Lend a way to have other addresses."""

    def have(*patterns):
        settings.ROOT_URLCONF = patterns

    return have


def test_the_addresses_have_to_be_in_the_urlconf(settings):
    settings.ROOT_URLCONF = "django.contrib.auth.urls"

    assert said("E005") == ["The addresses of django_genauth are not in the URLconf."]


def test_a_project_without_addresses_is_examined_all_the_same(settings):
    del settings.ROOT_URLCONF

    assert [each.id for each in run_checks(tags=["genauth"])] == []


@pytest.mark.parametrize(
    "before",
    [
        pytest.param(EVERYTHING, id="everything"),
        pytest.param(re_path(r"^(?!api/).*$", home, name="page"), id="everything but one"),
        pytest.param(
            path("<path:page>", RedirectView.as_view(url="/"), name="page"), id="a class of another"
        ),
    ],
)
def test_a_pattern_that_takes_the_addresses_is_told(urls, before):
    urls(before, OURS)

    (message,) = said("E005")

    assert message.startswith("/genauth/sessions/ leads to page and not to django_genauth")
    assert message.endswith("more.")


def test_a_pattern_that_takes_one_of_them_is_told(urls):
    urls(path("genauth/callback/", home, name="old"), OURS)

    assert said("E005") == ["/genauth/callback/ leads to old and not to django_genauth."]


@pytest.mark.parametrize(
    "patterns",
    [
        pytest.param([OURS, EVERYTHING], id="everything behind them"),
        pytest.param(i18n_patterns(OURS), id="below a language"),
        pytest.param([path("genauth/login/", OwnLogin.as_view()), OURS], id="a view made of ours"),
        pytest.param(
            [path("in/", include("django_genauth.urls", namespace="sso"))], id="another instance"
        ),
    ],
)
def test_addresses_that_lead_here_are_good(urls, patterns):
    urls(*patterns)

    assert said("E005") == []


def test_the_addresses_below_a_prefix_lead_here(settings):
    from django.urls import set_script_prefix

    set_script_prefix("/below/")
    try:
        assert said("E005") == []
    finally:
        set_script_prefix("/")


def test_an_address_of_another_app_that_is_taken_is_told(settings, urls):
    (app,) = settings.GENAUTH.values()
    settings.GENAUTH = {"default": app, "partners": app}
    urls(path("genauth/partners/login/", home), OURS)

    assert [message.partition(" ")[0] for message in said("E005")] == ["/genauth/partners/login/"]


@pytest.mark.parametrize(
    ("name", "value", "count"),
    [
        pytest.param("SESSION_COOKIE_PATH", "/app/", 1, id="the session elsewhere"),
        pytest.param("CSRF_COOKIE_PATH", "/app/", 1, id="the form's token elsewhere"),
        pytest.param("SESSION_COOKIE_PATH", "/gen", 1, id="half a name"),
        pytest.param("SESSION_COOKIE_PATH", "/genauth", 0, id="right above"),
        pytest.param("CSRF_COOKIE_PATH", "/genauth/logout/", 0, id="the page alone"),
        pytest.param("SESSION_COOKIE_PATH", "/", 0, id="everywhere"),
    ],
)
def test_cookies_that_do_not_reach_the_pages_are_warned_of(settings, name, value, count):
    setattr(settings, name, value)

    messages = said("W030")

    assert len(messages) == count
    assert all(
        message.startswith(f"{name} is {value}, and browsers do not") for message in messages
    )


def test_a_token_that_is_in_the_session_has_no_path(settings):
    settings.CSRF_COOKIE_PATH = "/app/"
    settings.CSRF_USE_SESSIONS = True

    assert said("W030") == []


def test_without_the_addresses_no_path_is_right_or_wrong(settings):
    settings.SESSION_COOKIE_PATH = "/app/"
    settings.ROOT_URLCONF = "django.contrib.auth.urls"

    assert said("W030") == []


@pytest.mark.parametrize(
    ("name", "value", "messages"),
    [
        pytest.param("LOGOUT_REDIRECT_URL", "genauth:logout", 1, id="out of it by name"),
        pytest.param("LOGOUT_REDIRECT_URL", "/genauth/logout/?a=1", 1, id="out of it by address"),
        pytest.param("LOGOUT_REDIRECT_URL", "genauth:login", 0, id="from out to in"),
        pytest.param("LOGOUT_REDIRECT_URL", None, 0, id="nowhere"),
        pytest.param("LOGIN_REDIRECT_URL", "genauth:login", 1, id="into it"),
        pytest.param("LOGIN_REDIRECT_URL", "/genauth/callback/", 1, id="back into it"),
        pytest.param("LOGIN_REDIRECT_URL", "genauth:sessions", 0, id="a page that is not over"),
        pytest.param("LOGIN_REDIRECT_URL", "nowhere", 0, id="for the doctor"),
    ],
)
def test_settings_that_lead_to_a_page_that_is_over_are_warned_of(settings, name, value, messages):
    setattr(settings, name, value)

    assert len(said("W031")) == messages
