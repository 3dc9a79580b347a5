"""Serve the tests' site with gunicorn's threads, and print its address when it listens.

SITE_WORKERS is the number of workers, two unless it is set, and SITE_THREADS that of the threads in
each, eight unless it is set. SITE_SETTINGS is the module of this folder with the settings.
"""

import os
import sys
from pathlib import Path
from typing import Any

import django
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from gunicorn.app.base import BaseApplication


class Application(BaseApplication):
    """Run workers with threads."""

    def load_config(self) -> None:
        """Say what gunicorn's command line would."""
        options = {
            "bind": "127.0.0.1:0",
            "worker_class": "gthread",
            "workers": int(os.environ.get("SITE_WORKERS", "2")),
            "threads": int(os.environ.get("SITE_THREADS", "8")),
            "when_ready": self.announce,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """Make the application in each worker."""
        return get_wsgi_application()

    @staticmethod
    def announce(arbiter: Any) -> None:
        """Print the address."""
        port = arbiter.LISTENERS[0].sock.getsockname()[1]
        print(f"http://127.0.0.1:{port}", flush=True)  # noqa: T201 # the answer


if __name__ == "__main__":
    # Last: the checkout's django_genauth must not hide the one that is installed.
    sys.path.append(str(Path(__file__).parents[2]))
    module = os.environ.get("SITE_SETTINGS", "settings")
    os.environ["DJANGO_SETTINGS_MODULE"] = f"tests.load.{module}"
    django.setup()
    call_command("migrate", verbosity=0)
    Application().run()
