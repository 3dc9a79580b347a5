"""The doctor: what a good site is told, and each mistake with its cause and its remedy."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

pytestmark = [pytest.mark.standin, pytest.mark.django_db]

CALLBACK = "http://testserver/genauth/callback/"


@pytest.fixture
def app(app_at_standin):
    """Have a site that only the test spoils."""
    return app_at_standin


def report(*arguments):
    """Return the exit status and what is printed."""
    printed = StringIO()
    try:
        call_command("genauth_check", *arguments, stdout=printed, no_color=True)
    except SystemExit as end:
        return end.code, printed.getvalue()
    return 0, printed.getvalue()


def findings():
    """Return the exit status and the codes of what is found."""
    status, printed = report("--json")
    (app,) = json.loads(printed)
    return status, [finding["code"] for finding in app["findings"]]


def test_a_good_site_is_told_what_was_looked_at_and_what_to_register(app):
    status, printed = report()

    issuer = f"{app['APP_HOST']}/oidc"
    assert status == 0
    assert printed == (
        f"default: {issuer}\n"
        "  good  The settings can work.\n"
        "  good  The two clocks agree.\n"
        f"  good  The provider answers, and is {issuer}.\n"
        "  good  The token endpoint refuses a code that nobody has, and not the app.\n"
        "  good  The provider knows the address that logins come back to.\n"
        "  good  The introspection endpoint takes the app.\n"
        "  good  The revocation endpoint takes the app.\n"
        "  good  The provider knows the address that people come back to after signing out.\n"
        "  Register in GenAuth's console:\n"
        f"  ?     redirect URI: {CALLBACK}\n"
        "  ?     post-logout redirect URI: http://testserver/genauth/logout/\n"
        "  ?     back-channel logout URI (optional): http://testserver/genauth/backchannel-logout/\n"
        "  ?     front-channel logout URI (optional): http://testserver/genauth/frontchannel-logout/\n"
        "  The host is a guess. Name it by --site https://...\n"
        "  Not tried: a sign-in. Take part in one by --login.\n"
    )


def test_the_site_that_somebody_names_is_registered(app):
    _, printed = report("--site", "https://www.acme.example")

    assert "        redirect URI: https://www.acme.example/genauth/callback/\n" in printed
    assert "  ?  " not in printed
    assert "The host is a guess" not in printed


@pytest.mark.parametrize(
    "site",
    [
        pytest.param("www.acme.example", id="without-a-scheme"),
        pytest.param("ftp://www.acme.example", id="of-another-scheme"),
        pytest.param("https://", id="without-a-host"),
        pytest.param("https://www.acme.example:port", id="with-a-port-that-is-none"),
        pytest.param("https://www.acme.example/?a=b", id="with-a-query"),
        pytest.param("https://user@www.acme.example", id="with-a-user"),
    ],
)
def test_a_site_that_is_no_address_is_refused(app, site):
    with pytest.raises(CommandError, match="is no address such as") as refused:
        report("--site", site)

    assert refused.value.returncode == 2


@pytest.mark.parametrize("form", [["--json"], ["--format", "json"], ["--format=json"]])
def test_a_script_gets_the_same_as_json(app, form):
    status, printed = report(*form)

    (found,) = json.loads(printed)
    assert (status, found["app"], found["findings"], found["could_not_ask"]) == (
        0,
        "default",
        [],
        [],
    )
    assert found["register"]["redirect URI"] == CALLBACK
    assert found["host_is_guessed"] is True


def test_text_can_be_asked_for_by_name(app):
    assert report("--format", "text") == report()


@pytest.mark.parametrize(
    ("mistake", "codes"),
    [
        pytest.param({"TIMEUOT": 5}, ["settings"], id="a-key-misspelt"),
        pytest.param({"APP_HOST": "acme.genauth.ai"}, ["settings"], id="a-host-without-scheme"),
        pytest.param({"APP_SECRET": "x" * 64}, ["credentials.invalid_client"], id="wrong-secret"),
        pytest.param(
            {"APP_ID": "nobody"}, ["credentials.invalid_client", "redirect_uri"], id="wrong-id"
        ),
        pytest.param(
            {"REDIRECT_URI": "http://www.example.org/genauth/callback/"},
            ["redirect_uri", "post_logout_redirect_uri"],
            id="not-registered",
        ),
        pytest.param(
            {"POST_LOGOUT_REDIRECT_URI": "http://www.example.org/bye/"},
            ["post_logout_redirect_uri"],
            id="not-registered-after-signing-out",
        ),
        pytest.param(
            {"INTROSPECTION_ENDPOINT_AUTH_METHOD": "none"},
            ["introspection.invalid_client"],
            id="another-method-at-introspection",
        ),
        pytest.param(
            {"ID_TOKEN_SIGNED_RESPONSE_ALG": "ES256"},
            ["unsupported.id_token_signed_response_alg", "keys"],
            id="another-algorithm",
        ),
        pytest.param(
            {"SCOPE": "openid magic"},
            ["authorization.invalid_scope"],
            id="a-scope-that-nobody-knows",
        ),
        pytest.param(
            {"TOKEN_ENDPOINT_AUTH_METHOD": "none"},
            ["credentials.invalid_client"],
            id="another-auth-method",
        ),
    ],
)
def test_each_mistake_is_found(app, mistake, codes):
    app.update(mistake)

    assert findings() == (1, codes)


def test_while_the_settings_cannot_work_nothing_else_is_looked_at(app):
    app["TIMEUOT"] = 5

    status, printed = report()

    assert status == 1
    assert printed == (
        "default\n"
        "  wrong TIMEUOT is unknown. Did you mean TIMEOUT?\n"
        "        https://django-genauth.readthedocs.io/en/stable/reference/settings.html"
        " has each key.\n"
    )


def test_an_issuer_that_is_almost_right_is_told_to_the_letter(app):
    meant = f"{app['APP_HOST']}/oidc"
    app["ISSUER"] = f"{meant}/"

    status, printed = report()

    assert status == 1
    assert f"The provider calls itself {meant}, and ISSUER is {meant}/." in printed
    assert f'set "ISSUER": "{meant}", to the letter.' in printed


def test_a_provider_that_is_not_there_could_not_be_asked(app):
    app["APP_HOST"] = "http://127.0.0.1:1"

    status, printed = report()

    assert status == 2
    assert "The provider could not be asked: The connection to the provider failed" in printed


def test_an_address_that_was_guessed_is_said_to_be(app, settings):
    app["REDIRECT_URI"] = None
    settings.ALLOWED_HOSTS = ["another.example"]

    _, printed = report()

    assert "If people come by another host, name it by --site, or set REDIRECT_URI.\n" in printed


def test_all_apps_are_looked_at_and_the_worst_decides(app, settings):
    settings.GENAUTH = {"default": app, "partners": app | {"APP_SECRET": "x" * 64}}

    status, printed = report("--json")

    assert status == 1
    assert [found["app"] for found in json.loads(printed)] == ["default", "partners"]


def test_one_app_can_be_chosen(app, settings):
    settings.GENAUTH = {"default": app, "partners": app | {"APP_SECRET": "x" * 64}}

    status, printed = report("--json", "--app", "default")

    assert (status, len(json.loads(printed))) == (0, 1)


def test_what_a_check_says_of_one_app_stands_under_that_app_alone(app, settings):
    behind = "django_genauth.middleware.GenAuthSessionMiddleware"
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, behind]
    settings.GENAUTH = {"default": app, "partners": app | {"SESSION_POLICY": "refresh"}}

    _, printed = report("--json")

    found = {each["app"]: each["findings"] for each in json.loads(printed)}
    assert found["default"] == []
    assert found["partners"][0]["code"] == "genauth.W011"


def test_a_chosen_app_is_judged_without_those_that_are_broken(app, settings):
    settings.GENAUTH = {"default": app, "partners": {"APP_ID": "x"}}

    status, printed = report("--json", "--app", "default")

    assert (status, len(json.loads(printed))) == (0, 1)


def test_an_app_that_is_not_there_is_told(app):
    with pytest.raises(CommandError, match="GENAUTH has no app 'partner', but default") as caught:
        report("--app", "partner")

    assert caught.value.returncode == 2


def test_without_genauth_the_settings_to_write_are_told(settings):
    settings.GENAUTH = {}

    with pytest.raises(CommandError, match="Set GENAUTH =") as caught:
        report()

    assert caught.value.returncode == 1


def test_a_system_check_is_part_of_the_report(app, settings):
    settings.AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]

    assert findings() == (1, ["genauth.E004"])


def test_each_finding_of_one_check_is_told(app, settings):
    settings.MIDDLEWARE = []

    assert findings() == (1, ["genauth.W013", "genauth.W013"])


def test_a_system_check_that_is_silenced_is_not_told(app, settings):
    settings.MIDDLEWARE = []
    settings.SILENCED_SYSTEM_CHECKS = ["genauth.W013"]

    assert findings() == (0, [])


def test_without_the_addresses_nobody_is_asked(app, settings):
    settings.ROOT_URLCONF = ()

    assert findings() == (1, ["genauth.E005"])


def test_what_a_callable_returns_is_looked_at_too(app):
    app["APP_SECRET"] = lambda: ""

    assert findings() == (1, ["configuration.value"])


def test_no_secret_is_printed(app):
    secret = app["APP_SECRET"]

    assert secret not in report()[1] + report("--json")[1]
