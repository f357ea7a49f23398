"""A class beside `otter run`, beside the floor, in the thousands, and on a Dask cluster; all in one run.

    python -m benchmarks.farm [--students 200] [--sample 5] [--many 10000] [--beside CHECKOUT] [--output FILE]

The class hands in the whole tutorial. Every student has an own mixture of right answers, in the words of the
reference or in others, and of the demo class's mistakes. otter is timed on a sample of it, and its median taken
times the students; `--sample 200` times them all. The floor is what grading can't be faster than: fork, confine,
and run the cells of every submission, without asking or judging. The class is then graded once more with tests
that have changed, from the transcripts. The thousands are small notebooks of five questions. `--beside` takes
another checkout of this project, with its `.venv`, whose `vaegan grade` grades the same class in turns with ours.
"""

from __future__ import annotations

import argparse
import cProfile
import itertools
import json
import os
import platform
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import CodeType
from typing import Any

import nbformat

from graders.assignment import load
from graders.batch import autograder as autograders
from graders.batch import grading, notebooks, planning, second_run
from graders.batch.judge import Judge
from graders.batch.pictures import undrawn
from graders.batch.record import Record
from graders.batch.runner import cores
from graders.build import Distribution, build
from graders.isolation.launcher import Launcher
from graders.isolation.limits import Limits
from graders.isolation.plan import Questions
from graders.isolation.session import Session
from graders.isolation.transcript import Transcript, pack
from tests.cluster import cluster
from tests.demo_class import RIGHT_OTHERWISE, STUDENTS, Student, make
from tests.hostile import corpus

ROOT = Path(__file__).resolve().parents[1]
ASSIGNMENT = "vaes_and_gans"
# without the plot of two hundred scatter plots, which would measure matplotlib
OTHERWISE = {name: code for name, code in RIGHT_OTHERWISE.items() if name != "plot_generator_loss"}
MISTAKES = [(name, code) for each in STUDENTS if each.lost for name, code in each.answers.items() if code != "..."]

# The peak memory of the parent alone, without its workers.
VAEGAN = (
    "import atexit, resource, sys\n"
    "atexit.register(lambda: print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr))\n"
    "from graders.cli import main\n"
    "main()\n"
)

Figures = dict[str, Any]


def seconds(work: Callable[[], object]) -> float:
    """How long it takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def tutorials(built: Distribution, folder: Path, count: int) -> list[Path]:
    """A class that hands in the whole tutorial, no two alike."""
    folder.mkdir()
    made = []
    for number in range(count):
        dice = random.Random(number)
        answers = {name: code for name, code in OTHERWISE.items() if dice.random() < 0.5}
        answers.update(dice.sample(MISTAKES, dice.choice([0, 0, 1, 2])))
        made.append(make(Student(f"student-{number:05}.ipynb", "", answers), built.folder, folder))
        notebook = nbformat.read(made[-1], as_version=4)
        notebook.cells.append(nbformat.v4.new_code_cell(f"# student {number}", id=f"student-{number}"))
        nbformat.write(notebook, made[-1])
    return made


def small_notebooks(folder: Path, count: int) -> Path:
    """A class that hands in four short answers each."""
    folder.mkdir()
    for number in range(count):
        cells = [corpus.INIT, f"# student {number}", *corpus.HONEST.values(), *corpus.CHECKS]
        (folder / f"student-{number:05}.ipynb").write_text(corpus.notebook(*cells), encoding="utf-8")
    return folder


def vaegan(submissions: Path, autograder: Path, output: Path, *options: str) -> int:
    """The real command; the peak memory of its parent process in KiB."""
    command = [sys.executable, "-c", VAEGAN, "grade", str(submissions), "-a", str(autograder), "-o", str(output)]
    done = subprocess.run([*command, *options], check=True, capture_output=True, text=True)
    return int(done.stderr.split()[-1])


def otter(autograder: Path, folder: Path, submission: Path) -> None:
    """The real command, on one submission."""
    command = [sys.executable, "-m", "otter", "run", str(submission), "-a", str(autograder), "-o", str(folder)]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)


def floor(submissions: list[Path], pictures: Mapping[str, str]) -> None:
    """Fork, confine, run the cells that grading runs, on all cores."""
    limits = Limits()

    def work(launcher: Launcher, share: list[Path]) -> None:
        with launcher:
            for path in share:
                cells = undrawn(notebooks.read(path.read_bytes()).code, pictures)
                Session(launcher, cells).run(Questions({}))

    width = cores()
    with Launcher(limits) as first, ThreadPoolExecutor(width) as pool:
        first.wait()
        launchers = [Launcher(limits, twin_of=first) for _ in range(width)]
        list(pool.map(work, launchers, [submissions[offset::width] for offset in range(width)]))


def judged_again(folder: Path, autograder: Path, took: float) -> Iterator[tuple[str, object]]:
    """The class once more, with tests that changed and ask the same, and what is kept of a submission."""
    changed = folder / "changed.zip"
    with zipfile.ZipFile(autograder) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name) + (b"\n# mended\n" if name == "tests/q1a.py" else b""))
    again = seconds(lambda: vaegan(folder / "class", changed, folder / "grades"))
    with sqlite3.connect(folder / "grades" / "grades.sqlite") as store:
        count, mean, largest = store.execute(
            "SELECT count(*), avg(length(transcript)), max(length(transcript)) FROM transcripts"
        ).fetchone()
    store.close()
    yield "judged again from transcripts, milliseconds a submission", round(1000 * again / count, 1)
    yield "judging again, times faster than running again", round(took / again, 1)
    yield "transcript, KiB a submission, mean and largest", f"{mean / 1024:.0f}, {largest / 1024:.0f}"


def beside_another(folder: Path, checkout: Path, students: int) -> Iterator[tuple[str, object]]:
    """The same class, graded in turns by this checkout and by another one."""
    made = {}
    for name, root in (("this", ROOT), ("that", checkout.resolve())):
        subprocess.run(
            [root / ".venv/bin/vaegan", "build", ASSIGNMENT, "-o", folder / name],
            cwd=root,
            check=True,
            capture_output=True,
        )
        made[name] = root / ".venv/bin/python", folder / name / ASSIGNMENT / "autograder.zip", root
    took: dict[str, list[float]] = {"this": [], "that": []}
    for turn in range(3):
        for name, (python, autograder, root) in made.items():
            output = folder / f"{name}-{turn}"
            command = [python, "-c", VAEGAN, "grade", folder / "class", "-a", autograder, "-o", output]
            took[name].append(seconds(partial(subprocess.run, command, cwd=root, check=True, capture_output=True)))
    ratio = statistics.median(took["this"]) / statistics.median(took["that"])
    yield "beside another checkout, milliseconds a submission here", round(1000 * min(took["this"]) / students, 1)
    yield "beside another checkout, milliseconds a submission there", round(1000 * min(took["that"]) / students, 1)
    yield "beside another checkout, ratio of the medians of three", round(ratio, 2)


def beside_otter(folder: Path, students: int, sample: int) -> Iterator[tuple[str, object]]:
    """Throughput and start-up, against otter and against the floor."""
    made = build(load(ASSIGNMENT, ROOT), folder / "dist")
    classic = build(load(ASSIGNMENT, ROOT), folder / "classic", classic=True)
    handed_in = tutorials(made, folder / "class", students)
    run = partial(otter, classic.autograder, folder)
    one = seconds(lambda: vaegan(handed_in[0], made.autograder, folder / "one"))
    ours = seconds(lambda: vaegan(folder / "class", made.autograder, folder / "grades"))
    pictures = autograders.load(made.autograder).pictures
    bare = seconds(lambda: floor(handed_in, pictures))
    each = [seconds(partial(run, path)) for path in handed_in[:sample]]
    theirs = statistics.median(each) * students
    with ThreadPoolExecutor(cores()) as pool:
        beside = seconds(lambda: list(pool.map(run, handed_in[: sample * cores()]))) / sample / cores() * students
    yield from judged_again(folder, made.autograder, ours)
    yield "students", students
    yield "vaegan grade, seconds", round(ours, 2)
    yield "vaegan grade, milliseconds a submission", round(1000 * ours / students, 1)
    yield "vaegan grade, one submission, cold, seconds", round(one, 2)
    yield "floor, seconds", round(bare, 2)
    yield "ratio to the floor", round(ours / bare, 2)
    yield f"otter run, median of {len(each)}, seconds", round(statistics.median(each), 2)
    yield "times faster than otter run, one after another", round(theirs / ours, 1)
    yield "times faster than otter run on all cores", round(beside / ours, 1)
    with cluster(folder) as dask:
        options = ("--scheduler", dask.address)
        # a cluster that exists is warm; the local pool starts anew each time
        vaegan(handed_in[0], made.autograder, folder / "warm", *options)
        there = seconds(lambda: vaegan(folder / "class", made.autograder, folder / "dask", *options))
    here = seconds(lambda: vaegan(folder / "class", made.autograder, folder / "pool", "-j", "2"))
    same = [(folder / each / "final_grades.csv").read_bytes() for each in ("dask", "pool")]
    assert same[0] == same[1], "Dask gives other grades"
    yield "Dask with 2 workers, ratio to 2 local workers", round(there / here, 2)


# What a submission's time is made of, by the functions of the grader that wait for it.
PARTS = {
    "fork, confine, bury": (Launcher.fork, Launcher.bury),
    "the notebook's own cells": (Session._exchange,),
    "the student's names and functions, asked by the plan": (Session.ask,),
    "judging, in its own process": (Judge.judge,),
}


def where_time_goes(folder: Path, sample: int) -> Iterator[tuple[str, object]]:
    """The milliseconds of a submission, by what they are spent on, with one worker."""
    autograder = autograders.load(folder / "dist" / ASSIGNMENT / "autograder.zip")
    read = [notebooks.read(path.read_bytes()) for path in sorted((folder / "class").iterdir())[: 4 * sample]]
    profile = cProfile.Profile()
    questions = planning.questions(autograder)
    with Launcher(Limits()) as launcher, Judge(autograder) as judge:

        def grade(notebook: notebooks.Notebook) -> Record:
            def run(cells: Sequence[str], asked: Questions) -> Transcript:
                return Session(launcher, cells, notebook.files, autograder.stubs).run(asked)

            cells = undrawn(notebook.code, autograder.pictures)
            transcript = second_run.confirmed(run(cells, questions), questions, cells, run)
            return grading.judged(Record(""), transcript, judge.judge(pack(transcript)))

        grade(read[0])
        with profile:
            whole = seconds(lambda: list(map(grade, read)))
    codes = {code: entry.totaltime for entry in profile.getstats() if isinstance(code := entry.code, CodeType)}
    parts = {part: sum(codes[function.__code__] for function in waiting) for part, waiting in PARTS.items()}
    parts["the rest, as slow as the profiler makes it"] = whole - sum(parts.values())
    for part, took in parts.items():
        yield f"profile of a submission, ms: {part}", round(1000 * took / len(read), 1)


def in_thousands(folder: Path, many: int) -> Iterator[tuple[str, object]]:
    """Whether time is linear and memory constant."""
    autograder = folder / "small.zip"
    corpus.write_autograder(autograder)
    took, peak = {}, {}
    for count in (many // 10, many):
        handed_in = small_notebooks(folder / f"small-{count}", count)
        start = time.perf_counter()
        peak[count] = vaegan(handed_in, autograder, folder / f"grades-{count}")
        took[count] = time.perf_counter() - start
        yield f"{count} small submissions, seconds", round(took[count], 1)
        yield f"{count} small submissions, peak memory of the parent, MiB", round(peak[count] / 1024)
    yield "time a submission, ratio", round(took[many] / took[many // 10] / 10, 2)
    yield "peak memory of the parent, ratio", round(peak[many] / peak[many // 10], 2)


def main() -> None:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--students", type=int, default=200)
    parser.add_argument("--sample", type=int, default=5)
    parser.add_argument("--many", type=int, default=10_000)
    parser.add_argument("--beside", type=Path, help="another checkout, to compare with")
    parser.add_argument("--output", type=Path, default=ROOT / "benchmarks" / "farm.json")
    options = parser.parse_args()
    figures: Figures = {
        "machine": f"{cores()} cores, {platform.machine()}, Linux {platform.release().split('-')[0]}",
        "load average before": round(os.getloadavg()[0], 2),
    }
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        folder = Path(scratch)
        measures = (
            beside_otter(folder, options.students, options.sample),
            beside_another(folder, options.beside, options.students) if options.beside else (),
            where_time_goes(folder, options.sample),
            in_thousands(folder, options.many),
        )
        for name, value in itertools.chain(*measures):
            figures[name] = value
            print(f"{name:70} {value}", flush=True)
    options.output.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
