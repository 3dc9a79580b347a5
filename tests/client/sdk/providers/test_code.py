"""A code becomes tokens: however the client shows who it is, and however the code comes."""

from urllib.parse import parse_qsl, urlsplit

import pytest
from django.test import RequestFactory

from django_genauth.protocol.errors import ProviderError
from tests.client.sdk.providers.material import CALLBACK, EXPECTED, app_of, sign_in, tokens_of

pytestmark = pytest.mark.providers


@pytest.mark.parametrize("kind", ["post", "basic", "public", "RS256"])
def test_a_code_becomes_tokens_and_the_id_token_names_the_person(provider, session, kind):
    app = app_of(provider, kind)
    arrival, verifier = sign_in(provider, app, session)
    code = dict(parse_qsl(urlsplit(arrival.url).query))["code"]

    tokens = app.get_access_token_by_code(code, code_verifier=verifier)

    assert (tokens.token_type, tokens.code) == ("Bearer", code)
    assert tokens.claims()["sub"] == "ada"


def test_a_code_becomes_tokens_by_its_verifier(provider, session):
    app = app_of(provider, "public")
    arrival, verifier = sign_in(provider, app, session)
    code = dict(parse_qsl(urlsplit(arrival.url).query))["code"]

    tokens = app.exchange_authorization_code_with_pkce(
        code=code, redirect_uri=CALLBACK, code_verifier=verifier
    )

    assert tokens.id_token_payload["sub"] == "ada"


@pytest.mark.parametrize("kind", ["post", "public"])
def test_a_code_does_not_become_tokens_by_another_verifier(provider, session, kind):
    app = app_of(provider, kind)
    arrival, _ = sign_in(provider, app, session)

    with pytest.raises(ProviderError) as caught:
        app.authorization_code_grant(
            arrival.url,
            pkce_code_verifier=app.generate_code_challenge(),
            **EXPECTED,
        )

    assert caught.value.code == "oauth.invalid_grant"


@pytest.mark.parametrize("mode", ["query", "fragment"])
def test_the_grant_takes_the_address_that_the_browser_came_to(provider, session, mode):
    tokens = tokens_of(provider, app_of(provider, "post"), session, response_mode=mode)

    assert (tokens.state, tokens.claims()["nonce"]) == ("the state", "the nonce")
    assert tokens.expires_in == 3600


def test_the_grant_takes_a_request_that_brings_a_posted_answer(provider, session):
    app = app_of(provider, "post")
    arrival, verifier = sign_in(provider, app, session, response_mode="form_post")

    tokens = app.authorization_code_grant(
        RequestFactory().post(urlsplit(arrival.url).path, dict(arrival.form)),
        pkce_code_verifier=verifier,
        **EXPECTED,
    )

    assert tokens.claims()["sub"] == "ada"


def test_the_grant_verifies_how_long_ago_the_person_signed_in(provider, session):
    app = app_of(provider, "post")
    arrival, verifier = sign_in(provider, app, session, max_age=300)

    tokens = app.authorization_code_grant(
        arrival.url,
        pkce_code_verifier=verifier,
        **EXPECTED,
        max_age=300,
        id_token_expected=True,
    )

    assert tokens.claims()["auth_time"] > 0
