"""The provider hangs, dies or answers 500 while twenty people a second sign in; then it is back.

The site is gunicorn's: two workers with eight threads each. GENAUTH_TESTS_OUTAGE makes the outages
longer, in seconds; `-s` shows a table.
"""

import functools
import os
from collections import Counter

import pytest

from tests.load.crowd import Crowd, percentile
from tests.load.running import running_site
from tests.support.tables import show

pytestmark = pytest.mark.load

BEFORE = 3
# What begins an outage, what ends it, and its seconds. A provider that hangs does so for longer
# than a request may take (TIMEOUT), so that what comes then is seen too.
OUTAGES = {
    "hangs": ("hang", "relent", 15),
    "is dead": ("stop", "start", 6),
    "answers 500": ("fail", "relent", 6),
}
RECOVERY = 5
AFTER = RECOVERY + 3


class Outage:
    """Hold what became of those who came before, during and after."""

    def __init__(self, visits, seconds):
        self._visits = visits
        self._back = BEFORE + seconds
        self.phases = {
            # Who comes at the last moment is still under way when it begins.
            "before": (0, BEFORE - 0.5),
            "during": (BEFORE, self._back),
            "just after": (self._back, self._back + RECOVERY),
            "later": (self._back + RECOVERY, self._back + AFTER),
        }

    def visits(self, kind, phase=None):
        """Return those of a kind, who came in one phase or at all."""
        begin, end = self.phases.get(phase, (0, self._back + AFTER))
        return [each for each in self._visits if each.kind == kind and begin <= each.began < end]

    def refused(self):
        """Return the sign-ins that failed."""
        return [each for each in self.visits("sign-in") if each.status != 302]


def table(trouble, outage):
    rows = []
    for kind in ("page", "sign-in"):
        for phase in outage.phases:
            visits = outage.visits(kind, phase)
            times = [percentile(visits, percent) for percent in (50, 95)]
            times.append(max(each.took for each in visits))
            statuses = sorted(Counter(each.status for each in visits).items())
            counts = ", ".join(f"{status}: {count}" for status, count in statuses)
            rows.append((f"{kind}, {phase}", *(f"{each:.3f} s" for each in times), counts))
    show(
        f"Twenty sign-ins and twenty pages a second, and the provider {trouble}",
        ("", "median", "95 %", "longest", "statuses"),
        rows,
        name=f"outage-{trouble.replace(' ', '-')}",
    )


@pytest.fixture(scope="module")
def outages(tmp_path_factory):
    """Let people come while the provider is in a trouble, once for all tests."""
    with running_site(tmp_path_factory.mktemp("site")) as (site, tell):
        crowd = Crowd(site, tell)

        @functools.cache
        def outage(trouble):
            begin, end, seconds = OUTAGES[trouble]
            seconds = int(os.environ.get("GENAUTH_TESTS_OUTAGE", seconds))
            orders = [(BEFORE, begin), (BEFORE + seconds, end)]
            visits = crowd.come(BEFORE + seconds + AFTER, orders)
            seen = Outage(visits, seconds)
            table(trouble, seen)
            return seen

        yield outage


@pytest.fixture(params=OUTAGES)
def outage(outages, request):
    return outages(request.param)


def test_signed_in_people_see_all_their_pages(outage):
    assert {each.status for each in outage.visits("page")} == {200}


@pytest.mark.parametrize("phase", ["before", "during", "just after", "later"])
def test_signed_in_people_wait_no_longer_than_a_second(outage, phase):
    assert percentile(outage.visits("page", phase), 95) < 1


def test_before_it_everybody_signs_in(outage):
    assert {each.status for each in outage.visits("sign-in", "before")} == {302}


def test_who_cannot_sign_in_sees_the_page_that_says_so(outage):
    assert {each.status for each in outage.refused()} == {503}


def test_who_cannot_sign_in_is_told_quickly(outage):
    assert percentile(outage.refused(), 90) < 1.5


def test_a_few_seconds_after_its_return_everybody_signs_in(outage):
    assert {each.status for each in outage.visits("sign-in", "later")} == {302}
