"""What all tests share: the settings, and a clean slate between tests."""

import os

from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
settings.INSTALLED_APPS  # noqa: B018 # reading it loads the settings before Django is set up
