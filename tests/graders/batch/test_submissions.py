from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from graders.batch import submissions
from graders.errors import SetupError


def find(*paths: Path) -> tuple[list[str], list[str]]:
    skipped: list[str] = []
    return [s.name for s in submissions.find(paths, skipped.append)], skipped


def test_every_regular_file_of_a_folder_is_a_submission(tmp_path: Path) -> None:
    for name in ("b.ipynb", "a.zip", "group 1/c.ipynb", "notes.txt", ".DS_Store", ".hidden.ipynb"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    names, skipped = find(tmp_path)
    assert names == [".hidden.ipynb", "a.zip", "b.ipynb", "group 1/c.ipynb", "notes.txt"]
    assert [line.split(": ")[1] for line in skipped] == ["skipped, it is hidden"]


def test_what_lies_beside_a_submission_is_none(tmp_path: Path) -> None:
    rows = {
        # a student's folder: the likeliest kind of file counts
        "ada/v.ipynb": True,
        "ada/requirements.txt": False,
        "ada/data.csv": False,
        "ada/utils.py": False,
        "ada/v.pdf": False,
        "ada/.ipynb_checkpoints/v-checkpoint.ipynb": False,
        "ada/__MACOSX/._v.ipynb": False,
        "bob/v.py": True,
        "bob/v.pdf": False,
        "bob/data.csv": False,
        "cleo/v.pdf": True,
        "cleo/photo.jpg": False,
        "dora/photo.jpg": True,
        "emil/.ipynb_checkpoints/v-checkpoint.ipynb": True,
        "fay/v.ipynb.txt": True,
        # several students' folder: only what is no data
        "group/gauss.ipynb": True,
        "group/hopper.ipynb": True,
        "group/ida.pdf": True,
        "group/jo.py": True,
        "group/data.csv": False,
        # no folder: what a platform names after a student, or a file's own name, is one place
        "kay_11_22_v.ipynb": True,
        "kay_11_23_data.csv": False,
        "lea_12_24_v.py": True,
        "max.ipynb": True,
        "max.html": False,
        "nina.html": True,
        "requirements.txt": False,
    }
    for name in rows:
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).touch()
    names, skipped = find(tmp_path)
    assert names == sorted(name for name, row in rows.items() if row)
    assert len(skipped) == len(rows) - len(names)


def test_links_and_pipes_are_skipped_with_a_line(tmp_path: Path) -> None:
    (tmp_path / "a.ipynb").touch()
    (tmp_path / "link.ipynb").symlink_to(tmp_path / "a.ipynb")
    (tmp_path / "folder").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "pipe.ipynb")
    names, skipped = find(tmp_path)
    assert names == ["a.ipynb"]
    assert len(skipped) == 3


def test_files_of_one_name_are_two_rows(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.ipynb").touch()
    names, _ = find(tmp_path / "one", tmp_path / "two")
    assert names == ["a.ipynb", "a.ipynb"]


def test_nothing_to_grade(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="does not exist"):
        find(tmp_path / "missing")
    with pytest.raises(SetupError, match="nothing to grade"):
        find(tmp_path)


def test_whose_it_is_stands_above_their_own_folder(tmp_path: Path) -> None:
    metadata = "submission_7:\n  :submitters:\n  - :name: {}\n"
    texts = {
        "submission_metadata.yml": metadata.format("Ada"),
        "submission_7/v.ipynb": "",
        "submission_7/submission_metadata.yml": metadata.format("Eve"),
        "submission_8/submission_metadata.yml": metadata.format("Eve"),
        "submission_8/submission_7/v.ipynb": "",
        "eve/submission_metadata.yml": metadata.format("Eve"),
        "eve/submission_7/v.ipynb": "",
    }
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    found = {each.name: each.owner.name for each in submissions.find([tmp_path], lambda _: None)}
    assert {name: student for name, student in found.items() if name.endswith("ipynb")} == {
        "submission_7/v.ipynb": "Ada",
        "submission_8/submission_7/v.ipynb": "submission_8",
        "eve/submission_7/v.ipynb": "v",
    }
    (one,) = submissions.find([tmp_path / "submission_7" / "v.ipynb"], lambda _: None)
    assert one.owner.name == "v"


def test_metadata_that_are_a_link_or_a_pipe_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "submission_7").mkdir()
    (tmp_path / "submission_7" / "v.ipynb").touch()
    os.mkfifo(tmp_path / "submission_metadata.yml")
    monkeypatch.chdir(tmp_path)
    (found,) = submissions.find([Path()], lambda _: None)
    assert (found.name, found.owner.name) == ("submission_7/v.ipynb", "submission_7")
    assert found.path == tmp_path / "submission_7" / "v.ipynb"


@pytest.fixture
def deep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a notebook deeper than Python's stack, and one deeper than any path."""
    monkeypatch.chdir(tmp_path)
    for levels in (1_200, 2_000):
        for _ in range(levels):
            Path("d").mkdir()
            os.chdir("d")
        Path("deep.ipynb").touch()
    os.chdir(tmp_path)
    yield tmp_path
    subprocess.run(["rm", "-rf", "d"], check=True)  # pytest can't remove it


def test_folders_may_be_deeper_than_the_stack(deep: Path) -> None:
    (deep / "a.ipynb").touch()
    names, skipped = find(deep)
    assert names == ["a.ipynb", "d/" * 1_200 + "deep.ipynb"]
    assert len(skipped) == 1 and "cannot be read (File name too long)" in skipped[0]


def test_content_and_digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.ipynb"
    path.write_bytes(b"0123456789")
    expected = hashlib.sha256(b"0123456789").hexdigest()
    assert submissions.load(path) == (b"0123456789", expected)
    monkeypatch.setattr(submissions, "MAX_BYTES", 3)
    assert submissions.load(path) == (b"0123", expected)
    assert submissions.digest(path) == expected
    monkeypatch.setattr(submissions, "_MAX_DIGESTED", 9)
    assert submissions.load(path) == (b"0123", "")
    assert submissions.digest(tmp_path / "missing") == ""


def linked(path: Path) -> None:
    path.with_name("secret").touch()
    path.symlink_to(path.with_name("secret"))


@pytest.mark.parametrize("replace", [linked, os.mkfifo, os.mkdir, lambda path: None])
def test_a_file_that_was_replaced_since_cannot_be_read(replace: Callable[[Path], None], tmp_path: Path) -> None:
    path = tmp_path / "a.ipynb"
    path.touch()
    (found,) = submissions.find([tmp_path], lambda _: None)
    path.unlink()
    replace(path)
    with pytest.raises(OSError) as caught:
        submissions.load(found.path)
    assert caught.value.strerror
    assert submissions.digest(found.path) == ""
