"""genauth_introspect: what is said of each token, and the exit status."""

import pytest

from django_genauth import grants
from django_genauth.conf import get_app
from django_genauth.grants import refreshing
from django_genauth.management.commands import genauth_introspect
from django_genauth.models import Grant, Sweep

ENDS = 1_800_000_000


@pytest.fixture(autouse=True)
def all_tokens_end_at_a_certain_time(provider):
    provider.lie("introspection", edit=with_end)


def with_end(answer):
    """Let a token that is active end at a time that can be written into a test."""
    return answer | {"exp": ENDS} if answer["active"] else answer


def revoke_at_the_provider(provider, grant):
    provider.grants.revoke(grant.token_set["refresh_token"])


def run_with_checks(command, *arguments):
    """Run a command with its system checks, as the shell does and call_command does not."""
    parsed = command.create_parser("manage.py", "genauth_introspect").parse_args(list(arguments))
    command.execute(**vars(parsed))


def test_a_line_tells_whose_token_is_active_and_until_when(people, run):
    people.sign_in("ada")

    ran = run("genauth_introspect", "--all")

    assert ran.out == (
        "ada                   ada-at-the-provider       default     active"
        "            2027-01-15 08:00:00Z\n"
    )
    assert (ran.status, ran.err) == (0, "1 active, 0 inactive, 0 not answered.\n")


def test_one_inactive_token_makes_the_status_1(provider, people, run):
    _, second = people.sign_in("ada", "grace")
    revoke_at_the_provider(provider, second)

    ran = run("genauth_introspect", "--all")

    assert ran.out.splitlines()[1] == (
        "grace                 grace-at-the-provider     default     inactive"
    )
    assert (ran.status, ran.err) == (1, "1 active, 1 inactive, 0 not answered.\n")


def test_one_token_that_nobody_answered_for_makes_the_status_2(provider, people, run):
    (grant,) = people.sign_in("ada")
    provider.lie("introspection", status=500, body=b"")

    ran = run("genauth_introspect", "--all")

    assert ran.out == (
        "ada                   ada-at-the-provider       default     not answered      "
        f"row {grant.pk}: The provider answered with status 500."
        " [provider_unavailable.status_500]\n"
    )
    assert (ran.status, ran.err) == (2, "0 active, 0 inactive, 1 not answered.\n")


def test_a_script_gets_an_object_a_line(people, run):
    (grant,) = people.sign_in("ada")

    ran = run("genauth_introspect", "--all", "--format", "json")

    assert ran.objects == [
        {
            "grant": grant.pk,
            "line": None,
            "user": "ada",
            "sub": "ada-at-the-provider",
            "app": "default",
            "state": "active",
            "expires_at": "2027-01-15T08:00:00+00:00",
            "error": None,
            "detail": None,
        }
    ]


def test_a_script_gets_the_code_of_what_went_wrong(provider, people, run):
    people.sign_in("ada")
    provider.lie("introspection", body=b"<html>")

    ran = run("genauth_introspect", "--all", "--format", "json")

    assert [(each["state"], each["error"], each["detail"]) for each in ran.objects] == [
        (
            "not answered",
            "introspection.json",
            "The answer is not well-formed JSON. Often it is a page of a proxy, or of another"
            " program: compare the address with the provider's.",
        )
    ]


def test_without_a_grant_all_are_active(threads, app, run):
    ran = run("genauth_introspect", "--all")

    assert (ran.status, ran.out, ran.err) == (0, "", "0 active, 0 inactive, 0 not answered.\n")


def test_a_grant_that_is_over_is_shown_to_who_asks_for_the_person(people, run):
    (grant,) = people.sign_in("ada")
    grants.revoke(grant, get_app())

    ran = run("genauth_introspect", "--user", "ada")

    assert ran.out == (
        "ada                   ada-at-the-provider       default     inactive          "
        f"row {grant.pk}: The grant is over. The person has to sign in again. [grant.ended]\n"
    )
    assert ran.status == 1


def test_no_token_is_printed(provider, people, run):
    first, second = people.sign_in("ada", "grace")
    tokens = [each.token_set["refresh_token"] for each in (first, second)]
    provider.lie("introspection", body=tokens[0].encode(), times=1)

    ran = run("genauth_introspect", "-", "-v", "3", "--traceback", lines="\n".join(tokens).encode())

    assert ran.status == 2
    assert not any(token in ran.out + ran.err for token in tokens)


def test_names_give_a_terminal_no_orders(people, run):
    people.sign_in("ada\x1b[2J")

    ran = run("genauth_introspect", "--all")

    assert ran.out.startswith("ada?[2J ")


@pytest.mark.parametrize(
    "end",
    [
        pytest.param("soon", id="text"),
        pytest.param(None, id="null"),
        pytest.param(10**30, id="far-away"),
        pytest.param(10**12, id="in-milliseconds"),
    ],
)
def test_an_end_is_left_out_that_is_no_date(provider, people, run, end):
    people.sign_in("ada")
    provider.lie("introspection", edit=lambda answer: answer | {"exp": end})

    ran = run("genauth_introspect", "--all", "--format", "json")

    assert [each["expires_at"] for each in ran.objects] == [None]


def test_a_lost_key_is_named_with_its_row_and_the_others_go_on(people, run, settings):
    first, _ = people.sign_in("ada", "grace")
    key = people.lose_the_key_of(first)

    ran = run("genauth_introspect", "--all")

    assert ran.out.splitlines()[0] == (
        "ada                   ada-at-the-provider       default     not answered      "
        f"row {first.pk}: The grant {first.identity_id} default is sealed under the key {key},"
        " which is not among the app's. Put it back, into SECRET_KEY_FALLBACKS or TOKEN_KEYS."
        " [seal.key]"
    )
    assert (ran.status, ran.err) == (2, "1 active, 0 inactive, 1 not answered.\n")


def test_an_app_that_is_no_longer_set_up_is_named_and_the_others_go_on(people, run):
    first, _ = people.sign_in("ada", "grace")
    Grant.objects.filter(pk=first.pk).update(app="gone")

    ran = run("genauth_introspect", "--all")

    assert ran.out.splitlines()[0].endswith(
        f"row {first.pk}: GENAUTH has no app 'gone'. [configuration.alias]"
    )
    assert (ran.status, ran.err) == (2, "1 active, 0 inactive, 1 not answered.\n")


def test_a_token_that_was_rotated_since_the_row_was_read_does_not_pass_for_inactive(people):
    (seen,) = people.sign_in("ada")
    refreshing.refresh(Grant.objects.get(), get_app())

    assert grants.introspect(seen, get_app())["active"] is True


def test_a_second_run_asks_for_those_alone_that_were_not_answered(provider, people, run):
    first, _ = people.sign_in("ada", "grace")
    provider.lie("introspection", status=500, times=1)
    run("genauth_introspect", "--all")

    ran = run("genauth_introspect", "--all", "--format", "json")

    assert [each["grant"] for each in ran.objects] == [first.pk]
    assert (ran.status, Sweep.objects.count()) == (0, 0)


def test_a_run_after_a_whole_one_asks_for_all(people, run):
    people.sign_in("ada", "grace")
    run("genauth_introspect", "--all")

    ran = run("genauth_introspect", "--all")

    assert ran.err == "2 active, 0 inactive, 0 not answered.\n"


def test_a_row_that_stays_shut_does_not_keep_the_next_run_from_the_others(people, run):
    first, _ = people.sign_in("ada", "grace")
    people.lose_the_key_of(first)
    run("genauth_introspect", "--all")

    ran = run("genauth_introspect", "--all")

    assert ran.err == "1 active, 0 inactive, 1 not answered.\n"


def test_tokens_on_standard_input_may_be_of_an_app_that_is_named(provider, people, run):
    (grant,) = people.sign_in("ada")
    token = grant.token_set["access_token"].encode()

    ran = run("genauth_introspect", "-", "--app", "default", lines=token + b"\n")

    assert ran.status == 0


def test_what_the_provider_says_of_a_refusal_is_quoted(provider, people, run):
    (grant,) = people.sign_in("ada")
    refusal = b'{"error": "invalid_request", "error_description": "Client not\\nallowed."}'
    provider.lie("introspection", status=403, body=refusal)

    ran = run("genauth_introspect", "--all", "--format", "json")

    (line,) = ran.objects
    assert (line["grant"], line["error"]) == (grant.pk, "oauth.invalid_request")
    assert "INTROSPECTION_ENDPOINT_AUTH_METHOD" in line["detail"]
    assert line["detail"].endswith(' It says: "Client not allowed.".')


def test_an_app_with_a_mistake_is_not_in_the_way_of_another(people, settings, capsys):
    people.sign_in("ada")
    settings.GENAUTH = {**settings.GENAUTH, "partners": {"APP_ID": "x"}}

    run_with_checks(genauth_introspect.Command(), "--all", "--workers", "1")

    assert capsys.readouterr().out.split()[3] == "active"
