"""The FAPI 2.0 Security Profile and Message Signing at oidc-provider 9, over TLS and a browser.

The provider follows the profile itself: requests are pushed, codes are proven, an assertion is for
the issuer alone, and proofs carry its nonce.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from django.contrib.auth import get_user_model
from django.core.checks import run_checks
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from django_genauth import grants
from django_genauth.conf import get_client
from django_genauth.models import Grant
from django_genauth.protocol.client_keys import certificate_key, generate_key
from tests.support.provider.browser_forms import Browser
from tests.support.provider.node_provider import NodeProvider, client
from tests.support.provider.processes import sign_in
from tests.support.provider.tls import authority

pytestmark = pytest.mark.providers

PAIRS = {algorithm: generate_key(algorithm) for algorithm in ("PS256", "ES256", "EdDSA")}
DPOP = {"dpop_bound_access_tokens": True}
CERTIFICATE = {"tls_client_certificate_bound_access_tokens": True}


def by_key(algorithm):
    """Return a client that signs with an algorithm, as the provider signs for it, and settings."""
    key, public = PAIRS[algorithm]
    metadata = {
        "token_endpoint_auth_method": "private_key_jwt",
        "token_endpoint_auth_signing_alg": algorithm,
        "id_token_signed_response_alg": algorithm,
        "jwks": {"keys": [public.public()]},
    }
    return metadata, {"CLIENT_KEYS": [key], "ID_TOKEN_SIGNED_RESPONSE_ALG": algorithm}


def by_certificate(method, files):
    """Return a client that proves itself by a certificate, and settings."""
    known = {"jwks": {"keys": [certificate_key(Path(files[0]).read_bytes())]}}
    by_name = {"tls_client_auth_subject_dn": "CN=the-client"}
    metadata = {
        "token_endpoint_auth_method": method,
        "id_token_signed_response_alg": "PS256",
        **(known if method.startswith("self") else by_name),
    }
    return metadata, {"CLIENT_CERTIFICATE": files, "TOKEN_ENDPOINT_AUTH_METHOD": method}


def signing(algorithm):
    """Return a client of Message Signing: signed requests, pushed, and signed answers."""
    metadata, settings = by_key(algorithm)
    signed = {
        "request_object_signing_alg": algorithm,
        "require_signed_request_object": True,
        "authorization_signed_response_alg": algorithm,
        "introspection_signed_response_alg": algorithm,
    }
    further = {
        "REQUEST_OBJECT_SIGNING_ALG": algorithm,
        "RESPONSE_MODE": "jwt",
        "INTROSPECTION_SIGNED_RESPONSE_ALG": algorithm,
    }
    return metadata | signed, settings | further


FILES = authority().client_certificate("the-client")
CERT = {"CLIENT_CERTIFICATE": FILES}
KINDS = {
    "DPoP, PS256": [by_key("PS256"), (DPOP, {})],
    "DPoP, ES256": [by_key("ES256"), (DPOP, {})],
    "DPoP, EdDSA": [by_key("EdDSA"), (DPOP, {})],
    "certificate, PS256": [by_key("PS256"), (CERTIFICATE, CERT)],
    "tls_client_auth": [by_certificate("tls_client_auth", FILES), (CERTIFICATE, {})],
    "tls_client_auth, DPoP": [by_certificate("tls_client_auth", FILES), (DPOP, {"DPOP": True})],
    "self_signed": [by_certificate("self_signed_tls_client_auth", FILES), (CERTIFICATE, {})],
    "signing, DPoP, PS256": [signing("PS256"), (DPOP, {})],
    "signing, certificate, ES256": [signing("ES256"), (CERTIFICATE, CERT)],
}


@pytest.fixture(scope="module")
def provider(live_server: LiveServer) -> Iterator[NodeProvider]:
    """Run a provider that follows the profile, and knows the site as clients of every kind."""
    authority().server_context()
    server, bundle = str(authority().last_server_file), str(authority().bundle)
    clients = []
    for kind, parts in KINDS.items():
        metadata = {name: value for part, _ in parts for name, value in part.items()}
        made = client(kind, f"{live_server.url}/genauth/callback/", **metadata)
        del made["client_secret"]
        clients.append(made)
    tls = {"cert": server, "key": server, "ca": bundle}
    people = {"ada": {"email": "a@b.example"}}
    with NodeProvider(9, clients, people=people, dpop_nonces=True, fapi=True, tls=tls) as running:
        yield running


@pytest.fixture
def use(provider: NodeProvider, settings: Settings):
    """Lend a way to be a client of one kind, with other settings where they are named."""

    def used(kind, **changes):
        further = {name: value for _, part in KINDS[kind] for name, value in part.items()}
        settings.GENAUTH = {
            "default": {
                "APP_ID": kind,
                "APP_HOST": provider.base_url,
                "CA_BUNDLE": str(authority().bundle),
                "PROFILE": "fapi2",
                "SCOPE": "openid email offline_access",
                **further,
                **changes,
            }
        }

    return used


@pytest.fixture
def browser(live_server: LiveServer) -> Iterator[Browser]:
    """Come to the site with an empty browser."""
    with Browser(live_server.url) as opened:
        opened.session.verify = str(authority().bundle)
        yield opened


def ada() -> Any:
    return get_user_model().objects.get()


def call_userinfo():
    address = get_client().endpoint("userinfo_endpoint")
    certificate = get_client().registration.client_certificate
    return requests.get(
        address,
        auth=grants.authorization(ada()),
        verify=str(authority().bundle),
        cert=certificate,
        timeout=5,
    )


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_falls_short(use, kind):
    use(kind)

    assert run_checks(tags=["genauth"]) == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_person_signs_in(browser, provider, use, kind):
    use(kind, USERINFO=True)

    response = sign_in(browser, provider, "ada")

    assert response.status_code == 302
    assert ada().email == "a@b.example"


@pytest.mark.parametrize("kind", ["signing, DPoP, PS256", "signing, certificate, ES256"])
def test_the_answer_comes_signed(browser, provider, use, kind):
    use(kind)

    arrival = provider.sign_in(browser.begin(), browser.session, login="ada")

    names = {name for name, _ in parse_qsl(urlsplit(arrival.url).query)}
    assert names == {"response"}
    assert browser.follow(arrival).status_code == 302
    assert ada().email == "a@b.example"


@pytest.mark.parametrize("kind", KINDS)
def test_the_grant_is_refreshed(browser, provider, use, kind):
    use(kind)
    sign_in(browser, provider, "ada")
    before = Grant.objects.get().token_set["access_token"]

    after = grants.refresh(Grant.objects.get()).token_set

    assert after["access_token"] != before


@pytest.mark.parametrize("kind", KINDS)
def test_an_api_takes_the_token(browser, provider, use, kind):
    use(kind)
    sign_in(browser, provider, "ada")

    answer = call_userinfo()

    assert (answer.status_code, answer.json()["sub"]) == (200, "ada")


@pytest.mark.parametrize("kind", KINDS)
def test_an_api_refuses_a_token_that_was_stolen(browser, provider, use, kind):
    use(kind)
    sign_in(browser, provider, "ada")
    stolen = {"Authorization": f"Bearer {grants.get_access_token(ada())}"}
    address = get_client().endpoint("userinfo_endpoint")

    answer = requests.get(address, headers=stolen, verify=str(authority().bundle), timeout=5)

    assert answer.status_code == 401


@pytest.mark.parametrize("kind", KINDS)
def test_a_token_is_introspected_and_revoked(browser, provider, use, kind):
    use(kind)
    sign_in(browser, provider, "ada")
    token = grants.get_access_token(ada())
    before = get_client().introspect(token)["active"]

    get_client().revoke(token)

    assert (before, get_client().introspect(token)["active"]) == (True, False)


def test_the_provider_refuses_a_request_that_is_not_signed(browser, use, refusals):
    use("signing, DPoP, PS256", REQUEST_OBJECT_SIGNING_ALG=None)

    response = browser.open("/genauth/login/")

    assert (response.status_code, refusals.codes) == (502, ["oauth.invalid_request"])


def test_the_provider_refuses_a_request_that_is_not_pushed(browser, use):
    use("DPoP, ES256", PROFILE=None, PUSHED_AUTHORIZATION=False)

    response = browser.open(browser.begin())

    assert "invalid_request" in response.headers.get("Location", response.text)


def test_the_provider_refuses_an_assertion_for_another_audience(browser, use, refusals):
    use("DPoP, ES256", PROFILE=None, CLIENT_ASSERTION_AUDIENCE="endpoint")

    browser.open("/genauth/login/")

    assert refusals.codes == ["oauth.invalid_client"]


@pytest.mark.parametrize("kind", ["DPoP, ES256", "tls_client_auth", "signing, DPoP, PS256"])
def test_a_person_signs_in_over_oauth_alone(browser, provider, use, kind):
    use(kind, PROTOCOL="oauth", SCOPE="openid email")

    response = sign_in(browser, provider, "ada")

    assert response.status_code == 302
    assert ada().email == "a@b.example"
