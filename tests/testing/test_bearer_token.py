"""Access tokens for a site's API, without a provider."""

import pytest

from django_genauth import testing
from django_genauth.api import verify_bearer
from django_genauth.protocol.errors import BearerError, ProviderUnavailable
from tests.support.bearers import call

pytest_plugins = ["django_genauth.testing.pytest_plugin"]
pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.api.views")]


@pytest.fixture(params=["jwt", "introspection"])
def api(request, app):
    """Accept tokens of either kind."""
    app["API_AUDIENCE"] = "https://api.example"
    app["API_TOKENS"] = request.param
    return app


def refusal(token):
    with pytest.raises(BearerError) as refused:
        verify_bearer(token)
    return refused.value.code


def test_a_token_opens_a_view(api, genauth_bearer_token):
    token = genauth_bearer_token(sub="ada", scopes=["reports:read"])

    response = call("/reports/", token)

    assert response.json()["bearer"]["subject"] == "ada"


def test_a_token_without_the_scope_does_not(api, genauth_bearer_token):
    assert call("/reports/", genauth_bearer_token()).status_code == 403


def test_a_machine_has_no_sub(api, genauth_bearer_token):
    bearer = verify_bearer(genauth_bearer_token(sub=None))

    assert (bearer.is_machine, bearer.subject) == (True, None)


def test_claims_are_what_the_token_says(api, genauth_bearer_token):
    bearer = verify_bearer(
        genauth_bearer_token(claims={"acr": "gold", "client_id": None, "azp": "a"})
    )

    assert (bearer.claims["acr"], bearer.client_id) == ("gold", "a")


def test_an_expired_token_is_refused(api, genauth):
    genauth.issues_expired_bearer_tokens()

    assert refusal(genauth.bearer_token()) == "bearer.exp"


def test_a_token_of_another_api_is_refused(api, genauth):
    genauth.issues_bearer_tokens_of_another_api()

    assert refusal(genauth.bearer_token()) == "bearer.aud"


def test_after_the_recovery_tokens_are_good(api, genauth):
    genauth.issues_expired_bearer_tokens()
    genauth.recovers()

    assert verify_bearer(genauth.bearer_token()).subject == "user-1"


def test_a_provider_that_is_down_cannot_be_asked(api, genauth):
    token = genauth.bearer_token()
    genauth.goes_down()

    with pytest.raises(ProviderUnavailable):
        verify_bearer(token)


@pytest.mark.parametrize("alg", ["ES256", "EdDSA", "PS256", "RS256"])
def test_a_token_is_signed_as_the_settings_say(app, genauth, alg):
    app["API_AUDIENCE"] = ["a", "b"]
    app["API_TOKEN_SIGNED_RESPONSE_ALG"] = alg

    tokens = [genauth.bearer_token(), genauth.bearer_token()]

    assert {verify_bearer(token).subject for token in tokens} == {"user-1"}


@pytest.mark.parametrize("alg", ["ES256", "HS256", "RS256"])
def test_an_answer_is_signed_as_the_settings_say(app, genauth, alg):
    app["API_AUDIENCE"] = "a"
    app["API_TOKENS"] = "introspection"
    app["INTROSPECTION_SIGNED_RESPONSE_ALG"] = alg

    assert verify_bearer(genauth.bearer_token()).subject == "user-1"


def test_a_test_case_issues_one_by_a_function(api, genauth):
    assert verify_bearer(testing.genauth_bearer_token(sub="ada")).subject == "ada"


def test_without_a_fake_nobody_could_accept_it(api):
    with pytest.raises(RuntimeError):
        testing.genauth_bearer_token()


def test_a_site_that_accepts_no_tokens_gets_none(app, genauth):
    with pytest.raises(LookupError):
        genauth.bearer_token()
