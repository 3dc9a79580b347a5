"""What the documentation shows works: its examples.

The sites that a reader makes after it stand in `test_documentation_projects`; whether its lists are
complete in `test_documentation_reference`; what is broken in the form of its pages is found by
Sphinx (`tox -e docs`).
"""

import datetime
import importlib
import secrets
import sys

import pytest
from django.contrib.auth import get_user_model
from django.template import engines
from docutils.core import publish_string

from django_genauth import conf
from tests.pages import PAGES, ROOT, examples, values_of
from tests.provider.scripted import CLIENT_SECRET
from tests.site.visitor import Visitor


@pytest.mark.parametrize("block", examples("python"), ids=lambda block: block.page)
def test_a_python_example_compiles(block):
    compile(block.text, block.page, "exec")


@pytest.mark.parametrize("block", examples("html+django"), ids=lambda block: block.page)
def test_a_template_example_parses(block):
    engines["django"].from_string(block.text)


@pytest.mark.parametrize("block", examples("python", words="GENAUTH = {"), ids=lambda x: x.page)
def test_settings_in_an_example_can_work(block, settings, monkeypatch):
    monkeypatch.setenv("GENAUTH_TOKEN_KEY", secrets.token_urlsafe(32))
    monkeypatch.setenv("GENAUTH_WEBHOOK_TOKEN", secrets.token_urlsafe(32))
    genauth = values_of(block, INSTALLED_APPS=[], TEMPLATES=[{}], BASE_DIR=ROOT)["GENAUTH"]
    real = {"APP_SECRET": CLIENT_SECRET, "CA_BUNDLE": __file__}
    settings.GENAUTH = {
        alias: {key: real.get(key, value) for key, value in app.items()}
        for alias, app in genauth.items()
    }

    assert [conf.problems(alias) for alias in genauth] == [[] for _ in genauth]


@pytest.fixture
def members(tmp_path, monkeypatch, settings):
    """Have the modules of the page on users, and their backend in the settings."""
    (tmp_path / "members").mkdir()
    for block in [block for block in examples("python", "howto/users") if block.caption]:
        (tmp_path / block.caption).write_text(block.text, "utf-8")
    (block,) = examples("python", "howto/users", "AUTHENTICATION_BACKENDS")
    settings.AUTHENTICATION_BACKENDS = values_of(block)["AUTHENTICATION_BACKENDS"]
    monkeypatch.syspath_prepend(tmp_path)
    yield lambda module: importlib.import_module(f"members.{module}")
    for name in [name for name in sys.modules if name.partition(".")[0] == "members"]:
        del sys.modules[name]


MEMBER = {"email": "ada@example.org", "email_verified": True, "employee_number": "E17"}


def test_the_backend_of_the_page_on_users_makes_users(visitor, members):
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
def test_the_backend_of_the_page_on_users_refuses(visitor, members, refusals, change, code):
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
def test_the_callable_of_the_page_on_users_makes_a_day(members, birthdate, day):
    assert members("claims").birthday({"birthdate": birthdate}) == day


def test_the_settings_of_the_page_on_groups_mirror_groups(visitor, app):
    (block,) = examples("python", "howto/groups")
    app.update(values_of(block)["GENAUTH"]["default"] | app)

    visitor.sign_in(claims={"roles": [{"code": "editors"}, "readers"]})
    Visitor(visitor.provider).sign_in(claims={"roles": ["readers"]})

    user = get_user_model().objects.get()
    assert (user.is_staff, user.groups.get().name) == (False, "readers")


@pytest.mark.parametrize("name", ["README.rst", "CHANGELOG.rst"])
def test_a_page_of_the_distribution_is_read_without_sphinx(name):
    strict = {"report_level": 1, "halt_level": 2, "file_insertion_enabled": False}

    publish_string(PAGES[name], writer="html5", settings_overrides=strict)
