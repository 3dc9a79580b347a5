"""genauth_refresh: which grants are refreshed, and the exit status."""

from datetime import UTC

from django_genauth.models import Grant

LINE = "ada                   ada-at-the-provider       default     "


def test_a_grant_is_refreshed_however_fresh_it_is(provider, people, run):
    (grant,) = people.sign_in("ada")

    ran = run("genauth_refresh", "--all")

    renewed = Grant.objects.get()
    assert (
        ran.out
        == f"{LINE}refreshed         {renewed.expires_at.astimezone(UTC):%Y-%m-%d %H:%M:%SZ}\n"
    )
    assert (ran.status, ran.err) == (0, "1 refreshed, 0 ended, 0 not answered.\n")
    assert renewed.token_set["access_token"] != grant.token_set["access_token"]


def test_one_grant_that_the_provider_has_ended_makes_the_status_1(provider, people, run):
    (grant,) = people.sign_in("ada")
    provider.grants.revoke(grant.token_set["refresh_token"])

    ran = run("genauth_refresh", "--all")

    assert ran.out == (
        f"{LINE}ended             row {grant.pk}: The provider has ended the grant"
        " (oauth.invalid_grant). [grant.ended]\n"
    )
    assert (ran.status, ran.err) == (1, "0 refreshed, 1 ended, 0 not answered.\n")


def test_one_grant_that_nobody_answered_for_makes_the_status_2(provider, people, run):
    (grant,) = people.sign_in("ada")
    provider.lie("token", status=500)

    ran = run("genauth_refresh", "--all")

    assert ran.out == (
        f"{LINE}not answered      row {grant.pk}: The provider answered with status 500."
        " [provider_unavailable.status_500]\n"
    )
    assert (ran.status, ran.err) == (2, "0 refreshed, 0 ended, 1 not answered.\n")


def test_a_grant_without_a_refresh_token_is_left_alone(provider, people, run):
    people.sign_in("ada")
    Grant.objects.update(refresh_fingerprint="")

    ran = run("genauth_refresh", "--all")

    assert (ran.status, ran.out, provider.requests_to("token")) == (0, "", [])


def test_a_provider_that_wants_to_rest_is_asked_again_after_that(provider, people, run):
    people.sign_in("ada")
    provider.refresh_tokens = "keep"
    provider.lie("token", status=503, headers={"Retry-After": "1"}, times=1)

    ran = run("genauth_refresh", "--all")

    assert (ran.status, len(provider.requests_to("token"))) == (0, 2)


def test_a_grant_that_somebody_found_unanswered_is_left_for_a_while(provider, people, run):
    (grant,) = people.sign_in("ada")
    provider.lie("token", status=500, times=1)
    run("genauth_refresh", "--all")

    ran = run("genauth_refresh", "--all")

    assert ran.out.endswith(
        f"row {grant.pk}: The provider could not answer a moment ago. Try again in 5 seconds."
        " [provider_unavailable.busy]\n"
    )
    assert (ran.status, len(provider.requests_to("token"))) == (2, 1)


def test_a_second_run_refreshes_all_again(provider, people, run):
    people.sign_in("ada", "grace")
    run("genauth_refresh", "--all")

    ran = run("genauth_refresh", "--all")

    assert ran.err == "2 refreshed, 0 ended, 0 not answered.\n"


def test_tokens_on_standard_input_cannot_be_refreshed(people, run):
    ran = run("genauth_refresh", "-")

    assert ran.err == "Error: unrecognized arguments\n"


def test_the_source_is_named(people, run):
    ran = run("genauth_refresh")

    assert (ran.status, ran.err) == (2, "Give one of --user, --sub or --all.\n")
