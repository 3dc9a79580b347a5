"""Claims are text of strangers: what fits a column is taken, and nothing stops a login."""

import time

import pytest
from django.contrib.auth.models import User
from django.db import models
from django.db.models.functions import Lower
from django.test.utils import isolate_apps

from django_genauth.backends import claims as mapping
from django_genauth.backends import rights
from django_genauth.conf import App, get_app, get_client
from django_genauth.models import Identity
from django_genauth.protocol.errors import ConfigurationError
from tests.support.site.visitor import Visitor


def values(field, claim, **changes):
    app = App(alias="default", client=get_client(), user_fields={field: "claim"}, **changes)
    return mapping.user_values(User, app, {"claim": claim}).get(field)


def claim_of_the_issuer(claims):
    """Stand for a site's own callable in USER_FIELDS."""
    return claims["iss"].upper()


@pytest.mark.parametrize(
    ("field", "claim", "expected"),
    [
        pytest.param("first_name", "Ada", "Ada", id="as it is"),
        pytest.param("first_name", "  Ada\n", "Ada", id="without space around it"),
        pytest.param("first_name", "A\x00d\x07a", "Ad a", id="without control characters"),
        pytest.param("first_name", "A\nB", "A B", id="on one line"),
        pytest.param("first_name", "A\ud800da", "Ada", id="without half a surrogate pair"),
        pytest.param("first_name", "愛達 Ådå ادا", "愛達 Ådå ادا", id="in any script"),
        pytest.param("first_name", "a" * 151, "a" * 150, id="cut to the column"),
        pytest.param("first_name", " " * 999 + "Ada", "Ada", id="cut after the space around it"),
        pytest.param("first_name", {"a": 1}, None, id="an object is no text"),
        pytest.param("first_name", ["Ada"], None, id="a list is no text"),
        pytest.param("first_name", 7, None, id="a number is no text"),
        pytest.param("first_name", True, None, id="a boolean is no text"),
        pytest.param("email", "ada@example.com", "ada@example.com", id="an address"),
        pytest.param("email", "no address", None, id="no address"),
        pytest.param("email", "a" * 250 + "@example.com", None, id="an address is never cut"),
        pytest.param("date_joined", "2026-02-30", None, id="no date"),
        pytest.param("date_joined", {"a": 1}, None, id="an object is no date"),
        pytest.param("id", 10**30, None, id="a number beyond the column"),
        pytest.param("id", 1e308, None, id="a float beyond the column"),
        pytest.param("username", "", None, id="empty where the column must not be"),
    ],
)
def test_a_claim_is_taken_as_far_as_it_fits(field, claim, expected):
    assert values(field, claim) == expected


def test_a_claim_that_does_not_fit_is_told_without_its_text(caplog):
    caplog.set_level("INFO")

    values("email", "no address")

    assert "user's field email" in caplog.text
    assert "no address" not in caplog.text


def test_a_field_that_the_user_model_has_not_is_passed_over():
    assert values("nickname", "Ada") is None


def test_a_dotted_path_is_called_with_the_claims():
    app = App(
        alias="default",
        client=get_client(),
        user_fields={"first_name": f"{__name__}.claim_of_the_issuer"},
    )

    assert mapping.user_values(User, app, {"iss": "acme"}) == {"first_name": "ACME"}


def claim_that_few_people_have(claims):
    """Stand for a site's own callable that expects a claim of everybody."""
    return claims["department"]["name"]


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(f"{__name__}.claim_that_few_people_have", id="a callable that fails"),
        pytest.param("no.such.module", id="no such module"),
        pytest.param(f"{__name__}.no_such_name", id="no such name"),
        pytest.param("acme.department", id="a claim that the person lacks"),
        pytest.param("math.pi", id="nothing that can be called"),
    ],
)
def test_a_source_that_has_nothing_for_a_person_keeps_nobody_out(source):
    app = App(alias="default", client=get_client(), user_fields={"first_name": source})

    assert mapping.user_values(User, app, {"iss": "https://acme"}) == {}


def test_a_callable_that_fails_is_told_without_its_text(caplog):
    source = f"{__name__}.claim_that_few_people_have"
    app = App(alias="default", client=get_client(), user_fields={"first_name": source})

    mapping.user_values(User, app, {"department": "Sales"})

    assert caplog.messages == [f"USER_FIELDS: {source} failed: TypeError"]


def test_a_claim_whose_name_has_dots_is_a_claim_first():
    app = App(alias="default", client=get_client(), user_fields={"first_name": "example.name"})

    assert mapping.user_values(User, app, {"example.name": "Ada"}) == {"first_name": "Ada"}


def test_a_claim_whose_name_is_an_address_is_a_claim():
    app = App(
        alias="default",
        client=get_client(),
        user_fields={"first_name": "https://acme.example/name"},
    )

    assert mapping.user_values(User, app, {}) == {}


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        pytest.param({"preferred_username": "ada"}, "ada", id="the preferred name"),
        pytest.param({"preferred_username": None, "username": "ada"}, "ada", id="GenAuth's name"),
        pytest.param({"email": "ada@example.com"}, "ada", id="the address's first half"),
        pytest.param({"preferred_username": "愛 達!"}, "愛達", id="without odd characters"),
        pytest.param({"preferred_username": "ⓐda"}, "ada", id="in one normal form"),
        pytest.param({"preferred_username": {"a": 1}, "email": 7}, None, id="none that is text"),
        pytest.param({"preferred_username": "\ud800!"}, None, id="nothing that is left"),
        pytest.param({"preferred_username": "a" * 999}, "a" * 133, id="cut to the column"),
    ],
)
def test_a_name_tells_who_it_is(claims, name):
    made = mapping.username(User, {"iss": "i", "sub": "s", **claims})

    readable, _, digest = made.rpartition("-")
    assert (readable or None) == name
    assert len(digest) == 16
    assert len(made) <= 150


def test_two_people_with_one_preferred_name_have_two_names():
    one = mapping.username(User, {"iss": "i", "sub": "1", "preferred_username": "ada"})
    two = mapping.username(User, {"iss": "i", "sub": "2", "preferred_username": "ada"})

    assert one != two


def test_users_who_are_named_by_a_row_of_another_table_are_made_by_the_site():
    class Named:
        _meta = Identity._meta
        USERNAME_FIELD = "user"

    with pytest.raises(ConfigurationError) as refused:
        mapping.username(Named, {"iss": "i", "sub": "1"})

    assert refused.value.code == "configuration.username"


def test_a_short_column_holds_the_digest_alone():
    class Short:
        USERNAME_FIELD = "name"
        name = models.CharField(max_length=16)
        _meta = type("Meta", (), {"get_field": lambda name: Short.name})

    made = mapping.username(Short, {"iss": "i", "sub": "1", "preferred_username": "ada"})

    assert len(made) == 16


@isolate_apps("tests.support.site")
def test_a_column_shorter_than_the_digest_holds_what_fits():
    field = models.CharField(max_length=10)
    field.set_attributes_from_name("username")

    class Model:
        USERNAME_FIELD = "username"

        class _meta:
            get_field = staticmethod(lambda name: field)

    assert len(mapping.username(Model, {"iss": "a", "sub": "b", "username": "ada"})) == 10


@isolate_apps("tests.support.site")
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("free", "a" * 10, id="a name that many may have"),
        pytest.param("alone", None, id="a unique name"),
        pytest.param("pair", None, id="unique with another"),
        pytest.param("constrained", None, id="unique by a constraint"),
        pytest.param("folded", None, id="unique by an expression"),
        pytest.param("bare", None, id="unique by a bare expression"),
        pytest.param("login", None, id="the user's name"),
    ],
)
def test_what_names_one_user_alone_is_not_cut(name, expected):
    class Person(models.Model):
        free = models.CharField(max_length=10)
        alone = models.CharField(max_length=10, unique=True)
        pair = models.CharField(max_length=10)
        constrained = models.CharField(max_length=10)
        folded = models.CharField(max_length=10)
        bare = models.CharField(max_length=10)
        login = models.CharField(max_length=10)
        USERNAME_FIELD = "login"

        class Meta:
            app_label = "site"
            unique_together = (("pair", "free"),) if name == "pair" else ()
            constraints = (
                models.CheckConstraint(condition=models.Q(free__gt=""), name="not_empty"),
                models.UniqueConstraint(fields=("constrained",), name="once"),
                models.UniqueConstraint(Lower("folded"), name="once_in_any_case"),
                models.UniqueConstraint(models.F("bare").desc(), name="once_backwards"),
            )

        def __str__(self):
            return self.login

    app = App(alias="default", client=get_client(), user_fields={name: "claim"})

    assert mapping.user_values(Person, app, {"claim": "a" * 11}).get(name) == expected


def test_the_text_of_a_long_column_is_not_cut():
    class Profile(models.Model):  # noqa: DJ008 # nobody reads it
        about = models.TextField(max_length=5)

        class Meta:
            app_label = "site"

    values = mapping.field_values(Profile, {"about": "claim"}, {"claim": "a\n" * 9})

    assert values == {"about": ("a " * 9).strip()}


@pytest.mark.parametrize(
    "unit",
    [
        pytest.param("\x07", id="control characters"),
        pytest.param("a\n", id="lines"),
        pytest.param("\0", id="NUL"),
        pytest.param("\ufdfa", id="letters that become eighteen"),
        pytest.param("\u0301\u0323", id="accents to be sorted"),
    ],
)
def test_a_claim_of_a_megabyte_costs_no_more_than_its_cut(unit):
    long = unit * (1_000_000 // len(unit))
    app = App(alias="default", client=get_client(), groups_claim="roles")
    claims = dict.fromkeys(("email", "given_name", "family_name", "preferred_username"), long)
    began = time.process_time()

    mapping.user_values(User, app, claims)
    mapping.username(User, {"iss": "i", "sub": "s", **claims})
    rights.group_names(app, {"roles": [long]})

    assert time.process_time() - began < 0.2


@pytest.mark.django_db
@pytest.mark.parametrize(
    "claims",
    [
        pytest.param({"given_name": "a" * 100_0}, id="too long"),
        pytest.param({"given_name": "\x00", "nickname": "a\x00b"}, id="NUL"),
        pytest.param({"given_name": "\ud800", "\udfff": "\ud800"}, id="half a surrogate pair"),
        pytest.param({"given_name": {"a": [1]}, "email": ["x"]}, id="objects where text belongs"),
        pytest.param({"deep": [[[[[[[[[[[[[[[[[[[[{"a": 1}]]]]]]]]]]]]]]]]]]]]}, id="deep"),
        pytest.param({"deep": {"a": {"b": {}}} | {"c": [[]] * 9}}, id="many"),
        pytest.param({"number": 10**4_000, "float": 1e308, "minus": -0.0}, id="numbers"),
        pytest.param({"": "", "a.b": None, "$ref": "#"}, id="odd names"),
        pytest.param({"a" * 9_000: "b"}, id="a long name"),
    ],
)
def test_no_claim_whatever_breaks_a_login(visitor, provider, claims):
    visitor.sign_in(claims=claims)
    again = Visitor(provider)

    again.sign_in(claims=claims)

    assert again.is_signed_in


@pytest.mark.parametrize(
    ("settings", "claims", "missing"),
    [
        pytest.param(
            {"user_fields": {"email": "email", "first_name": "given_name"}},
            {"email": "ada@example.com"},
            {"USER_FIELDS": ["given_name"]},
            id="a field",
        ),
        pytest.param({"user_fields": {"email": "email"}}, {"email": None}, {}, id="null came"),
        pytest.param({"user_fields": {"shoe_size": "size"}}, {}, {}, id="no such field"),
        pytest.param(
            {"user_fields": {"email": "tests.backends.test_claims.claim_of_the_issuer"}},
            {},
            {},
            id="a callable",
        ),
        pytest.param({"groups_claim": "roles"}, {"roles": []}, {}, id="groups came"),
        pytest.param({"groups_claim": "roles"}, {}, {"GROUPS_CLAIM": ["roles"]}, id="no groups"),
        pytest.param(
            {"link_verified_email": True},
            {"email": "ada@example.com"},
            {"LINK_VERIFIED_EMAIL": ["email_verified"]},
            id="whether it is verified",
        ),
        pytest.param(
            {"groups_claim": "roles", "link_verified_email": True},
            {},
            {"GROUPS_CLAIM": ["roles"], "LINK_VERIFIED_EMAIL": ["email", "email_verified"]},
            id="all of them",
        ),
    ],
)
def test_what_a_setting_wants_and_did_not_come_is_known(settings, claims, missing):
    app = App(alias="default", client=get_client(), **{"user_fields": {}, **settings})

    assert mapping.unsent(User, app, claims) == missing


def test_no_claim_fills_a_password_or_the_number_of_a_row():
    assert mapping.columns(User).keys().isdisjoint({"id", "password"})


def test_what_leads_to_another_row_is_filled_by_its_column():
    assert {"user_id", "issuer"} <= mapping.columns(Identity).keys()
    assert mapping.columns(Identity).keys().isdisjoint({"user", "id"})


@pytest.mark.parametrize("name", ["given_name", "email", "preferred_username", "picture"])
def test_a_claim_of_a_megabyte_costs_no_more_than_what_is_left_of_it(name):
    # In the order in which accents do not stand: to normalize them takes the square of how many.
    accents = "a" + "\u0301\u0316" * 500_000
    claims = {"iss": "https://a.example", "sub": "1", name: accents}
    began = time.process_time()

    mapping.user_values(User, get_app(), claims)
    mapping.username(User, claims)

    assert time.process_time() - began < 0.1
