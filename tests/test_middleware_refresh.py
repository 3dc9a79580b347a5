"""SESSION_POLICY `refresh`: the session lives as long as the grant can be renewed."""

import time
from contextlib import ExitStack
from datetime import timedelta

import pytest
from django.utils import timezone

from django_genauth.conf import get_client
from django_genauth.models import Grant
from django_genauth.sessions.entry import SessionEntry
from tests.support.site.visitor import Visitor

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.urls("tests.support.site.desk"),
    pytest.mark.usefixtures("renewing"),
]


def seconds_left(visitor):
    return SessionEntry.read(visitor.client.session).expires_at - time.time()


def test_refresh_renews_the_token_once_and_the_session_with_it(member):
    member.client.get("/members/")
    response = member.client.get("/members/")

    assert response.content.startswith(b"user: ")
    assert len(member.provider.requests_to("token")) == 1
    assert 3590 < seconds_left(member) <= 3600


def test_refresh_lets_a_post_through(member):
    response = member.client.post("/desk/", {"text": "typed"})

    assert response.json() == {"text": ["typed"]}


def test_a_session_is_not_renewed_by_what_another_session_brought(member):
    Grant.objects.update(state="ended", token_set=None)
    other = Visitor(member.provider)
    other.sign_in()

    response = member.client.get("/members/")

    assert response.status_code == 302
    assert other.is_signed_in


def test_refresh_without_a_time_in_the_answer_goes_on_for_as_long_as_before(member):
    member.provider.lie("token", edit=lambda answer: {**answer, "expires_in": None})

    member.client.get("/members/")

    assert seconds_left(member) > -5


@pytest.mark.parametrize(
    ("lie", "pause"),
    [
        pytest.param({"status": 500}, 30, id="out of order"),
        pytest.param({"status": 503, "headers": {"Retry-After": "120"}}, 120, id="names a time"),
        pytest.param({"status": 503, "headers": {"Retry-After": "90000"}}, 300, id="a long one"),
        pytest.param({"status": 400, "body": b'{"error": "invalid_client"}'}, 30, id="refuses us"),
        pytest.param({"status": 200, "body": b"<html>"}, 30, id="no JSON"),
    ],
)
def test_a_provider_in_trouble_is_not_noticed_and_left_alone_for_a_while(member, lie, pause):
    member.provider.lie("token", **lie)

    responses = [member.client.get("/members/") for _ in range(2)]

    assert [response.content[:6] for response in responses] == [b"user: "] * 2
    assert len(member.provider.requests_to("token")) == 1
    assert pause - 5 < seconds_left(member) <= pause


def test_a_page_goes_on_after_a_moment_where_others_have_all_the_turns_at_the_provider(member):
    bulkhead = get_client().provider.bulkhead

    with ExitStack() as others:
        for _ in range(bulkhead.limit):
            others.enter_context(bulkhead.passing())
        began = time.monotonic()
        response = member.client.get("/members/")
        took = time.monotonic() - began

    assert response.content.startswith(b"user: ")
    assert member.provider.requests_to("token") == []
    assert took < 0.8


def test_refresh_ends_the_session_of_an_ended_grant_and_public_pages_go_on(member):
    member.provider.lie("token", status=400, body=b'{"error": "invalid_grant"}')

    responses = [member.client.get("/"), member.client.get("/members/")]

    assert responses[0].content == b"user: AnonymousUser"
    assert responses[1]["Location"] == "/genauth/login/?next=/members/"
    assert not member.is_signed_in


def test_refresh_ends_the_session_without_a_refresh_token(visitor, app):
    app["SCOPE"] = "openid"
    visitor.provider.access_token_ttl = 0
    visitor.sign_in()

    assert visitor.client.get("/").content == b"user: AnonymousUser"


def test_refresh_ends_the_session_of_a_grant_that_is_gone(member):
    Grant.objects.all().delete()

    assert member.client.get("/").content == b"user: AnonymousUser"


def test_a_grant_that_cannot_be_opened_ends_the_session_and_is_logged(member, app, caplog):
    app["TOKEN_KEYS"] = ["A" * 43]

    response = member.client.get("/")

    assert response.content == b"user: AnonymousUser"
    assert "A session ends: code=seal" in caplog.text


def test_a_page_does_not_wait_for_another_one_that_renews(member):
    Grant.objects.update(leased_until=timezone.now() + timedelta(seconds=60), lease="another's")
    began = time.monotonic()

    response = member.client.get("/members/")

    assert response.content.startswith(b"user: ")
    assert time.monotonic() - began < 2
    assert member.provider.requests == []
