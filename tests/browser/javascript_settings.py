"""Settings of the site of `policy_settings` where another origin's scripts are let in.

Only the site's process reads this.
"""

from policy_settings import *  # noqa: F403 # that site's, all but what follows
from policy_settings import MIDDLEWARE

MIDDLEWARE = ["javascript_urls.cors", *MIDDLEWARE]
ROOT_URLCONF = "javascript_urls"
