"""What is done with one grant, or for one bearer, costs the same among a million.

`python -m benchmarks.grants [--grants N]`, from the root of the repository, with PostgreSQL on
127.0.0.1. The plans that it chooses among the many are printed and judged too.
"""

from __future__ import annotations

import argparse
import sys
import time

from django.contrib.auth import get_user_model
from django.test import Client

from benchmarks.scale import Deed, compare, insert
from django_genauth import grants
from django_genauth.api import people
from django_genauth.conf import get_app
from django_genauth.grants import rows
from django_genauth.models import Grant, Identity
from django_genauth.protocol.tokens import TokenSet
from django_genauth.sessions import registry

ISSUER = "https://acme.genauth.ai/oidc"
_BOUND = 1.5
STATEMENTS = {
    "auth_user": "INSERT INTO auth_user (id, password, is_superuser, username, first_name,"
    " last_name, email, is_staff, is_active, date_joined)"
    " SELECT i, '!', false, 'user-' || i, '', '', '', false, true, now()",
    "genauth_identity": "INSERT INTO genauth_identity (id, user_id, issuer, subject, claims,"
    f" created_at) SELECT i, i, '{ISSUER}', 'subject-' || i, '{{}}', now()",
    # No number of our own: each login of the measurement takes one.
    "genauth_grant": "INSERT INTO genauth_grant (identity_id, app, state, sid, token_set,"
    " access_fingerprint, refresh_fingerprint, lease, claim, refused_count, expires_at,"
    " created_at, updated_at)"
    " SELECT i, 'default', 'active', 'session-' || i, repeat(md5(i::text), 80), md5('a' || i),"
    " md5('r' || i), '', '', 0, now() + interval '1 hour', now(), now()",
    "genauth_loginsession": "INSERT INTO genauth_loginsession (identity_id, app, grant_id, sid,"
    " session_key, digest, user_agent, location, created_at, seen_at, expires_at)"
    " SELECT i, 'default', (SELECT max(id) FROM genauth_grant WHERE identity_id = i),"
    " 'session-' || i, 'sealed', md5(i::text), '', '', now(), now(), now() + interval '14 days'",
}


def main() -> int:
    """Compare, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.grants", description=__doc__)
    parser.add_argument("--grants", type=int, default=1_000_000, help="how many are many")
    return compare(deeds, fill=fill, many=parser.parse_args().grants, bound=_BOUND)


def fill(first: int, last: int) -> None:
    """Make users with a grant each, in the database; the tokens of all but a sample stay shut."""
    insert(STATEMENTS, first, last)


def a_token_set(user: int) -> TokenSet:
    """Return tokens of the size that GenAuth gives."""
    return TokenSet(
        access_token=f"access-{user}-{'a' * 900}",
        token_type="Bearer",  # noqa: S106 # the kind of token
        expires_in=3_600,
        expires_at=time.time() + 3_600,
        refresh_token=f"refresh-{user}-{'r' * 30}",
        id_token="i" * 900,
    )


def the_first(user: int) -> Grant:
    """Return the grant that a user's sign-in has."""
    return Grant.objects.filter(identity=user).earliest("pk")


def two_grants(user: int) -> tuple[Grant, Grant]:
    """Return the grants of two sign-ins of a user."""
    identity = Identity(pk=user)
    older, newer = (grants.store(identity, get_app(), a_token_set(user)) for _ in range(2))
    return older, newer


def supersede(pair: tuple[Grant, Grant]) -> None:
    """Make the newer of two grants the successor of the older."""
    older, newer = pair
    rows.supersede(older.pk, newer, in_session=older.pk)


def superseded(user: int) -> Grant:
    """Return the grant of a user that has a predecessor."""
    pair = two_grants(user)
    supersede(pair)
    return pair[1]


def end(grant: Grant) -> None:
    """End a grant here."""
    grants.end(grant, "benchmark")


def deeds() -> list[Deed]:
    """Return what is measured."""
    users = get_user_model()
    admin, _ = users.objects.get_or_create(
        username="admin", defaults={"pk": 0, "is_staff": True, "is_superuser": True}
    )
    browser = Client()
    browser.force_login(admin, backend="django.contrib.auth.backends.ModelBackend")
    return [
        Deed(
            "a login's tokens are kept",
            lambda user: grants.store(Identity(pk=user), get_app(), a_token_set(user)),
        ),
        Deed("get_access_token", lambda user: grants.get_access_token(users(pk=user))),
        Deed(
            "found by a token",
            lambda user: rows.find(a_token_set(user).access_token, get_app()),
        ),
        Deed("a login again in the same browser", supersede, prepare=two_grants),
        Deed("a grant ends, with its predecessor", end, prepare=superseded),
        Deed("whether a sign-in uses it", registry.is_used, prepare=the_first),
        Deed("a bearer's user", lambda user: people.find_user(ISSUER, f"subject-{user}")),
        Deed("the admin's list", lambda user: browser.get("/admin/genauth/grant/")),
        Deed(
            "the admin's search", lambda user: browser.get(f"/admin/genauth/grant/?q=user-{user}")
        ),
    ]


if __name__ == "__main__":
    sys.exit(main())
