"""`grants.authorization`: requests to APIs with a person's access token, fresh and proven."""

import time

import pytest
import requests

from django_genauth import grants
from django_genauth.conf import get_client
from django_genauth.models import Grant
from django_genauth.protocol.errors import GrantError, ProviderError
from django_genauth.times import from_timestamp
from tests.support.grantees import a_grant

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("app")]

HOUR = 3600


def ask(grant):
    """Ask an API of the provider's own for what a token is needed."""
    return requests.get(
        get_client().endpoint("userinfo_endpoint"),
        auth=grants.authorization(grant.identity.user),
        timeout=5,
    )


def kinds(provider):
    return [
        request.headers["Authorization"].partition(" ")[0]
        for request in provider.requests_to("userinfo")
    ]


def test_a_fresh_token_is_shown(provider):
    grant = a_grant(provider, left=HOUR)

    answer = ask(grant)

    assert (answer.json()["sub"], kinds(provider)) == ("ada", ["Bearer"])
    assert not provider.requests_to("token")


def test_a_token_that_has_run_out_is_refreshed_first(provider):
    grant = a_grant(provider)

    answer = ask(grant)

    assert (answer.status_code, len(provider.requests_to("token"))) == (200, 1)
    assert kinds(provider) == ["Bearer"]


def test_a_token_that_the_api_refuses_is_refreshed_once(provider):
    grant = a_grant(provider, left=HOUR)
    provider.grants.find_token(grant.token_set["access_token"]).revoked = True

    answer = ask(grant)

    assert (answer.json()["sub"], len(provider.requests_to("token"))) == ("ada", 1)


def test_a_token_that_somebody_else_has_replaced_meanwhile_is_not_refreshed_again(provider):
    grant = a_grant(provider, left=HOUR)
    auth = grants.authorization(grant.identity.user)
    refused = auth._token()
    grants.refresh(grant)
    provider.forget_requests()

    fresh = auth._renew(refused)

    assert fresh.access_token == Grant.objects.get().token_set["access_token"]
    assert not provider.requests_to("token")


def test_each_request_asks_for_the_token_anew(provider):
    grant = a_grant(provider, left=HOUR)
    auth = grants.authorization(grant.identity.user)
    Grant.objects.update(expires_at=from_timestamp(0))

    requests.get(get_client().endpoint("userinfo_endpoint"), auth=auth, timeout=5)

    assert len(provider.requests_to("token")) == 1


def test_a_bound_token_is_shown_with_its_proof(provider, app):
    app["DPOP"] = True
    grant = a_grant(provider, left=HOUR)

    answer = ask(grant)

    assert (answer.json()["sub"], kinds(provider)) == ("ada", ["DPoP"])


def test_a_bound_token_is_refreshed_with_the_key_of_its_grant(provider, app):
    app["DPOP"] = True
    grant = a_grant(provider)

    ask(grant)

    kept = Grant.objects.get().token_set
    assert kept["dpop_key"] == grant.token_set["dpop_key"]
    assert kept["access_token"] != grant.token_set["access_token"]


def test_a_refresh_that_needs_a_nonce_gets_it(provider, app):
    app["DPOP"] = True
    grant = a_grant(provider)
    provider.proofs.nonce = f"nonce-{time.monotonic_ns()}"

    ask(grant)

    assert len(provider.requests_to("token")) == 2


def test_a_provider_that_asks_for_nonces_for_ever_does_not_end_the_grant(provider, app):
    app["DPOP"] = True
    grant = a_grant(provider)
    provider.lie(
        "token",
        status=400,
        body=b'{"error": "use_dpop_nonce"}',
        headers={"DPoP-Nonce": "again"},
    )
    codes = [refused(grant) for _ in range(4)]

    assert codes == ["oauth.use_dpop_nonce"] * 4
    assert Grant.objects.get().state == "active"


def refused(grant):
    """Refresh in vain, as if the pause after that were over; return the code of the error."""
    with pytest.raises(ProviderError) as caught:
        grants.refresh(Grant.objects.get())
    Grant.objects.update(retry_at=None)
    return caught.value.code


def test_the_key_is_in_no_row_that_can_be_read(provider, app):
    app["DPOP"] = True

    grant = a_grant(provider, left=HOUR)

    key = grant.token_set["dpop_key"]
    assert key not in str(Grant.objects.values().get())


def test_a_user_without_a_grant_gets_none(django_user_model):
    user = django_user_model.objects.create(username="nobody")

    with pytest.raises(GrantError) as caught:
        requests.get("http://127.0.0.1:9/", auth=grants.authorization(user), timeout=5)

    assert caught.value.code == "grant.missing"
