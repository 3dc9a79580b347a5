"""How a logout token has to be sent, and how the request for its end is dealt with.

What the token has to say stands in `misbehaviour.test_logout_token`.
"""

from typing import Any

import pytest
from django.db import connection
from django.test import Client

from django_genauth.signals import logged_out_remotely
from tests.support.signed_in import BACK, log_out

pytestmark = pytest.mark.django_db


FORM = "application/x-www-form-urlencoded"
PARTS = "multipart/form-data; boundary=x"
PART = '--x\r\nContent-Disposition: form-data; name="logout_token"\r\n\r\nTOKEN\r\n--x--\r\n'


def posted(token, body, content_type=FORM):
    return Client().post(BACK, body.replace("TOKEN", token), content_type=content_type)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        pytest.param("", FORM, id="nothing"),
        pytest.param("id_token=TOKEN", FORM, id="another parameter"),
        pytest.param("logout_token=TOKEN&logout_token=TOKEN", FORM, id="twice"),
        pytest.param("logout_token=TOKEN&logout_token=", FORM, id="and once more, empty"),
        pytest.param("logout_token=TOKEN", "text/plain", id="text"),
        pytest.param('{"logout_token": "TOKEN"}', "application/json", id="JSON"),
        pytest.param("TOKEN", "application/logout+jwt", id="the token itself"),
        pytest.param("logout_token=TOKEN", f"{FORM}; charset=utf-16", id="another encoding"),
        pytest.param(f"logout_token=TOKEN&a={'a' * 131_072}", FORM, id="much beside it"),
        pytest.param(f"logout_token=TOKEN&{'a=1&' * 1_001}", FORM, id="a thousand parameters"),
        pytest.param(f"logout_token=TOKEN&a={'a' * 3_000_000}", FORM, id="megabytes"),
        pytest.param(PART, "multipart/form-data", id="parts without a boundary"),
        pytest.param(
            PART.replace('"logout_token"', '"logout_token"; filename="a"'), PARTS, id="file"
        ),
    ],
)
def test_what_is_no_form_with_one_token_is_refused(visitor, provider, refusals, body, content_type):
    visitor.sign_in(sub="ada", claims={"sid": "one"})
    token = provider.logout_token(sub="ada", sid="one")

    response = posted(token, body, content_type)

    assert (response.status_code, refusals.codes) == (400, ["logout_token.request"])
    assert "no-store" in response["Cache-Control"]
    assert visitor.client.get("/members/").status_code == 200


def test_a_form_of_parts_counts_too(visitor, provider):
    visitor.sign_in(sub="ada", claims={"sid": "one"})

    response = posted(provider.logout_token(sub="ada", sid="one"), PART, PARTS)

    assert response.status_code == 200
    assert visitor.client.get("/members/").status_code == 302


def test_a_token_in_the_address_is_refused(visitor, provider, refusals):
    visitor.sign_in(sub="ada", claims={"sid": "one"})
    token = provider.logout_token(sub="ada", sid="one")

    response = Client().post(f"{BACK}?logout_token={token}", "", content_type=FORM)

    assert (response.status_code, refusals.codes) == (400, ["logout_token.request"])
    assert visitor.client.get("/members/").status_code == 200


def test_parameters_that_nobody_knows_are_ignored(visitor, provider):
    visitor.sign_in(sub="ada", claims={"sid": "one"})
    token = provider.logout_token(sub="ada", sid="one")

    response = posted(token, "a=1&logout_token=TOKEN&b=2")

    assert response.status_code == 200
    assert visitor.client.get("/members/").status_code == 302


def test_octets_that_are_no_text_are_refused(app, refusals):
    response = Client().post(BACK, b"logout_token=%ff\xff", content_type=FORM)

    assert (response.status_code, refusals.codes) == (400, ["logout_token.framing"])


def test_a_body_that_breaks_off_is_refused(app, refusals):
    class BreaksOff:
        def read(self, *_):
            raise OSError("the connection was reset")

        readline = read

    environ: dict[str, Any] = {"wsgi.input": BreaksOff(), "CONTENT_LENGTH": "100"}

    response = Client().post(BACK, content_type=FORM, **environ)

    assert (response.status_code, refusals.codes) == (400, ["logout_token.request"])


def test_one_line_is_logged_for_a_refusal(app, caplog):
    Client().post(BACK, "logout_token=a.b.c", content_type=FORM)

    assert len(caplog.messages) == 1


@pytest.mark.django_db(transaction=True)
def test_what_is_done_counts_before_the_answer_is_sent(visitor, provider, monkeypatch):
    in_transaction = []

    def look(**_):
        in_transaction.append(connection.in_atomic_block)

    visitor.sign_in(claims={"sid": "one"})
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
    logged_out_remotely.connect(look)

    log_out(provider, sid="one")

    logged_out_remotely.disconnect(look)
    assert in_transaction == [False]


def test_an_engine_that_cannot_end_sessions_says_so(visitor, provider, settings, caplog):
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
    visitor.sign_in(sub="ada", claims={"sid": "one"})

    response = posted(provider.logout_token(sub="ada", sid="one"), "logout_token=TOKEN")

    assert response.status_code == 501
    assert response.json()["error"] == "invalid_request"
    assert "SESSION_ENGINE keeps sessions where only the browser can end them." in caplog.text


def test_its_frame_says_so_too(provider, settings, app):
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"

    response = Client().get("/genauth/frontchannel-logout/", {"iss": "a", "sid": "one"})

    assert response.status_code == 501
