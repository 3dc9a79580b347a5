"""Logins whose answer is signed (JARM 1.0)."""

from urllib.parse import parse_qs, urlsplit

import pytest

from django_genauth.client import AuthenticationClient
from django_genauth.models import Identity
from django_genauth.protocol.errors import AccessDenied, AuthorizationResponseError
from tests.support.clients import CODE_VERIFIER, NONCE, REDIRECT_URI, STATE, a_client
from tests.support.provider.scripted import CLIENT_ID, CLIENT_SECRET, ScriptedProvider
from tests.support.site.visitor import Visitor

pytestmark = pytest.mark.django_db


def query_of(url):
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


@pytest.fixture
def visitor(provider, app, db):
    """Come over https, without which no browser sends a cookie with another site's POST."""
    return Visitor(provider, HTTPS="on", HTTP_HOST="testserver", SERVER_PORT="443")


def post(visitor, response):
    return visitor.client.post(urlsplit(response.redirect_uri).path, dict(response.pairs))


@pytest.mark.parametrize("mode", ["jwt", "query.jwt", "form_post.jwt"])
def test_a_signed_answer_signs_in(visitor, app, mode):
    app["RESPONSE_MODE"] = mode

    visitor.sign_in()

    assert visitor.is_signed_in


def test_the_browser_carries_the_token_alone(visitor, app, provider):
    app["RESPONSE_MODE"] = "jwt"

    callback = provider.authorize(visitor.begin())

    assert query_of(callback).keys() == {"response"}


def test_an_answer_signed_with_the_secret_signs_in(settings, db):
    with ScriptedProvider(client_secret=CLIENT_SECRET, alg="HS256") as provider:
        app = {
            "APP_ID": CLIENT_ID,
            "APP_SECRET": CLIENT_SECRET,
            "APP_HOST": provider.base_url,
            "ALLOW_INSECURE_HTTP": True,
            "RESPONSE_MODE": "jwt",
        }
        settings.GENAUTH = {"default": app}
        visitor = Visitor(provider)

        visitor.sign_in()

    assert visitor.is_signed_in


@pytest.mark.parametrize("mode", ["jwt", "form_post.jwt"])
@pytest.mark.parametrize("response_type", ["code id_token", "id_token"])
def test_an_id_token_comes_inside(visitor, app, provider, mode, response_type):
    app |= {"RESPONSE_MODE": mode, "RESPONSE_TYPE": response_type}

    post(visitor, provider.respond(visitor.begin()))

    assert visitor.is_signed_in


def test_an_id_token_behind_the_hash_is_fetched_by_the_page(visitor, app):
    app |= {"RESPONSE_MODE": "jwt", "RESPONSE_TYPE": "code id_token"}
    visitor.begin()

    response = visitor.client.get("/genauth/callback/")

    assert "genauth/fragment.html" in [template.name for template in response.templates]


def test_the_cookie_of_a_posted_answer_travels_with_another_sites_post(visitor, app):
    app["RESPONSE_MODE"] = "form_post.jwt"

    visitor.begin()

    cookies = {
        each["samesite"] for name, each in visitor.client.cookies.items() if "default" in name
    }
    assert cookies == {"None"}


def test_a_person_who_declines_is_told_so_kindly(visitor, app, provider, refusals):
    app["RESPONSE_MODE"] = "jwt"

    response = visitor.come_back(provider.decline(visitor.begin()).url)

    assert (response.status_code, refusals.codes) == (403, ["access_denied"])


def test_an_identity_is_linked_by_a_signed_answer_in_the_address(visitor, app, provider):
    app["RESPONSE_MODE"] = "form_post.jwt"
    visitor.sign_in()
    url = visitor.client.post("/genauth/link/")["Location"]

    visitor.come_back(provider.authorize(url, sub="user-2"))

    assert query_of(url)["response_mode"] == "query.jwt"
    assert Identity.objects.count() == 2


def test_an_issuer_that_the_provider_announces_is_the_tokens_own(visitor, app, provider):
    app["RESPONSE_MODE"] = "jwt"
    provider.lie(
        "discovery",
        edit=lambda it: it | {"authorization_response_iss_parameter_supported": True},
    )

    visitor.sign_in()

    assert visitor.is_signed_in


def test_a_signed_answer_is_refused_where_nobody_asked_for_one(visitor, refusals):
    callback = f"/genauth/callback/?response=a.b.c&state={query_of(visitor.begin())['state']}"

    response = visitor.come_back(callback)

    assert (response.status_code, refusals.codes) == (400, ["authorization_response.state_missing"])


def test_a_token_beside_a_plain_answer_is_refused(visitor, provider, refusals):
    state = query_of(visitor.begin())["state"]
    client = a_client(provider)

    with pytest.raises(AuthorizationResponseError) as caught:
        client.authorization_response(
            {"response": "a.b.c", "code": "c", "state": state}, expected_state=state
        )

    assert caught.value.code == "authorization_response.unasked"


def test_a_provider_for_oauth_signs_its_answer_too(settings, db):
    with ScriptedProvider(protocol="oauth") as provider:
        client = a_client(
            provider,
            protocol="oauth",
            response_mode="jwt",
            endpoints={"jwks_uri": f"{provider.issuer}/.well-known/jwks.json"},
            issuer=provider.issuer,
            redirect_uri=REDIRECT_URI,
        )
        callback = provider.authorize(ask(client))

        token_set = grant(client, callback)

    assert token_set.state == STATE


def ask(client: AuthenticationClient) -> str:
    return client.build_authorize_url(
        redirect_uri=REDIRECT_URI,
        state=STATE,
        nonce=NONCE,
        code_challenge=client.get_code_challenge_digest(code_challenge=CODE_VERIFIER),
    )


def grant(client: AuthenticationClient, callback: str):
    return client.authorization_code_grant(
        callback,
        pkce_code_verifier=CODE_VERIFIER,
        expected_state=STATE,
        expected_nonce=NONCE if client.registration.is_oidc else None,
    )


@pytest.fixture
def library(provider):
    """Return a client by itself, to which answers come signed."""
    client = a_client(provider, response_mode="jwt", redirect_uri=REDIRECT_URI)
    client.metadata()
    return client


def test_the_client_by_itself_reads_a_signed_answer(library, provider):
    token_set = grant(library, provider.authorize(ask(library)))

    assert (token_set.state, token_set.claims()["sub"]) == (STATE, "user-1")


def test_the_client_by_itself_reads_a_signed_error(library, provider):
    callback = provider.decline(ask(library)).url

    with pytest.raises(AccessDenied):
        grant(library, callback)


def test_the_client_by_itself_reads_a_signed_answer_behind_the_hash(provider):
    client = a_client(
        provider, response_mode="jwt", response_type="code id_token", redirect_uri=REDIRECT_URI
    )
    client.metadata()

    token_set = grant(client, provider.authorize(ask(client)))

    assert token_set.state == STATE
