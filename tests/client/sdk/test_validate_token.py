"""validateToken: a token verified here, or by asking GenAuth."""

import json
import time

import pytest

from django_genauth.client import AuthenticationClient
from django_genauth.protocol.errors import ProviderError
from django_genauth.protocol.messages import HttpResponse
from tests.client.sdk.material import SAMPLE, online, tokens_from

SAMPLE_CLAIMS = {
    "jti": "K5TYewNhvdGBdHiRifMyW",
    "sub": "5f64afd1ad501364e3b43c1e",
    "iat": 1601456894,
    "exp": 1601460494,
    "scope": "openid profile email phone",
    "iss": "https://oidc1.genauth.ai/oidc",
    "aud": "5f17a529f64fb009b794a2ff",
}


def answering(body, seen):
    def send(request):
        seen.append(request)
        return HttpResponse(status=200, body=json.dumps(body).encode())

    return send


def test_an_id_token_is_verified_here(provider):
    client = online(provider)
    tokens = tokens_from(provider, client)
    provider.forget_requests()

    claims = client.validate_token(id_token=tokens.id_token)

    assert claims["sub"] == "user-1"
    assert provider.requests == []


def test_an_id_token_that_was_kept_is_verified_by_its_own_time(provider):
    provider.forge("id_token", claims_edit=lambda claims: claims | {"iat": time.time() - 500})
    client = online(provider, clock=time.time)
    tokens = tokens_from(provider, client)
    later = online(provider, clock=lambda: time.time() + 3_000)

    assert later.validate_token(id_token=tokens.id_token)["sub"] == "user-1"


def test_an_access_token_that_is_a_jwt_is_verified_here(provider):
    client = online(provider)
    tokens = tokens_from(provider, client)

    assert client.validate_token(access_token=tokens.access_token)["sub"] == "user-1"


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        pytest.param(lambda c: c | {"iss": "https://evil.example"}, "access_token.iss", id="iss"),
        pytest.param(lambda c: c | {"aud": "other"}, "access_token.aud", id="aud"),
        pytest.param(lambda c: c | {"exp": 1}, "access_token.exp", id="exp"),
        pytest.param(lambda c: c | {"nbf": time.time() + 999}, "access_token.nbf", id="nbf"),
    ],
)
def test_an_access_token_that_does_not_hold_is_refused_here(provider, edit, code):
    client = online(provider)
    provider.forge("access_token", claims_edit=edit)
    tokens = tokens_from(provider, client)

    with pytest.raises(ProviderError) as caught:
        client.validate_token(access_token=tokens.access_token)

    assert caught.value.code == code


def test_an_opaque_access_token_cannot_be_verified_here(provider):
    with pytest.raises(ProviderError) as caught:
        online(provider).validate_token(access_token="fa9d2bdd914ea01aa4e434c12d4f919d749fc75c")

    assert caught.value.code == "access_token.framing"


@pytest.mark.parametrize("name", ["id_token", "access_token"])
def test_genauth_is_asked_about_a_token_at_its_own_address(name):
    seen = []
    client = AuthenticationClient(**SAMPLE, send=answering(SAMPLE_CLAIMS, seen))

    claims = client.validate_token(**{name: "a.b.c"}, online=True)

    assert claims == SAMPLE_CLAIMS
    assert seen[0].method == "GET"
    assert seen[0].url == f"https://oidc1.genauth.ai/api/v2/oidc/validate_token?{name}=a.b.c"


@pytest.mark.parametrize(
    "answer",
    [
        {"code": 400, "message": "id_token format is incorrect"},
        {"code": 400, "message": "access_token is illegal"},
        {"statusCode": 400, "apiCode": 1, "message": "no"},
        {},
    ],
)
def test_genauths_no_about_a_token_is_an_error(answer):
    client = AuthenticationClient(**SAMPLE, send=answering(answer, []))

    with pytest.raises(ProviderError):
        client.validate_token(id_token="a.b.c", online=True)


def test_the_token_that_genauth_is_asked_about_is_in_no_log(provider, caplog):
    caplog.set_level("DEBUG")
    client = online(provider, app_host=provider.base_url)

    with pytest.raises(ProviderError):
        client.validate_token(id_token="the-secret-token", online=True)

    assert "validate_token" in caplog.text
    assert "the-secret-token" not in caplog.text


def test_an_access_token_is_no_id_token(provider):
    client = online(provider)
    tokens = tokens_from(provider, client)

    with pytest.raises(ProviderError) as caught:
        client.validate_token(id_token=tokens.access_token)

    assert caught.value.code == "id_token.access_token"


def test_an_id_token_is_no_access_token(provider):
    client = online(provider)
    tokens = tokens_from(provider, client)

    with pytest.raises(ProviderError) as caught:
        client.validate_token(access_token=tokens.id_token)

    assert caught.value.code == "access_token.id_token"
