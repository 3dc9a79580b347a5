"""README says nothing that does not hold: its lines of the API run, and its links lead to pages."""

import re

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import include, path

from django_genauth import DOCUMENTATION
from django_genauth.models import Grant
from tests.support import ROOT
from tests.support.bearers import AUDIENCE, a_token, call
from tests.support.pages import PAGES, taken, values_of

README = PAGES["README.rst"]
(PICTURE,) = re.findall(r"image:: (\S+)", README)
(API,) = taken("python", "README", "genauth_bearer")

urlpatterns = []


def read_reports(request):
    return HttpResponse(f"for {request.bearer.subject}")


def close_account(request):
    return HttpResponse("closed")


@pytest.fixture
def documented(visitor):
    """Run the example for somebody who is signed in."""
    visitor.sign_in()
    request = RequestFactory().get("/")
    request.session = visitor.client.session
    return values_of(API, request=request, close_account=close_account, reports=read_reports)


def test_the_lines_of_the_api_give_the_token_of_the_request(documented):
    assert documented["token"] == Grant.objects.get().token_set["access_token"]


def test_they_open_a_view_to_access_tokens(documented, provider, app, settings):
    app["API_AUDIENCE"] = AUDIENCE
    settings.ROOT_URLCONF = __name__
    urlpatterns[:] = [path("", documented["reports"])]

    response = call("/", a_token(provider))

    assert response.content == b"for user-1"


def test_they_ask_for_a_fresh_sign_in(documented, settings):
    settings.ROOT_URLCONF = __name__
    urlpatterns[:] = [
        path("", documented["close_account"]),
        path("genauth/", include("django_genauth.urls")),
    ]

    response = Client().get("/")

    assert response.headers["Location"].endswith("&max_age=300")


TARGETS = dict(re.findall(r"^\.\. _(.+): (\S+)$", README, re.MULTILINE))


@pytest.mark.parametrize("name", TARGETS)
def test_a_link_leads_to_a_page_of_the_documentation(name):
    page = TARGETS[name].removeprefix(DOCUMENTATION).removesuffix(".html")

    assert f"docs/{page}.rst" in PAGES


def test_each_name_of_another_page_is_a_link():
    assert set(re.findall(r"`([^`]+)`_(?!_)", README)) == set(TARGETS)
    assert "docs/" not in README.replace(PICTURE, "")


def test_the_picture_is_there_and_soon_loaded():
    assert (ROOT / PICTURE).stat().st_size < 30_000


def test_it_fits_three_screens():
    assert len(README.splitlines()) <= 3 * 50
