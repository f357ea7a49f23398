"""The store: one SQLite file with a record for each submission, written in one transaction each.

A record is kept under what its result depends on, the content of the submission and of everything that it is
graded with, so the same work is never done twice: not after a kill, not when only some files are new.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

from graders.batch import record
from graders.batch.record import Record
from graders.errors import SetupError

FILE_NAME = "grades.sqlite"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS records (
    file TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    graded_with TEXT NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (file, sha256, graded_with)
)
"""


class Store:
    """The records of a folder of grades."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME
        try:
            self._connection = sqlite3.connect(self._path, isolation_level=None)
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._connection.execute(_SCHEMA)
        except sqlite3.Error as error:
            raise self._failure(error) from error

    def find(self, file: str, sha256: str, graded_with: str) -> Record | None:
        """The record of this content under this name, if it was graded with the same."""
        rows = self._connection.execute(
            "SELECT record FROM records WHERE file = ? AND sha256 = ? AND graded_with = ?",
            (file, sha256, graded_with),
        )
        found = rows.fetchone()
        return None if found is None else record.from_json(found[0])

    def keep(self, graded: Record, graded_with: str) -> None:
        """Keep a record."""
        try:
            self._connection.execute(
                "INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?)",
                (graded.file, graded.sha256, graded_with, graded.to_json()),
            )
        except sqlite3.Error as error:
            raise self._failure(error) from error

    def records(self, wanted: Iterable[tuple[str, str]], graded_with: str) -> list[Record]:
        """The records of these (file, sha256), in this order, without those that are not there."""
        found = (self.find(file, sha256, graded_with) for file, sha256 in wanted)
        return [each for each in found if each is not None]

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _failure(self, error: sqlite3.Error) -> SetupError:
        return SetupError(
            f"{self._path} cannot be used ({error}). Give another folder with -o, or remove the file."
        )
