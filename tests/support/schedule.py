"""Which worker of pytest-xdist runs which test, where a worker starts what takes long."""

from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped] # it has no types

# The providers of `tests/interop/real`; a test has its provider's name in its own.
PROVIDERS = ("keycloak", "lemonldap", "glewlwyd")


class OneWorkerForAProvider(LoadScopeScheduling):
    """Give all tests of a provider to one worker, which starts it once; the others as ever."""

    def _split_scope(self, nodeid: str) -> str:
        named = [name for name in PROVIDERS if name in nodeid.lower()]
        return named[0] if "/interop/real/" in nodeid and named else nodeid
