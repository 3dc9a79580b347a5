"""Who gets in, and what their user looks like, after the examples of the documentation."""

import datetime
import importlib
import sys
from dataclasses import replace

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.test.utils import isolate_apps

from django_genauth import conf
from django_genauth.backends import claims as mapping
from django_genauth.conf import get_app
from django_genauth.models import LoginSession
from tests.support.pages import taken, values_of
from tests.support.site.visitor import Visitor

FILES = [
    *taken("python", "howto/users", "def birthday"),
    *taken("python", "howto/users", "class MemberBackend"),
]
(BACKENDS,) = taken("python", "howto/users", "AUTHENTICATION_BACKENDS")
(USER_FIELDS,) = taken("python", "howto/users", "USER_FIELDS")
(ADMIT,) = taken("python", "howto/users", "def admit")
(GROUPS,) = taken("python", "howto/groups", "STAFF_GROUPS")
(CLAIM_PATHS,) = taken("python", "howto/groups", "realm_access")
(GROUP_NAMES,) = taken("python", "howto/groups", "GROUP_NAMES")
(LOCATION,) = taken("python", "howto/own-sessions")


@pytest.fixture
def members(tmp_path, monkeypatch, settings):
    """Lend a way to import the modules of a page, which name themselves."""
    (tmp_path / "members").mkdir()
    monkeypatch.syspath_prepend(tmp_path)

    def module(block):
        (tmp_path / block.caption).write_text(block.text, "utf-8")
        importlib.invalidate_caches()
        return importlib.import_module(block.caption.removesuffix(".py").replace("/", "."))

    yield module
    for name in [name for name in sys.modules if name.partition(".")[0] == "members"]:
        del sys.modules[name]


@pytest.fixture
def page_on_users(members, settings):
    """Have the modules of the page on users, and their backend in the settings."""
    claims, _ = (members(block) for block in FILES)
    settings.AUTHENTICATION_BACKENDS = values_of(BACKENDS)["AUTHENTICATION_BACKENDS"]
    return claims


MEMBER = {"email": "ada@example.org", "email_verified": True, "employee_number": "E17"}


def test_the_backend_of_the_page_on_users_makes_users(visitor, page_on_users):
    visitor.sign_in(claims=MEMBER | {"department": "editorial"})

    user = get_user_model().objects.get()
    assert (user.username, user.is_staff, user.groups.get().name) == ("E17", True, "newcomers")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        pytest.param({"email": "ada@example.com"}, "account.claims", id="another company"),
        pytest.param({"email": ["ada@example.org"]}, "account.claims", id="an odd address"),
        pytest.param({"email_verified": "true"}, "account.claims", id="not verified"),
        pytest.param({"employee_number": None}, "account.no_number", id="no number"),
    ],
)
def test_the_backend_of_the_page_on_users_refuses(visitor, page_on_users, refusals, change, code):
    visitor.sign_in(claims=MEMBER | change)

    assert refusals.codes == [code]


@pytest.mark.parametrize(
    ("birthdate", "day"),
    [
        pytest.param("1815-12-10", datetime.date(1815, 12, 10), id="a day"),
        pytest.param("0000-12-10", None, id="without the year"),
        pytest.param({"year": 1815}, None, id="no text"),
        pytest.param(None, None, id="null"),
    ],
)
def test_the_callable_of_the_page_on_users_makes_a_day(page_on_users, birthdate, day):
    assert page_on_users.birthday({"birthdate": birthdate}) == day


@isolate_apps("tests.support.site")
def test_claims_and_a_callable_fill_the_fields_of_the_page_on_users(app, page_on_users):
    class Member(models.Model):  # noqa: DJ008 # nobody reads it
        first_name = AbstractUser._meta.get_field("first_name").clone()
        nickname = models.CharField(max_length=20)
        birthday = models.DateField()

        class Meta:
            app_label = "site"

    app["USER_FIELDS"] = values_of(USER_FIELDS)["USER_FIELDS"]
    claims = {"given_name": "Ada", "nickname": "Enchantress", "birthdate": "1815-12-10"}

    assert mapping.user_values(Member, get_app(), claims) == {
        "first_name": "Ada",
        "nickname": "Enchantress",
        "birthday": datetime.date(1815, 12, 10),
    }


def test_who_was_admitted_signs_in_as_that_user(visitor, app, refusals):
    app["CREATE_USERS"] = False
    ada = get_user_model().objects.create_user("ada")
    issuer = visitor.provider.issuer
    text = ADMIT.text.replace("https://acme.genauth.ai/oidc", issuer)
    visitor.sign_in(sub="adas-subject")

    values_of(replace(ADMIT, text=text))["admit"]("ada", "adas-subject")
    visitor.sign_in(sub="adas-subject")

    assert refusals.codes == ["account.unknown"]
    assert visitor.client.session["_auth_user_id"] == str(ada.pk)


def test_the_settings_of_the_page_on_groups_mirror_groups(visitor, app):
    app.update(values_of(GROUPS)["GENAUTH"]["default"] | app)

    visitor.sign_in(claims={"roles": [{"code": "editors"}, "readers"]})
    Visitor(visitor.provider).sign_in(claims={"roles": ["readers"]})

    user = get_user_model().objects.get()
    assert (user.is_staff, user.groups.get().name) == (False, "readers")


class Places:
    """Be a database of places; the real ones may not be handed on."""

    def city(self, address):
        return {"city": {"127.0.0.1": "London"}.get(address)}


@pytest.mark.parametrize(
    ("address", "town"),
    [
        pytest.param("127.0.0.1", "London", id="a town"),
        pytest.param("127.0.0.2", "", id="nobody knows"),
    ],
)
def test_a_login_has_the_town_of_the_page_on_sessions(
    visitor, members, settings, monkeypatch, address, town
):
    monkeypatch.setattr("django.contrib.gis.geoip2.GeoIP2", Places)
    members(LOCATION)
    settings.AUTHENTICATION_BACKENDS = ["members.backends.MemberBackend"]

    Visitor(visitor.provider, REMOTE_ADDR=address).sign_in()

    assert LoginSession.objects.get().location == town


@pytest.mark.parametrize("block", [CLAIM_PATHS, GROUP_NAMES], ids=["paths", "names"])
def test_what_the_page_on_groups_sets_can_work(settings, app, block):
    values = {"GROUPS_CLAIM": "groups"}
    values_of(block, GENAUTH={"default": values})
    settings.GENAUTH = {"default": app | values}

    assert conf.problems("default") == []


def test_the_names_of_the_page_on_groups_are_those_of_the_site(visitor, app):
    values_of(GROUP_NAMES, GENAUTH={"default": app})
    app |= {"GROUPS_CLAIM": "groups"}

    visitor.sign_in(claims={"groups": ["/staff/editorial", "offline_access"]})

    assert get_user_model().objects.get().groups.get().name == "editors"
