"""A class of copies of the solved notebook: vaegan grade against otter run, and against the floor below both.

    python benchmarks/farm.py [--students 200] [--sample 5] [--output benchmarks/farm.json]

All in one run, on the same submissions and the same tests. otter is timed on a sample, since its time for each
submission hardly varies, and multiplied; `--sample 200` times them all. The floor is what grading can't be faster
than: fork, confine and run the cells of every submission, without judging.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import nbformat

from graders.assignment import load
from graders.batch import notebooks
from graders.batch.runner import cores
from graders.build import build
from graders.isolation.launcher import Launcher
from graders.isolation.limits import Limits
from graders.isolation.session import Session

ROOT = Path(__file__).resolve().parents[1]
ASSIGNMENT = "vaes_and_gans"


def seconds(work: Callable[[], object]) -> float:
    """How long it takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def copies(solved: Path, folder: Path, count: int) -> list[Path]:
    """A class: each student's notebook is a file of its own content, so that nothing can be looked up."""
    folder.mkdir()
    made = []
    for number in range(count):
        notebook = nbformat.read(solved, as_version=4)
        notebook.cells.append(nbformat.v4.new_code_cell(f"# student {number}", id=f"student-{number}"))
        made.append(folder / f"student-{number:05}.ipynb")
        nbformat.write(notebook, made[-1])
    return made


def vaegan(submissions: Path, autograder: Path, output: Path) -> None:
    """The real command."""
    command = [sys.executable, "-c", "from graders.cli import main; main()", "grade", str(submissions)]
    subprocess.run([*command, "-a", str(autograder), "-o", str(output)], check=True, capture_output=True)


def otter(submission: Path, autograder: Path, folder: Path) -> None:
    """The real command, on one submission."""
    command = [sys.executable, "-m", "otter", "run", str(submission), "-a", str(autograder), "-o", str(folder)]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)


def floor(submissions: list[Path]) -> None:
    """Fork, confine, run the cells, on all cores."""

    def work(share: list[Path]) -> None:
        with Launcher(Limits()) as launcher:
            for path in share:
                session = Session(launcher, notebooks.read(path.read_bytes()).cells)
                session.run(lambda question: None)
                session.close()

    width = cores()
    with ThreadPoolExecutor(width) as pool:
        list(pool.map(work, [submissions[offset::width] for offset in range(width)]))


def main() -> None:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--students", type=int, default=200)
    parser.add_argument("--sample", type=int, default=5)
    parser.add_argument("--output", type=Path, default=ROOT / "benchmarks" / "farm.json")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        folder = Path(scratch)
        made = build(load(ASSIGNMENT, ROOT), folder / "dist")
        classic = build(load(ASSIGNMENT, ROOT), folder / "classic", classic=True)
        handed_in = copies(made.solved_notebook, folder / "class", options.students)
        one = seconds(lambda: vaegan(handed_in[0], made.autograder, folder / "one"))
        ours = seconds(lambda: vaegan(folder / "class", made.autograder, folder / "grades"))
        bare = seconds(lambda: floor(handed_in))
        each = [seconds(partial(otter, path, classic.autograder, folder)) for path in handed_in[: options.sample]]
        theirs = statistics.median(each) * options.students
    figures = {
        "machine": f"{cores()} cores, {platform.machine()}, Linux {platform.release()}",
        "load average before": os.getloadavg()[0],
        "students": options.students,
        "vaegan grade, seconds": round(ours, 2),
        "vaegan grade, one submission, cold, seconds": round(one, 2),
        "vaegan grade, milliseconds a submission": round(1000 * ours / options.students, 1),
        "floor, seconds": round(bare, 2),
        "ratio to the floor": round(ours / bare, 2),
        f"otter run, median of {len(each)}, seconds": round(statistics.median(each), 2),
        "otter run one after another, seconds": round(theirs, 1),
        "times faster than otter run": round(theirs / ours, 1),
        "times faster than otter run on all cores, at best": round(theirs / ours / cores(), 1),
    }
    for name, value in figures.items():
        print(f"{name:55} {value}")
    options.output.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
