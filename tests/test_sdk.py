"""Each method that GenAuth's documents describe: same input, same result, but safer."""

import json
import time
import warnings
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.test import RequestFactory

from django_genauth.client import AuthenticationClient
from django_genauth.protocol.errors import (
    AccessDenied,
    AuthorizationResponseError,
    ConfigurationError,
    GenAuthError,
    ProviderError,
)
from tests.provider.scripted import CLIENT_ID, CLIENT_SECRET, ScriptedProvider

CALLBACK = "https://site.example/genauth/callback/"
SAMPLE = {
    "app_id": "5f17a529f64fb009b794a2ff",
    "app_host": "https://oidc1.genauth.ai",
    "redirect_uri": "https://baidu.com",
}


def nothing_is_sent(request):
    raise AssertionError(f"a request left: {request}")


def offline(**changes):
    """Make a client that fails as soon as it sends anything."""
    return AuthenticationClient(**(SAMPLE | changes), send=nothing_is_sent)


def online(provider, **changes):
    settings = {
        "app_id": CLIENT_ID,
        "secret": provider.client_secret,
        "app_host": provider.base_url,
        "redirect_uri": CALLBACK,
        "protocol": provider.protocol,
        "allow_insecure_http": True,
    }
    if provider.protocol == "oidc":
        settings["id_token_signed_response_alg"] = provider.alg
    return AuthenticationClient(**(settings | changes))


@pytest.fixture(params=["oidc", "oauth"])
def either(request):
    """Run a provider of either protocol."""
    with ScriptedProvider(
        client_id=CLIENT_ID, client_secret=CLIENT_SECRET, protocol=request.param
    ) as running:
        yield running


def pairs_of(url):
    return parse_qsl(urlsplit(url).query, keep_blank_values=True)


def code_from(provider, client, **request):
    """Sign in at the provider, and return the code and the address the browser came to."""
    verifier = client.generate_code_challenge()
    url = client.build_authorize_url(
        code_challenge=client.get_code_challenge_digest(code_challenge=verifier), **request
    )
    callback = provider.authorize(url)
    return dict(pairs_of(callback))["code"], verifier, callback


# buildAuthorizeUrl


def test_the_documents_sample_of_an_authorize_url_comes_out():
    url = offline().build_authorize_url(
        scope="openid profile offline_access",
        nonce="5485323897342262",
        state="7400704296715694",
        response_mode="query",
    )

    assert url.startswith("https://oidc1.genauth.ai/oidc/auth?nonce=5485323897342262&state=")
    assert sorted(pairs_of(url)) == sorted(
        pairs_of(
            "https://oidc1.genauth.ai/oidc/auth?nonce=5485323897342262&state=7400704296715694"
            "&scope=openid+profile+offline_access&client_id=5f17a529f64fb009b794a2ff"
            "&response_mode=query&redirect_uri=https%3A%2F%2Fbaidu.com&response_type=code"
            "&prompt=consent"
        )
    )


def test_the_documents_sample_for_oauth_comes_out_to_the_letter():
    url = offline(protocol="oauth").build_authorize_url(scope="user", state="7400704296715694")

    assert url == (
        "https://oidc1.genauth.ai/oauth/auth?state=7400704296715694&scope=user"
        "&client_id=5f17a529f64fb009b794a2ff&redirect_uri=https%3A%2F%2Fbaidu.com"
        "&response_type=code"
    )


def test_parameters_stand_in_the_order_of_genauths_library():
    url = offline().build_authorize_url(
        scope="openid offline_access",
        response_mode="form_post",
        code_challenge="c" * 43,
        tenant_id="t",
        ui_locales="de",
    )

    assert [name for name, _ in pairs_of(url)] == [
        "nonce",
        "state",
        "scope",
        "client_id",
        "redirect_uri",
        "response_type",
        "prompt",
        "response_mode",
        "code_challenge",
        "code_challenge_method",
        "ui_locales",
        "tenant_id",
    ]


def test_the_form_encoding_is_the_whatwgs():
    url = offline().build_authorize_url(state="a b*c~d", login_hint="愛@example.com")

    assert "state=a+b*c%7Ed" in url
    assert "login_hint=%E6%84%9B%40example.com" in url


@pytest.mark.parametrize(
    ("protocol", "scope"),
    [("oidc", "openid profile email phone address"), ("oauth", "user")],
)
def test_the_default_scope_is_the_documents(protocol, scope):
    url = offline(protocol=protocol).build_authorize_url()

    assert dict(pairs_of(url))["scope"] == scope


def test_state_and_nonce_are_made_anew_and_cannot_be_guessed():
    one, two = (dict(pairs_of(offline().build_authorize_url())) for _ in range(2))

    assert one["state"] != two["state"]
    assert one["nonce"] != two["nonce"]
    assert min(map(len, (one["state"], one["nonce"]))) >= 43


@pytest.mark.parametrize(
    ("scope", "prompts"),
    [
        ("openid offline_access", ["consent"]),
        ("openid", []),
        ("openid not_offline_access_at_all", []),
    ],
)
def test_consent_is_asked_for_exactly_with_offline_access(scope, prompts):
    url = offline().build_authorize_url(scope=scope)

    assert [value for name, value in pairs_of(url) if name == "prompt"] == prompts


@pytest.mark.parametrize(
    "response_type",
    [
        "code",
        "code id_token token",
        "code id_token",
        "id_token code",
        "code token",
        "id_token token",
        "id_token",
        "none",
    ],
)
def test_every_response_type_of_the_documents_is_taken(response_type):
    url = offline().build_authorize_url(response_type=response_type)

    assert sorted(dict(pairs_of(url))["response_type"].split()) == sorted(response_type.split())


def test_a_challenge_never_goes_without_its_method():
    url = offline().build_authorize_url(code_challenge="c" * 43)

    assert dict(pairs_of(url))["code_challenge_method"] == "S256"


def test_a_plain_challenge_needs_the_word_and_gives_a_warning():
    with pytest.warns(UserWarning, match="plain"):
        url = offline().build_authorize_url(code_challenge="c" * 43, code_challenge_method="plain")

    assert dict(pairs_of(url))["code_challenge_method"] == "plain"


# getAccessTokenByCode, exchangeAuthorizationCodeWithPkce


def test_a_code_is_exchanged(either):
    client = online(either)
    code, verifier, _ = code_from(either, client)

    tokens = client.get_access_token_by_code(code, code_verifier=verifier)

    assert (tokens.access_token != "", tokens.token_type, tokens.code) == (True, "Bearer", code)
    assert (tokens.claims() is None) == (either.protocol == "oauth")


@pytest.mark.parametrize(
    ("method", "form", "header"),
    [
        pytest.param(
            "client_secret_post",
            ["client_id", "client_secret", "grant_type", "code", "redirect_uri", "code_verifier"],
            False,
            id="post",
        ),
        pytest.param(
            "client_secret_basic",
            ["grant_type", "code", "redirect_uri", "code_verifier"],
            True,
            id="basic",
        ),
    ],
)
def test_the_token_request_is_that_of_genauths_library(provider, method, form, header):
    provider.auth_methods["token"] = method
    client = online(provider, token_endpoint_auth_method=method)
    code, verifier, _ = code_from(provider, client)

    client.get_access_token_by_code(code, code_verifier=verifier)

    (request,) = provider.requests_to("token")
    assert [name for name, _ in request.pairs] == form
    assert ("Authorization" in request.headers) == header


def test_a_public_client_names_itself_alone():
    with ScriptedProvider(client_id=CLIENT_ID, client_secret=None) as provider:
        client = online(provider)
        code, verifier, _ = code_from(provider, client)

        tokens = client.exchange_authorization_code_with_pkce(
            code=code, redirect_uri=CALLBACK, code_verifier=verifier
        )

    (request,) = provider.requests_to("token")
    assert [name for name, _ in request.pairs][:2] == ["client_id", "grant_type"]
    assert tokens.id_token_payload["sub"] == "user-1"


# authorizationCodeGrant


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
    with ScriptedProvider(
        client_id=CLIENT_ID, client_secret=CLIENT_SECRET, protocol="oauth"
    ) as provider:
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


# getUserInfoByAccessToken, getNewAccessTokenByRefreshToken, getAccessTokenByClientCredentials


def tokens_from(provider, client, **request):
    code, verifier, _ = code_from(provider, client, **request)
    return client.get_access_token_by_code(code, code_verifier=verifier)


def test_userinfo_is_asked_with_the_token_in_a_header(either):
    client = online(either)
    tokens = tokens_from(either, client)

    claims = client.get_user_info_by_access_token(tokens.access_token)

    (request,) = either.requests_to("userinfo")
    assert claims["sub"] == "user-1"
    assert request.headers["Authorization"] == f"Bearer {tokens.access_token}"
    assert request.query == {}


@pytest.mark.parametrize("rotation", ["rotate", "keep", "omit"])
def test_a_refresh_token_gives_fresh_tokens(provider, rotation):
    provider.refresh_tokens = rotation
    client = online(provider)
    tokens = tokens_from(provider, client, scope="openid offline_access")

    fresh = client.get_new_access_token_by_refresh_token(tokens.refresh_token)

    request = provider.requests_to("token")[-1]
    assert fresh.access_token != tokens.access_token
    assert (fresh.refresh_token is None) == (rotation == "omit")
    assert [name for name, _ in request.pairs] == [
        "client_id",
        "client_secret",
        "grant_type",
        "refresh_token",
    ]


def test_an_id_token_beside_a_refreshed_token_is_verified(provider):
    client = online(provider)
    tokens = tokens_from(provider, client, scope="openid offline_access")
    provider.forge("id_token", claims_edit=lambda claims: claims | {"aud": "other"})

    with pytest.raises(ProviderError) as caught:
        client.get_new_access_token_by_refresh_token(tokens.refresh_token)

    assert caught.value.code == "id_token.aud"


def test_a_machine_shows_its_own_key(either):
    either.machines["the-key"] = "the-secret"

    tokens = online(either).get_access_token_by_client_credentials(
        "email openid", access_key="the-key", secret_key="the-secret"
    )

    (request,) = either.requests_to("token")
    assert tokens.access_token
    assert request.pairs == [
        ("client_id", "the-key"),
        ("client_secret", "the-secret"),
        ("grant_type", "client_credentials"),
        ("scope", "email openid"),
    ]


# introspectToken, revokeToken


def test_the_state_of_a_token_is_told(either):
    client = online(either)
    tokens = tokens_from(either, client)

    answer = client.introspect_token(tokens.access_token)

    (request,) = either.requests_to("introspection")
    assert (answer["active"], answer["sub"]) == (True, "user-1")
    assert [name for name, _ in request.pairs] == ["client_id", "client_secret", "token"]


def test_a_token_that_is_none_is_inactive(either):
    assert online(either).introspect_token("no-token") == {"active": False}


@pytest.mark.parametrize(
    ("lie", "code"),
    [
        pytest.param({"edit": lambda a: {}}, "introspection.active", id="no active"),
        pytest.param({"edit": lambda a: {"active": "true"}}, "introspection.active", id="text"),
        pytest.param({"edit": lambda a: {"active": 1}}, "introspection.active", id="one"),
        pytest.param({"body": b"<html>"}, "introspection.json", id="HTML"),
        pytest.param({"status": 500}, "provider_unavailable.status_500", id="500"),
        pytest.param({"status": 401}, "introspection.status_401", id="401"),
    ],
)
def test_an_introspection_that_does_not_say_is_an_error(provider, lie, code):
    provider.lie("introspection", **lie)

    with pytest.raises(ProviderError) as caught:
        online(provider).introspect_token("the-token")

    assert caught.value.code.startswith(code)


def test_a_token_is_revoked(either):
    client = online(either)
    tokens = tokens_from(either, client)

    answer = client.revoke_token(tokens.access_token)

    (request,) = either.requests_to("revocation")
    assert answer is True
    assert client.introspect_token(tokens.access_token) == {"active": False}
    assert [name for name, _ in request.pairs] == ["client_id", "client_secret", "token"]


@pytest.mark.parametrize(
    ("lie", "code"),
    [
        pytest.param({"status": 503}, "provider_unavailable.status_503", id="503"),
        pytest.param({"status": 400}, "revocation.status_400", id="400"),
        pytest.param({"status": 204, "body": b""}, "revocation.status_204", id="204"),
        pytest.param({"body": b'{"code":400,"message":"x"}'}, "oauth.unregistered", id="v2"),
        pytest.param({"body": b'{"error":"invalid_client"}'}, "oauth.invalid_client", id="error"),
        pytest.param({"body": b"<html>"}, "revocation.json", id="a page"),
    ],
)
def test_a_revocation_that_may_have_failed_is_an_error(provider, lie, code):
    provider.lie("revocation", **lie)

    with pytest.raises(ProviderError) as caught:
        online(provider).revoke_token("the-token")

    assert caught.value.code == code


@pytest.mark.parametrize("body", [b"", b"OK", b"{}", b'{"revoked": true}'])
def test_what_else_stands_in_a_success_is_not_looked_at(provider, body):
    provider.lie("revocation", status=200, body=body)

    assert online(provider).revoke_token("the-token") is True


# validateToken


def test_an_id_token_is_verified_here(provider):
    client = online(provider)
    tokens = tokens_from(provider, client)
    provider.forget_requests()

    claims = client.validate_token(id_token=tokens.id_token)

    assert claims["sub"] == "user-1"
    assert provider.requests == []


def test_an_id_token_that_was_kept_is_verified_by_its_own_time(provider):
    provider.forge("id_token", claims_edit=lambda claims: claims | {"iat": time.time() - 500})
    client = online(provider, clock=lambda: time.time())
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
    code_, verifier, _ = code_from(provider, client)
    tokens = client.get_access_token_by_code(code_, code_verifier=verifier)

    with pytest.raises(ProviderError) as caught:
        client.validate_token(access_token=tokens.access_token)

    assert caught.value.code == code


def test_an_id_token_is_no_access_token_and_an_opaque_one_is_no_jwt(provider):
    with pytest.raises(ProviderError) as caught:
        online(provider).validate_token(access_token="fa9d2bdd914ea01aa4e434c12d4f919d749fc75c")

    assert caught.value.code == "access_token.framing"


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
    from django_genauth.protocol.messages import HttpResponse

    def send(request):
        seen.append(request)
        return HttpResponse(status=200, body=json.dumps(body).encode())

    return send


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


# buildLogoutUrl


def test_genauths_own_page_signs_out():
    url = offline().build_logout_url(redirect_uri="https://www.genauth.ai")

    assert url == (
        "https://oidc1.genauth.ai/login/profile/logout?redirect_uri=https%3A%2F%2Fwww.genauth.ai"
    )


def test_genauths_own_page_needs_no_way_back():
    assert offline(protocol="oauth").build_logout_url() == (
        "https://oidc1.genauth.ai/login/profile/logout"
    )


def test_the_standards_page_signs_out():
    url = offline().build_logout_url(
        expert=True, id_token="a.b.c", redirect_uri="https://www.genauth.ai?a=1&b=2", state="s"
    )

    assert url == (
        "https://oidc1.genauth.ai/oidc/session/end?id_token_hint=a.b.c"
        "&post_logout_redirect_uri=https%3A%2F%2Fwww.genauth.ai%3Fa%3D1%26b%3D2&state=s"
    )


# generateCodeChallenge, getCodeChallengeDigest


def test_what_the_library_calls_a_challenge_is_a_verifier():
    made = {offline().generate_code_challenge() for _ in range(20)}

    assert len(made) == 20
    assert {len(each) for each in made} == {43}


def test_the_digest_is_that_of_the_specification():
    digest = offline().get_code_challenge_digest(
        code_challenge="dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    )

    assert digest == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_a_plain_digest_is_the_verifier_and_gives_a_warning():
    with pytest.warns(UserWarning, match="plain"):
        digest = offline().get_code_challenge_digest(code_challenge="v" * 43, method="plain")

    assert digest == "v" * 43


# Bad input: one clear exception each, and nothing sent


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(lambda c: c.build_authorize_url(response_type="token"), id="kind"),
        pytest.param(lambda c: c.build_authorize_url(response_mode="post"), id="mode"),
        pytest.param(lambda c: c.build_authorize_url(code_challenge_method="S256"), id="method"),
        pytest.param(
            lambda c: c.build_authorize_url(code_challenge="c", code_challenge_method="SHA-256"),
            id="the walk-through's method",
        ),
        pytest.param(lambda c: c.build_authorize_url(scope="a" * 1_000_000), id="scope of 1 MB"),
        pytest.param(lambda c: c.build_authorize_url(client_id="x"), id="a parameter of our own"),
        pytest.param(lambda c: c.get_access_token_by_code(""), id="empty code"),
        pytest.param(lambda c: c.get_access_token_by_code(b"code"), id="code in bytes"),
        pytest.param(
            lambda c: c.get_access_token_by_code("code", code_verifier="v" * 42),
            id="verifier of 42",
        ),
        pytest.param(
            lambda c: c.exchange_authorization_code_with_pkce(
                code="c", redirect_uri="https://a.example", code_verifier=None
            ),
            id="no verifier",
        ),
        pytest.param(lambda c: c.get_user_info_by_access_token(""), id="empty access token"),
        pytest.param(lambda c: c.get_user_info_by_access_token("a\r\nb"), id="a header"),
        pytest.param(lambda c: c.get_new_access_token_by_refresh_token(None), id="no token"),
        pytest.param(lambda c: c.introspect_token(b"token"), id="a token in bytes"),
        pytest.param(lambda c: c.revoke_token(7), id="a number"),
        pytest.param(lambda c: c.validate_token(), id="no token to validate"),
        pytest.param(lambda c: c.validate_token(id_token="a", access_token="b"), id="both tokens"),
        pytest.param(lambda c: c.validate_token(id_token=""), id="an empty token to validate"),
        pytest.param(lambda c: c.build_logout_url(expert=True), id="expert without a token"),
        pytest.param(
            lambda c: c.get_access_token_by_client_credentials("s", access_key="", secret_key="x"),
            id="no access key",
        ),
        pytest.param(lambda c: c.get_code_challenge_digest(code_challenge="v" * 42), id="digest"),
        pytest.param(
            lambda c: c.get_code_challenge_digest(code_challenge="v" * 43, method="SHA-256"),
            id="digest's method",
        ),
    ],
)
def test_bad_input_is_one_clear_error_and_nothing_is_sent(call):
    with pytest.raises(ConfigurationError):
        call(offline())


def test_without_a_redirect_uri_nobody_is_sent_away():
    with pytest.raises(ConfigurationError, match="redirect_uri"):
        offline(redirect_uri=None).build_authorize_url()


def test_an_unknown_protocol_is_refused():
    with pytest.raises(ConfigurationError, match="PROTOCOL"):
        offline(protocol="saml")


def test_nothing_of_this_gives_a_warning_that_a_script_would_meet():
    with warnings.catch_warnings():
        warnings.simplefilter("error")

        assert offline().build_authorize_url()
