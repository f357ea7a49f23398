"""Grading one submission: read it, run it in a child, judge each question where its check cell stands."""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from graders.answers.numeric import SEED_VARIABLE
from graders.batch import autograder as autograders
from graders.batch import judging, notebooks
from graders.batch.autograder import Autograder
from graders.batch.identity import student_of
from graders.batch.record import COMPLETED, QuestionResult, Record
from graders.batch.submissions import SUFFIXES
from graders.isolation.launcher import Launcher, SandboxError
from graders.isolation.limits import Limits
from graders.isolation.proxies import Names
from graders.isolation.session import CellOutcome, Session

_MAX_NOTES = 40
_MAX_CHECKS = 20


@dataclass(frozen=True)
class Settings:
    """What a grading run is done with, the same for every submission of it."""

    autograder: Path
    limits: Limits = field(default_factory=Limits)
    seed: int | None = None
    level: str | None = None
    hidden: tuple[Path, ...] = ()

    @property
    def secrets(self) -> tuple[Path, ...]:
        """What the student's process must not read."""
        return (self.autograder, *self.hidden)

    @property
    def key(self) -> str:
        """What the result of a submission depends on, apart from the submission: for the store."""
        digest = autograders.load(self.autograder).digest
        parts = (digest, repr(self.limits), repr(self.seed), repr(self.level))
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


@dataclass(frozen=True)
class Job:
    """A submission to grade: small, since it travels to other processes."""

    name: str
    path: Path
    settings: Settings


def grade(job: Job) -> Record:
    """Grade one submission. Whatever happens ends as a record; the sandbox itself failing is an exception."""
    start = time.monotonic()
    record = replace(_grade(job), student=student_of(job.path))
    return replace(record, seconds=round(time.monotonic() - start, 3))


_workers = threading.local()
_originals: dict[Settings, Launcher] = {}


@contextlib.contextmanager
def zygote(settings: Settings) -> Iterator[None]:
    """Start the zygote that workers forked from this process copy. It gets ready while this process goes on."""
    with Launcher(settings.limits, settings.secrets, settings.level) as launcher:
        _originals[settings] = launcher
        try:
            yield
        finally:
            _originals.clear()


def await_zygote() -> None:
    """Return when there is a zygote to copy, or none, so that workers have to start their own."""
    try:
        for launcher in _originals.values():
            launcher.wait()
    except SandboxError:
        _originals.clear()


def _launcher(settings: Settings) -> Launcher:
    """The zygote of this thread: started when first needed, ended with the process, whose socket it watches."""
    known: tuple[Settings, Launcher] | None = getattr(_workers, "launcher", None)
    if known is None or known[0] != settings:
        retire()
        _workers.launcher = known = (settings, _new_launcher(settings))
    return known[1]


def _new_launcher(settings: Settings) -> Launcher:
    with contextlib.suppress(SandboxError):
        if original := _originals.get(settings):
            twin = Launcher(settings.limits, settings.secrets, settings.level, twin_of=original)
            twin.wait()
            return twin
    return Launcher(settings.limits, settings.secrets, settings.level)


def retire() -> None:
    """End the zygote of this thread, if it has one."""
    known = getattr(_workers, "launcher", None)
    _workers.launcher = None
    if known is not None:
        known[1].close()


def _grade(job: Job) -> Record:
    autograder = autograders.load(job.settings.autograder)
    if job.settings.seed is not None:
        os.environ[SEED_VARIABLE] = str(job.settings.seed)
    try:
        content = job.path.read_bytes()
    except OSError as error:
        return Record(job.name, f"cannot be read: {error.strerror}")
    record = Record(job.name, sha256=hashlib.sha256(content).hexdigest())
    try:
        if job.path.suffix not in SUFFIXES:
            raise notebooks.NotReadable("No gradable files: this is neither a notebook nor a zip with one")
        notebook = notebooks.read(content, zipped=job.path.suffix == ".zip")
        if autograder.assignment and notebook.assignment not in (None, autograder.assignment):
            raise notebooks.NotReadable(
                f"a notebook of assignment {notebook.assignment!r}, not of {autograder.assignment!r}"
            )
    except notebooks.NotReadable as error:
        return replace(record, status=str(error))
    try:
        return run(record, notebook, autograder, _launcher(job.settings), job.settings.seed)
    except SandboxError:
        retire()  # once more with a new zygote; if that fails too, it is for a person
        return run(record, notebook, autograder, _launcher(job.settings), job.settings.seed)


def run(
    record: Record, notebook: notebooks.Notebook, autograder: Autograder, launcher: Launcher, seed: int | None
) -> Record:
    """Run the cells in a child and judge every question."""
    session = Session(launcher, notebook.cells, notebook.files, seed)
    names = Names(session)
    results: dict[str, QuestionResult] = {}

    checked: Counter[str] = Counter()

    def judge(question: str) -> None:
        if question not in autograder.tests:
            return
        checked[question] += 1
        if checked[question] > _MAX_CHECKS:
            # whoever checks in a loop is judged once, at the end
            results.pop(question, None)
        else:
            results[question] = judging.judge(autograder.tests[question], names)

    try:
        session.run(judge)
        for question in autograder.tests:
            if question not in results:
                results[question] = judging.judge(autograder.tests[question], names)
    finally:
        session.close()
    ordered = {question: results[question] for question in autograder.tests}
    return replace(
        record,
        status=_status(session, ordered),
        questions=ordered,
        level=launcher.level,
        notes=tuple(_notes(session)),
    )


def _status(session: Session, results: dict[str, QuestionResult]) -> str:
    """Completed, and in the same breath what was lost on the way or waits for a person."""
    waiting = [question for question, result in results.items() if result.grader_error]
    lost = [f"cell {number + 1}: {cell.lost}" for number, cell in sorted(session.outcomes.items()) if cell.lost]
    lost += list(session.lost.values())
    parts = [f"needs a person: the grader failed on {', '.join(waiting)}"] if waiting else [COMPLETED]
    return "; ".join(parts + lost[:3] + ([f"and {len(lost) - 3} more"] if len(lost) > 3 else []))


def _notes(session: Session) -> Sequence[str]:
    notes = []
    for number, cell in sorted(session.outcomes.items()):
        if note := _note(cell):
            notes.append(f"cell {number + 1}: {note}")
    notes += list(session.lost.values())
    if any(cell.cut for cell in session.outcomes.values()):
        notes.append(f"its output was cut after {session.launcher.limits.output >> 10} KiB")
    if session.restarts:
        notes.append(f"the process was restarted {session.restarts} times")
    return notes[:_MAX_NOTES]


def _note(cell: CellOutcome) -> str | None:
    if cell.lost:
        return cell.lost
    if cell.error is None:
        return None
    where = f" in line {cell.line}" if cell.line else ""
    return f"{cell.error}{where}: {cell.text[:300]}"
