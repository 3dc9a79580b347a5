"""Start the stand-in: `python -m provider`, with testproject/ on the path.

When it listens, it prints one line of JSON on standard output: where it is, its client, a machine's
keys, and who can sign in. It runs until SIGINT or SIGTERM and leaves nothing behind.
"""

import argparse
import json
import os
import secrets
import signal
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import django
from django.core.management import call_command

from server import announce, listen

# Of a site on this machine, which may start later: the port of a loopback address is not compared
# (RFC 8252 7.3).
_CALLBACK = "http://127.0.0.1/genauth/callback/"
_SIGNED_OUT = "http://127.0.0.1/genauth/logout/"


def main() -> None:
    """Run the stand-in in an empty database of its own."""
    options = _parse_arguments()
    # SIGTERM ends Python on the spot; an exception removes the temporary directory first.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with suppress(KeyboardInterrupt), tempfile.TemporaryDirectory(prefix="provider-") as directory:
        os.environ["PROVIDER_DATABASE"] = str(Path(directory) / "provider.sqlite3")
        os.environ["DJANGO_SETTINGS_MODULE"] = "provider.settings"
        django.setup()
        call_command("migrate", verbosity=0)
        _run(options)


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m provider", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0, the default, takes a free one")
    parser.add_argument(
        "--redirect-uri",
        action="append",
        metavar="URI",
        help="may be repeated; the port of an http://127.0.0.1 address does not count (RFC 8252);"
        f" {_CALLBACK} unless it is given",
    )
    parser.add_argument(
        "--post-logout-redirect-uri",
        action="append",
        metavar="URI",
        help=f"the same; {_SIGNED_OUT} unless it is given",
    )
    parser.add_argument("--client-id", default=secrets.token_hex(12))
    parser.add_argument("--client-secret", default=secrets.token_hex(16))
    parser.add_argument("--alg", choices=["HS256", "RS256"], help="of ID tokens; default HS256")
    parser.add_argument("--password", help="of everybody; without it, each has their own")
    parser.add_argument(
        "--people",
        type=json.loads,
        default={},
        metavar="JSON",
        help="claims by user name, for people who are there and for new ones",
    )
    parser.add_argument("--public", action="store_true", help="no client secret, and RS256")
    options = parser.parse_args()
    if options.public:
        if options.alg == "HS256":
            parser.error("HS256 signs with the client secret, which a public client does not have")
        options.client_secret = None
    options.alg = options.alg or ("RS256" if options.public else "HS256")
    return options


def _run(options: argparse.Namespace) -> None:
    # It needs django.setup() first.
    from provider import people
    from provider.seed import create_client, create_machine, create_people

    create_client(
        client_id=options.client_id,
        client_secret=options.client_secret,
        algorithm=options.alg,
        redirect_uris=options.redirect_uri or [_CALLBACK],
        post_logout_redirect_uris=options.post_logout_redirect_uri or [_SIGNED_OUT],
    )
    machine = {"access_key": secrets.token_hex(12), "secret_key": secrets.token_hex(16)}
    create_machine(**machine)
    for username, claims in options.people.items():
        people.add(username, claims)
    passwords = create_people(options.password)
    with listen(options.port) as server:
        base_url = f"http://127.0.0.1:{server.server_port}"
        line = {
            "base_url": base_url,
            "issuer": f"{base_url}/oidc",
            "client_id": options.client_id,
            "client_secret": options.client_secret,
            **machine,
            "passwords": passwords,
        }
        announce(json.dumps(line))
        server.serve_forever()


if __name__ == "__main__":
    main()
