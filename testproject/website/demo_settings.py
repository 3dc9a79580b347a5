"""Settings of the demo: the example site, with more of what django_genauth has.

The demo writes into DEMO what the home page shows: people, passwords and addresses.
"""

import json
import os

from website.settings import *  # noqa: F403 # the example site's, all but what follows
from website.settings import GENAUTH, INSTALLED_APPS, MIDDLEWARE

INSTALLED_APPS = [*INSTALLED_APPS, "django.contrib.staticfiles", "django.contrib.admin"]
# It notes when a session was last seen, and ends one that the provider ended.
MIDDLEWARE = [*MIDDLEWARE, "django_genauth.middleware.GenAuthSessionMiddleware"]
ROOT_URLCONF = "website.demo_urls"
STATIC_URL = "/static/"
DEMO = json.loads(os.environ["WEBSITE_DEMO"])

_app = {
    **GENAUTH["default"],
    # With offline_access the provider gives a refresh token.
    "SCOPE": "openid profile email phone address offline_access",
    # Whoever has the role "editors" may use the admin.
    "GROUPS_CLAIM": "roles",
    "STAFF_GROUPS": ["editors"],
    "SUPERUSER_GROUPS": ["editors"],
}
GENAUTH = {
    "default": _app,
    # A second app at the same provider. It lets in whoever has an account already.
    "club": {**_app, "NAME": "the reading club", "CREATE_USERS": False},
}
