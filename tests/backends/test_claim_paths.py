"""Claims where providers put them: under exact names, inside objects, and behind callables."""

import pytest
from django.contrib.auth.models import User

from django_genauth.backends import claims as mapping
from django_genauth.backends import rights
from django_genauth.backends.claim_paths import MISSING, find, is_lost_callable, value_of
from django_genauth.conf import App, get_client

CLAIMS = {
    "realm_access": {"roles": ["editors"]},
    "resource_access": {"my.client": {"roles": ["authors"]}, "account": {"roles": ["view"]}},
    "https://acme.example/roles": ["admins"],
    "https://acme.example/app": {"roles": ["staff"]},
    "a.b": "exact",
    "a": {"b": "inside"},
    "nothing": None,
    "text": "plain",
}


def shout(claims):
    """Stand for a site's own callable."""
    return claims["text"].upper()


def an_app(**settings):
    return App(alias="default", client=get_client(), **settings)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        pytest.param("text", "plain", id="a name"),
        pytest.param("a.b", "exact", id="an exact name before a path"),
        pytest.param(["a", "b"], "inside", id="a list is a path"),
        pytest.param(("a", "b"), "inside", id="a tuple is one too"),
        pytest.param(["a.b"], "exact", id="dots in a list are part of a name"),
        pytest.param("realm_access.roles", ["editors"], id="Keycloak, dots"),
        pytest.param(["realm_access", "roles"], ["editors"], id="Keycloak, a list"),
        pytest.param("resource_access.my.client.roles", ["authors"], id="dots on the way"),
        pytest.param("https://acme.example/roles", ["admins"], id="an address"),
        pytest.param("https://acme.example/app.roles", ["staff"], id="below an address"),
        pytest.param("nothing", None, id="null did come"),
        pytest.param("other", MISSING, id="no such name"),
        pytest.param("realm_access.groups", MISSING, id="no such name inside"),
        pytest.param(["realm_access", "groups"], MISSING, id="none on the path"),
        pytest.param(["text", "roles"], MISSING, id="a text has no inside"),
        pytest.param("text.roles", MISSING, id="nor with dots"),
    ],
)
def test_a_source_leads_to_a_claim(source, found):
    assert find(source, CLAIMS) == found


@pytest.mark.parametrize(
    ("source", "value"),
    [
        pytest.param("tests.backends.test_claim_paths.shout", "PLAIN", id="a callable"),
        pytest.param("a.b", "exact", id="an exact name"),
        pytest.param("profile.name", MISSING, id="a module of Python that no claim is"),
        pytest.param("tests.backends", MISSING, id="a module is no callable"),
        pytest.param(["realm_access", "roles"], ["editors"], id="a path"),
    ],
)
def test_a_source_of_a_field_may_be_a_callable(source, value):
    assert value_of(source, CLAIMS) == value


@pytest.mark.parametrize(
    ("source", "is_lost"),
    [
        pytest.param(
            "tests.backends.test_claim_paths.whisper", True, id="a name that is not there"
        ),
        pytest.param("tests.backends.test_claim_paths.shout", False, id="one that is"),
        pytest.param("realm_access.roles", False, id="a path"),
        pytest.param("email.address", False, id="a path that begins as a module of Python"),
        pytest.param(["tests", "backends"], False, id="a list"),
        pytest.param("given_name", False, id="a name"),
    ],
)
def test_a_callable_that_the_sites_module_lacks_is_known(source, is_lost):
    assert is_lost_callable(source) is is_lost


def test_fields_are_filled_from_inside_an_object():
    app = an_app(user_fields={"first_name": ["name", "given"], "last_name": "name.family"})
    claims = {"name": {"given": "Ada", "family": "Lovelace"}}

    assert mapping.user_values(User, app, claims) == {
        "first_name": "Ada",
        "last_name": "Lovelace",
    }


def test_a_path_that_leads_nowhere_is_told_as_people_write_it():
    app = an_app(
        user_fields={"first_name": ["name", "given"], "last_name": "family_name"},
        groups_claim=["realm_access", "roles"],
    )

    assert mapping.unsent(User, app, {"family_name": None}) == {
        "USER_FIELDS": ["name.given"],
        "GROUPS_CLAIM": ["realm_access.roles"],
    }


def test_a_callable_is_never_missing():
    app = an_app(user_fields={"first_name": "tests.backends.test_claim_paths.shout"})

    assert mapping.unsent(User, app, {}) == {}


@pytest.mark.parametrize(
    ("source", "claims", "names"),
    [
        pytest.param(["realm_access", "roles"], CLAIMS, {"editors"}, id="Keycloak"),
        pytest.param(
            "urn:zitadel:iam:org:project:roles",
            {"urn:zitadel:iam:org:project:roles": {"editor": {"178": "acme.example"}}},
            {"editor"},
            id="Zitadel",
        ),
        pytest.param(
            "roles", {"roles": [{"editor": {"178": "acme.example"}}]}, {"editor"}, id="in a list"
        ),
        pytest.param(
            "roles", {"roles": {"editor": {}, "author": {"1": 5}, "x": []}}, set(), id="not given"
        ),
        pytest.param("realm_access", CLAIMS, set(), id="an object that holds the list"),
        pytest.param("resource_access", CLAIMS, set(), id="clients are no roles"),
    ],
)
def test_groups_are_found_where_providers_put_them(source, claims, names):
    assert rights.group_names(an_app(groups_claim=source), claims) == names


def test_groups_have_the_names_that_the_site_gives_them():
    names = {"/staff/editorial": "editors", "editorial": "editors", "offline_access": None}
    app = an_app(groups_claim="groups", group_names=names)
    claims = {"groups": ["/staff/editorial", "editorial", "offline_access", "authors"]}

    assert rights.group_names(app, claims) == {"editors", "authors"}


def test_a_flag_is_decided_by_the_sites_name():
    app = an_app(groups_claim="groups", group_names={"idp-a": "a"}, staff_groups=("a",))

    assert rights.flags(User, app, {"groups": ["idp-a"]}) == {"is_staff": True}


def test_an_object_of_thousands_of_roles_is_cut():
    app = an_app(groups_claim="roles")
    roles = {f"role-{number}": {"1": "acme"} for number in range(3_000)}

    assert len(rights.group_names(app, {"roles": roles}) or ()) == 1_000


@pytest.mark.parametrize("source", ["groups.names", ["groups", "names"]])
def test_groups_that_were_left_out_are_known_by_the_outermost_name(source):
    app = an_app(groups_claim=source)

    assert rights.group_names(app, {"_claim_names": {"groups": "src1"}}) is None


def test_the_claims_of_rights_are_those_that_hold_them():
    app = an_app(
        groups_claim=["realm_access", "roles"],
        user_fields={"is_staff": "a.b", "email": ["contact", "email"]},
    )

    assert rights.claims_of_rights(app) == {"realm_access", "a", "a.b"}
    assert rights.named_claims(app) == {"realm_access", "a", "a.b", "contact"}
