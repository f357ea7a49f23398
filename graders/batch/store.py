"""The store: one SQLite file with all that was ever graded into a folder, written in one transaction a record.

transcripts  what submissions answered, compressed, under their content and what they were run with: a test that is
             changed judges them again without running them
results      a record for each submission, under what it depends on: the content of the file, whose it is, and
             everything that it was graded with. So nothing is graded twice, not after a kill and not when only
             some files are new; and what a student handed in before is still there.
class        the files that were graded into the folder, each with its result and whose it is: what the grades are
             made of
run          what the last run graded with: assignment, points of the questions, seed
exported     the class as it was when pages and CSVs were last written, and `last_export` what else they show
events       what people decided, in order; only ever appended
records      a view, the results of the class: `select file, student, sha256, status from records`

The tables are in `schema.py`.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import hashlib
import json
import os
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any

from graders.batch import identity, record, schema, sheet
from graders.batch.event import Event, Subject
from graders.batch.identity import NOBODY, Owner
from graders.batch.record import Record
from graders.batch.sheet import Sheet
from graders.errors import SetupError
from graders.isolation.transcript import MAX_KEPT

FILE_NAME = "grades.sqlite"
# Seconds to wait for somebody else who writes: the pages of a large class are written in one transaction.
_PATIENCE = 120
_UNKNOWN = "{}"


@dataclass(frozen=True)
class Run:
    """What a run graded with, the same for each of its files. A new field needs a default, for older stores."""

    assignment: str
    seed: str
    possible: dict[str, float]
    """The points of each question."""
    at: str = ""
    """When it began, in UTC."""
    autograder: str = ""
    """The digest of the zip."""
    outline: str = ""
    """The sheet as `Sheet.to_json` writes it."""
    rubric: str = ""
    """Model answers and rubrics of the written parts, as Markdown."""

    @functools.cached_property
    def sheet(self) -> Sheet:
        """The parts of the sheet, in the order of the notebook."""
        if self.outline:
            return sheet.from_json(self.outline)
        parts = (sheet.Part(name, name, points, (name,)) for name, points in self.possible.items())
        return Sheet(self.assignment, tuple(parts))

    @property
    def written(self) -> dict[str, float]:
        """The points of each part that a person marks, in the order of the notebook."""
        return {part.name: part.points for part in self.sheet.parts if part.written}


@dataclass(frozen=True, order=True)
class Member:
    """A file of the class: where it was found, and under which name and whose it is in the class."""

    path: Path
    file: str
    student: str
    owner: Owner = field(default=NOBODY, compare=False)


@dataclass(frozen=True)
class Export:
    """What pages and CSVs were last made of, and the text that told what was new in them."""

    run: Run
    records: list[Record]
    event: int
    """The id of the last event that they show."""
    changes: str


class NoRoom(SetupError):
    """The disk is full: what was kept stays, and the same may be kept when there is room again."""


class Store:
    """The records of a folder of grades."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME
        with self._failures():
            self._connection = sqlite3.connect(self._path, isolation_level=None, timeout=_PATIENCE)
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = NORMAL")
            # pages: the log of a small disk must not be larger than what is kept
            self._connection.execute("PRAGMA wal_autocheckpoint = 200")
            with self._transaction():
                ours = schema.migrate(self._connection)
        if not ours:
            raise SetupError(
                f"{self._path} was written by a newer vaegan or by another program: use that, or another folder."
            )

    def find(self, file: str, student: str, sha256: str, graded_with: str) -> Record | None:
        """The record of this content of this student, if it was graded with the same and without a failure."""
        with self._failures():
            found = self._connection.execute(
                "SELECT record FROM results WHERE file = ? AND student = ? AND sha256 = ? AND graded_with = ?",
                tuple(map(_bound, (file, student, sha256, graded_with))),
            ).fetchone()
        kept = None if found is None else record.from_json(found[0])
        return None if kept is None or kept.failed else kept

    def begin(
        self,
        run: Run,
        known: Iterable[tuple[Path, Record]],
        graded_with: str,
        awaited: Iterable[Member] = (),
        leaving: Iterable[Path] = (),
    ) -> None:
        """Begin a run: from now on these files are in the class, and those that leave are not.

        `known` was graded before; what is awaited keeps the record that it has until the new one is kept.
        """
        with self._failures(), self._transaction():
            self._connection.execute("DELETE FROM run")
            self._connection.execute("INSERT INTO run VALUES (?)", (json.dumps(asdict(run), sort_keys=True),))
            self._remove(leaving)
            for path, graded in known:
                self._enrol(path, graded, graded_with)
            for member in awaited:
                row = (str(member.path), member.file, member.student, json.dumps(asdict(member.owner)))
                self._connection.execute(
                    "INSERT INTO class VALUES (?, ?, ?, '', '', 1, ?) "
                    "ON CONFLICT (path) DO UPDATE SET pending = 1",
                    tuple(map(_bound, row)),
                )

    def forget(self, paths: Iterable[Path]) -> None:
        """Take files out of the class. Their results stay, for the case that they are graded again."""
        with self._failures(), self._transaction():
            self._remove(paths)

    def _remove(self, paths: Iterable[Path]) -> None:
        rows = [(_bound(str(path)),) for path in paths]
        self._connection.executemany("DELETE FROM class WHERE path = ?", rows)

    def members(self) -> list[Member]:
        """The files of the class, sorted by path."""
        with self._failures():
            rows = self._connection.execute("SELECT path, file, student, owner FROM class").fetchall()
        members = []
        for path, *texts, owner in rows:
            file, student = map(_read, texts)
            # of a file from before owners were kept, only the name is known
            known = identity.owner_from(json.loads(owner)) if owner != _UNKNOWN else Owner(student)
            members.append(Member(Path(_read(path)), file, student, known))
        return sorted(members)

    def pending(self) -> int:
        """How many files of the class a run that was interrupted has not graded."""
        with self._failures():
            (count,) = self._connection.execute("SELECT count(*) FROM class WHERE pending").fetchone()
        return int(count)

    def append(self, event: Event) -> Event:
        """Keep an event; the same with its id. When this returns it is on the disk."""
        subject = event.subject
        row = (event.at, event.by, event.kind, subject.file, subject.student, subject.sha256, event.question)
        texts = (*row, event.case, json.dumps(dict(event.payload), sort_keys=True))
        with self.alone():
            done = self._connection.execute(
                "INSERT INTO events (at, who, kind, file, student, sha256, question, case_name, payload) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                tuple(map(_bound, texts)),
            )
        return replace(event, id=done.lastrowid or 0)

    def events(self) -> list[Event]:
        """All events, in the order in which they were kept."""
        with self._failures():
            rows = self._connection.execute(
                "SELECT id, at, who, kind, file, student, sha256, question, case_name, payload "
                "FROM events ORDER BY id"
            ).fetchall()
        events = []
        for number, *texts in rows:
            at, by, kind, file, student, sha256, question, case, payload = map(_read, texts)
            subject = Subject(file, student, sha256)
            events.append(Event(kind, subject, question, by, at, case, json.loads(payload), number))
        return events

    def answered(self, sha256: str, ran_with: str) -> bool:
        """Whether there is a transcript of this content that was run with the same."""
        with self._failures():
            return (
                self._connection.execute(
                    "SELECT 1 FROM transcripts WHERE sha256 = ? AND ran_with = ?", (sha256, ran_with)
                ).fetchone()
                is not None
            )

    def transcript(self, sha256: str, ran_with: str) -> bytes | None:
        """What this content answered when it was run with the same; nothing for what has no digest."""
        if not sha256:
            return None
        with self._failures():
            found = self._connection.execute(
                "SELECT digest, transcript FROM transcripts WHERE sha256 = ? AND ran_with = ?", (sha256, ran_with)
            ).fetchone()
        return found[1] if found and found[0] == hashlib.sha256(found[1]).hexdigest() else None

    def keep(
        self, path: Path, graded: Record, graded_with: str, ran_with: str = "", transcript: bytes | None = None
    ) -> None:
        """Keep the record of a file of the class, and its transcript, unless that is too large.

        A record of a grader that failed is not found again, and does not stand where another one will.
        """
        graded_with = f"{graded_with} failed" if graded.failed else graded_with
        texts = (graded.file, graded.student, graded.sha256, graded_with)
        row = (*texts, graded.seconds, graded.level, graded.described(graded.waiting), graded.to_json())
        with self._failures(), self._transaction():
            self._connection.execute(
                "INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?, ?, ?, ?, ?)", tuple(map(_bound, row))
            )
            if transcript is not None and len(transcript) <= MAX_KEPT:
                digest = hashlib.sha256(transcript).hexdigest()
                self._connection.execute(
                    "INSERT OR REPLACE INTO transcripts VALUES (?, ?, ?, ?)",
                    (graded.sha256, ran_with, digest, transcript),
                )
            self._enrol(path, graded, graded_with)

    def _enrol(self, path: Path, graded: Record, graded_with: str) -> None:
        row = (
            str(path),
            graded.file,
            graded.student,
            graded.sha256,
            graded_with,
            json.dumps(asdict(graded.owner)),
        )
        self._connection.execute(
            "INSERT OR REPLACE INTO class VALUES (?, ?, ?, ?, ?, 0, ?)", tuple(map(_bound, row))
        )

    def run(self) -> Run:
        """The last run that began."""
        with self._failures():
            found = self._connection.execute("SELECT run FROM run").fetchone()
        if found is None:
            raise SetupError(f"{self._path} holds no grades yet: `vaegan grade` makes them.")
        return Run(**json.loads(found[0]))

    def records(self) -> list[Record]:
        """The records of the class, sorted by file."""
        with self._failures():
            rows = self._connection.execute("SELECT record, owner FROM records ORDER BY file, path")
            return [
                replace(record.from_json(text), owner=identity.owner_from(json.loads(owner)))
                for text, owner in rows
            ]

    def paths(self) -> list[str]:
        """Where the file of each record is, as the folder of grades sees it, in the same order."""
        folder = self._path.resolve().parent
        with self._failures():
            rows = self._connection.execute("SELECT path FROM records ORDER BY file, path")
            return [os.path.relpath(_read(path), folder) for (path,) in rows]

    def earlier(self, records: Sequence[Record]) -> Export | None:
        """What was last exported; None where nothing was. `records` are those of the class, to read none twice."""
        with self._failures(), self.alone():
            found = self._connection.execute("SELECT run, event, changes FROM last_export").fetchone()
            paths = self._connection.execute("SELECT path FROM records ORDER BY file, path")
            now = {path: each for (path,), each in zip(paths, records, strict=True)}
            rows = self._connection.execute(
                "SELECT path, CASE WHEN class.sha256 IS NULL THEN record END "
                "FROM exported JOIN results USING (file, student, sha256, graded_with) "
                "LEFT JOIN class USING (path, file, student, sha256, graded_with) ORDER BY file, path"
            )
            before = [now[path] if text is None else record.from_json(text) for path, text in rows]
        return Export(Run(**json.loads(found[0])), before, found[1], found[2]) if found else None

    def held_back(self) -> bool:
        """Whether the last export kept the students' pages back."""
        with self._failures():
            found = self._connection.execute("SELECT held_back FROM last_export").fetchone()
        return bool(found and found[0])

    def exported(self, changes: str, *, held_back: bool = False) -> None:
        """Note that the class is exported as it is now, with this text of what is new in it."""
        with self.alone():
            run = json.dumps(asdict(self.run()), sort_keys=True)
            (event,) = self._connection.execute("SELECT coalesce(max(id), 0) FROM events").fetchone()
            for statement in (
                "DELETE FROM last_export",
                "DELETE FROM exported",
                "INSERT INTO exported SELECT path, file, student, sha256, graded_with FROM class",
            ):
                self._connection.execute(statement)
            row = (run, event, _bound(changes), held_back)
            self._connection.execute("INSERT INTO last_export VALUES (?, ?, ?, ?)", row)

    def graded_otherwise(self, graded_with: str) -> int:
        """How many files of the class were graded with something else."""
        with self._failures():
            (count,) = self._connection.execute(
                "SELECT count(*) FROM class JOIN results USING (file, student, sha256, graded_with) "
                "WHERE graded_with NOT IN (?, ?) AND NOT pending",
                (graded_with, f"{graded_with} failed"),
            ).fetchone()
        return int(count)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else writes meanwhile, and what is written meanwhile is kept as a whole. It may be nested."""
        if self._connection.in_transaction:
            yield
            return
        with self._failures():
            # what a person did can't be done again by a machine, so here it is worth the wait for the disk
            self._connection.execute("PRAGMA synchronous = FULL")
            with self._transaction():
                yield

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        """All of it or nothing, whatever ends this process in the middle."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            # a full disk has rolled back already
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    @contextlib.contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
                raise NoRoom(f"{self._path}: there is no room left on the disk.") from error
            raise SetupError(
                f"{self._path} cannot be used ({error}). Give another folder, or move the file away."
            ) from error


def existing(folder: Path) -> Store:
    """The store of a folder that was graded into; SetupError where there is none."""
    check(folder)
    return Store(folder)


def check(folder: Path) -> None:
    """SetupError where nothing was graded into a folder."""
    if not (folder / FILE_NAME).is_file():
        raise SetupError(f"{folder} holds no {FILE_NAME}: give the folder that `vaegan grade` wrote with -o.")


def _bound(value: Any) -> Any:
    """A value as SQLite takes it: a file name need not be text, and one that is not is kept as bytes."""
    if not isinstance(value, str):
        return value
    try:
        value.encode()
    except UnicodeEncodeError:
        return value.encode("utf-8", "surrogatepass")
    return value


def _read(value: Any) -> str:
    """The text that `_bound` gave."""
    return value.decode("utf-8", "surrogatepass") if isinstance(value, bytes) else str(value)


@contextlib.contextmanager
def copied(folder: Path) -> Iterator[Path]:
    """A temporary folder with a copy of the store of this one, if it has one, to try something with.

    Nothing is written beside the original, not even for a moment, unless somebody else is writing there.
    """
    with tempfile.TemporaryDirectory(prefix="vaegan-") as copy:
        if (folder / FILE_NAME).is_file():
            try:
                busy = (folder / f"{FILE_NAME}-wal").exists()
                address = f"{(folder / FILE_NAME).resolve().as_uri()}{'' if busy else '?immutable=1'}"
                with (
                    contextlib.closing(sqlite3.connect(address, uri=True)) as source,
                    contextlib.closing(sqlite3.connect(Path(copy) / FILE_NAME)) as target,
                ):
                    source.backup(target)
            except sqlite3.Error as error:
                raise SetupError(f"{folder / FILE_NAME} cannot be copied ({error}).") from error
        yield Path(copy)


@contextlib.contextmanager
def grading_into(folder: Path) -> Iterator[None]:
    """Keep other runs from grading into a folder; SetupError where one is under way.

    The lock is on the folder itself, so that nothing is left when this process is killed.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise SetupError(
            f"Another `vaegan grade` is grading into {folder}: wait until it is done, or give another folder."
        ) from None
    except OSError:
        pass  # a file system without locks: records of two runs are kept all the same
    try:
        yield
    finally:
        os.close(descriptor)
