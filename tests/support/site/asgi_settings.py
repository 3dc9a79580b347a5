"""Settings of the tests' site under ASGI: requests run in many threads, so in a file's database.

Only the process that `asgi_server` makes reads this.
"""

import os

from tests.settings import *  # noqa: F403 # the tests', all but what follows

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ["SITE_DATABASE"],
        # Writers wait for each other, instead of failing where two have read before they write.
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 30},
    }
}
GENAUTH = {
    "default": {
        "APP_ID": os.environ["GENAUTH_APP_ID"],
        "APP_SECRET": os.environ["GENAUTH_APP_SECRET"],
        "APP_HOST": os.environ["GENAUTH_APP_HOST"],
        "ALLOW_INSECURE_HTTP": True,  # type: ignore[dict-item] # the settings that are imported hold texts alone
        "ID_TOKEN_SIGNED_RESPONSE_ALG": "RS256",
        # Long enough for a test that keeps the provider silent.
        "TIMEOUT": 60,  # type: ignore[dict-item] # likewise
    }
}
