"""The OpenID Foundation's relying-party login tests, each by the name of its module.

Those that a plan runs for several ways of answering are run here for each of them. The table for a
reader is in docs/topics/certification.rst; signing out is in `test_logout_conformance`.
"""

from dataclasses import replace
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.contrib.auth import get_user_model

from django_genauth import grants
from django_genauth.models import Grant
from django_genauth.protocol.errors import GrantError
from tests.misbehaviour.forgeries import of_segments, with_members
from tests.support.grantees import a_grant
from tests.support.provider.keys import base64url, secret_key, signing_key
from tests.support.provider.scripted import CLIENT_SECRET, ScriptedProvider
from tests.support.site.visitor import Visitor

pytestmark = pytest.mark.django_db

TOKEN_IN_BROWSER = {"ALLOW_ACCESS_TOKEN_IN_FRONT_CHANNEL_INSECURE": True, "USERINFO": True}
BASIC = {"basic": {}}
FORM_POST = {"form post": {"RESPONSE_MODE": "form_post"}}
ID_TOKEN_IN_BROWSER = {
    "hybrid, code id_token": {"RESPONSE_TYPE": "code id_token"},
    "hybrid, code id_token token": {"RESPONSE_TYPE": "code id_token token", **TOKEN_IN_BROWSER},
}
HYBRID = {
    **ID_TOKEN_IN_BROWSER,
    "hybrid, code token": {"RESPONSE_TYPE": "code token", **TOKEN_IN_BROWSER},
}


def plans(*several):
    """Run a test once for each of these ways of answering."""
    every = {name: each for plan in several for name, each in plan.items()}
    rows = [pytest.param(changes, id=name) for name, changes in every.items()]
    return pytest.mark.parametrize("plan", rows)


basic = plans(BASIC)
login = plans(BASIC, FORM_POST, HYBRID)
hybrid = plans(HYBRID)
id_token_in_browser = plans(ID_TOKEN_IN_BROWSER)


@pytest.fixture
def visitor(provider, app, plan):
    """Come over https to a site that asks as the plan has it."""
    app |= plan
    return Visitor(provider, HTTPS="on", HTTP_HOST="testserver", SERVER_PORT="443")


@pytest.fixture
def sign_in(visitor):
    """Take all steps of a login, by whatever way the answer comes back."""

    def take(**person):
        answer = visitor.provider.respond(visitor.begin(), **person)
        path = urlsplit(answer.redirect_uri).path
        if answer.mode == "query":
            return visitor.client.get(f"{path}?{urlencode(answer.pairs)}")
        return visitor.client.post(path, dict(answer.pairs))

    return take


@pytest.fixture
def refuses(visitor, sign_in, refusals):
    """Check that a login is refused, for this reason."""

    def check(code):
        sign_in()
        assert refusals.codes == [code]
        assert not visitor.is_signed_in
        assert not get_user_model().objects.exists()

    return check


@login
def test_client_test(visitor, sign_in):
    sign_in()

    assert visitor.is_signed_in


@login
def test_invalid_iss(provider, refuses):
    provider.forge("id_token", claims_edit=with_members(iss="https://evil.example"))

    refuses("id_token.iss")


@login
def test_missing_sub(provider, refuses):
    provider.forge("id_token", claims_edit=with_members(sub=None))

    refuses("id_token.sub")


@login
def test_invalid_aud(provider, refuses):
    provider.forge("id_token", claims_edit=with_members(aud="another-client"))

    refuses("id_token.aud")


@login
def test_missing_aud(provider, refuses):
    provider.forge("id_token", claims_edit=with_members(aud=None))

    refuses("id_token.aud")


@login
def test_missing_iat(provider, refuses):
    provider.forge("id_token", claims_edit=with_members(iat=None))

    refuses("id_token.iat")


@login
def test_kid_absent_single_jwks(visitor, provider, sign_in):
    provider.forge("id_token", header_edit=with_members(kid=None))

    sign_in()

    assert visitor.is_signed_in


@login
def test_kid_absent_multiple_jwks(provider, refuses):
    provider.rotate_key(keep_old=True)
    provider.forge("id_token", header_edit=with_members(kid=None))

    refuses("jwks.ambiguous")


@login
def test_idtoken_sig_rs256(visitor, provider, sign_in):
    sign_in()

    assert (provider.alg, visitor.is_signed_in) == ("RS256", True)


@login
def test_idtoken_sig_none(provider, refuses):
    provider.forge("id_token", sign_with="nobody", header_edit=with_members(alg="none"))

    refuses("id_token.alg")


def other_signature(token):
    return of_segments(lambda header, claims, _: (header, claims, base64url(b"s" * 256)))(token)


@login
def test_invalid_sig_rs256(provider, refuses):
    provider.forge("id_token", token_edit=other_signature)

    refuses("id_token.signature")


@basic
@pytest.mark.parametrize(
    ("alg", "key"),
    [
        pytest.param("HS256", secret_key("HS256", "s" * 32), id="test_invalid_sig_hs256"),
        pytest.param("ES256", signing_key("ES256", 9), id="test_invalid_sig_es256"),
    ],
)
def test_invalid_sig_of_another_algorithm(db, app, refusals, plan, alg, key):
    with ScriptedProvider(client_secret=CLIENT_SECRET, alg=alg) as provider:
        app |= {"APP_HOST": provider.base_url, "ID_TOKEN_SIGNED_RESPONSE_ALG": alg}
        provider.forge("id_token", sign_with=replace(key, kid=provider.id_token_key.kid))
        visitor = Visitor(provider)

        visitor.sign_in()

    assert refusals.codes == ["id_token.signature"]
    assert not visitor.is_signed_in


@login
def test_userinfo_invalid_sub(provider, app, refuses):
    app["USERINFO"] = True
    provider.lie("userinfo", edit=lambda claims: claims | {"sub": "somebody-else"})

    refuses("userinfo.sub")


@login
def test_nonce_invalid(provider, refuses):
    provider.forge("id_token", claims_edit=with_members(nonce="another"))

    refuses("id_token.nonce")


@hybrid
def test_nonce_unless_code_flow(visitor):
    (nonce,) = parse_qs(urlsplit(visitor.begin()).query)["nonce"]

    assert len(nonce) >= 43


@login
def test_scope_userinfo_claims(provider, app, sign_in):
    app["USERINFO"] = True
    provider.forge("id_token", claims_edit=with_members(email=None))

    sign_in(claims={"email": "ada@example.org"})

    assert get_user_model().objects.get().email == "ada@example.org"


@login
def test_client_secret_basic(visitor, provider, app, sign_in):
    app["TOKEN_ENDPOINT_AUTH_METHOD"] = "client_secret_basic"
    provider.auth_methods["token"] = "client_secret_basic"

    sign_in()

    assert visitor.is_signed_in


@basic
def test_userinfo_bearer_header(provider, app, sign_in):
    app["USERINFO"] = True

    sign_in()

    (request,) = provider.requests_to("userinfo")
    assert request.headers["Authorization"].startswith("Bearer ")


@basic
def test_userinfo_signed(visitor, provider, app, sign_in):
    app["USERINFO"] = True
    provider.userinfo_signed = True

    sign_in()

    assert visitor.is_signed_in


@basic
def test_aggregated_claims(visitor, provider, app, sign_in):
    app["USERINFO"] = True
    by_another = {"JWT": "eyJhbGciOiJSUzI1NiJ9.e30.c2lnbmF0dXJl"}
    aggregated = {"_claim_names": {"credit_score": "src1"}, "_claim_sources": {"src1": by_another}}
    provider.lie("userinfo", edit=lambda claims: claims | aggregated)

    sign_in()

    assert visitor.is_signed_in


@id_token_in_browser
def test_invalid_chash(provider, refuses):
    provider.forge("id_token", claims_edit=with_members(c_hash="another"))

    refuses("id_token.c_hash")


@id_token_in_browser
def test_missing_chash(provider, refuses):
    provider.forge("id_token", claims_edit=with_members(c_hash=None))

    refuses("id_token.c_hash")


@login
def test_invalid_athash(provider, refuses):
    provider.forge("id_token", claims_edit=with_members(at_hash="another"))

    refuses("id_token.at_hash")


@plans({"hybrid, code id_token token": HYBRID["hybrid, code id_token token"]})
def test_missing_athash(provider, refuses):
    provider.forge("id_token", claims_edit=with_members(at_hash=None))

    refuses("id_token.at_hash")


@plans(FORM_POST)
def test_form_post_error(visitor, provider, app, refusals):
    app["AUTHORIZE_PARAMS"] = {"max_age": 0, "prompt": "none"}
    answer = provider.respond(visitor.begin(), code=None, error="login_required")

    visitor.client.post(urlsplit(answer.redirect_uri).path, dict(answer.pairs))

    assert refusals.codes == ["authorization_response.error_login_required"]


@basic
def test_discovery_openid_config(visitor, provider):
    visitor.begin()

    assert provider.asked == ["discovery"]


@basic
def test_discovery_jwks_uri_keys(visitor, provider, sign_in):
    sign_in()

    assert provider.asked == ["discovery", "token", "jwks"]
    assert visitor.is_signed_in


@basic
def test_discovery_issuer_mismatch(visitor, provider, refusals):
    provider.lie("discovery", edit=lambda document: document | {"issuer": "https://evil.example"})

    visitor.client.get("/genauth/login/")

    assert refusals.codes == ["discovery.issuer"]


@basic
def test_signing_key_rotation_just_before_signing(visitor, provider, sign_in):
    sign_in()
    url = visitor.begin()
    provider.rotate_key(keep_old=False)

    response = visitor.come_back(provider.authorize(url))

    assert response.status_code == 302


@basic
def test_signing_key_rotation(provider, sign_in):
    sign_in()
    provider.rotate_key(keep_old=False)

    response = sign_in()

    assert response.status_code == 302


@basic
def test_ignores_unparseable_key_in_jwks(visitor, provider, sign_in):
    provider.lie("jwks", edit=lambda answer: {"keys": [{"kty": "?"}, *answer["keys"]]})

    sign_in()

    assert visitor.is_signed_in


@basic
def test_3rd_party_init_login(visitor, provider):
    begun = visitor.client.get("/genauth/login/", {"iss": provider.issuer})

    visitor.come_back(provider.authorize(begun["Location"]))

    assert visitor.is_signed_in


@pytest.fixture
def away(visitor, sign_in):
    """Sign out, and be at the provider, to come back and be led to a page."""
    sign_in()
    return visitor.client.post("/genauth/logout/", {"next": "/members/"})["Location"]


@basic
def test_rp_init_logout(visitor, provider, away):
    (state,) = parse_qs(urlsplit(away).query)["state"]

    response = visitor.client.get(f"/genauth/logout/?state={state}")

    assert away.startswith(f"{provider.issuer}/session/end?")
    assert response["Location"] == "/members/"
    assert not visitor.is_signed_in


@basic
def test_rp_init_logout_other_state(visitor, away):
    response = visitor.client.get("/genauth/logout/?state=another")

    assert response.status_code == 200
    assert not visitor.is_signed_in


@basic
def test_rp_init_logout_no_state(visitor, away):
    response = visitor.client.get("/genauth/logout/")

    assert response.status_code == 200
    assert not visitor.is_signed_in


def test_refresh_token(provider, app):
    grant = a_grant(provider)

    token = grants.get_access_token(grant.identity.user)

    assert token != grant.token_set["access_token"]


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        pytest.param("iss", "https://evil.example", id="test_refresh_token_invalid_issuer"),
        pytest.param("sub", "somebody-else", id="test_refresh_token_invalid_sub"),
        pytest.param("aud", "another-client", id="test_refresh_token_invalid_aud"),
        pytest.param("azp", "another-client", id="test_refresh_token_invalid_azp"),
    ],
)
def test_refresh_token_with_an_id_token_of_somebody_else(provider, app, claim, value):
    grant = a_grant(provider)
    provider.forge("id_token", claims_edit=with_members(**{claim: value}))

    with pytest.raises(GrantError):
        grants.get_access_token(grant.identity.user)

    assert Grant.objects.get().state == "ended"
