"""Asking the provider about grants in the admin, and ending them there."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model

from django_genauth import grants
from django_genauth.admin import actions
from django_genauth.conf import get_app
from django_genauth.models import Grant, Identity
from django_genauth.protocol.tokens import TokenSet
from tests.support.administrators import (
    GRANTS,
    act,
    an_administrator,
    levels_of,
    messages_of,
    text_of,
)
from tests.support.grantees import a_grant

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("app")]


def unknown_grants(provider, *, number, app="default"):
    """Store grants whose tokens the provider never gave."""
    user, _ = get_user_model().objects.get_or_create(username="many")
    for count in range(number):
        subject = f"{app}-{count}"
        identity = Identity.objects.create(user=user, issuer=provider.issuer, subject=subject)
        token_set = TokenSet(access_token=f"access-{subject}", token_type="Bearer")
        grants.store(identity, get_app(app), token_set)
    return list(Grant.objects.filter(app=app, identity__user=user).order_by("-pk"))


@pytest.fixture
def asking():
    return an_administrator("view_grant", "introspect_grant")


@pytest.fixture
def ending():
    return an_administrator("view_grant", "revoke_grant")


# Introspecting


def test_a_living_grant_is_active_until_the_provider_says(asking, provider):
    grant = a_grant(provider)

    said = messages_of(act(asking, GRANTS, "introspect", grant))

    assert said[0].startswith("ada @ default: active until ")
    assert said[1:] == ["Active: 1."]


def test_the_list_tells_when_the_provider_was_asked(asking, provider):
    grant = a_grant(provider)

    act(asking, GRANTS, "introspect", grant)

    grant.refresh_from_db()
    assert grant.introspected_at is not None


def test_a_grant_that_ended_at_the_provider_is_not_active(asking, provider):
    grant = a_grant(provider)
    provider.grants.revoke(grant.token_set["refresh_token"])

    said = messages_of(act(asking, GRANTS, "introspect", grant))

    assert said == ["ada @ default: not active", "Not active: 1."]


@pytest.mark.parametrize(
    "exp",
    [
        pytest.param({}, id="no end"),
        pytest.param({"exp": None}, id="null"),
        pytest.param({"exp": "tomorrow"}, id="text"),
        pytest.param({"exp": 10**30}, id="no date"),
        pytest.param({"exp": -(10**17)}, id="before all dates"),
    ],
)
def test_an_end_that_cannot_be_shown_is_not_shown(asking, provider, exp):
    grant = a_grant(provider)
    provider.lie("introspection", edit=lambda answer: {"active": True, **exp})

    said = messages_of(act(asking, GRANTS, "introspect", grant))

    assert said == ["ada @ default: active", "Active: 1."]


def test_a_provider_that_refuses_is_named_by_its_code(asking, provider):
    grant = a_grant(provider)
    provider.lie("introspection", status=401, body=b'{"error": "invalid_client"}')

    said = messages_of(act(asking, GRANTS, "introspect", grant))

    assert said == [
        "ada @ default: not answered (oauth.invalid_client)",
        "Not answered: 1.",
    ]


def test_a_grant_that_is_over_is_not_asked_about(asking, provider):
    grant = a_grant(provider)
    grants.revoke(grant, get_app())
    provider.forget_requests()

    said = messages_of(act(asking, GRANTS, "introspect", grant))

    assert said[0] == "ada @ default: not answered (grant.ended)"
    assert provider.requests == []


def test_twenty_answers_are_shown_and_all_are_counted(asking, provider):
    chosen = unknown_grants(provider, number=21)

    said = messages_of(act(asking, GRANTS, "introspect", *chosen))

    assert len(said) == 21
    assert said[-1] == "Not active: 21."


# Bounds


@pytest.mark.parametrize("action", ["introspect", "revoke"])
def test_more_grants_than_a_page_can_wait_for_are_for_the_command(provider, action):
    chosen = unknown_grants(provider, number=101)
    client = an_administrator("view_grant", f"{action}_grant")
    provider.forget_requests()

    said = messages_of(act(client, GRANTS, action, *chosen, post="yes"))

    assert said == [
        f"Nothing was done: at most 100 at once. For more there is manage.py genauth_{action}."
    ]
    assert provider.requests == []


def test_a_provider_that_is_down_is_asked_once(asking, provider):
    chosen = unknown_grants(provider, number=3)
    provider.lie("introspection", status=503)

    said = messages_of(act(asking, GRANTS, "introspect", *chosen))

    assert said[0].startswith("default-2 @ default: not answered (provider_unavailable")
    assert said[1:] == ["Not answered: 1. Not tried, as the provider does not answer in time: 2."]
    assert len(provider.requests_to("introspection")) == 1


def test_a_provider_that_refuses_is_asked_for_each(asking, provider):
    chosen = unknown_grants(provider, number=3)
    provider.lie("introspection", status=401, body=b'{"error": "invalid_client"}')

    act(asking, GRANTS, "introspect", *chosen)

    assert len(provider.requests_to("introspection")) == 3


def test_the_provider_of_another_app_is_asked_all_the_same(asking, provider, app, settings):
    settings.GENAUTH = {"default": app, "partner": app}
    chosen = [
        *unknown_grants(provider, number=1, app="partner"),
        *unknown_grants(provider, number=2),
    ]
    provider.lie("introspection", status=503, times=1)

    said = messages_of(act(asking, GRANTS, "introspect", *chosen))

    assert said[1] == "partner-0 @ partner: not active"


def test_a_slow_provider_is_not_asked_for_ever(asking, provider, monkeypatch):
    chosen = unknown_grants(provider, number=3)
    monkeypatch.setattr(actions, "_LAST_START", 0.2)
    provider.lie("introspection", delay=0.3)

    said = messages_of(act(asking, GRANTS, "introspect", *chosen))

    assert said[-1] == "Not active: 1. Not tried, as the provider does not answer in time: 2."


# Revoking


def test_revoking_asks_first(ending, provider):
    grant = a_grant(provider)

    page = act(ending, GRANTS, "revoke", grant)

    grant.refresh_from_db()
    assert "ada @ default (ada): active" in text_of(page)
    assert (provider.requests, grant.state) == ([], Grant.State.ACTIVE)


def test_the_question_names_grants_without_an_identity_too(ending, provider):
    grant = a_grant(provider)
    Grant.objects.filter(pk=grant.pk).update(identity=None, state=Grant.State.REVOKING)

    page = act(ending, GRANTS, "revoke", grant)

    assert "- @ default (-): to be revoked" in text_of(page)


def test_revoking_ends_the_grant_at_the_provider_and_here(ending, provider):
    grant = a_grant(provider)
    refresh_token = grant.token_set["refresh_token"]

    said = messages_of(act(ending, GRANTS, "revoke", grant, post="yes"))

    grant.refresh_from_db()
    assert said == ["Revoked: 1."]
    assert provider.grants.find_token(refresh_token).active is False
    assert (grant.state, grant.token_set) == (Grant.State.ENDED, None)


def test_what_was_revoked_stands_in_the_log_of_the_admin(ending, provider):
    grant = a_grant(provider)

    act(ending, GRANTS, "revoke", grant, post="yes")

    line = LogEntry.objects.get()
    assert line.user.get_username() == "staff"
    assert (line.object_id, line.get_change_message()) == (
        str(grant.pk),
        "Revoked at the provider.",
    )


def test_what_could_not_be_revoked_is_kept_and_said(ending, provider):
    grant = a_grant(provider)
    provider.lie("revocation", status=503)

    said = messages_of(act(ending, GRANTS, "revoke", grant, post="yes"))

    grant.refresh_from_db()
    code = "provider_unavailable.status_503"
    assert said == [
        f"ada @ default: not revoked ({code});"
        " kept to be tried again by genauth_revoke --all --pending",
        "Not revoked: 1.",
    ]
    assert grant.state == Grant.State.REVOKING
    assert LogEntry.objects.get().get_change_message() == (f"Not revoked at the provider: {code}.")


def test_a_grant_of_an_app_that_is_gone_stays_as_it_is(ending, provider, app, settings):
    grant = a_grant(provider)
    settings.GENAUTH = {"other": app}

    said = messages_of(act(ending, GRANTS, "revoke", grant, post="yes"))

    grant.refresh_from_db(fields=["state"])
    assert said == ["ada @ default: not revoked (configuration.alias)", "Not revoked: 1."]
    assert grant.state == Grant.State.ACTIVE


def test_a_grant_without_an_identity_is_named_by_its_number(ending, provider):
    [grant] = unknown_grants(provider, number=1)
    provider.lie("revocation", status=503)
    grant.identity.delete()

    said = messages_of(act(ending, GRANTS, "revoke", grant, post="yes"))

    assert said[0].startswith(f"#{grant.pk} @ default: not revoked")


def test_a_grant_that_is_over_is_not_revoked_again(ending, provider):
    grant = a_grant(provider)
    grants.revoke(grant, get_app())
    provider.forget_requests()

    said = messages_of(act(ending, GRANTS, "revoke", grant, post="yes"))

    assert said == ["Over before: 1."]
    assert (provider.requests, LogEntry.objects.count()) == ([], 0)


def test_grants_that_were_left_are_counted_and_not_logged(ending, provider):
    chosen = unknown_grants(provider, number=3)
    provider.lie("revocation", status=503)

    said = messages_of(act(ending, GRANTS, "revoke", *chosen, post="yes"))

    assert said[-1] == "Not revoked: 1. Not tried, as the provider does not answer in time: 2."
    assert LogEntry.objects.count() == 1


def test_the_page_after_revoking_holds_no_token(ending, provider):
    grant = a_grant(provider)
    tokens = grant.token_set
    provider.lie("revocation", status=503, body=tokens["refresh_token"].encode())
    act(ending, GRANTS, "revoke", grant, post="yes")

    pages = [ending.get(GRANTS), ending.get(f"{GRANTS}{grant.pk}/history/")]

    bodies = "".join(page.content.decode() for page in pages)
    assert "Not revoked: 1." in bodies
    assert [
        tokens[name] for name in ("access_token", "refresh_token") if tokens[name] in bodies
    ] == []


def test_what_was_revoked_is_a_success(ending, provider):
    grant = a_grant(provider)

    levels = levels_of(act(ending, GRANTS, "revoke", grant, post="yes"))

    assert levels == ["success"]


def test_what_was_not_revoked_is_none(ending, provider):
    grant = a_grant(provider)
    provider.lie("revocation", status=503)

    levels = levels_of(act(ending, GRANTS, "revoke", grant, post="yes"))

    assert levels == ["error", "warning"]


# Permissions


def test_who_may_introspect_is_offered_that_alone(asking, provider):
    a_grant(provider)

    page = asking.get(GRANTS).content.decode()

    assert ('value="introspect"' in page, 'value="revoke"' in page) == (True, False)


def test_who_may_revoke_is_offered_that_alone(ending, provider):
    a_grant(provider)

    page = ending.get(GRANTS).content.decode()

    assert ('value="introspect"' in page, 'value="revoke"' in page) == (False, True)


def test_who_may_only_look_cannot_revoke(provider):
    grant = a_grant(provider)

    act(an_administrator("view_grant"), GRANTS, "revoke", grant, post="yes")

    grant.refresh_from_db()
    assert (provider.requests, grant.state) == ([], Grant.State.ACTIVE)


def test_who_may_only_look_cannot_introspect(provider):
    grant = a_grant(provider)

    act(an_administrator("view_grant"), GRANTS, "introspect", grant)

    assert provider.requests == []


def test_who_may_revoke_and_not_look_cannot_revoke(provider):
    grant = a_grant(provider)

    response = act(an_administrator("revoke_grant"), GRANTS, "revoke", grant, post="yes")

    assert (response.status_code, provider.requests) == (403, [])
