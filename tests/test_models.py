"""The rows: what identifies a person, and what the migrations make."""

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import IntegrityError, connection

from django_genauth.models import Grant, Identity, Sweep

pytestmark = pytest.mark.django_db

ISSUER = "https://acme.genauth.ai/oidc"


@pytest.fixture
def user():
    return get_user_model().objects.create_user("ada")


def test_the_migrations_make_what_the_models_say():
    call_command("makemigrations", "genauth", check=True, dry_run=True, verbosity=0)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        pytest.param("AbC", "abc", id="case"),
        pytest.param("abc", "abc ", id="a space at the end"),
        pytest.param("é", "e\u0301", id="another normal form"),
        pytest.param("ß", "ss", id="letters that some collations fold"),
        pytest.param("a", "á", id="an accent"),
    ],
)
def test_subjects_that_differ_in_an_octet_are_two_people(user, one, two):
    Identity.objects.create(user=user, issuer=ISSUER, subject=one)
    Identity.objects.create(user=user, issuer=ISSUER, subject=two)

    assert Identity.objects.get(issuer=ISSUER, subject=one).subject == one


def test_issuers_that_differ_in_an_octet_are_two(user):
    Identity.objects.create(user=user, issuer=ISSUER, subject="1")
    Identity.objects.create(user=user, issuer=ISSUER.upper(), subject="1")

    assert Identity.objects.filter(issuer=ISSUER, subject="1").count() == 1


def test_a_subject_of_an_issuer_is_one_person(user):
    Identity.objects.create(user=user, issuer=ISSUER, subject="1")

    with pytest.raises(IntegrityError):
        Identity.objects.create(user=user, issuer=ISSUER, subject="1")


def test_the_longest_issuer_and_subject_fit(user):
    made = Identity.objects.create(user=user, issuer="i" * 255, subject="\U0001f600" * 255)

    assert Identity.objects.get(subject="\U0001f600" * 255) == made


def test_a_person_is_found_by_an_index(user):
    names = {
        name
        for name, each in connection.introspection.get_constraints(
            connection.cursor(), Identity._meta.db_table
        ).items()
        if each["unique"] and each["columns"] == ["issuer", "subject"]
    }

    assert names


def test_rows_are_named_without_secrets(user):
    identity = Identity.objects.create(user=user, issuer=ISSUER, subject="1")
    grant = Grant(identity=identity, app="default", token_set={"access_token": "the-access"})

    assert str(identity) == f"1 @ {ISSUER}"
    assert str(grant) == f"{identity.pk} @ default"
    assert "the-access" not in repr(vars(grant))


def test_a_sweep_is_known_by_its_name():
    assert str(Sweep(name="introspect default")) == "introspect default"
