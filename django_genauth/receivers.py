"""What becomes of the grants of an identity that is deleted: with its user, or by itself.

It happens inside the deletion's transaction, of one row or of many.
"""

from __future__ import annotations

import logging
import time
from typing import Final
from weakref import WeakKeyDictionary

from django_genauth import grants
from django_genauth.client import AuthenticationClient
from django_genauth.conf import get_app, get_client
from django_genauth.grants import leases, rows
from django_genauth.models import Grant, Identity
from django_genauth.protocol.errors import GenAuthError, ProviderUnavailable

logger = logging.getLogger("django_genauth")

# How long, in seconds, further deletions do not wait for a provider that could not answer.
_PAUSE: Final = 5
# By client, in monotonic seconds; another client has another provider.
_left_alone_until: WeakKeyDictionary[AuthenticationClient, float] = WeakKeyDictionary()


def revoke_before_deletion(*, instance: Identity, **_: object) -> None:
    """Revoke the grants of an identity that is about to be deleted, and delete them.

    REVOKE_ON_DELETE switches the revoking off. A grant that could not be revoked stays without its
    identity, to be tried again by `genauth_revoke --all --pending`.
    """
    for grant in leases.rows().filter(identity=instance):
        try:
            if grant.state != Grant.State.ENDED and get_app(grant.app).revoke_on_delete:
                _revoke_unless_left_alone(grant)
            grant.delete()
        except GenAuthError as error:
            logger.warning(
                "Not revoked before the deletion, and kept to be tried again: grant=%s code=%s",
                grant.pk,
                error.code,
            )
            rows.set_aside(grant)


def _revoke_unless_left_alone(grant: Grant) -> None:
    """Revoke a grant, but not where the provider has just kept another deletion waiting in vain.

    Many users may be deleted at once, in one transaction.
    """
    client = get_client(grant.app)
    if time.monotonic() < _left_alone_until.get(client, 0.0):
        raise ProviderUnavailable("The provider could not answer a moment ago.", reason="busy")
    try:
        grants.revoke(grant)
    except ProviderUnavailable:
        _left_alone_until[client] = time.monotonic() + _PAUSE
        raise
