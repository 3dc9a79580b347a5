"""Views that take access tokens, and settings that accept none."""

from types import ModuleType

import pytest
from django.core import checks
from django.urls import include, path
from rest_framework.authentication import SessionAuthentication
from rest_framework.views import APIView

from django_genauth.decorators import genauth_bearer
from tests.api import views
from tests.api.test_rest_framework import OfPartners, Partners, Reports


@genauth_bearer()
def a_function(request):
    """Take tokens."""


@pytest.fixture
def messages(app, settings):
    def of(*patterns):
        urls = ModuleType("urls")
        urls.urlpatterns = [path("api/", include(list(patterns)))]  # type: ignore[attr-defined] # made here
        settings.ROOT_URLCONF = urls
        found = checks.run_checks(tags=["genauth"])
        return [(each.id, each.msg) for each in found if each.id == "genauth.E018"]

    return of


def sentence(alias):
    return (
        "genauth.E018",
        f"A view takes access tokens, and GENAUTH[{alias!r}] has no API_AUDIENCE.",
    )


@pytest.mark.parametrize(
    "view",
    [
        pytest.param(a_function, id="a function"),
        pytest.param(views.Decorated.as_view(), id="a class"),
        pytest.param(views.OfMethods.as_view(), id="a class by its method"),
        pytest.param(Reports.as_view(), id="a class of DRF"),
    ],
)
def test_a_view_that_takes_tokens_of_an_app_that_accepts_none_is_found(messages, view):
    assert messages(path("a/", view)) == [sentence("default")]


@pytest.mark.parametrize("view", [views.partners, Partners.as_view()])
def test_an_app_that_is_not_there_is_found(app, messages, view):
    app["API_AUDIENCE"] = "a"

    assert OfPartners.alias == "partners"
    assert messages(path("a/", view), path("b/", a_function)) == [sentence("partners")]


def test_an_app_that_accepts_tokens_is_good(app, messages):
    app["API_AUDIENCE"] = lambda: "a"

    assert messages(path("a/", a_function), path("b/", views.public)) == []


def test_a_site_without_addresses_is_not_looked_at(settings):
    settings.ROOT_URLCONF = None

    found = checks.run_checks(tags=["genauth"])

    assert "genauth.E018" not in [each.id for each in found]


def test_a_view_of_drf_that_takes_sessions_alone_is_not_meant(messages):
    class BySession(APIView):
        authentication_classes = [SessionAuthentication]

    assert messages(path("a/", BySession.as_view())) == []
