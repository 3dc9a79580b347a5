"""What the page *Install* has a reader type is right, and the extras that it names are there."""

import re
from configparser import ConfigParser

from django.conf import settings as site
from django.core.management import call_command

from tests.support.pages import PAGES, ROOT, taken, values_of

(SETTINGS,) = taken("python", "install", "GENAUTH")
(MIDDLEWARE,) = taken("python", "install", "MIDDLEWARE")
(ADDRESSES,) = taken("python", "install", "urlpatterns")
INSTALLING = taken("console", "install", "pip install")
COMMANDS = taken("console", "install", "manage.py")


def test_the_settings_pass_the_checks(settings):
    lines = values_of(SETTINGS, INSTALLED_APPS=["django.contrib.auth"])
    lines["GENAUTH"]["default"]["APP_SECRET"] = "x" * 32
    settings.LOGIN_URL, settings.GENAUTH = lines["LOGIN_URL"], lines["GENAUTH"]
    settings.AUTHENTICATION_BACKENDS = lines["AUTHENTICATION_BACKENDS"]
    settings.MIDDLEWARE = values_of(MIDDLEWARE, MIDDLEWARE=site.MIDDLEWARE)["MIDDLEWARE"]

    call_command("check", "--tag", "genauth", "--fail-level", "ERROR")

    assert lines["INSTALLED_APPS"] == ["django.contrib.auth", "django_genauth"]


def test_the_addresses_stand_before_those_of_the_site():
    first, *rest = values_of(ADDRESSES, urlpatterns=["the site's own"])["urlpatterns"]

    assert str(first.pattern) == "genauth/"
    assert rest == ["the site's own"]


def test_each_extra_of_the_package_is_named():
    configuration = ConfigParser()
    configuration.read(ROOT / "setup.cfg", "utf-8")
    rows = re.findall(r"^``(\w+)``  ", PAGES["docs/install.rst"], re.MULTILINE)

    assert set(rows) == set(configuration["options.extras_require"])


def test_the_commands_are_those_that_readme_has_too():
    (block,) = COMMANDS
    named = re.findall(r"manage\.py (\w+)", block.text)

    assert [each for each in named if f"manage.py {each}" not in PAGES["README.rst"]] == []
    assert [each.text.strip() for each in INSTALLING] == [
        "$ python3 -m pip install path/to/checkout"
    ]
