"""The button on the login page of Django's admin, and of what sites and packages build on it."""

import pytest
from django.template import engines
from django.test import Client
from pytest_django.asserts import assertContains, assertNotContains

from tests.support.button import button_link

pytestmark = pytest.mark.django_db

BUTTON = "Sign in with GenAuth"
SIGN_OUT = '<input type="submit" value="Sign out">'


@pytest.fixture(autouse=True)
def site(settings):
    """Have the app before the admin, which is all that the button needs."""
    others = [app for app in settings.INSTALLED_APPS if app != "django_genauth"]
    settings.INSTALLED_APPS = ["django_genauth", *others]
    settings.ROOT_URLCONF = "tests.support.site.admin_logins"


def button_to(path):
    """Return the button that leads to a page, as HTML."""
    address = f"/genauth/login/?next={path.replace('/', '%2F')}"
    return button_link(address)


@pytest.mark.parametrize(
    ("address", "landing"),
    [
        pytest.param("/admin/login/", "/admin/", id="Django's admin"),
        pytest.param("/own/login/", "/own/", id="an AdminSite of the site"),
        pytest.param("/factor/login/", "/factor/", id="a page with a second factor"),
        pytest.param("/admin/login/?next=/admin/auth/", "/admin/auth/", id="a page asked for"),
    ],
)
def test_the_button_leads_to_the_page_that_was_asked_for(client, address, landing):
    response = client.get(address)

    assertContains(response, button_to(landing), html=True)


def test_the_form_of_the_admin_is_still_there(client):
    response = client.get("/admin/login/")

    assertContains(response, 'id="login-form"')


def test_the_form_of_the_second_factor_is_still_there(client):
    response = client.get("/factor/login/")

    assertContains(response, '<input name="code">', html=True)


def test_a_page_of_another_site_is_not_led_to(client):
    response = client.get("/admin/login/?next=https://evil.example/")

    assertContains(response, 'href="/genauth/login/')
    assertNotContains(response, "evil.example%2F")


def test_a_wrapper_leads_to_the_login_of_this_app(client):
    page = client.get("/wrapped/login/?next=/wrapped/")["Location"]

    assert page == "/genauth/login/?next=/wrapped/login/%3Fnext%3D/wrapped/"


def test_a_wrapper_tells_who_is_not_staff_and_sends_them_nowhere(visitor):
    visitor.sign_in(next_url="/wrapped/login/?next=/wrapped/")

    response = visitor.client.get("/wrapped/login/?next=/wrapped/")

    assertContains(response, "but are not authorized to")
    assertContains(response, SIGN_OUT, html=True)


def test_staff_get_in(visitor, app):
    app |= {"GROUPS_CLAIM": "groups", "STAFF_GROUPS": ["editors"]}
    landing = visitor.sign_in(next_url="/admin/", claims={"groups": ["editors"]})

    response = visitor.client.get(landing["Location"])

    assert (response.status_code, response.request["PATH_INFO"]) == (200, "/admin/")


@pytest.fixture
def reader(visitor):
    """Sign in somebody who is not staff, on the way to the admin."""
    visitor.sign_in(next_url="/admin/")
    return visitor


def test_who_is_not_staff_is_told_so_and_may_sign_out(reader):
    response = reader.client.get("/admin/", follow=True)

    assertContains(response, "but are not authorized to")
    assertContains(response, SIGN_OUT, html=True)
    # It would bring the same account back.
    assertNotContains(response, BUTTON)


def test_who_signs_out_there_comes_back_to_the_login(reader, app):
    app["LOGOUT"] = "local"
    form = {"next": "/admin/login/?next=/admin/"}

    response = reader.client.post("/genauth/logout/", form, follow=True)

    assertContains(response, button_to("/admin/"), html=True)


def test_the_sign_out_there_names_the_page_to_come_back_to(reader):
    response = reader.client.get("/admin/", follow=True)

    field = '<input type="hidden" name="next" value="/admin/login/?next=%2Fadmin%2F">'
    assertContains(response, field, html=True)


def test_signing_out_there_is_safe_from_other_sites(reader):
    browser = Client(enforce_csrf_checks=True)
    browser.cookies = reader.client.cookies
    token = browser.get("/admin/", follow=True).context["csrf_token"]

    without = browser.post("/genauth/logout/")
    with_it = browser.post("/genauth/logout/", {"csrfmiddlewaretoken": token})

    assert (without.status_code, with_it.status_code) == (403, 302)


def test_a_host_without_the_addresses_of_this_app_keeps_its_page(client, settings):
    settings.ROOT_URLCONF = "tests.support.site.admin_alone"

    response = client.get("/admin/login/")

    assertContains(response, 'id="login-form"')
    assertNotContains(response, BUTTON)


def test_a_site_that_has_the_app_after_the_admin_keeps_its_page(client, settings):
    others = [app for app in settings.INSTALLED_APPS if app != "django_genauth"]
    settings.INSTALLED_APPS = [*others, "django_genauth"]

    response = client.get("/admin/login/")

    assertContains(response, 'id="login-form"')
    assertNotContains(response, BUTTON)


def test_a_site_may_replace_the_button_alone(rf):
    template = engines["django"].from_string(
        '{% extends "admin/login.html" %}{% load genauth %}'
        '{% block genauth %}{% genauth_button app="staff" next=next label="Staff" %}{% endblock %}'
    )

    page = template.render({"next": "/admin/"}, rf.get("/admin/login/"))

    assert "/genauth/staff/login/?next=%2Fadmin%2F" in page
    assert BUTTON not in page
