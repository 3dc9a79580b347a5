"""The HTTP server under both projects: Django's own for development, made fit for many clients.

As a program it serves the project that DJANGO_SETTINGS_MODULE names, on a free loopback port, and
prints its address as the first line.
"""

import signal
import sys
from contextlib import suppress

from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application


class _Server(ThreadedWSGIServer):
    # Clients that arrive all at once wait here until their thread starts.
    request_queue_size = 128


class _Handler(WSGIRequestHandler):
    # Headers and body leave in two pieces. On a kept connection Nagle's algorithm would hold the
    # second back until the first is acknowledged, which takes Linux 40 ms.
    disable_nagle_algorithm = True


def listen(port: int) -> ThreadedWSGIServer:
    """Return a listening server; port 0 takes a free one, which `server_port` then names."""
    server = _Server(("127.0.0.1", port), _Handler)
    server.set_app(get_wsgi_application())
    return server


def announce(line: str) -> None:
    """Print the line that whoever started this process is waiting for."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """Serve until SIGINT or SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with suppress(KeyboardInterrupt), listen(0) as server:
        announce(f"http://127.0.0.1:{server.server_port}")
        server.serve_forever()


if __name__ == "__main__":
    main()
