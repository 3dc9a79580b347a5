"""Settings of a site that shows the pages of django_genauth as they are shipped.

It is the example site without its own `genauth/base.html`, and with more apps: one that makes no
accounts, one whose provider does not answer, and one that is answered behind the `#`. Only the
site's process reads this.
"""

import os

from website.settings import *  # noqa: F403 # the example site's, all but what follows
from website.settings import GENAUTH, INSTALLED_APPS

# The first app that has a template wins.
INSTALLED_APPS = ["django_genauth", *(app for app in INSTALLED_APPS if app != "django_genauth")]

GENAUTH = {
    **GENAUTH,
    "invited": {**GENAUTH["default"], "CREATE_USERS": False},
    "fragment": {**GENAUTH["default"], "RESPONSE_MODE": "fragment"},
    "posted": {**GENAUTH["default"], "RESPONSE_MODE": "form_post"},
    # Its access tokens are no JWTs, so none is accepted.
    "old": {**GENAUTH["default"], "PROTOCOL": "oauth", "API_AUDIENCE": None},
    "silent": {
        **GENAUTH["default"],
        "APP_HOST": os.environ["SILENT_APP_HOST"],
        "NAME": "Silent",
    },
}
