"""Mixed traffic with faults injected: no login wrong, no token twice, no session lost.

`python -m benchmarks.mixed [--minutes N]`, from the root of the repository, with the programs of
PostgreSQL and Redis on this machine: servers of its own are started, killed and started again.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.load.mixed import MixedTraffic
from tests.support.tables import show


def main() -> int:
    """Have traffic, print what was done, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mixed", description=__doc__)
    parser.add_argument("--minutes", type=float, default=15, help="(default: 15)")
    parser.add_argument("--sessions", default="db", help="Django's session engine (default: db)")
    options = parser.parse_args()
    traffic = MixedTraffic(sessions=f"django.contrib.sessions.backends.{options.sessions}")
    folder = Path(tempfile.mkdtemp())
    wrong = traffic.run(folder, seconds=options.minutes * 60)
    rows = [
        (deed, str(done), str(in_the_way)) for deed, done, in_the_way in traffic.journal.table()
    ]
    show("Deeds", ("", "done", "a fault in the way"), rows)
    show("In all", ("", ""), [(name, str(count)) for name, count in traffic.counts.items()])
    sys.stdout.write("".join(f"WRONG  {finding}\n" for finding in wrong))
    sys.stdout.write(f"The site's log: {folder}/log\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
