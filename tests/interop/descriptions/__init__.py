"""What providers say of themselves, as tables: services in `services`, programs in `programs`.

Made of what their documents say, and where one was run, of what it said. Each has a page with its
settings below docs/howto/providers.
"""

from tests.interop.descriptions.programs import PROGRAMS
from tests.interop.descriptions.services import SERVICES

DESCRIPTIONS = {description.page: description for description in (*SERVICES, *PROGRAMS)}
