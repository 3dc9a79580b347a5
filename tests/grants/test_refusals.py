"""What a provider's refusal of a refresh says of the grant: that it ends, stays, or nothing yet."""

import json

import pytest

from django_genauth import grants
from django_genauth.models import Grant
from django_genauth.protocol.errors import GenAuthError
from tests.support.grantees import a_grant

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("app")]

UNCLEAR = [
    pytest.param({"status": 400, "body": b'{"error": "invalid_request"}'}, id="LemonLDAP::NG"),
    pytest.param({"status": 400, "body": b""}, id="Glewlwyd"),
]


def refuse(provider, lie, *, times=1):
    """Ask for an access token so often, with nothing to wait for between."""
    grant = Grant.objects.select_related("identity__user").get()
    provider.lie("token", **lie)
    codes = []
    for _ in range(times):
        Grant.objects.update(retry_at=None)
        with pytest.raises(GenAuthError) as caught:
            grants.get_access_token(grant.identity.user)
        codes.append(caught.value.code)
    return codes


@pytest.mark.parametrize(
    "word",
    [
        "invalid_grant",
        "interaction_required",
        "login_required",
        "consent_required",
        "token_inactive",
        "invalid_token",
    ],
)
def test_a_word_about_the_grant_ends_it(provider, word):
    a_grant(provider)

    codes = refuse(provider, {"status": 400, "body": json.dumps({"error": word}).encode()})

    assert codes == ["grant.ended"]
    assert Grant.objects.get().state == "ended"


@pytest.mark.parametrize(
    "word", ["invalid_client", "unauthorized_client", "temporarily_unavailable", "server_error"]
)
def test_a_word_about_the_client_or_the_server_never_ends_it(provider, word):
    a_grant(provider)

    refuse(provider, {"status": 400, "body": json.dumps({"error": word}).encode()}, times=4)

    assert Grant.objects.get().state == "active"


@pytest.mark.parametrize("lie", UNCLEAR)
def test_a_refusal_that_may_mean_anything_ends_it_when_it_comes_three_times(provider, lie):
    a_grant(provider)

    refuse(provider, lie, times=2)
    after_two = Grant.objects.get().state
    (code,) = refuse(provider, lie)

    assert (after_two, Grant.objects.get().state, code) == ("active", "ended", "grant.ended")


def test_another_answer_between_them_begins_the_count_anew(provider):
    a_grant(provider)
    refuse(provider, {"status": 400, "body": b""}, times=2)

    refuse(provider, {"status": 503})
    refuse(provider, {"status": 400, "body": b""}, times=2)

    assert Grant.objects.get().state == "active"


def test_a_refresh_that_works_begins_the_count_anew(provider):
    grant = a_grant(provider)
    Grant.objects.update(refused_count=2)

    grants.get_access_token(grant.identity.user)

    assert Grant.objects.get().refused_count == 0


def test_each_such_refusal_is_logged(provider, caplog):
    grant = a_grant(provider)

    refuse(provider, {"status": 400, "body": b""}, times=2)

    assert [message for message in caplog.messages if "refused" in message] == [
        f"A refresh was refused: grant={grant.pk} code=token_response.status_400"
        f" times={times} app=default"
        for times in (1, 2)
    ]


def test_a_refusal_that_ends_the_grant_is_one_line(provider, caplog):
    grant = a_grant(provider)

    refuse(provider, {"status": 400, "body": b'{"error": "invalid_grant"}'}, times=1)

    assert caplog.messages == [
        f"A refresh has ended the grant: grant={grant.pk} code=oauth.invalid_grant app=default"
    ]


def test_a_provider_that_is_out_of_order_is_one_line(provider, caplog):
    grant = a_grant(provider)

    refuse(provider, {"status": 503}, times=1)

    assert caplog.messages == [
        f"A refresh failed: grant={grant.pk} code=provider_unavailable.status_503 app=default"
    ]


def test_what_the_grant_had_replaced_is_to_be_revoked_when_it_ends(provider):
    older, newer = a_grant(provider), a_grant(provider)
    Grant.objects.filter(pk=older.pk).update(successor=newer)
    provider.lie("token", status=400, body=b'{"error": "invalid_grant"}')

    with pytest.raises(GenAuthError):
        grants.get_access_token(newer.identity.user)

    states = Grant.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == ["revoking", "ended"]
