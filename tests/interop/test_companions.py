"""Packages that stand beside this app in many sites: people sign in and out with each installed."""

import re
from datetime import timedelta

# These three write their defaults into the settings when they are imported, and once.
import axes.conf  # noqa: F401 # for what its import does
import django
import guardian.conf.settings  # noqa: F401 # likewise
import hijack.conf  # noqa: F401 # likewise
import pytest
import time_machine
from csp.constants import NONCE, SELF
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.core.checks.registry import registry
from django.test import Client
from django.utils import timezone

from django_genauth.models import LoginSession

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.support.site.companions")]


def forget_checks():
    """Take the packages' system checks out again, which would warn of every other test's site."""
    registry.registered_checks = {
        check
        for check in registry.registered_checks
        if check.__module__.partition(".")[0] not in {"axes", "debug_toolbar", "guardian", "hijack"}
    }


# Some stand there as soon as the packages are imported.
forget_checks()


@pytest.fixture(autouse=True)
def _companions(settings, app, session_middleware):
    """Set the site up as the documents of all the packages say, at once."""
    # The packages put their models there, and nobody takes them out.
    in_admin = dict(admin.site._registry)
    # They would change Django's models for all tests.
    settings.GUARDIAN_MONKEY_PATCH_USER = False
    settings.GUARDIAN_MONKEY_PATCH_GROUP = False
    settings.INSTALLED_APPS = [
        *settings.INSTALLED_APPS,
        "axes",
        "csp",
        "debug_toolbar",
        "django.contrib.staticfiles",
        "guardian",
        "hijack",
    ]
    settings.STATIC_URL = "/static/"
    settings.MIDDLEWARE = [
        "csp.middleware.CSPMiddleware",
        "whitenoise.middleware.WhiteNoiseMiddleware",
        "debug_toolbar.middleware.DebugToolbarMiddleware",
        *settings.MIDDLEWARE,
        "hijack.middleware.HijackUserMiddleware",
        "axes.middleware.AxesMiddleware",
    ]
    # As README has it: this app's backend before those that the site has.
    settings.AUTHENTICATION_BACKENDS = [
        "django_genauth.backends.GenAuthBackend",
        "axes.backends.AxesStandaloneBackend",
        "django.contrib.auth.backends.ModelBackend",
        "guardian.backends.ObjectPermissionBackend",
    ]
    settings.AXES_ENABLED = True
    settings.AXES_HANDLER = "axes.handlers.cache.AxesCacheHandler"
    settings.AXES_DISABLE_ACCESS_LOG = True
    settings.AXES_FAILURE_LIMIT = 2
    settings.CONTENT_SECURITY_POLICY = {
        "DIRECTIVES": {"default-src": [SELF], "style-src": [SELF, NONCE]}
    }
    settings.DEBUG_TOOLBAR_CONFIG = {"SHOW_TOOLBAR_CALLBACK": lambda request: True}
    yield
    admin.site._registry = in_admin
    forget_checks()


def test_people_sign_in_and_out(visitor):
    landing = visitor.sign_in(next_url="/members/")
    inside = visitor.client.get("/members/")
    leaving = visitor.client.post("/genauth/logout/")

    assert landing["Location"] == "/members/"
    assert inside.status_code == 200
    assert leaving["Location"].startswith(f"{visitor.provider.base_url}/oidc/session/end?")
    assert not visitor.is_signed_in


def test_people_leave_by_the_log_out_of_the_admin(visitor, app):
    app |= {"GROUPS_CLAIM": "groups", "STAFF_GROUPS": ["editors"]}
    visitor.sign_in(claims={"groups": ["editors"]})

    visitor.client.post("/admin/logout/")

    assert "prompt=login" in visitor.begin("/members/")


def test_sign_ins_that_are_refused_lock_nobody_out(visitor, app):
    app["CREATE_USERS"] = False
    refused = [visitor.sign_in().status_code for _ in range(4)]
    app["CREATE_USERS"] = True

    visitor.sign_in()

    assert refused == [403] * 4
    assert visitor.is_signed_in


def test_passwords_that_are_guessed_do_not_lock_an_address_out_of_the_provider(visitor):
    guess = {"username": "ada", "password": "wrong"}
    statuses = [Client().post("/admin/login/", guess).status_code for _ in range(3)]

    response = visitor.sign_in()

    assert statuses[-1] == 429
    assert (response.status_code, visitor.is_signed_in) == (302, True)


def test_permissions_of_one_object_are_asked_for_beside_this_apps_backend(visitor):
    # Its models are there while it is installed.
    from guardian.backends import ObjectPermissionBackend

    visitor.sign_in()
    user = get_user_model().objects.get()

    assert not user.has_perm("auth.change_user")
    assert ObjectPermissionBackend().get_all_permissions(user) == set()


@pytest.fixture
def hijacker(visitor, app):
    """Sign in a superuser by this app, who then works on behalf of somebody else."""
    app |= {"GROUPS_CLAIM": "groups", "SUPERUSER_GROUPS": ["root"], "STAFF_GROUPS": ["root"]}
    visitor.sign_in(claims={"groups": ["root"]})
    grace = get_user_model().objects.create(username="grace")
    visitor.client.post("/hijack/acquire/", {"user_pk": grace.pk})
    return visitor


def test_a_superuser_works_on_behalf_of_another(hijacker):
    assert hijacker.client.get("/").content == b"user: grace"


def test_a_superuser_comes_back_and_leaves(hijacker):
    hijacker.client.post("/hijack/release/")
    back = hijacker.client.get("/").content
    hijacker.client.post("/genauth/logout/")

    assert back not in (b"user: grace", b"user: AnonymousUser")
    assert not hijacker.is_signed_in


@pytest.mark.parametrize("way_out", ["/genauth/logout/", "/admin/logout/"])
@pytest.mark.parametrize("before", [(), ("/hijack/release/",)], ids=["as another", "as oneself"])
def test_who_leaves_after_that_is_asked_at_the_next_login(hijacker, before, way_out):
    get_user_model().objects.update(is_staff=True)
    for step in (*before, way_out):
        hijacker.client.post(step)

    assert "prompt=login" in hijacker.begin("/members/")


def test_the_session_of_another_hangs_on_no_token_of_the_superuser(hijacker, app):
    app["SESSION_POLICY"] = "reauthenticate"
    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        response = hijacker.client.get("/members/")

    assert response.content == b"user: grace"
    assert LoginSession.objects.count() == 0


def test_the_style_of_a_page_is_let_in_by_django_csp(client):
    response = client.get("/genauth/logout/")

    (nonce,) = re.findall(r'<style nonce="([^"]+)">', response.content.decode())
    assert f"'nonce-{nonce}'" in response["Content-Security-Policy"]


@pytest.mark.skipif(django.VERSION < (6, 0), reason="Django has had such a middleware since 6.0")
def test_the_style_of_a_page_is_let_in_by_django(client, settings):
    settings.MIDDLEWARE = [
        "django.middleware.csp.ContentSecurityPolicyMiddleware",
        *settings.MIDDLEWARE[1:],
    ]
    settings.SECURE_CSP = {
        "default-src": ["'self'"],
        "style-src": ["'self'", "<CSP_NONCE_SENTINEL>"],
    }
    (engine,) = settings.TEMPLATES
    processors = [
        *engine["OPTIONS"]["context_processors"],
        "django.template.context_processors.csp",
    ]
    settings.TEMPLATES = [{**engine, "OPTIONS": {"context_processors": processors}}]

    response = client.get("/genauth/logout/")

    (nonce,) = re.findall(r'<style nonce="([^"]+)">', response.content.decode())
    assert f"'nonce-{nonce}'" in response["Content-Security-Policy"]


def test_the_style_has_no_nonce_without_a_policy(client, settings):
    settings.MIDDLEWARE = settings.MIDDLEWARE[1:]

    response = client.get("/genauth/logout/")

    assert b"<style>" in response.content
