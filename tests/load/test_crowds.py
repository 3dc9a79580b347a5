"""Crowds that ask the provider while it is silent or slow: other pages go on, and nobody is lost.

The site is gunicorn's, with two workers. `-s` shows the figures.
"""

import json
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.load.crowd import Crowd, browser
from tests.load.running import running_site

pytestmark = pytest.mark.load

SECONDS = 8
# Pages a second for a signed-in person, whose times are taken.
PAGES = 20


class Site:
    """Open pages of a site as different people do."""

    def __init__(self, address, tell):
        self._address = address
        self.tell = tell
        self._crowd = Crowd(address, tell)
        # One for each process, so that both know the provider's documents.
        for _ in range(8):
            self.sign_in()

    def sign_in(self):
        """Sign somebody in, and return the status with which it ends."""
        with browser() as person:
            return self._crowd.sign_in(person)

    def call_back(self):
        """Bring a code that nobody issued, for a login that was begun."""
        with browser() as person:
            begun = self._get(person, "/genauth/login/")
            (state,) = parse_qs(urlsplit(begun.headers["Location"]).query)["state"]
            return self._get(person, f"/genauth/callback/?code=made-up&state={state}").status_code

    def median_of_pages(self, disturbance=None, *, rate=0, at_once=0):
        """Return the median time of a page, with so many disturbances a second or at the start."""
        with ThreadPoolExecutor(200) as people:
            others = [people.submit(disturbance) for _ in range(at_once)]
            began = time.monotonic()
            pages = people.submit(self._times_of_pages)
            for number in range(int(SECONDS * rate)):
                time.sleep(max(0.0, began + number / rate - time.monotonic()))
                others.append(people.submit(disturbance))
        times = pages.result()
        print(  # noqa: T201 # what was asked for
            f"\npages: median {statistics.median(times):.4f} s, longest {max(times):.3f} s;"
            f" others: {dict(Counter(each.result() for each in others))}"
        )
        return statistics.median(times)

    def _times_of_pages(self):
        program = str(Path(__file__).with_name("page_times.py"))
        arguments = [self._address, self._crowd.cookie_of_member(), str(SECONDS), str(PAGES)]
        command = [sys.executable, program, *arguments]
        return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)  # noqa: S603 # our own

    def _get(self, person, path):
        return person.get(f"{self._address}{path}", allow_redirects=False, timeout=40)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with running_site(tmp_path_factory.mktemp("site")) as (address, tell):
        yield Site(address, tell)


@pytest.fixture
def quiet(site):
    """Return the median time of a page while nobody else is there, on the machine as it is now."""
    return site.median_of_pages()


@pytest.fixture
def silent(site, quiet):
    site.tell("hang")
    yield site
    site.tell("relent")


def test_made_up_callbacks_at_a_silent_provider_do_not_slow_down_pages(silent, quiet):
    median = silent.median_of_pages(silent.call_back, rate=15)

    assert median < 2 * quiet


def test_many_callbacks_at_once_at_a_silent_provider_do_not_slow_down_pages(silent, quiet):
    median = silent.median_of_pages(silent.call_back, at_once=24)

    assert median < 2 * quiet


def test_at_a_slow_provider_everybody_of_a_crowd_signs_in(tmp_path):
    with running_site(tmp_path, threads=32) as (address, tell):
        site = Site(address, tell)
        tell("slow 0.3")
        ends = time.monotonic() + SECONDS
        statuses = Counter()
        counting = threading.Lock()

        def come_again():
            while time.monotonic() < ends:
                status = site.sign_in()
                with counting:
                    statuses[status] += 1

        with ThreadPoolExecutor(64) as people:
            for _ in range(64):
                people.submit(come_again)

    print(f"\n{statuses[302] / SECONDS:.1f} sign-ins a second: {dict(statuses)}")  # noqa: T201 # likewise
    assert set(statuses) == {302}
