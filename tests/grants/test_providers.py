"""Grants at real providers: those that know some kinds of tokens, and those that revoke none."""

import json

import pytest

from django_genauth import grants
from django_genauth.conf import get_app
from django_genauth.models import Grant
from django_genauth.protocol.errors import ConfigurationError, OAuthError
from tests.support.grantees import a_grant

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("app")]

INACTIVE = json.dumps({"active": False}).encode()


def hints(provider):
    return [
        request.form.get("token_type_hint") for request in provider.requests_to("introspection")
    ]


def without_revocation_endpoint(document):
    return {name: each for name, each in document.items() if name != "revocation_endpoint"}


def test_keycloak_is_told_that_it_is_a_refresh_token(provider):
    grant = a_grant(provider)
    provider.lie(
        "introspection",
        body=INACTIVE,
        when=lambda request: request.form.get("token_type_hint") != "refresh_token",
    )

    state = grants.introspect(grant, get_app())

    assert state["active"] is True
    assert hints(provider) == ["refresh_token"]


def test_an_access_token_is_said_to_be_one(provider):
    grant = a_grant(provider, refresh_token=None)

    grants.introspect(grant, get_app())

    assert hints(provider) == ["access_token"]


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param({"body": INACTIVE}, id="LemonLDAP and zitadel/oidc"),
        pytest.param(
            {"status": 400, "body": b'{"error": "unsupported_token_type"}'}, id="one that says so"
        ),
    ],
)
def test_a_provider_that_knows_access_tokens_alone_is_asked_about_that(provider, answer):
    grant = a_grant(provider, left=3600)
    provider.lie(
        "introspection", when=lambda it: it.form["token_type_hint"] == "refresh_token", **answer
    )

    state = grants.introspect(grant, get_app())

    assert state["active"] is True
    assert hints(provider) == ["refresh_token", "access_token"]


def test_a_grant_that_is_dead_is_inactive_by_both_tokens(provider):
    grant = a_grant(provider)
    provider.grants.revoke(grant.token_set["refresh_token"])

    state = grants.introspect(grant, get_app())

    assert state == {"active": False}
    assert hints(provider) == ["refresh_token", "access_token"]


def test_another_refusal_of_the_hint_is_an_error(provider):
    grant = a_grant(provider)
    provider.lie("introspection", status=401, body=b'{"error": "invalid_client"}')

    with pytest.raises(OAuthError):
        grants.introspect(grant, get_app())

    assert hints(provider) == ["refresh_token"]


def test_at_lemonldap_which_revokes_nothing_a_grant_ends_here_and_is_named_once(provider, caplog):
    grant = a_grant(provider)
    provider.lie("discovery", edit=without_revocation_endpoint)
    get_app().client.provider._configuration._fetched()

    grants.revoke(grant, get_app())
    grants.revoke(grant, get_app())

    ended = Grant.objects.get()
    assert (ended.state, ended.token_set) == ("ended", None)
    assert caplog.messages == [
        "Ended here alone, as the provider has no revocation_endpoint:"
        f" grant={grant.pk} app=default"
    ]


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_either_token_of_such_a_grant_ends_it(provider, kind):
    grant = a_grant(provider)
    provider.lie("discovery", edit=without_revocation_endpoint)
    get_app().client.provider._configuration._fetched()

    grants.revoke_token(grant.token_set[kind], get_app())

    assert Grant.objects.get().state == "ended"


def test_a_token_that_nobody_knows_here_cannot_be_revoked_there(provider):
    provider.lie("discovery", edit=without_revocation_endpoint)

    with pytest.raises(ConfigurationError) as caught:
        grants.revoke_token("the-token", get_app())

    assert caught.value.code == "configuration.endpoint"


def test_deleting_somebody_leaves_no_grant_to_be_revoked_for_ever(
    provider, django_capture_on_commit_callbacks
):
    grant = a_grant(provider)
    provider.lie("discovery", edit=without_revocation_endpoint)
    get_app().client.provider._configuration._fetched()

    with django_capture_on_commit_callbacks(execute=True):
        grant.identity.user.delete()

    assert not Grant.objects.filter(state="revoking").exists()
