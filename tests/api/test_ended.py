"""Ended means ended: no token of before is good, also where an answer about it is kept."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import CommandError

from django_genauth import grants
from django_genauth.api import verify_bearer
from django_genauth.conf import get_app
from django_genauth.models import Identity
from django_genauth.protocol.errors import BearerError
from django_genauth.sessions import ended
from tests.support.administrators import IDENTITIES, act, an_administrator
from tests.support.bearers import a_person, a_token, an_opaque_token, call
from tests.support.console import SECRET, tell
from tests.support.grantees import a_grant

KINDS = ["jwt", "introspection"]


@pytest.fixture(params=KINDS)
def token_of(request, api, provider):
    """Issue tokens of both kinds."""
    api["API_TOKENS"] = request.param
    api["WEBHOOK_TOKEN"] = SECRET

    def issue(**changes):
        if request.param == "jwt":
            return a_token(provider, **changes)
        provider.lie("introspection", edit=lambda answer: answer | changes)
        return an_opaque_token(provider)

    return issue


def sign_out(provider, **named):
    """Have the provider sign somebody out by back channel."""
    token = provider.logout_token(**named)
    response = call("/genauth/backchannel-logout/", method="post", data={"logout_token": token})
    assert response.status_code == 200


def by_back_channel(provider):
    sign_out(provider, sub="user-1")


def by_back_channel_with_session(provider):
    sign_out(provider, sub="user-1", sid="s-1")


def by_the_console(provider):
    assert tell("kick").status_code == 200


def by_deletion_there(provider):
    assert tell("user:deleted").status_code == 200


def by_deletion_here(provider):
    get_user_model().objects.all().delete()


def by_deactivation(provider):
    user = get_user_model().objects.get()
    user.is_active = False
    user.save()


def by_command_for_a_subject(provider):
    call_command("genauth_logout", sub="user-1")


def by_command_for_a_subject_of_an_app(provider):
    call_command("genauth_logout", sub="user-1", app="default")


def by_an_administrator(provider):
    staff = an_administrator("view_identity", "view_loginsession", "delete_loginsession")
    response = act(staff, IDENTITIES, "end_sessions", Identity.objects.get())
    assert response.status_code == 302


def by_command_for_a_user(provider):
    call_command("genauth_logout", user="name-of-user-1")


ENDS = [
    by_back_channel,
    by_back_channel_with_session,
    by_the_console,
    by_deletion_there,
    by_deletion_here,
    by_deactivation,
    by_command_for_a_subject,
    by_command_for_a_subject_of_an_app,
    by_command_for_a_user,
    by_an_administrator,
]


@pytest.mark.parametrize("users", ["known", "create", "none"])
@pytest.mark.parametrize("end", ENDS)
def test_who_has_ended_is_refused_at_once(api, provider, token_of, end, users):
    api["API_USERS"] = users
    a_person(provider)
    token = token_of()
    before = call("/reports/", token).status_code

    end(provider)

    assert (before, call("/reports/", token).status_code) == (200, 401)


@pytest.mark.parametrize("end", ENDS)
def test_the_others_are_not(api, provider, token_of, end):
    api["API_USERS"] = "none"
    a_person(provider)
    token = token_of(sub="user-2")

    end(provider)

    assert call("/reports/", token).status_code == 200


def test_somebody_who_is_unknown_here_is_signed_out_too(api, provider, token_of):
    token = token_of()
    call("/reports/", token)

    by_back_channel(provider)

    assert call("/reports/", token).status_code == 401


def test_a_token_of_later_is_good(provider, token_of):
    by_back_channel(provider)

    assert call("/reports/", token_of(iat=int(time.time()) + 2)).status_code == 200


def test_the_log_says_why(provider, token_of, refusals):
    token = token_of()
    by_back_channel(provider)

    call("/reports/", token)

    assert refusals.codes == ["bearer.ended"]


@pytest.mark.parametrize(
    ("named", "status"),
    [
        pytest.param({"sub": "user-1", "sid": "s-1"}, 401, id="its own"),
        pytest.param({"sid": "s-1"}, 401, id="its own, without a subject"),
        pytest.param({"sub": "user-1"}, 401, id="all of the person"),
        pytest.param({"sub": "user-1", "sid": "s-2"}, 200, id="another one"),
    ],
)
def test_a_token_that_names_a_session_ends_with_that(provider, token_of, named, status):
    token = token_of(sid="s-1")

    sign_out(provider, **named)

    assert call("/reports/", token).status_code == status


def test_an_answer_that_is_under_way_at_that_moment_is_refused(api, provider):
    api["API_TOKENS"], api["API_USERS"] = "introspection", "none"
    go_on = threading.Event()
    verify_bearer(an_opaque_token(provider))
    provider.forget_requests()
    provider.lie("introspection", until=go_on)

    with ThreadPoolExecutor(1) as pool:
        under_way = pool.submit(verify_bearer, an_opaque_token(provider))
        while not provider.requests_to("introspection"):
            time.sleep(0.01)
        ended.mark(provider.issuer, subject="user-1")
        go_on.set()
        error = under_way.exception()

    assert isinstance(error, BearerError)
    assert error.code == "bearer.ended"


def test_an_answer_without_a_time_is_of_when_the_provider_was_asked(api, provider):
    api["API_TOKENS"] = "introspection"
    provider.lie("introspection", edit=lambda answer: answer | {"iat": None})
    old, new = an_opaque_token(provider), an_opaque_token(provider)
    call("/reports/", old)

    ended.mark(provider.issuer, subject="user-1")

    statuses = [call("/reports/", token).status_code for token in (old, new)]
    assert statuses == [401, 200]


def test_after_a_grant_is_revoked_the_provider_is_asked_anew(api, provider):
    api["API_TOKENS"] = "introspection"
    grant = a_grant(provider)
    token = an_opaque_token(provider)
    provider.lie("introspection", edit=lambda answer: answer | {"sub": grant.identity.subject})
    call("/reports/", token)
    provider.grants.revoke(token)

    grants.revoke(grant, get_app())

    assert call("/reports/", token).status_code == 401


@pytest.mark.parametrize(("ends", "status"), [(True, 401), (False, 200)])
def test_a_changed_password_ends_tokens_where_it_ends_sessions(api, token_of, ends, status):
    api["WEBHOOK_PASSWORD_CHANGE_ENDS_SESSIONS"] = ends
    token = token_of()

    tell("user:password-changed")

    assert call("/reports/", token).status_code == status


def test_the_command_ends_tokens_also_where_it_ends_no_session(provider, token_of, settings):
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
    token = token_of()

    with pytest.raises(CommandError):
        call_command("genauth_logout", sub="user-1")

    assert call("/reports/", token).status_code == 401


def test_who_was_deleted_here_is_not_made_anew_by_an_old_token(api, provider, token_of):
    api["API_USERS"] = "create"
    token = token_of()
    call("/reports/", token)

    by_deletion_here(provider)
    call("/reports/", token)

    assert not Identity.objects.exists()
