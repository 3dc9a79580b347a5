"""What one provider alone does, by its documents, and what the settings of its page do about it.

What all of them share stands in `test_documented`.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import requests
from django.contrib.auth import get_user_model
from jwcrypto.jwt import JWT
from pytest_django import Settings

from django_genauth import conf, grants
from django_genauth.conf import get_client
from django_genauth.doctor import examine
from django_genauth.models import Grant
from django_genauth.protocol.client_keys import generate_key
from django_genauth.protocol.errors import AccessTokenError, GrantError, OAuthError, ProviderError
from django_genauth.protocol.jws import unverified_claims
from tests.interop.descriptions import DESCRIPTIONS
from tests.support.pages import taken, values_of
from tests.support.provider.documented import DocumentedProvider
from tests.support.signed_in import send
from tests.support.site.visitor import Visitor

pytestmark = pytest.mark.django_db

(LOGIN_GOV_KEY,) = taken("python", "howto/providers/login-gov", "CLIENT_KEYS")
(COGNITO_LOGOUT,) = taken("python", "howto/providers/cognito", "logout_uri")

Coming = Callable[..., Visitor]


@pytest.fixture
def coming_to(settings: Settings, apple_key: object) -> Iterator[Coming]:
    """Lend a way to come to a site with the settings of a page, some of them changed or removed."""
    with ExitStack() as running:

        def come(page: str, **changes: Any) -> Visitor:
            provider = running.enter_context(DocumentedProvider(DESCRIPTIONS[page]))
            genauth = provider.settings()
            app = {**genauth["default"], **changes}
            genauth["default"] = {name: value for name, value in app.items() if value is not ...}
            settings.GENAUTH = genauth
            return Visitor(provider)

        yield come


def test_entra_is_not_asked_for_consent(coming_to):
    visitor = coming_to("entra-id")

    visitor.sign_in()

    assert "prompt" not in visitor.provider.asked_for


def test_entra_ends_a_grant_that_a_policy_wants_another_step_for(coming_to):
    visitor = coming_to("entra-id")
    visitor.sign_in()
    visitor.provider.lie("token", status=400, body=b'{"error":"interaction_required"}')

    with pytest.raises(GrantError):
        grants.refresh(Grant.objects.get())

    assert Grant.objects.get().state == "ended"


def test_entras_addresses_for_all_tenants_name_no_issuer(coming_to, refusals):
    visitor = coming_to("entra-id")
    issuer = "https://login.microsoftonline.com/{tenantid}/v2.0"
    visitor.provider.lie("discovery", edit=lambda document: document | {"issuer": issuer})

    response = visitor.client.get("/genauth/login/")

    assert (response.status_code, refusals.codes) == (502, ["discovery.issuer"])


def test_azure_b2c_gives_no_access_token_without_the_client_id_in_the_scope(coming_to, refusals):
    visitor = coming_to("azure-b2c", SCOPE="openid offline_access")
    visitor.provider.lie("token", edit=lambda answer: answer | {"access_token": None})

    response = visitor.sign_in()

    assert (response.status_code, refusals.codes) == (502, ["token_response.access_token"])


def test_azure_b2c_says_its_lifetime_as_text(coming_to):
    coming_to("azure-b2c").sign_in()

    assert Grant.objects.get().token_set["expires_in"] == 3600


def test_google_gives_no_refresh_token_unless_it_is_asked_for(coming_to):
    visitor = coming_to("google", AUTHORIZE_PARAMS={})

    visitor.sign_in()

    assert visitor.is_signed_in
    assert Grant.objects.get().token_set["refresh_token"] is None


def test_googles_first_refresh_token_is_kept(coming_to):
    coming_to("google").sign_in()
    first = Grant.objects.get().token_set["refresh_token"]

    grants.refresh(Grant.objects.get())

    assert Grant.objects.get().token_set["refresh_token"] == first


def test_apples_secret_is_signed_with_the_developers_key(coming_to, apple_key):
    visitor = coming_to("apple")
    visitor.sign_in()
    (request,) = visitor.provider.requests_to("token")

    secret = JWT(jwt=request.form["client_secret"], key=apple_key, algs=["ES256"])

    assert '"kid":"ABC123DEFG"' in secret.header
    assert '"iss":"DEF123GHIJ"' in secret.claims
    assert '"sub":"com.example.site"' in secret.claims
    assert f'"aud":"{visitor.provider.issuer}"' in secret.claims


def test_apples_secret_stays_the_same_so_that_the_app_is_loaded_once(coming_to):
    coming_to("apple")

    assert conf.get_app() is conf.get_app()


def test_a_person_who_cancels_at_apple_sees_the_friendly_page(coming_to, refusals):
    visitor = coming_to("apple")
    url = visitor.begin()

    answer = visitor.provider.respond(url, code=None, error="user_cancelled_authorize")
    response = visitor.bring(answer)

    assert (response.status_code, refusals.codes) == (403, ["access_denied"])
    assert "You did not sign in" in response.content.decode()


def test_the_name_that_apple_posts_once_is_left(coming_to):
    visitor = coming_to("apple")

    visitor.sign_in(user='{"name":{"firstName":"Ada","lastName":"Lovelace"}}')

    assert visitor.is_signed_in
    assert get_user_model().objects.get().first_name == ""


def test_apples_address_is_verified_though_it_says_so_in_text(coming_to):
    ada = get_user_model().objects.create_user("ada", email="x@privaterelay.example")

    coming_to("apple", LINK_VERIFIED_EMAIL=True).sign_in()

    assert get_user_model().objects.get() == ada


def test_cognitos_own_page_is_told_where_to_lead_people(coming_to, settings):
    visitor = coming_to("cognito", LOGOUT="standard")
    values_of(COGNITO_LOGOUT, GENAUTH=settings.GENAUTH)
    settings.GENAUTH["default"]["ENDPOINTS"] = {
        name: visitor.provider.local(url)
        for name, url in settings.GENAUTH["default"]["ENDPOINTS"].items()
    }
    visitor.sign_in()

    leaving = visitor.client.post("/genauth/logout/")["Location"]

    assert "logout_uri=https%3A%2F%2FYOUR-SITE%2Fgenauth%2Flogout%2F&" in leaving
    assert requests.get(leaving, allow_redirects=False, timeout=20).status_code == 302


def test_auth0s_issuer_has_a_slash(coming_to, settings, refusals):
    visitor = coming_to("auth0")
    app = settings.GENAUTH["default"]
    app["ISSUER"] = app["ISSUER"].removesuffix("/")

    response = visitor.client.get("/genauth/login/")

    assert (response.status_code, refusals.codes) == (502, ["discovery.issuer"])


def test_oktas_id_token_leaves_out_what_userinfo_says(coming_to):
    coming_to("okta", USERINFO=False).sign_in()

    assert get_user_model().objects.get().first_name == ""


def test_line_revokes_no_token_by_the_standards_parameter(coming_to):
    visitor = coming_to("line")
    visitor.sign_in()
    visitor.provider.lie("revocation", status=400, body=b'{"error":"invalid_request"}')

    with pytest.raises(OAuthError):
        grants.revoke(Grant.objects.get())

    assert Grant.objects.get().state == "revoking"


def test_what_line_does_not_revoke_is_no_finding_of_the_doctor(coming_to):
    visitor = coming_to("line")
    visitor.provider.lie("revocation", status=400, body=b'{"error":"invalid_request"}')

    report = examine("default", None)

    assert [each for each in report.findings if each.code.startswith("revocation")] == []


def test_login_gov_refuses_the_id_token_as_a_hint_and_gets_none(coming_to):
    visitor = coming_to("login-gov")
    visitor.sign_in()

    leaving = visitor.client.post("/genauth/logout/")["Location"]

    assert "id_token_hint" not in leaving
    with_hint = requests.get(f"{leaving}&id_token_hint=a", allow_redirects=False, timeout=20)
    assert with_hint.status_code == 400


def test_login_gov_knows_the_site_by_its_key(coming_to, settings):
    visitor = coming_to("login-gov")
    key, public = generate_key("RS256")
    visitor.provider.client_keys = [public.public()]
    visitor.provider.auth_methods["token"] = "private_key_jwt"
    values_of(LOGIN_GOV_KEY, GENAUTH=settings.GENAUTH)
    settings.GENAUTH["default"]["CLIENT_KEYS"] = [key]

    visitor.sign_in()

    (request,) = visitor.provider.requests_to("token")
    claims = unverified_claims(request.form["client_assertion"])
    assert claims["aud"] == visitor.provider.addresses["token"]
    assert visitor.is_signed_in


def test_franceconnects_level_is_compared(coming_to, refusals):
    visitor = coming_to("franceconnect")
    visitor.provider.forge("id_token", claims_edit=lambda claims: claims | {"acr": "eidas0"})

    response = visitor.sign_in()

    assert (response.status_code, refusals.codes) == (502, ["id_token.acr"])


def test_salesforces_access_token_is_used_until_it_is_refused(coming_to):
    coming_to("salesforce").sign_in()

    token = grants.get_access_token(get_user_model().objects.get())

    assert (token, Grant.objects.get().expires_at) == (
        Grant.objects.get().token_set["access_token"],
        None,
    )


def test_a_single_group_of_adfs_is_a_text(coming_to):
    coming_to("adfs").sign_in(claims={"group": "editors"})

    assert [group.name for group in get_user_model().objects.get().groups.all()] == ["editors"]


@pytest.mark.parametrize("endpoint", ["introspection", "revocation"])
def test_zitadel_refuses_another_method_in_plain_text(coming_to, endpoint):
    visitor = coming_to("zitadel")
    visitor.sign_in()
    plain = b"ErrorType=invalid_client Parent=no client credentials provided"
    visitor.provider.lie(endpoint, status=401, headers={"Content-Type": "text/plain"}, body=plain)
    ask = {"introspection": grants.introspect, "revocation": grants.revoke}[endpoint]

    with pytest.raises(ProviderError) as refusal:
        ask(Grant.objects.get())

    assert refusal.value.code == f"{endpoint}.status_401"


def test_zitadel_takes_a_role_back(coming_to):
    visitor = coming_to("zitadel", GROUPS_MANAGED=["editors"])
    visitor.sign_in()

    visitor.sign_in(claims={"urn:zitadel:iam:org:project:roles": {}})

    assert not get_user_model().objects.get().groups.exists()


def test_an_empty_text_of_casdoor_is_no_token(coming_to):
    visitor = coming_to("casdoor")
    visitor.sign_in()
    first = Grant.objects.get().token_set["refresh_token"]
    empty = {"refresh_token": "", "id_token": ""}
    visitor.provider.lie("token", edit=lambda answer: answer | empty)

    grants.refresh(Grant.objects.get())

    assert Grant.objects.get().token_set["refresh_token"] == first


def test_fusionauths_default_issuer_is_no_address(coming_to, refusals):
    visitor = coming_to("fusionauth")
    visitor.provider.lie("discovery", edit=lambda document: document | {"issuer": "acme.com"})

    response = visitor.client.get("/genauth/login/")

    assert (response.status_code, refusals.codes) == (502, ["discovery.issuer"])


def test_fusionauths_default_issuer_cannot_be_set(coming_to):
    coming_to("fusionauth", ISSUER="acme.com")

    assert conf.problems("default")[0].startswith("ISSUER has to be an https address")


def test_hydra_signs_people_out_without_an_end_of_its_token(coming_to):
    visitor = coming_to("ory-hydra")
    visitor.sign_in()
    said = {"iss": visitor.provider.issuer, "aud": [visitor.provider.client_id]}
    visitor.provider.forge(
        "logout_token",
        header_edit=lambda header: header | {"typ": "JWT"},
        claims_edit=lambda claims: {k: v for k, v in claims.items() if k != "exp"} | said,
    )

    response = send(visitor.provider.logout_token(sid="s", iat=int(time.time())))

    assert response.status_code == 200
    assert visitor.client.get("/members/").status_code == 302


def test_hydras_access_token_has_an_audience_where_one_was_asked_for(coming_to):
    api = "https://YOUR-SITE/api"
    visitor = coming_to("ory-hydra", AUTHORIZE_PARAMS={"prompt": [], "audience": api})
    visitor.provider.forge("access_token", claims_edit=lambda claims: claims | {"aud": [api]})
    visitor.sign_in()
    token = Grant.objects.get().token_set["access_token"]

    claims = get_client().validate_token(access_token=token, audience=api)

    assert visitor.provider.asked_for["audience"] == api
    assert claims["aud"] == [api]


def test_hydras_access_token_has_an_empty_audience_otherwise(coming_to):
    visitor = coming_to("ory-hydra")
    visitor.provider.forge("access_token", claims_edit=lambda claims: claims | {"aud": []})
    visitor.sign_in()
    token = Grant.objects.get().token_set["access_token"]

    with pytest.raises(AccessTokenError, match="aud"):
        get_client().validate_token(access_token=token)
