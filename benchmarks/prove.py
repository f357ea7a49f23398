"""The graders' own examination, as a table: `make prove`. The exit code is 1 when a target is missed."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from tests.prove.report import examine

TABLE = Path(__file__).with_suffix(".md")


def main() -> int:
    """Examine everything, write the table, say what was missed."""
    started = time.monotonic()
    report = examine()
    TABLE.write_text(report.text(), encoding="utf-8")
    for what, found, wanted in report.summary:
        print(f"{what}: {found} (wanted: {wanted})")
    print(f"{(time.monotonic() - started) / 60:.1f} minutes; the whole table is in benchmarks/{TABLE.name}")
    for line in report.missed:
        print(f"MISSED {line}", file=sys.stderr)
    return 1 if report.missed else 0


if __name__ == "__main__":
    sys.exit(main())
