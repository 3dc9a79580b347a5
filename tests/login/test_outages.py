"""The database fails while somebody comes back from the provider: the page with status 503."""

import pytest
from django.db import DatabaseError, IntegrityError, connection

from django_genauth.models import LoginSession
from django_genauth.outages import is_outage, unavailable
from tests.support.outages import failing_after, read_only

pytestmark = pytest.mark.django_db(transaction=True)

# A login of somebody who has been here takes fewer statements than this.
ENOUGH = 40


def come_back(visitor, statements, **more):
    """Come back from the provider to a database that fails after so many statements."""
    url = visitor.begin()
    answer = visitor.provider.respond(url, sub="user-1", **more)
    with failing_after(statements):
        return visitor.bring(answer)


def test_a_database_that_takes_no_writes_is_a_503_that_says_when_to_come_back(visitor, refusals):
    with read_only():
        response = visitor.sign_in()

    assert (response.status_code, response["Retry-After"]) == (503, "30")
    assert refusals.codes == ["database_unavailable"]
    assert "Sign-in is not available right now" in response.content.decode()
    assert not visitor.is_signed_in


def test_who_is_known_is_told_the_same(visitor, refusals):
    visitor.sign_in()
    visitor.client.cookies.clear()

    with read_only():
        response = visitor.sign_in()

    assert response.status_code == 503
    assert refusals.codes == ["database_unavailable"]


def test_who_is_signed_in_already_stays_so(visitor, session_middleware):
    visitor.sign_in()

    with read_only():
        response = visitor.sign_in()

    assert response.status_code == 503
    assert visitor.is_signed_in


# Behind the page Django saves the session once more, and answers 400 by itself if it cannot.
@pytest.mark.parametrize("statements", range(ENOUGH))
def test_at_whatever_moment_it_goes_away_a_new_person_is_told_so(visitor, statements):
    response = come_back(visitor, statements)

    assert response.status_code == 503 or LoginSession.objects.exists()


@pytest.mark.parametrize("statements", range(ENOUGH))
def test_at_whatever_moment_it_goes_away_who_is_signed_in_is_told_so(
    visitor, session_middleware, statements
):
    visitor.sign_in()
    before = LoginSession.objects.get()

    response = come_back(visitor, statements)

    assert response.status_code == 503 or LoginSession.objects.get() != before


def test_with_atomic_requests_it_is_the_same(visitor, monkeypatch, refusals):
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)

    response = come_back(visitor, 0)

    assert response.status_code == 503
    assert refusals.codes == ["database_unavailable"]


def test_nothing_of_the_databases_own_words_is_shown_or_logged(visitor, refusals, settings):
    settings.DEBUG = True

    response = come_back(visitor, 0)

    assert "The database failed (OperationalError)" in refusals.text
    assert "a value of a row" not in refusals.text + response.content.decode()


def test_a_mistake_is_none(visitor, monkeypatch):
    def refuse(*args, **kwargs):
        raise IntegrityError

    monkeypatch.setattr(LoginSession, "save", refuse)

    with pytest.raises(IntegrityError):
        visitor.sign_in()


class Cause(Exception):
    """Name the database's own code, as the drivers do."""

    sqlstate = "53300"


def test_the_databases_own_code_is_named():
    error = DatabaseError()
    error.__cause__ = Cause()

    assert is_outage(error)
    assert str(unavailable(error)).startswith("The database failed (DatabaseError, 53300).")


@pytest.mark.parametrize(
    "query", [pytest.param("", id="bare"), pytest.param("?code=x&state=made-up", id="made-up")]
)
def test_a_callback_without_a_login_is_a_503_for_somebody_who_is_signed_in(
    visitor, query, refusals
):
    visitor.sign_in()

    with failing_after(0):
        response = visitor.client.get(f"/genauth/callback/{query}")

    assert response.status_code == 503
    assert refusals.codes == ["database_unavailable"]


def test_a_mistake_while_a_refusal_is_made_is_none_either(visitor):
    visitor.sign_in()

    def mistaken(*_):
        raise IntegrityError("a mistake")

    with connection.execute_wrapper(mistaken), pytest.raises(IntegrityError):
        visitor.client.get("/genauth/callback/?code=x&state=made-up")


def test_a_made_up_callback_asks_no_database(visitor):
    with failing_after(0):
        response = visitor.client.get("/genauth/callback/?code=x&state=made-up")

    assert response.status_code == 400


def test_a_refusal_is_shown_to_somebody_who_is_signed_in_as_well(visitor, refusals):
    visitor.sign_in()
    answer = visitor.provider.respond(visitor.begin(), error="access_denied", code=None)

    response = visitor.bring(answer)

    assert (response.status_code, refusals.codes) == (403, ["access_denied"])
