"""A cache server that cannot be reached."""

from typing import Any, NoReturn

from django.core.cache.backends.base import BaseCache


class BrokenCache(BaseCache):
    """Fail at every call, as a client of a server that is down does."""

    def __init__(self, location: str, params: dict[str, Any]) -> None:
        super().__init__(params)

    def _fail(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise ConnectionError("the cache server is down")

    add = get = set = delete = touch = _fail

    def clear(self) -> None:
        """Have nothing to clear."""
