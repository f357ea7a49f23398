"""Grading one submission: read it, run it in a child, and, when the child is gone, judge what it answered."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from graders.answers import numeric
from graders.batch import autograder as autograders
from graders.batch import code, names, notebooks, planning, prose, remarks, second_run, submissions
from graders.batch.autograder import Autograder
from graders.batch.identity import NOBODY, Owner
from graders.batch.judge import Judge
from graders.batch.pictures import undrawn
from graders.batch.record import Note, QuestionResult, Record
from graders.isolation.core import Core
from graders.isolation.launcher import Launcher, SandboxError
from graders.isolation.limits import Limits
from graders.isolation.plan import Questions
from graders.isolation.session import Session
from graders.isolation.transcript import MAX_KEPT, CellOutcome, Transcript, pack, unpack

_MAX_NOTES = 40
_OUT_OF_ORDER = (
    "what the answer needs was not there yet at its check, so it was judged after the last cell. Your notebook "
    "does not run from top to bottom: “Restart Kernel and Run All Cells” shows where it stops"
)


@dataclass(frozen=True)
class Settings:
    """What a grading run is done with, the same for every submission of it."""

    autograder: Path
    seed: int
    level: str | None = None
    """How children must be confined: a machine that can't do that grades nothing. None is the best to be had."""
    limits: Limits = field(default_factory=Limits)
    hidden: tuple[Path, ...] = ()

    @property
    def secrets(self) -> tuple[Path, ...]:
        """What the student's process must not read."""
        return (self.autograder, *self.hidden)


@dataclass(frozen=True)
class Job:
    """A submission to grade: small, since it travels to other processes."""

    name: str
    path: Path
    settings: Settings
    owner: Owner = NOBODY
    sha256: str = ""
    """Of the content when it was looked up."""

    @property
    def student(self) -> str:
        """The owner's name."""
        return self.owner.name


@dataclass(frozen=True)
class Graded:
    """What grading gave: the record, and where the submission was run its transcript, packed, unless too large."""

    record: Record
    transcript: bytes | None = None
    plan: str = ""
    """The digest of what was asked; empty where nothing was run."""


def grade(job: Job, kept: bytes | None = None) -> Graded:
    """Grade one submission, from the transcript of an earlier run if there is one of the same content.

    Whatever happens ends as a record; the sandbox itself failing is an exception.
    """
    start = time.monotonic()
    graded = _grade(job, kept)
    record = replace(graded.record, student=job.student, seconds=round(time.monotonic() - start, 3))
    return replace(graded, record=record)


class _Worker:
    """What a thread that grades has to itself: a zygote and a judge, each started when it is first needed."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.autograder = autograders.load(settings.autograder)
        with numeric.seeded(settings.seed):
            self.questions = planning.questions(self.autograder)
            self.judge = Judge(self.autograder)
        self._core = Core()
        self._launcher: Launcher | None = None

    def run(self, notebook: notebooks.Notebook) -> Transcript:
        """Run a notebook, and again for what the student is shown."""

        def run(cells: Sequence[str], questions: Questions) -> Transcript:
            return self._run(cells, notebook.files, questions)

        cells = undrawn(notebook.code, self.autograder.pictures)
        return second_run.confirmed(run(cells, self.questions), self.questions, cells, run)

    def _run(self, cells: Sequence[str], files: Mapping[str, str], questions: Questions) -> Transcript:
        """Run cells; once more with a new zygote where the first is gone."""
        for last in (False, True):
            try:
                self._launcher = self._launcher or _new_launcher(self.settings, self._core.number)
                session = Session(self._launcher, cells, files, self.autograder.stubs)
                return session.run(questions)
            except SandboxError:
                self.close_launcher()
                if last:
                    raise
        raise AssertionError

    def close_launcher(self) -> None:
        """End the zygote."""
        if self._launcher is not None:
            self._launcher.close()
            self._launcher = None

    def close(self) -> None:
        """End both."""
        self.close_launcher()
        self.judge.close()
        self._core.close()


_workers = threading.local()
_originals: dict[Settings, Launcher] = {}


def _worker(settings: Settings) -> _Worker:
    known: _Worker | None = getattr(_workers, "worker", None)
    if known is None or known.settings != settings:
        retire()
        _workers.worker = known = _Worker(settings)
    return known


def retire() -> None:
    """End the zygote and the judge of this thread, if it has them."""
    known: _Worker | None = getattr(_workers, "worker", None)
    _workers.worker = None
    if known is not None:
        known.close()


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


def _new_launcher(settings: Settings, core: int | None) -> Launcher:
    with contextlib.suppress(SandboxError):
        if original := _originals.get(settings):
            twin = Launcher(settings.limits, settings.secrets, settings.level, original, core)
            twin.wait()
            return twin
    return Launcher(settings.limits, settings.secrets, settings.level, core=core)


def _grade(job: Job, kept: bytes | None) -> Graded:
    worker = _worker(job.settings)
    try:
        content, digest = submissions.load(job.path)
    except OSError as error:
        return Graded(Record(job.name, f"cannot be read: {error.strerror}"))
    record = Record(job.name, sha256=digest, seed=str(job.settings.seed))
    # the file may have changed since the transcript was looked up; under another name it may be no submission
    same = job.sha256 == digest and notebooks.told_by_content(content, job.path.name)
    transcript = unpack(kept) if kept and same else None
    try:
        notebook = notebooks.read(content, job.path.name, worker.autograder.wanted)
        check_assignment(notebook, worker.autograder)
    except notebooks.NotReadable as error:
        return Graded(replace(record, status=str(error)))
    source = seen(notebook, worker.autograder)
    words = prose.answers(notebook.cells, worker.autograder.sheet)
    record = replace(record, code=code_of(notebook, worker.questions), answers=words)
    if kept and transcript is not None and transcript.plan == worker.questions.digest:
        return Graded(judged(record, transcript, worker.judge.judge(kept), source))
    transcript = worker.run(notebook)
    packed = pack(transcript)
    graded = judged(record, transcript, worker.judge.judge(packed), source)
    # what is too large to be kept must not wait in the parent, beside that of all other workers
    return Graded(graded, packed if len(packed) <= MAX_KEPT else None, transcript.plan)


def check_assignment(notebook: notebooks.Notebook, autograder: Autograder) -> None:
    """Raise `NotReadable` for a notebook of another assignment."""
    if autograder.assignment and notebook.assignment not in (None, autograder.assignment):
        raise notebooks.NotReadable(
            f"a notebook of assignment {notebook.assignment!r}, not of {autograder.assignment!r}"
        )


def code_of(notebook: notebooks.Notebook, questions: Questions) -> dict[str, tuple[str, ...]]:
    """The student's own code for each question."""
    return code.by_question(notebook.code, {name: plan.names for name, plan in questions.plans.items()})


def seen(notebook: notebooks.Notebook, autograder: Autograder) -> list[Note]:
    """What the source of a submission shows of its names, known before anything of it runs."""
    questions = {part.name: part.names for part in autograder.sheet.parts if not part.written}
    found = remarks.remarks(names.read(notebook.code), autograder.sheet.symbols, questions)
    return [Note(each.cell, line=each.line, early=True, remark=each.text) for each in found]


def judged(
    record: Record, transcript: Transcript, results: dict[str, QuestionResult], source: Sequence[Note] = ()
) -> Record:
    """The record of a submission that ran and was judged, with what its source shows."""
    return replace(
        record,
        questions=results,
        level=transcript.level,
        notes=(*_notes(transcript, results), *source),
    )


def _notes(transcript: Transcript, results: Mapping[str, QuestionResult]) -> Sequence[Note]:
    late = [name for name, result in results.items() if any(case.late for case in result.cases)]
    notes = [Note(remark=f"{', '.join(late)}: {_OUT_OF_ORDER}")] if late else []
    notes += [_note(number, cell) for number, cell in enumerate(transcript.cells, 1) if cell.lost or cell.error]
    notes += [Note(lost=reason) for reason in transcript.lost]
    if transcript.restarts:
        notes.append(Note(text=f"the process was restarted {transcript.restarts} times"))
    # what was lost is told first of all
    kept = sorted(sorted(range(len(notes)), key=lambda i: not notes[i].lost)[:_MAX_NOTES])
    return [notes[i] for i in kept]


def _note(number: int, cell: CellOutcome) -> Note:
    error, text = cell.error or "", cell.text[:300]
    return Note(number, cell.lost or "", error, text, cell.line, cell.before_questions)
