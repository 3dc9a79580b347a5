"""Packages for a second factor stand between a sign-in and the admin, and have the button."""

from urllib.parse import urljoin

import pytest
import requests

from tests.support.new_project import Project, csrf_token
from tests.support.pages import examples
from tests.support.provider.scripted import CLIENT_ID, CLIENT_SECRET, ScriptedProvider

pytestmark = pytest.mark.demo

SETTINGS = """
INSTALLED_APPS = [
    "django_genauth", *INSTALLED_APPS,
    "django_otp", "django_otp.plugins.otp_static", "django_otp.plugins.otp_totp",
]
MIDDLEWARE += [
    "django_otp.middleware.OTPMiddleware", "django_genauth.middleware.GenAuthSessionMiddleware"
]
AUTHENTICATION_BACKENDS = ["django_genauth.backends.GenAuthBackend"]
LOGIN_URL = "genauth:login"
TEMPLATES[0]["DIRS"] = [BASE_DIR / "templates"]
"""
URLS = """
from django.urls import include
urlpatterns = [
    path("genauth/", include("django_genauth.urls")),
    path("admin/", admin.site.urls),
    path("plain/", OTPAdminSite("plain").urls),
]
"""
DEVICE = """
from django.contrib.auth import get_user_model
device = get_user_model().objects.get().staticdevice_set.create(name="a list on paper")
device.token_set.create(token="the-token")
print(device.persistent_id)
"""
MOST_REDIRECTS = 12
# The class of the admin of each package.
OTP = "from django_otp.admin import OTPAdminSite"
TWO_FACTOR = "from two_factor.admin import AdminSiteOTPRequired as OTPAdminSite"
APPS = {OTP: "", TWO_FACTOR: 'INSTALLED_APPS += ["two_factor"]'}


@pytest.fixture(scope="module")
def provider():
    """Run a provider that says who is staff."""
    with ScriptedProvider(alg="HS256") as running:
        yield running


@pytest.fixture(scope="module", params=[OTP, TWO_FACTOR], ids=["django-otp", "two-factor-auth"])
def project(request, provider, tmp_path_factory):
    """Have a project with the lines of the page, for each package."""
    made = Project(tmp_path_factory.mktemp("project"))
    app = {"APP_ID": CLIENT_ID, "APP_SECRET": CLIENT_SECRET, "APP_HOST": provider.base_url}
    app |= {"ALLOW_INSECURE_HTTP": True, "GROUPS_CLAIM": "roles", "STAFF_GROUPS": ["staff"]}
    (code,) = examples("python", "howto/admin-login", "OTPAdminSite")
    (page,) = examples("html+django", "howto/admin-login", "{{ form }}")
    made.append("mysite/settings.py", f"GENAUTH = {{'default': {app}}}{SETTINGS}")
    made.append("mysite/settings.py", APPS[request.param])
    made.append("mysite/urls.py", code.text.replace(OTP, request.param) + URLS)
    made.append(page.caption, page.text)
    made.manage("migrate")
    return made


@pytest.fixture(scope="module")
def site(project):
    """Serve the site."""
    with project.running() as address:
        yield address


@pytest.fixture
def browser():
    """Come with an empty browser."""
    with requests.Session() as session:
        session.trust_env = False
        yield session


def arrive(browser, provider, address):
    """Go wherever the site and the provider send a person who is staff; return the page there."""
    page = browser.get(address, allow_redirects=False)
    for _ in range(MOST_REDIRECTS):
        if not page.is_redirect:
            return page
        there = urljoin(page.url, page.headers["Location"])
        if there.startswith(provider.base_url):
            there = provider.authorize(there, claims={"roles": ["staff"]})
        page = browser.get(there, allow_redirects=False)
    pytest.fail(f"There is no end of redirects: {page.url}")


@pytest.fixture
def asked(browser, provider, site):
    """Come through GenAuth to the admin, as far as that goes."""
    return arrive(browser, provider, f"{site}/admin/")


@pytest.fixture
def device(project, asked):
    """Give the person a token, and return the device that takes it."""
    return project.manage("shell", "-c", DEVICE).split()[-1]


def show(browser, asked, device, token):
    """Send the form for the token."""
    form = csrf_token(asked) | {"otp_device": device, "otp_token": token}
    return browser.post(asked.url, data=form)


@pytest.mark.parametrize("project", [OTP], indirect=True)
def test_the_page_of_django_otp_has_the_button(browser, site):
    page = browser.get(f"{site}/plain/login/?next=/plain/")

    assert 'href="/genauth/login/?next=%2Fplain%2F"' in page.text
    assert 'name="otp_token"' in page.text


def test_who_comes_from_genauth_is_asked_for_the_token_alone(asked):
    assert asked.url.partition("?")[0].endswith("/admin/login/")
    assert 'name="otp_token"' in asked.text
    assert 'name="password"' not in asked.text


def test_the_token_lets_in(browser, provider, site, asked, device):
    inside = show(browser, asked, device, "the-token")

    assert (inside.url, "Site administration" in inside.text) == (f"{site}/admin/", True)


def test_without_the_token_nobody_gets_in(browser, provider, site, asked, device):
    refused = show(browser, asked, device, "another-token")

    assert "Invalid token" in refused.text
    assert arrive(browser, provider, f"{site}/admin/").url.partition("?")[0].endswith("/login/")
