"""DPoP-bound tokens at the endpoints of a provider: keys, proofs, nonces, and no way back."""

import json
from base64 import urlsafe_b64decode

import pytest

from django_genauth.client.proofs import ServerNonces, nonces, origin_of
from django_genauth.protocol.dpop import DpopKey
from django_genauth.protocol.errors import ConfigurationError, ProviderError
from django_genauth.protocol.messages import HttpResponse
from tests.support.clients import CODE_VERIFIER, REDIRECT_URI, a_client, code_of, tokens_of

OFFLINE = "openid offline_access"
ASKS = {"error": "use_dpop_nonce"}


@pytest.fixture(autouse=True)
def _no_nonces():
    nonces._kept.clear()


def with_nonce(nonce):
    return HttpResponse(status=200, headers={"dpop-nonce": nonce})


def a_dpop_client(provider, **changes):
    return a_client(provider, **({"dpop": True} | changes))


def claims_of(request):
    return json.loads(urlsafe_b64decode(request.headers["DPoP"].split(".")[1] + "=="))


def code_of_error(call):
    with pytest.raises(ProviderError) as caught:
        call()
    return caught.value.code


def test_a_code_brings_tokens_that_are_bound_to_a_new_key(provider):
    client = a_dpop_client(provider)

    first, second = tokens_of(client, provider), tokens_of(client, provider)

    assert first.token_type == "DPoP"
    assert first.dpop_key != second.dpop_key


def test_no_key_is_shown_by_the_tokens(provider):
    tokens = tokens_of(a_dpop_client(provider), provider)

    assert tokens.dpop_key not in repr(tokens)


def test_without_the_setting_no_proof_is_sent(provider):
    tokens = tokens_of(a_client(provider), provider)

    assert "DPoP" not in provider.requests_to("token")[0].headers
    assert tokens.dpop_key is None


def test_a_refresh_uses_the_key_of_its_grant(provider):
    client = a_dpop_client(provider)
    tokens = tokens_of(client, provider, scope=OFFLINE)

    fresh = client.refresh(tokens.refresh_token, dpop_key=tokens.dpop_key)

    assert (fresh.token_type, fresh.dpop_key) == ("DPoP", tokens.dpop_key)


def test_a_grant_from_before_the_setting_gets_a_key_with_its_next_refresh(provider):
    tokens = tokens_of(a_client(provider), provider, scope=OFFLINE)

    fresh = a_dpop_client(provider).refresh(tokens.refresh_token)

    assert fresh.token_type == "DPoP"


def test_a_grant_keeps_its_key_where_the_setting_is_gone(provider):
    tokens = tokens_of(a_dpop_client(provider), provider, scope=OFFLINE)

    fresh = a_client(provider).refresh(tokens.refresh_token, dpop_key=tokens.dpop_key)

    assert fresh.dpop_key == tokens.dpop_key


def test_the_library_s_names_take_the_key_of_the_tokens(provider):
    client = a_dpop_client(provider)
    tokens = tokens_of(client, provider, scope=OFFLINE, sub="ada")

    fresh = client.get_new_access_token_by_refresh_token(
        tokens.refresh_token, dpop_key=tokens.dpop_key
    )
    person = client.get_user_info_by_access_token(fresh.access_token, dpop_key=fresh.dpop_key)

    assert person["sub"] == "ada"


def test_userinfo_is_shown_the_token_with_its_proof(provider):
    client = a_dpop_client(provider)
    tokens = tokens_of(client, provider, sub="ada")

    claims = client.userinfo_claims(tokens.access_token, dpop_key=tokens.dpop_key)

    assert claims["sub"] == "ada"
    assert provider.requests_to("userinfo")[0].headers["Authorization"].startswith("DPoP ")


def test_a_bound_token_is_of_no_use_without_its_key(provider):
    client = a_dpop_client(provider)
    tokens = tokens_of(client, provider)

    code = code_of_error(lambda: client.userinfo_claims(tokens.access_token))

    assert code == "oauth.invalid_token"


def test_a_machine_gets_bound_tokens(provider):
    provider.machines = {provider.client_id: provider.client_secret}

    tokens = a_dpop_client(provider).client_credentials("reports")

    assert (tokens.token_type, tokens.dpop_key is None) == ("DPoP", False)


@pytest.mark.parametrize("kind", ["dpop", "DPOP", "DPoP"])
def test_the_token_type_may_have_any_case(provider, kind):
    provider.lie("token", edit=lambda answer: answer | {"token_type": kind})

    assert tokens_of(a_dpop_client(provider), provider).dpop_key


@pytest.mark.parametrize("kind", ["Bearer", "bearer", "N_A", "", None])
def test_tokens_that_anybody_could_use_are_refused(provider, kind):
    provider.lie("token", edit=lambda answer: answer | {"token_type": kind})

    code = code_of_error(lambda: tokens_of(a_dpop_client(provider), provider))

    assert code == "token_response.token_type"


def test_bound_tokens_are_refused_where_no_key_was_shown(provider):
    provider.lie("token", edit=lambda answer: answer | {"token_type": "DPoP"})

    code = code_of_error(lambda: tokens_of(a_client(provider), provider))

    assert code == "token_response.token_type"


def test_a_server_that_asks_for_its_nonce_gets_it(provider):
    provider.proofs.nonce = "the-nonce"

    tokens = tokens_of(a_dpop_client(provider), provider)

    first, second = provider.requests_to("token")
    assert tokens.token_type == "DPoP"
    assert ("nonce" in claims_of(first), claims_of(second)["nonce"]) == (False, "the-nonce")


def test_each_try_has_a_proof_of_its_own(provider):
    provider.proofs.nonce = "the-nonce"

    tokens_of(a_dpop_client(provider), provider)

    first, second = map(claims_of, provider.requests_to("token"))
    assert first["jti"] != second["jti"]


def test_a_nonce_is_known_at_the_next_request(provider):
    provider.proofs.nonce = "the-nonce"
    tokens_of(a_dpop_client(provider), provider)
    provider.forget_requests()

    tokens_of(a_dpop_client(provider), provider)

    assert len(provider.requests_to("token")) == 1


def test_the_nonce_of_an_answer_that_is_good_is_the_next_one(provider):
    provider.proofs.nonce = "first"
    client = a_dpop_client(provider)
    tokens_of(client, provider)
    provider.lie("token", headers={"DPoP-Nonce": "second"})
    tokens_of(client, provider)

    assert nonces.get(provider.base_url) == "second"


def test_userinfo_may_ask_for_a_nonce(provider):
    client = a_dpop_client(provider)
    tokens = tokens_of(client, provider, sub="ada")
    provider.proofs.nonce = "the-nonce"

    claims = client.userinfo_claims(tokens.access_token, dpop_key=tokens.dpop_key)

    assert claims["sub"] == "ada"
    assert len(provider.requests_to("userinfo")) == 2


def test_a_server_that_asks_for_ever_is_asked_twice(provider):
    provider.lie(
        "token", status=400, body=json.dumps(ASKS).encode(), headers={"DPoP-Nonce": "again"}
    )

    code = code_of_error(lambda: tokens_of(a_dpop_client(provider), provider))

    assert code == "oauth.use_dpop_nonce"
    assert len(provider.requests_to("token")) == 2


@pytest.mark.parametrize(
    "nonce",
    [
        pytest.param(None, id="none"),
        pytest.param("a b", id="junk"),
        pytest.param("x" * 60_000, id="60,000 characters"),
    ],
)
def test_a_server_that_asks_without_a_nonce_is_asked_once(provider, nonce):
    provider.lie("token", status=400, body=json.dumps(ASKS).encode(), headers={"DPoP-Nonce": nonce})

    code = code_of_error(lambda: tokens_of(a_dpop_client(provider), provider))

    assert code == "oauth.use_dpop_nonce"
    assert len(provider.requests_to("token")) == 1


def test_a_code_that_was_asked_for_with_a_key_is_of_no_use_with_another(provider):
    client = a_dpop_client(provider)
    request = client.authorization_request(
        redirect_uri=REDIRECT_URI,
        state="the-state",
        nonce="the-nonce",
        code_verifier=CODE_VERIFIER,
        response_type="code",
        response_mode=None,
        dpop_jkt=DpopKey.generate().thumbprint,
        extra={},
    )
    code = provider.authorize(request.url()).partition("code=")[2].partition("&")[0]

    answer = code_of_error(
        lambda: client.exchange_code(code, redirect_uri=REDIRECT_URI, code_verifier=CODE_VERIFIER)
    )

    assert answer == "oauth.invalid_grant"


def test_a_client_secret_stays_beside_the_proof(provider):
    code = code_of(a_dpop_client(provider), provider)

    a_dpop_client(provider).exchange_code(
        code, redirect_uri=REDIRECT_URI, code_verifier=CODE_VERIFIER
    )

    assert provider.requests_to("token")[0].form["client_secret"] == provider.client_secret


@pytest.mark.parametrize("response_type", ["code token", "id_token", "code id_token token"])
def test_tokens_that_come_by_the_browser_are_bound_to_nothing(provider, response_type):
    client = a_dpop_client(
        provider,
        response_type=response_type,
        allow_access_token_in_front_channel_insecure=True,
    )

    with pytest.raises(ConfigurationError) as caught:
        client.registration.require_login()

    assert caught.value.code == "configuration.dpop"


def test_a_nonce_is_its_servers_alone():
    kept = ServerNonces()
    kept.learn("https://a.example/token", with_nonce("the-nonce"))

    assert kept.get("https://a.example:443/other?x") == "the-nonce"
    assert kept.get("https://a.example:444/token") is None


def test_the_newest_nonce_wins():
    kept = ServerNonces()
    kept.learn("https://a.example/", with_nonce("old"))
    kept.learn("https://a.example/", with_nonce("new"))
    kept.learn("https://a.example/", with_nonce("new"))

    assert kept.get("https://a.example/") == "new"


def test_the_nonces_of_so_many_servers_are_kept_and_no_more():
    kept = ServerNonces()
    for number in range(300):
        kept.learn(f"https://{number}.example/", with_nonce("n"))

    assert (kept.get("https://43.example/"), kept.get("https://44.example/")) == (None, "n")


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://A.example/x?y#z", "https://a.example:443"),
        ("http://a.example", "http://a.example:80"),
        ("http://[::1]:8000/", "http://::1:8000"),
    ],
)
def test_an_origin_has_its_port(url, origin):
    assert origin_of(url) == origin
