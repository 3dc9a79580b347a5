"""Access tokens of real providers at the site as an API."""

import pytest
import requests
from django.contrib.auth import get_user_model

from django_genauth.api import verify_bearer
from django_genauth.models import Grant
from django_genauth.protocol.errors import BearerError
from tests.interop.real.conftest import GLEWLWYD, KEYCLOAK, LEMONLDAP
from tests.support.bearers import call

pytestmark = [pytest.mark.providers, pytest.mark.django_db(transaction=True)]


def audience_of(*clients):
    """Return the mappers that have a client's tokens name others as audience."""
    return [
        {
            "name": f"audience {name}",
            "protocol": "openid-connect",
            "protocolMapper": "oidc-audience-mapper",
            "config": {
                "included.client.audience": name,
                "access.token.claim": "true",
                "introspection.token.claim": "true",
            },
        }
        for name in clients
    ]


@pytest.fixture
def api(provider, use):
    """Let the site accept access tokens that name it."""
    return use(provider.app(API_AUDIENCE="website"))


@pytest.fixture
def tokens(api, provider, browser):
    """Return the tokens that a person's sign-in brought."""
    provider.enter(browser)
    return dict(Grant.objects.get().token_set)


def refusal(token):
    with pytest.raises(BearerError) as refused:
        verify_bearer(token)
    return refused.value


def machine_token(keycloak, client_id):
    answer = requests.post(
        f"{keycloak.announcement['issuer']}/protocol/openid-connect/token",
        data={
            "grant_type": "client_credentials",
            "client_id": client_id,
            "client_secret": keycloak.page.app()["APP_SECRET"],
        },
        timeout=60,
    )
    return answer.json()["access_token"]


@pytest.mark.parametrize("provider", [KEYCLOAK], indirect=True)
@pytest.mark.parametrize("how", ["jwt", "introspection"])
def test_the_token_of_a_person_is_that_persons(api, tokens, how):
    api["API_TOKENS"] = how

    bearer = verify_bearer(tokens["access_token"], scopes=["profile"])

    assert bearer.user == get_user_model().objects.get()
    assert (bearer.client_id, bearer.is_machine) == ("website", False)


@pytest.mark.parametrize("provider", [KEYCLOAK], indirect=True)
@pytest.mark.parametrize("how", ["jwt", "introspection"])
@pytest.mark.parametrize("kind", ["id_token", "refresh_token"])
def test_another_token_of_keycloak_is_refused(api, tokens, how, kind):
    api["API_TOKENS"] = how

    assert refusal(tokens[kind]).status == 401


@pytest.mark.parametrize("provider", [KEYCLOAK], indirect=True)
@pytest.mark.parametrize("how", ["jwt", "introspection"])
def test_the_token_of_a_service_account_is_a_machines(api, provider, how):
    client_id = f"robot-{how}"
    provider.register(
        client_id, serviceAccountsEnabled=True, protocolMappers=audience_of("website")
    )
    api["API_TOKENS"], api["API_USERS"] = how, "create"

    bearer = verify_bearer(machine_token(provider, client_id))

    assert (bearer.is_machine, bearer.client_id, bearer.user) == (True, client_id, None)
    assert not get_user_model().objects.exists()


@pytest.mark.parametrize("provider", [KEYCLOAK], indirect=True)
def test_a_token_without_an_audience_mapper_is_refused_with_what_to_do(api, provider):
    provider.register("no-mapper", serviceAccountsEnabled=True, protocolMappers=[])

    error = refusal(machine_token(provider, "no-mapper"))

    assert error.code == "bearer.aud"
    assert "Audience mapper" in str(error)


@pytest.mark.parametrize("provider", [KEYCLOAK], indirect=True)
def test_a_token_that_is_signed_with_a_new_key_is_accepted(api, tokens, provider):
    verify_bearer(tokens["access_token"])
    provider.register("robot", serviceAccountsEnabled=True, protocolMappers=audience_of("website"))

    provider.add_key()

    assert verify_bearer(machine_token(provider, "robot")).is_machine


@pytest.mark.parametrize("provider", [KEYCLOAK], indirect=True)
@pytest.mark.parametrize("how", ["jwt", "introspection"])
def test_a_person_who_signs_out_at_keycloak_ends_the_token(api, tokens, provider, browser, how):
    api["API_TOKENS"] = how
    verify_bearer(tokens["access_token"])

    provider.leave(browser, tokens["id_token"])

    assert refusal(tokens["access_token"]).code in ("bearer.ended", "bearer.inactive")


@pytest.fixture
def lightweight(provider, use, browser):
    """Sign in at a client whose access tokens say next to nothing, and return one."""
    (mapper,) = audience_of("light")
    mapper["config"]["lightweight.claim"] = "true"
    provider.register(
        "light",
        attributes={"client.use.lightweight.access.token.enabled": "true"},
        protocolMappers=[mapper],
    )
    use(provider.app("light", API_AUDIENCE="light"))
    provider.enter(browser)
    return Grant.objects.get().token_set["access_token"]


@pytest.mark.parametrize("provider", [KEYCLOAK], indirect=True)
def test_keycloak_knows_whose_a_lightweight_token_is(lightweight, settings):
    by_itself = verify_bearer(lightweight)
    settings.GENAUTH["default"]["API_TOKENS"] = "introspection"

    asked = verify_bearer(lightweight)

    # The token itself names no subject, and is not taken for a machine's.
    assert (by_itself.subject, by_itself.user, by_itself.is_machine) == (None, None, False)
    assert asked.user == get_user_model().objects.get()


@pytest.mark.parametrize("provider", [KEYCLOAK], indirect=True)
def test_a_token_is_exchanged_for_one_for_another_api(provider, use, browser):
    provider.register("orders", serviceAccountsEnabled=True)
    provider.register(
        "exchanging",
        protocolMappers=audience_of("exchanging", "orders"),
        attributes={"standard.token.exchange.enabled": "true"},
    )
    use(provider.app("exchanging", API_AUDIENCE="exchanging", TOKEN_FOR_RESOURCE="exchange"))
    provider.enter(browser)
    bearer = verify_bearer(Grant.objects.get().token_set["access_token"])

    exchanged = bearer.exchange(resource="orders")

    use(provider.app("orders", API_AUDIENCE="orders"))
    assert verify_bearer(exchanged).subject == bearer.subject


@pytest.mark.parametrize("provider", [KEYCLOAK], indirect=True)
def test_a_provider_that_hangs_is_503_where_it_has_to_be_asked(api, tokens, provider, settings):
    settings.ROOT_URLCONF = "tests.api.views"
    api["API_TOKENS"], api["TIMEOUT"] = "introspection", 1

    with provider.away():
        response = call("/anything/", tokens["access_token"])

    assert response.status_code == 503
    assert int(response["Retry-After"]) > 0


@pytest.mark.parametrize("provider", [LEMONLDAP, GLEWLWYD], indirect=True)
def test_other_providers_are_asked_about_their_tokens(api, tokens):
    # Glewlwyd names the scopes as audience.
    api["API_TOKENS"], api["API_AUDIENCE"] = "introspection", ["website", "openid"]

    bearer = verify_bearer(tokens["access_token"])

    assert bearer.user == get_user_model().objects.get()
    assert (bearer.client_id, bearer.is_machine) == ("website", False)


@pytest.mark.parametrize("provider", [LEMONLDAP, GLEWLWYD], indirect=True)
@pytest.mark.parametrize("kind", ["id_token", "refresh_token"])
def test_other_providers_know_their_other_tokens_for_what_they_are(api, tokens, kind):
    api["API_TOKENS"], api["API_AUDIENCE"] = "introspection", ["website", "openid"]

    assert refusal(tokens[kind]).status == 401
