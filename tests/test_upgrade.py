"""A database of the first migration becomes one of the newest, and its people notice nothing."""

from importlib import import_module

import pytest
from django.conf import settings as site
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import migrations
from django.db.migrations.loader import MigrationLoader

from django_genauth.conf import get_app
from django_genauth.grants import get_access_token
from django_genauth.models import Grant, Identity, LoginSession, Sweep
from django_genauth.sealing import fingerprints, unseal
from tests.support.first_version import FirstRows, first_tables, migrate_to_newest
from tests.support.signed_in import log_out

# Sealed by the code of the first migration, with the SECRET_KEY of the tests.
SEALED = (
    "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIiwia2lkIjoiYTFkYTYxOTkxNmNhODQ0MiIsInB1cnBvc2UiOiJncmFudCA3"
    "IGRlZmF1bHQifQ..aN079u8CMIgOEQBJ.vBTuCfEinQunwxtBXoao_DN0zgI0aBQJBCR9uQF9A6D6KukHnSxUqslNPdX5bpEJ"
    "N1OEczIZv9qZ-32y-uahOj2Zs2E.vXag85r9yRIVYDY_TA4jow"
)
FINGERPRINT = "507ba58a463cddd07dfcb27d356111d4"


@pytest.fixture
def first(visitor, session_middleware, transactional_db):
    """Write rows into the first tables, and migrate them to the newest."""
    with first_tables() as models:
        rows = FirstRows(models, visitor.provider)
        migrate_to_newest()
        visitor.client.cookies[site.SESSION_COOKIE_NAME] = rows.session_key
        visitor.provider.forget_requests()
        yield rows


def test_what_the_first_version_sealed_is_opened():
    opened = unseal(SEALED, purpose="grant 7 default", app=get_app())

    assert opened == {"access_token": "an-access-token", "refresh_token": "a-refresh-token"}


def test_what_the_first_version_stored_is_found_by_its_fingerprint():
    assert fingerprints("a-refresh-token", app=get_app()) == [FINGERPRINT]


def test_each_row_is_there_afterwards(first):
    counts = [model.objects.count() for model in (Identity, Grant, LoginSession, Sweep)]

    assert counts == [1, 2, 1, 1]


def test_a_session_has_the_grant_of_its_identity_afterwards(first):
    assert LoginSession.objects.get().grant_id == first.grant.pk


def test_people_stay_signed_in(first, visitor):
    answer = visitor.client.get("/members/")

    assert answer.status_code == 200
    assert visitor.provider.requests == []


def test_the_same_person_signs_in_again_as_the_same_user(first, visitor):
    visitor.sign_in(sub="ada", next_url="/members/")

    assert visitor.is_signed_in
    assert get_user_model().objects.count() == Identity.objects.count() == 1


def test_tokens_are_refreshed(first, provider):
    token = get_access_token(get_user_model().objects.get())

    assert token != first.tokens.access_token
    assert "token" in provider.asked


def test_people_sign_out_here_and_at_the_provider(first, visitor):
    answer = visitor.client.post("/genauth/logout/")

    assert answer["Location"].startswith(visitor.provider.base_url)
    assert not visitor.is_signed_in
    assert not LoginSession.objects.exists()


def test_the_provider_signs_people_out(first, visitor, provider):
    answer = log_out(provider, sid="sid-of-ada")

    assert answer.status_code == 200
    assert not visitor.is_signed_in


def test_what_was_to_be_revoked_is_revoked(first, provider):
    call_command("genauth_revoke", "--all", "--pending", verbosity=0)

    assert provider.asked[-1] == "revocation"
    assert not Grant.objects.filter(state=Grant.State.REVOKING).exists()


# What lets the release before it go on while it is rolled out, and after it was taken back.
KIND = (
    migrations.AddField,
    migrations.AddIndex,
    migrations.AlterField,
    migrations.CreateModel,
    migrations.RemoveIndex,
    migrations.RunPython,
)
# The first release has all up to 0005, and those up to 0002 were never released apart.
OPERATIONS = [
    pytest.param(operation, id=f"{name}-{number}")
    for app, name in sorted(MigrationLoader(None).disk_migrations)
    if app == "genauth" and name > "0003"
    for number, operation in enumerate(
        import_module(f"django_genauth.migrations.{name}").Migration.operations
    )
]
COLUMNS = [each for each in OPERATIONS if hasattr(each.values[0], "field")]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_migration_takes_nothing_away_that_the_release_before_it_uses(operation):
    assert isinstance(operation, KIND)
    assert operation.reversible


@pytest.mark.parametrize("operation", COLUMNS)
def test_the_release_before_it_may_leave_a_new_column_empty(operation):
    assert operation.field.null or operation.field.has_db_default()
