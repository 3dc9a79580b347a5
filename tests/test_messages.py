"""The catalogues of the translations are complete, and compiled from what is there.

GNU gettext has to be installed. `tox -e messages` brings the catalogues up to date, and leaves what
is new to be translated.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.utils import translation

import django_genauth

PACKAGE = Path(django_genauth.__file__).parent
LANGUAGES = ["de", "es", "fr", "ja", "zh_Hans", "zh_Hant"]
# In English, and without a project.
ENVIRONMENT = {
    name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"
} | {"LC_ALL": "C", "LANGUAGE": ""}

language = pytest.mark.parametrize("language", LANGUAGES)


def run(*command, cwd, check=True):
    """Return what a program says on both its streams."""
    done = subprocess.run(  # noqa: S603 # our own commands
        command,
        cwd=cwd,
        env=ENVIRONMENT,
        check=check,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    return done.stdout.decode()


@pytest.fixture(scope="session")
def updated(tmp_path_factory):
    """Bring a copy of the catalogues up to date, as `tox -e messages` does."""
    copy = tmp_path_factory.mktemp("messages") / "django_genauth"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    extract = ["makemessages", "--all", "--no-obsolete", "--add-location=file"]
    run(sys.executable, "-m", "django", *extract, cwd=copy)
    return copy / "locale"


def entries(locale, language):
    """Return a compiled catalogue as text, without the time at which it was made."""
    text = run("msgunfmt", "--sort-output", "django.mo", cwd=locale / language / "LC_MESSAGES")
    return re.sub(r'"POT-Creation-Date.*\n', "", text)


def compiled(locale, language):
    """Do the same with the source of a catalogue, whatever is wrong with it."""
    run("msgfmt", "--output-file=django.mo", "django.po", cwd=locale / language / "LC_MESSAGES")
    return entries(locale, language)


def test_there_is_a_catalogue_for_each_language():
    assert sorted(path.name for path in (PACKAGE / "locale").iterdir()) == LANGUAGES


@language
def test_every_text_is_translated_and_keeps_its_placeholders(updated, language):
    command = ["msgfmt", "--check", "--statistics", "--output-file=/dev/null", "django.po"]

    said = run(*command, cwd=updated / language / "LC_MESSAGES", check=False)

    # It would name what is wrong, and count what is fuzzy and what is not translated.
    assert re.fullmatch(r"\d+ translated messages\.\n", said)


@language
def test_the_compiled_catalogue_is_that_of_the_source(updated, language):
    assert entries(PACKAGE / "locale", language) == compiled(updated, language)


@language
def test_no_markup_is_lost(language):
    catalogue = entries(PACKAGE / "locale", language)
    pairs = re.findall(r"^msgid (.+?)^msgstr (.+?)^$", catalogue + "\n", re.MULTILINE | re.DOTALL)

    lost = [(ours, theirs) for ours, theirs in pairs if tags(ours) != tags(theirs)]

    assert lost == []
    assert any(tags(ours) for ours, _ in pairs)


def tags(text):
    """Return the tags in a text, in order."""
    return re.findall(r"</?\w+>", text.replace('"\n"', ""))


@pytest.mark.parametrize(
    ("accepted", "language", "heading"),
    [
        pytest.param("en", "en", "You are signed out", id="English"),
        pytest.param("de-at", "de", "Sie sind abgemeldet", id="German"),
        pytest.param("fr", "fr", "Vous êtes déconnecté", id="French"),
        pytest.param("es-cl", "es", "Ha cerrado la sesión", id="Spanish"),
        pytest.param("ja", "ja", "ログアウトしました", id="Japanese"),
        pytest.param("zh-cn", "zh-hans", "您已退出登录", id="simplified Chinese"),
        pytest.param("zh-tw", "zh-hant", "您已登出", id="traditional Chinese"),
        pytest.param("tlh", "en", "You are signed out", id="a language that is not there"),
    ],
)
def test_a_page_speaks_the_language_of_the_browser(
    client, settings, db, accepted, language, heading
):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "django.middleware.locale.LocaleMiddleware"]

    with translation.override(None):
        response = client.get("/genauth/logout/", headers={"Accept-Language": accepted})

    page = response.content.decode()
    assert f'<html lang="{language}"' in page
    assert f"<h1>{heading}</h1>" in page
