"""Somebody who has an account: a login that fails changes nothing of it, nor of their session."""

import pytest
from django.contrib.auth import get_user_model

from django_genauth.models import Grant, Identity
from tests.misbehaviour.forgeries import with_members
from tests.support.provider import faults
from tests.support.site.visitor import Visitor

pytestmark = pytest.mark.django_db

HONEST = {"email": "ada@example.org", "given_name": "Ada", "email_verified": True}
CHANGED = {"email": "eve@example.org", "given_name": "Eve", "email_verified": True}


def rows():
    """Return everything that is known of people."""
    return [list(each.objects.order_by("pk").values()) for each in (get_user_model(), Identity)] + [
        list(Grant.objects.values("identity_id", "state", "access_fingerprint"))
    ]


@pytest.fixture
def app(app):
    app |= {"USERINFO": True, "LINK_VERIFIED_EMAIL": True}
    return app


@pytest.fixture(
    params=[
        pytest.param(lambda provider: provider.lie("token", status=500), id="token"),
        pytest.param(lambda provider: provider.lie("token", fault=faults.reset), id="reset"),
        pytest.param(
            lambda provider: provider.forge("id_token", sign_with="nobody"), id="signature"
        ),
        pytest.param(
            lambda provider: provider.forge("id_token", claims_edit=with_members(nonce="x")),
            id="nonce",
        ),
        pytest.param(
            lambda provider: provider.forge("id_token", claims_edit=with_members(sub=None)),
            id="subject",
        ),
        pytest.param(
            lambda provider: provider.lie("userinfo", edit=lambda claims: claims | {"sub": "x"}),
            id="userinfo",
        ),
        pytest.param(lambda provider: provider.lie("userinfo", status=503), id="no userinfo"),
    ]
)
def broken(request, provider):
    """Break the provider when it is called."""
    return lambda: request.param(provider)


def test_a_login_that_fails_changes_nothing_of_the_account(visitor, provider, broken):
    visitor.sign_in(claims=HONEST)
    before = rows()
    broken()
    again = Visitor(provider)

    again.sign_in(claims=CHANGED)

    assert rows() == before
    assert not again.is_signed_in


def test_a_login_that_fails_leaves_the_session_as_it_was(visitor, broken):
    visitor.sign_in(claims=HONEST)
    before = (visitor.client.session.session_key, dict(visitor.client.session))
    broken()

    visitor.sign_in(claims=CHANGED)

    assert (visitor.client.session.session_key, dict(visitor.client.session)) == before


@pytest.mark.parametrize(
    "said",
    [
        pytest.param({"email_verified": "true"}, id="true as text"),
        pytest.param({"email_verified": 1}, id="one for true"),
        pytest.param({"email_verified": False}, id="false"),
        pytest.param({"email_verified": None}, id="null"),
        pytest.param({"email_verified": ["true"]}, id="true in a list"),
        pytest.param({"email": ["ada@example.org"]}, id="an address in a list"),
        pytest.param({"email": "ada@example.org\x00"}, id="NUL behind the address"),
        pytest.param({"email": "ada@exampl\u00e9.org"}, id="an address that looks alike"),
        pytest.param({"email": "\uff41da@example.org"}, id="a letter of full width"),
        pytest.param({"email": "ada@example.org, eve@example.org"}, id="two addresses"),
        pytest.param({"email": ""}, id="no address"),
    ],
)
def test_an_address_that_is_not_verified_opens_nobodys_account(visitor, provider, app, said):
    visitor.sign_in(claims=HONEST)
    app["USERINFO"] = False
    stranger = Visitor(provider)

    stranger.sign_in(sub="stranger", claims=HONEST | said)

    owner = visitor.client.session["_auth_user_id"]
    assert stranger.client.session.get("_auth_user_id") != owner


@pytest.mark.parametrize(
    "claims",
    [
        pytest.param({"preferred_username": "admin", "username": "admin"}, id="a name"),
        pytest.param({"is_superuser": True, "is_staff": True, "id": 1, "pk": 1}, id="flags"),
        pytest.param({"groups": ["admins"], "roles": ["superuser"]}, id="groups"),
        pytest.param({"password": "a", "last_login": "2000-01-01"}, id="columns"),
    ],
)
def test_claims_make_nobody_an_administrator(visitor, provider, django_user_model, claims):
    admin = django_user_model.objects.create_superuser(username="admin", password="a")

    visitor.sign_in(claims=claims)

    user = django_user_model.objects.exclude(pk=admin.pk).get()
    assert (user.is_staff, user.is_superuser, user.has_usable_password()) == (False, False, False)


@pytest.mark.parametrize(
    "claims",
    [
        pytest.param(
            {"email": "a" * 10_000, "given_name": "b" * 10_000, "family_name": "c" * 10_000},
            id="longer than their columns",
        ),
        pytest.param({"given_name": "a\x00b", "family_name": "\ud800"}, id="what nobody stores"),
        pytest.param({"given_name": ["a"], "family_name": {"a": 1}, "email": 7}, id="no texts"),
        pytest.param({"given_name": "<script>", "family_name": "{{ settings }}"}, id="markup"),
        pytest.param({"a" * 5_000: "b", "": "c", "\x00": "d", "iss ": "e"}, id="odd names"),
        pytest.param({"numbers": [10**300, -1, 1e-300, 0.1]}, id="large numbers"),
        pytest.param({"deep": [[[[[[[[[["a"]]]]]]]]]]}, id="nested"),
    ],
)
def test_odd_claims_break_no_login(visitor, claims):
    visitor.sign_in(claims=claims)

    assert visitor.is_signed_in
    assert visitor.client.get("/members/").status_code == 200
