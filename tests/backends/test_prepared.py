"""A statement whose text is made once finds what the queryset finds."""

import pytest
from django.contrib.auth import get_user_model
from django.db import connection

from django_genauth.backends.prepared import PreparedGet
from django_genauth.models import Identity


def with_user(using, issuer, subject):
    known = Identity.objects.using(using).filter(issuer=issuer, subject=subject)
    return known.select_related("user")


def of_one_user(using, issuer, subject):
    return with_user(using, issuer, subject).filter(user__username="ada")


@pytest.fixture
def ada(db):
    user = get_user_model().objects.create_user("ada", is_staff=True)
    return Identity.objects.create(
        user=user, issuer="https://a.example", subject="1", claims={"name": "Ada"}
    )


@pytest.fixture
def get():
    return PreparedGet(with_user, marks=("an issuer", "a subject"))


def values_of(row):
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


@pytest.mark.parametrize("times", [pytest.param(1, id="once"), pytest.param(2, id="twice")])
def test_an_object_has_the_values_that_a_queryset_gives_it(ada, get, times):
    found = [get.first("default", "https://a.example", "1") for _ in range(times)][-1]

    assert values_of(found) == values_of(Identity.objects.get())


def test_what_is_selected_with_it_costs_no_statement(ada, get, django_assert_num_queries):
    with django_assert_num_queries(1):
        user = get.first("default", "https://a.example", "1").user

    assert values_of(user) == values_of(get_user_model().objects.get())


def test_objects_can_be_saved(ada, get):
    found = get.first("default", "https://a.example", "1")
    found.claims = {"name": "Ada Byron"}

    found.save(update_fields=["claims"])

    assert Identity.objects.get().claims == {"name": "Ada Byron"}


def test_another_value_finds_nothing(ada, get):
    assert get.first("default", "https://a.example", "2") is None


def test_the_text_is_made_once(ada):
    made = []

    def counting(*arguments):
        made.append(arguments)
        return with_user(*arguments)

    get = PreparedGet(counting, marks=("an issuer", "a subject"))

    for _ in range(3):
        get.first(connection.alias, "https://a.example", "1")

    assert made == [("default", "an issuer", "a subject")]


@pytest.mark.parametrize(
    ("subject", "is_found"),
    [pytest.param("1", True, id="found"), pytest.param("2", False, id="not found")],
)
def test_a_queryset_with_values_of_its_own_is_asked_itself(ada, subject, is_found):
    get = PreparedGet(of_one_user, marks=("an issuer", "a subject"))

    found = get.first("default", "https://a.example", subject)

    assert (found is not None) is is_found
