"""The doctor at each provider: silent where all is right, and right about each single mistake."""

import pytest

from tests.interop.real.conftest import (
    GLEWLWYD,
    KEYCLOAK,
    LEMONLDAP,
    LONG_SECRET,
    without_secret,
)

pytestmark = [pytest.mark.providers, pytest.mark.django_db(transaction=True)]


def codes(report):
    return [finding.code for finding in report.findings]


def test_the_settings_of_the_page_have_no_finding(provider, diagnose):
    report = diagnose(provider.app())

    assert (report.findings, report.unasked, report.status) == ([], [], 0)


def test_a_public_client_has_no_finding(provider, diagnose):
    report = diagnose(without_secret(provider.app("public")))

    assert (report.findings, report.unasked, report.status) == ([], [], 0)


@pytest.mark.parametrize(
    ("provider", "code"),
    [
        pytest.param(*KEYCLOAK.values, "unauthorized_client", id="Keycloak"),
        pytest.param(*LEMONLDAP.values, "invalid_client", id="LemonLDAP"),
        pytest.param(*GLEWLWYD.values, "unauthorized_client", id="Glewlwyd"),
    ],
    indirect=["provider"],
)
def test_another_secret_is_named(provider, code, diagnose):
    report = diagnose(provider.app(APP_SECRET="the-secret-of-another-app"))

    assert (codes(report), report.status) == ([f"credentials.{code}"], 1)
    assert "APP_SECRET" in report.findings[0].remedy


def test_another_post_logout_redirect_uri_at_lemonldap_is_named(lemonldap, diagnose):
    another = "https://another.example/genauth/logout/"

    report = diagnose(lemonldap.app(POST_LOGOUT_REDIRECT_URI=another))

    assert (codes(report), report.status) == (["post_logout_redirect_uri"], 1)


def test_an_issuer_that_differs_by_its_slash_is_named(provider, diagnose):
    other = {True: provider.issuer[:-1], False: f"{provider.issuer}/"}

    report = diagnose(provider.app(ISSUER=other[provider.issuer.endswith("/")]))

    assert (codes(report), report.status) == (["discovery.issuer"], 1)
    assert f'"ISSUER": "{provider.issuer}"' in report.findings[0].remedy


def test_an_algorithm_without_a_key_is_named(provider, diagnose):
    report = diagnose(provider.app(ID_TOKEN_SIGNED_RESPONSE_ALG="ES512"))

    assert (codes(report)[-1], report.status) == ("keys", 1)


# What is set wrong at Keycloak or here, the code, and a word of the remedy.
AT_KEYCLOAK = {
    "another redirect URI": (
        {"redirectUris": ["https://another.example/"]},
        "redirect_uri",
        "Register that address",
    ),
    "another post-logout redirect URI": (
        {"attributes": {"post.logout.redirect.uris": "https://another.example/"}},
        "post_logout_redirect_uri",
        "post-logout redirect URI",
    ),
    "Exclude Issuer From Authentication Response": (
        {"attributes": {"exclude.issuer.from.auth.response": "true"}},
        "authorization_response.iss_missing",
        "Exclude Issuer From Authentication Response: Off",
    ),
    "Pushed authorization request required": (
        {"attributes": {"require.pushed.authorization.requests": "true"}},
        "demand.pushed_authorization",
        "Pushed authorization request required: Off",
    ),
    "Require DPoP bound tokens": (
        {"attributes": {"dpop.bound.access.tokens": "true"}},
        "demand.dpop",
        "Require DPoP bound tokens: Off",
    ),
    "Request object required": (
        {"attributes": {"request.object.required": "request or request_uri"}},
        "demand.request_object",
        "Request object required: Not required",
    ),
    "Signed JWT": (
        {"clientAuthenticatorType": "client-jwt"},
        "demand.private_key_jwt",
        "Client Authenticator: Client Id and Secret",
    ),
    "Standard flow off": (
        {"standardFlowEnabled": False},
        "authorization.unauthorized_client",
        "what the app may use there",
    ),
}


@pytest.mark.parametrize("mistake", AT_KEYCLOAK)
def test_a_mistake_at_keycloak_is_named_with_its_remedy(keycloak, diagnose, mistake):
    changes, code, remedy = AT_KEYCLOAK[mistake]
    keycloak.register(mistake, **changes)

    report = diagnose(keycloak.app(mistake))

    assert (codes(report), report.status) == ([code], 1)
    assert remedy in report.findings[0].remedy


def test_a_scope_that_keycloak_does_not_know_is_named(keycloak, diagnose):
    report = diagnose(keycloak.app(SCOPE="openid nonsense"))

    assert codes(report) == ["authorization.invalid_scope"]
    assert "Compare SCOPE" in report.findings[0].remedy


def test_hs256_is_named_as_keycloaks_own_key(keycloak, diagnose):
    app = keycloak.app(ID_TOKEN_SIGNED_RESPONSE_ALG="HS256", APP_SECRET=LONG_SECRET)

    report = diagnose(app)

    assert codes(report)[0] == "keys.not_the_secret"
    assert '"ID_TOKEN_SIGNED_RESPONSE_ALG": "RS256"' in report.findings[0].remedy


def test_a_provider_that_hangs_could_not_be_asked(provider, diagnose):
    app = provider.app(TIMEOUT=1)

    with provider.away():
        report = diagnose(app)

    assert (report.findings, report.status) == ([], 2)
    assert report.unasked
