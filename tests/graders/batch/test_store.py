from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from graders.batch import schema, store
from graders.batch.event import Event, Subject
from graders.batch.record import CaseResult, Note, QuestionResult, Record
from graders.batch.store import Member, Run, Store
from graders.errors import SetupError
from graders.isolation.transcript import MAX_KEPT

RUN = Run("vaes_and_gans", "6", {"q1": 2.0}, "2026-11-25T03:00:00+00:00", "zip")
SET_ASIDE = "records_without_a_class"
STORES = Path(__file__).parent / "stores"


def record(file: str, student: str = "Ada", sha256: str = "aa", **changes: Any) -> Record:
    questions = {"q1": QuestionResult(2.0, 2.0, (CaseResult("q1: a", 2.0, True, True, "passed"),))}
    return Record(file, questions=questions, student=student, sha256=sha256, **changes)


def query(folder: Path, statement: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(folder / store.FILE_NAME)
    try:
        return connection.execute(statement).fetchall()
    finally:
        connection.close()


def test_who_handed_in_what_is_one_query(tmp_path: Path) -> None:
    with Store(tmp_path) as kept:
        kept.begin(RUN, [], "key")
        kept.keep(Path("/b.ipynb"), record("b.ipynb", seconds=1.5, level="full"), "key")
        kept.keep(Path("/a.zip"), Record("a.zip", "not a zip file", student="Bob", sha256="bb"), "key")
    assert query(tmp_path, "SELECT file, student, sha256, seconds, level, status FROM records ORDER BY file") == [
        ("a.zip", "Bob", "bb", 0.0, "", "not a zip file"),
        ("b.ipynb", "Ada", "aa", 1.5, "full", "Completed"),
    ]


def test_what_was_kept_is_found_and_what_a_run_was_is_told(tmp_path: Path) -> None:
    graded = record("a.ipynb", notes=(Note(1, error="NameError", text="x"),))
    with Store(tmp_path) as kept:
        kept.begin(RUN, [], "key")
        kept.keep(Path("/a.ipynb"), graded, "key")
    with store.existing(tmp_path) as kept:
        assert kept.run() == RUN
        assert kept.records() == [graded]
        assert kept.find("a.ipynb", "Ada", "aa", "key") == graded
        assert kept.find("a.ipynb", "Ada", "aa", "another") is None
        assert kept.find("a.ipynb", "Ada", "bb", "key") is None


def test_a_file_handed_in_again_is_in_the_class_once(tmp_path: Path) -> None:
    path = Path("/a.ipynb")
    with Store(tmp_path) as kept:
        kept.begin(RUN, [], "old")
        kept.keep(path, record("a.ipynb"), "old")
        kept.begin(RUN, [], "new")
        kept.keep(path, record("a.ipynb"), "new")
        kept.begin(RUN, [(path, record("a.ipynb"))], "new")
        kept.keep(path, record("a.ipynb", sha256="bb"), "new")
        assert [each.sha256 for each in kept.records()] == ["bb"]
    assert query(tmp_path, "SELECT count(*) FROM results") == [(3,)]


def test_a_class_is_what_was_graded_into_the_folder(tmp_path: Path) -> None:
    a, b, c = Path("/a.ipynb"), Path("/b.ipynb"), Path("/c.ipynb")
    with Store(tmp_path) as kept:
        kept.begin(RUN, [], "key")
        kept.keep(a, record("a.ipynb"), "key")
        kept.keep(b, record("b.ipynb"), "key")
        kept.begin(RUN, [(c, record("c.ipynb"))], "key")
        kept.keep(c, record("c.ipynb"), "key")
        assert [each.file for each in kept.records()] == ["a.ipynb", "b.ipynb", "c.ipynb"]
        kept.begin(RUN, [(c, record("c.ipynb"))], "key", leaving=[b])
        assert [each.file for each in kept.records()] == ["a.ipynb", "c.ipynb"]
        kept.forget([a])
        assert kept.members() == [Member(c, "c.ipynb", "Ada")]
        assert kept.find("a.ipynb", "Ada", "aa", "key") is not None


def test_what_is_awaited_keeps_the_record_that_it_has(tmp_path: Path) -> None:
    a, b = Path("/a.ipynb"), Path("/b.ipynb")
    with Store(tmp_path) as kept:
        kept.begin(RUN, [], "old", [Member(a, "a.ipynb", "Ada")])
        assert kept.pending() == 1 and kept.records() == []
        kept.keep(a, record("a.ipynb"), "old")
        assert kept.pending() == 0
        kept.begin(RUN, [], "new", [Member(a, "a.ipynb", "Ada"), Member(b, "b.ipynb", "Bob")])
        assert kept.pending() == 2 and [each.sha256 for each in kept.records()] == ["aa"]
        kept.keep(a, record("a.ipynb", sha256="bb"), "new")
        assert kept.pending() == 1 and [each.sha256 for each in kept.records()] == ["bb"]


def test_the_same_file_of_two_students_is_two_records(tmp_path: Path) -> None:
    with Store(tmp_path) as kept:
        kept.begin(RUN, [], "key")
        kept.keep(Path("/two/v.ipynb"), record("v.ipynb", "Bob"), "key")
        kept.keep(Path("/one/v.ipynb"), record("v.ipynb", "Ada"), "key")
        kept.keep(Path("/three/v.ipynb"), record("v.ipynb", "Ada"), "key")
        assert [each.student for each in kept.records()] == ["Ada", "Ada", "Bob"]


def test_what_the_grader_failed_on_is_in_the_class_but_graded_again(tmp_path: Path) -> None:
    broken = record("a.ipynb", status="the grader failed", failed=True)
    with Store(tmp_path) as kept:
        kept.begin(RUN, [], "key")
        kept.keep(Path("/a.ipynb"), broken, "key")
        assert kept.records() == [broken]
        assert kept.find("a.ipynb", "Ada", "aa", "key") is None


@pytest.mark.parametrize("name", ["\udcff.ipynb", "\ud800", "a\x00b", "'; DROP TABLE results; --", "\U0001f600"])
def test_any_name_is_kept(name: str, tmp_path: Path) -> None:
    graded = record(name, student=name, status=name)
    with Store(tmp_path) as kept:
        kept.begin(RUN, [(Path(f"/{name}"), graded)], "key")
        kept.keep(Path(f"/{name}"), graded, "key")
        assert kept.records() == [graded]
        assert kept.find(name, name, "aa", "key") == graded


def test_a_run_that_is_interrupted_before_it_began_changes_nothing(tmp_path: Path) -> None:
    def known() -> Iterator[tuple[Path, Record]]:
        yield Path("/b.ipynb"), record("b.ipynb")
        raise KeyboardInterrupt

    with Store(tmp_path) as kept:
        kept.begin(RUN, [], "key")
        kept.keep(Path("/a.ipynb"), record("a.ipynb"), "key")
        with pytest.raises(KeyboardInterrupt):
            kept.begin(RUN, known(), "key")
        assert [each.file for each in kept.records()] == ["a.ipynb"]


def test_a_transcript_is_kept_with_its_record_unless_it_is_large_or_damaged(tmp_path: Path) -> None:
    with Store(tmp_path) as kept:
        kept.begin(RUN, [], "key")
        kept.keep(Path("/a.ipynb"), record("a.ipynb"), "key", "ran", b"answers")
        kept.keep(Path("/b.ipynb"), record("b.ipynb", sha256="bb"), "key", "ran", bytes(MAX_KEPT + 1))
        kept.keep(Path("/c.ipynb"), record("c.ipynb", sha256="cc"), "key", "ran", b"answers")
        assert kept.transcript("aa", "ran") == b"answers"
        assert kept.transcript("aa", "another") is None
        assert kept.transcript("bb", "ran") is None
    connection = sqlite3.connect(tmp_path / store.FILE_NAME)
    connection.execute("UPDATE transcripts SET transcript = x'00' WHERE sha256 = 'cc'")
    connection.commit()
    connection.close()
    with Store(tmp_path) as kept:
        assert kept.transcript("cc", "ran") is None


def of_version(version: int, folder: Path) -> None:
    connection = sqlite3.connect(folder / store.FILE_NAME)
    connection.executescript((STORES / f"version_{version}.sql").read_text(encoding="utf-8"))
    connection.close()


def test_there_is_a_golden_store_of_every_earlier_version() -> None:
    names = {f"version_{version}.sql" for version in range(len(schema.STEPS))}
    assert {path.name for path in STORES.iterdir()} == names


@pytest.mark.parametrize("version", range(1, len(schema.STEPS)))
def test_a_store_of_an_earlier_version_is_taken_on(version: int, tmp_path: Path) -> None:
    of_version(version, tmp_path)
    for _ in range(2):
        with Store(tmp_path) as kept:
            assert kept.run() == Run("vaes_and_gans", "6", {"q1": 3.0})
            ada, bob = kept.records()
            assert (ada.file, ada.student, ada.sha256, ada.total) == ("ada.ipynb", "Ada", "aa", 1)
            assert ada.status == "Completed" and ada.described(ada.waiting).startswith("needs a person: ")
            assert [str(note) for note in ada.notes] == ["cell 3: no result after 30 s: look for an endless loop"]
            assert (bob.status, bob.questions) == ("not a zip file", {})
            assert kept.find("ada.ipynb", "Ada", "aa", "key") == ada
            assert kept.transcript("aa", "ran") == (b"answers" if version >= 2 else None)
            assert kept.pending() == 0 and len(kept.members()) == 2
    with Store(tmp_path) as kept:
        kept.append(event())
        assert len(kept.events()) == 1


def test_a_store_from_before_there_were_classes_is_graded_into_again(tmp_path: Path) -> None:
    of_version(0, tmp_path)
    with Store(tmp_path) as kept:
        assert kept.records() == []
        kept.begin(RUN, [], "key")
        kept.keep(Path("/a.ipynb"), record("a.ipynb"), "key")
        assert len(kept.records()) == 1
    assert query(tmp_path, f"SELECT count(*) FROM {SET_ASIDE}") == [(2,)]


def test_all_versions_have_the_same_tables_in_the_end(tmp_path: Path) -> None:
    found = []
    for version in range(len(schema.STEPS)):
        folder = tmp_path / str(version)
        folder.mkdir()
        if version:
            of_version(version, folder)
        Store(folder).close()
        tables = query(folder, "SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite%'")
        found.append(sorted("".join(str(sql).split()) for name, sql in tables if name != SET_ASIDE))
    assert found == [found[0]] * len(found)


def test_a_migration_that_is_killed_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    of_version(1, tmp_path)
    before = query(tmp_path, "SELECT name, sql FROM sqlite_master")

    def dies(connection: sqlite3.Connection) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(schema, "STEPS", (*schema.STEPS, (dies,)))
        Store(tmp_path)
    assert query(tmp_path, "SELECT name, sql FROM sqlite_master") == before
    with Store(tmp_path) as kept:
        assert len(kept.records()) == 2


@pytest.mark.parametrize("statement", ["CREATE TABLE records (file)", "PRAGMA user_version = 99"])
def test_a_store_of_a_newer_version_or_of_something_else_says_so(statement: str, tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / store.FILE_NAME)
    connection.execute(statement)
    connection.close()
    with pytest.raises(SetupError, match=r"grades\.sqlite was written by a newer vaegan or by another program"):
        Store(tmp_path)


def event(points: float = 2.0, **changes: Any) -> Event:
    payload = {"points": points, "old": None, "reason": "right in another form"}
    fields = {"kind": "decision", "subject": Subject("a.ipynb", "Ada", "aa"), "question": "q1", "by": "Eve"}
    return Event(**{**fields, "at": "2026-11-25T03:00:00+00:00", "payload": payload, **changes})


def test_events_are_kept_in_order_with_whatever_names(tmp_path: Path) -> None:
    odd = event(subject=Subject("\udcff.ipynb", "'; DROP TABLE events", "bb"), case="q1: \ud800", by="\x00")
    with Store(tmp_path) as kept:
        assert [kept.append(each).id for each in (event(), odd)] == [1, 2]
    with Store(tmp_path) as kept:
        assert kept.events() == [replace(event(), id=1), replace(odd, id=2)]


@pytest.mark.parametrize("statement", ["UPDATE events SET payload = '{}'", "DELETE FROM events"])
def test_no_event_is_changed_or_removed(statement: str, tmp_path: Path) -> None:
    with Store(tmp_path) as kept:
        kept.append(event())
    with pytest.raises(sqlite3.IntegrityError, match="only appended"):
        query(tmp_path, statement)


def test_what_is_done_alone_is_kept_as_a_whole(tmp_path: Path) -> None:
    with Store(tmp_path) as kept:
        with pytest.raises(KeyboardInterrupt), kept.alone():
            kept.append(event())
            raise KeyboardInterrupt
        with kept.alone():
            kept.append(event())
            kept.append(event())
        assert [each.id for each in kept.events()] == [1, 2]


def test_what_is_no_store_says_so(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="holds no grades"):
        store.existing(tmp_path)
    (tmp_path / store.FILE_NAME).write_text("this is no database, it is a text", encoding="utf-8")
    with pytest.raises(SetupError, match="cannot be used"):
        store.existing(tmp_path)


def test_a_store_without_a_run_says_so(tmp_path: Path) -> None:
    with Store(tmp_path) as kept, pytest.raises(SetupError, match="holds no grades yet"):
        kept.run()
