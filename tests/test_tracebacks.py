"""What a traceback shows: where something failed, and no value of a variable of this package."""

import asyncio
from collections.abc import Iterator
from unittest import mock

import pytest
from django.db import DatabaseError
from django.db.models import QuerySet

from django_genauth import conf, grants, tracebacks
from django_genauth.conf import get_app
from django_genauth.grants import rows
from django_genauth.models import LoginSession
from django_genauth.sealing import seal, unseal
from django_genauth.sessions import registry
from tests.support.grantees import a_grant
from tests.support.provider.scripted import CLIENT_SECRET
from tests.support.signed_in import a_session, an_identity

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("app")]


def frames_of(error: BaseException | None) -> Iterator[tuple[str, str]]:
    """Yield the function and the variables of each frame, as collectors read them."""
    while error is not None:
        traceback = error.__traceback__
        while traceback is not None:
            frame = traceback.tb_frame
            yield f"{frame.f_globals['__name__']}.{frame.f_code.co_name}", repr(frame.f_locals)
            traceback = traceback.tb_next
        error = error.__context__


def seen_after(act):
    """Return what a collector sees of an act that fails, without the frames of who acts."""
    with pytest.raises(Exception) as caught:  # noqa: PT011 # whatever it is
        act()
    theirs = ("django.test.client.", f"{__name__}.seen_after", f"{__name__}.<lambda>")
    frames = [each for each in frames_of(caught.value) if not each[0].startswith(theirs)]
    return repr(frames) + repr(caught.value.args)


@pytest.fixture
def grant(provider):
    return a_grant(provider)


@pytest.mark.parametrize(
    ("endpoint", "act"),
    [
        pytest.param("token", lambda it: grants.get_access_token(it.identity.user), id="refresh"),
        pytest.param("revocation", lambda it: grants.revoke(it, conf.get_app()), id="revoke"),
        pytest.param("introspection", lambda it: grants.introspect(it, conf.get_app()), id="ask"),
    ],
)
def test_a_provider_that_is_down_shows_no_token(provider, grant, endpoint, act):
    tokens = dict(grant.token_set)
    provider.lie(endpoint, status=503)

    seen = seen_after(lambda: act(grant))

    assert tokens["access_token"] not in seen
    assert tokens["refresh_token"] not in seen
    assert CLIENT_SECRET not in seen


@pytest.mark.parametrize(
    ("endpoint", "act"),
    [
        pytest.param("token", lambda it: it.client_credentials("api"), id="machine"),
        pytest.param(
            "token",
            lambda it: it.client_credentials("api", access_key="k", secret_key="THE-TEXT"),
            id="machine with keys",
        ),
        pytest.param("introspection", lambda it: it.introspect_token("THE-TEXT"), id="introspect"),
        pytest.param("revocation", lambda it: it.revoke_token("THE-TEXT"), id="revoke"),
        pytest.param("token", lambda it: it.refresh("THE-TEXT"), id="refresh"),
        pytest.param(
            "token",
            lambda it: it.exchange_code("THE-TEXT", redirect_uri="https://a", code_verifier=None),
            id="code",
        ),
    ],
)
def test_a_client_whose_provider_is_down_shows_nothing(provider, endpoint, act):
    client = conf.get_client()
    provider.lie(endpoint, status=503)

    seen = seen_after(lambda: act(client))

    assert "THE-TEXT" not in seen
    assert CLIENT_SECRET not in seen


def test_settings_that_cannot_work_show_no_secret(app):
    app["TIMEOUTT"] = 3

    assert CLIENT_SECRET not in seen_after(conf.get_client)


def test_a_session_engine_that_is_down_shows_no_session_key():
    key = a_session(an_identity()).session_key.open()

    with mock.patch.object(QuerySet, "delete", side_effect=ConnectionError):
        seen = seen_after(lambda: registry.end(LoginSession.objects.all()))

    assert key not in seen


def test_a_database_that_fails_in_a_revocation_shows_no_token(provider, grant):
    tokens = dict(grant.token_set)

    with mock.patch.object(rows, "ended", side_effect=DatabaseError):
        seen = seen_after(lambda: grants.revoke(grant, get_app()))

    assert tokens["refresh_token"] not in seen


def test_a_middleware_that_fails_shows_no_session_key(visitor, session_middleware):
    visitor.sign_in()
    key = visitor.client.session.session_key

    with mock.patch.object(registry, "touch", side_effect=RuntimeError):
        seen = seen_after(lambda: visitor.client.get("/"))

    assert key not in seen


@pytest.mark.parametrize(
    "act",
    [
        pytest.param(lambda: seal({"a": "THE-TEXT", "b": {1}}, purpose="p", app=App), id="seal"),
        pytest.param(lambda: unseal("THE-TEXT", purpose="p", app=App), id="unseal"),
    ],
)
def test_sealing_that_fails_shows_neither_text_nor_key(act):
    assert "THE-TEXT" not in seen_after(act)


class App:
    """Have keys."""

    token_keys = (b"THE-TEXT" * 4,)


def test_where_it_failed_is_told():
    def fail():
        raise KeyError("of the site")

    seen = seen_after(tracebacks.without_variables(fail))

    assert "test_tracebacks.fail" in seen
    assert "of the site" in seen


def test_a_coroutine_shows_nothing():
    async def fail(token):
        raise KeyError

    seen = seen_after(lambda: asyncio.run(tracebacks.without_variables(fail)("THE-TEXT")))

    assert "THE-TEXT" not in seen


def test_a_coroutine_returns_what_it_returns():
    async def double(number):
        return 2 * number

    assert asyncio.run(tracebacks.without_variables(double)(4)) == 8


def test_the_error_that_it_came_from_shows_nothing():
    def fail(token):
        try:
            raise KeyError
        except KeyError as error:
            raise ValueError from error

    assert "THE-TEXT" not in seen_after(lambda: tracebacks.without_variables(fail)("THE-TEXT"))


def test_an_error_that_comes_of_itself_is_no_trap():
    error = KeyError()
    error.__cause__ = error.__context__ = ValueError()
    error.__cause__.__context__ = error

    assert tracebacks.clear_variables(error) is None


def test_frames_above_this_package_keep_what_they_hold():
    def of_the_site():
        kept = "what the site knows"
        conf.get_app("nobody's")
        return kept

    assert "what the site knows" in seen_after(of_the_site)
