"""Settings of the site under load: as a site has them that set nothing but the app's three keys."""

import os

from tests.settings import *  # noqa: F403 # the tests', all but what follows

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ["SITE_DATABASE"],
        # Readers do not wait for writers, and writers wait for each other.
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 30,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
    }
}
GENAUTH = {
    "default": {
        "APP_ID": os.environ["GENAUTH_APP_ID"],
        "APP_SECRET": os.environ["GENAUTH_APP_SECRET"],
        "APP_HOST": os.environ["GENAUTH_APP_HOST"],
        "ALLOW_INSECURE_HTTP": True,  # type: ignore[dict-item] # the settings that are imported hold texts alone
        # So that keys have to be fetched, too.
        "ID_TOKEN_SIGNED_RESPONSE_ALG": "RS256",
    }
}
