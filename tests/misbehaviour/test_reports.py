"""An error that nobody foresaw, at each step of a login: its reports hold nothing secret.

The steps are broken on purpose. Looked at are the page that DEBUG shows, the mail that ADMINS get,
in text and in HTML, and the record in the log.
"""

import sys
from collections.abc import Iterator

import pytest
from django.contrib import auth
from django.core.signals import got_request_exception
from django.views.debug import ExceptionReporter, get_exception_reporter_filter

from django_genauth import backends, sealing
from django_genauth.backends import claims
from django_genauth.client import endpoints, transport
from django_genauth.grants import rows
from django_genauth.login import flow, pending, used_states
from django_genauth.protocol import authorization, id_token, jws, messages, tokens, userinfo
from django_genauth.signals import user_created
from tests.misbehaviour.watcher import secrets_of

pytestmark = pytest.mark.django_db

STEPS = [
    pytest.param(pending, "compare_digest", id="the cookie"),
    pytest.param(used_states, "mark", id="the mark"),
    pytest.param(authorization, "_required_member", id="the response"),
    pytest.param(messages, "encode_form", id="the form"),
    pytest.param(transport.Transport, "_read", id="the network"),
    pytest.param(tokens, "_seconds", id="the token answer"),
    pytest.param(jws, "_check_signature", id="the signature"),
    pytest.param(id_token, "_check_hashes", id="the claims"),
    pytest.param(flow, "merged", id="userinfo"),
    pytest.param(backends, "user_values", id="the user"),
    pytest.param(claims, "storable", id="the identity"),
    pytest.param(auth, "login", id="the session"),
    pytest.param(rows, "seal", id="the grant"),
    pytest.param(rows, "columns", id="the row"),
]


def broken(*_: object, **__: object) -> None:
    raise RuntimeError("broken on purpose")


@pytest.fixture
def app(app):
    app["USERINFO"] = True
    return app


@pytest.fixture
def mails() -> Iterator[list[str]]:
    """Write every report that Django would write, at the moment when it would."""
    written: list[str] = []

    def write(request, **_):
        for mailed in (True, False):
            reporter = ExceptionReporter(request, *sys.exc_info(), is_email=mailed)
            assert reporter.filter is get_exception_reporter_filter(request)
            written.extend([reporter.get_traceback_text(), reporter.get_traceback_html()])

    got_request_exception.connect(write)
    yield written
    got_request_exception.disconnect(write)


@pytest.fixture
def broken_receiver() -> Iterator[None]:
    """Have a receiver of the site's own that fails."""
    user_created.connect(broken)
    yield
    user_created.disconnect(broken)


@pytest.mark.parametrize("debug", [True, False], ids=["with DEBUG", "without DEBUG"])
@pytest.mark.parametrize(("place", "name"), STEPS)
def test_a_report_of_a_broken_callback_holds_nothing_secret(
    visitor, provider, settings, monkeypatch, mails, place, name, debug
):
    settings.DEBUG = debug
    callback = provider.authorize(visitor.begin())
    monkeypatch.setattr(place, name, broken)
    visitor.client.raise_request_exception = False

    response = visitor.come_back(callback)

    texts = [response.content.decode(), *mails]
    assert response.status_code == 500
    assert all("broken on purpose" in text for text in mails)
    assert not [each for each in secrets_of(provider) if any(each in text for text in texts)]


@pytest.mark.parametrize("debug", [True, False], ids=["with DEBUG", "without DEBUG"])
@pytest.mark.parametrize(
    ("place", "name"),
    [
        pytest.param(endpoints, "challenge_s256", id="the request"),
        pytest.param(sealing, "_encode", id="the cookie"),
    ],
)
def test_a_report_of_a_broken_login_page_holds_nothing_secret(
    visitor, provider, settings, monkeypatch, mails, place, name, debug
):
    settings.DEBUG = debug
    visitor.begin()
    monkeypatch.setattr(place, name, broken)
    visitor.client.raise_request_exception = False

    response = visitor.client.get("/genauth/login/?next=/members/")

    texts = [response.content.decode(), *mails]
    assert response.status_code == 500
    assert not [each for each in secrets_of(provider) if any(each in text for text in texts)]


@pytest.mark.usefixtures("broken_receiver")
def test_a_report_of_a_sites_own_receiver_holds_nothing_secret(visitor, provider, mails):
    visitor.client.raise_request_exception = False

    response = visitor.sign_in()

    assert response.status_code == 500
    assert not [each for each in secrets_of(provider) if any(each in text for text in mails)]


@pytest.mark.usefixtures("broken_receiver")
def test_an_address_that_a_server_writes_elsewhere_is_taken_out_too(visitor, provider, mails):
    callback = provider.authorize(visitor.begin())
    path = callback.removeprefix("http://testserver")

    visitor.client.raise_request_exception = False

    visitor.client.get(path, RAW_URI=path, REQUEST_URI=path, HTTP_X_ORIGINAL_URL=callback)

    assert all("broken on purpose" in text for text in mails)
    assert not [each for each in secrets_of(provider) if any(each in text for text in mails)]


def test_the_session_of_somebody_who_is_signed_in_is_taken_out_too(visitor, mails, request):
    visitor.sign_in()
    request.getfixturevalue("broken_receiver")
    session_key = visitor.client.session.session_key

    visitor.client.raise_request_exception = False

    visitor.sign_in(sub="somebody-else")

    assert all("broken on purpose" in text for text in mails)
    assert not any(session_key in text for text in mails)


def test_a_posted_answer_is_taken_out_too(visitor, provider, app, mails, monkeypatch):
    app["RESPONSE_MODE"] = "form_post"
    answer = provider.respond(visitor.begin())
    monkeypatch.setattr(userinfo, "read_answer", broken)
    visitor.client.raise_request_exception = False

    response = visitor.client.post("/genauth/callback/", dict(answer.pairs))

    assert response.status_code == 500
    assert not [each for each in secrets_of(provider) if any(each in text for text in mails)]
