from __future__ import annotations

from pathlib import Path

import pytest

from graders.batch.identity import METADATA, student_of


@pytest.mark.parametrize(
    ("path", "student"),
    [
        ("class/ada.ipynb", "ada"),
        ("class/vaes_and_gans_2026_11_23T04_54_05_123456.zip", "vaes_and_gans"),
        ("class/Ada Lovelace_4711_assignsubmission_file_/vaes_and_gans.ipynb", "Ada Lovelace"),
        ("class/Ada Lovelace_4711_assignsubmission_file_vaes_and_gans.ipynb", "Ada Lovelace"),
        ("class/lovelaceada_31415_27182_vaes_and_gans.ipynb", "lovelaceada"),
        ("class/lovelaceada_LATE_31415_27182_vaes_and_gans.zip", "lovelaceada"),
        ("class/submission_99/vaes_and_gans.ipynb", "submission_99"),
    ],
)
def test_names_of_files_and_folders(path: str, student: str) -> None:
    assert student_of(Path(path)) == student


def gradescope(folder: Path, metadata: str) -> Path:
    (folder / METADATA).write_text(metadata, encoding="utf-8")
    (folder / "submission_7").mkdir()
    return folder / "submission_7" / "vaes_and_gans.ipynb"


def test_gradescope_names_every_submitter(tmp_path: Path) -> None:
    path = gradescope(
        tmp_path,
        "submission_7:\n  :submitters:\n  - :name: Ada Lovelace\n    :sid: '1'\n  - :name: Emmy Noether\n",
    )
    assert student_of(path) == "Ada Lovelace, Emmy Noether"


@pytest.mark.parametrize(
    "metadata",
    [
        "submission_7: !!python/object/apply:os.system ['touch evil']",
        "submission_7:\n  :submitters: ada\n",
        "- a list",
        "a: [unclosed",
        "",
    ],
)
def test_metadata_that_says_nothing_is_never_obeyed(metadata: str, tmp_path: Path) -> None:
    assert student_of(gradescope(tmp_path, metadata)) == "submission_7"
    assert not Path("evil").exists()
