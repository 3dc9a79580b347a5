"""What a site's own user model may lack or add, one part at a time.

Whole models, each in a process of its own, stand in `test_user_models`.
"""

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import UserManager
from django.db import IntegrityError
from django.db.models import QuerySet

from django_genauth.backends import GenAuthBackend, addresses, rights
from django_genauth.conf import get_app
from django_genauth.models import Identity

pytestmark = pytest.mark.django_db


class Living(UserManager[Any]):
    """Leave out the users who are marked as deleted."""

    def get_queryset(self):
        return super().get_queryset().exclude(last_name="deleted")


def test_a_user_whom_the_default_manager_hides_is_refused(visitor, refusals, monkeypatch):
    living = Living()
    living.model = get_user_model()
    monkeypatch.setattr(get_user_model()._meta, "default_manager", living)
    visitor.sign_in()
    get_user_model()._base_manager.update(last_name="deleted")

    response = visitor.sign_in()

    assert response.status_code == 403
    assert refusals.codes == ["account.hidden"]


def test_groups_of_another_model_permit_nothing_here(monkeypatch):
    user = get_user_model().objects.create(username="ada")
    monkeypatch.setattr(rights, "group_model", lambda model: None)

    assert list(GenAuthBackend()._get_group_permissions(user)) == []


def test_a_model_without_groups_has_none():
    assert rights.group_model(Identity) is None


def test_where_there_are_no_groups_none_are_taken_back(app, monkeypatch):
    app["GROUPS_CLAIM"] = "roles"
    user = get_user_model().objects.create(username="ada")
    monkeypatch.setattr(rights, "group_model", lambda model: None)

    assert rights.take_back_rights(user, get_app()) == []


def test_groups_that_their_model_refuses_keep_nobody_out(visitor, app, monkeypatch, caplog):
    app["GROUPS_CLAIM"] = "roles"

    def refuse(*arguments, **options):
        raise IntegrityError

    monkeypatch.setattr(QuerySet, "bulk_create", refuse)

    visitor.sign_in(claims={"roles": ["editors"]})

    assert visitor.is_signed_in
    assert "Groups were not made, as their model refuses them." in caplog.messages


def test_users_without_an_address_have_none_to_compare(visitor, app, monkeypatch):
    app["UNIQUE_EMAIL"] = True
    monkeypatch.setattr(addresses, "_email_field", lambda model: None)

    visitor.sign_in(claims={"email": "ada@example.org"})

    assert visitor.is_signed_in
    assert addresses.account_of("ada@example.org") is None


def test_a_model_without_the_field_of_its_address_has_none(monkeypatch):
    monkeypatch.setattr(get_user_model(), "EMAIL_FIELD", "no_such_field")

    assert addresses._email_field(get_user_model()) is None


def test_an_address_that_is_unique_by_itself_is_compared_by_the_database(app, monkeypatch, caplog):
    field = get_user_model()._meta.get_field("email")
    monkeypatch.setattr(field, "unique", True)
    get_user_model().objects.create(username="local", email="ada@example.org")

    addresses.require_free(get_app(), {"email": "ada@example.org"}, {})

    assert caplog.messages == []
