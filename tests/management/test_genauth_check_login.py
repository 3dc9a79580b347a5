"""The doctor's sign-in: what the person is told, and what comes of the address they bring back."""

import json
import re
import sys
from io import StringIO

import pytest
import requests
from django.core.management import CommandError, call_command

from django_genauth.management.commands.genauth_check import Command
from tests.support.provider.standin import StandIn

pytestmark = [pytest.mark.standin, pytest.mark.django_db]

CALLBACK = "http://testserver/genauth/callback/"
CLAIMS = (
    "  good  Claims that came: birthdate, email, email_verified, family_name, gender,"
    " given_name, locale, name, nickname, phone_number_verified, preferred_username, updated_at,"
    " zoneinfo.\n"
    "  good  Claims that came as null: address.country, address.formatted, address.locality,"
    " address.postal_code, address.region, address.street_address, middle_name, phone_number,"
    " picture, profile, website.\n"
    '  good  Made of email: email = "ada@example.org".\n'
    '  good  Made of given_name: first_name = "Ada".\n'
    '  good  Made of family_name: last_name = "Lovelace".\n'
    "  good  The two clocks agree, by the ID token's iat.\n"
)


@pytest.fixture
def app(app_at_standin):
    """Have a site that only the test spoils."""
    return app_at_standin


class Terminal(StringIO):
    """Take what is printed, and say that somebody reads it."""

    def isatty(self):
        """Tell so."""
        return True


class Person:
    """Sit at the terminal: read what stands on standard error, and type a line.

    `types` returns the line; it is handed a function that signs in at the provider and returns the
    address. `told` is what was read.
    """

    def __init__(self, provider, types):
        self.errors = StringIO()
        self.told = ""
        self._provider = provider
        self._types = types

    def readline(self, *limit):
        """Return the line that the person types."""
        self.told = self.errors.getvalue()
        return self._types(self._sign_in)

    def _sign_in(self):
        (url,) = (line for line in self.told.splitlines() if line.startswith("http"))
        with requests.Session() as session:
            session.trust_env = False
            return self._provider.sign_in(url, session, login="ada").url


@pytest.fixture
def report(standin, monkeypatch):
    """Return a function that runs the command: the status, what is printed, and the person."""

    def run(*arguments, types=lambda sign_in: f"{sign_in()}\n", at=standin):
        person, printed = Person(at, types), StringIO()
        monkeypatch.setattr(sys, "stdin", person)
        status = 0
        try:
            call_command(
                "genauth_check",
                "--login",
                *arguments,
                stdout=printed,
                stderr=person.errors,
                no_color=True,
            )
        except SystemExit as end:
            status = end.code  # type: ignore[assignment] # the command gives a number
        return status, printed.getvalue(), person

    return run


def of_the_login(printed):
    """Return the lines of a report that the sign-in added."""
    return printed.partition("people come back to after signing out.\n")[2]


def the_end():
    """Return the lines of a report that stand at its end."""
    return (
        "  Register in GenAuth's console:\n"
        f"  ?     redirect URI: {CALLBACK}\n"
        "  ?     post-logout redirect URI: http://testserver/genauth/logout/\n"
        "  ?     back-channel logout URI (optional): http://testserver/genauth/backchannel-logout/\n"
        "  ?     front-channel logout URI (optional): http://testserver/genauth/frontchannel-logout/\n"
        "  The host is a guess. Name it by --site https://...\n"
    )


def test_a_good_sign_in_is_part_of_a_good_report(app, report):
    status, printed, _ = report()

    assert status == 0
    assert of_the_login(printed) == (
        f"  good  A person signed in: the ID token, signed with HS256, names a subject.\n{CLAIMS}"
        + the_end()
    )


def test_the_person_is_told_what_to_do(app, report):
    _, _, person = report()

    before, url, after = person.told.split("\n\n")
    assert before == "Open this address in a private window of a browser, and sign in:"
    assert url.startswith(f"{app['APP_HOST']}/oidc/auth?")
    assert after == (
        f"The browser ends at {CALLBACK}\n"
        "That page says that the sign-in did not work, or it cannot be reached. Both are as they"
        " should be.\n"
        "Copy the whole address that the browser shows there, paste it here, and press Enter. If"
        " the browser\n"
        "does not get there, press Enter alone.\n"
    )


def test_what_to_do_is_not_in_red_as_errors_are(app, monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdin", StringIO())

    with pytest.raises(SystemExit):
        call_command(Command(stderr=terminal, force_color=True), "--login", stdout=StringIO())

    assert terminal.getvalue().startswith("Open this address")


def test_space_around_what_is_pasted_does_not_matter(app, report):
    status, _, _ = report(types=lambda sign_in: f"  {sign_in()} \n")

    assert status == 0


def test_another_algorithm_is_told_with_the_line_to_type(app, report):
    app["ID_TOKEN_SIGNED_RESPONSE_ALG"] = "RS256"

    status, printed, _ = report()

    assert status == 1
    assert (
        "  wrong The ID token is signed with HS256, and ID_TOKEN_SIGNED_RESPONSE_ALG is RS256.\n"
        '        Set "ID_TOKEN_SIGNED_RESPONSE_ALG": "HS256", or choose RS256 for the app in'
        " GenAuth's console.\n" in printed
    )


def test_standard_output_is_the_report_alone_as_json(app, report):
    status, printed, person = report("--json")

    (found,) = json.loads(printed)
    assert status == 0
    assert "A person signed in: the ID token, signed with HS256, names a subject." in found["good"]
    assert person.told.startswith("Open this address")


def test_what_is_no_text_is_no_address(app, report):
    def types_octets(sign_in):
        return b"\xff".decode()

    status, printed, _ = report(types=types_octets)

    assert status == 2
    assert "No address was given" in printed


def test_where_nothing_tells_the_host_no_sign_in_is_tried(app, report, settings):
    settings.DEBUG = False
    settings.ALLOWED_HOSTS = ["*"]

    status, printed, person = report()

    assert (status, person.told) == (2, "")
    assert (
        "  ?     No sign-in was tried, as nothing tells where it would come back to.\n" in printed
    )


@pytest.mark.parametrize("typed", ["", "\n", "  \n"], ids=["nothing", "enter", "space"])
def test_without_an_address_there_is_nothing_to_judge(app, report, typed):
    status, printed, _ = report(types=lambda sign_in: typed)

    assert status == 2
    assert of_the_login(printed) == (
        f"  ?     No address was given, so that there is no sign-in to judge.\n{the_end()}"
    )


def test_ctrl_c_ends_the_command_as_it_ends_the_others(app, report):
    def interrupt(sign_in):
        raise KeyboardInterrupt

    status, printed, _ = report(types=interrupt)

    assert (status, printed) == (130, "")


def test_a_provider_that_goes_away_meanwhile_could_not_be_asked(settings, report):
    out = "http://testserver/genauth/logout/"
    with StandIn([CALLBACK], post_logout_redirect_uris=[out]) as goes_away:
        settings.GENAUTH = {"default": goes_away.app()}
        settings.DEBUG = True

        def paste_too_late(sign_in):
            address = sign_in()
            goes_away.stop()
            return address

        status, printed, _ = report(types=paste_too_late, at=goes_away)

    assert status == 2
    assert "  ?     The provider could not be asked: The connection" in of_the_login(printed)


def test_nobody_is_asked_where_the_settings_cannot_work(app, report):
    app["TIMEUOT"] = 5

    status, _, person = report()

    assert (status, person.told, person.errors.getvalue()) == (1, "", "")


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"APP_HOST": "http://127.0.0.1:1"}, id="all-of-it"),
        pytest.param({"ENDPOINTS": {"token_endpoint": "http://127.0.0.1:1"}}, id="an-endpoint"),
    ],
)
def test_nobody_is_asked_where_the_provider_cannot_be(app, report, changes):
    app.update(changes)

    status, _, person = report()

    assert (status, person.errors.getvalue()) == (2, "")


def test_nobody_is_asked_where_the_provider_is_another_than_was_meant(app, report):
    app["ISSUER"] = f"{app['APP_HOST']}/oidc/"

    status, printed, person = report()

    assert (status, person.errors.getvalue()) == (2, "")
    assert "  ?     The provider could not be asked: " in printed
    assert "(discovery." in printed


def test_of_several_apps_one_has_to_be_chosen(app, settings, report):
    settings.GENAUTH = {"default": app, "partners": app}

    with pytest.raises(CommandError) as caught:
        report()

    assert str(caught.value) == "--login tries one app: give --app with one of default, partners."
    assert caught.value.returncode == 2


def test_the_app_that_was_chosen_is_tried(app, settings, report):
    settings.GENAUTH = {"default": app, "partners": app | {"APP_HOST": "http://127.0.0.1:1"}}

    status, printed, _ = report("--app", "default")

    assert status == 0
    assert "A person signed in" in printed


def test_nothing_secret_is_printed(app, report):
    answers = []

    def note(sign_in):
        answers.append(sign_in())
        return answers[0]

    _, printed, person = report(types=note)

    shown = printed + person.errors.getvalue()
    code = answers[0].partition("code=")[2].partition("&")[0]
    assert len(code) > 8
    assert [
        text for text in (code, app["APP_SECRET"], "5ff701d846b9203e2f6ac6a1") if text in shown
    ] == []
    # A random state may hold "eyJ" too, but has no dot behind it.
    assert re.search(r"eyJ[\w-]+\.", shown) is None
