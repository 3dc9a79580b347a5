"""Settings of the example site on a developer's machine, for the doctor, a process of its own."""

import os

from website.settings import *  # noqa: F403 # the example site's, all but what follows
from website.settings import GENAUTH

DEBUG = True
GENAUTH["default"]["REDIRECT_URI"] = os.environ["DOCTOR_REDIRECT_URI"]
