"""Identities and grants in the admin: what is shown, what is not, and what may be done."""

import os
import subprocess
import sys
from typing import Any

import pytest
from django.contrib.admin import site
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from django_genauth import grants
from django_genauth.admin import lists
from django_genauth.conf import get_app
from django_genauth.models import Grant, Identity
from django_genauth.protocol.tokens import TokenSet
from tests.support import ROOT
from tests.support.administrators import GRANTS, IDENTITIES, act, an_administrator, text_of

pytestmark = pytest.mark.django_db

ISSUER = "https://acme.genauth.ai/oidc"
TOKENS: dict[str, Any] = {
    "access_token": "the-access",
    "refresh_token": "the-refresh",
    "id_token": "the-id",
}


def an_identity(subject="subject-1", *, name="ada", **values):
    user, _ = get_user_model().objects.get_or_create(
        username=name, defaults={"email": f"{name}@example.com"}
    )
    return Identity.objects.create(user=user, issuer=ISSUER, subject=subject, **values)


def a_grant(identity=None, *, app="default"):
    identity = identity or an_identity()
    grants.store(identity, get_app(app), TokenSet(token_type="Bearer", **TOKENS))
    return Grant.objects.get(identity=identity, app=app)


def secrets_of(grant):
    """Return what no page may hold: the tokens, their fingerprints, and what is sealed."""
    row = Grant.objects.filter(pk=grant.pk)
    columns = row.values_list("access_fingerprint", "refresh_fingerprint", "lease", "token_set")
    *texts, sealed = columns.get()
    return [*TOKENS.values(), *texts, sealed.text]


@pytest.fixture
def viewer():
    return an_administrator("view_grant", "view_identity")


@pytest.fixture
def root():
    return an_administrator(is_superuser=True)


@pytest.fixture
def two_apps(settings):
    settings.GENAUTH = dict.fromkeys(("default", "partner"), settings.GENAUTH["default"])


# What the pages show


def test_the_list_of_identities_tells_who_signs_in_as_whom(viewer):
    an_identity("subject-1")

    text = text_of(viewer.get(IDENTITIES))

    assert f"subject-1 ada {ISSUER}" in text


def test_the_page_of_an_identity_shows_the_claims_line_by_line(viewer):
    identity = an_identity(claims={"name": "Ada <Lovelace>", "city": "伦敦"})

    page = viewer.get(f"{IDENTITIES}{identity.pk}/change/").content.decode()

    assert (
        "{\n  &quot;city&quot;: &quot;伦敦&quot;,\n"
        "  &quot;name&quot;: &quot;Ada &lt;Lovelace&gt;&quot;\n}"
    ) in page


def test_the_list_of_grants_tells_how_they_stand(viewer):
    a_grant()

    assert "subject-1 ada default active" in text_of(viewer.get(GRANTS))


def test_a_grant_without_its_identity_is_listed(viewer):
    Grant.objects.filter(pk=a_grant().pk).update(identity=None, state=Grant.State.REVOKING)

    assert "- - default to be revoked" in text_of(viewer.get(GRANTS))


def test_the_page_of_a_grant_shows_its_state(viewer):
    grant = a_grant()

    text = text_of(viewer.get(f"{GRANTS}{grant.pk}/change/"))

    assert f"subject-1 @ {ISSUER}" in text
    assert "State: active" in text


@pytest.mark.parametrize(
    ("address", "action"),
    [
        pytest.param(GRANTS, None, id="the list of grants"),
        pytest.param(f"{GRANTS}?q=subject-1", None, id="a search of grants"),
        pytest.param(f"{GRANTS}{{grant}}/change/", None, id="a grant"),
        pytest.param(f"{GRANTS}{{grant}}/history/", None, id="a grant's history"),
        pytest.param(GRANTS, "revoke", id="the confirmation of revoking"),
        pytest.param(IDENTITIES, None, id="the list of identities"),
        pytest.param(f"{IDENTITIES}{{identity}}/change/", None, id="an identity"),
        pytest.param(f"{IDENTITIES}{{identity}}/delete/", None, id="the deletion of one"),
        pytest.param(f"{IDENTITIES}{{identity}}/history/", None, id="an identity's history"),
        pytest.param(IDENTITIES, "delete_selected", id="the deletion of several"),
    ],
)
def test_no_page_holds_a_secret(root, address, action):
    grant = a_grant()
    chosen = grant if action == "revoke" else grant.identity
    address = address.format(grant=grant.pk, identity=grant.identity_id)

    page = act(root, address, action, chosen) if action else root.get(address)

    body = page.content.decode()
    assert page.status_code == 200
    assert "subject-1" in body or "default" in body
    assert [secret for secret in secrets_of(grant) if secret in body] == []


@pytest.mark.parametrize("column", ["access_fingerprint", "refresh_fingerprint", "lease"])
def test_an_address_cannot_ask_for_a_column_that_is_not_shown(viewer, column):
    a_grant()

    response = viewer.get(f"{GRANTS}?{column}__startswith=a")

    assert response.status_code == 400


def test_an_address_cannot_ask_for_the_sealed_text(viewer):
    assert viewer.get(f"{GRANTS}?token_set__startswith=e").status_code == 400


def test_an_address_cannot_ask_for_a_column_of_the_user(viewer):
    assert viewer.get(f"{IDENTITIES}?user__password__startswith=m").status_code == 400


def test_the_list_reads_no_sealed_text(viewer):
    a_grant()

    with CaptureQueriesContext(connection) as queries:
        viewer.get(GRANTS)

    assert [query for query in queries if "token_set" in query["sql"]] == []


# What may be done


@pytest.mark.parametrize(
    "address",
    [
        pytest.param(f"{GRANTS}add/", id="adding a grant"),
        pytest.param(f"{GRANTS}{{grant}}/delete/", id="deleting a grant"),
        pytest.param(f"{IDENTITIES}add/", id="adding an identity"),
    ],
)
def test_not_even_root_may(root, address):
    grant = a_grant()

    assert root.get(address.format(grant=grant.pk)).status_code == 403


def test_not_even_root_gives_an_identity_to_somebody_else(root):
    identity = an_identity()
    page = f"{IDENTITIES}{identity.pk}/change/"

    response = root.post(page, {"user": 1, "issuer": ISSUER, "subject": "somebody-else"})

    identity.refresh_from_db()
    assert (response.status_code, identity.subject) == (403, "subject-1")


def test_not_even_root_changes_a_grant(root):
    grant = a_grant()

    response = root.post(f"{GRANTS}{grant.pk}/change/", {"state": "ended"})

    grant.refresh_from_db()
    assert (response.status_code, grant.state) == (403, Grant.State.ACTIVE)


@pytest.mark.parametrize("address", [GRANTS, IDENTITIES])
def test_who_may_only_look_is_offered_no_action(viewer, address):
    a_grant()

    assert 'name="action"' not in viewer.get(address).content.decode()


@pytest.mark.parametrize("address", [GRANTS, IDENTITIES])
def test_who_may_not_look_sees_nothing(address):
    assert an_administrator().get(address).status_code == 403


def test_the_permissions_can_be_given():
    names = Permission.objects.filter(content_type__app_label="genauth").values_list(
        "codename", flat=True
    )

    assert {"introspect_grant", "revoke_grant"} <= set(names)


# Searching and filtering


@pytest.mark.parametrize(
    ("address", "term"),
    [
        pytest.param(GRANTS, "subject-1", id="a grant by its subject"),
        pytest.param(GRANTS, " ada ", id="a grant by its user"),
        pytest.param(IDENTITIES, "subject-1", id="an identity by its subject"),
        pytest.param(IDENTITIES, "ada", id="an identity by its user"),
        pytest.param(IDENTITIES, "ada@example.com", id="an identity by its user's address"),
    ],
)
def test_a_search_finds(viewer, address, term):
    a_grant(an_identity("subject-1", name="ada"))
    a_grant(an_identity("subject-2", name="bob"))

    text = text_of(viewer.get(address, {"q": term}))

    assert ("subject-1 ada" in text, "subject-2 bob" in text) == (True, False)


def test_a_search_for_an_issuer_finds_its_identities(viewer):
    an_identity("subject-1")

    assert "subject-1 ada" in text_of(viewer.get(IDENTITIES, {"q": ISSUER}))


@pytest.mark.parametrize("address", [GRANTS, IDENTITIES])
def test_a_part_of_a_subject_finds_nothing(viewer, address):
    a_grant()

    assert "subject-1" not in text_of(viewer.get(address, {"q": "subject"}))


@pytest.mark.parametrize("address", [GRANTS, IDENTITIES])
def test_a_search_for_spaces_lists_everything(viewer, address):
    a_grant()

    assert "subject-1" in text_of(viewer.get(address, {"q": "  "}))


def test_grants_are_filtered_by_state(viewer):
    grant = a_grant()
    Grant.objects.filter(pk=a_grant(an_identity("subject-2")).pk).update(state="ended")

    text = text_of(viewer.get(GRANTS, {"state__exact": "ended"}))

    assert (grant.identity.subject in text, "subject-2" in text) == (False, True)


def test_grants_are_filtered_by_app(viewer, two_apps):
    a_grant(an_identity("subject-1"))
    a_grant(an_identity("subject-2"), app="partner")

    text = text_of(viewer.get(GRANTS, {"app": "partner"}))

    assert ("subject-1" in text, "subject-2" in text) == (False, True)


# What the lists cost


def test_no_more_is_counted_than_anybody_turns_pages(viewer, monkeypatch):
    monkeypatch.setattr(lists, "MOST_COUNTED", 2)
    for subject in "abc":
        an_identity(subject)

    assert "2 identities" in text_of(viewer.get(IDENTITIES))


@pytest.mark.parametrize(
    "address", [GRANTS, f"{GRANTS}?state__exact=active", f"{GRANTS}?_facets=True", IDENTITIES]
)
def test_no_table_is_counted_as_a_whole(viewer, address):
    a_grant()

    with CaptureQueriesContext(connection) as queries:
        viewer.get(address)

    counts = [query["sql"] for query in queries if "COUNT(" in query["sql"]]
    assert counts != []
    assert [sql for sql in counts if "LIMIT" not in sql] == []


@pytest.mark.parametrize("address", [GRANTS, IDENTITIES])
def test_no_table_is_sorted_as_a_whole(viewer, address):
    a_grant()

    assert "?o=" not in viewer.get(address).content.decode()


@pytest.mark.parametrize("address", [GRANTS, IDENTITIES])
def test_more_rows_take_no_more_queries(viewer, address):
    a_grant(an_identity("subject-1"))
    with CaptureQueriesContext(connection) as with_one:
        viewer.get(address)
    a_grant(an_identity("subject-2", name="bob"))
    a_grant(an_identity("subject-3", name="eve"))

    with CaptureQueriesContext(connection) as with_three:
        viewer.get(address)

    assert len(with_three) == len(with_one)


@pytest.mark.parametrize(
    ("model", "columns"),
    [
        pytest.param(Identity, ["subject"], id="a subject"),
        pytest.param(Grant, ["state", "id"], id="a state"),
        pytest.param(Grant, ["app", "id"], id="an app"),
    ],
)
def test_what_is_searched_and_filtered_has_an_index(model, columns):
    constraints = connection.introspection.get_constraints(
        connection.cursor(), model._meta.db_table
    )

    assert columns in [each["columns"] for each in constraints.values() if each["index"]]


# Sites of other shapes


def test_users_whose_name_is_no_text_are_not_searched_by_it(monkeypatch):
    monkeypatch.setattr(get_user_model(), "USERNAME_FIELD", "id")

    found = site.get_model_admin(Identity).get_search_fields(None)

    assert found == ("subject", "issuer", "user__email")


def test_users_who_are_named_by_address_are_searched_by_it():
    program = """
import sys
sys.path.append(sys.argv[1])
import django
django.setup()
from django.contrib import admin
from django_genauth.models import Grant, Identity
print(*(admin.site.get_model_admin(each).get_search_fields(None) for each in (Identity, Grant)))
"""
    finished = subprocess.run(  # noqa: S603 # our own program
        [sys.executable, "-P", "-c", program, str(ROOT)],
        env={
            **os.environ,
            "USER_MODEL": "users.EmailUser",
            "DJANGO_SETTINGS_MODULE": "tests.settings",
        },
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    assert finished.stdout == (
        "('subject', 'issuer', 'user__email') ('identity__subject', 'identity__user__email')\n"
    )


def test_a_site_without_the_admin_loads_nothing_of_it():
    program = """
import sys
import django
from django.conf import settings
apps = ["django.contrib.auth", "django.contrib.contenttypes", "django_genauth"]
settings.configure(INSTALLED_APPS=apps)
django.setup()
import django_genauth.urls
print([name for name in sys.modules if name.startswith("django.contrib.admin")])
"""
    finished = subprocess.run(  # noqa: S603 # our own program
        [sys.executable, "-P", "-c", program],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert (finished.stdout, finished.stderr) == ("[]\n", "")
