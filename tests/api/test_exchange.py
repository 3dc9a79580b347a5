"""A bearer's token exchanged for one for another API."""

import json
import pickle
import traceback
from dataclasses import fields

import pytest

from django_genauth.api import verify_bearer
from django_genauth.protocol.errors import (
    ConfigurationError,
    OAuthError,
    ProviderUnavailable,
    TokenResponseError,
)
from tests.support.bearers import a_token

ORDERS = "https://api.example/orders"
TOKEN_TYPE = "urn:ietf:params:oauth:token-type:"
ANSWER = {
    "access_token": "for-orders",
    "issued_token_type": f"{TOKEN_TYPE}access_token",
    "token_type": "Bearer",
    "expires_in": 60,
}


def answer_with(provider, status=200, **members):
    answer = {name: value for name, value in {**ANSWER, **members}.items() if value is not None}
    provider.lie("token", status=status, body=json.dumps(answer).encode())


@pytest.fixture
def exchanges(api, provider):
    """Have the provider give tokens for other APIs (RFC 8693)."""
    api["TOKEN_FOR_RESOURCE"] = "exchange"
    answer_with(provider)


@pytest.fixture
def is_entra(api, provider):
    """Have the provider be Microsoft Entra, which has a way of its own."""
    api["TOKEN_FOR_RESOURCE"] = "on_behalf_of"
    answer_with(provider, issued_token_type=None)


def form_of(provider):
    (request,) = provider.requests_to("token")
    return request.form


def test_a_token_for_another_api_is_exchanged_for_that_of_the_caller(exchanges, provider):
    token = a_token(provider)

    exchanged = verify_bearer(token).exchange(resource=ORDERS)

    assert exchanged == "for-orders"
    assert form_of(provider) == {
        "client_id": provider.client_id,
        "client_secret": provider.client_secret,
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token": token,
        "subject_token_type": f"{TOKEN_TYPE}access_token",
        "requested_token_type": f"{TOKEN_TYPE}access_token",
        "resource": ORDERS,
    }


def test_an_api_that_is_no_address_is_named_as_audience(exchanges, provider):
    verify_bearer(a_token(provider)).exchange(resource="orders", scope="orders:read orders:write")

    form = form_of(provider)
    assert (form["audience"], form["scope"]) == ("orders", "orders:read orders:write")
    assert "resource" not in form


def test_entra_is_asked_on_behalf_of_the_caller(is_entra, provider):
    token = a_token(provider)

    exchanged = verify_bearer(token).exchange(resource="https://graph.microsoft.com")

    assert exchanged == "for-orders"
    assert form_of(provider) == {
        "client_id": provider.client_id,
        "client_secret": provider.client_secret,
        "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "assertion": token,
        "requested_token_use": "on_behalf_of",
        "scope": "https://graph.microsoft.com/.default",
    }


def test_scopes_at_entra_name_their_api(is_entra, provider):
    verify_bearer(a_token(provider)).exchange(resource="api://orders", scope="Read Write")

    assert form_of(provider)["scope"] == "api://orders/Read api://orders/Write"


def test_a_bearer_has_nothing_to_refresh(api, provider):
    with pytest.raises(ConfigurationError) as refused:
        verify_bearer(a_token(provider)).exchange(resource=ORDERS)

    assert refused.value.code == "configuration.token_for_resource"
    assert '"exchange"' in str(refused.value)
    assert provider.requests_to("token") == []


@pytest.mark.parametrize(
    "resource", ["", "a b", "https://api.example/#a", "https://[api", "ö", "a\n", None, 5]
)
def test_what_names_no_api_is_not_sent(exchanges, provider, resource):
    with pytest.raises(ConfigurationError) as refused:
        verify_bearer(a_token(provider)).exchange(resource=resource)

    assert refused.value.code == "configuration.argument"
    assert provider.requests_to("token") == []


@pytest.mark.parametrize("kind", ["refresh_token", "id_token", "saml2", ""])
def test_a_token_of_another_kind_is_not_handed_out(exchanges, provider, kind):
    answer_with(provider, issued_token_type=f"{TOKEN_TYPE}{kind}")

    with pytest.raises(TokenResponseError) as refused:
        verify_bearer(a_token(provider)).exchange(resource=ORDERS)

    assert refused.value.code == "token_response.issued_token_type"


def test_a_jwt_is_an_access_token_too(exchanges, provider):
    answer_with(provider, issued_token_type=f"{TOKEN_TYPE}jwt")

    assert verify_bearer(a_token(provider)).exchange(resource=ORDERS) == "for-orders"


def test_what_is_no_token_at_all_is_refused(exchanges, provider):
    answer_with(provider, token_type="N_A")

    with pytest.raises(TokenResponseError) as refused:
        verify_bearer(a_token(provider)).exchange(resource=ORDERS)

    assert refused.value.code == "token_response.token_type"


def test_a_refusal_says_why(exchanges, provider):
    provider.lie("token", status=400, body=b'{"error":"invalid_target"}')

    with pytest.raises(OAuthError) as refused:
        verify_bearer(a_token(provider)).exchange(resource=ORDERS)

    assert refused.value.error == "invalid_target"


def test_a_provider_that_is_out_of_order_is_told(exchanges, provider):
    provider.lie("token", status=503)

    with pytest.raises(ProviderUnavailable):
        verify_bearer(a_token(provider)).exchange(resource=ORDERS)


def test_a_bearer_shows_its_token_nowhere(exchanges, provider):
    token = a_token(provider)
    bearer = verify_bearer(token)

    shown = repr(bearer) + repr([getattr(bearer, field.name) for field in fields(bearer)])

    assert token not in shown
    with pytest.raises(TypeError):
        pickle.dumps(bearer)


def test_a_report_of_a_refusal_shows_no_token(exchanges, provider):
    token = a_token(provider)
    bearer = verify_bearer(token)
    provider.lie("token", status=400, body=b'{"error":"invalid_target"}')

    with pytest.raises(OAuthError) as refused:
        bearer.exchange(resource=ORDERS)

    frames = [frame for frame, _ in traceback.walk_tb(refused.tb)][1:]
    assert len(frames) > 2
    assert token not in repr([frame.f_locals for frame in frames])
