"""authorizationCodeGrant of a hybrid answer: the ID token in it vouches for the code beside it."""

from urllib.parse import urlencode

import pytest
from django.test import RequestFactory

from django_genauth.protocol.errors import AccessDenied, ConfigurationError, GenAuthError
from tests.client.sdk.material import CALLBACK, offline, online
from tests.support.provider.scripted import ScriptedProvider

CHECKS = {"expected_state": "s", "expected_nonce": "n"}


@pytest.fixture
def client(provider):
    return online(provider, response_type="code id_token")


def sign_in(provider, client, *, mode=None, **lies):
    """Sign in at the provider; return its answer, and the code verifier."""
    verifier = client.generate_code_challenge()
    challenge = client.get_code_challenge_digest(code_challenge=verifier)
    url = client.build_authorize_url(
        state="s", nonce="n", code_challenge=challenge, response_mode=mode
    )
    return provider.respond(url, **lies), verifier


@pytest.mark.parametrize("alg", ["RS256", "HS256", "ES512", "EdDSA"])
def test_the_grant_takes_an_answer_behind_the_hash(alg):
    with ScriptedProvider(alg=alg) as provider:
        client = online(provider, response_type="code id_token")
        answer, verifier = sign_in(provider, client)

        tokens = client.authorization_code_grant(answer.url, pkce_code_verifier=verifier, **CHECKS)

    assert "#" in answer.url
    assert (tokens.claims()["sub"], tokens.state) == ("user-1", "s")
    assert tokens.code == dict(answer.pairs)["code"]


def test_the_grant_takes_a_posted_answer(provider, client):
    answer, verifier = sign_in(provider, client, mode="form_post")
    request = RequestFactory().post("/genauth/callback/", dict(answer.pairs))

    tokens = client.authorization_code_grant(request, pkce_code_verifier=verifier, **CHECKS)

    assert tokens.claims()["sub"] == "user-1"


def test_an_access_token_may_stand_beside_them(provider):
    client = online(
        provider,
        response_type="code id_token token",
        allow_access_token_in_front_channel_insecure=True,
    )
    answer, verifier = sign_in(provider, client)

    tokens = client.authorization_code_grant(answer.url, pkce_code_verifier=verifier, **CHECKS)

    assert tokens.access_token != dict(answer.pairs)["access_token"]
    assert tokens.claims()["sub"] == "user-1"


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        pytest.param({"c_hash": "AAAA"}, "id_token.c_hash", id="of another code"),
        pytest.param({"c_hash": None}, "id_token.c_hash", id="of no code"),
        pytest.param({"s_hash": "AAAA"}, "id_token.s_hash", id="of another state"),
        pytest.param({"nonce": "other"}, "id_token.nonce", id="of another login"),
        pytest.param({"aud": "other"}, "id_token.aud", id="for another client"),
    ],
)
def test_an_id_token_that_does_not_vouch_for_the_code_stops_the_exchange(
    provider, client, claims, code
):
    edit = lambda honest: {k: v for k, v in (honest | claims).items() if v is not None}  # noqa: E731 # of this one test
    provider.forge("id_token", claims_edit=edit)
    answer, verifier = sign_in(provider, client)

    with pytest.raises(GenAuthError) as caught:
        client.authorization_code_grant(answer.url, pkce_code_verifier=verifier, **CHECKS)

    assert caught.value.code == code
    assert provider.requests_to("token") == []


@pytest.mark.parametrize(
    ("lies", "checks", "code"),
    [
        pytest.param({}, {"expected_state": "x"}, "authorization_response.state", id="state"),
        pytest.param({}, {"max_age": 10}, "id_token.auth_time", id="max_age and no auth_time"),
        pytest.param({"id_token": None}, {}, "authorization_response.id_token_missing", id="alone"),
        pytest.param({"access_token": "a"}, {}, "authorization_response.unasked", id="unasked"),
    ],
)
def test_the_grant_refuses_what_does_not_agree(provider, client, lies, checks, code):
    answer, verifier = sign_in(provider, client, **lies)

    with pytest.raises(GenAuthError) as caught:
        client.authorization_code_grant(
            answer.url, pkce_code_verifier=verifier, **(CHECKS | checks)
        )

    assert caught.value.code == code
    assert provider.requests_to("token") == []


def test_two_id_tokens_of_two_people_are_refused(provider, client):
    answer, verifier = sign_in(provider, client, sub="one")
    provider.forge("id_token", claims_edit=lambda claims: claims | {"sub": "two"})

    with pytest.raises(GenAuthError) as caught:
        client.authorization_code_grant(answer.url, pkce_code_verifier=verifier, **CHECKS)

    assert caught.value.code == "id_token.sub"


def test_a_no_is_an_answer(client):
    parameters = urlencode({"error": "access_denied", "state": "s"})

    with pytest.raises(AccessDenied):
        client.authorization_code_grant(f"{CALLBACK}#{parameters}", **CHECKS)


@pytest.mark.parametrize("response_type", ["id_token", "none"])
def test_without_a_code_there_is_nothing_to_exchange(response_type):
    client = offline(response_type=response_type)

    with pytest.raises(ConfigurationError, match="response_type"):
        client.authorization_code_grant(f"{CALLBACK}#id_token=a&state=s", **CHECKS)


def test_a_hybrid_answer_needs_a_nonce():
    client = offline(response_type="code id_token")

    with pytest.raises(ConfigurationError, match="expected_nonce"):
        client.authorization_code_grant(f"{CALLBACK}#id_token=a&code=b&state=s", expected_state="s")
