"""What the documentation shows works: its examples, and the sites that a reader makes after it.

Whether its lists are complete stands in `test_documentation_reference`; what is broken in the form
of its pages is found by Sphinx (`tox -e docs`).
"""

import datetime
import importlib
import os
import re
import secrets
import shlex
import subprocess
import sys
import textwrap
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
import requests
from django.contrib.auth import get_user_model
from django.template import engines
from docutils.core import publish_string

from django_genauth import conf
from tests.provider.processes import ProviderProcess
from tests.provider.scripted import CLIENT_ID, CLIENT_SECRET, ScriptedProvider
from tests.provider.standin import StandIn
from tests.site.visitor import Visitor

ROOT = Path(__file__).parents[1]
PATHS = [*ROOT.glob("*.rst"), *sorted(ROOT.glob("docs/**/*.rst"))]
PAGES = {path.relative_to(ROOT).as_posix(): path.read_text("utf-8") for path in PATHS}
BLOCK = re.compile(
    r"^\.\. code-block:: (?P<language>\S+)\n(?: +:caption: (?P<caption>.*)\n)?\n"
    r"(?P<text>(?: +.*\n|\n)+)",
    re.MULTILINE,
)
BLOCKS = [
    SimpleNamespace(**found.groupdict() | {"text": textwrap.dedent(found["text"]), "page": page})
    for page, text in PAGES.items()
    for found in BLOCK.finditer(text)
]


def examples(language, page="", words=""):
    """Return the examples in a language, all or those of a page and with certain words."""
    return [
        block
        for block in BLOCKS
        if block.language == language and page in block.page and words in block.text
    ]


def values_of(block, **names):
    """Run an example, and return its names and what they stand for."""
    exec(block.text, names)  # noqa: S102 # our own documentation
    return names


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


class Project:
    """Run a site that `startproject` made, in processes of its own."""

    def __init__(self, directory):
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        del environment["DJANGO_SETTINGS_MODULE"]
        self._options = {"cwd": directory, "env": environment, "text": True}
        self._directory = directory
        self._run("-m", "django", "startproject", "mysite", ".")

    def append(self, path, text):
        (self._directory / path).parent.mkdir(exist_ok=True)
        with (self._directory / path).open("a", encoding="utf-8") as file:
            file.write(f"\n{text}")

    def manage(self, *arguments):
        return self._run("manage.py", *arguments)

    @contextmanager
    def running(self):
        command = [sys.executable, "manage.py", "runserver", "--noreload", "127.0.0.1:0"]
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        with subprocess.Popen(command, **streams, **self._options) as server:  # noqa: S603 # our own
            try:
                lines = (re.search(r"http://[\d.]+:\d+", line) for line in server.stdout)
                yield next(found[0] for found in lines if found)
            finally:
                server.terminate()

    def _run(self, *arguments):
        command = [sys.executable, *arguments]
        options = {"stdout": subprocess.PIPE, "check": True, "timeout": 60, **self._options}
        return subprocess.run(command, **options).stdout  # noqa: S603 # our own program


@pytest.fixture
def browser():
    with requests.Session() as session:
        session.trust_env = False
        yield session


def csrf_token(page):
    return {"csrfmiddlewaretoken": re.search(r'csrfmiddlewaretoken" value="(\w+)"', page.text)[1]}


def test_a_new_project_with_the_lines_of_the_readme_signs_a_person_in_and_out(tmp_path, browser):
    project = Project(tmp_path)
    settings, addresses = examples("python", "README")[:2]
    callback, logout = re.findall(r"``https://YOUR-SITE(/.*)``", PAGES["README.rst"])
    with ScriptedProvider(alg="HS256") as provider:
        app = {"APP_ID": CLIENT_ID, "APP_SECRET": CLIENT_SECRET, "APP_HOST": provider.base_url}
        app["ALLOW_INSECURE_HTTP"] = True
        project.append("mysite/settings.py", f'{settings.text}\nGENAUTH["default"] |= {app}\n')
        project.append("mysite/urls.py", addresses.text)
        project.manage("check", "--fail-level", "WARNING")
        project.manage("migrate")
        with project.running() as site:
            provider.post_logout_redirect_uris = [site + logout]
            start = browser.get(f"{site}/genauth/login/?next={logout}", allow_redirects=False)
            back = provider.authorize(start.headers["Location"])
            inside = browser.get(back)
            outside = browser.post(site + logout, data=csrf_token(inside))

    assert back.startswith(f"{site}{callback}?")
    assert "Sign out?" in inside.text
    assert outside.url.partition("?")[0] == site + logout
    assert "You are signed out" in outside.text


class TutorialsProvider(StandIn):
    """Run the command of the tutorial, on a free port."""

    def __init__(self):
        (block,) = examples("console", "tutorial", "-m provider")
        words = shlex.split(block.text.replace("\\\n", "").replace("9000", "0"))
        ProviderProcess.__init__(self, [sys.executable, *words[2:]], directory=ROOT / "testproject")


def test_the_site_of_the_tutorial_signs_a_person_in_and_out(tmp_path, browser):
    project = Project(tmp_path)
    (run,), (look,) = (examples("console", "tutorial", word) for word in ("check\n", "shell"))
    with TutorialsProvider() as provider:
        for block in [block for block in BLOCKS if block.page == "docs/tutorial.rst"]:
            text = block.text.replace("http://127.0.0.1:9000", provider.base_url)
            project.append(block.caption or "left_out.txt", text)
        project.manage("migrate")
        checked = project.manage("check")
        with project.running() as site:
            asked = browser.get(f"{site}/members/", allow_redirects=False)
            start = browser.get(site + asked.headers["Location"], allow_redirects=False)
            arrival = provider.sign_in(start.headers["Location"], browser, login="ada")
            inside = browser.get(arrival.url)
            home = browser.get(f"{site}/")
            outside = browser.post(f"{site}/genauth/logout/", data=csrf_token(home))
        seen = project.manage(*shlex.split(look.text)[3:])

    assert checked in run.text
    assert (inside.url, "Welcome, Ada" in inside.text) == (f"{site}/members/", True)
    assert "You are signed out" in outside.text
    assert f"{provider.issuer} 5ff701d846b9203e2f6ac6a1" in seen


@pytest.mark.parametrize("name", ["README.rst", "CHANGELOG.rst"])
def test_a_page_of_the_distribution_is_read_without_sphinx(name):
    strict = {"report_level": 1, "halt_level": 2, "file_insertion_enabled": False}

    publish_string(PAGES[name], writer="html5", settings_overrides=strict)
