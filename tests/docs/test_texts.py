"""What the documentation shows that somebody is told: in the log, and by the doctor.

Also what Apache is told there, which does not run here, and what is installed.
"""

import io
import re
import subprocess
import sys
import tomllib
from configparser import ConfigParser

import pytest
from django.core.management import call_command

from django_genauth.conf import App, get_client
from django_genauth.doctor.claims import examine_claims
from django_genauth.doctor.findings import Examination
from django_genauth.protocol.errors import GenAuthError
from tests.support.pages import ROOT, examples, taken
from tests.support.provider.standin import StandIn
from tests.support.signed_in import log_out

SIGN_INS_REFUSED = taken("text", words="Sign-in refused: code=id_token.alg")
(LOGOUT_REFUSED,) = taken("text", "howto/logout-everywhere", "Logout refused")
(TREE,) = taken("text", "reference/errors", "GenAuthError")
(REPORT,) = taken("text", "reference/commands", "wrong The token endpoint refuses the app")
(CLAIMS_REPORT,) = taken("text", "reference/commands", "Groups made of")
(SIGN_IN_REPORT,) = taken("text", "reference/commands", "wrong The ID token is signed with")
(APACHE,) = taken("apache", "security")
INSTALLING = [
    *taken("literal", "CONTRIBUTING"),
    *taken("literal", "README", "pip install"),
    *taken("console", "tutorial", "pip install"),
]
(MAKING_A_PROJECT,) = examples("console", "tutorial", "startproject")


def pattern(block):
    """Return an expression for a text in which `...` stands for the rest of a line.

    How far the text as a whole is indented makes no difference.
    """
    lines = re.escape(block.text.strip()).replace(re.escape("..."), ".*")
    lines = lines.replace("\\\n", "\\n *")
    return re.sub(r"reference=\w{8}", r"reference=\\w{8}", lines)


@pytest.mark.parametrize("block", SIGN_INS_REFUSED, ids=str)
def test_a_login_that_fails_is_logged_so(visitor, app, caplog, block):
    app["ID_TOKEN_SIGNED_RESPONSE_ALG"] = "HS256"

    visitor.sign_in()

    assert [re.fullmatch(pattern(block), said) for said in caplog.messages][-1]


def test_a_logout_that_is_refused_is_logged_so(provider, app, caplog, db):
    log_out(provider, sub="user-1", aud="another-client")

    assert re.fullmatch(pattern(LOGOUT_REFUSED), caplog.messages[-1])


def parents(error, of=None):
    """Return the name of each class below one, with its parent's."""
    own = {error.__name__: of}
    for each in error.__subclasses__():
        own |= parents(each, error.__name__)
    return own


def parents_in(text):
    """Return the same of a tree that is drawn."""
    shown: dict[str, str | None] = {}
    branch: list[str | None] = [None]
    for line in text.rstrip().splitlines():
        margin, name = re.match(r"([│├└─ ]*)(\w+)", line).groups()
        branch = [*branch[: len(margin) // 4 + 1], name]
        shown[name] = branch[-2]
    return shown


def test_the_tree_of_errors_is_that_of_the_package():
    assert parents_in(TREE.text) == parents(GenAuthError)


@pytest.mark.standin
def test_the_doctor_says_so(settings, tmp_path, db):
    cache = "django.core.cache.backends.filebased.FileBasedCache"
    options = {"MAX_ENTRIES": 100_000}
    settings.CACHES = {"default": {"BACKEND": cache, "LOCATION": tmp_path, "OPTIONS": options}}
    settings.ALLOWED_HOSTS = ["www.acme.example"]
    said = io.StringIO()
    back, out = (f"https://www.acme.example/genauth/{name}/" for name in ("callback", "logout"))
    with StandIn([back], post_logout_redirect_uris=[out]) as provider:
        settings.GENAUTH = {"default": provider.app() | {"APP_SECRET": "x" * 64}}
        with pytest.raises(SystemExit):
            call_command("genauth_check", stdout=said, no_color=True)
    told = said.getvalue().replace(provider.base_url, "https://acme.genauth.ai")

    assert re.match(pattern(REPORT), told), told


class Person:
    """Sit at the terminal: read the address there, sign in, and type where the browser ended."""

    def __init__(self, provider):
        self.screen = io.StringIO()
        self._provider = provider

    def readline(self, *limit):
        (url,) = re.findall(r"^http\S+", self.screen.getvalue(), re.MULTILINE)
        return f"{self._provider.authorize(url)}\n"


def test_the_doctor_says_so_of_a_sign_in(provider, app, monkeypatch, db):
    app["ID_TOKEN_SIGNED_RESPONSE_ALG"] = "HS256"
    person, told = Person(provider), io.StringIO()
    monkeypatch.setattr(sys, "stdin", person)

    with pytest.raises(SystemExit):
        call_command("genauth_check", "--login", stdout=told, stderr=person.screen, no_color=True)

    assert re.search(pattern(SIGN_IN_REPORT), told.getvalue()), told.getvalue()


def test_the_doctor_says_so_of_the_claims(settings):
    claims = {
        "email": "ada@example.org",
        "given_name": "Ada",
        "realm_access": {"roles": ["editors", "offline_access"]},
    }
    app = App(
        alias="default",
        client=get_client(),
        user_fields={"email": "email", "first_name": "given_name"},
        groups_claim=["realm_access", "roles"],
        staff_groups=("editors",),
    )
    examination = Examination()

    examine_claims(app, examination, claims)

    _, *lines = CLAIMS_REPORT.text.splitlines()
    assert [line.strip() for line in lines if line] == [f"good  {it}" for it in examination.good]


def test_apache_writes_the_path_and_no_query():
    written = set(re.findall(r"%>?\w", APACHE.text))

    assert "%U" in written
    assert written.isdisjoint({"%r", "%q"})
    assert "Referer" not in APACHE.text


def names_in(expression):
    """Return what is named in the lines that install something or run tox."""
    return {name for block in INSTALLING for name in re.findall(expression, block.text)}


def test_an_extra_that_is_installed_is_there():
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg", "utf-8")

    assert {"demo"} <= names_in(r"[\[,](\w+)(?=[,\]])") <= set(setup["options.extras_require"])


def test_a_dependency_group_that_is_installed_is_there():
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))

    assert {"tests"} <= names_in(r"--group (\w+)") <= set(pyproject["dependency-groups"])


def test_an_environment_of_tox_that_is_run_is_there():
    tox = ConfigParser(interpolation=None)
    tox.read(ROOT / "tox.ini", "utf-8")

    known = {section.removeprefix("testenv:") for section in tox.sections()}
    assert {"demo"} <= names_in(r"tox -e (\w+)") <= known


def test_a_project_is_made_in_a_virtual_environment(tmp_path):
    lines = [line.removeprefix("$ ") for line in MAKING_A_PROJECT.text.splitlines()]
    # Installing asks the network, for what the tests have already.
    offline = [line for line in lines if "pip install" not in line]
    script = "\n".join(offline).replace("-m venv", "-m venv --without-pip")

    subprocess.run(["bash", "-e", "-c", script], cwd=tmp_path, check=True)  # noqa: S603, S607 # ours

    assert [*tmp_path.rglob("manage.py")]
