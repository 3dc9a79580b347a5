"""genauth_migrate with databases that the other packages made: by their migrations and sign-ins.

Each site runs in a process of its own, as settings cannot be taken back; the last one is without
the package, as a site is after the move.
"""

import subprocess
import sys
from typing import Any

import pytest

from tests.support import ROOT

# The root comes last, so that an installed package is found before the one beside the tests.
PROGRAM = (
    "import runpy, sys; sys.path.append(sys.argv.pop(1));"
    "runpy.run_module('tests.support.former', run_name='__main__')"
)


class Site:
    """Have one database, and one package after the other to sign in by."""

    def __init__(self, directory):
        self.record = str(directory / "made.csv")
        self._database = str(directory / "site.sqlite3")

    def sign_in(self, package, sub, *command, lines=""):
        """Return the number of the user that a subject is; run a command beforehand, if any."""
        site = [sys.executable, "-P", "-c", PROGRAM, str(ROOT), package, self._database, sub]
        options: dict[str, Any] = {
            "text": True,
            "check": True,
            "timeout": 60,
            "stdout": subprocess.PIPE,
        }
        ran = subprocess.run([*site, *command], input=lines, **options)  # noqa: S603 # our own program
        return int(ran.stdout)


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path)


@pytest.mark.parametrize(
    ("package", "source", "provider"),
    [
        pytest.param("allauth", "allauth", "bench", id="django-allauth"),
        pytest.param("social_django", "social-auth", "oidc", id="social-auth-app-django"),
    ],
)
def test_a_person_whom_a_package_signed_in_is_the_same_user(site, package, source, provider):
    others = site.sign_in(package, "grace")
    theirs = site.sign_in(package, "ada")

    after = site.sign_in(
        "django_genauth",
        "ada",
        *("genauth_migrate", source, "--provider", provider, "--record", site.record),
    )

    assert others != theirs
    assert after == theirs


def test_a_person_whom_nobody_took_over_is_a_new_user(site):
    theirs = site.sign_in("allauth", "ada")

    after = site.sign_in(
        "django_genauth", "ada", "genauth_migrate", "allauth", "--provider", "bench", "--dry-run"
    )

    assert after != theirs


def test_a_person_of_mozilla_django_oidc_is_the_same_user_by_a_file(site):
    theirs = site.sign_in("mozilla_django_oidc", "ada")

    after = site.sign_in(
        "django_genauth",
        "ada",
        *("genauth_migrate", "csv", "--record", site.record),
        lines="sub,email,email_verified\nada,ada@example.org,true\n",
    )

    assert after == theirs
