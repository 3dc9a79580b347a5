"""genauth_revoke: what is revoked at the provider and ended here, and the exit status."""

from datetime import UTC

import pytest

from django_genauth import grants
from django_genauth.conf import get_app
from django_genauth.models import Grant

LINE = "ada                   ada-at-the-provider       default     "


def is_alive(provider, token):
    return provider.grants.find_token(token).active


def states():
    return list(Grant.objects.order_by("pk").values_list("state", flat=True))


def test_a_revoked_grant_is_over_at_the_provider_and_here(provider, people, run):
    (grant,) = people.sign_in("ada")
    token = grant.token_set["refresh_token"]

    ran = run("genauth_revoke", "--all")

    assert (ran.status, ran.out, ran.err) == (0, f"{LINE}revoked\n", "1 revoked, 0 not revoked.\n")
    assert (states(), is_alive(provider, token)) == (["ended"], False)


def test_what_may_still_live_is_kept_and_makes_the_status_2(provider, people, run):
    (grant,) = people.sign_in("ada")
    provider.lie("revocation", status=503)

    ran = run("genauth_revoke", "--all")

    assert ran.out == (
        f"{LINE}not revoked       row {grant.pk}: The provider answered with status 503."
        " [provider_unavailable.status_503]\n"
    )
    assert (ran.status, ran.err) == (2, "0 revoked, 1 not revoked.\n")
    assert states() == ["revoking"]


def test_pending_are_those_alone_whose_revocation_failed(provider, people, run):
    first, _ = people.sign_in("ada", "grace")
    provider.lie("revocation", status=503, times=1)
    run("genauth_revoke", "--user", "ada")

    ran = run("genauth_revoke", "--all", "--pending", "--format", "json")

    assert [(each["grant"], each["state"]) for each in ran.objects] == [(first.pk, "revoked")]
    assert states() == ["ended", "active"]


def test_a_grant_whose_identity_was_deleted_is_revoked_with_the_pending(provider, people, run):
    (grant,) = people.sign_in("ada")
    token = grant.token_set["refresh_token"]
    provider.lie("revocation", status=503, times=1)
    grant.identity.delete()

    ran = run("genauth_revoke", "--all", "--pending")

    assert ran.out == "-                     -                         default     revoked\n"
    assert (ran.status, is_alive(provider, token)) == (0, False)


def test_pending_goes_with_all(people, run):
    people.sign_in("ada")

    ran = run("genauth_revoke", "--user", "ada", "--pending")

    assert (ran.status, ran.err, states()) == (2, "--pending goes with --all.\n", ["active"])


@pytest.mark.parametrize(
    "source", [pytest.param(("--all",), id="all"), pytest.param(("--user", "ada"), id="user")]
)
def test_a_dry_run_says_which_and_revokes_none(provider, people, run, source):
    (grant,) = people.sign_in("ada")

    ran = run("genauth_revoke", *source, "--dry-run")

    expiry = f"{grant.expires_at.astimezone(UTC):%Y-%m-%d %H:%M:%SZ}"
    assert ran.out == f"{LINE}would be revoked  {expiry}\n"
    assert (ran.status, ran.err) == (0, "1 would be revoked, 0 not revoked.\n")
    assert (states(), provider.requests_to("revocation")) == (["active"], [])


def test_a_dry_run_of_tokens_says_whose_they_are(provider, people, run):
    (grant,) = people.sign_in("ada")
    token = grant.token_set["access_token"]

    ran = run("genauth_revoke", "-", "--dry-run", lines=token.encode())

    assert ran.out == f"{LINE}would be revoked\n"
    assert (states(), is_alive(provider, token)) == (["active"], True)


def test_a_refresh_token_that_is_read_ends_its_grant_by_one_request(provider, people, run):
    (grant,) = people.sign_in("ada")
    token = grant.token_set["refresh_token"]

    ran = run("genauth_revoke", "-", lines=token.encode())

    assert (ran.status, ran.out) == (0, f"{LINE}revoked\n")
    assert [request.form["token"] for request in provider.requests_to("revocation")] == [token]
    assert states() == ["ended"]


def test_an_access_token_that_is_read_ends_its_grant_with_the_refresh_token(provider, people, run):
    (grant,) = people.sign_in("ada")
    tokens = [grant.token_set["access_token"], grant.token_set["refresh_token"]]

    run("genauth_revoke", "-", lines=tokens[0].encode())

    assert [request.form["token"] for request in provider.requests_to("revocation")] == tokens
    assert states() == ["ended"]


def test_a_token_of_nobody_is_revoked_as_it_is(provider, people, run):
    ran = run("genauth_revoke", "-", lines=b"a-token-of-nobody\n")

    assert ran.out == "-                     -                         default     revoked\n"
    (request,) = provider.requests_to("revocation")
    assert request.form["token"] == "a-token-of-nobody"


def test_a_token_that_may_still_live_is_named_by_its_line(provider, people, run):
    provider.lie("revocation", status=500)

    ran = run("genauth_revoke", "-", lines=b"a-token-of-nobody\n")

    assert ran.out == (
        "-                     -                         default     not revoked       line 1: The"
        " provider answered with status 500. [provider_unavailable.status_500]\n"
    )
    assert ran.status == 2


def test_who_has_nothing_left_to_revoke_is_no_failure(people, run):
    (grant,) = people.sign_in("ada")
    grants.revoke(grant, get_app())

    ran = run("genauth_revoke", "--user", "ada")

    assert (ran.status, ran.out, ran.err) == (0, "", "0 revoked, 0 not revoked.\n")


def test_a_lost_key_is_named_with_its_row_and_the_others_go_on(people, run):
    first, _ = people.sign_in("ada", "grace")
    key = people.lose_the_key_of(first)

    ran = run("genauth_revoke", "--all")

    assert ran.out.splitlines()[0] == (
        f"{LINE}not revoked       row {first.pk}: The grant {first.identity_id} default is sealed"
        f" under the key {key}, which is not among the app's. Put it back, into"
        " SECRET_KEY_FALLBACKS or TOKEN_KEYS. [seal.key]"
    )
    assert (ran.status, states()) == (2, ["active", "ended"])
