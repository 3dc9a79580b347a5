"""Mixed traffic while Redis and PostgreSQL restart, the provider hangs, and a worker is killed.

`python -m benchmarks.mixed` has the same for fifteen minutes.
"""

import pytest

from tests.load.mixed import MixedTraffic

pytestmark = pytest.mark.load

SECONDS = 84
FAULTS = ["postgres", "provider", "redis", "worker"]


def test_no_login_is_wrong_no_token_comes_twice_and_no_session_is_lost(tmp_path):
    traffic = MixedTraffic()

    wrong = traffic.run(tmp_path, seconds=SECONDS)

    print(f"\n{traffic.counts}")  # noqa: T201 # what was asked for
    assert wrong == []
    assert traffic.counts["sign-ins"] > 10 * traffic.counts["put off without a fault"]
    assert sorted(kind for kind, *_ in traffic.journal.faults) == FAULTS
