"""Settings that the documentation shows: they can work, and do what their page promises.

Those that decide who gets in are in `test_users`, those about sessions in
`test_sessions`, those of whole projects in `test_projects`.
"""

import shlex
import subprocess
import sys
from dataclasses import replace
from types import ModuleType
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.core import checks

from django_genauth import conf
from django_genauth.conf import get_client
from django_genauth.doctor.site import examine_site
from django_genauth.models import Grant
from django_genauth.protocol.client_keys import generate_key
from tests.support.clients import encrypt
from tests.support.documented_site import Sites, genauth_of
from tests.support.network import Tunnel
from tests.support.pages import examples, taken, values_of
from tests.support.provider.scripted import CLIENT_SECRET
from tests.support.provider.tls import authority
from tests.support.site.visitor import Visitor

pytestmark = pytest.mark.django_db

# What changes nothing but where people sign in.
PLAIN = [
    *taken("python", "reference/settings"),
    *taken("python", "README", "realms"),
    *taken("python", "tutorial", "SOMETHING"),
    *taken("python", "howto/providers/index", "the client id"),
    *taken("python", "howto/move-from-allauth"),
    *taken("python", "howto/move-from-social-auth"),
]
(MOZILLA,) = taken("python", "howto/move-from-mozilla")
(BY_HAND,) = taken("python", "howto/providers/index", '"DISCOVERY": False')
(KEYCLOAK,) = examples("python", "howto/providers/keycloak", "GENAUTH = {")
(INNER_HOST,) = taken("python", "howto/providers/keycloak", '["DISCOVERY"]')
(OAUTH,) = taken("python", "howto/oauth", "acme")
(ANOTHERS_OAUTH,) = taken("python", "howto/oauth", "ENDPOINTS")
(PUBLIC,) = taken("python", "howto/public-clients", "GENAUTH")
(CLIENT_KEYS,) = taken("python", "howto/client-keys")
(PUSHED,) = taken("python", "howto/pushed-requests")
(ENCRYPTION,) = taken("python", "howto/encryption")
(DPOP,) = taken("python", "howto/sender-constrained", "DPOP")
(MUTUAL_TLS,) = taken("python", "howto/sender-constrained", "CLIENT_CERTIFICATE")
(NETWORK,) = taken("python", "howto/network")
(POSTED,) = taken("python", "howto/response-modes")
(FRESH,) = taken("python", "howto/reauthenticate", "AUTHORIZE_PARAMS")
(PARTNERS,) = taken("python", "howto/several-apps", '"partners": {')
(TENANT,) = taken("python", "howto/several-tenants", "AUTHORIZE_PARAMS")
(TENANT_BACKEND,) = taken("python", "howto/several-tenants", "class TenantBackend")
(HTTPS_HEADER,) = taken("python", "howto/reverse-proxy", "SECURE_PROXY")
(HOST_HEADER,) = taken("python", "howto/reverse-proxy", "FORWARDED_HOST")
(FIXED_ADDRESSES,) = taken("python", "howto/reverse-proxy", "GENAUTH")
(SHARED_CACHE,) = taken("python", "howto/processes", "CACHES")
(MAKE_A_KEY,) = taken("console", "howto/processes")
(TOKEN_KEYS,) = taken("python", "howto/processes", "TOKEN_KEYS")


@pytest.fixture
def sites(settings, monkeypatch, db):
    """Lend a way to apply an example."""
    with Sites(settings, monkeypatch) as running:
        yield running


def asked(url):
    """Return what the provider is asked for."""
    return {name: value for name, (value,) in parse_qs(urlsplit(url).query).items()}


# The others add to a product's settings, which another test has.
COMPLETE = [each for each in examples("python", words="GENAUTH = {") if "import *" not in each.text]


@pytest.mark.parametrize("block", COMPLETE, ids=str)
def test_settings_in_an_example_can_work(block, settings, monkeypatch):
    middleware = "django_genauth.middleware.GenAuthSessionMiddleware"
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, middleware]
    names = {"INSTALLED_APPS": [], "TEMPLATES": [{}]}
    genauth = genauth_of(block, monkeypatch, **names)
    real = {
        "APP_SECRET": CLIENT_SECRET,
        "CA_BUNDLE": __file__,
        "CLIENT_CERTIFICATE": authority().client_certificate(),
    }
    settings.GENAUTH = {
        alias: {key: real.get(key, value) for key, value in app.items()}
        for alias, app in genauth.items()
    }

    assert [conf.problems(alias) for alias in genauth] == [[] for _ in genauth]
    assert checks.run_checks(tags=["genauth"]) == []


@pytest.mark.parametrize("block", PLAIN, ids=str)
def test_a_person_signs_in(sites, block):
    visitor = sites.apply(block)

    response = visitor.sign_in(next_url="/members/")

    assert (response["Location"], visitor.is_signed_in) == ("/members/", True)


def test_userinfo_is_asked_as_mozilla_django_oidc_does(sites):
    visitor = sites.apply(MOZILLA)

    visitor.sign_in()

    assert visitor.provider.asked == ["discovery", "token", "jwks", "userinfo"]


def test_with_addresses_set_by_hand_no_document_is_asked_for(sites):
    visitor = sites.apply(BY_HAND)

    visitor.sign_in()

    assert visitor.is_signed_in
    assert visitor.provider.asked == ["token", "jwks"]


def test_with_an_inner_host_the_configuration_is_read_there(settings):
    outer = values_of(KEYCLOAK)["GENAUTH"]
    settings.GENAUTH = values_of(INNER_HOST, GENAUTH=outer)["GENAUTH"]

    request = get_client().configuration_request()

    assert request.url.startswith("https://keycloak.example.org:8443/realms/staff/.well-known/")
    assert get_client().registration.issuer == "https://id.example.org/realms/staff"


def test_oauth_signs_in_and_out_at_genauth(sites):
    visitor = sites.apply(OAUTH)
    visitor.sign_in()
    was_signed_in = visitor.is_signed_in

    response = visitor.client.post("/genauth/logout/")

    assert (was_signed_in, visitor.is_signed_in) == (True, False)
    assert response["Location"].startswith(visitor.provider.base_url)


def test_oauth_of_another_provider_signs_in_and_out_here_alone(sites):
    visitor = sites.apply(ANOTHERS_OAUTH)
    visitor.sign_in()
    was_signed_in = visitor.is_signed_in

    response = visitor.client.post("/genauth/logout/")

    assert (was_signed_in, visitor.is_signed_in) == (True, False)
    assert response["Location"].startswith("/genauth/logout/")


def test_a_public_client_shows_no_secret(sites):
    visitor = sites.apply(PUBLIC)

    visitor.sign_in()

    (request,) = visitor.provider.requests_to("token")
    assert visitor.is_signed_in
    assert "client_secret" not in request.form
    assert "Authorization" not in request.headers


def test_a_key_proves_who_the_site_is(sites, tmp_path):
    path = tmp_path / "client-key.json"
    path.write_text(generate_key("ES256")[0])
    text = CLIENT_KEYS.text.replace("/etc/site/client-key.json", str(path))
    visitor = sites.apply(replace(CLIENT_KEYS, text=text))
    visitor.provider.client_keys = get_client().authentication.public_keys()["keys"]
    visitor.provider.auth_methods["token"] = "private_key_jwt"

    visitor.sign_in()

    assert visitor.is_signed_in


def test_a_pushed_and_signed_request_and_a_signed_answer_sign_in(sites, tmp_path):
    path = tmp_path / "client-key.json"
    path.write_text(generate_key("ES256")[0])
    visitor = sites.apply(
        replace(PUSHED, text=PUSHED.text.replace("/etc/site/client-key.json", str(path)))
    )
    visitor.provider.client_keys = get_client().authentication.public_keys()["keys"]
    visitor.provider.auth_methods["token"] = "private_key_jwt"
    visitor.provider.require_pushed = visitor.provider.require_signed = True

    visitor.sign_in()

    (pushed,) = visitor.provider.requests_to("pushed_authorization")
    assert "request" in pushed.form
    assert visitor.is_signed_in


def test_an_encrypted_id_token_signs_somebody_in(sites, tmp_path):
    path = tmp_path / "decryption-key.json"
    path.write_text(generate_key("RSA-OAEP")[0])
    text = ENCRYPTION.text.replace("/etc/site/decryption-key.json", str(path))
    visitor = sites.apply(replace(ENCRYPTION, text=text))
    encrypt(visitor.provider, get_client())

    visitor.sign_in()

    assert visitor.is_signed_in


def test_tokens_are_bound_to_a_key(sites):
    visitor = sites.apply(DPOP)

    visitor.sign_in()

    assert Grant.objects.get().token_set["token_type"] == "DPoP"


def test_a_certificate_proves_who_the_site_is(sites):
    certificate, key = authority().client_certificate()
    text = MUTUAL_TLS.text.replace("/etc/site/client.pem", certificate)
    visitor = sites.apply(
        replace(MUTUAL_TLS, text=text.replace("/etc/site/client.key", key)),
    )
    visitor.provider.auth_methods["token"] = "tls_client_auth"

    visitor.sign_in()

    assert visitor.is_signed_in


def test_the_provider_is_reached_by_the_proxy_and_known_by_the_bundle(sites):
    with Tunnel() as tunnel:
        visitor = sites.apply(NETWORK, proxy=tunnel.url)
        visitor.sign_in()

    assert visitor.is_signed_in
    assert set(tunnel.targets) == {urlsplit(visitor.provider.base_url).netloc}


def test_the_answer_is_posted_with_an_id_token(sites):
    visitor = sites.apply(POSTED, HTTPS="on", SERVER_PORT="443")

    answer = visitor.provider.respond(visitor.begin("/members/"))
    response = visitor.client.post(
        urlsplit(answer.redirect_uri).path,
        urlencode(answer.pairs),
        content_type="application/x-www-form-urlencoded",
    )

    assert {"code", "id_token"} < {name for name, _ in answer.pairs}
    assert response["Location"] == "/members/"


@pytest.mark.parametrize(
    ("acr", "is_let_in"),
    [
        pytest.param("urn:example:two-factors", True, id="as it was asked for"),
        pytest.param("urn:example:a-password", False, id="otherwise"),
    ],
)
def test_a_fresh_login_with_two_factors_is_asked_for_and_verified(sites, acr, is_let_in):
    visitor = sites.apply(FRESH)
    url = visitor.begin()

    visitor.come_back(visitor.provider.authorize(url, claims={"acr": acr}))

    assert asked(url)["max_age"] == "3600"
    assert asked(url)["acr_values"] == "urn:example:two-factors"
    assert visitor.is_signed_in is is_let_in


@pytest.mark.parametrize(
    ("alias", "path", "is_let_in"),
    [
        pytest.param("default", "/genauth/login/", True, id="the staff's"),
        pytest.param("partners", "/genauth/partners/login/", False, id="the partners'"),
    ],
)
def test_each_app_has_rules_of_its_own_for_strangers(sites, alias, path, is_let_in):
    visitor = sites.apply(PARTNERS, alias=alias)

    visitor.come_back(visitor.provider.authorize(visitor.begin(path=path)))

    assert visitor.is_signed_in is is_let_in


@pytest.mark.parametrize(
    ("tenant", "is_let_in"),
    [
        pytest.param("TENANT", True, id="the one that was meant"),
        pytest.param("ANOTHER", False, id="another"),
        pytest.param(None, False, id="none"),
    ],
)
def test_a_tenant_is_asked_for_and_no_other_is_let_in(
    sites, settings, monkeypatch, tenant, is_let_in
):
    visitor = sites.apply(TENANT)
    backends = ModuleType("tenants_backends")
    backends.TenantBackend = values_of(TENANT_BACKEND)["TenantBackend"]  # type: ignore[attr-defined] # a module may have any
    monkeypatch.setitem(sys.modules, "tenants_backends", backends)
    settings.AUTHENTICATION_BACKENDS = ["tenants_backends.TenantBackend"]
    url = visitor.begin()

    visitor.come_back(visitor.provider.authorize(url, claims={"tenant_id": tenant}))

    assert asked(url)["tenant_id"] == "TENANT"
    assert visitor.is_signed_in is is_let_in


@pytest.mark.parametrize(
    ("block", "name", "header", "site"),
    [
        pytest.param(
            HTTPS_HEADER,
            "SECURE_PROXY_SSL_HEADER",
            {"X-Forwarded-Proto": "https", "Host": "testserver"},
            "https://testserver",
            id="https",
        ),
        pytest.param(
            HOST_HEADER,
            "USE_X_FORWARDED_HOST",
            {"X-Forwarded-Host": "www.example.org"},
            "http://www.example.org",
            id="the host",
        ),
    ],
)
def test_a_proxy_tells_how_people_reach_the_site(visitor, settings, block, name, header, site):
    settings.ALLOWED_HOSTS = ["testserver", "www.example.org"]
    setattr(settings, name, values_of(block)[name])

    url = Visitor(visitor.provider, headers=header).begin()

    assert asked(url)["redirect_uri"] == f"{site}/genauth/callback/"


def test_fixed_addresses_are_what_the_provider_is_told(sites):
    visitor = sites.apply(FIXED_ADDRESSES)
    begun = visitor.begin()
    visitor.come_back(visitor.provider.authorize(begun))

    left = visitor.client.post("/genauth/logout/")["Location"]

    assert asked(begun)["redirect_uri"] == "https://www.example.org/genauth/callback/"
    assert asked(left)["post_logout_redirect_uri"] == "https://www.example.org/genauth/logout/"


def test_a_shared_cache_is_one_that_the_doctor_is_content_with(app, settings):
    before = [each.code for each in examine_site(get_client(), "default").findings]

    settings.CACHES = values_of(SHARED_CACHE)["CACHES"]

    assert before == ["cache"]
    assert examine_site(get_client(), "default").findings == []


def test_a_key_of_its_own_seals_and_secret_key_does_not(sites, settings, monkeypatch):
    program = shlex.split(MAKE_A_KEY.text)[3]
    made = subprocess.check_output([sys.executable, "-c", program], text=True)  # noqa: S603 # the page's
    visitor = sites.apply(TOKEN_KEYS)
    settings.GENAUTH["default"]["TOKEN_KEYS"] = [made.strip()]
    url = visitor.begin()
    settings.SECRET_KEY = "another"

    visitor.come_back(visitor.provider.authorize(url))

    assert conf.problems("default") == []
    assert visitor.is_signed_in
