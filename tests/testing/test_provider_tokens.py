"""The honest provider's endpoints keep the rules for codes, tokens and clients."""

import base64
import json
import time
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from django_genauth.testing.provider import grants
from django_genauth.testing.provider.honest import HonestProvider
from django_genauth.testing.provider.messages import Request

REDIRECT_URI = "https://site.example/callback/"
# RFC 7636, appendix B.
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
SECRET = "s" * 32
CLIENT = {"client_id": "the-client", "client_secret": SECRET}
MACHINE = {"client_id": "the-machine", "client_secret": "its-secret"}


@pytest.fixture
def provider():
    honest = HonestProvider("the-client", SECRET, "RS256", "oidc")
    honest.base_url = "https://acme.invalid"
    honest.machines["the-machine"] = "its-secret"
    return honest


def ask(provider, endpoint, form, authorization=None, body=None):
    """Post a form, and return the status and the JSON that comes back."""
    headers = {} if authorization is None else {"Authorization": authorization}
    sent = urlencode(form).encode() if body is None else body
    request = Request(method="POST", target=f"/oidc/{endpoint}", headers=headers, body=sent)
    answer = provider.answer(endpoint, request)
    return answer.status, json.loads(answer.body or b"{}")


def refusal(provider, form, **request):
    """Return the status and the error of a request to the token endpoint."""
    status, said = ask(provider, "token", form, **request)
    return status, said["error"]


def a_code(provider, **changes):
    """Let a person sign in, and return the form that redeems the code."""
    parameters = {
        "client_id": "the-client",
        "redirect_uri": REDIRECT_URI,
        "response_type": "code",
        "scope": "openid offline_access",
        "prompt": "consent",
        "state": "the-state",
        "nonce": "the-nonce",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    changed = {name: each for name, each in (parameters | changes).items() if each is not None}
    page = f"https://acme.invalid/oidc/auth?{urlencode(changed)}"
    (code,) = parse_qs(urlsplit(provider.respond(page).url).query)["code"]
    return CLIENT | {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": REDIRECT_URI,
        "code_verifier": VERIFIER,
    }


def refresh_with(tokens):
    return CLIENT | {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}


def basic(user, password):
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"


def test_what_is_published_names_the_endpoints(provider):
    _, configuration = ask(provider, "discovery", {})
    named = {url for name, url in configuration.items() if name.endswith(("_uri", "_endpoint"))}

    assert named | {provider.addresses["discovery"]} == {
        *provider.addresses.values(),
        provider.authorization_endpoint,
    }


def test_a_code_is_redeemed(provider):
    status, tokens = ask(provider, "token", a_code(provider))

    assert (status, set(tokens)) == (
        200,
        {"access_token", "expires_in", "scope", "token_type", "refresh_token", "id_token"},
    )


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"code": "of-nobody"}, id="an unknown code"),
        pytest.param({"redirect_uri": "https://elsewhere.example/"}, id="another redirect URI"),
        pytest.param({"code_verifier": "v" * 43}, id="another verifier"),
    ],
)
def test_a_code_is_not_redeemed_by_whom_it_was_not_meant_for(provider, changes):
    assert refusal(provider, a_code(provider) | changes) == (400, "invalid_grant")


def test_a_code_with_a_challenge_is_not_redeemed_without_a_verifier(provider):
    form = a_code(provider)
    del form["code_verifier"]

    assert refusal(provider, form) == (400, "invalid_grant")


def test_a_verifier_without_a_challenge_is_refused(provider):
    provider.require_pkce = False
    form = a_code(provider, code_challenge=None, code_challenge_method=None)

    assert refusal(provider, form) == (400, "invalid_grant")


def test_a_code_without_a_challenge_is_redeemed_without_a_verifier(provider):
    provider.require_pkce = False
    form = a_code(provider, code_challenge=None, code_challenge_method=None)
    del form["code_verifier"]

    assert ask(provider, "token", form)[0] == 200


def test_a_code_that_comes_twice_ends_the_grant(provider):
    form = a_code(provider)
    _, tokens = ask(provider, "token", form)

    assert refusal(provider, form) == (400, "invalid_grant")
    assert refusal(provider, refresh_with(tokens)) == (400, "invalid_grant")


def test_a_grant_that_is_bound_to_a_key_is_refreshed_with_that_key_alone(provider):
    _, tokens = ask(provider, "token", a_code(provider))
    text = tokens["refresh_token"]
    grant = provider.grants.redeem_refresh_token(text, rotate=False, jkt="a-key")

    with pytest.raises(grants.Refused, match="another key"):
        provider.grants.redeem_refresh_token(text, rotate=False, jkt="another-key")

    assert grant.dpop_jkt == "a-key"


def test_a_client_that_shows_another_certificate_is_refused(provider):
    provider.auth_methods = {"token": "tls_client_auth"}
    provider.client_certificate = b"the client's"
    form = {"client_id": "the-client", "grant_type": "refresh_token", "refresh_token": "a"}

    assert refusal(provider, form) == (401, "invalid_client")


def test_a_rotated_refresh_token_that_comes_again_ends_the_grant(provider):
    _, first = ask(provider, "token", a_code(provider))
    _, second = ask(provider, "token", refresh_with(first))

    assert refusal(provider, refresh_with(first)) == (400, "invalid_grant")
    assert refusal(provider, refresh_with(second)) == (400, "invalid_grant")


@pytest.mark.parametrize(
    ("way", "comes_back"),
    [
        pytest.param("rotate", "another", id="rotated"),
        pytest.param("keep", "the same", id="kept"),
        pytest.param("omit", "none", id="left out"),
    ],
)
def test_what_becomes_of_a_refresh_token_is_the_consoles_affair(provider, way, comes_back):
    provider.refresh_tokens = way
    _, first = ask(provider, "token", a_code(provider))

    _, second = ask(provider, "token", refresh_with(first))

    found = {None: "none", first["refresh_token"]: "the same"}
    assert found.get(second.get("refresh_token"), "another") == comes_back


def test_an_access_token_is_no_refresh_token(provider):
    _, tokens = ask(provider, "token", a_code(provider))
    form = refresh_with(tokens) | {"refresh_token": tokens["access_token"]}

    assert refusal(provider, form) == (400, "invalid_grant")


def test_what_is_revoked_is_not_active(provider):
    _, tokens = ask(provider, "token", a_code(provider))
    ask(provider, "revocation", CLIENT | {"token": tokens["access_token"]})

    _, said = ask(provider, "introspection", CLIENT | {"token": tokens["access_token"]})

    assert said == {"active": False}


def test_with_a_refresh_token_the_whole_grant_is_revoked(provider):
    _, tokens = ask(provider, "token", a_code(provider))
    ask(provider, "revocation", CLIENT | {"token": tokens["refresh_token"]})

    _, said = ask(provider, "introspection", CLIENT | {"token": tokens["access_token"]})

    assert said == {"active": False}


def test_an_unknown_token_is_revoked_without_a_word(provider):
    assert ask(provider, "revocation", CLIENT | {"token": "of-nobody"}) == (200, {})


def test_a_token_tells_what_it_is(provider):
    now = int(time.time())
    _, tokens = ask(provider, "token", a_code(provider))

    _, said = ask(provider, "introspection", CLIENT | {"token": tokens["access_token"]})

    assert said["exp"] >= now + 3600
    assert (said["sub"], said["scope"]) == ("user-1", "openid offline_access")


def test_all_that_was_handed_out_is_known(provider):
    form = a_code(provider)
    _, tokens = ask(provider, "token", form)

    handed_out = {form["code"], "the-nonce", tokens["access_token"], tokens["refresh_token"]}
    assert provider.grants.secrets == handed_out


@pytest.mark.parametrize("way", ["header", "form"])
def test_userinfo_is_for_whoever_has_the_token(provider, way):
    _, tokens = ask(provider, "token", a_code(provider))
    shown: dict[str, Any] = {
        "header": {"form": {}, "authorization": f"Bearer {tokens['access_token']}"},
        "form": {"form": {"access_token": tokens["access_token"]}},
    }

    status, claims = ask(provider, "userinfo", **shown[way])

    assert (status, claims["sub"], claims["nickname"]) == (200, "user-1", None)


def test_userinfo_is_for_nobody_else(provider):
    assert ask(provider, "userinfo", {})[0] == 401


def test_userinfo_can_be_signed(provider):
    provider.userinfo_signed = True
    _, tokens = ask(provider, "token", a_code(provider))
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    request = Request(method="GET", target="/oidc/me", headers=headers, body=b"")

    answer = provider.answer("userinfo", request)

    assert (answer.headers["Content-Type"], answer.body.count(b".")) == ("application/jwt", 2)


def test_a_machine_gets_a_token_for_client_credentials(provider):
    form = MACHINE | {"grant_type": "client_credentials", "scope": "reports"}

    assert ask(provider, "token", form)[1]["scope"] == "reports"


def test_a_machine_gets_nothing_else(provider):
    form = a_code(provider) | MACHINE

    assert refusal(provider, form) == (400, "unauthorized_client")


def test_a_client_that_is_no_machine_gets_no_token_of_a_machine(provider):
    form = CLIENT | {"grant_type": "client_credentials", "scope": "reports"}

    assert refusal(provider, form) == (400, "unauthorized_client")


def test_an_unknown_grant_type_is_refused(provider):
    form = CLIENT | {"grant_type": "password"}

    assert refusal(provider, form) == (400, "unsupported_grant_type")


def test_a_session_ends_at_a_registered_address_alone(provider):
    provider.post_logout_redirect_uris = ["https://site.example/out/"]
    _, tokens = ask(provider, "token", a_code(provider))
    form = {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": "https://evil.example"}

    assert ask(provider, "end_session", form)[0] == 400


def test_the_end_of_a_session_brings_the_state_back(provider):
    provider.post_logout_redirect_uris = None
    _, tokens = ask(provider, "token", a_code(provider))
    asked = {
        "id_token_hint": tokens["id_token"],
        "post_logout_redirect_uri": "https://site.example/out/",
        "state": "the-state",
    }
    target = f"/oidc/session/end?{urlencode(asked)}"

    answer = provider.answer(
        "end_session", Request(method="GET", target=target, headers={}, body=b"")
    )

    assert answer.headers["Location"] == "https://site.example/out/?state=the-state"


@pytest.mark.parametrize(
    ("method", "form", "authorization"),
    [
        pytest.param("client_secret_post", CLIENT | {"client_secret": "no"}, None, id="secret"),
        pytest.param("client_secret_post", {"client_id": "the-client"}, None, id="no secret"),
        pytest.param("client_secret_post", CLIENT | {"client_id": "x"}, None, id="another client"),
        pytest.param("client_secret_post", {"client_secret": SECRET}, None, id="no client"),
        pytest.param("client_secret_post", CLIENT, basic("the-client", SECRET), id="both ways"),
        pytest.param("none", CLIENT, None, id="a secret too many"),
        pytest.param("client_secret_basic", CLIENT, None, id="the wrong way"),
        pytest.param("client_secret_basic", {}, "Bearer a-token", id="another scheme"),
        pytest.param("client_secret_basic", {}, "Basic %%%", id="no base64"),
        pytest.param("client_secret_basic", {}, "Basic //8=", id="no text"),
        pytest.param("client_secret_basic", {}, "Basic dXNlcg==", id="no password"),
        pytest.param("client_secret_basic", {}, basic("the-client", "no"), id="another password"),
        pytest.param("client_secret_post", MACHINE | {"client_secret": "no"}, None, id="machine's"),
    ],
)
def test_a_client_that_does_not_show_who_it_is_is_refused(provider, method, form, authorization):
    provider.auth_methods["token"] = method

    assert refusal(provider, form, authorization=authorization) == (401, "invalid_client")


def test_a_client_shows_who_it_is_in_the_header(provider):
    provider.auth_methods["introspection"] = "client_secret_basic"
    authorization = basic("the%2Dclient", SECRET)

    assert ask(provider, "introspection", {}, authorization)[1] == {"active": False}


def test_a_public_client_shows_its_id_alone(provider):
    provider.auth_methods["introspection"] = "none"

    assert ask(provider, "introspection", {"client_id": "the-client"})[1] == {"active": False}


def test_a_parameter_that_stands_twice_is_refused(provider):
    body = urlencode(CLIENT).encode() + b"&client_id=the-client"

    assert refusal(provider, {}, body=body) == (400, "invalid_request")


def test_what_was_issued_ends(provider):
    provider.access_token_ttl = 0
    _, tokens = ask(provider, "token", a_code(provider))

    _, said = ask(provider, "introspection", CLIENT | {"token": tokens["access_token"]})

    assert said == {"active": False}


def test_all_grants_can_be_ended(provider):
    _, tokens = ask(provider, "token", a_code(provider))
    machine = MACHINE | {"grant_type": "client_credentials", "scope": "reports"}
    _, of_machine = ask(provider, "token", machine)
    provider.grants.end_all()

    known = provider.grants.find_token(tokens["access_token"])
    assert isinstance(known, grants.IssuedToken)
    assert (known.active, provider.grants.find_token(of_machine["access_token"]).active) == (
        False,
        True,
    )
