"""What the documentation shows of the site as an API does what its page says."""

import pytest
from django.test import Client
from django.urls import path

from tests.support.bearers import AUDIENCE, a_person, a_token, an_opaque_token, call
from tests.support.pages import taken, values_of
from tests.support.provider.server import Answer, Server

pytestmark = pytest.mark.django_db

(SETTINGS,) = taken("python", "howto/api", '"API_AUDIENCE": "https://api.acme.example",\n    }')
(ASKED,) = taken("python", "howto/api", '"API_TOKENS": "introspection"')
(REPORTS,) = taken("python", "howto/api.rst", "def reports")
(CLASS,) = taken("python", "howto/api.rst", "class Reports")
(ORDERS,) = taken("python", "howto/api", "def orders")
(PAY,) = taken("python", "howto/api", "def pay")
(RESOURCE,) = taken("python", "howto/api", '"API_SCOPES"')
(URLS,) = taken("python", "howto/api", "django_genauth.api.urls")
(DRF,) = taken("python", "howto/api-frameworks", "class Reports")
(OF_LATE,) = taken("python", "howto/api-frameworks", "class PartnersOfLate")
(NINJA,) = taken("python", "howto/api-frameworks", "NinjaAPI")
(EXCHANGE,) = taken("python", "howto/api", "def deliveries")
(SUBJECT,) = taken("python", "howto/api", "def subject_of")

urlpatterns = []


@pytest.fixture
def site(app, settings):
    """Serve a view of an example at `/`."""
    app["API_AUDIENCE"] = AUDIENCE
    settings.ROOT_URLCONF = __name__

    def serve(view):
        urlpatterns[:] = [path("", view)]

    yield serve
    urlpatterns.clear()


def test_a_view_knows_who_came(site, provider):
    site(values_of(REPORTS)["reports"])

    assert call("/", a_token(provider)).json() == {"who": "user-1", "client": "mobile-app"}


def test_a_class_is_decorated_likewise(site, provider):
    user = a_person(provider)
    site(values_of(CLASS)["Reports"].as_view())

    response = call("/", a_token(provider, scope="reports:read reports:write"), method="post")

    assert response.json() == {"user": str(user)}


def test_people_may_come_with_their_session(site, provider):
    user, client = a_person(provider), Client()
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    site(values_of(ORDERS)["orders"])

    assert client.get("/").json() == {"user": str(user)}


def test_a_sign_in_of_late_is_asked_for(site, provider):
    site(values_of(PAY)["pay"])

    response = call("/", a_token(provider, scope="payments:write"))

    assert "insufficient_user_authentication" in response["WWW-Authenticate"]


def test_a_function_verifies_a_token(site, provider):
    subject_of = values_of(SUBJECT)["subject_of"]

    assert (subject_of(a_token(provider)), subject_of("junk")) == ("user-1", None)


@pytest.fixture
def other_api():
    """Run another API, which answers with the header that it is shown."""
    server = Server(
        lambda request, _: (Answer.json([request.headers["Authorization"]]), None),
        lambda: (1, None),
    )
    yield f"http://127.0.0.1:{server.port}"
    server.stop()


def test_another_api_is_called_for_the_caller(site, app, provider, other_api):
    app["TOKEN_FOR_RESOURCE"] = "exchange"
    answer = b'{"access_token":"for-orders","token_type":"Bearer"}'
    provider.lie("token", status=200, body=answer)
    view = values_of(EXCHANGE)["deliveries"]
    site(view)
    view.__wrapped__.__globals__["ORDERS"] = other_api

    response = call("/", a_token(provider))

    assert response.json() == ["Bearer for-orders"]


def test_the_settings_accept_tokens(site, app, provider):
    app.update(API_AUDIENCE=values_of(SETTINGS)["GENAUTH"]["default"]["API_AUDIENCE"])
    site(values_of(REPORTS)["reports"])

    assert call("/", a_token(provider, aud="https://api.acme.example")).status_code == 200


def test_a_view_of_drf_wants_a_scope(site, provider):
    user = a_person(provider)
    site(values_of(DRF)["Reports"].as_view())

    good, bad = (call("/", a_token(provider, scope=scope)) for scope in ("reports:read", "other"))

    assert good.json() == {"who": "user-1", "user": str(user)}
    assert bad.status_code == 403


def test_an_authentication_of_drf_is_of_another_app(site, app, settings, provider):
    view = values_of(DRF)["Reports"]
    view.authentication_classes = [values_of(OF_LATE)["PartnersOfLate"]]
    settings.GENAUTH["partners"] = {**app, "API_AUDIENCE": "partners"}
    site(view.as_view())

    response = call("/", a_token(provider, aud="partners"))

    assert 'max_age="300"' in response["WWW-Authenticate"]


def test_an_operation_of_ninja_knows_who_came(site, provider):
    user = a_person(provider)
    urlpatterns[:] = [path("api/", values_of(NINJA)["api"].urls)]

    good, bad = (call("/api/reports", token) for token in (a_token(provider), None))

    assert good.json() == {"who": "user-1", "user": str(user)}
    assert bad["WWW-Authenticate"] == "Bearer"


def test_the_settings_name_a_resource(site, app, client):
    shown = values_of(RESOURCE)["GENAUTH"]["default"]
    app.update({key: value for key, value in shown.items() if key.startswith("API_")})
    urlpatterns[:] = values_of(URLS)["urlpatterns"]

    document = client.get("/.well-known/oauth-protected-resource/reports").json()

    assert document["resource"] == "https://api.acme.example/reports"


def test_the_settings_ask_the_provider(site, app, provider):
    shown = values_of(ASKED)["GENAUTH"]["default"]
    app.update({key: value for key, value in shown.items() if key.startswith("API_")})
    site(values_of(REPORTS)["reports"])

    assert call("/", an_opaque_token(provider)).status_code == 200
