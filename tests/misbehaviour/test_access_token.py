"""What a client may show to the site's API, and does not get in with (RFC 9068 4, RFC 6750)."""

import time

import pytest
from django.contrib.auth import get_user_model

from django_genauth.models import Identity
from tests.misbehaviour.forgeries import of_segments, with_members
from tests.support.bearers import AUDIENCE, a_token, call, token_claims
from tests.support.provider.bombs import jwe_bomb
from tests.support.provider.keys import base64url, secret_key, signing_key
from tests.support.provider.scripted import CLIENT_SECRET

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.api.views")]

HOUR = 3_600
NOW = time.time()
STRANGER = signing_key("RS256", 9)


@pytest.fixture(autouse=True)
def api(app):
    """Let the site accept access tokens; whoever gets in gets an account."""
    app["API_AUDIENCE"] = AUDIENCE
    app["API_USERS"] = "create"
    return app


@pytest.fixture
def is_refused(refusals):
    """Check the answer, the reason, and that nothing came of it."""

    def check(response, status, code):
        assert (response.status_code, refusals.codes) == (status, [code])
        assert response["Content-Type"] == "application/problem+json"
        assert response["Cache-Control"] == "no-store"
        assert response.json()["status"] == status
        assert response["WWW-Authenticate"].startswith("Bearer error=") == (status != 503)
        assert not get_user_model().objects.exists()
        assert not Identity.objects.exists()

    return check


def claim(name, value, id, reason=None):
    edit = with_members(**{name: value})
    return pytest.param({"claims_edit": edit}, f"bearer.{reason or name}", id=id)


def made_of(name, change, id):
    edit = {"claims_edit": lambda honest: honest | {name: change(honest[name])}}
    return pytest.param(edit, f"bearer.{name}", id=id)


def null(name):
    edit = {"claims_edit": lambda honest: honest | {name: None}}
    return pytest.param(edit, f"bearer.{name}", id=f"null for {name}")


def header(name, value, reason, id):
    return pytest.param({"header_edit": with_members(**{name: value})}, f"bearer.{reason}", id=id)


def raw(octets, reason, id):
    return pytest.param({"header_edit": lambda honest: octets}, f"bearer.{reason}", id=id)


def text(change, reason, id):
    return pytest.param({"token_edit": change}, f"bearer.{reason}", id=id)


def segments(change, reason, id):
    return text(of_segments(change), reason, id)


@pytest.mark.parametrize(
    ("forgery", "code"),
    [
        claim("iss", "https://evil.example", "wrong iss"),
        claim("iss", None, "no iss"),
        claim("iss", "", "an empty iss"),
        null("iss"),
        made_of("iss", lambda iss: iss + "/", "a slash more"),
        made_of("iss", lambda iss: iss.upper(), "an iss in capital letters"),
        made_of("iss", lambda iss: iss.replace("http:", "https:"), "another scheme"),
        made_of("iss", lambda iss: [iss], "an iss in a list"),
        made_of("iss", lambda iss: iss.replace("/oidc", "/other-tenant"), "another tenant"),
        claim("aud", "https://api.example/other", "the API next door"),
        claim("aud", "account", "Keycloak without a mapper"),
        claim("aud", None, "no aud"),
        claim("aud", "", "an empty aud"),
        claim("aud", [], "a list of no aud"),
        claim("aud", {AUDIENCE: 1}, "an object for an aud"),
        claim("aud", True, "a boolean for an aud"),
        null("aud"),
        made_of("aud", lambda aud: [[aud]], "a list in a list"),
        made_of("aud", lambda aud: aud.upper(), "an aud in capital letters"),
        made_of("aud", lambda aud: f"{aud} other", "two audiences in a text"),
        made_of("aud", lambda aud: aud + "/", "a slash more in the aud"),
        claim("exp", NOW - HOUR, "expired"),
        claim("exp", 0, "expired in 1970"),
        claim("exp", -1, "expired before all time"),
        claim("exp", None, "no exp"),
        claim("exp", "9999999999", "exp as text"),
        claim("exp", True, "exp as a boolean"),
        claim("exp", [NOW + HOUR], "exp in a list"),
        claim("exp", 10**400, "exp beyond all time"),
        null("exp"),
        claim("iat", None, "no iat"),
        claim("iat", NOW + 24 * HOUR, "iat a day ahead"),
        made_of("iat", lambda iat: iat + 120, "iat two minutes ahead"),
        claim("iat", "now", "iat as text"),
        null("iat"),
        claim("nbf", NOW + HOUR, "nbf ahead"),
        claim("nbf", "soon", "nbf as text"),
        claim("sub", "", "an empty sub"),
        claim("sub", 7, "a number for a sub"),
        claim("sub", True, "a boolean for a sub"),
        claim("sub", ["user-1"], "a list for a sub"),
        claim("sub", "a" * 256, "a sub too long"),
        claim("sub", "a\x00b", "NUL in a sub"),
        claim("sub", "\ud800", "half a surrogate pair for a sub"),
        claim("events", {}, "a logout token's events", "kind"),
        claim("events", {"http://x": {}}, "an event", "kind"),
        claim("typ", "ID", "Keycloak's ID token", "kind"),
        claim("typ", "Refresh", "Keycloak's refresh token", "kind"),
        claim("typ", "Offline", "Keycloak's offline token", "kind"),
        claim("typ", "Logout", "Keycloak's logout token", "kind"),
        claim("typ", ["Bearer"], "a kind in a list", "kind"),
        claim("token_use", "id", "Cognito's ID token", "kind"),
        claim("token_use", "refresh_token", "Hydra's refresh token", "kind"),
        claim("tokenType", "refresh-token", "Casdoor's refresh token", "kind"),
        claim("token_type", "N_A", "a kind that is none", "kind"),
        claim("cnf", {"jkt": "0ZcOCORZNYy-DWpqq30"}, "bound by DPoP", "unproven"),
        claim("cnf", {"x5t#S256": "bwcK0esc3ACC3DB2Y5"}, "bound by mTLS", "certificate_header"),
        claim("cnf", {"jkt": "a", "kid": "b"}, "bound to two things", "unproven"),
        claim("cnf", {"jku": "https://evil.example/"}, "bound to an address"),
        claim("cnf", {"jkt": ["a"]}, "bound to a list"),
        null("cnf"),
        claim("cnf", {}, "bound to nothing"),
        header("alg", "none", "alg", "alg none"),
        header("alg", "NoNe", "alg", "alg NoNe"),
        header("alg", "", "alg", "an empty alg"),
        header("alg", None, "alg", "no alg"),
        header("alg", ["RS256"], "alg", "alg in a list"),
        header("alg", "HS256", "alg", "an algorithm of secrets"),
        header("alg", "RS512", "alg", "another digest"),
        header("alg", "PS256", "alg", "another padding"),
        header("alg", "ES256", "alg", "another kind of key"),
        header("crit", ["exp"], "crit", "a critical extension"),
        header("crit", [], "crit", "an empty crit"),
        header("typ", "logout+jwt", "typ", "a logout token's type"),
        header("typ", "secevent+jwt", "typ", "a security event's type"),
        header("typ", "dpop+jwt", "typ", "a proof's type"),
        header("typ", "token-introspection+jwt", "typ", "an introspection answer's type"),
        header("typ", "", "typ", "an empty type"),
        header("typ", 7, "typ", "a number for a type"),
        header("typ", ["at+jwt"], "typ", "a type in a list"),
        header("kid", 7, "kid", "a number for a key id"),
        header("kid", "nobody's", "key_unknown", "a key id that nobody has"),
        header("kid", "../../dev/null", "key_unknown", "a path for a key id"),
        raw(b"{", "json", "a header that is no JSON"),
        raw(b"[]", "json", "a header in a list"),
        raw(b'{"alg":"none","alg":"RS256"}', "json", "alg twice"),
        raw(b'{"a":' * 10_000, "nesting", "a header without ground"),
        pytest.param(
            {"claims_edit": lambda honest: b'{"iss":1,"iss":2}'}, "bearer.json", id="iss twice"
        ),
        pytest.param({"claims_edit": lambda honest: b"[]"}, "bearer.json", id="claims in a list"),
        pytest.param({"sign_with": STRANGER}, "bearer.key_unknown", id="a stranger's key"),
        pytest.param(
            {"sign_with": STRANGER, "header_edit": with_members(kid=None)},
            "bearer.signature",
            id="a stranger's key without a name",
        ),
        pytest.param({"sign_with": "nobody"}, "bearer.signature", id="no signature"),
        pytest.param(
            {"sign_with": secret_key("HS256", CLIENT_SECRET)}, "bearer.alg", id="the app's secret"
        ),
        text(lambda token: token + ".", "framing", "four segments"),
        text(lambda token: token[:-1], "framing", "a character less"),
        text(lambda token: token + "=", "framing", "padding"),
        text(lambda token: "..", "framing", "dots alone"),
        text(lambda token: "x", "framing", "junk"),
        text(lambda token: "a" * 40, "framing", "an opaque token"),
        text(lambda token: "x" * 1_000_000, "text", "a megabyte"),
        text(lambda token: "tök", "text", "letters beyond ASCII"),
        segments(lambda h, p, s: (h, p), "framing", "two segments"),
        segments(lambda h, p, s: (h, p, ""), "signature", "the signature cut away"),
        segments(lambda h, p, s: (h, base64url(b"{}"), s), "signature", "other claims"),
        segments(lambda h, p, s: (h, "", p, "", s), "encrypted", "five segments"),
        text(lambda token: jwe_bomb(CLIENT_SECRET, megabytes=1), "encrypted", "a JWE bomb"),
    ],
)
def test_a_token_that_breaks_a_rule_is_refused(provider, is_refused, forgery, code):
    provider.forge("access_token", **forgery)

    response = call("/reports/", a_token(provider))

    is_refused(response, 401, code)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        pytest.param({"nonce": "n"}, "id_token", id="an ID token's nonce"),
        pytest.param({"at_hash": "h"}, "id_token", id="an ID token's at_hash"),
        pytest.param({"c_hash": "h"}, "id_token", id="an ID token's c_hash"),
        pytest.param({"client_id": None, "scope": None}, "id_token", id="nobody's client"),
    ],
)
@pytest.mark.parametrize("typ", ["JWT", None])
def test_an_id_token_passes_for_no_access_token(provider, is_refused, changes, code, typ):
    provider.forge("access_token", header_edit=with_members(typ=typ))

    response = call("/reports/", a_token(provider, **changes))

    is_refused(response, 401, f"bearer.{code}")


def test_an_id_token_of_a_login_is_refused(provider, is_refused):
    claims = token_claims(provider, client_id=None, scope=None, nonce="n")
    token = provider.sign("id_token", claims, provider.id_token_key)

    is_refused(call("/reports/", token), 401, "bearer.id_token")


def test_a_logout_token_is_refused(provider, is_refused):
    token = provider.logout_token(sub="user-1", aud=AUDIENCE, client_id="a")

    is_refused(call("/reports/", token), 401, "bearer.typ")


@pytest.mark.parametrize(
    "header",
    [
        pytest.param("Bearer", id="no token"),
        pytest.param("Bearer ", id="a space"),
        pytest.param("Bearer a b", id="two words"),
        pytest.param("Bearer a, Bearer b", id="two headers"),
        pytest.param("Bearer a,Bearer b", id="two headers without a space"),
        pytest.param("Basic YTpi, Bearer a", id="another one first"),
        pytest.param("Bearer a, Basic YTpi", id="another one behind"),
        pytest.param("Bearer\ta", id="a tab"),
        pytest.param("Bearer,a", id="a comma"),
        pytest.param('Bearer="a"', id="a parameter"),
        pytest.param("bearer a\tb", id="a tab in the token"),
    ],
)
def test_a_malformed_header_is_refused(client, is_refused, header):
    response = client.get("/reports/", headers={"Authorization": header})

    is_refused(response, 400, "bearer.malformed")
    assert 'error="invalid_request"' in response["WWW-Authenticate"]


@pytest.mark.parametrize("header", ["Basic YTpi", "Bearers a", "DPoPs a", "a", "", "Token a, b"])
def test_another_scheme_is_no_token(client, header):
    response = client.get("/reports/", headers={"Authorization": header})

    assert (response.status_code, response["WWW-Authenticate"]) == (401, "Bearer")
    assert "error" not in response.json()


def test_a_token_in_the_query_is_not_looked_at(client, provider):
    response = client.get("/reports/", {"access_token": a_token(provider)})

    assert response.status_code == 401


def test_a_token_in_the_body_is_not_looked_at(client, provider):
    response = client.post("/reports/", {"access_token": a_token(provider)})

    assert response.status_code == 401


def test_a_token_in_a_cookie_is_not_looked_at(client, provider):
    client.cookies["access_token"] = client.cookies["Authorization"] = a_token(provider)

    assert client.get("/reports/").status_code == 401


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Bearer ", "bEaReR"])
def test_the_scheme_is_read_in_any_case(client, provider, scheme):
    response = client.get("/reports/", headers={"Authorization": f"{scheme} {a_token(provider)}"})

    assert response.status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"aud": [AUDIENCE]}, id="aud in a list"),
        pytest.param({"aud": ["other", AUDIENCE]}, id="several audiences"),
        pytest.param({"scope": ["reports:read"]}, id="scopes in a list"),
        pytest.param({"scope": None, "scp": ["reports:read"]}, id="scp"),
        pytest.param({"scope": None, "scp": "reports:read x"}, id="scp as text"),
        pytest.param({"typ": "Bearer"}, id="Keycloak's kind"),
        pytest.param({"token_use": "access"}, id="Cognito's kind"),
        pytest.param({"exp": NOW + HOUR + 0.5}, id="exp as a float"),
        pytest.param({"nbf": int(NOW) + 20}, id="nbf in skew"),
        pytest.param({"client_id": None, "azp": "a"}, id="azp"),
        pytest.param({"new": {"a": [None]}}, id="an unknown claim"),
        pytest.param({"nonce": "n"}, id="a nonce, where the type says what it is"),
    ],
)
@pytest.mark.parametrize("typ", ["at+jwt", "application/at+jwt", "AT+JWT"])
def test_what_a_specification_leaves_open_is_accepted(provider, changes, typ):
    response = call("/reports/", a_token(provider, header_type=typ, **changes))

    assert response.status_code == 200


@pytest.mark.parametrize("typ", ["JWT", None])
def test_a_token_without_a_type_of_its_own_is_accepted(provider, typ):
    provider.forge("access_token", header_edit=with_members(typ=typ))

    assert call("/reports/", a_token(provider)).status_code == 200


@pytest.mark.parametrize(
    "scope",
    ["", "reports", "reports:read:all", "REPORTS:READ", "reports:read,x", "xreports:read", 7, {}],
)
def test_a_token_without_the_scope_is_refused_with_the_scope(provider, is_refused, scope):
    response = call("/reports/", a_token(provider, scope=scope))

    is_refused(response, 403, "bearer.scope")
    assert 'error="insufficient_scope"' in response["WWW-Authenticate"]
    assert 'scope="reports:read"' in response["WWW-Authenticate"]


def test_the_roles_of_a_person_are_no_scopes(provider, is_refused):
    response = call("/reports/", a_token(provider, scope=None, roles=["reports:read"]))

    is_refused(response, 403, "bearer.scope")


def test_a_bad_token_is_401_before_its_missing_scope_is_403(provider, is_refused):
    response = call("/reports/", a_token(provider, scope="", exp=int(NOW) - HOUR))

    is_refused(response, 401, "bearer.exp")


def test_a_signed_claim_that_stands_twice_is_refused(provider, is_refused):
    provider.forge("access_token", claims_edit=lambda honest: b'{"sub":"a","sub":"b"}')

    is_refused(call("/reports/", a_token(provider)), 401, "bearer.json")
