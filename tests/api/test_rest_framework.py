"""Access tokens in Django REST framework."""

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import path
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView

from django_genauth.api.rest_framework import GenAuthBearerAuthentication, HasScopes
from django_genauth.protocol.dpop import DpopKey
from tests.support.bearers import AUDIENCE, a_person, a_token, bound_call, call


class Reports(APIView):
    """Want a scope."""

    authentication_classes = [GenAuthBearerAuthentication]
    permission_classes = [HasScopes]
    required_scopes = ["reports:read"]

    def get(self, request):
        return Response(
            {
                "user": str(request.user),
                "subject": getattr(request.auth, "subject", None),
                "same": request.auth is getattr(request._request, "bearer", None),
            }
        )

    post = get


class Both(Reports):
    """Let a session in, too."""

    authentication_classes = [GenAuthBearerAuthentication, SessionAuthentication]


class People(Reports):
    """Let users in alone."""

    permission_classes = [IsAuthenticated]


class Nothing(Reports):
    """Forget the scopes."""

    required_scopes = None


class Anything(Reports):
    """Want no scope."""

    required_scopes = []


class Recent(GenAuthBearerAuthentication):
    """Want a sign-in of late."""

    max_age = 300


class Careful(Reports):
    """Want a sign-in of late."""

    authentication_classes = [Recent]


class OfPartners(GenAuthBearerAuthentication):
    """Be for another app."""

    alias = "partners"


class Partners(Reports):
    """Be for another app."""

    authentication_classes = [OfPartners]


urlpatterns = [
    path(f"{view.__name__.lower()}/", view.as_view())
    for view in (Reports, Both, People, Nothing, Anything, Careful, Partners)
]


@pytest.fixture
def api(api, settings):
    settings.ROOT_URLCONF = __name__
    return api


def test_a_view_knows_who_came(api, provider):
    user = a_person(provider)

    response = call("/reports/", a_token(provider))

    assert response.json() == {"user": str(user), "subject": "user-1", "same": True}
    assert "Authorization" in response["Vary"]


def test_somebody_unknown_is_nobody_with_a_bearer(api, provider):
    response = call("/reports/", a_token(provider))

    assert response.json()["user"] == "AnonymousUser"


def test_without_a_token_the_answer_is_a_challenge(api):
    response = call("/reports/")

    assert (response.status_code, response["WWW-Authenticate"]) == (401, "Bearer")
    assert response["Cache-Control"] == "no-store"
    assert "Authorization" in response["Vary"]


@pytest.mark.parametrize("path", ["/reports/", "/both/", "/people/"])
def test_a_bad_token_is_refused_at_once(api, provider, refusals, path):
    client = Client()
    client.force_login(a_person(provider), "django.contrib.auth.backends.ModelBackend")

    response = call(path, "junk", client=client)

    assert (response.status_code, refusals.codes) == (401, ["bearer.framing"])
    assert 'error="invalid_token"' in response["WWW-Authenticate"]
    assert response["Cache-Control"] == "no-store"
    assert "framing" not in response.content.decode()


def test_a_malformed_header_is_400(api, client):
    response = client.get("/reports/", headers={"Authorization": "Bearer a b"})

    assert response.status_code == 400
    assert 'error="invalid_request"' in response["WWW-Authenticate"]


def test_a_missing_scope_is_403_with_the_scope(api, provider, refusals):
    response = call("/reports/", a_token(provider, scope="other"))

    assert (response.status_code, refusals.codes) == (403, ["bearer.scope"])
    assert 'scope="reports:read"' in response["WWW-Authenticate"]


def test_a_view_without_scopes_is_ours_to_mend(api, provider, refusals):
    response = call("/nothing/", a_token(provider))

    assert (response.status_code, refusals.codes) == (503, ["configuration.scope"])
    assert int(response["Retry-After"]) > 0


def test_an_empty_list_lets_every_token_in(api, provider):
    assert call("/anything/", a_token(provider, scope="")).status_code == 200


def test_a_provider_that_cannot_be_asked_is_503(api, provider):
    provider.lie("jwks", status=500)

    response = call("/reports/", a_token(provider))

    assert response.status_code == 503
    assert "WWW-Authenticate" not in response


@pytest.mark.parametrize("token", [None, "junk"])
def test_an_app_that_is_not_there_is_ours_to_mend(api, provider, token):
    assert call("/partners/", token).status_code == 503


def test_a_session_opens_a_view_that_wants_it(api, provider):
    user, client = a_person(provider), Client()
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")

    response = client.get("/both/")

    assert response.json()["user"] == str(user)


def test_csrf_is_checked_for_the_session_alone(api, provider):
    client = Client(enforce_csrf_checks=True)
    client.force_login(a_person(provider), "django.contrib.auth.backends.ModelBackend")

    by_session = client.post("/both/")
    by_token = call("/both/", a_token(provider), client=client, method="post")

    assert (by_session.status_code, by_token.status_code) == (403, 200)


def test_nobody_at_all_is_refused_where_a_session_would_do(api):
    assert call("/both/").status_code == 401


def test_a_machine_needs_scopes_and_no_user(api, provider):
    token = a_token(provider, sub=None)

    assert call("/reports/", token).status_code == 200
    assert call("/people/", token).status_code == 403


def test_a_sign_in_of_late_is_asked_for(api, provider):
    response = call("/careful/", a_token(provider))

    assert response.status_code == 401
    assert 'max_age="300"' in response["WWW-Authenticate"]


def test_the_challenge_names_the_metadata(api, settings):
    settings.ROOT_URLCONF = "tests.api.metadata_urls"

    class View(Reports):
        pass

    from rest_framework.test import APIRequestFactory

    response = View.as_view()(APIRequestFactory().get("/"))

    assert "/.well-known/oauth-protected-resource/reports" in response["WWW-Authenticate"]
    assert AUDIENCE.startswith("https://api.example")


def test_a_request_without_a_view_is_authenticated_too(api, provider):
    from rest_framework.request import Request
    from rest_framework.test import APIRequestFactory

    plain = APIRequestFactory().get("/", headers={"Authorization": f"Bearer {a_token(provider)}"})

    user, bearer = GenAuthBearerAuthentication().authenticate(Request(plain))

    assert (user.is_authenticated, bearer.subject) == (False, "user-1")
    assert not get_user_model().objects.exists()


def test_a_bound_token_with_its_proof_is_good(api, provider):
    key = DpopKey.generate()
    token = a_token(provider, cnf={"jkt": key.thumbprint})

    response = bound_call("/reports/", token, key)

    assert response.status_code == 200


def test_a_bound_token_without_a_proof_is_refused(api, provider):
    response = call("/reports/", a_token(provider, cnf={"jkt": "a"}))

    assert response.status_code == 401
    assert ', DPoP algs="' in response["WWW-Authenticate"]
