"""The button on the login pages of admin themes, which build them anew."""

import pytest
from django.contrib import admin
from django.urls import include, path
from pytest_django.asserts import assertContains, assertNotContains
from unfold.sites import UnfoldAdminSite

from tests.support.button import button_link
from tests.support.site.urls import home

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.admin.test_themes")]

SIGN_OUT = '<input type="submit" value="Sign out">'

# The apps of each theme. unfold.apps.DefaultAppConfig would replace the admin site of all tests.
THEMES = {
    "unfold": ["unfold.apps.BasicAppConfig", "unfold.contrib.filters"],
    "jazzmin": ["jazzmin"],
}

unfold = UnfoldAdminSite()
urlpatterns = [
    path("", home, name="home"),
    path("genauth/", include("django_genauth.urls")),
    path("admin/", admin.site.urls),
]
under_unfold = [*urlpatterns[:2], path("admin/", unfold.urls)]


class UnfoldUrls:
    """The addresses where unfold's own site is the admin."""

    urlpatterns = under_unfold


@pytest.fixture(params=THEMES)
def theme(request, settings):
    """Have the app before a theme, and that before the admin."""
    others = [app for app in settings.INSTALLED_APPS if app != "django_genauth"]
    apps = [*THEMES[request.param], "django.contrib.staticfiles", *others]
    settings.INSTALLED_APPS = ["django_genauth", *apps]
    settings.STATIC_URL = "/static/"
    if request.param == "unfold":
        settings.ROOT_URLCONF = UnfoldUrls
    return request.param


def test_the_login_page_of_a_theme_has_the_button_once(theme, client):
    response = client.get("/admin/login/")

    button = button_link("/genauth/login/?next=%2Fadmin%2F")
    assertContains(response, button, count=1, html=True)
    assertContains(response, theme)


def test_who_is_not_staff_may_sign_out_on_the_login_page_of_a_theme(theme, visitor, app):
    visitor.sign_in(next_url="/admin/")

    response = visitor.client.get("/admin/", follow=True)

    assertContains(response, SIGN_OUT, count=1, html=True)
    assertNotContains(response, "genauth-button")


def test_staff_get_into_the_admin_of_a_theme_and_out_of_it(theme, visitor, app, session_middleware):
    app |= {"GROUPS_CLAIM": "groups", "SUPERUSER_GROUPS": ["editors"], "STAFF_GROUPS": ["editors"]}
    visitor.sign_in(next_url="/admin/", claims={"groups": ["editors"]})

    inside = visitor.client.get("/admin/")
    visitor.client.post("/admin/logout/")

    assert inside.status_code == 200
    assert "prompt=login" in visitor.begin("/admin/")
