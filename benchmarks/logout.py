"""A provider's logout costs the same among a million sessions.

`python -m benchmarks.logout [--sessions N]`, from the root of the repository, with PostgreSQL on
127.0.0.1. The plans that it chooses among the many are printed and judged too.
"""

from __future__ import annotations

import argparse
import secrets
import sys
import time
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpResponse
from django.test import Client

from benchmarks.grants import STATEMENTS, a_token_set
from benchmarks.scale import Deed, compare, insert
from django_genauth import grants
from django_genauth.conf import get_app
from django_genauth.models import Identity, LoginSession
from tests.support.provider.keys import secret_key
from tests.support.provider.tokens import write_jwt
from tests.support.signed_in import FRONT, a_session, send

_BOUND = 2
_APP = settings.GENAUTH["default"]
_ISSUER = f"{_APP['APP_HOST']}/oidc"
_STATEMENTS = STATEMENTS | {
    "genauth_identity": STATEMENTS["genauth_identity"].replace(
        "https://acme.genauth.ai/oidc", _ISSUER
    ),
    "genauth_loginsession": "INSERT INTO genauth_loginsession (id, identity_id, app, sid,"
    " session_key, digest, user_agent, location, created_at, seen_at, expires_at)"
    " SELECT i, i, 'default', md5('s' || i), repeat(md5(i::text), 6), md5('d' || i), 'Lynx',"
    " '', now(), now(), now() + interval '14 days'",
    "django_session": "INSERT INTO django_session (session_key, session_data, expire_date)"
    " SELECT md5('k' || i), repeat(md5(i::text), 8), now() + interval '14 days'",
}


def main() -> int:
    """Compare, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.logout", description=__doc__)
    parser.add_argument("--sessions", type=int, default=1_000_000, help="how many are many")
    return compare(lambda: _DEEDS, fill=fill, many=parser.parse_args().sessions, bound=_BOUND)


def fill(first: int, last: int) -> None:
    """Make users with a session and a grant each, in the database; what is sealed stays shut."""
    insert(_STATEMENTS, first, last)


def signed_in(user: int) -> LoginSession:
    """Sign a user in, in place of the session that is there."""
    identity = Identity.objects.get(pk=user)
    LoginSession.objects.filter(identity=identity).delete()
    row = a_session(identity, sid=secrets.token_hex(16))
    grants.store(identity, get_app(), a_token_set(user))
    return row


def logout_token(**named: str) -> str:
    """Return a token as the provider signs it."""
    now = int(time.time())
    claims = {
        "iss": _ISSUER,
        "aud": _APP["APP_ID"],
        "iat": now,
        "exp": now + 120,
        "jti": secrets.token_hex(16),
        "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
    }
    return write_jwt(claims | named, secret_key("HS256", _APP["APP_SECRET"]), typ="logout+jwt")


def by_sid(session: LoginSession) -> None:
    """Sign out by the provider's name of the session."""
    must_be_good(send(logout_token(sid=session.sid)))


def by_subject(session: LoginSession) -> None:
    """Sign out by the provider's name of the person."""
    must_be_good(send(logout_token(sub=session.identity.subject)))


def by_frame(session: LoginSession) -> None:
    """Sign out by a frame of the provider's page."""
    query = urlencode({"iss": _ISSUER, "sid": session.sid})
    must_be_good(Client().get(f"{FRONT}?{query}"))


def must_be_good(response: HttpResponse) -> None:
    """Measure nothing where nothing was done."""
    if response.status_code != 200:
        raise RuntimeError(f"status {response.status_code}")


_DEEDS = [
    Deed("back-channel, by sid", by_sid, prepare=signed_in),
    Deed("back-channel, by sub", by_subject, prepare=signed_in),
    Deed("front-channel", by_frame, prepare=signed_in),
]


if __name__ == "__main__":
    sys.exit(main())
