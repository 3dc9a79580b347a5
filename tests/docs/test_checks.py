"""The page of each system check: it shows what `manage.py check` says, and what ends that.

Whether each check has a page stands in `tests/docs/test_reference`.
"""

from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError

from django_genauth.protocol.client_keys import generate_key
from tests import settings as good
from tests.support.pages import taken, values_of

# What is overridden is looked at, and no connection is made by it.
pytestmark = pytest.mark.filterwarnings("ignore:Overriding setting DATABASES")

SECRET = "2f5a8c1e7b9d4036a1c2e3f405162738"
(APP,) = good.GENAUTH.values()
FAPI = {
    "APP_ID": "an-app",
    "APP_HOST": "https://provider.example",
    "PROFILE": "fapi2",
    "CLIENT_KEYS": [generate_key("ES256")[0]],
}
# A mistake that the check of each page is there for.
MISTAKES = {
    "E001": {"GENAUTH": {}},
    "E002": {"GENAUTH": {"our partners": APP}},
    "E003": {"GENAUTH": {"default": APP | {"APP_SECRT": SECRET}}},
    "E004": {"AUTHENTICATION_BACKENDS": ["django.contrib.auth.backends.ModelBackend"]},
    "E005": {"ROOT_URLCONF": "django.contrib.auth.urls"},
    "W006": {"CACHES": {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}},
    "W007": {
        "GENAUTH": {
            "default": APP | {"APP_HOST": "http://sso.corp.example", "ALLOW_INSECURE_HTTP": True}
        }
    },
    "W008": {
        "GENAUTH": {
            "default": APP
            | {"RESPONSE_MODE": "form_post", "REDIRECT_URI": "http://www.example.org/callback/"}
        }
    },
    "W009": {"SESSION_ENGINE": "django.contrib.sessions.backends.signed_cookies"},
    "W010": {"GENAUTH": {"default": APP | {"SESSION_POLICY": "reauthenticate"}}},
    "W011": {"GENAUTH": {"default": APP | {"SESSION_POLICY": "refresh"}}},
    "W012": {"GENAUTH": {"default": APP | {"USER_FIELDS": {"firstname": "given_name"}}}},
    "W013": {"MIDDLEWARE": ["django.contrib.sessions.middleware.SessionMiddleware"]},
    "W014": {"GENAUTH": {"staff": APP}},
    "W015": {"CACHES": {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}},
    "W016": {"GENAUTH": {"default": APP | {"ALLOW_INSECURE_HTTP": True}}},
    "E017": {
        "GENAUTH": {
            "default": APP,
            "partners": APP
            | {"APP_HOST": "https://b.example", "ISSUER": "https://acme.genauth.ai/oidc"},
        }
    },
    "E018": {"ROOT_URLCONF": "tests.api.check_urls"},
    "W025": {
        "CACHES": {
            "default": {
                "BACKEND": "django.core.cache.backends.redis.RedisCache",
                "LOCATION": "redis://127.0.0.1:6379/1",
            }
        }
    },
    "W026": {
        "ASGI_APPLICATION": "mysite.asgi.application",
        "DATABASES": {"default": {"ENGINE": "django.db.backends.postgresql", "CONN_MAX_AGE": 60}},
    },
    "W030": {"SESSION_COOKIE_PATH": "/app/", "CSRF_COOKIE_PATH": "/app/"},
    "W031": {"LOGOUT_REDIRECT_URL": "genauth:logout"},
    "W032": {"GENAUTH": {"default": APP | {"USER_FIELDS": {"first_name": "tests.names.shown"}}}},
    "E034": {"GENAUTH": {"default": FAPI | {"TOKEN_ENDPOINT_AUTH_METHOD": "none"}}},
    "E035": {"GENAUTH": {"default": FAPI | {"PUSHED_AUTHORIZATION": False}}},
    "E036": {"GENAUTH": {"default": FAPI | {"DPOP": False}}},
    "E037": {"GENAUTH": {"default": FAPI | {"ID_TOKEN_SIGNED_RESPONSE_ALG": "RS256"}}},
    "E038": {"GENAUTH": {"default": FAPI | {"LEEWAY": 120}}},
    "W039": {"GENAUTH": {"default": APP | {"CLIENT_KEYS": FAPI["CLIENT_KEYS"]}}},
    "E040": {"GENAUTH": {"default": APP | {"APP_SECRET": FAPI["CLIENT_KEYS"][0]}}},
    "E041": {"TEMPLATES": []},
    "E033": {"DATABASE_ROUTERS": ["tests.support.site.databases.UsersElsewhere"]},
}
SAID = {check: taken("text", f"reference/checks/{check}") for check in MISTAKES}
REMEDIES = {check: taken("python", f"reference/checks/{check}") for check in MISTAKES}
(SILENCED,) = taken("python", "reference/checks.rst")


@pytest.fixture
def make(settings):
    """Lend a way to change the settings."""

    def make_them(values):
        for name, value in values.items():
            setattr(settings, name, value)

    return make_them


def settings_of(block):
    """Return the settings in an example; secrets are long enough, and addresses a URLconf."""
    names = values_of(block)
    for app in names.get("GENAUTH", {}).values():
        app["APP_SECRET"] = SECRET
    if "urlpatterns" in names:
        names["ROOT_URLCONF"] = tuple(names["urlpatterns"])
    return {name: value for name, value in names.items() if name.isupper()}


def heard():
    """Return what `manage.py check` says of this app, its white space made single spaces."""
    printed = StringIO()
    try:
        call_command("check", tags=["genauth"], stdout=StringIO(), stderr=printed, no_color=True)
    except SystemCheckError as error:
        printed.write(str(error))
    return " ".join(printed.getvalue().split())


@pytest.mark.parametrize("check", MISTAKES)
def test_the_page_shows_what_is_said(make, check):
    (said,) = SAID[check]

    make(MISTAKES[check])

    assert " ".join(said.text.split()) in heard()


@pytest.mark.parametrize("check", MISTAKES)
def test_what_the_page_has_typed_ends_it(make, check):
    (remedy,) = REMEDIES[check]
    make(MISTAKES[check])

    make(settings_of(remedy))

    assert f"genauth.{check}" not in heard()


def test_a_check_is_silenced_as_the_page_has_it(make):
    make(MISTAKES["W009"])

    make(settings_of(SILENCED))

    assert heard() == ""
