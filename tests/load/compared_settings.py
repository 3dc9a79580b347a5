"""Settings of sites that are alike but for the package by which people sign in: SITE_PACKAGE."""

import os

from benchmarks.packages import package, settings_of
from tests.load import settings

globals().update(
    settings_of(
        package(
            os.environ["SITE_PACKAGE"],
            host=os.environ["GENAUTH_APP_HOST"],
            client_secret=os.environ["GENAUTH_APP_SECRET"],
        )
    )
)
DATABASES = settings.DATABASES
ALLOWED_HOSTS = ["127.0.0.1"]
