"""buildAuthorizeUrl: the address that a login begins at."""

import pytest

from tests.client.sdk.material import offline, pairs_of


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


@pytest.mark.parametrize(
    ("argument", "sent"),
    [
        pytest.param({}, "form_post", id="the setting"),
        pytest.param({"response_mode": "query"}, "query", id="the argument before the setting"),
    ],
)
def test_the_response_mode_of_the_settings_is_sent(argument, sent):
    url = offline(response_mode="form_post").build_authorize_url(**argument)

    assert dict(pairs_of(url))["response_mode"] == sent


def test_a_challenge_never_goes_without_its_method():
    url = offline().build_authorize_url(code_challenge="c" * 43)

    assert dict(pairs_of(url))["code_challenge_method"] == "S256"


def test_a_plain_challenge_needs_the_word_and_gives_a_warning():
    with pytest.warns(UserWarning, match="plain"):
        url = offline().build_authorize_url(code_challenge="c" * 43, code_challenge_method="plain")

    assert dict(pairs_of(url))["code_challenge_method"] == "plain"
