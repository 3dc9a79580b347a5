"""Tokens at the stand-in: validated online, and those that a machine gets for itself."""

import re

import pytest
import requests

from django_genauth.protocol.errors import OAuthError, ProviderError
from tests.client.sdk.conftest import client_of

pytestmark = pytest.mark.standin

oidc_only = pytest.mark.parametrize("client", ["oidc"], indirect=True)


@pytest.fixture
def machine(standin):
    """Make the client of the machine itself."""
    return client_of(standin, app_id=standin.access_key, secret=standin.secret_key)


@pytest.fixture
def machines_token(client, standin):
    """Get a token for the machine, with the scope of the documents' example."""
    return client.get_access_token_by_client_credentials(
        "email openid profile phone" if client.registration.is_oidc else "user",
        access_key=standin.access_key,
        secret_key=standin.secret_key,
    )


def forged(token):
    """Put another signature to a token, of the same length."""
    return f"{token[:-8]}{'A' * 8}"


@oidc_only
def test_the_id_token_is_verified_here(client, tokens):
    assert client.validate_token(id_token=tokens.id_token)["nonce"] == "the-nonce"


@oidc_only
def test_the_access_token_is_verified_here(client, tokens):
    assert (
        client.validate_token(access_token=tokens.access_token)["aud"] == client.registration.app_id
    )


@oidc_only
@pytest.mark.parametrize("kind", ["id_token", "access_token"])
def test_a_good_token_is_validated_online(client, tokens, kind):
    token = {kind: getattr(tokens, kind)}

    claims = client.validate_token(**token, online=True)

    assert claims == client.validate_token(**token)


@oidc_only
@pytest.mark.parametrize(
    ("kind", "spoil", "message"),
    [
        pytest.param("id_token", lambda t: "x", "format is incorrect", id="no ID token"),
        pytest.param("access_token", lambda t: "x", "format is incorrect", id="no access token"),
        pytest.param("id_token", lambda t: forged(t.id_token), "is illegal", id="forged ID token"),
        pytest.param(
            "access_token", lambda t: forged(t.access_token), "is illegal", id="forged access token"
        ),
        pytest.param("id_token", lambda t: t.access_token, "is illegal", id="an access token"),
        pytest.param("access_token", lambda t: t.id_token, "is illegal", id="an ID token"),
    ],
)
def test_a_bad_token_is_refused_online_in_genauths_words(
    client, standin, tokens, kind, spoil, message
):
    token = spoil(tokens)
    answer = requests.get(
        f"{standin.base_url}/api/v2/oidc/validate_token", {kind: token}, timeout=10
    )

    with pytest.raises(OAuthError):
        client.validate_token(**{kind: token}, online=True)

    assert (answer.status_code, answer.json()) == (
        200,
        {"code": 400, "message": f"{kind} {message}"},
    )


@oidc_only
def test_a_revoked_access_token_is_refused_online(client, tokens):
    client.revoke_token(tokens.access_token)

    with pytest.raises(OAuthError):
        client.validate_token(access_token=tokens.access_token, online=True)


def test_a_machine_gets_a_token_with_its_own_keys(client, machines_token):
    shape = r"[\w-]+\.[\w-]+\.[\w-]+" if client.registration.is_oidc else r"[0-9a-f]{40}"

    assert re.fullmatch(shape, machines_token.access_token)
    assert (machines_token.id_token, machines_token.refresh_token) == (None, None)


@pytest.mark.parametrize("wrong", ["access_key", "secret_key"])
def test_a_machine_with_a_wrong_key_gets_none(client, standin, wrong):
    keys = {"access_key": standin.access_key, "secret_key": standin.secret_key}

    with pytest.raises(OAuthError) as caught:
        client.get_access_token_by_client_credentials("user", **(keys | {wrong: "wrong"}))

    assert caught.value.error == "invalid_client"


def test_a_machines_token_says_what_it_may_and_names_nobody(machine, machines_token):
    state = machine.introspect_token(machines_token.access_token)

    assert (state["active"], state["scope"]) == (True, machines_token.scope)
    assert "sub" not in state


@pytest.mark.parametrize(
    ("client", "code"),
    [("oidc", "oauth.invalid_token"), ("oauth", "userinfo.status_401")],
    indirect=["client"],
)
def test_a_machine_is_nobody_to_ask_about(client, machines_token, code):
    with pytest.raises(ProviderError) as caught:
        client.get_user_info_by_access_token(machines_token.access_token)

    assert caught.value.code == code


@oidc_only
def test_a_machines_token_is_validated_online(client, standin, machines_token):
    claims = client.validate_token(access_token=machines_token.access_token, online=True)

    assert claims["aud"] == standin.access_key
    assert "sub" not in claims
