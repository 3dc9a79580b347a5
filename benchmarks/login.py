"""The CPU of one warm login, login view and callback together, beside other packages.

`python -m benchmarks.login` counts requests and statements alone, which a busy machine may do too.
"""

from __future__ import annotations

from statistics import median

from benchmarks.processes import Site, interleaved, running
from tests.support.tables import Verdict, show

_OURS = "django_genauth"
_MEASURE = "mozilla_django_oidc"
_PACKAGES = (_MEASURE, _OURS, "django_genauth+userinfo", "allauth", "social_django")
_BOUND = 0.6
# The first login of a process makes the user, opens connections and fills caches.
_WARM_UP = 30
_TIMES = 5


def compare_logins(*, rounds: int) -> Verdict:
    """Measure, print the tables, and judge our ratio."""
    with running(_PACKAGES) as sites:
        for site in sites:
            site.seconds("sign_in", times=_WARM_UP)
        _count(sites)
        measured = interleaved(sites, "sign_in", rounds=rounds, times=_TIMES)
    ratios = {
        name: median(median(each[name]) / median(each[_MEASURE]) for each in measured)
        for name in _PACKAGES
    }
    milliseconds = {
        name: 1_000 * median(time for each in measured for time in each[name]) for name in _PACKAGES
    }
    show(
        f"One warm login of a returning user, {rounds} rounds of {_TIMES}",
        ("", "CPU ms", "ratio"),
        [(name, f"{milliseconds[name]:.2f}", f"{ratios[name]:.2f}") for name in _PACKAGES],
        name="login-time",
    )
    return Verdict(f"{_OURS} to {_MEASURE}", ratios[_OURS], _BOUND)


def count_logins() -> None:
    """Print what one warm login asks of the provider and of the database; no time is measured."""
    with running(_PACKAGES) as sites:
        for site in sites:
            site.seconds("sign_in", times=_WARM_UP)
        _count(sites)


def _count(sites: list[Site]) -> None:
    rows = []
    for site in sites:
        requests, connections = site.requests("sign_in")
        rows.append((site.name, f"{requests}", f"{connections}", f"{site.queries('sign_in')}"))
    show(
        "What one warm login of a returning user asks for",
        ("", "requests", "connections", "statements"),
        rows,
        name="login-requests",
    )


if __name__ == "__main__":
    count_logins()
