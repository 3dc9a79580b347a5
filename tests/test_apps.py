"""The app as Django sees it."""

import subprocess
import sys

from django.apps import apps

from tests.support import ROOT


def test_the_app_has_a_name_in_the_admin():
    config = apps.get_app_config("genauth")

    assert (config.name, config.verbose_name) == ("django_genauth", "GenAuth")


def test_the_app_chooses_its_own_keys_whatever_the_site_chooses():
    config = apps.get_app_config("genauth")

    assert config.default_auto_field == "django.db.models.BigAutoField"


def test_nothing_is_read_at_import():
    done = subprocess.run(  # a script of our own
        [sys.executable, "-c", "import django_genauth.conf, django_genauth.client"],
        capture_output=True,
        text=True,
        env={},
    )

    assert (done.returncode, done.stderr) == (0, "")


# What a worker loads before it answers its first request.
WORKER = """
import django
from django.contrib import admin
from django.urls import get_resolver

django.setup()
admin.autodiscover()
get_resolver("django_genauth.urls").url_patterns
import django_genauth.middleware, django_genauth.decorators, django_genauth.backends
import sys
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def test_a_worker_that_signs_nobody_in_loads_no_library_for_it():
    done = subprocess.run(  # noqa: S603 # our own script
        [sys.executable, "-c", WORKER],
        capture_output=True,
        check=True,
        text=True,
        env={"DJANGO_SETTINGS_MODULE": "tests.settings", "PYTHONPATH": str(ROOT)},
    )

    loaded = set(done.stdout.split())
    assert loaded.isdisjoint({"requests", "urllib3", "jwcrypto", "cryptography"})
    assert "django_genauth" in loaded
