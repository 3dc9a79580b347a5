"""A cache whose client gets no answer to its first request, and asks once more."""

from typing import Any

from django.core.cache.backends.locmem import LocMemCache


class AskingTwiceCache(LocMemCache):
    """Add each key twice and return the second answer, as redis-py does after a time-out."""

    def add(self, *args: Any, **kwargs: Any) -> bool:
        """Return what the second request is told, of which the first knew nothing."""
        super().add(*args, **kwargs)
        return super().add(*args, **kwargs)
