"""The tables of the store, as the steps that made them: a store of any version is taken to the last one.

A step is never changed once it was released, and the next one is appended. Its parts are statements or functions.
Golden stores of every version are in `tests/graders/batch/stores/`.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence

from graders.batch.record import COMPLETED

Part = str | Callable[[sqlite3.Connection], None]


def migrate(connection: sqlite3.Connection) -> bool:
    """Take a store, or an empty file, to the last version, in the transaction that is open.

    False where it is neither: of a newer version, or somebody else's.
    """
    version = _version(connection)
    if version is None or version > len(STEPS):
        return False
    for step in STEPS[version:]:
        for part in step:
            if callable(part):
                part(connection)
            else:
                connection.execute(part)
    if version < len(STEPS):
        connection.execute(f"PRAGMA user_version = {len(STEPS)}")
    return True


def _version(connection: sqlite3.Connection) -> int | None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    if version or not tables:
        return int(version)
    columns = [column[1] for column in connection.execute("PRAGMA table_info(records)")]
    return 0 if (tables, columns) == (["records"], ["file", "sha256", "graded_with", "record"]) else None


def _set_aside(connection: sqlite3.Connection) -> None:
    """Before there were versions there was no class, so these records are in none."""
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'records'").fetchone():
        connection.execute("ALTER TABLE records RENAME TO records_without_a_class")


def _notes_and_status_as_data(connection: sqlite3.Connection) -> None:
    """Notes were sentences once; what waits for a person, or was lost, was told by the status besides."""
    rows = connection.execute("SELECT rowid, record FROM results").fetchall()
    for row, text in rows:
        data = json.loads(text)
        data["notes"] = [{"text": note} if isinstance(note, str) else note for note in data["notes"]]
        if data["questions"] and not data["failed"]:
            data["status"] = COMPLETED
        text = json.dumps(data, sort_keys=True)
        connection.execute("UPDATE results SET record = ? WHERE rowid = ?", (text, row))


def _run_as_data(connection: sqlite3.Connection) -> None:
    """A run has more to tell now, and will have more."""
    found = connection.execute("SELECT assignment, seed, possible FROM run").fetchone()
    connection.execute("DROP TABLE run")
    connection.execute("CREATE TABLE run (run TEXT NOT NULL)")
    if found:
        assignment, seed, possible = found
        data = {"assignment": assignment, "seed": seed, "possible": json.loads(possible)}
        connection.execute("INSERT INTO run VALUES (?)", (json.dumps(data, sort_keys=True),))


STEPS: Sequence[Sequence[Part]] = (
    (
        _set_aside,
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
    ),
    (
        """
        CREATE TABLE transcripts (
            sha256 TEXT NOT NULL,
            ran_with TEXT NOT NULL,
            digest TEXT NOT NULL,
            transcript BLOB NOT NULL,
            PRIMARY KEY (sha256, ran_with)
        )
        """,
    ),
    (
        _notes_and_status_as_data,
        _run_as_data,
        "ALTER TABLE class ADD COLUMN pending INTEGER NOT NULL DEFAULT 0",
        """
        CREATE TABLE events (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            at TEXT NOT NULL,
            who TEXT NOT NULL,
            kind TEXT NOT NULL,
            file TEXT NOT NULL,
            student TEXT NOT NULL,
            sha256 TEXT NOT NULL,
            question TEXT NOT NULL,
            case_name TEXT NOT NULL,
            payload TEXT NOT NULL
        )
        """,
        """
        CREATE TRIGGER events_are_not_changed BEFORE UPDATE ON events
        BEGIN SELECT RAISE(ABORT, 'events are only appended'); END
        """,
        """
        CREATE TRIGGER events_are_not_removed BEFORE DELETE ON events
        BEGIN SELECT RAISE(ABORT, 'events are only appended'); END
        """,
        """
        CREATE TABLE exported (
            path TEXT NOT NULL PRIMARY KEY,
            file TEXT NOT NULL,
            student TEXT NOT NULL,
            sha256 TEXT NOT NULL,
            graded_with TEXT NOT NULL
        )
        """,
        "INSERT INTO exported SELECT path, file, student, sha256, graded_with FROM class",
        "CREATE TABLE last_export (run TEXT NOT NULL, event INTEGER NOT NULL, changes TEXT NOT NULL)",
        "INSERT INTO last_export SELECT run, 0, '' FROM run",
    ),
    (
        "ALTER TABLE class ADD COLUMN owner TEXT NOT NULL DEFAULT '{}'",
        "DROP VIEW records",
        """
        CREATE VIEW records AS
            SELECT path, file, student, sha256, seconds, level, status, record, owner
            FROM class JOIN results USING (file, student, sha256, graded_with)
        """,
    ),
    ("ALTER TABLE last_export ADD COLUMN held_back INTEGER NOT NULL DEFAULT 0",),
)
