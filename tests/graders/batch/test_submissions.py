from __future__ import annotations

import os
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
