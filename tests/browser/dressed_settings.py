"""Settings of a site whose own base template is written for a style framework.

DRESSED_IN names the folder of its templates. Only the site's process reads this.
"""

import os
from pathlib import Path

from website.settings import *  # noqa: F403 # the example site's, all but what follows
from website.settings import TEMPLATES

_DIRECTORY = Path(__file__).parent / "dressed" / os.environ["DRESSED_IN"]
TEMPLATES = [{**TEMPLATES[0], "DIRS": [_DIRECTORY]}]
