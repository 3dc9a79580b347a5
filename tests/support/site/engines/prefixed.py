"""Sessions in the cache, under a prefix of the site's own."""

from django.contrib.sessions.backends import cache


class SessionStore(cache.SessionStore):
    """Keep sessions under another prefix."""

    cache_key_prefix = "ours"
