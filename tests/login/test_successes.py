"""What is logged and sent when somebody has signed in."""

import logging

import pytest
from django.contrib.auth import get_user_model

from django_genauth.signals import login_succeeded


@pytest.fixture
def log(caplog):
    """Read the lines of the log from INFO on."""
    caplog.set_level(logging.INFO, logger="django_genauth")
    return caplog


@pytest.fixture
def heard():
    """Listen to the signal."""
    calls = []

    def receive(sender, **kwargs):
        calls.append(kwargs)

    login_succeeded.connect(receive)
    yield calls
    login_succeeded.disconnect(receive)


def test_a_login_is_one_line(visitor, log):
    visitor.sign_in(sub="ada-at-the-provider")

    user = get_user_model().objects.get()
    assert log.messages == [f"Signed in: app=default user={user.pk} ip=127.0.0.1"]


def test_the_line_has_its_values_as_fields(visitor, log):
    visitor.sign_in()

    (record,) = log.records
    assert (record.event, record.app, record.ip) == ("login_succeeded", "default", "127.0.0.1")
    assert record.user == str(get_user_model().objects.get().pk)


def test_a_login_is_told_by_a_signal(visitor, heard):
    visitor.sign_in()

    (told,) = heard
    assert (told["app"], told["user"]) == ("default", get_user_model().objects.get())
    assert told["request"].session.session_key == visitor.client.session.session_key


def test_the_request_of_the_signal_has_no_code_any_more(visitor, heard):
    visitor.sign_in()

    assert "code" not in heard[0]["request"].GET


def test_a_receiver_that_raises_signs_nobody_out(visitor):
    def fail(**kwargs):
        raise RuntimeError("a receiver's own")

    login_succeeded.connect(fail)

    visitor.sign_in()

    login_succeeded.disconnect(fail)
    assert "_auth_user_id" in visitor.client.session


def test_a_login_that_is_refused_is_none(visitor, log, heard):
    visitor.sign_in(error="access_denied", code=None)

    assert [record.event for record in log.records] == ["login_refused"]
    assert heard == []


def test_an_identity_that_is_added_is_a_line_of_its_own_and_no_login(visitor, log, heard):
    visitor.sign_in(sub="ada")
    heard.clear()
    log.clear()

    url = visitor.client.post("/genauth/link/")["Location"]
    visitor.come_back(visitor.provider.authorize(url, sub="ada-at-work"))

    (line,) = log.messages
    assert line.startswith("An identity was added: app=default user=")
    assert heard == []
