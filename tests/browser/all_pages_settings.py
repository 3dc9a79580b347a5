"""Settings of a site that shows all pages of django_genauth as they are shipped, and the admin.

Only the site's process reads this.
"""

from admin_settings import *  # noqa: F403 # those of the site with the admin, all but what follows
from admin_settings import GENAUTH as ADMIN
from admin_settings import INSTALLED_APPS
from bare_settings import GENAUTH

from website.settings import MIDDLEWARE

# The first app that has a template wins.
INSTALLED_APPS = ["django_genauth", *(app for app in INSTALLED_APPS if app != "django_genauth")]
MIDDLEWARE = [*MIDDLEWARE, "django_genauth.middleware.GenAuthSessionMiddleware"]
ROOT_URLCONF = "all_pages_urls"
GENAUTH = {
    **GENAUTH,
    "default": {**ADMIN["default"], "SESSION_POLICY": "reauthenticate"},
}
