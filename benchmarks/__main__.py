"""Run the three comparisons, print their tables, and end with 1 where a bound is not kept.

`python -m benchmarks [--rounds N]`, from the root of the repository.
"""

from __future__ import annotations

import argparse
import sys

from benchmarks.id_token import compare_checks
from benchmarks.login import compare_logins
from benchmarks.page import compare_pages


def main() -> int:
    """Measure all; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=40, help="more are steadier (default: 40)")
    rounds = parser.parse_args().rounds
    verdicts = [
        compare_logins(rounds=rounds),
        *compare_checks(rounds=rounds),
        *compare_pages(rounds=rounds),
    ]
    sys.stdout.write("\n" + "".join(f"{verdict}\n" for verdict in verdicts))
    return 0 if all(verdict.is_good for verdict in verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
