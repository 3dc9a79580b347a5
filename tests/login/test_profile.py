"""A login with PROFILE: what it demands of a provider beyond what that announces."""

import pytest

from django_genauth.models import Grant
from django_genauth.protocol.client_keys import generate_key
from tests.support.provider.scripted import CLIENT_ID, ScriptedProvider
from tests.support.site.visitor import Visitor

pytestmark = pytest.mark.django_db

KEY, CLIENT_KEY = generate_key("ES256")


@pytest.fixture
def provider():
    """Run a provider that knows the site by its key, and names itself in its answers."""
    with ScriptedProvider(client_id=CLIENT_ID, alg="ES256", tls=True) as running:
        running.auth_methods = dict.fromkeys(running.auth_methods, "private_key_jwt")
        running.client_keys = [CLIENT_KEY.public()]
        running.require_pushed = True
        running.iss_in_response = True
        yield running


@pytest.fixture
def app(provider, settings):
    """Let the site follow the profile, with the few settings that it needs."""
    values = {
        "APP_ID": CLIENT_ID,
        "APP_HOST": provider.base_url,
        "CA_BUNDLE": str(provider.ca_bundle),
        "PROFILE": "fapi2",
        "CLIENT_KEYS": [KEY],
        "ID_TOKEN_SIGNED_RESPONSE_ALG": "ES256",
    }
    settings.GENAUTH = {"default": values}
    return values


@pytest.fixture
def visitor(app, provider):
    return Visitor(provider)


def test_a_person_signs_in(visitor):
    visitor.sign_in()

    assert visitor.is_signed_in
    assert Grant.objects.get().token_set["token_type"] == "DPoP"


def test_nothing_but_the_name_of_the_request_goes_through_the_browser(visitor):
    query = visitor.begin().partition("?")[2]

    assert [each.partition("=")[0] for each in query.split("&")] == ["client_id", "request_uri"]


def test_each_request_has_a_challenge_of_its_own(visitor, provider):
    visitor.begin()
    visitor.begin()

    first, second = [each.form for each in provider.requests_to("pushed_authorization")]
    assert first["code_challenge"] != second["code_challenge"]
    assert first["code_challenge_method"] == second["code_challenge_method"] == "S256"


def test_a_provider_without_pushed_requests_is_refused(visitor, provider, refusals):
    provider.require_pushed = False
    provider.lie(
        "discovery",
        edit=lambda document: document | {"pushed_authorization_request_endpoint": None},
    )

    response = visitor.client.get("/genauth/login/")

    assert (response.status_code, refusals.codes) == (503, ["configuration.endpoint"])


def test_an_answer_that_does_not_name_the_provider_is_refused(visitor, provider, refusals):
    provider.iss_in_response = False

    visitor.sign_in()

    assert refusals.codes == ["authorization_response.iss_missing"]
    assert not visitor.is_signed_in


def test_an_unknown_second_audience_is_refused(visitor, refusals):
    visitor.provider.forge(
        "id_token",
        claims_edit=lambda claims: claims | {"aud": [CLIENT_ID, "other"], "azp": CLIENT_ID},
    )

    visitor.sign_in()

    assert refusals.codes == ["id_token.aud"]
    assert not visitor.is_signed_in


def test_a_second_audience_that_is_trusted_is_accepted(visitor, app):
    app["TRUSTED_AUDIENCES"] = ["other"]
    visitor.provider.forge(
        "id_token",
        claims_edit=lambda claims: claims | {"aud": [CLIENT_ID, "other"], "azp": CLIENT_ID},
    )

    visitor.sign_in()

    assert visitor.is_signed_in


def test_a_token_that_is_bound_to_nothing_is_refused(visitor, refusals):
    visitor.provider.lie("token", edit=lambda answer: answer | {"token_type": "Bearer"})

    visitor.sign_in()

    assert refusals.codes == ["token_response.token_type"]
