"""Whoever refuses a verified person, and however late: nothing is left behind."""

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.models import Session
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection

from django_genauth.conf import get_app
from django_genauth.models import Grant, Identity, LoginSession
from django_genauth.protocol.errors import AccountRefused
from django_genauth.sessions import ended
from django_genauth.signals import identity_linked, user_created
from tests.support.signed_in import log_out

pytestmark = pytest.mark.django_db(transaction=True)

SIGNALS = [
    pytest.param(user_created, id="user_created"),
    pytest.param(identity_linked, id="identity_linked"),
    pytest.param(user_logged_in, id="user_logged_in"),
]


class ClosedBackend:
    def authenticate(self, request, **credentials):
        raise PermissionDenied("with the person's address in it")

    def get_user(self, user_id):
        return None


@pytest.fixture
def refuse():
    """Let a receiver of a signal raise an error, for one test."""
    connected = []

    def connect(signal, error):
        def receiver(**_):
            raise error

        signal.connect(receiver)
        connected.append((signal, receiver))

    yield connect
    for signal, receiver in connected:
        signal.disconnect(receiver)


def left_behind():
    models = (get_user_model(), Identity, LoginSession, Session)
    return [model.__name__ for model in models if model.objects.exists()]


@pytest.mark.parametrize("signal", SIGNALS)
@pytest.mark.parametrize(
    ("error", "code"),
    [
        pytest.param(AccountRefused("Closed.", reason="closed"), "account.closed", id="refuses"),
        pytest.param(PermissionDenied("ada@acme.example"), "account.denied", id="denies"),
    ],
)
def test_a_receiver_that_refuses_a_first_login_leaves_nothing(
    visitor, refusals, refuse, signal, error, code
):
    refuse(signal, error)

    response = visitor.sign_in()

    assert (response.status_code, refusals.codes) == (403, [code])
    assert left_behind() == []
    assert not visitor.is_signed_in


def test_a_receiver_that_fails_leaves_nothing_either(visitor, refuse):
    refuse(user_logged_in, RuntimeError("out of order"))
    visitor.client.raise_request_exception = False

    response = visitor.sign_in()

    assert response.status_code == 500
    assert left_behind() == []
    assert not visitor.is_signed_in


def test_what_a_receiver_says_of_the_person_is_not_logged(visitor, refusals, refuse):
    refuse(user_logged_in, PermissionDenied("ada@acme.example"))

    visitor.sign_in()

    assert "ada@acme.example" not in refusals.text


def test_a_known_person_who_is_refused_is_not_changed(visitor, refuse):
    visitor.sign_in(claims={"given_name": "Ada"})
    visitor.client.post("/genauth/logout/")
    refuse(user_logged_in, AccountRefused("Closed.", reason="closed"))

    visitor.sign_in(claims={"given_name": "Countess"})

    assert get_user_model().objects.get().first_name == "Ada"
    assert Identity.objects.get().claims["given_name"] == "Ada"


def test_the_refresh_token_of_a_refused_login_is_kept_to_be_revoked(visitor, app, refuse):
    app["SCOPE"] = "openid offline_access"
    refuse(user_logged_in, AccountRefused("Closed.", reason="closed"))

    visitor.sign_in()

    kept = Grant.objects.get()
    assert (kept.state, kept.identity) == ("revoking", None)
    assert visitor.provider.grants.find_token(kept.token_set["refresh_token"]).active


def test_somebody_who_is_signed_in_stays_so_when_another_login_is_refused(visitor, app):
    visitor.sign_in(sub="ada")
    app["CREATE_USERS"] = False

    response = visitor.sign_in(sub="grace")

    assert response.status_code == 403
    assert visitor.is_signed_in


def test_an_earlier_backend_that_denies_is_not_a_missing_backend(visitor, refusals, settings):
    closed = f"{__name__}.ClosedBackend"
    settings.AUTHENTICATION_BACKENDS = [closed, *settings.AUTHENTICATION_BACKENDS]

    response = visitor.sign_in()

    assert (response.status_code, refusals.codes) == (403, ["account.denied"])


def test_the_same_person_again_has_a_new_session_key(visitor):
    visitor.sign_in()
    first = visitor.client.session.session_key

    visitor.sign_in()

    assert visitor.client.session.session_key != first
    assert not Session.objects.filter(session_key=first).exists()


def test_a_logout_that_comes_while_a_login_is_under_way_wins(visitor, provider, refusals):
    callback = provider.authorize(visitor.begin(), sub="ada")

    log_out(provider, sub="ada")
    response = visitor.come_back(callback)

    assert (response.status_code, refusals.codes) == (403, ["account.signed_out"])
    assert not visitor.is_signed_in
    assert not LoginSession.objects.exists()


def test_a_logout_of_another_session_at_the_provider_stops_no_login(visitor, provider):
    callback = provider.authorize(visitor.begin(), sub="ada", claims={"sid": "two"})

    log_out(provider, sub="ada", sid="one")
    visitor.come_back(callback)

    assert visitor.is_signed_in


def test_a_logout_of_its_session_at_the_provider_stops_a_login(visitor, provider):
    callback = provider.authorize(visitor.begin(), sub="ada", claims={"sid": "one"})

    log_out(provider, sub="ada", sid="one")
    visitor.come_back(callback)

    assert not visitor.is_signed_in


def test_a_login_that_begins_after_a_logout_is_not_stopped(visitor, provider):
    log_out(provider, sub="ada")

    visitor.sign_in(sub="ada")

    assert visitor.is_signed_in


def test_a_mark_says_nothing_of_the_person_to_whoever_reads_the_cache(app):
    key = ended._key("https://acme.genauth.ai", "sub", "ada")

    assert "ada" not in key
    assert get_app().alias not in key


def test_a_token_that_is_stored_already_is_marked_and_not_stored_twice(visitor, provider, app):
    app["SCOPE"] = "openid offline_access"
    visitor.sign_in(sub="ada")
    callback = provider.authorize(visitor.begin(), sub="ada")
    log_out(provider, sub="ada")

    visitor.come_back(callback)

    states = Grant.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == ["active", "revoking"]


def test_a_database_that_fails_then_hides_no_refusal(visitor, app, refuse, refusals):
    app["SCOPE"] = "openid offline_access"
    refuse(user_logged_in, AccountRefused("Closed.", reason="closed"))

    def fail(execute, sql, params, many, context):
        if sql.startswith("INSERT") and "genauth_grant" in sql:
            raise DatabaseError("out of order")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(fail):
        visitor.sign_in()

    assert refusals.codes == ["account.closed"]
    assert "A refresh token was not kept to be revoked: DatabaseError" in refusals.text
