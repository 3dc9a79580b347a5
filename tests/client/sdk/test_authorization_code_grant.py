"""authorizationCodeGrant: the answer is checked before its code becomes tokens."""

import pytest
from django.test import RequestFactory

from django_genauth.protocol.errors import (
    AccessDenied,
    AuthorizationResponseError,
    ConfigurationError,
    GenAuthError,
    ProviderError,
)
from tests.client.sdk.material import CALLBACK, code_from, online
from tests.support.provider.scripted import ScriptedProvider


def test_the_grant_takes_the_address_that_the_browser_came_to(provider):
    client = online(provider, redirect_uri=None)
    _, verifier, callback = code_from(
        provider, client, state="the-state", nonce="the-nonce", redirect_uri=CALLBACK
    )

    tokens = client.authorization_code_grant(
        callback,
        pkce_code_verifier=verifier,
        expected_state="the-state",
        expected_nonce="the-nonce",
        token_endpoint_parameters={"resource": "https://api.example"},
    )

    assert (tokens.state, tokens.claims()["sub"]) == ("the-state", "user-1")
    assert tokens.expires_in > 0
    assert provider.requests_to("token")[0].form["resource"] == "https://api.example"
    assert provider.requests_to("token")[0].form["redirect_uri"] == CALLBACK


@pytest.mark.parametrize("mode", ["query", "form_post"])
def test_the_grant_takes_a_django_request(provider, mode):
    client = online(provider)
    verifier = client.generate_code_challenge()
    url = client.build_authorize_url(
        state="s",
        nonce="n",
        response_mode=mode,
        code_challenge=client.get_code_challenge_digest(code_challenge=verifier),
    )
    data = dict(provider.respond(url).pairs)
    factory = RequestFactory()
    send = factory.post if mode == "form_post" else factory.get

    tokens = client.authorization_code_grant(
        send("/genauth/callback/", data),
        pkce_code_verifier=verifier,
        expected_state="s",
        expected_nonce="n",
    )

    assert tokens.claims()["sub"] == "user-1"


@pytest.mark.parametrize(
    ("checks", "code"),
    [
        pytest.param({"expected_state": "x"}, "authorization_response.state", id="other state"),
        pytest.param({"expected_state": None}, "authorization_response.state", id="no state sent"),
        pytest.param({"expected_nonce": "x"}, "id_token.nonce", id="other nonce"),
        pytest.param({"expected_nonce": None}, "id_token.nonce", id="no nonce sent"),
        pytest.param({"max_age": 10}, "id_token.auth_time", id="max_age and no auth_time"),
    ],
)
def test_the_grant_refuses_what_does_not_agree(provider, checks, code):
    client = online(provider)
    _, verifier, callback = code_from(provider, client, state="s", nonce="n")
    expected = {"expected_state": "s", "expected_nonce": "n"} | checks

    with pytest.raises(GenAuthError) as caught:
        client.authorization_code_grant(callback, pkce_code_verifier=verifier, **expected)

    assert caught.value.code == code


def test_the_grant_tells_a_persons_no(provider):
    with pytest.raises(AccessDenied):
        online(provider).authorization_code_grant(
            f"{CALLBACK}?error=access_denied&state=s", expected_state="s"
        )


def test_an_id_token_that_was_expected_has_to_come():
    with ScriptedProvider(protocol="oauth") as provider:
        client = online(provider)
        _, verifier, callback = code_from(provider, client, state="s")

        with pytest.raises(ProviderError) as caught:
            client.authorization_code_grant(
                callback, pkce_code_verifier=verifier, expected_state="s", id_token_expected=True
            )

    assert caught.value.code == "token_response.id_token"


def test_a_parameter_twice_in_the_address_is_refused(provider):
    with pytest.raises(AuthorizationResponseError) as caught:
        online(provider).authorization_code_grant(f"{CALLBACK}?code=a&code=b")

    assert caught.value.code == "authorization_response.repeated"


@pytest.mark.parametrize(
    "parameters", [{"grant_type": "password"}, {"client_id": "x"}, {"resource": b"x"}]
)
def test_a_further_parameter_that_stands_already_or_is_no_text_is_refused(provider, parameters):
    client = online(provider)
    _, verifier, callback = code_from(provider, client, state="s", nonce="n")

    with pytest.raises(ConfigurationError):
        client.authorization_code_grant(
            callback,
            pkce_code_verifier=verifier,
            expected_state="s",
            expected_nonce="n",
            token_endpoint_parameters=parameters,
        )

    assert provider.requests_to("token") == []


def test_where_no_state_was_sent_none_has_to_come(provider):
    client = online(provider)
    _, verifier, callback = code_from(provider, client, nonce="n")
    without = callback.partition("&state=")[0]

    tokens = client.authorization_code_grant(
        without, pkce_code_verifier=verifier, expected_nonce="n"
    )

    assert tokens.state is None
