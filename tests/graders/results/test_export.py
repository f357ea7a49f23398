from __future__ import annotations

from pathlib import Path

import pytest

from graders.batch.record import Record
from graders.batch.store import Run, Store
from graders.errors import SetupError
from graders.results import export


def fill(folder: Path, *files: str) -> None:
    with Store(folder) as kept:
        kept.begin(Run("hostile", "6", {"q1": 2.0}), [], "key", leaving=[each.path for each in kept.members()])
        for file in files:
            kept.keep(Path(f"/{file}"), Record(file, "not a zip file"), "key")
        export.export(kept, folder, print)


def test_every_file_is_there_and_nothing_else(tmp_path: Path) -> None:
    fill(tmp_path, "a.zip", "b.zip")
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "feedback", "final_grades.csv", "grades.sqlite", "report.html", "submissions.csv",
    ]  # fmt: skip
    assert len(list((tmp_path / "feedback").iterdir())) == 2


def test_pages_of_who_is_gone_disappear_and_other_files_stay(tmp_path: Path) -> None:
    fill(tmp_path, "a.zip", "b.zip")
    (tmp_path / "feedback" / "notes of a TA.html").touch()
    (tmp_path / "feedback" / "a-0123456789.part").touch()
    fill(tmp_path, "b.zip", "c.zip")
    names = sorted(path.name.split("-")[0] for path in (tmp_path / "feedback").iterdir())
    assert names == ["b", "c", "notes of a TA.html"]


@pytest.mark.parametrize("name", ["final_grades.csv", "submissions.csv", "report.html", "feedback", "report.part"])
def test_a_name_that_is_taken_is_told_before_and_after(name: str, tmp_path: Path) -> None:
    fill(tmp_path, "a.zip")
    before = {path.name: path.read_bytes() for path in tmp_path.glob("*.*") if path.is_file()}
    export.check(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.glob("*.*") if path.is_file()} == before
    path = tmp_path / name
    if name == "feedback":
        path.rename(tmp_path / "elsewhere")
        path.touch()
    else:
        path.unlink(missing_ok=True)
        path.mkdir()
    with pytest.raises(SetupError, match=r"cannot be written.*Give another folder with -o"):
        export.check(tmp_path)
    with pytest.raises(SetupError, match=r"cannot be written.*No grade is lost.*`vaegan report"):
        fill(tmp_path, "a.zip")
