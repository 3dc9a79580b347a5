"""Each kind of view refuses the same: those of Django, DRF and Ninja, and tokens of each kind."""

import json
import time

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth import get_user_model
from django.http import JsonResponse
from django.test import AsyncClient, Client
from django.urls import path
from django.views import View
from ninja import NinjaAPI
from rest_framework.response import Response
from rest_framework.views import APIView

from django_genauth.api.ninja import GenAuthBearer, install
from django_genauth.api.rest_framework import GenAuthBearerAuthentication, HasScopes
from django_genauth.decorators import genauth_bearer
from tests.support.bearers import AUDIENCE, a_person, a_token, an_opaque_token, token_claims

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

NOW = int(time.time())
ninja = NinjaAPI(urls_namespace="kinds")
install(ninja)


@ninja.get("/now", auth=GenAuthBearer("reports:read"))
def operation(request):
    return {"user": str(request.user)}


@ninja.get("/later", auth=GenAuthBearer("reports:read"))
async def later_operation(request):
    return {"user": str(await request.auser())}


class OfDRF(APIView):
    """Be a view of DRF."""

    authentication_classes = [GenAuthBearerAuthentication]
    permission_classes = [HasScopes]
    required_scopes = ["reports:read"]

    def get(self, request):
        return Response({"user": str(request.user)})


@genauth_bearer("reports:read")
def function(request):
    return JsonResponse({"user": str(request.user)})


@genauth_bearer("reports:read")
async def later_function(request):
    return JsonResponse({"user": str(await request.auser())})


@genauth_bearer("reports:read", session=True)
class OfDjango(View):
    """Be a class."""

    def get(self, request):
        return JsonResponse({"user": str(request.user)})


@genauth_bearer("reports:read", session=True)
class Later(View):
    """Be a class with asynchronous handlers."""

    async def get(self, request):
        return JsonResponse({"user": str(await request.auser())})


urlpatterns = [
    path("function/", function),
    path("function/later/", later_function),
    path("class/", OfDjango.as_view()),
    path("class/later/", Later.as_view()),
    path("drf/", OfDRF.as_view()),
    path("ninja/", ninja.urls),
]
KINDS = [
    "/function/",
    "/function/later/",
    "/class/",
    "/class/later/",
    "/drf/",
    "/ninja/now",
    "/ninja/later",
]


@pytest.fixture(params=KINDS)
def kind(request):
    """Lend the address of each kind of view."""
    return request.param


@pytest.fixture(params=[Client, AsyncClient], ids=["WSGI", "ASGI"])
def get(request, kind):
    """Lend a way to call the view; whoever has a session as well stays out without it."""
    client = request.param()

    def got(header):
        headers = {} if header is None else {"Authorization": header}
        if request.param is AsyncClient:
            return async_to_sync(client.get)(kind, headers=headers)
        return client.get(kind, headers=headers)

    return got


@pytest.fixture(params=["jwt", "introspection"])
def issue(request, app, provider):
    """Let the site accept tokens of a kind, and lend a way to issue one that differs."""
    app["API_AUDIENCE"], app["API_TOKENS"] = AUDIENCE, request.param

    def issued(**changes):
        if request.param == "jwt":
            return a_token(provider, **changes)
        answer = {"active": True, **token_claims(provider, **changes)}
        provider.lie("introspection", status=200, body=json.dumps(answer).encode())
        return an_opaque_token(provider)

    return issued


def test_a_good_token_is_that_of_its_person(get, issue, provider):
    user = a_person(provider)

    response = get(f"Bearer {issue()}")

    assert (response.status_code, response.json()) == (200, {"user": str(user)})


LIES = [
    pytest.param({"iss": "https://evil.example"}, 401, id="another issuer"),
    pytest.param({"aud": "https://api.example/other"}, 401, id="another API"),
    pytest.param({"aud": {AUDIENCE: 1}}, 401, id="an object for an audience"),
    pytest.param({"exp": NOW - 3_600}, 401, id="expired"),
    pytest.param({"exp": 10**400}, 401, id="no end in time"),
    pytest.param({"iat": NOW + 3_600}, 401, id="to come"),
    pytest.param({"nbf": "soon"}, 401, id="a text for a date"),
    pytest.param({"sub": ["user-1"]}, 401, id="a list for a sub"),
    pytest.param({"sub": "\ud800"}, 401, id="half a character for a sub"),
    pytest.param({"typ": "Refresh"}, 401, id="a refresh token"),
    pytest.param({"events": {}}, 401, id="a logout token"),
    pytest.param({"scope": {"reports:read": 1}}, 403, id="an object for the scopes"),
    pytest.param({"scope": [["reports:read"]]}, 403, id="a list in a list of scopes"),
    pytest.param({"scope": "other"}, 403, id="another scope"),
]


@pytest.mark.parametrize(("lie", "status"), LIES)
def test_a_lie_is_refused(get, issue, lie, status):
    response = get(f"Bearer {issue(**lie)}")

    assert response.status_code == status
    assert response["WWW-Authenticate"].startswith('Bearer error="')
    assert response["Cache-Control"] == "no-store"
    assert "Authorization" in response["Vary"]
    assert not get_user_model().objects.exists()


@pytest.mark.parametrize(
    ("header", "status"),
    [
        pytest.param(None, 401, id="none"),
        pytest.param("", 401, id="empty"),
        pytest.param("Basic YTpi", 401, id="another scheme"),
        pytest.param("Bearer", 400, id="the scheme alone"),
        pytest.param("Bearer\tx", 400, id="a tab"),
        pytest.param("Bearer x, Bearer y", 400, id="two"),
        pytest.param("Bearer \xff\xfe", 401, id="odd octets"),
        pytest.param("Bearer \x00", 401, id="NUL"),
        pytest.param("Bearer " + "x" * 200_000, 401, id="a long one"),
        pytest.param("Bearer " + ",x" * 20_000, 400, id="many commas"),
    ],
)
def test_a_header_without_a_good_token_is_refused(get, issue, provider, header, status):
    issue()

    response = get(header)

    assert response.status_code == status
    assert response["WWW-Authenticate"].startswith("Bearer")
    assert response["Cache-Control"] == "no-store"
    assert provider.requests_to("introspection") == []


@pytest.mark.parametrize("token", ["jwt", "introspection"])
def test_a_provider_that_is_away_is_503(get, app, provider, token):
    app["API_AUDIENCE"], app["API_TOKENS"] = AUDIENCE, token
    shown = a_token(provider)
    provider.stop()

    response = get(f"Bearer {shown}")

    assert response.status_code == 503
    assert int(response["Retry-After"]) > 0
    assert "WWW-Authenticate" not in response


def test_a_user_who_is_deactivated_is_refused_from_a_kept_answer_too(get, issue, provider):
    user = a_person(provider)
    token = issue()
    get(f"Bearer {token}")
    user.is_active = False
    user.save()

    response = get(f"Bearer {token}")

    assert response.status_code == 401
