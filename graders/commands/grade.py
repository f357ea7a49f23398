"""`vaegan grade`."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from graders.batch.grading import Job
    from graders.batch.record import Record
    from graders.batch.runner import MakeExecutor
    from graders.batch.store import Store

_INTERRUPTED = 130
_FAILED = 1
_ROOM_SECONDS = 2.0
_LIMIT = click.FloatRange(min=0, min_open=True)


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(path_type=Path))
@click.option(
    "-a", "--autograder", required=True, type=click.Path(path_type=Path), help="autograder.zip of the build."
)
@click.option(
    "-o", "--output", default=Path("grades"), show_default=True, type=click.Path(path_type=Path), metavar="GRADES"
)
@click.option(
    "-j", "--jobs", "jobs_at_once", type=click.IntRange(min=1), help="How many at a time; all cores by default."
)
@click.option("--scheduler", metavar="ADDRESS", help="Grade on the Dask cluster with this scheduler.")
@click.option("--seed", type=click.IntRange(min=0), help="Seed of the hidden tests' inputs, for that of the zip.")
@click.option("--allow-reduced-sandbox", is_flag=True, help="Grade although this machine can't confine fully.")
@click.option("--cell-seconds", type=_LIMIT, default=30.0, show_default=True, help="Limit of a cell.")
@click.option("--call-seconds", type=_LIMIT, default=10.0, show_default=True, help="Limit of a function call.")
@click.option("--notebook-seconds", type=_LIMIT, default=120.0, show_default=True, help="Limit of a notebook.")
@click.option("--memory", type=click.IntRange(min=256), default=2048, show_default=True, help="MiB of memory.")
@click.option("--files", type=click.IntRange(min=1), default=64, show_default=True, help="MiB of files.")
@click.option("--only", is_flag=True, help="From now on the class is these files; others leave it.")
@click.option("--dry-run", is_flag=True, help="Only say whose points would be others; write nothing.")
def grade(
    paths: tuple[Path, ...],
    autograder: Path,
    output: Path,
    jobs_at_once: int | None,
    scheduler: str | None,
    seed: int | None,
    allow_reduced_sandbox: bool,
    cell_seconds: float,
    call_seconds: float,
    notebook_seconds: float,
    memory: int,
    files: int,
    only: bool,
    dry_run: bool,
) -> None:
    """Grade notebooks, exported zips, or folders of them, and write GRADES: CSVs, feedback, a report, the store.

    Every file gets its row; what cannot be graded gets zeros and a grading_status that says why. Student code runs
    confined, in a process that has neither the hidden tests nor the solutions, and is judged when it is gone. What
    was graded before, with the same autograder, is not graded again: interrupted, the same command goes on where
    it was. After a change of the tests, what submissions answered is judged again without running them.

    The class is all that was graded into GRADES. What differs from what was written last (whose points, in which
    case, and why) is said before anything is written, and is in changes.csv.
    """
    # every core has its worker already, and threads of a linear algebra library that wait would slow them all down
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from graders.answers import numeric
    from graders.batch import autograder as autograders
    from graders.batch import grading, keys, planning, roster, runner, submissions
    from graders.batch.store import FILE_NAME, Member, Run, Store, copied, grading_into
    from graders.errors import SetupError
    from graders.isolation.levels import FULL, MEANING, NONE, check_level
    from graders.isolation.limits import MIB, Limits
    from graders.results import export, gradebook, standing

    drawn = autograders.seed_in(autograder) if seed is None and numeric.SEED_VARIABLE not in os.environ else seed
    seed = numeric.seed() if drawn is None else drawn
    found = submissions.find(paths, skipped=lambda reason: click.echo(gradebook.safe(reason), err=True))
    limits = Limits(cell_seconds, call_seconds, notebook_seconds, memory * MIB, files * MIB)
    with contextlib.ExitStack() as resources:
        resources.enter_context(numeric.seeded(seed))
        folder = resources.enter_context(copied(output)) if dry_run else output
        hidden = tuple(sorted({output.resolve(), folder.resolve(), *(each.folder for each in found)}))
        level = check_level(allow_reduced_sandbox, (autograder.resolve(), folder, *paths))
        settings = grading.Settings(autograder.resolve(), seed, level, limits, hidden)
        if level == NONE:
            click.echo(f"Warning: {MEANING[NONE]}. Grade only what you have read.", err=True)
        # where a class was graded before there may be nothing to run
        fresh = not (folder / FILE_NAME).exists()
        if not scheduler and fresh:
            resources.enter_context(grading.zygote(settings))
        loaded = autograders.load(settings.autograder)
        plan = planning.questions(loaded).digest
        for question, planned in planning.planned(loaded).items():
            for case, reason in planned.failures.items():
                click.echo(f"{question}: {case!r} fails on its own reference answers: {reason}"[:500], err=True)
        ran_with = keys.ran_with(plan, loaded, limits, level)
        graded_with = keys.judged_with(ran_with, loaded.digest, settings.seed)
        try:
            folder.mkdir(mode=0o777 if level == FULL else 0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise SetupError(f"{folder} cannot be made: {error.strerror}. Give another folder with -o.") from error
        resources.enter_context(grading_into(folder))
        store = resources.enter_context(Store(folder))
        export.check(folder)  # a folder that can't be written is told now, not an hour later
        at = datetime.now(UTC).isoformat(timespec="seconds")
        name, drawn_from = loaded.assignment or "", str(settings.seed)
        outline = loaded.sheet.to_json()
        run = Run(name, drawn_from, loaded.possible, at, loaded.digest, outline, loaded.rubric)
        standing.rubrics_of(run)  # one that can't be read is told now
        members = store.members()
        if members and not only:
            roster.check_assignment(run, store.run(), folder)
        found = roster.recognised(found, members)
        leaving = roster.others(found, members) if only else roster.replaced(found, paths, members)
        jobs = [
            grading.Job(each.name, each.path, settings, each.owner, submissions.digest(each.path))
            for each in found
        ]
        known, todo = _split(jobs, store, graded_with)
        awaited = [Member(job.path, job.name, job.student, job.owner) for job in todo]
        store.begin(run, known, graded_with, awaited, leaving)
        if known:
            click.echo(f"{len(known)} of {len(found)} were graded before.", err=True)
        if not (scheduler or fresh or all(store.answered(each.sha256, ran_with) for each in todo)):
            resources.enter_context(grading.zygote(settings))
        ran = 0

        def kept(job: Job) -> bytes | None:
            return store.transcript(job.sha256, ran_with)

        try:
            here: tuple[MakeExecutor, int] = runner.local, min(jobs_at_once or runner.cores(), max(len(todo), 1))
            make, width = resources.enter_context(runner.cluster(scheduler)) if scheduler else here
            progress = _progress(len(todo))
            for job, graded in runner.run(todo, kept, make, width):
                record = _identified(graded.record, job)
                with_plan = keys.ran_with(graded.plan, loaded, limits, level)
                _keep(store, job.path, record, graded_with, with_plan, graded.transcript)
                ran += bool(graded.plan)
                next(progress)
        except KeyboardInterrupt:
            click.echo("\nInterrupted: the same command goes on from here.", err=True)
            sys.exit(_INTERRUPTED)
        finally:
            if dry_run:
                click.echo(export.news(store))
            else:
                cohort = export.export(store, folder, click.echo)
                written = export.told(store, output)
        otherwise = store.graded_otherwise(graded_with)
    if todo:
        click.echo(f"{len(todo)} judged, of which {ran} had to be run.", err=True)
    if otherwise:
        click.echo(f"{otherwise} others were graded with another zip, seed or limits: grade them again.", err=True)
    if dry_run:
        return
    click.echo(gradebook.table(cohort))
    waiting = [each for each in cohort.standings if each.needs_person]
    ungraded = sum(not each.record.questions for each in cohort.standings)
    click.echo(f"{len(cohort.standings)} submissions, {ungraded} of them without a result.")
    click.echo(written)
    if unmarked := sum(len(each.unmarked) for each in cohort.standings):
        click.echo(
            f"{unmarked} written answers are not marked: `vaegan written {output}` makes the page for that."
        )
    if waiting:
        click.echo(f"{len(waiting)} wait for a person: the grader failed on them.", err=True)
        sys.exit(_FAILED)


def _split(jobs: Sequence[Job], store: Store, graded_with: str) -> tuple[list[tuple[Path, Record]], list[Job]]:
    """What the store knows, and what is to be done."""
    known, todo = [], []
    for job in jobs:
        record = store.find(job.name, job.student, job.sha256, graded_with)
        if record is None:
            todo.append(job)
        else:
            known.append((job.path, replace(record, owner=job.owner)))
    return known, todo


def _keep(store: Store, *kept: Any) -> None:
    """Keep what was graded, as soon as there is room for it."""
    from graders.batch.store import NoRoom

    while True:
        try:
            return store.keep(*kept)
        except NoRoom as full:
            click.echo(f"{full.message} Waiting: make room, or stop and run the same command later.", err=True)
            time.sleep(_ROOM_SECONDS)


def _identified(record: Record, job: Job) -> Record:
    """The record with whose file it is, and what it lacks where the grader failed before it knew."""
    record = replace(record, owner=job.owner)
    return replace(record, student=job.student, sha256=job.sha256) if record.failed else record


def _progress(total: int) -> Iterator[None]:
    """Tell how far it is: one line that is rewritten on a terminal, a line now and then elsewhere."""
    start, terminal = time.monotonic(), sys.stderr.isatty()
    step = max(1, total // 10)
    for done in range(1, total + 1):
        left = (time.monotonic() - start) / done * (total - done)
        line = f"{done} of {total} graded, {left:.0f} s to go"
        if terminal:
            click.echo(f"\r{line}  ", nl=done == total, err=True)
        elif done % step == 0 or done == total:
            click.echo(line, err=True)
        yield
    yield
