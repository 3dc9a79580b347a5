"""The signal that tells of each request to a provider."""

import pytest

from django_genauth.conf import get_client
from django_genauth.protocol.errors import GenAuthError
from django_genauth.signals import provider_asked


@pytest.fixture
def heard():
    """Listen to the signal."""
    calls = []

    def receive(sender, **kwargs):
        calls.append(kwargs)

    provider_asked.connect(receive)
    yield calls
    provider_asked.disconnect(receive)


def test_the_signal_names_app_endpoint_status_and_seconds(provider, app, settings, heard):
    settings.GENAUTH = {"default": app, "partners": dict(app)}

    get_client("partners").metadata()

    (told,) = heard
    assert (told["app"], told["endpoint"], told["status"], told["error"]) == (
        "partners",
        "configuration",
        200,
        None,
    )
    assert 0 <= told["waited"] <= told["seconds"] < 5


def test_the_signal_tells_of_a_request_that_failed(provider, app, heard):
    provider.stop()

    with pytest.raises(GenAuthError):
        get_client().metadata()

    assert [(told["status"], told["error"]) for told in heard] == [
        (None, "provider_unavailable.connection")
    ]


def test_a_login_is_told_request_by_request(visitor, heard):
    visitor.sign_in()

    assert [told["endpoint"] for told in heard] == ["configuration", "token_endpoint", "jwks_uri"]


def test_nothing_that_the_signal_tells_is_secret(visitor, heard, app):
    visitor.sign_in(sub="ada-at-the-provider")

    assert app["APP_SECRET"] not in repr(heard)
    assert "ada" not in repr(heard)
    assert visitor.provider.base_url not in repr(heard)


def test_a_receiver_that_raises_stops_no_login(visitor, caplog):
    def fail(**kwargs):
        raise RuntimeError("a receiver's own")

    provider_asked.connect(fail)

    response = visitor.sign_in()

    provider_asked.disconnect(fail)
    assert response.status_code == 302
    assert "_auth_user_id" in visitor.client.session
