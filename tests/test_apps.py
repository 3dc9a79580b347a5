"""The app as Django sees it."""

import subprocess
import sys

from django.apps import apps
from django.core.checks.registry import registry

from django_genauth.checks import settings


def test_the_app_has_a_name_in_the_admin():
    config = apps.get_app_config("genauth")

    assert (config.name, config.verbose_name) == ("django_genauth", "GenAuth")


def test_the_app_chooses_its_own_keys_whatever_the_site_chooses():
    config = apps.get_app_config("genauth")

    assert config.default_auto_field == "django.db.models.BigAutoField"


def test_the_checks_run_with_the_others():
    assert settings.check_settings in registry.registered_checks


def test_nothing_is_read_at_import():
    done = subprocess.run(  # a script of our own
        [sys.executable, "-c", "import django_genauth.conf, django_genauth.client"],
        capture_output=True,
        text=True,
        env={},
    )

    assert (done.returncode, done.stderr) == (0, "")
