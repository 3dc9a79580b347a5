"""Access tokens in Django Ninja."""

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient, Client, RequestFactory
from django.urls import path
from ninja import NinjaAPI
from ninja.security import django_auth

from django_genauth.api.ninja import GenAuthBearer, install
from django_genauth.protocol.dpop import DpopKey
from django_genauth.protocol.errors import ConfigurationError
from tests.support.bearers import a_person, a_token, bound_call, call


def an_api(name):
    made = NinjaAPI(urls_namespace=name, docs_url="/docs")

    @made.get("/reports", auth=GenAuthBearer("reports:read"))
    def reports(request):
        return {"user": str(request.user), "subject": request.auth.subject}

    @made.get("/later", auth=GenAuthBearer("reports:read"))
    async def later(request):
        return {"user": str(await request.auser()), "subject": request.auth.subject}

    @made.post("/both", auth=[GenAuthBearer("reports:read"), django_auth])
    def both(request):
        return {"user": str(request.user)}

    @made.get("/careful", auth=GenAuthBearer(max_age=300))
    def careful(request):
        return {}

    @made.get("/partners", auth=GenAuthBearer(alias="partners"))
    def partners(request):
        return {}

    @made.get("/session", auth=django_auth)
    def session(request):
        return {}

    return made


INSTALLED, BARE = an_api("installed"), an_api("bare")
install(INSTALLED)
urlpatterns = [path("api/", INSTALLED.urls), path("bare/", BARE.urls)]


@pytest.fixture
def api(api, settings):
    settings.ROOT_URLCONF = __name__
    return api


@pytest.mark.parametrize("operation", ["reports", "later"])
def test_an_operation_knows_who_came(api, provider, operation):
    user = a_person(provider)

    response = call(f"/api/{operation}", a_token(provider))

    assert response.json() == {"user": str(user), "subject": "user-1"}
    assert "Authorization" in response["Vary"]


@pytest.mark.parametrize("operation", ["reports", "later"])
def test_no_database_is_asked_in_the_event_loop(api, provider, operation):
    user = a_person(provider)

    response = async_to_sync(AsyncClient().get)(
        f"/api/{operation}", headers={"Authorization": f"Bearer {a_token(provider)}"}
    )

    assert response.json()["user"] == str(user)


def test_without_a_token_the_answer_is_a_challenge(api):
    response = call("/api/reports")

    assert (response.status_code, response["WWW-Authenticate"]) == (401, "Bearer")
    assert response["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("header", "claims", "status", "error"),
    [
        ("Bearer junk", {}, 401, "invalid_token"),
        ("Bearer a b", {}, 400, "invalid_request"),
        (None, {"scope": "other"}, 403, "insufficient_scope"),
    ],
)
def test_a_refusal_is_a_challenge(api, provider, client, header, claims, status, error):
    header = header or f"Bearer {a_token(provider, **claims)}"

    response = client.get("/api/reports", headers={"Authorization": header})

    assert response.status_code == status
    assert f'error="{error}"' in response["WWW-Authenticate"]
    assert response["Cache-Control"] == "no-store"


def test_a_sign_in_of_late_is_asked_for(api, provider):
    response = call("/api/careful", a_token(provider))

    assert 'max_age="300"' in response["WWW-Authenticate"]


def test_a_provider_that_cannot_be_asked_is_503(api, provider):
    provider.lie("jwks", status=500)

    response = call("/api/reports", a_token(provider))

    assert response.status_code == 503
    assert int(response["Retry-After"]) > 0


def test_an_app_that_is_not_there_is_ours_to_mend(api, provider, refusals):
    response = call("/api/partners")

    assert (response.status_code, refusals.codes) == (503, ["configuration.alias"])


def test_a_challenge_needs_no_app(api):
    headers = GenAuthBearer(alias="partners").headers_without_token(RequestFactory().get("/"))

    assert headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(("token", "status"), [(None, 401), ("junk", 401)])
def test_without_installing_the_status_is_right(api, token, status):
    assert call("/bare/reports", token).status_code == status


def test_an_operation_of_another_auth_has_no_challenge(api):
    response = call("/api/session")

    assert response.status_code == 401
    assert "WWW-Authenticate" not in response


def test_a_session_may_come_in_and_a_bad_token_does_not_fall_back_to_it(api, provider):
    user, client = a_person(provider), Client()
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")

    by_session = client.post("/api/both")
    by_bad_token = call("/api/both", "junk", client=client, method="post")

    assert by_session.json() == {"user": str(user)}
    assert by_bad_token.status_code == 401


def test_csrf_is_checked_for_the_session_alone(api, provider):
    client = Client(enforce_csrf_checks=True)
    client.force_login(a_person(provider), "django.contrib.auth.backends.ModelBackend")

    by_session = client.post("/api/both")
    by_token = call("/api/both", a_token(provider), client=client, method="post")

    assert (by_session.status_code, by_token.status_code) == (403, 200)


def test_the_schema_says_that_a_token_is_needed(api):
    schema = INSTALLED.get_openapi_schema()

    assert schema["components"]["securitySchemes"]["GenAuthBearer"] == {
        "type": "http",
        "scheme": "bearer",
    }
    assert schema["paths"]["/api/reports"]["get"]["security"] == [{"GenAuthBearer": []}]


def test_what_is_no_scope_is_an_error_at_import(api):
    with pytest.raises(ConfigurationError):
        GenAuthBearer("reports read")


@pytest.mark.parametrize("operation", ["reports", "later"])
def test_an_operation_takes_a_bound_token_with_its_proof(api, provider, operation):
    key = DpopKey.generate()
    token = a_token(provider, cnf={"jkt": key.thumbprint})

    response = bound_call(f"/api/{operation}", token, key)

    assert response.status_code == 200


def test_an_operation_refuses_a_bound_token_without_a_proof(api, provider):
    token = a_token(provider, cnf={"jkt": "a"})

    response = call("/api/reports", token)

    assert response.status_code == 401
    assert ', DPoP algs="' in response["WWW-Authenticate"]
