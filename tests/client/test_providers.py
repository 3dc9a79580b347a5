"""Settings for what real providers do otherwise: each test names the provider."""

from urllib.parse import parse_qs, urlsplit

import pytest

from django_genauth.protocol.errors import ConfigurationError, ProviderError
from tests.support.clients import REDIRECT_URI, a_client, authorize_url, sign_in, tokens_of
from tests.support.provider.keys import secret_key
from tests.support.provider.scripted import ScriptedProvider

ISSUER = "https://outer.example/realms/staff"


def with_audience(*audience):
    return lambda claims: (
        {name: each for name, each in claims.items() if name != "azp"} | {"aud": list(audience)}
    )


@pytest.fixture
def inner_and_outer(provider):
    """Be a Keycloak whose issuer and pages are outside, and whose endpoints are inside."""
    provider.lie(
        "discovery",
        edit=lambda it: it | {"issuer": ISSUER, "authorization_endpoint": f"{ISSUER}/auth"},
    )
    provider.forge("id_token", claims_edit=lambda claims: claims | {"iss": ISSUER})
    return provider


def test_keycloaks_configuration_is_read_inside_and_its_issuer_compared(inner_and_outer):
    address = f"{inner_and_outer.issuer}/.well-known/openid-configuration"

    client = a_client(inner_and_outer, app_host=ISSUER, issuer=ISSUER, discovery=address)

    assert client.metadata().token_endpoint.startswith(inner_and_outer.base_url)
    assert client.metadata().authorization_endpoint == f"{ISSUER}/auth"


def test_a_configuration_from_an_address_has_the_issuer_all_the_same(provider):
    address = f"{provider.issuer}/.well-known/openid-configuration"
    client = a_client(provider, app_host=ISSUER, issuer=ISSUER, discovery=address)

    with pytest.raises(ProviderError) as caught:
        client.metadata()

    assert caught.value.code == "discovery.issuer"


def test_two_addresses_of_one_issuer_are_two_documents_of_the_shared_cache(inner_and_outer):
    address = f"{inner_and_outer.issuer}/.well-known/openid-configuration"
    keys = {
        a_client(inner_and_outer, issuer=ISSUER, discovery=each).provider._cache_key("keys")
        for each in (True, address)
    }

    assert len(keys) == 2


@pytest.mark.parametrize("value", ["inner.example", "ftp://inner.example/", "http://inner.example"])
def test_an_address_that_is_none_is_refused(value):
    with pytest.raises(ConfigurationError) as caught:
        a_client(ScriptedProvider(), app_host=ISSUER, discovery=value, allow_insecure_http=False)

    assert caught.value.code == "configuration.discovery"


@pytest.mark.parametrize("published", [None, "", 5, "http://op.example/x", "https://a b/"])
@pytest.mark.parametrize("name", ["token_endpoint", "jwks_uri", "revocation_endpoint"])
def test_an_endpoint_that_is_set_by_hand_wins_whatever_is_published(provider, name, published):
    honest = a_client(provider).endpoint(name)
    provider.lie("discovery", edit=lambda it: it | {name: published})

    client = a_client(provider, endpoints={name: honest})

    assert sign_in(client, provider).subject == "user-1"
    assert client.endpoint(name) == honest


def test_an_optional_endpoint_that_is_empty_counts_as_missing(provider):
    provider.lie("discovery", edit=lambda it: it | {"revocation_endpoint": ""})
    client = a_client(provider)

    assert sign_in(client, provider).subject == "user-1"
    assert client.metadata().dropped == ("revocation_endpoint",)


@pytest.mark.parametrize(
    ("id_token_alg", "userinfo_alg"),
    [
        pytest.param("RS256", "HS256", id="LemonLDAP"),
        pytest.param("ES256", "RS256", id="Keycloak"),
        pytest.param("HS256", "RS256", id="the other way round"),
    ],
)
def test_userinfo_is_signed_with_an_algorithm_of_its_own(id_token_alg, userinfo_alg):
    with ScriptedProvider(alg=id_token_alg) as provider:
        by = {
            "HS256": secret_key("HS256", provider.client_secret),
            "RS256": provider.access_token_key,
        }[userinfo_alg]
        provider.userinfo_signed = True
        provider.forge(
            "userinfo",
            sign_with=by,
            header_edit=lambda header: header | {"alg": userinfo_alg, "kid": by.kid},
        )
        client = a_client(provider, userinfo_signed_response_alg=userinfo_alg)
        tokens = tokens_of(client, provider, sub="ada")

        assert client.userinfo_claims(tokens.access_token)["sub"] == "ada"


def test_without_the_setting_userinfo_has_the_id_tokens_algorithm(provider):
    provider.userinfo_signed = True
    provider.forge("userinfo", sign_with=secret_key("HS256", provider.client_secret))
    client = a_client(provider)
    tokens = tokens_of(client, provider)

    with pytest.raises(ProviderError) as caught:
        client.userinfo_claims(tokens.access_token)

    assert caught.value.code == "userinfo.alg"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        pytest.param({"userinfo_signed_response_alg": "none"}, "userinfo_signed_response_alg"),
        pytest.param(
            {"userinfo_signed_response_alg": "HS256", "secret": None},
            "userinfo_signed_response_alg",
        ),
        pytest.param({"userinfo_signed_response_alg": "HS256", "secret": "s"}, "secret_too_short"),
        pytest.param({"trusted_audiences": "account"}, "trusted_audiences"),
    ],
)
def test_what_cannot_work_is_named(provider, changes, code):
    with pytest.raises(ConfigurationError) as caught:
        a_client(provider, **changes)

    assert caught.value.code == f"configuration.{code}"


def test_oracles_further_audiences_are_accepted_by_name(provider):
    provider.forge("id_token", claims_edit=with_audience(provider.client_id, "https://idcs"))

    client = a_client(provider, trusted_audiences=["https://idcs"])

    assert sign_in(client, provider).subject == "user-1"


@pytest.mark.parametrize("trusted", [[], ["https://other"]])
def test_an_audience_that_nobody_named_is_refused(provider, trusted):
    provider.forge("id_token", claims_edit=with_audience(provider.client_id, "https://idcs"))

    with pytest.raises(ProviderError) as caught:
        sign_in(a_client(provider, trusted_audiences=trusted), provider)

    assert caught.value.code == "id_token.azp"


@pytest.mark.parametrize(
    ("aud", "audience"),
    [
        pytest.param("account", "account", id="Keycloak without a mapper"),
        pytest.param(["openid", "email"], {"email"}, id="Glewlwyd's scopes"),
        pytest.param(["a", "b"], ["x", "b"], id="one of several"),
    ],
)
def test_an_access_token_for_another_audience_is_verified_by_that(provider, aud, audience):
    provider.forge("access_token", claims_edit=lambda claims: claims | {"aud": aud})
    client = a_client(provider)
    tokens = tokens_of(client, provider, sub="ada")

    claims = client.validate_token(access_token=tokens.access_token, audience=audience)

    assert claims["sub"] == "ada"


@pytest.mark.parametrize("aud", [[], "account"])
def test_the_message_says_what_to_set_at_the_provider(provider, aud):
    provider.forge("access_token", claims_edit=lambda claims: claims | {"aud": aud})
    client = a_client(provider)
    tokens = tokens_of(client, provider)

    with pytest.raises(ProviderError, match="Keycloak by an Audience mapper") as caught:
        client.validate_token(access_token=tokens.access_token)

    assert caught.value.code == "access_token.aud"


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param({"access_token": "a.b.c", "audience": ""}, id="empty"),
        pytest.param({"access_token": "a.b.c", "audience": []}, id="none"),
        pytest.param({"access_token": "a.b.c", "audience": ["a", ""]}, id="an empty one"),
        pytest.param({"access_token": "a.b.c", "audience": 5}, id="a number"),
        pytest.param({"access_token": "a.b.c", "audience": "a", "online": True}, id="online"),
        pytest.param({"id_token": "a.b.c", "audience": "a"}, id="ID token"),
    ],
)
def test_an_audience_that_would_check_nothing_is_refused(provider, arguments):
    with pytest.raises(ConfigurationError) as caught:
        a_client(provider).validate_token(**arguments)

    assert caught.value.code == "configuration.argument"


def test_keycloak_is_sent_no_empty_scope(provider):
    provider.machines["key"] = "s" * 32

    a_client(provider).get_access_token_by_client_credentials(
        "", access_key="key", secret_key="s" * 32
    )

    (request,) = provider.requests_to("token")
    assert [name for name, _ in request.pairs] == ["client_id", "client_secret", "grant_type"]


def test_keycloak_says_that_a_refresh_token_lives_once_it_is_told_of_which_kind(provider):
    client = a_client(provider)
    tokens = tokens_of(client, provider, scope="openid offline_access")
    provider.lie(
        "introspection",
        body=b'{"active": false}',
        when=lambda request: "token_type_hint" not in request.form,
    )

    state = client.introspect_token(tokens.refresh_token)

    assert state["active"] is True


def test_a_provider_that_refuses_the_kind_has_said_before_that_the_token_is_dead(provider):
    provider.lie(
        "introspection",
        status=400,
        body=b'{"error": "unsupported_token_type"}',
        when=lambda request: "token_type_hint" in request.form,
    )

    assert a_client(provider).introspect_token("the-token") == {"active": False}


@pytest.mark.parametrize(
    ("protocol", "extra", "expected"),
    [
        pytest.param("oidc", {}, ["consent"], id="oidc"),
        pytest.param("oidc", {"prompt": []}, [], id="oidc without"),
        pytest.param("oauth", {}, [], id="oauth"),
        pytest.param("oauth", {"prompt": "login"}, ["login"], id="oauth with its own"),
    ],
)
def test_consent_is_asked_for_with_offline_access_in_openid_connect(protocol, extra, expected):
    with ScriptedProvider(protocol=protocol) as provider:
        scope = "openid offline_access"
        client = a_client(provider, protocol=protocol, scope=scope, authorize_params=extra)
        request = client.authorization_request(
            redirect_uri=REDIRECT_URI,
            state="s",
            nonce="n",
            code_verifier="v" * 43,
            response_type="code",
            response_mode=None,
            extra={},
        )

    assert parse_qs(urlsplit(request.url()).query).get("prompt", []) == expected


@pytest.mark.parametrize(("protocol", "expected"), [("oidc", ["consent"]), ("oauth", [])])
def test_so_does_the_address_that_the_client_builds(protocol, expected):
    with ScriptedProvider(protocol=protocol) as provider:
        url = authorize_url(a_client(provider, protocol=protocol), scope="openid offline_access")

    assert parse_qs(urlsplit(url).query).get("prompt", []) == expected
