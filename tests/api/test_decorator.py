"""Views that access tokens open."""

import time

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient, Client

from django_genauth.decorators import genauth_bearer
from django_genauth.protocol.errors import ConfigurationError
from tests.support.bearers import a_person, a_token, call

KINDS = ["reports", "decorated", "of-methods", "as-view", "both", "class-later", "later"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_view_of_any_kind_knows_the_user_of_the_bearer(api, provider, kind):
    user = a_person(provider)

    response = call(f"/{kind}/", a_token(provider))

    assert response.status_code == 200
    assert response.json()["user"] == str(user)


@pytest.mark.parametrize("kind", KINDS)
def test_a_view_of_any_kind_asks_no_database_in_the_event_loop(api, provider, kind):
    user = a_person(provider)

    response = async_to_sync(AsyncClient().get)(
        f"/{kind}/", headers={"Authorization": f"Bearer {a_token(provider)}"}
    )

    assert response.json()["user"] == str(user)


def test_the_asynchronous_user_is_the_same(api, provider):
    a_person(provider)

    assert call("/later/", a_token(provider)).json()["same"]


def test_a_view_knows_what_the_token_says(api, provider):
    token = a_token(provider, scope="reports:read reports:write")

    response = call("/reports/", token)

    assert response.json()["bearer"] == {
        "subject": "user-1",
        "client": "mobile-app",
        "scopes": ["reports:read", "reports:write"],
        "machine": False,
    }


def test_a_good_answer_is_kept_apart_from_those_for_others(api, provider):
    response = call("/reports/", a_token(provider))

    assert "Authorization" in response["Vary"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("method", ["get", "options", "delete"])
def test_without_a_token_no_view_runs(api, kind, method):
    response = call(f"/{kind}/", method=method)

    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Bearer"
    assert response["Cache-Control"] == "no-store"


def test_a_token_is_good_without_csrf(api, provider):
    client = Client(enforce_csrf_checks=True)

    response = call("/both/", a_token(provider), client=client, method="post")

    assert response.status_code == 200


@pytest.mark.parametrize("kind", ["both", "class-later"])
def test_a_session_opens_a_view_that_wants_it(api, provider, kind):
    user, client = a_person(provider), Client()
    client.force_login(user, backend="django_genauth.backends.GenAuthBackend")

    response = client.get(f"/{kind}/")

    assert response.json() == {"user": str(user), "bearer": None}


@pytest.mark.parametrize("kind", ["both", "class-later"])
def test_a_session_needs_the_token_of_csrf(api, provider, kind):
    client = Client(enforce_csrf_checks=True)
    client.force_login(a_person(provider), backend="django_genauth.backends.GenAuthBackend")

    assert client.post(f"/{kind}/").status_code == 403


@pytest.mark.parametrize("kind", ["reports", "anything"])
def test_a_session_opens_no_other_view(api, provider, kind):
    client = Client()
    client.force_login(a_person(provider), backend="django_genauth.backends.GenAuthBackend")

    assert client.get(f"/{kind}/").status_code == 401


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer bad", "bearer a b", "Bearer\ta", "Basic a, Bearer b", "BEARER ="]
)
def test_a_bad_token_never_falls_back_to_the_session(api, provider, header):
    client = Client()
    client.force_login(a_person(provider), backend="django_genauth.backends.GenAuthBackend")

    response = client.get("/both/", headers={"Authorization": header})

    assert response.status_code in (400, 401)


def test_a_session_may_come_in_beside_another_scheme(api, provider):
    client = Client()
    client.force_login(a_person(provider), backend="django_genauth.backends.GenAuthBackend")

    response = client.get("/both/", headers={"Authorization": "Basic YTpi"})

    assert response.status_code == 200


def test_the_bearer_is_the_user_whoever_has_the_session(api, provider):
    client = Client()
    client.force_login(
        a_person(provider, "other"), backend="django_genauth.backends.GenAuthBackend"
    )

    response = call("/both/", a_token(provider), client=client)

    assert response.json()["user"] == "AnonymousUser"


def test_nobody_is_led_to_a_login_page(api, settings):
    settings.MIDDLEWARE = [
        *settings.MIDDLEWARE,
        "django.contrib.auth.middleware.LoginRequiredMiddleware",
    ]

    assert [call(f"/{kind}/").status_code for kind in KINDS] == [401] * len(KINDS)


def test_a_sign_in_of_late_is_needed(api, provider):
    now = int(time.time())

    response = call("/careful/", a_token(provider, acr="gold", auth_time=now - 100))

    assert response.status_code == 200


@pytest.mark.parametrize(
    "claims",
    [
        pytest.param({}, id="nothing told"),
        pytest.param({"acr": "silver", "auth_time": time.time()}, id="another level"),
        pytest.param({"acr": ["gold"], "auth_time": time.time()}, id="a list for a level"),
        pytest.param({"acr": "gold"}, id="no time"),
        pytest.param({"acr": "gold", "auth_time": time.time() - 1_000}, id="too long ago"),
        pytest.param({"acr": "gold", "auth_time": time.time() + 1_000}, id="still to come"),
        pytest.param({"acr": "gold", "auth_time": str(time.time())}, id="a time as text"),
        pytest.param({"acr": "gold", "auth_time": True}, id="a boolean for a time"),
        pytest.param({"acr": "gold", "auth_time": 10**400}, id="a time beyond all time"),
        pytest.param({"acr": "gold", "auth_time": -(10**400)}, id="a time before all time"),
    ],
)
def test_a_sign_in_that_does_not_do_is_answered_with_what_is_needed(
    api, provider, refusals, claims
):
    response = call("/careful/", a_token(provider, **claims))

    assert response.status_code == 401
    assert response["WWW-Authenticate"] == (
        'Bearer error="insufficient_user_authentication",'
        ' error_description="The person has to sign in again for this.",'
        ' acr_values="gold", max_age="300"'
    )
    assert refusals.codes == ["bearer.authentication"]


@pytest.mark.parametrize(
    ("ago", "path", "status"),
    [
        pytest.param(10, "/recent/", 200, id="of late"),
        pytest.param(1_000, "/recent/", 401, id="long ago"),
        pytest.param(10, "/golden/", 401, id="of a kind that sessions do not keep"),
    ],
)
def test_a_session_too_has_to_be_of_late(api, provider, visitor, ago, path, status):
    auth_time = time.time() - ago
    provider.forge("id_token", claims_edit=lambda claims: claims | {"auth_time": auth_time})
    visitor.sign_in()

    assert visitor.client.get(path).status_code == status


def test_a_session_of_another_backend_does_not_say_when_it_began(api, provider):
    client = Client()
    client.force_login(a_person(provider), backend="django.contrib.auth.backends.ModelBackend")

    assert client.get("/recent/").status_code == 401


@pytest.mark.parametrize(
    "scopes",
    [
        pytest.param((lambda request: None,), id="no parentheses"),
        pytest.param(("reports read",), id="a space"),
        pytest.param(("",), id="nothing"),
        pytest.param(('a"b',), id="a quotation mark"),
        pytest.param(("a\\b",), id="a backslash"),
        pytest.param(("größe",), id="beyond ASCII"),
        pytest.param((7,), id="a number"),
    ],
)
def test_what_is_no_scope_is_an_error_at_import(scopes):
    with pytest.raises(ConfigurationError) as refused:
        genauth_bearer(*scopes)

    assert refused.value.code == "configuration.scope"


@pytest.mark.parametrize("max_age", [-1, "300", True, 1.5])
def test_an_age_that_is_none_is_an_error_at_import(max_age):
    with pytest.raises(ConfigurationError) as refused:
        genauth_bearer(max_age=max_age)

    assert refused.value.code == "configuration.max_age"
