"""Settings of a site with Django's admin, in which Ada is an administrator.

It is the example site with the admin added. Only the site's process reads this.
"""

from website.settings import *  # noqa: F403 # the example site's, all but what follows
from website.settings import GENAUTH, INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "django.contrib.staticfiles", "django.contrib.admin"]
STATIC_URL = "/static/"
ROOT_URLCONF = "admin_urls"

GENAUTH = {
    "default": {
        **GENAUTH["default"],
        "GROUPS_CLAIM": "preferred_username",
        "STAFF_GROUPS": ["ada"],
        "SUPERUSER_GROUPS": ["ada"],
    }
}
