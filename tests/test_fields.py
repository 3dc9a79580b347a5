"""The sealed column: it shows its value to its own row alone, and to nothing that is written."""

import pickle
from base64 import urlsafe_b64encode
from copy import deepcopy

import pytest
from django.contrib.auth import get_user_model
from django.core import serializers
from django.db import connection, transaction
from django.forms import model_to_dict, modelform_factory

from django_genauth.conf import get_app
from django_genauth.fields import Sealed, opened
from django_genauth.models import Grant, Identity, LoginSession
from django_genauth.protocol.errors import SealError
from tests.support.signed_in import a_session

TOKENS = {"access_token": "the-token", "expires_in": 3600, "extra": {"n": [1, None, "é"]}}


@pytest.fixture
def identity(db):
    user = get_user_model().objects.create_user("ada")
    return Identity.objects.create(user=user, issuer="https://a.example", subject="ada")


@pytest.fixture
def grant(identity):
    return Grant.objects.create(identity=identity, app="default", token_set=TOKENS)


@pytest.fixture
def two_apps(settings):
    settings.GENAUTH = dict.fromkeys(("default", "partner"), settings.GENAUTH["default"])


def column(grant):
    """Return what stands in the database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT token_set FROM genauth_grant WHERE id = %s", [grant.pk])
        return cursor.fetchone()[0]


@pytest.mark.parametrize(
    "value", [TOKENS, {}, [], "", "text", 5, 0, False, {"a": "é\0\ud800"}], ids=repr
)
def test_what_was_saved_is_what_is_read(identity, value):
    saved = Grant.objects.create(identity=identity, app="default", token_set=value)

    assert Grant.objects.get(pk=saved.pk).token_set == value


def test_the_object_that_was_saved_reads_the_same(grant):
    assert grant.token_set == TOKENS


def test_before_it_is_saved_a_value_is_read_as_it_was_assigned():
    assert Grant(token_set=TOKENS).token_set == TOKENS


def test_the_database_holds_a_sealed_text(grant):
    text = column(grant)

    assert len(text.split(".")) == 5
    assert "the-token" not in text


def test_a_value_assigned_anew_replaces_the_old_one(grant):
    grant.token_set = {"access_token": "another"}
    grant.save()

    assert Grant.objects.get().token_set == {"access_token": "another"}


def test_a_save_without_a_change_keeps_the_sealed_text(grant):
    before = column(grant)

    Grant.objects.get().save()

    assert column(grant) == before


def test_each_save_of_a_value_makes_another_text(grant):
    before = column(grant)

    grant.token_set = TOKENS
    grant.save()

    assert column(grant) != before


def test_a_sealed_text_that_is_assigned_is_kept_as_it_is(grant):
    text = column(grant)

    grant.token_set = Sealed(text)
    grant.save()

    assert column(grant) == text


def test_rows_made_in_bulk_are_sealed_too(identity):
    (made,) = Grant.objects.bulk_create([Grant(identity=identity, app="default", token_set=TOKENS)])

    assert "the-token" not in column(Grant.objects.get())
    assert made.token_set == TOKENS


@pytest.mark.parametrize(
    "write",
    [
        pytest.param(lambda: Grant.objects.update(token_set=TOKENS), id="update"),
        pytest.param(lambda: Grant.objects.update(token_set="text"), id="update-with-a-text"),
        pytest.param(lambda: Grant.objects.filter(token_set=TOKENS).exists(), id="filter"),
    ],
)
def test_a_value_that_is_not_sealed_never_reaches_the_database(grant, write):
    with pytest.raises(TypeError), transaction.atomic():
        write()

    assert Grant.objects.get().token_set == TOKENS


def test_a_sealed_text_may_be_written_by_an_update(grant):
    before = column(grant)
    grant.token_set = {"access_token": "another"}
    grant.save()

    Grant.objects.update(token_set=Sealed(before))

    assert Grant.objects.get().token_set == TOKENS


def test_an_empty_column_reads_as_none(grant):
    assert Grant(token_set=None).token_set is None
    assert Grant.objects.filter(token_set=None).count() == 0
    assert Grant._meta.get_field("token_set").from_db_value(None) is None
    assert Grant._meta.get_field("token_set").get_prep_value(None) is None


def test_nothing_is_kept_as_nothing(identity):
    Grant.objects.create(identity=identity, app="default", token_set=None)

    assert Grant.objects.get(token_set__isnull=True).token_set is None


def test_a_text_moved_to_another_identity_stays_shut(grant, identity):
    other = Identity.objects.create(user=identity.user, issuer="https://a.example", subject="b")
    moved = Grant.objects.create(identity=other, app="default", token_set={})
    Grant.objects.filter(pk=moved.pk).update(token_set=Sealed(column(grant)))

    with pytest.raises(SealError) as caught:
        dict(Grant.objects.get(pk=moved.pk).token_set)

    assert caught.value.code == "seal.purpose"


def test_a_text_moved_to_another_app_stays_shut(grant, two_apps):
    Grant.objects.update(app="partner")

    with pytest.raises(SealError) as caught:
        dict(Grant.objects.get().token_set)

    assert caught.value.code == "seal.purpose"


def test_a_text_that_somebody_wrote_stays_shut(grant):
    Grant.objects.update(token_set=Sealed("made-up"))

    with pytest.raises(SealError) as caught:
        dict(Grant.objects.get().token_set)

    assert caught.value.code == "seal.broken"


def test_a_text_that_stays_shut_does_not_keep_the_row_from_being_read(grant):
    Grant.objects.update(token_set=Sealed("made-up"))

    assert Grant.objects.get().app == "default"


def test_a_column_left_out_is_read_when_it_is_asked_for(grant):
    assert Grant.objects.defer("token_set").get().token_set == TOKENS


def test_a_row_without_its_column_may_be_saved(grant):
    found = Grant.objects.defer("token_set").get()
    found.expires_at = None
    found.save()

    assert Grant.objects.get().token_set == TOKENS


def test_the_repr_of_a_row_shows_nothing(grant):
    found = Grant.objects.get()
    _ = found.token_set

    assert "the-token" not in repr(found) + repr(vars(found)) + repr(vars(grant))


def test_the_repr_of_an_unsaved_row_shows_nothing():
    assert "the-token" not in repr(vars(Grant(token_set=TOKENS)))


def test_a_pickled_row_holds_the_sealed_text_alone(grant):
    found = Grant.objects.get()
    _ = found.token_set

    packed = pickle.dumps(found)

    assert b"the-token" not in packed
    assert pickle.loads(packed).token_set == TOKENS  # noqa: S301 # packed two lines above


def test_a_row_that_was_just_saved_holds_the_sealed_text_alone(grant):
    assert b"the-token" not in pickle.dumps(grant)


def test_a_row_that_is_not_saved_is_not_pickled():
    with pytest.raises(TypeError):
        pickle.dumps(Grant(token_set=TOKENS))


def test_the_values_of_a_query_stay_sealed(grant):
    (value,) = Grant.objects.values_list("token_set", flat=True)

    assert isinstance(value, Sealed)
    assert "the-token" not in repr(value)


def test_the_class_gives_no_value():
    assert not isinstance(Grant.token_set, dict)


def test_a_column_that_is_loaded_late_stays_sealed_in_the_object(grant):
    found = Grant.objects.defer("token_set").get()

    assert found.token_set == TOKENS
    assert isinstance(vars(found)["token_set"], Sealed)


def test_rows_updated_in_bulk_are_sealed_too(grant):
    grant.token_set = {"access_token": "another-token"}

    Grant.objects.bulk_update([grant], ["token_set"])

    assert "another-token" not in column(grant)
    assert Grant.objects.get().token_set == {"access_token": "another-token"}


def test_a_row_read_again_stays_sealed(grant):
    found = Grant.objects.get()

    found.refresh_from_db()

    assert isinstance(vars(found)["token_set"], Sealed)
    assert found.token_set == TOKENS


def test_a_copy_of_a_row_that_is_not_saved_has_the_value_too():
    copy = deepcopy(Grant(token_set=TOKENS))

    assert copy.token_set == TOKENS


def test_what_is_read_is_a_dictionary_to_who_uses_it(grant):
    value = Grant.objects.get().token_set

    assert dict(value) == {**value} == dict(value.items()) == TOKENS
    assert (value.get("access_token"), value.get("absent"), len(value)) == ("the-token", None, 3)
    assert "access_token" in value
    assert list(value) == list(TOKENS)
    assert value


def test_what_is_read_equals_what_is_read_of_another_object(grant):
    assert Grant.objects.get().token_set == grant.token_set


def test_what_is_read_shows_the_sealed_text_alone(grant):
    value = Grant.objects.get().token_set

    assert str(value) == column(grant)
    assert repr(value) == f"<SealedValue: {column(grant)}>"
    assert pickle.loads(pickle.dumps(value)) == column(grant)  # noqa: S301 # packed here


def test_what_is_read_before_it_is_saved_shows_nothing():
    value = Grant(token_set=TOKENS).token_set

    assert repr(value) == "<SealedValue: not saved>"
    with pytest.raises(TypeError):
        pickle.dumps(value)


def test_a_session_key_is_shown_sealed_too(identity):
    row = a_session(identity)

    assert row.session_key.open() not in str(row.session_key) + repr(row.session_key)


def test_no_form_edits_a_sealed_column(grant):
    form = modelform_factory(Grant, fields="__all__")(instance=grant)

    assert "token_set" not in form.fields
    assert form.initial["token_set"] == column(grant)


def test_an_object_as_a_dictionary_has_the_sealed_text(grant):
    assert model_to_dict(grant)["token_set"] == column(grant)
    assert "the-token" not in str(model_to_dict(Grant(app="default", token_set=TOKENS)))


def test_checking_a_row_keeps_it_sealed(grant):
    others = {field.name for field in Grant._meta.fields} - {"token_set"}

    grant.clean_fields(exclude=others)
    grant.save()

    assert Grant.objects.get().token_set == TOKENS


def test_a_text_that_an_import_assigns_is_taken_for_what_it_is(grant):
    grant.token_set = str(grant.token_set)
    grant.save()

    assert Grant.objects.get().token_set == TOKENS


def test_an_empty_column_is_exported_as_nothing(grant):
    field = Grant._meta.get_field("token_set")

    assert field.value_from_object(Grant(token_set=None)) is None


@pytest.mark.parametrize("form", ["json", "jsonl", "xml", "python"])
def test_a_fixture_shows_sealed_texts_and_gives_them_back(grant, form):
    session = a_session(grant.identity)
    key = session.session_key.open()
    rows = [*get_user_model().objects.all(), grant.identity, Grant.objects.get(), session]

    written = serializers.serialize(form, rows)
    Grant.objects.all().delete()
    LoginSession.objects.all().delete()
    for each in serializers.deserialize(form, written):
        each.save()

    assert "the-token" not in str(written)
    assert key not in str(written)
    assert Grant.objects.get().token_set == TOKENS
    assert LoginSession.objects.get().session_key == key


def test_a_fixture_is_loaded_where_nothing_opens_it(grant, settings):
    written = serializers.serialize("json", [Grant.objects.get()])
    settings.SECRET_KEY = "another-secret-key-of-the-tests"

    (loaded,) = serializers.deserialize("json", written)
    loaded.save()

    assert Grant.objects.get().app == "default"


def test_an_open_value_in_a_fixture_is_sealed_as_it_is_loaded(grant):
    (written,) = serializers.serialize("python", [grant])
    written["fields"]["token_set"] = TOKENS

    (loaded,) = serializers.deserialize("python", [written])
    loaded.save()

    assert "the-token" not in column(grant)
    assert Grant.objects.get().token_set == TOKENS


def test_a_column_with_a_purpose_of_its_own_comes_back_from_a_fixture(identity):
    row = a_session(identity)
    row.id_token = "the-id-token"
    row.save()
    written = serializers.serialize("json", [row])
    LoginSession.objects.all().delete()

    (loaded,) = serializers.deserialize("json", written)
    loaded.save()

    assert "the-id-token" not in written
    assert LoginSession.objects.get().id_token == "the-id-token"
    assert opened(LoginSession.objects.get(), "id_token", get_app()) == "the-id-token"


def test_a_signed_token_whose_key_is_named_as_ours_are_is_sealed(identity):
    header = urlsafe_b64encode(b'{"kid": "0123456789abcdef"}').decode().rstrip("=")
    row = a_session(identity)

    row.id_token = f"{header}.e30.c2ln"
    row.save()

    assert header not in LoginSession.objects.values_list("id_token", flat=True).get()
