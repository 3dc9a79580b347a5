"""The sites that a reader makes after the README and the tutorial sign a person in and out."""

import re
import shlex
import sys

import pytest
import requests

from tests.support.new_project import Project, csrf_token
from tests.support.pages import BLOCKS, PAGES, ROOT, examples, taken
from tests.support.provider.processes import ProviderProcess
from tests.support.provider.scripted import CLIENT_ID, CLIENT_SECRET, ScriptedProvider
from tests.support.provider.standin import StandIn


@pytest.fixture
def browser():
    with requests.Session() as session:
        session.trust_env = False
        yield session


def test_a_new_project_with_the_lines_of_the_readme_signs_a_person_in_and_out(tmp_path, browser):
    project = Project(tmp_path)
    settings, addresses = examples("python", "README")[:2]
    callback, logout = re.findall(r"``https://YOUR-SITE(/.*)``", PAGES["README.rst"])
    with ScriptedProvider(alg="HS256") as provider:
        app: dict[str, object] = {
            "APP_ID": CLIENT_ID,
            "APP_SECRET": CLIENT_SECRET,
            "APP_HOST": provider.base_url,
        }
        app["ALLOW_INSECURE_HTTP"] = True
        project.append("mysite/settings.py", f'{settings.text}\nGENAUTH["default"] |= {app}\n')
        project.append("mysite/urls.py", addresses.text)
        project.manage("check", "--fail-level", "WARNING")
        project.manage("migrate")
        with project.running() as site:
            provider.post_logout_redirect_uris = [site + logout]
            start = browser.get(f"{site}/genauth/login/", allow_redirects=False)
            back = provider.authorize(start.headers["Location"])
            browser.get(back)
            inside = browser.get(site + logout)
            outside = browser.post(site + logout, data=csrf_token(inside))

    assert back.startswith(f"{site}{callback}?")
    assert "Sign out?" in inside.text
    assert outside.url.partition("?")[0] == site + logout
    assert "You are signed out" in outside.text


(KEEPING_BACKENDS,) = taken("literal", "README", "*AUTHENTICATION_BACKENDS")


def test_the_backends_that_a_site_has_stay_behind_ours():
    site: dict[str, object] = {"AUTHENTICATION_BACKENDS": ("the.site.Backend",)}

    exec(KEEPING_BACKENDS.text.strip(), site)  # noqa: S102 # as the site's settings do

    assert site["AUTHENTICATION_BACKENDS"] == [
        "django_genauth.backends.GenAuthBackend",
        "the.site.Backend",
    ]


TUTORIAL = [block for block in BLOCKS if block.page == "docs/tutorial.rst"]
# What a person types until they are signed in; and what comes after that.
FIRST_STEPS = [block for block in TUTORIAL if block.section < "5. A page of your own"]
FURTHER_STEPS = [block for block in TUTORIAL if block not in FIRST_STEPS]


def test_a_working_sign_in_takes_at_most_ten_commands_and_25_typed_lines():
    # What a console says is not typed, but the blocks of these steps show none of it.
    typed = [block for block in FIRST_STEPS if block.language == "console" or block.caption]
    lines = [line for block in typed for line in block.text.splitlines() if line.strip()]
    commands = [line for line in lines if line.startswith("$ ")]

    assert len(commands) <= 10
    assert len(lines) <= 25


class TutorialsProvider(StandIn):
    """Run the command of the tutorial, on a free port."""

    def __init__(self):
        (block,) = examples("console", "tutorial", "-m provider")
        words = shlex.split(block.text.replace("\\\n", "").replace("9000", "0"))
        module = words[words.index("-m") :]
        ProviderProcess.__init__(self, [sys.executable, *module], directory=ROOT / "testproject")


@pytest.fixture
def provider():
    with TutorialsProvider() as running:
        yield running


@pytest.fixture
def project(tmp_path, provider):
    """Have a project as after the tutorial's first steps; `provider` takes the place of 9000."""
    project = Project(tmp_path)
    follow(project, FIRST_STEPS, provider)
    project.manage("migrate")
    return project


def follow(project, steps, provider):
    for block in steps:
        text = block.text.replace("http://127.0.0.1:9000", provider.base_url)
        project.append(block.caption or "left_out.txt", text)


def sign_in(browser, provider, login_url):
    """Sign in from the site's login page on; return the page at the end."""
    start = browser.get(login_url, allow_redirects=False)
    arrival = provider.sign_in(start.headers["Location"], browser, login="ada")
    return browser.get(arrival.url)


def test_the_first_steps_of_the_tutorial_sign_a_person_in_and_out(project, provider, browser):
    with project.running() as site:
        asked = browser.get(f"{site}/genauth/sessions/", allow_redirects=False)
        inside = sign_in(browser, provider, site + asked.headers["Location"])
        question = browser.get(f"{site}/genauth/logout/")
        outside = browser.post(f"{site}/genauth/logout/", data=csrf_token(question))
        again = sign_in(browser, provider, f"{site}/genauth/login/")

    assert (inside.url, "This browser" in inside.text) == (f"{site}/genauth/sessions/", True)
    assert "You are signed out" in outside.text
    assert again.url == inside.url


def test_the_further_steps_of_the_tutorial_give_the_site_its_pages(project, provider, browser):
    follow(project, FURTHER_STEPS, provider)
    (look,) = examples("console", "tutorial", "shell")

    project.manage("check", "--fail-level", "WARNING")
    with project.running() as site:
        stranger = browser.get(f"{site}/")
        asked = browser.get(f"{site}/members/", allow_redirects=False)
        inside = sign_in(browser, provider, site + asked.headers["Location"])
        home = browser.get(f"{site}/")
        outside = browser.post(f"{site}/genauth/logout/", data=csrf_token(home))
    seen = project.manage(*shlex.split(look.text)[3:])

    assert 'href="/genauth/login/?next=%2F"' in stranger.text
    assert (inside.url, "Welcome, Ada" in inside.text) == (f"{site}/members/", True)
    assert "You are signed out" in outside.text
    assert f"'issuer': '{provider.issuer}', 'subject': '5ff701d846b9203e2f6ac6a1'" in seen
