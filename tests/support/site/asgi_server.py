"""Serve the tests' site under ASGI with uvicorn, and print its address when it listens."""

import os
import socket
import sys
from pathlib import Path

import django
import uvicorn
from django.core.asgi import get_asgi_application
from django.core.management import call_command

if __name__ == "__main__":
    # Last: the checkout's django_genauth must not hide the one that is installed.
    sys.path.append(str(Path(__file__).parents[3]))
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.support.site.asgi_settings"
    django.setup()
    call_command("migrate", verbosity=0)
    listener = socket.create_server(("127.0.0.1", 0), backlog=256)
    config = uvicorn.Config(get_asgi_application(), lifespan="off", log_level="warning")
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)  # noqa: T201 # the answer
    uvicorn.Server(config).run(sockets=[listener])
