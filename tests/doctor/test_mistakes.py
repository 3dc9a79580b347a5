"""Mistakes that developers make: for each, what is wrong and what to do are said in words.

The site signs in before it is spoilt. Each mistake is heard of where a developer would: from
`manage.py check`, from the doctor, on the page and in the log of a login, or from an exception.
"""

from contextlib import ExitStack

import pytest

from tests.support import mistakes
from tests.support.mistakes import access_token, addresses, app, check, django, doctor, login
from tests.support.provider.standin import StandIn

pytestmark = pytest.mark.standin


@pytest.fixture(scope="module")
def standin(live_server):
    """Run a stand-in that knows the site."""
    with StandIn(
        [f"{live_server.url}/genauth/callback/"],
        post_logout_redirect_uris=[f"{live_server.url}/genauth/logout/"],
    ) as running:
        yield running


@pytest.fixture
def site(standin, live_server, settings, caplog, tmp_path):
    """Run a site as a developer does, with nothing wrong yet."""
    callback = f"{live_server.url}/genauth/callback/"
    values = {**standin.app(), "REDIRECT_URI": callback}
    settings.GENAUTH = {"default": values}
    settings.DEBUG = True
    with ExitStack() as stack:
        yield mistakes.Site(
            url=live_server.url,
            begins_at=live_server.url,
            settings=settings,
            app=values,
            standin=standin,
            log=caplog,
            stack=stack,
            folder=tmp_path,
        )


def no_name(**environment):
    raise KeyError("APP_SECRET")


def test_before_any_mistake_the_site_signs_in(site):
    assert mistakes.is_signed_in(site)


def test_before_any_mistake_the_check_and_the_doctor_have_nothing_to_say(site):
    assert check(site) == [""]
    assert "wrong" not in doctor(site)[0]


@pytest.mark.parametrize(
    ("spoil", "hear", "mistake", "remedy"),
    [
        # What the provider is called.
        pytest.param(
            app(APP_HOST="https://acme.genauth.invalid"),
            doctor,
            "The connection to the provider failed (NameResolutionError)",
            "Look at the host in APP_HOST",
            id="APP_HOST that nobody has",
        ),
        pytest.param(
            mistakes.at_a_host_with_pages_alone,
            doctor,
            "The answer is not well-formed JSON. Often it is a page",
            "compare the address with the provider's",
            id="APP_HOST that is no provider",
        ),
        pytest.param(
            mistakes.with_a_path,
            doctor,
            "The provider's configuration is not where it should be (status 404).",
            "Compare APP_HOST and ISSUER",
            id="APP_HOST with a path",
        ),
        pytest.param(
            mistakes.with_a_slash,
            doctor,
            "The provider calls itself http://127.0.0.1:",
            'set "ISSUER": "http://127.0.0.1:',
            id="ISSUER with a slash more",
        ),
        pytest.param(
            app(ALLOW_INSECURE_HTTP=False),
            check,
            "GENAUTH['default']: APP_HOST has to be an https address",
            "may have http with ALLOW_INSECURE_HTTP",
            id="APP_HOST with http",
        ),
        # What the app is to the provider.
        pytest.param(
            app(APP_ID="5f17a529f64fb009b794a200"),
            doctor,
            "The token endpoint refuses the app (invalid_client).",
            "Compare APP_ID",
            id="APP_ID of another app",
        ),
        pytest.param(
            app(APP_SECRET="another-secret-that-is-as-long-as-it-should-be"),
            login,
            "The provider refused the request with status 401 (invalid_client).",
            "Compare APP_ID, APP_SECRET",
            id="APP_SECRET of another app",
        ),
        pytest.param(
            app(APP_SECRET="changeme"),
            check,
            "APP_SECRET has 8 octets, and HS256 needs 32.",
            "See that it is complete. If it is, choose an asymmetric algorithm",
            id="APP_SECRET too short",
        ),
        pytest.param(
            app(APP_SECRET=None),
            check,
            "ID_TOKEN_SIGNED_RESPONSE_ALG cannot be HS256 without APP_SECRET",
            "set that, or RS256",
            id="APP_SECRET that the environment lacks",
        ),
        pytest.param(
            app(ID_TOKEN_SIGNED_RESPONSE_ALG="RS256"),
            login,
            "The token is not signed with RS256, which ID_TOKEN_SIGNED_RESPONSE_ALG decides.",
            "Set ID_TOKEN_SIGNED_RESPONSE_ALG to the algorithm",
            id="ID_TOKEN_SIGNED_RESPONSE_ALG RS256 for HS256",
        ),
        pytest.param(
            mistakes.at_a_provider_of_rs256,
            doctor,
            "The provider does not announce 'HS256' for ID_TOKEN_SIGNED_RESPONSE_ALG.",
            'Set "ID_TOKEN_SIGNED_RESPONSE_ALG": "RS256"',
            id="ID_TOKEN_SIGNED_RESPONSE_ALG HS256 for RS256",
        ),
        pytest.param(
            app(TOKEN_ENDPOINT_AUTH_METHOD="none"),
            doctor,
            "The token endpoint refuses the app (invalid_client).",
            'It takes APP_SECRET: set "TOKEN_ENDPOINT_AUTH_METHOD": "client_secret_',
            id="TOKEN_ENDPOINT_AUTH_METHOD of another kind of app",
        ),
        pytest.param(
            app(REDIRECT_URI="http://localhost:8000/callback/"),
            doctor,
            "The provider refuses a login that comes back to http://localhost:8000/callback/",
            "Register that address for the app",
            id="REDIRECT_URI that is not registered",
        ),
        # What stands in settings.py.
        pytest.param(
            mistakes.misspelt,
            check,
            "APP_SECRT is unknown.",
            "Did you mean APP_SECRET?",
            id="a key misspelt",
        ),
        pytest.param(
            django(GENAUTH=None),
            check,
            "GENAUTH is missing or empty.",
            'HINT: Set GENAUTH = {"default": {"APP_ID"',
            id="GENAUTH missing",
        ),
        pytest.param(
            mistakes.flat,
            check,
            "GENAUTH['APP_ID']: It has to be a dictionary.",
            'GENAUTH = {"default": {"APP_ID": "..."}}',
            id="GENAUTH without an alias",
        ),
        pytest.param(
            app(APP_SECRET=no_name),
            login,
            "The callable in GENAUTH['default']['APP_SECRET'] failed (KeyError).",
            "Call it in `manage.py shell`",
            id="a callable that fails",
        ),
        pytest.param(
            django(AUTHENTICATION_BACKENDS=["django.contrib.auth.backends.ModelBackend"]),
            check,
            "No backend in AUTHENTICATION_BACKENDS signs in with GenAuth.",
            'Add "django_genauth.backends.GenAuthBackend"',
            id="no backend",
        ),
        pytest.param(
            django(AUTHENTICATION_BACKENDS=["django_genauth.backends.GenauthBackend"]),
            check,
            "AUTHENTICATION_BACKENDS names django_genauth.backends.GenauthBackend, which cannot",
            'The path of this app is "django_genauth.backends.GenAuthBackend".',
            id="a backend misspelt",
        ),
        pytest.param(
            addresses(),
            check,
            "The addresses of django_genauth are not in the URLconf.",
            'Add path("genauth/", include("django_genauth.urls")) to urlpatterns',
            id="no include",
        ),
        pytest.param(
            addresses(mistakes.in_a_namespace("accounts")),
            check,
            "The addresses of django_genauth are not in the URLconf.",
            "not to addresses that have a namespace of their own.",
            id="an include in another namespace",
        ),
        pytest.param(
            django(),
            mistakes.check_without_the_app,
            "Model class django_genauth.models.Identity doesn't declare an explicit app_label",
            "isn't in an application in INSTALLED_APPS",
            id="the app not installed",
        ),
        pytest.param(
            django(MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware"]),
            check,
            "MIDDLEWARE has no AuthenticationMiddleware, so nobody can be signed in.",
            'Add "django.contrib.auth.middleware.AuthenticationMiddleware" to MIDDLEWARE',
            id="no AuthenticationMiddleware",
        ),
        pytest.param(
            app(SESSION_POLICY="reauthenticate"),
            check,
            "GENAUTH['default'] has a SESSION_POLICY, and nothing follows it.",
            'Add "django_genauth.middleware.GenAuthSessionMiddleware" to MIDDLEWARE',
            id="SESSION_POLICY without its middleware",
        ),
        pytest.param(
            app(USER_FIELDS={"firstname": "given_name"}),
            check,
            "USER_FIELDS names firstname, no field of User that a claim can fill.",
            "Did you mean first_name?",
            id="USER_FIELDS with a field that users lack",
        ),
        pytest.param(
            django(LOGIN_URL="/accounts/login/"),
            doctor,
            "LOGIN_URL is left at /accounts/login/, where this site has no page",
            'Set LOGIN_URL = "genauth:login".',
            id="LOGIN_URL left out",
        ),
        # What the site runs on.
        pytest.param(
            mistakes.not_migrated,
            doctor,
            "The database lacks what a login needs: migrations not applied: ",
            "Run `manage.py migrate`.",
            id="a stale database",
        ),
        pytest.param(
            django(SESSION_COOKIE_SAMESITE="Strict"),
            doctor,
            "SESSION_COOKIE_SAMESITE is Strict: browsers leave the session out",
            'Set SESSION_COOKIE_SAMESITE = "Lax".',
            id="SESSION_COOKIE_SAMESITE Strict",
        ),
        pytest.param(
            mistakes.begins_at_127,
            login,
            "No cookie of this browser has a pending login of that state.",
            "begin at the host that it comes back to (localhost and 127.0.0.1 are two)",
            id="localhost and 127.0.0.1 mixed up",
        ),
        pytest.param(
            mistakes.behind_a_proxy,
            doctor,
            "Django takes requests for http and sends people back to an http address.",
            "Set SECURE_PROXY_SSL_HEADER as the proxy does",
            id="a proxy that ends https",
        ),
        pytest.param(
            mistakes.at_a_provider_with_an_authority_of_its_own,
            login,
            "The provider's certificate could not be verified.",
            "name that in CA_BUNDLE",
            id="CA_BUNDLE left out",
        ),
        pytest.param(
            mistakes.at_another_time,
            doctor,
            "This machine's clock is ",
            "Set it by NTP.",
            id="a clock that is wrong",
        ),
        pytest.param(
            mistakes.with_another_secret_key,
            access_token,
            "which is not among the app's.",
            "Put it back, into SECRET_KEY_FALLBACKS or TOKEN_KEYS.",
            id="SECRET_KEY changed",
        ),
    ],
)
def test_each_mistake_is_named_with_its_remedy(site, spoil, hear, mistake, remedy):
    spoil(site)

    heard = hear(site)

    assert [words for text in heard for words in (mistake, remedy) if words not in text] == [], (
        heard
    )
