"""The symbolic judge against the verdict tables of STACK and PrairieLearn, and against SymPy's `simplify`.

Usage: python benchmarks/symbolic.py [--tables DIR] [--simplify] [--seed N]

The tables declare few domains, so these rules stand in for their authors, the same for all rows: a symbol is as
its row assumes; a symbol that stands in a logarithm is positive; every other symbol is real; and only points count
where both sides are real numbers (`partial`).

Our policy where a table's differs: floats stand for the numbers that print so, so 452 equals 4.52*10**2, and
0.333333333333333 equals 1/3, but 0.333 does not. 1/0 equals nothing but itself, as in the tables.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import sympy as sp

from graders.answers.symbolic import compare
from graders.answers.verdict import Wrong

TABLES = ("stack", "prairielearn")
LIMIT = 10.0
OUTCOMES = ("correct", "wrong accept", "wrong reject", "undecided", "time-out")

REMARKS = {
    "stack-AlgEquiv-L107": "float policy: an exact number equals the decimal",
    "stack-AlgEquiv-L109": "float policy: 1/3 prints so",
    "stack-AlgEquiv-L116": "float policy: 1/3 prints so",
    "stack-AlgEquiv-L120": "float policy: SymPy subtracts before anyone reads, and 20.4 is printed",
    "stack-AlgEquiv-L187": "complex roots: false where k and m have opposite signs",
    "stack-AlgEquiv-L227": "complex powers: false for fractional n",
    "stack-AlgEquiv-L293": "an identity for all real x: the table records what Maxima cannot show",
}
"""Why we differ from a table."""


@dataclass(frozen=True)
class Row:
    """One pair of a table, parsed, with the domains of its symbols."""

    name: str
    student: Any
    reference: Any
    domains: dict[str, str]
    expected: bool
    note: str


@dataclass(frozen=True)
class Outcome:
    """What a method said of a row, and how long it took."""

    row: Row
    verdict: str
    milliseconds: float
    why: str = ""

    @property
    def kind(self) -> str:
        """One of `OUTCOMES`."""
        if self.verdict in ("undecided", "time-out"):
            return self.verdict
        if (self.verdict == "equal") == self.row.expected:
            return "correct"
        return "wrong reject" if self.row.expected else "wrong accept"


def rows(path: Path) -> Iterator[Row]:
    """The rows of a table."""
    for line in path.read_text(encoding="utf-8").splitlines():
        yield parsed(json.loads(line))


def parsed(record: dict[str, Any]) -> Row:
    """Parse a record as the tables' description says, and settle the domains."""
    assumptions: dict[str, str] = record.get("assumptions", {})
    known = {"positive", "nonpositive", "integer"}
    names = {
        name: sp.Symbol(name, **({assumptions[name]: True} if assumptions.get(name) in known else {}))
        for name in record["symbols"]
    }
    names |= {name: sp.Function(name) for name in record.get("functions", ())}
    sides = [sp.sympify(record[side], locals=names) for side in ("student", "reference")]
    domains = dict.fromkeys(names, "real")
    logarithms = set[Any]().union(*(side.atoms(sp.log) for side in sides))
    domains.update({symbol.name: "positive" for log in logarithms for symbol in log.free_symbols})
    for name, assumption in assumptions.items():
        # A domain that is not ours becomes one of ours by a shift or a reflection.
        replacement = {">2": names[name] + 2, "nonpositive": -names[name]}.get(assumption, names[name])
        sides = [side.subs(names[name], replacement) for side in sides]
        domains[name] = "integer" if assumption == "integer" else "positive"
    return Row(record["id"], sides[0], sides[1], domains, record["expected"], record["note"])


def judge(row: Row, seed: int) -> tuple[str, str]:
    """Our verdict of a row, and why."""
    try:
        result = compare(row.student, row.reference, row.domains, seed=seed, partial=True)
    except Wrong as wrong:
        return "unreadable", wrong.hint
    return result.verdict, f"{result.reason} {result.witness}".strip()


def simplified(row: Row) -> tuple[str, str]:
    """The verdict of `simplify(a - b) == 0`."""
    try:
        return ("equal" if sp.simplify(row.student - row.reference) == 0 else "different"), ""
    except Exception as error:
        return "undecided", type(error).__name__


def _work(channel: Connection, path: str) -> None:
    table = list(rows(Path(path)))
    channel.send("ready")
    while True:
        row = table[channel.recv()]
        started = time.perf_counter()
        verdict, why = simplified(row)
        channel.send((verdict, why, (time.perf_counter() - started) * 1000))


def with_simplify(path: Path, table: list[Row]) -> list[Outcome]:
    """Every row judged by `simplify` in a subprocess, which is replaced when it takes longer than the limit."""
    context = multiprocessing.get_context("spawn")
    outcomes: list[Outcome] = []
    worker: Any = None
    for k, row in enumerate(table):
        if worker is None:
            near, far = context.Pipe()
            worker = context.Process(target=_work, args=(far, str(path)), daemon=True)
            worker.start()
            near.recv()
        near.send(k)
        if near.poll(LIMIT):
            verdict, why, milliseconds = near.recv()
            outcomes.append(Outcome(row, verdict, milliseconds, why))
        else:
            worker.kill()
            worker.join()
            worker = None
            outcomes.append(Outcome(row, "time-out", LIMIT * 1000))
    if worker is not None:
        worker.kill()
        worker.join()
    return outcomes


def with_balls(table: list[Row], seed: int) -> list[Outcome]:
    """Every row judged by ours."""
    outcomes = []
    for row in table:
        started = time.perf_counter()
        verdict, why = judge(row, seed)
        outcomes.append(Outcome(row, verdict, (time.perf_counter() - started) * 1000, why))
    return outcomes


def line(name: str, outcomes: list[Outcome]) -> str:
    """A row of the table of results."""
    counts = Counter(outcome.kind for outcome in outcomes)
    times = sorted(outcome.milliseconds for outcome in outcomes)
    p99 = times[min(len(times) - 1, int(0.99 * len(times)))]
    cells = [name, str(len(outcomes)), *(str(counts[kind]) for kind in OUTCOMES)]
    cells += [f"{100 * counts['correct'] / len(outcomes):.1f} %"]
    cells += [f"{value:.2f}" for value in (statistics.median(times), p99, times[-1])]
    return "| " + " | ".join(cells) + " |"


def main(arguments: list[str] | None = None) -> int:
    """Print the table of results; returns the exit code."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "symbolic"
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--tables", type=Path, default=Path(os.environ.get("VAEGAN_SYMBOLIC_TABLES") or beside))
    parser.add_argument("--simplify", action="store_true", help="judge with SymPy's simplify, too (minutes)")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    paths = [options.tables / f"{name}.jsonl" for name in TABLES]
    if not all(path.is_file() for path in paths):
        print("benchmark skipped: no verdict tables (set VAEGAN_SYMBOLIC_TABLES or --tables)")
        return 0
    print(f"| method, table | pairs | {' | '.join(OUTCOMES)} | agreement | median ms | p99 ms | max ms |")
    print("|---" * (len(OUTCOMES) + 6) + "|")
    disagreements: list[Outcome] = []
    methods: list[tuple[str, Callable[[Path, list[Row]], list[Outcome]]]] = [
        ("ball arithmetic", lambda path, table: with_balls(table, options.seed))
    ]
    if options.simplify:
        methods.append(("simplify", with_simplify))
    for path in paths:
        table = list(rows(path))
        for name, method in methods:
            outcomes = method(path, table)
            print(line(f"{name}, {path.stem}", outcomes), flush=True)
            if name == "ball arithmetic":
                disagreements += [outcome for outcome in outcomes if outcome.kind != "correct"]
    print("\nWhere we disagree with a table:")
    for outcome in disagreements:
        row = outcome.row
        remark = REMARKS.get(row.name, "NOT EXPLAINED")
        print(f"- {outcome.kind} {row.name}: {row.student} | {row.reference}: {remark}\n  ({outcome.why})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
