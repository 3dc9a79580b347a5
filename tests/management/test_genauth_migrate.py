"""genauth_migrate: who is taken over from whom, who is not, and the way back.

Databases that the other packages made themselves are in `test_genauth_migrate_packages`.
"""

import sys
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models.signals import post_delete
from django.utils import timezone

from django_genauth.management.commands import genauth_migrate
from django_genauth.models import Grant, Identity, LoginSession
from django_genauth.user_import import identities
from tests.support.kept import Kept
from tests.support.signals import press_ctrl_c

ISSUER = "https://acme.genauth.ai/oidc"


@pytest.fixture
def migrate(run, tmp_path):
    """Run the command with a record, unless there are other arguments for that."""

    def run_it(*arguments, lines="", record=tmp_path / "made.csv"):
        recorded = () if record is None else ("--record", str(record))
        octets = lines if isinstance(lines, bytes) else lines.encode("utf-8")
        return run("genauth_migrate", *arguments, *recorded, workers=(), lines=octets)

    run_it.record = tmp_path / "made.csv"  # type: ignore[attr-defined] # a function may have any
    return run_it


@pytest.fixture
def undo(run, migrate):
    def run_it(*arguments, record=migrate.record):
        return run("genauth_migrate", "--undo", str(record), *arguments, workers=())

    return run_it


@pytest.fixture
def ada(db):
    return get_user_model().objects.create_user("ada", "ada@example.org")


@pytest.fixture
def grace(db):
    return get_user_model().objects.create_user("grace", "grace@example.org")


ALLAUTH = ("allauth", "--provider", "genauth")


def whose():
    """Return the user's name of each subject that is known."""
    return {each.subject: each.user.get_username() for each in Identity.objects.all()}


def sums(taken=0, there=0, others=0):
    return f"{taken} taken over, {there} there already, {others} not.\n"


def test_an_account_of_django_allauth_becomes_an_identity(allauth, migrate, ada):
    allauth.add(1, ada.pk, "the-subject")

    ran = migrate(*ALLAUTH)

    assert (ran.status, ran.out, ran.err) == (0, "", sums(taken=1))
    made = Identity.objects.get()
    assert (made.user, made.issuer, made.subject, made.claims) == (ada, ISSUER, "the-subject", {})


def test_an_account_of_social_auth_becomes_an_identity(social_auth, migrate, ada, grace):
    social_auth.add(1, ada.pk, "the-subject", id_key="sub")
    social_auth.add(2, grace.pk, "an-old-row", id_key="")

    ran = migrate("social-auth", "--provider", "genauth")

    assert (ran.status, ran.out, ran.err) == (0, "", sums(taken=2))
    assert whose() == {"the-subject": "ada", "an-old-row": "grace"}


def test_a_table_of_social_auth_without_names_of_claims_is_read(transactional_db, migrate, ada):
    kept = Kept("social-auth")
    kept.add(1, ada.pk, "the-subject")

    ran = migrate("social-auth", "--provider", "genauth")

    kept.drop()
    assert ran.err == sums(taken=1)


def test_what_social_auth_kept_of_another_claim_is_not_taken_over(social_auth, migrate, ada):
    social_auth.add(1, ada.pk, "ada", id_key="preferred_username")

    ran = migrate("social-auth", "--provider", "genauth")

    assert (ran.status, ran.err) == (1, sums(others=1))
    assert ran.out == (
        f"row 1         {ada.pk:<20}  ada                       What was kept is another claim than"
        " the sub. [other_claim]\n"
    )
    assert whose() == {}


def test_accounts_at_another_provider_are_left_alone(allauth, migrate, ada):
    allauth.add(1, ada.pk, "the-subject")
    allauth.add(2, ada.pk, "elsewhere", provider="google")

    assert migrate(*ALLAUTH).err == sums(taken=1)
    assert whose() == {"the-subject": "ada"}


def test_a_provider_is_named_to_the_letter(allauth, migrate, ada):
    allauth.add(1, ada.pk, "the-subject")
    allauth.add(2, ada.pk, "elsewhere", provider="GenAuth")

    assert migrate(*ALLAUTH).err == sums(taken=1)
    assert whose() == {"the-subject": "ada"}


def test_the_issuer_is_that_of_the_app_that_is_named(allauth, migrate, ada, settings):
    partners = settings.GENAUTH["default"] | {"ISSUER": "https://id.example.org/partners"}
    settings.GENAUTH = settings.GENAUTH | {"partners": partners}
    allauth.add(1, ada.pk, "the-subject")

    migrate(*ALLAUTH, "--app", "partners")

    assert Identity.objects.get().issuer == "https://id.example.org/partners"


def test_a_user_keeps_all_accounts_that_a_package_kept(allauth, migrate, ada):
    allauth.add(1, ada.pk, "one")
    allauth.add(2, ada.pk, "another")

    assert migrate(*ALLAUTH).err == sums(taken=2)
    assert whose() == {"one": "ada", "another": "ada"}


def test_the_same_again_finds_them_there(allauth, migrate, ada, tmp_path):
    allauth.add(1, ada.pk, "the-subject")
    migrate(*ALLAUTH)

    ran = migrate(*ALLAUTH, record=tmp_path / "second.csv")

    assert (ran.status, ran.out, ran.err) == (0, "", sums(there=1))


def test_an_identity_of_another_user_stays_theirs(allauth, migrate, ada, grace):
    Identity.objects.create(user=grace, issuer=ISSUER, subject="the-subject")
    allauth.add(1, ada.pk, "the-subject")

    ran = migrate(*ALLAUTH)

    assert (ran.status, ran.err) == (1, sums(others=1))
    assert ran.out.endswith("The subject is another user's already. [anothers]\n")
    assert whose() == {"the-subject": "grace"}


def test_an_identity_at_another_issuer_is_in_nobodys_way(allauth, migrate, ada, grace):
    Identity.objects.create(user=grace, issuer="https://id.example.org", subject="the-subject")
    allauth.add(1, ada.pk, "the-subject")

    assert migrate(*ALLAUTH).err == sums(taken=1)


def test_a_user_who_is_gone_is_named_by_number(allauth, migrate):
    allauth.add(1, 4711, "the-subject")

    ran = migrate(*ALLAUTH)

    assert (ran.status, ran.err) == (1, sums(others=1))
    assert ran.out == (
        "row 1         4711                  the-subject               There is no such user."
        " [no_user]\n"
    )


@pytest.mark.parametrize(
    ("uid", "shown"),
    [
        pytest.param("", "-" + " " * 23, id="empty"),
        pytest.param("s" * 256, "s" * 255, id="too long"),
        pytest.param("a\x1b[2Jb", "a?[2Jb" + " " * 18, id="control characters"),
    ],
)
def test_a_uid_that_no_subject_can_be_is_not_taken_over(allauth, migrate, ada, uid, shown):
    allauth.add(1, ada.pk, uid)

    ran = migrate(*ALLAUTH)

    assert (ran.status, ran.err) == (1, sums(others=1))
    assert ran.out == (
        f"row 1         {ada.pk:<20}  {shown}  An ID token cannot have such a subject. [subject]\n"
    )


def test_others_are_taken_over_all_the_same(allauth, migrate, ada, grace, monkeypatch):
    monkeypatch.setattr(genauth_migrate, "BATCH", 2)
    allauth.add(1, ada.pk, "")
    allauth.add(2, ada.pk, "one")
    allauth.add(3, 4711, "two")
    allauth.add(4, grace.pk, "three")

    assert migrate(*ALLAUTH).err == sums(taken=2, others=2)
    assert whose() == {"one": "ada", "three": "grace"}


def test_a_script_gets_an_object_a_line(allauth, migrate):
    allauth.add(1, 4711, "the-subject")

    ran = migrate(*ALLAUTH, "--format", "json")

    assert ran.objects == [
        {
            "where": "row 1",
            "user": "4711",
            "sub": "the-subject",
            "reason": "no_user",
            "detail": "There is no such user.",
        }
    ]


def test_a_dry_run_says_what_would_come_of_it_and_changes_nothing(allauth, migrate, ada):
    allauth.add(1, ada.pk, "the-subject")
    allauth.add(2, 4711, "another")

    ran = migrate(*ALLAUTH, "--dry-run", record=None)

    assert (ran.status, ran.err) == (1, "1 would be taken over, 0 there already, 1 not.\n")
    assert "There is no such user." in ran.out
    assert whose() == {}


def test_tokens_are_not_read(allauth, migrate, ada):
    allauth.add(1, ada.pk, "the-subject", extra_data='{"access_token": "the-token"}')
    asked = []

    def listen(execute, sql, *rest):
        asked.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(listen):
        migrate(*ALLAUTH)

    # Beside Django's own, which looks for the names of the columns.
    selects = [sql for sql in asked if allauth.table in sql and "SELECT *" not in sql]
    assert selects
    assert not [sql for sql in selects if "extra_data" in sql]


def test_somebody_who_signs_in_meanwhile_is_looked_up_again(allauth, migrate, ada):
    allauth.add(1, ada.pk, "the-subject")
    inserts = []

    def be_faster(execute, sql, params, many, context):
        if sql.startswith("INSERT") and not inserts:
            inserts.append(sql)
            execute(sql, params, many, context)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(be_faster):
        ran = migrate(*ALLAUTH)

    assert (ran.status, ran.err) == (0, sums(taken=1))
    assert whose() == {"the-subject": "ada"}


def test_ctrl_c_ends_after_the_batch_in_hand(allauth, migrate, ada, monkeypatch, tmp_path):
    monkeypatch.setattr(genauth_migrate, "BATCH", 1)
    allauth.add(1, ada.pk, "one")
    allauth.add(2, ada.pk, "two")

    def stop_at_an_insert(execute, sql, *rest):
        if sql.startswith("INSERT"):
            press_ctrl_c()
        return execute(sql, *rest)

    with connection.execute_wrapper(stop_at_an_insert):
        ran = migrate(*ALLAUTH)
    again = migrate(*ALLAUTH, record=tmp_path / "second.csv")

    assert ran.status == 130
    assert ran.err == sums(taken=1) + "Stopped. Run it again to go on, with another --record.\n"
    assert again.err == sums(taken=1, there=1)


def test_a_package_that_was_never_here_makes_the_status_2(db, migrate):
    ran = migrate(*ALLAUTH)

    assert ran.status == 2
    assert ran.err == "There is no table socialaccount_socialaccount: allauth kept nothing.\n"
    assert not migrate.record.exists()


@pytest.mark.parametrize(
    "provider",
    [
        pytest.param((), id="none"),
        pytest.param(("--provider", "Genauth"), id="another"),
    ],
)
def test_a_provider_that_is_not_there_is_answered_with_those_that_are(
    allauth, migrate, ada, provider
):
    allauth.add(1, ada.pk, "1")
    allauth.add(2, ada.pk, "2")
    allauth.add(3, ada.pk, "3", provider="google")

    ran = migrate("allauth", *provider)

    assert ran.status == 2
    assert ran.err == (
        "Give --provider, one of those in socialaccount_socialaccount: genauth (2), google (1).\n"
    )


def test_an_empty_table_makes_the_status_2(allauth, migrate):
    ran = migrate(*ALLAUTH)

    assert ran.status == 2
    assert ran.err == "Give --provider, one of those in socialaccount_socialaccount: none.\n"


def test_mozilla_django_oidc_kept_nothing_to_take_over(db, migrate):
    ran = migrate("mozilla")

    assert ran.status == 2
    assert ran.err == (
        "mozilla-django-oidc keeps no subjects, so there are none to take over. What you know of"
        " them from elsewhere comes in by csv.\n"
    )


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        pytest.param((), "Give SOURCE or --undo.", id="nothing"),
        pytest.param(("csv", "--undo", "made.csv"), "Give SOURCE or --undo.", id="both"),
        pytest.param(
            ("csv",), "Give --record, which makes a way back, or --dry-run.", id="no way back"
        ),
        pytest.param(
            ("csv", "--record", "made.csv", "--dry-run"),
            "Give --record, which makes a way back, or --dry-run.",
            id="a record of nothing",
        ),
        pytest.param(
            ("--undo", "made.csv", "--record", "more.csv"),
            "--record goes with SOURCE.",
            id="a record of the way back",
        ),
        pytest.param(
            ("allauth", "--dry-run", "--file", "people.csv"),
            "--file goes with csv.",
            id="a file for a table",
        ),
        pytest.param(
            ("csv", "--dry-run", "--provider", "genauth"),
            "--provider goes with allauth and social-auth.",
            id="a provider for a file",
        ),
        pytest.param(
            ("csv", "--dry-run", "--app", "eve"), "GENAUTH has no app 'eve'.", id="an unknown app"
        ),
    ],
)
def test_arguments_that_make_no_sense_make_the_status_2(db, run, arguments, answer):
    ran = run("genauth_migrate", *arguments, workers=())

    assert (ran.status, ran.err) == (2, f"{answer}\n")


def test_a_record_is_never_written_over(allauth, migrate, ada):
    allauth.add(1, ada.pk, "the-subject")
    migrate.record.write_text("of an earlier run", "utf-8")

    ran = migrate(*ALLAUTH)

    assert (ran.status, ran.err) == (2, f"{migrate.record}: File exists.\n")
    assert migrate.record.read_text("utf-8") == "of an earlier run"
    assert whose() == {}


def test_a_database_that_fails_is_said(allauth, migrate, ada):
    allauth.add(1, ada.pk, "the-subject")
    with connection.schema_editor() as editor:
        editor.alter_db_table(Identity, "genauth_identity", "elsewhere")

    ran = migrate(*ALLAUTH)

    with connection.schema_editor() as editor:
        editor.alter_db_table(Identity, "elsewhere", "genauth_identity")
    assert ran.status == 2
    assert ran.err == "The database failed (Error). Run the same command again later.\n"


# A file


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param("username,sub\nada,the-subject\n", id="by name"),
        pytest.param("\ufeffusername, sub\r\nada, the-subject\r\n", id="from a spreadsheet"),
        pytest.param('phone,sub,username\n"1\n2",the-subject,ada', id="among other columns"),
        pytest.param(
            "email,email_verified,sub\nADA@example.org,TRUE,the-subject\n", id="by e-mail address"
        ),
    ],
)
def test_a_line_of_a_file_becomes_an_identity(migrate, ada, lines):
    ran = migrate("csv", lines=lines)

    assert (ran.status, ran.out, ran.err) == (0, "", sums(taken=1))
    assert whose() == {"the-subject": "ada"}


@pytest.mark.parametrize(
    ("address", "named"),
    [
        pytest.param("ADA@straße.example", "ada@STRASSE.example", id="a sharp s"),
        pytest.param("ÄDA@example.org", "äda@example.org", id="an umlaut"),
        pytest.param("\u212aate@example.org", "kate@example.org", id="the sign of Kelvin"),
    ],
)
def test_an_address_is_anothers_by_more_than_the_case_of_ascii(migrate, ada, address, named):
    get_user_model().objects.filter(pk=ada.pk).update(email=address)

    ran = migrate("csv", lines=f"email,email_verified,sub\n{named},true,the-subject\n")

    assert (ran.status, whose()) == (1, {})


def test_an_address_beyond_ascii_is_found_by_its_own_case(migrate, ada):
    get_user_model().objects.filter(pk=ada.pk).update(email="ÄDA@example.org")

    migrate("csv", lines="email,email_verified,sub\nÄda@EXAMPLE.org,true,the-subject\n")

    assert whose() == {"the-subject": "ada"}


def test_a_user_is_named_by_number(migrate, ada):
    assert migrate("csv", lines=f"id,sub\n{ada.pk},the-subject\n").err == sums(taken=1)


def test_standard_input_is_left_open(migrate, ada):
    migrate("csv", lines="username,sub\nada,the-subject\n")

    assert not sys.stdin.buffer.closed


def test_a_file_has_a_name(migrate, ada, tmp_path):
    people = tmp_path / "people.csv"
    people.write_text("username,sub\nada,the-subject\n", "utf-8")

    assert migrate("csv", "--file", str(people)).err == sums(taken=1)


def test_a_file_that_is_not_there_makes_the_status_2(db, migrate):
    ran = migrate("csv", "--file", "nowhere.csv")

    assert (ran.status, ran.err) == (2, "nowhere.csv: No such file or directory.\n")


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        pytest.param("username,sub\nAda,s\n", "no_user", id="another case"),
        pytest.param("username,sub\na\0da,s\n", "no_user", id="an odd name"),
        pytest.param("username,sub\n,s\n", "no_user", id="no name"),
        pytest.param("username,sub\nada\n", "subject", id="a short line"),
        pytest.param("username,sub\nada,s\0\n", "subject", id="an odd subject"),
        pytest.param("id,sub\nada,s\n", "no_user", id="no number"),
        pytest.param(f"id,sub\n{10**30},s\n", "no_user", id="a number beyond numbers"),
        pytest.param(
            "email,email_verified,sub\nada@example.org,false,s\n", "not_verified", id="denied"
        ),
        pytest.param("email,email_verified,sub\nada@example.org\n", "not_verified", id="unsaid"),
        pytest.param("email,email_verified,sub\nx@example.org,true,s\n", "no_user", id="unknown"),
        pytest.param("email,email_verified,sub\n,true,s\n", "no_user", id="no address"),
    ],
)
def test_a_line_is_not_taken_over_that(migrate, ada, lines, reason):
    get_user_model().objects.create_user("without-an-address")

    ran = migrate("csv", "--format", "json", lines=lines)

    assert (ran.status, ran.err) == (1, sums(others=1))
    assert [(line["where"], line["reason"]) for line in ran.objects] == [("line 2", reason)]
    assert whose() == {}


def test_an_address_of_two_users_is_nobodys(migrate, ada):
    get_user_model().objects.create_user("eve", "Ada@example.org")

    ran = migrate("csv", lines="email,email_verified,sub\nada@example.org,true,s\n")

    assert (ran.status, ran.err) == (1, sums(others=1))
    assert ran.out.endswith("Several users have this e-mail address. [several_users]\n")


@pytest.mark.parametrize("batch", [1, 1_000])
def test_a_file_gives_a_user_one_subject(migrate, ada, monkeypatch, batch):
    monkeypatch.setattr(genauth_migrate, "BATCH", batch)

    ran = migrate("csv", lines="username,sub\nada,one\nada,two\nada,one\n")

    assert (ran.status, ran.err) == (1, sums(taken=1, there=1, others=1))
    assert ran.out == (
        "line 3        ada                   two                       The user has another subject"
        " of this issuer already. [second]\n"
    )
    assert whose() == {"one": "ada"}


def test_a_file_gives_a_subject_one_user(migrate, ada, grace):
    ran = migrate("csv", lines="username,sub\nada,one\ngrace,one\n")

    assert (ran.status, ran.err) == (1, sums(taken=1, others=1))
    assert whose() == {"one": "ada"}


COLUMNS = "The first line has to name the columns: sub, and one of id, username, email.\n"


@pytest.mark.parametrize(
    ("lines", "answer"),
    [
        pytest.param("", COLUMNS, id="empty"),
        pytest.param("ada,the-subject\n", COLUMNS, id="no header"),
        pytest.param("username,email,sub\n", COLUMNS, id="two names of users"),
        pytest.param(
            "email,sub\n",
            "A file with the column email needs the column email_verified too.\n",
            id="addresses that anybody may have typed in",
        ),
        pytest.param(
            b"\xff\xfe", "The file is no CSV in UTF-8 after line 0.\n", id="another encoding"
        ),
        pytest.param(
            'username,sub\n"ada,the-subject\n',
            "The file is no CSV in UTF-8 after line 1.\n",
            id="an open quotation",
        ),
    ],
)
def test_a_file_that_cannot_be_read_makes_the_status_2(db, migrate, lines, answer):
    ran = migrate("csv", lines=lines)

    assert (ran.status, ran.err) == (2, answer)


# The way back


def test_a_record_names_what_was_made(migrate, ada):
    migrate("csv", lines="username,sub\nada,one\n")

    made = Identity.objects.get()
    assert migrate.record.read_text("utf-8") == (
        f"identity,issuer,subject\n{made.pk},https://acme.genauth.ai/oidc,one\n"
    )


def test_a_record_names_what_was_made_before_more_is_made(migrate, ada, grace, monkeypatch):
    monkeypatch.setattr(genauth_migrate, "BATCH", 1)
    recorded = []

    def look(execute, sql, *rest):
        if sql.startswith("INSERT"):
            recorded.append(migrate.record.read_text("utf-8").count("\n"))
        return execute(sql, *rest)

    with connection.execute_wrapper(look):
        migrate("csv", lines="username,sub\nada,one\ngrace,two\n")

    assert recorded[1:] == [2]


def test_what_was_made_is_taken_back_and_nothing_else(migrate, undo, ada, grace):
    Identity.objects.create(user=grace, issuer=ISSUER, subject="of-a-login")
    migrate("csv", lines="username,sub\nada,one\ngrace,of-a-login\n")

    ran = undo()

    assert (ran.status, ran.out, ran.err) == (0, "", "1 taken back, 0 gone already, 0 not.\n")
    assert whose() == {"of-a-login": "grace"}


@pytest.fixture
def deletions():
    """Note the subjects of identities whose deletion a signal tells of."""
    told = []

    def note(instance, **kwargs):
        told.append(instance.subject)

    post_delete.connect(note, sender=Identity)
    yield told
    post_delete.disconnect(note, sender=Identity)


def a_grant(identity):
    Grant.objects.create(identity=identity, app="default")


def a_session(identity):
    ends = timezone.now() + timedelta(days=1)
    LoginSession.objects.create(
        identity=identity, app="default", digest="1", session_key="a-key", expires_at=ends
    )


def claims(identity):
    Identity.objects.filter(pk=identity.pk).update(claims={"name": "Ada"})


@pytest.mark.parametrize("leave", [a_grant, a_session, claims])
def test_what_somebody_has_signed_in_with_is_kept(migrate, undo, ada, leave):
    migrate("csv", lines="username,sub\nada,one\n")
    identity = Identity.objects.get()
    leave(identity)

    ran = undo()

    assert (ran.status, ran.err) == (1, "0 taken back, 0 gone already, 1 not.\n")
    assert ran.out == (
        f"identity {identity.pk:<3}  -                     one                       Somebody has"
        " signed in with it. [used]\n"
    )
    assert whose() == {"one": "ada"}


def test_a_dry_run_of_the_way_back_changes_nothing(migrate, undo, ada):
    migrate("csv", lines="username,sub\nada,one\n")

    ran = undo("--dry-run")

    assert (ran.status, ran.err) == (0, "1 would be taken back, 0 gone already, 0 not.\n")
    assert whose() == {"one": "ada"}


def test_the_way_back_is_gone_once(migrate, undo, ada):
    migrate("csv", lines="username,sub\nada,one\n")
    undo()

    ran = undo()

    assert (ran.status, ran.out, ran.err) == (0, "", "0 taken back, 1 gone already, 0 not.\n")


def test_a_record_of_another_database_takes_nothing_back(undo, ada, tmp_path):
    identity = Identity.objects.create(user=ada, issuer=ISSUER, subject="one")
    record = tmp_path / "another.csv"
    record.write_text(
        f"identity,issuer,subject\n{identity.pk},{ISSUER},two\n"
        f"{identity.pk},https://id.example.org,one\n",
        "utf-8",
    )

    ran = undo(record=record)

    assert ran.err == "0 taken back, 2 gone already, 0 not.\n"
    assert whose() == {"one": "ada"}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param("", 0, id="empty"),
        pytest.param("username,sub\nada,one\n", 1, id="another file"),
        pytest.param("identity,issuer,subject\n1,https://id.example.org\n", 2, id="a short line"),
        pytest.param("identity,issuer,subject\nx,https://id.example.org,1\n", 2, id="no number"),
        pytest.param(f"identity,issuer,subject\n{2**63},i,1\n", 2, id="a number beyond numbers"),
    ],
)
def test_a_file_that_is_no_record_makes_the_status_2(db, undo, tmp_path, text, line):
    path = tmp_path / "no-record.csv"
    path.write_text(text, "utf-8")

    ran = undo(record=path)

    assert (ran.status, ran.err) == (2, f"Line {line} of {path} is none of a record.\n")


def test_a_record_that_is_not_there_makes_the_status_2(db, undo):
    ran = undo(record="nowhere.csv")

    assert (ran.status, ran.err) == (2, "nowhere.csv: No such file or directory.\n")


def test_where_only_this_app_refers_to_identities_no_signal_is_sent(migrate, undo, ada, deletions):
    migrate("csv", lines="username,sub\nada,one\n")

    undo()

    assert deletions == []


def test_where_a_model_of_the_site_does_django_deletes(migrate, undo, ada, deletions, monkeypatch):
    monkeypatch.setattr(identities, "_OWN_MODELS", {Grant})
    migrate("csv", lines="username,sub\nada,one\n")

    undo()

    assert deletions == ["one"]
