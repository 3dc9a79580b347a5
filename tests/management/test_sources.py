"""Which tokens a command works on: people, apps, and standard input."""

import os

import pytest
from django.contrib.auth import get_user_model

from tests.support.signals import press_ctrl_c_at_input


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(("--user", "grace"), id="user"),
        pytest.param(("--sub", "grace-at-the-provider"), id="subject"),
    ],
)
def test_one_persons_grants_are_chosen_by(people, run, source):
    people.sign_in("ada", "grace")

    ran = run("genauth_introspect", *source, "--format", "json")

    assert [each["user"] for each in ran.objects] == ["grace"]


def test_one_apps_grants_are_chosen_by_its_alias(people, run, settings):
    settings.GENAUTH = {"default": settings.GENAUTH["default"]}
    settings.GENAUTH["partners"] = settings.GENAUTH["default"]
    people.sign_in("ada")
    people.sign_in("ada", app="partners")

    ran = run("genauth_introspect", "--all", "--app", "partners", "--format", "json")

    assert [each["app"] for each in ran.objects] == ["partners"]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        pytest.param(("--user", "eve"), "There is no user 'eve'.\n", id="unknown-user"),
        pytest.param(
            ("--user", "grace"), "There is no grant of the user 'grace'.\n", id="no-grant"
        ),
        pytest.param(
            ("--user", "ada", "--app", "partners"),
            "There is no grant of the user 'ada' at the app 'partners'.\n",
            id="no-grant-at-the-app",
        ),
        pytest.param(
            ("--sub", "eve"), "There is no grant of the subject 'eve'.\n", id="unknown-subject"
        ),
        pytest.param(("--all", "--app", "eve"), "GENAUTH has no app 'eve'.\n", id="unknown-app"),
        pytest.param(("-", "--app", "eve"), "GENAUTH has no app 'eve'.\n", id="unknown-app-lines"),
        pytest.param((), "Give one of --user, --sub, --all or -.\n", id="no-source"),
        pytest.param(
            ("--all", "--user", "ada"), "Give one of --user, --sub, --all or -.\n", id="two-sources"
        ),
    ],
)
def test_who_cannot_be_asked_for_makes_the_status_2(people, run, settings, arguments, complaint):
    settings.GENAUTH["partners"] = settings.GENAUTH["default"]
    people.sign_in("ada")
    get_user_model().objects.create_user("grace")

    ran = run("genauth_introspect", *arguments)

    assert (ran.status, ran.out, ran.err) == (2, "", complaint)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        pytest.param(
            ("the-token",),
            "Error: argument -: is - alone; tokens are read from standard input, where other users"
            " cannot see them\n",
            id="token-as-argument",
        ),
        pytest.param(
            ("--all", "--token=the-token"),
            "Error: unrecognized arguments\n",
            id="token-as-option",
        ),
        pytest.param(
            ("--all", "--workers", "33"),
            "Error: argument --workers: is a number from 1 to 32\n",
            id="too-many-workers",
        ),
        pytest.param(
            ("--all", "--workers", "many"),
            "Error: argument --workers: is a number from 1 to 32\n",
            id="workers-in-words",
        ),
        pytest.param(
            ("--all", "--rate", "0/s"),
            "Error: argument --rate: is a number above 0, like 5/s or 0.5/s\n",
            id="no-rate",
        ),
        pytest.param(
            ("--all", "--rate", "5/m"),
            "Error: argument --rate: is a number above 0, like 5/s or 0.5/s\n",
            id="another-unit",
        ),
    ],
)
def test_arguments_that_make_no_sense_are_refused(app, db, run, arguments, complaint):
    ran = run("genauth_introspect", *arguments, workers=())

    assert (ran.out, ran.err) == ("", complaint)


def test_tokens_come_on_standard_input(provider, people, run):
    tokens = [each.token_set["refresh_token"] for each in people.sign_in("ada", "grace")]
    provider.grants.revoke(tokens[1])

    ran = run("genauth_introspect", "-", "--format", "json", lines="\r\n".join(tokens).encode())

    assert [(each["line"], each["user"], each["state"]) for each in ran.objects] == [
        (1, "ada", "active"),
        (2, "grace", "inactive"),
    ]
    assert ran.status == 1


def test_a_token_of_nobody_is_asked_for_as_it_is(provider, people, run):
    ran = run("genauth_introspect", "-", lines=b"a-token-of-nobody\n")

    assert ran.out == "-                     -                         default     inactive\n"
    asked = [request.form for request in provider.requests_to("introspection")]
    assert [form["token"] for form in asked] == ["a-token-of-nobody"] * 2
    assert [form.get("token_type_hint") for form in asked] == [None, "refresh_token"]


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(b"t" * 100_001, id="too-long"),
        pytest.param(b"t" * 300_000, id="much-too-long"),
        pytest.param("töken".encode(), id="beyond-ascii"),
        pytest.param(b"\xff\xfe", id="no-text"),
    ],
)
def test_a_line_that_is_no_token_is_named_by_its_number(provider, people, run, line):
    ran = run("genauth_introspect", "-", lines=b"one\n\n" + line + b"\ntwo")

    assert ran.out.splitlines()[1] == (
        "-                     -                         default     not answered      line 3: No"
        " token is like this: it has a character beyond ASCII, or too many."
        " [configuration.argument]"
    )
    assert ran.status == 2
    asked = [request.form["token"] for request in provider.requests_to("introspection")]
    assert asked == ["one", "one", "two", "two"]


def test_a_refresh_token_may_have_a_space(provider, people, run):
    """As RFC 6749 A.17 allows, and the OpenID Foundation's suite gives."""
    run("genauth_introspect", "-", lines=b"QfglIUEY3 2050 <@`~\n")

    asked = {request.form["token"] for request in provider.requests_to("introspection")}
    assert asked == {"QfglIUEY3 2050 <@`~"}


def test_the_longest_token_is_asked_for(provider, people, run):
    run("genauth_introspect", "-", lines=b"t" * 100_000)

    assert len(provider.requests_to("introspection")) == 2


@pytest.mark.parametrize(
    ("aliases", "asked"),
    [
        pytest.param(("partners",), "partners", id="the-only-one"),
        pytest.param(("partners", "default"), "default", id="the-default"),
    ],
)
def test_tokens_without_a_name_belong_to_the_app(people, run, settings, aliases, asked):
    settings.GENAUTH = dict.fromkeys(aliases, settings.GENAUTH["default"])

    ran = run("genauth_introspect", "-", "--format", "json", lines=b"a-token\n")

    assert [(each["line"], each["app"]) for each in ran.objects] == [(1, asked)]


def test_ctrl_c_ends_a_wait_for_standard_input(people, run, monkeypatch):
    ours, theirs = os.pipe()
    press_ctrl_c_at_input()

    with os.fdopen(theirs, "wb"), os.fdopen(ours) as nobody_writes:
        ran = run("genauth_introspect", "-", stdin=nobody_writes)

    assert (ran.status, ran.err) == (130, "Stopped. 0 done.\n")
