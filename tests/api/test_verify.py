"""The functions that verify a token without a request."""

import copy
import pickle

import pytest
from asgiref.sync import async_to_sync

from django_genauth.api import averify_bearer, verify_bearer
from django_genauth.protocol.errors import BearerError, ConfigurationError, ProviderUnavailable
from tests.support.bearers import a_person, a_token, call, token_claims
from tests.support.provider import faults


def test_a_good_token_is_verified(api, provider):
    claims = token_claims(provider)

    bearer = verify_bearer(
        provider.sign("access_token", claims, provider.access_token_key), scopes=["reports:read"]
    )

    assert (bearer.subject, bearer.client_id) == ("user-1", "mobile-app")
    assert bearer.scopes == {"reports:read"}
    assert bearer.expires_at == claims["exp"]
    assert dict(bearer.claims) == claims
    assert bearer.user is None


def test_asynchronous_callers_get_the_same(api, provider):
    user = a_person(provider)

    assert async_to_sync(averify_bearer)(a_token(provider)).user == user


def test_a_scope_may_be_one_text(api, provider):
    with pytest.raises(BearerError) as refused:
        verify_bearer(a_token(provider), scopes="reports:read reports:write")

    assert refused.value.status == 403
    assert refused.value.error == "insufficient_scope"
    assert refused.value.scopes == ("reports:read", "reports:write")


@pytest.mark.parametrize("token", ["", " ", "a b", "a\n", "ü", None, 7, b"a", "x" * 100_001])
def test_what_is_no_token_is_refused(api, token):
    with pytest.raises(BearerError) as refused:
        verify_bearer(token)

    assert (refused.value.code, refused.value.status) == ("bearer.text", 401)


def test_a_bearer_shows_nothing_and_cannot_be_changed(api, provider):
    bearer = verify_bearer(a_token(provider))

    with pytest.raises(AttributeError):
        bearer.subject = "other"
    with pytest.raises(TypeError):
        bearer.claims["sub"] = "other"  # type: ignore[index] # that is what is tested
    assert f"{bearer} {bearer!r}" == "<Bearer> <Bearer>"


@pytest.mark.parametrize("write", [pickle.dumps, copy.deepcopy, copy.copy])
def test_a_bearer_is_not_pickled(api, provider, write):
    with pytest.raises(TypeError):
        write(verify_bearer(a_token(provider)))


def test_without_an_audience_no_token_is_accepted(api, provider, refusals):
    del api["API_AUDIENCE"]

    with pytest.raises(ConfigurationError):
        verify_bearer(a_token(provider))
    response = call("/reports/", a_token(provider))

    assert response.status_code == 503
    assert refusals.codes == ["configuration.api_audience"]


def test_an_app_that_is_not_there_is_ours_to_mend(api, provider):
    assert call("/partners/", a_token(provider)).status_code == 503


def test_one_of_several_audiences_is_accepted(api, provider):
    api["API_AUDIENCE"] = ["a", "b"]

    assert verify_bearer(a_token(provider, aud=["b", "c"])).subject == "user-1"


def test_another_algorithm_is_accepted_where_it_is_set(api, provider):
    from tests.support.provider.keys import signing_key

    api["API_TOKEN_SIGNED_RESPONSE_ALG"] = "ES256"
    provider.access_token_key = signing_key("ES256")
    provider.keys.append(provider.access_token_key)

    assert verify_bearer(a_token(provider)).subject == "user-1"


@pytest.mark.parametrize(
    "lie",
    [
        pytest.param({"status": 500}, id="out of order"),
        pytest.param({"status": 404}, id="not there"),
        pytest.param({"body": b"<html>"}, id="a page"),
        pytest.param({"body": b"{}"}, id="no keys"),
        pytest.param({"fault": faults.reset}, id="a connection that breaks"),
    ],
)
@pytest.mark.parametrize("endpoint", ["discovery", "jwks"])
def test_a_provider_that_cannot_be_asked_is_503_and_never_401(
    api, provider, refusals, endpoint, lie
):
    provider.lie(endpoint, **lie)

    response = call("/reports/", a_token(provider))

    assert response.status_code == 503
    assert int(response["Retry-After"]) > 0
    assert "WWW-Authenticate" not in response
    assert response["Cache-Control"] == "no-store"
    with pytest.raises(ProviderUnavailable):
        verify_bearer(a_token(provider))


def test_several_keys_and_no_name_are_the_tokens_fault(api, provider, refusals):
    provider.rotate_key()
    provider.forge("access_token", header_edit=lambda honest: {"alg": honest["alg"]})

    response = call("/reports/", a_token(provider))

    assert (response.status_code, refusals.codes) == (401, ["bearer.ambiguous"])


def test_no_request_is_sent_for_a_token_when_the_keys_are_known(api, provider):
    call("/reports/", a_token(provider))
    provider.forget_requests()

    assert call("/reports/", a_token(provider)).status_code == 200
    assert provider.requests == []
