"""The middleware under ASGI: the same as under WSGI, and who waits keeps no other waiting."""

import asyncio
import threading
from urllib.parse import urlsplit

import pytest
from asgiref.sync import async_to_sync, iscoroutinefunction
from django.http import HttpResponse
from django.test import AsyncClient

from django_genauth.middleware import GenAuthSessionMiddleware
from django_genauth.models import Grant, LoginSession
from django_genauth.sessions import registry
from tests.support.site.visitor import Visitor

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.support.site.desk")]


@pytest.fixture
def app(app, session_middleware):
    """Have the middleware, and a refresh token."""
    app["SCOPE"] = "openid offline_access"
    return app


@pytest.fixture
def member(visitor):
    """Sign in with a token that runs out at once, and come back under ASGI."""
    visitor.provider.access_token_ttl = 0
    visitor.sign_in()
    visitor.provider.access_token_ttl = 3600
    browser = Visitor(visitor.provider)
    browser.client = AsyncClient()  # type: ignore[assignment] # where it is the other
    browser.client.cookies = visitor.client.cookies
    return browser


def get(visitor, address, **options):
    return async_to_sync(visitor.client.get)(address, **options)


async def a_response(request):
    return HttpResponse()


async def turns_of_the_loop(waiting):
    """Count how often the loop turns while something is waited for, every 10 ms at most."""
    task, turns = asyncio.ensure_future(waiting), 0
    while not task.done():
        await asyncio.sleep(0.01)
        turns += 1
    return turns


def test_between_asynchronous_parts_it_is_one():
    assert iscoroutinefunction(GenAuthSessionMiddleware(a_response))


@pytest.mark.parametrize("address", ["/later/", "/members/"], ids=["async view", "view"])
def test_refresh_renews_and_the_request_goes_on(member, app, address):
    app["SESSION_POLICY"] = "refresh"

    response = get(member, address)

    assert response.content.startswith(b"user: ")
    assert b"Anonymous" not in response.content
    assert len(member.provider.requests_to("token")) == 2


@pytest.mark.parametrize("address", ["/later/", "/"], ids=["async view", "view"])
def test_refresh_ends_the_session_of_an_ended_grant(member, app, address):
    app["SESSION_POLICY"] = "refresh"
    Grant.objects.update(state=Grant.State.ENDED)

    assert get(member, address).content == b"user: AnonymousUser"


def test_reauthenticate_sends_to_the_provider(member, app):
    app["SESSION_POLICY"] = "reauthenticate"

    response = get(member, "/later/")

    assert response["Location"] == "/genauth/login/?next=%2Flater%2F"


def test_a_script_is_told(member, app):
    app["SESSION_POLICY"] = "reauthenticate"

    response = get(member, "/later/", headers={"Sec-Fetch-Mode": "cors"})

    assert response.status_code == 401


def test_reauthenticate_ends_the_session_of_who_declines(member, app):
    app["SESSION_POLICY"] = "reauthenticate"
    url = get(member, "/genauth/login/")["Location"]
    back = urlsplit(member.provider.authorize(url, code=None, error="access_denied"))

    refused = get(member, f"{back.path}?{back.query}")

    assert refused.status_code == 403
    assert get(member, "/").content == b"user: AnonymousUser"


def test_while_the_provider_is_silent_the_loop_turns(member, app):
    app["SESSION_POLICY"] = "refresh"
    member.provider.lie("token", delay=0.5)

    turns = async_to_sync(turns_of_the_loop)(member.client.get("/later/"))

    assert turns > 20


def test_a_session_whose_row_is_gone_ends(member, app):
    LoginSession.objects.all().delete()
    registry._to_be_noted_at.clear()

    assert get(member, "/later/").content == b"user: AnonymousUser"


class SessionOfOneThread:
    """The session of a visitor who has none; no other thread may look at it."""

    def __init__(self):
        self._thread = threading.get_ident()

    @property
    def session_key(self):
        """Return None, in the one thread."""
        assert threading.get_ident() == self._thread


def test_for_a_visitor_without_a_session_no_thread_is_needed(rf):
    async def ask():
        request = rf.get("/")
        request.session = SessionOfOneThread()
        return await GenAuthSessionMiddleware(a_response)(request)

    assert asyncio.run(ask()).status_code == 200
