"""The CPU of one warm login, login view and callback together, beside other packages."""

from __future__ import annotations

from statistics import median

from benchmarks.processes import interleaved, running
from benchmarks.table import Verdict, show

_OURS = "django_genauth"
_MEASURE = "mozilla_django_oidc"
_PACKAGES = (_MEASURE, _OURS, "django_genauth+userinfo", "allauth", "social_django")
_BOUND = 0.6
# The first login of a process makes the user, opens connections and fills caches.
_WARM_UP = 30
_TIMES = 5


def compare_logins(*, rounds: int) -> Verdict:
    """Measure, print the table, and judge our ratio."""
    rows = []
    with running(_PACKAGES) as sites:
        for site in sites:
            site.seconds("sign_in", times=_WARM_UP)
        measured = interleaved(sites, "sign_in", rounds=rounds, times=_TIMES)
        ratios = {
            name: median(median(each[name]) / median(each[_MEASURE]) for each in measured)
            for name in _PACKAGES
        }
        for site in sites:
            milliseconds = 1_000 * median(time for each in measured for time in each[site.name])
            requests, connections = site.requests("sign_in")
            rows.append(
                (
                    site.name,
                    f"{milliseconds:.2f}",
                    f"{ratios[site.name]:.2f}",
                    f"{requests}",
                    f"{connections}",
                    f"{site.queries('sign_in')}",
                )
            )
    show(
        f"One warm login of a returning user, {rounds} rounds of {_TIMES}",
        ("", "CPU ms", "ratio", "requests", "connections", "statements"),
        rows,
    )
    return Verdict(f"{_OURS} to {_MEASURE}", ratios[_OURS], _BOUND)
