"""The store: one SQLite file with all that was ever graded into a folder, written in one transaction a record.

transcripts  what submissions answered, compressed, under their content and what they were run with: a test that is
          changed judges them again without running them
results   a record for each submission, under what it depends on: the content of the file, whose it is, and
          everything that it was graded with. So nothing is graded twice, not after a kill and not when only some
          files are new; and what a student handed in before is still there.
class     the files of the last run, each with its result: what the grades of the folder are made of
run       what the last run graded: assignment, points of the questions, seed, number of files
records   a view, the results of the class: `select file, student, sha256, status from records`
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from graders.batch import record
from graders.batch.record import Record
from graders.errors import SetupError
from graders.isolation.transcript import MAX_KEPT

FILE_NAME = "grades.sqlite"
VERSION = 2
_TRANSCRIPTS = """
    CREATE TABLE transcripts (
        sha256 TEXT NOT NULL,
        ran_with TEXT NOT NULL,
        digest TEXT NOT NULL,
        transcript BLOB NOT NULL,
        PRIMARY KEY (sha256, ran_with)
    )
    """
_SCHEMA = (
    _TRANSCRIPTS,
    """
    CREATE TABLE results (
        file TEXT NOT NULL,
        student TEXT NOT NULL,
        sha256 TEXT NOT NULL,
        graded_with TEXT NOT NULL,
        seconds REAL NOT NULL,
        level TEXT NOT NULL,
        status TEXT NOT NULL,
        record TEXT NOT NULL,
        PRIMARY KEY (file, student, sha256, graded_with)
    )
    """,
    """
    CREATE TABLE class (
        path TEXT NOT NULL PRIMARY KEY,
        file TEXT NOT NULL,
        student TEXT NOT NULL,
        sha256 TEXT NOT NULL,
        graded_with TEXT NOT NULL
    )
    """,
    """
    CREATE TABLE run (
        assignment TEXT NOT NULL,
        seed TEXT NOT NULL,
        possible TEXT NOT NULL,
        files INTEGER NOT NULL
    )
    """,
    """
    CREATE VIEW records AS
        SELECT path, file, student, sha256, seconds, level, status, record
        FROM class JOIN results USING (file, student, sha256, graded_with)
    """,
    f"PRAGMA user_version = {VERSION}",
)


@dataclass(frozen=True)
class Run:
    """What a run graded, the same for each of its files."""

    assignment: str
    seed: str
    possible: dict[str, float]
    """The points of each question."""
    files: int
    """How many were handed in, also those that are not graded yet."""


class NoRoom(SetupError):
    """The disk is full: what was kept stays, and the same may be kept when there is room again."""


class Store:
    """The records of a folder of grades."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME
        with self._failures():
            self._connection = sqlite3.connect(self._path, isolation_level=None)
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = NORMAL")
            # pages: the log of a small disk must not be larger than what is kept
            self._connection.execute("PRAGMA wal_autocheckpoint = 200")
            with self._transaction():
                self._prepare()

    def _prepare(self) -> None:
        (tables,) = self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        if not tables:
            for statement in _SCHEMA:
                self._connection.execute(statement)
        elif version == 1:
            self._connection.execute(_TRANSCRIPTS)
            self._connection.execute(f"PRAGMA user_version = {VERSION}")
        elif version != VERSION:
            raise SetupError(
                f"{self._path} was written by another version of vaegan: move it away, or give another folder, "
                "and grade again."
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

    def begin(self, run: Run, known: Iterable[tuple[Path, Record]], graded_with: str) -> None:
        """Begin a run: from now on the class is these files, graded before, and what is kept from now on."""
        possible = json.dumps(run.possible)
        with self._failures(), self._transaction():
            self._connection.execute("DELETE FROM class")
            self._connection.execute("DELETE FROM run")
            self._connection.execute(
                "INSERT INTO run VALUES (?, ?, ?, ?)", (_bound(run.assignment), run.seed, possible, run.files)
            )
            for path, graded in known:
                self._enrol(path, graded, graded_with)

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

        A record of a grader that failed is not found again.
        """
        texts = (graded.file, graded.student, graded.sha256, graded_with)
        row = (*texts, graded.seconds, graded.level, graded.status, graded.to_json())
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
        row = (str(path), graded.file, graded.student, graded.sha256, graded_with)
        self._connection.execute("INSERT OR REPLACE INTO class VALUES (?, ?, ?, ?, ?)", tuple(map(_bound, row)))

    def run(self) -> Run:
        """The last run that began."""
        with self._failures():
            found = self._connection.execute("SELECT assignment, seed, possible, files FROM run").fetchone()
        if found is None:
            raise SetupError(f"{self._path} holds no grades yet: `vaegan grade` makes them.")
        assignment, seed, possible, files = found
        return Run(assignment, seed, json.loads(possible), files)

    def records(self) -> list[Record]:
        """The records of the class, sorted by file."""
        with self._failures():
            rows = self._connection.execute("SELECT record FROM records ORDER BY file, path")
            return [record.from_json(text) for (text,) in rows]

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
    if not (folder / FILE_NAME).is_file():
        raise SetupError(f"{folder} holds no {FILE_NAME}: give the folder that `vaegan grade` wrote with -o.")
    return Store(folder)


def _bound(value: Any) -> Any:
    """A value as SQLite takes it: a file name need not be text, and one that is not is kept as bytes."""
    if not isinstance(value, str):
        return value
    try:
        value.encode()
    except UnicodeEncodeError:
        return value.encode("utf-8", "surrogatepass")
    return value
