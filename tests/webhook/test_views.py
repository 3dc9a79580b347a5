"""The address that the console calls: who is let in, what a body may be, and the answers.

What an event does here stands in `test_console_events`.
"""

import io
import json
from urllib.parse import urlencode

import pytest
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.sessions.backends.db import SessionStore
from django.core.handlers.asgi import ASGIRequest
from django.db import DatabaseError
from django.test import Client, RequestFactory

from django_genauth.models import Identity
from django_genauth.webhook.views import WebhookView
from tests.support.console import SECRET, WEBHOOK, post, tell

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("console")]


class Broken:
    def read(self, *arguments):
        raise OSError("the other side is gone")


FORM = "application/x-www-form-urlencoded"
KICK = {"eventName": "kick", "data": {"id": "user-1"}}


def test_without_a_secret_in_the_settings_there_is_no_webhook(app):
    del app["WEBHOOK_TOKEN"]

    assert tell("kick").status_code == 404


def test_an_app_that_is_unknown_has_none():
    assert tell("kick", path="/genauth/nobody/webhook/").status_code == 404


def test_each_app_has_its_own_secret(settings, visitor):
    settings.GENAUTH["partner"] = settings.GENAUTH["default"] | {"WEBHOOK_TOKEN": "x" * 16}
    path = "/genauth/partner/webhook/"

    assert post(KICK, path=path).status_code == 403
    assert post(KICK, path=path, secret="x" * 16).status_code == 200


@pytest.mark.parametrize(
    "secret",
    [
        pytest.param("", id="empty"),
        pytest.param("of-somebody-else", id="another"),
        pytest.param(SECRET[:-1], id="shorter"),
        pytest.param(SECRET + "x", id="longer"),
        pytest.param(SECRET.upper(), id="in capitals"),
        pytest.param("é", id="not ASCII"),
    ],
)
def test_a_wrong_secret_is_refused_with_one_line_in_the_log(visitor, caplog, secret):
    visitor.sign_in()
    caplog.clear()

    response = post(KICK, secret=secret)

    assert response.status_code == 403
    assert visitor.is_signed_in
    (line,) = caplog.messages
    assert line.startswith("Webhook refused: code=webhook.secret app=default ip=127.0.0.1: ")


def test_a_secret_that_is_missing_is_refused(visitor):
    visitor.sign_in()

    response = Client().post(WEBHOOK, KICK, content_type="application/json")

    assert response.status_code == 403
    assert visitor.is_signed_in


def test_a_secret_may_be_fetched_when_it_is_needed(visitor, app):
    app["WEBHOOK_TOKEN"] = lambda: SECRET
    visitor.sign_in()

    tell("kick")

    assert not visitor.is_signed_in


@pytest.mark.parametrize("method", ["get", "put", "delete", "head"])
def test_another_method_than_post_is_refused(method):
    assert getattr(Client(), method)(WEBHOOK).status_code == 405


def test_no_csrf_token_is_needed():
    client = Client(enforce_csrf_checks=True)

    response = client.post(
        WEBHOOK, KICK, content_type="application/json", headers={"X-GenAuth-Token": SECRET}
    )

    assert response.status_code == 200


def test_nobody_has_to_be_signed_in(settings):
    settings.MIDDLEWARE = [
        *settings.MIDDLEWARE,
        f"{LoginRequiredMiddleware.__module__}.{LoginRequiredMiddleware.__name__}",
    ]

    assert tell("kick").status_code == 200


def test_no_answer_is_stored():
    assert "no-store" in tell("kick")["Cache-Control"]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"eventName": "kick", "data": {"id": "user-1"}}, id="eventName, data, id"),
        pytest.param({"event": "kick", "user": {"userId": "user-1"}}, id="event, user, userId"),
        pytest.param({"type": "kick", "payload": {"sub": "user-1"}}, id="type, payload, sub"),
        pytest.param({"event": "kick", "data": {"_id": "user-1"}}, id="event, data, _id"),
        pytest.param({"event": "kick", "userId": "user-1"}, id="all in one"),
        pytest.param({"event": "kick", "data": {"user": {"id": "user-1"}}}, id="a user in data"),
        pytest.param(
            {"event": "kick", "id": "message-7", "data": {"id": "log-8", "userId": "user-1"}},
            id="beside ids of other things",
        ),
        pytest.param({"event": {}, "type": "kick", "data": [], "id": "user-1"}, id="odd members"),
        pytest.param({"event": "kick", "data": {"id": 7, "_id": "user-1"}}, id="an id of no text"),
    ],
)
def test_the_event_and_the_person_are_found(visitor, body):
    visitor.sign_in()

    response = post(body)

    assert response.status_code == 200
    assert not visitor.is_signed_in


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"eventName": "kick", "userId": "user-1"}, id="plain"),
        pytest.param({"eventName": "kick", "data": '{"id": "user-1"}'}, id="with JSON in it"),
        pytest.param({"event": "kick", "data": "none", "sub": "user-1"}, id="with text in it"),
    ],
)
def test_a_form_is_read_too(visitor, fields):
    visitor.sign_in()

    response = post(urlencode(fields), content_type=f"{FORM}; charset=utf-8")

    assert response.status_code == 200
    assert not visitor.is_signed_in


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"eventName": "login", "data": {"id": "user-1"}}, id="an event of no matter"),
        pytest.param({"eventName": "KICK", "data": {"id": "user-1"}}, id="in other letters"),
        pytest.param({"eventName": "kick", "data": {"id": "user-9"}}, id="a person of no matter"),
        pytest.param({"eventName": "kick", "data": {}}, id="nobody"),
        pytest.param({"eventName": "kick", "data": {"id": ""}}, id="an empty id"),
        pytest.param({"eventName": "kick", "data": {"id": "user-1\0"}}, id="an id with NUL"),
        pytest.param({"eventName": "kick", "data": {"id": "a" * 256}}, id="an id too long"),
        pytest.param({"eventName": "kick", "data": {"id": ["user-1"]}}, id="an id in a list"),
    ],
)
def test_what_is_none_of_this_sites_business_is_acknowledged(visitor, body):
    visitor.sign_in()

    response = post(body)

    assert response.status_code == 200
    assert visitor.is_signed_in


@pytest.mark.parametrize(
    ("body", "content_type", "code"),
    [
        pytest.param(b"", "application/json", "webhook.json", id="empty"),
        pytest.param(b"kick", "application/json", "webhook.json", id="no JSON"),
        pytest.param(b"[]", "application/json", "webhook.json", id="no object"),
        pytest.param(b'{"a": 1, "a": 2}', "application/json", "webhook.json", id="a name twice"),
        pytest.param(b"\xff", "application/json", "webhook.json", id="no UTF-8"),
        pytest.param(b"[" * 60_000, "application/json", "webhook.nesting", id="a tower"),
        pytest.param(b"{}", "application/json", "webhook.event", id="no event"),
        pytest.param(b'{"event": 7}', "application/json", "webhook.event", id="no name"),
        pytest.param(b"\xff", FORM, "webhook.event", id="a form of no text"),
        pytest.param(b"&" * 2_000, FORM, "webhook.event", id="a form of many fields"),
        pytest.param(b"event=kick&data={", FORM, "webhook.json", id="a form with broken JSON"),
        pytest.param(b"--x--", "multipart/form-data; boundary=x", "webhook.json", id="files"),
        pytest.param(b" " * 65_537, "application/json", "webhook.request", id="too long"),
    ],
)
def test_a_body_that_says_nothing_is_refused_with_one_line(caplog, body, content_type, code):
    response = post(body, content_type=content_type)

    assert response.status_code == 400
    assert [message.split()[2] for message in caplog.messages] == [f"code={code}"]


def test_a_body_may_be_as_long_as_the_limit():
    text = json.dumps({"eventName": "login", "text": ""})
    room = 65_536 - len(text)

    response = post(json.dumps({"eventName": "login", "text": "a" * room}))

    assert response.status_code == 200


@pytest.mark.parametrize(
    "length", ["65537", "many", "-"], ids=["too long", "no number", "half a number"]
)
def test_a_length_that_cannot_be_is_refused_before_the_body_is_read(length):
    request = RequestFactory().post(
        WEBHOOK, KICK, content_type="application/json", headers={"X-GenAuth-Token": SECRET}
    )
    request.META["CONTENT_LENGTH"] = length
    request._stream = None

    response = WebhookView.as_view()(request)

    assert response.status_code == 400


@pytest.mark.parametrize(
    ("octets", "status"),
    [pytest.param(65_536, 200, id="the limit"), pytest.param(65_537, 400, id="one more")],
)
def test_a_body_that_names_no_length_is_counted(octets, status):
    headers = [(b"x-genauth-token", SECRET.encode()), (b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": WEBHOOK, "headers": headers}
    body = json.dumps({"eventName": "login"}).encode().ljust(octets)

    response = WebhookView.as_view()(ASGIRequest(scope, io.BytesIO(body)))

    assert response.status_code == status


def test_a_connection_that_breaks_off_is_refused():
    request = RequestFactory().post(
        WEBHOOK, KICK, content_type="application/json", headers={"X-GenAuth-Token": SECRET}
    )
    request._stream = Broken()  # type: ignore[assignment] # a stream that fails

    response = WebhookView.as_view()(request)

    assert response.status_code == 400


def test_live_tokens_are_neither_stored_nor_logged(visitor, caplog):
    caplog.set_level("DEBUG")
    visitor.sign_in(claims={"email": "old@example.org"})
    person = {"id": "user-1", "email": "new@example.org", "refresh_token": "a-live-token"}

    tell("user:updated", person, access_token="a-live-token")
    tell("refresh-token", person, access_token="a-live-token")

    assert "a-live-token" not in caplog.text
    assert "a-live-token" not in str(Identity.objects.get().claims)


def test_a_receiver_of_the_site_that_fails_is_asked_again(visitor, monkeypatch, caplog):
    visitor.sign_in()

    def fail(*arguments):
        raise DatabaseError("with a value of a row")

    monkeypatch.setattr(SessionStore, "delete", fail)

    response = tell("kick")

    assert response.status_code == 503
    assert "Webhook failed: app=default ip=127.0.0.1: DatabaseError" in caplog.text
    assert "with a value of a row" not in caplog.text


def test_settings_that_cannot_work_are_named_and_the_console_may_try_again(app, caplog):
    app["WEBHOOK_TOKEN"] = lambda: "short"

    response = tell("kick")

    assert response.status_code == 503
    assert "Webhook failed: code=configuration.value app=default" in caplog.text
