"""Settings of a site under development, which asks the provider for something at a logout.

Only the site's process reads this.
"""

from all_pages_settings import *  # noqa: F403 # those of the site with all pages, all but what follows
from all_pages_settings import GENAUTH

DEBUG = True
GENAUTH = {**GENAUTH, "default": {**GENAUTH["default"], "REVOKE_ON_LOGOUT": True}}
