"""What the doctor tells of claims: where they stand, and what a login would make of them."""

import pytest

from django_genauth.conf import App, get_client
from django_genauth.doctor.claims import examine_claims
from django_genauth.doctor.findings import Examination

ROLES = {"realm_access": {"roles": ["editors", "offline_access"]}}
DEEP = {"a": {"b": {"c": {"d": {"e": 1}}}}}


def fail(claims):
    """Stand for a site's own callable that fails."""
    raise KeyError("birthdate")


def whole(claims):
    """Stand for one that does not."""
    return "Lovelace"


def examined(claims, **settings):
    examination = Examination()
    app = App(alias="default", client=get_client(), **({"user_fields": {}} | settings))
    examine_claims(app, examination, {"iss": "https://a.example", "sub": "ada", **claims})
    return examination


def test_claims_are_told_by_their_paths_and_without_values():
    examination = examined(ROLES | {"locale": None, "address": {}})

    assert examination.good == [
        "Claims that came: address, realm_access.roles.",
        "Claims that came as null: locale.",
    ]


def test_an_object_is_opened_some_levels_deep():
    assert examined(DEEP).good[0] == "Claims that came: a.b.c.d."


def test_groups_and_flags_are_told_as_a_login_would_make_them():
    examination = examined(
        ROLES,
        groups_claim=["realm_access", "roles"],
        group_names={"offline_access": None},
        staff_groups=("editors",),
        superuser_groups=("admins",),
    )

    assert examination.findings == []
    assert examination.good[2:] == [
        'Groups made of realm_access.roles: "editors".',
        "Made of the groups or of a claim: is_staff = true.",
        "Made of the groups or of a claim: is_superuser = false.",
    ]


def test_somebody_without_groups_is_in_none():
    examination = examined({"roles": []}, groups_claim="roles")

    assert (examination.findings, examination.good[2]) == ([], "Groups made of roles: none.")


@pytest.mark.parametrize(
    ("groups_claim", "claims", "remedy"),
    [
        pytest.param(
            "realm_access",
            ROLES,
            "Name the list inside: GROUPS_CLAIM may be realm_access.roles.",
            id="Keycloak",
        ),
        pytest.param("roles", {"roles": [{"id": 5}]}, "Let it hold texts", id="objects"),
        pytest.param("roles", {"roles": {"editor": {}}}, "Let it hold texts", id="an object"),
    ],
)
def test_a_claim_of_which_no_group_can_be_made_is_found(groups_claim, claims, remedy):
    (finding,) = examined(claims, groups_claim=groups_claim).findings

    assert finding.code == "claims.groups_claim"
    assert finding.remedy.startswith(remedy)


def test_a_claim_that_stands_elsewhere_is_told_with_its_path():
    (finding,) = examined(ROLES, groups_claim="roles").findings

    assert finding.code == "claims.groups_claim"
    assert finding.remedy.startswith("Claims of that name came as realm_access.roles. Add")


def test_groups_that_were_left_out_are_found():
    (finding,) = examined({"hasgroups": True, "groups": None}, groups_claim="groups").findings

    assert finding.code == "claims.groups_left_out"


def test_a_claim_that_a_field_cannot_hold_is_noted():
    examination = examined({"mail": "no address"}, user_fields={"email": "mail"})

    assert examination.notes == ["mail came, and the user's field email cannot hold it."]


def test_a_null_and_a_field_that_users_lack_are_not():
    examination = examined({"mail": None}, user_fields={"email": "mail", "nick": "mail"})

    assert (examination.notes, examination.findings) == ([], [])


def test_a_callable_that_fails_is_found_by_its_error_alone():
    whole = "tests.doctor.test_claims.whole"
    fields = {"first_name": "tests.doctor.test_claims.fail", "last_name": whole}

    (finding,) = examined({}, user_fields=fields).findings

    assert finding.what == (
        "tests.doctor.test_claims.fail failed (KeyError), so that first_name stays as it is."
    )


def test_a_value_is_shown_so_that_each_terminal_can_show_it_and_is_cut():
    fields = {"first_name": "name", "last_name": "long"}

    examination = examined({"name": "Zoë \x1b[31m", "long": "x" * 400}, user_fields=fields)

    assert examination.good[2] == 'Made of name: first_name = "Zo\\u00eb  [31m".'
    assert examination.good[3] == f'Made of long: last_name = "{"x" * 150}".'
