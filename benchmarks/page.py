"""What an ordinary page costs a signed-in user, with this app installed and without it."""

from __future__ import annotations

from statistics import median

from benchmarks.processes import interleaved, running
from tests.support.tables import Verdict, show

_WITH, _WITHOUT = "django_genauth", "django"
# No cost is the claim; so much two measurements of the same thing may differ.
_BOUND = 1.05
_WARM_UP = 50
_TIMES = 20


def compare_pages(*, rounds: int) -> list[Verdict]:
    """Measure, print the table, and judge the time and the statements."""
    with running((_WITHOUT, _WITH)) as sites:
        for site in sites:
            site.seconds("sign_in", times=1)
            site.seconds("visit", times=_WARM_UP)
        statements = {site.name: site.queries("visit") for site in sites}
        measured = interleaved(sites, "visit", rounds=rounds, times=_TIMES)
    ratio = median(median(each[_WITH]) / median(each[_WITHOUT]) for each in measured)
    rows = [
        (
            name,
            f"{1_000 * median(time for each in measured for time in each[name]):.3f}",
            f"{value:.2f}",
            f"{statements[name]}",
        )
        for name, value in ((_WITHOUT, 1.0), (_WITH, ratio))
    ]
    show(
        f"A page of a signed-in user, {rounds} rounds of {_TIMES}",
        ("", "CPU ms", "ratio", "statements"),
        rows,
        name="page",
    )
    return [
        Verdict("page with the app to page without it", ratio, _BOUND),
        Verdict("statements that the app adds", statements[_WITH] - statements[_WITHOUT], 0),
    ]
