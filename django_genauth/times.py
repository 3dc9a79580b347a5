"""Times as the site's columns hold them: with a zone, or in local time where USE_TZ is off."""

from __future__ import annotations

from datetime import UTC, datetime

from django.conf import settings
from django.utils import timezone


def from_timestamp(seconds: float) -> datetime:
    """Return the time of so many seconds since the epoch, as a column holds it.

    Raises what `datetime.fromtimestamp` raises.
    """
    return as_stored(datetime.fromtimestamp(seconds, tz=UTC))


def as_stored(time: datetime) -> datetime:
    """Return a time that has a zone as a column holds it, and as timezone.now() gives the present.

    Databases without zones take no other, and the two kinds cannot be compared.
    """
    if settings.USE_TZ:
        return time
    try:
        return timezone.make_naive(time, timezone.get_default_timezone())
    except OverflowError:
        # The first and the last day there is.
        return time.replace(tzinfo=None)
