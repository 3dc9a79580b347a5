"""Claims from the userinfo endpoint: JSON or signed, and of nobody else but the person."""

import pytest

from django_genauth.protocol.errors import ConfigurationError, ProviderError
from django_genauth.protocol.userinfo import merged
from tests.support.clients import a_client, id_token_of, tokens_of
from tests.support.provider.scripted import ScriptedProvider


def userinfo_of(provider):
    client = a_client(provider, userinfo=True)
    tokens = tokens_of(client, provider, sub="ada", claims={"nickname": "Countess"})
    claims = client.userinfo_claims(tokens.access_token)
    return merged(id_token_of(client, tokens), claims)


def test_userinfo_adds_its_claims(provider):
    provider.lie("userinfo", edit=lambda claims: claims | {"department": "Engines"})

    claims = userinfo_of(provider).claims

    assert (claims["nickname"], claims["department"]) == ("Countess", "Engines")


def test_the_access_token_goes_to_userinfo_in_a_header(provider):
    userinfo_of(provider)

    (request,) = provider.requests_to("userinfo")
    assert request.headers["Authorization"].startswith("Bearer ey")
    assert request.query == {}


@pytest.mark.parametrize("algorithm", ["HS256", "RS256", "ES256"])
def test_a_signed_userinfo_answer_is_verified_and_read(algorithm):
    with ScriptedProvider(alg=algorithm) as provider:
        provider.userinfo_signed = True
        provider.forge("userinfo", claims_edit=lambda claims: claims | {"department": "Engines"})

        claims = userinfo_of(provider).claims

    assert claims["department"] == "Engines"


@pytest.mark.parametrize(
    ("forgery", "code"),
    [
        pytest.param({"sign_with": "nobody"}, "userinfo.signature", id="unsigned"),
        pytest.param({"claims_edit": lambda c: c | {"sub": "b"}}, "userinfo.sub", id="sub"),
        pytest.param({"claims_edit": lambda c: c | {"aud": "b"}}, "userinfo.aud", id="aud"),
        pytest.param({"claims_edit": lambda c: c | {"iss": "b"}}, "userinfo.iss", id="iss"),
    ],
)
def test_a_signed_userinfo_answer_that_does_not_hold_is_refused(provider, forgery, code):
    provider.userinfo_signed = True
    provider.forge("userinfo", **forgery)

    with pytest.raises(ProviderError) as caught:
        userinfo_of(provider)

    assert caught.value.code == code


@pytest.mark.parametrize(
    ("lie", "code"),
    [
        pytest.param({"edit": lambda c: c | {"sub": "b"}}, "userinfo.sub", id="other-sub"),
        pytest.param({"edit": lambda c: {}}, "userinfo.sub", id="no-sub"),
        pytest.param({"status": 401}, "userinfo.status_401", id="401"),
        pytest.param({"status": 302}, "userinfo.status_302", id="redirect"),
        pytest.param({"status": 503}, "provider_unavailable.status_503", id="503"),
        pytest.param({"body": b"<html>"}, "userinfo.json", id="html"),
    ],
)
def test_a_userinfo_answer_that_does_not_hold_is_refused(provider, lie, code):
    provider.lie("userinfo", **lie)

    with pytest.raises(ProviderError) as caught:
        userinfo_of(provider)

    assert caught.value.code == code


def test_without_an_id_token_the_claims_are_the_access_tokens(provider):
    client = a_client(provider)

    claims = client.userinfo_claims(tokens_of(client, provider, sub="ada").access_token)

    assert claims["sub"] == "ada"


def test_a_provider_without_userinfo_is_a_matter_of_configuration(provider):
    provider.lie("discovery", edit=lambda it: it | {"userinfo_endpoint": None})

    with pytest.raises(ConfigurationError) as caught:
        a_client(provider).userinfo_claims("the-token")

    assert caught.value.code == "configuration.endpoint"
