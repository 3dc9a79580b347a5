"""Settings of a site with SESSION_POLICY, and with a book that members write in.

It shows the pages of django_genauth as they are shipped. Only the site's process reads this.
"""

from website.settings import *  # noqa: F403 # the example site's, all but what follows
from website.settings import GENAUTH, INSTALLED_APPS, MIDDLEWARE

# The first app that has a template wins.
INSTALLED_APPS = ["django_genauth", *(app for app in INSTALLED_APPS if app != "django_genauth")]
MIDDLEWARE = [*MIDDLEWARE, "django_genauth.middleware.GenAuthSessionMiddleware"]
ROOT_URLCONF = "policy_urls"
GENAUTH = {"default": {**GENAUTH["default"], "SESSION_POLICY": "reauthenticate"}}
