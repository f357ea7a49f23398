from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from graders.batch import store
from graders.batch.record import CaseResult, Note, QuestionResult, Record
from graders.batch.store import Run, Store
from graders.errors import SetupError
from graders.isolation.transcript import MAX_KEPT

RUN = Run("vaes_and_gans", "6", {"q1": 2.0}, 3)


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


def test_a_class_is_the_files_of_the_last_run(tmp_path: Path) -> None:
    with Store(tmp_path) as kept:
        kept.begin(RUN, [], "key")
        kept.keep(Path("/a.ipynb"), record("a.ipynb"), "key")
        kept.keep(Path("/b.ipynb"), record("b.ipynb"), "key")
        kept.begin(RUN, [(Path("/b.ipynb"), record("b.ipynb"))], "key")
        assert [each.file for each in kept.records()] == ["b.ipynb"]
        assert kept.find("a.ipynb", "Ada", "aa", "key") is not None


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


def test_a_store_of_the_first_version_is_taken_on(tmp_path: Path) -> None:
    old = record("a.ipynb", notes=("cell 1: NameError: x",))
    with Store(tmp_path) as kept:
        kept.begin(RUN, [], "key")
        kept.keep(Path("/a.ipynb"), old, "key")
    connection = sqlite3.connect(tmp_path / store.FILE_NAME)
    connection.execute("DROP TABLE transcripts")
    connection.execute("PRAGMA user_version = 1")
    connection.close()
    with Store(tmp_path) as kept:
        (found,) = kept.records()
        assert [str(note) for note in found.notes] == ["cell 1: NameError: x"] and found.total == 2
        kept.keep(Path("/b.ipynb"), record("b.ipynb", sha256="bb"), "key", "ran", b"answers")
        assert kept.transcript("bb", "ran") == b"answers"


def test_a_store_of_another_version_says_so(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / store.FILE_NAME)
    connection.execute("CREATE TABLE records (file, sha256, graded_with, record)")
    connection.close()
    with pytest.raises(SetupError, match=r"grades\.sqlite was written by another version.*grade again"):
        Store(tmp_path)


def test_what_is_no_store_says_so(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="holds no grades"):
        store.existing(tmp_path)
    (tmp_path / store.FILE_NAME).write_text("this is no database, it is a text", encoding="utf-8")
    with pytest.raises(SetupError, match="cannot be used"):
        store.existing(tmp_path)


def test_a_store_without_a_run_says_so(tmp_path: Path) -> None:
    with Store(tmp_path) as kept, pytest.raises(SetupError, match="holds no grades yet"):
        kept.run()
