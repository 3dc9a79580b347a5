"""A view that lets in who has signed in a short while ago."""

import time
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth import get_user_model
from django.http import HttpResponse
from django.urls import include, path

from django_genauth.decorators import genauth_reauthenticate
from django_genauth.protocol.errors import ConfigurationError

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


@genauth_reauthenticate(max_age=300)
def danger(request, what):
    """Do something that wants a person who is really there."""
    return HttpResponse(f"{request.method} {what}")


@genauth_reauthenticate(max_age=300)
async def later(request):
    """Do the same without blocking."""
    return HttpResponse("later")


urlpatterns = [
    path("danger/<what>/", danger),
    path("later/", later),
    path("genauth/", include("django_genauth.urls")),
]


def signed_in_at(provider, auth_time):
    provider.forge("id_token", claims_edit=lambda claims: claims | {"auth_time": auth_time})


def test_a_person_who_has_just_signed_in_is_let_in(visitor, provider):
    signed_in_at(provider, time.time())
    visitor.sign_in()

    response = visitor.client.get("/danger/delete/")

    assert response.content == b"GET delete"


def test_a_person_who_signed_in_long_ago_is_asked_again_and_comes_back(visitor, provider):
    signed_in_at(provider, time.time() - 1_000)
    visitor.sign_in()
    url = visitor.client.get("/danger/delete/?a=1")["Location"]
    signed_in_at(provider, time.time())

    response = visitor.come_back(provider.authorize(url))

    assert parse_qs(urlsplit(url).query)["max_age"] == ["300"]
    assert response["Location"] == "/danger/delete/?a=1"
    assert visitor.client.get("/danger/delete/").content == b"GET delete"


def test_a_provider_that_asked_nobody_again_is_not_believed(visitor, provider, refusals):
    signed_in_at(provider, time.time() - 1_000)
    visitor.sign_in()
    url = visitor.client.get("/danger/delete/")["Location"]

    visitor.come_back(provider.authorize(url))

    assert refusals.codes == ["id_token.auth_time"]


def test_a_login_whose_time_nobody_told_is_not_recent(visitor):
    visitor.sign_in()

    assert visitor.client.get("/danger/delete/").status_code == 302


def test_a_post_by_somebody_who_signed_in_long_ago_does_nothing(visitor, provider):
    signed_in_at(provider, time.time() - 1_000)
    visitor.sign_in()

    response = visitor.client.post("/danger/delete/")

    assert response.status_code == 302


def test_a_stranger_is_sent_to_sign_in(visitor):
    assert visitor.client.get("/danger/delete/").status_code == 302


def test_a_session_that_began_otherwise_is_not_enough(visitor):
    user = get_user_model().objects.create_user("local")
    visitor.client.force_login(user, "django.contrib.auth.backends.ModelBackend")

    assert visitor.client.get("/danger/delete/").status_code == 302


def test_a_provider_whose_clock_is_a_little_ahead_is_believed(visitor, provider):
    signed_in_at(provider, time.time() + 20)
    visitor.sign_in()

    assert visitor.client.get("/danger/delete/").content == b"GET delete"


@pytest.mark.parametrize("told", ["yesterday", True, {"a": 1}, None])
def test_a_time_that_is_none_is_not_recent(visitor, provider, told):
    signed_in_at(provider, told)
    visitor.sign_in()

    assert visitor.client.get("/danger/delete/").status_code == 302


def test_nobody_comes_back_in_no_time():
    with pytest.raises(ConfigurationError) as caught:
        genauth_reauthenticate(max_age=0)

    assert caught.value.code == "configuration.max_age"


def test_an_asynchronous_view_is_guarded_too(visitor, provider):
    before = visitor.client.get("/later/")
    signed_in_at(provider, time.time())
    visitor.sign_in()

    after = visitor.client.get("/later/")

    assert (before.status_code, after.content) == (302, b"later")
