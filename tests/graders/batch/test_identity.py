from __future__ import annotations

import time
from pathlib import Path

import pytest

from graders.batch.identity import student_of, submitters

MOODLE = "Ada Lovelace_4711_assignsubmission_file_"


@pytest.mark.parametrize(
    ("given", "path", "student"),
    [
        ("class", "class/ada.ipynb", "ada"),
        ("class", "class/vaes_and_gans_2026_11_23T04_54_05_123456.zip", "vaes_and_gans"),
        ("class", f"class/{MOODLE}/vaes_and_gans.ipynb", "Ada Lovelace"),
        ("class", f"class/{MOODLE}vaes_and_gans.ipynb", "Ada Lovelace"),
        ("class", "class/lovelaceada_31415_27182_vaes_and_gans.ipynb", "lovelaceada"),
        ("class", "class/lovelaceada_LATE_31415_27182_vaes_and_gans.zip", "lovelaceada"),
        ("class", "class/submission_99/vaes_and_gans.ipynb", "submission_99"),
        ("class", "class/submission_7/vaes_and_gans.ipynb", "Emmy Noether"),
        # what a shell makes of class/*
        (f"class/{MOODLE}", f"class/{MOODLE}/vaes_and_gans.ipynb", "Ada Lovelace"),
        ("class/submission_99", "class/submission_99/vaes_and_gans.ipynb", "submission_99"),
        (f"class/{MOODLE}vaes.ipynb", f"class/{MOODLE}vaes.ipynb", "Ada Lovelace"),
        ("class/ada.ipynb", "class/ada.ipynb", "ada"),
        # whatever the course calls its own folders
        ("ml_2026_11_exercise", "ml_2026_11_exercise/ada.ipynb", "ada"),
        ("ml_2026_11_exercise", "ml_2026_11_exercise/group_01_02_a/ada.ipynb", "ada"),
    ],
)
def test_names_of_files_and_folders(given: str, path: str, student: str) -> None:
    assert student_of(Path(path), Path(given), {"submission_7": "Emmy Noether"}) == student


@pytest.mark.parametrize(
    ("path", "student"),
    [
        # the platform's folder goes before all that is in it
        (f"{MOODLE}/Eve_1_assignsubmission_file_v.ipynb", "Ada Lovelace"),
        (f"{MOODLE}/eve_11_22_v.ipynb", "Ada Lovelace"),
        (f"{MOODLE}/submission_7/v.ipynb", "Ada Lovelace"),
        (f"{MOODLE}/Eve_1_assignsubmission_file_/v.ipynb", "Ada Lovelace"),
        ("submission_99/submission_7/v.ipynb", "submission_99"),
        (f"submission_99/{MOODLE}/v.ipynb", "submission_99"),
        # a folder with the student's own name on it
        (f"eve/{MOODLE}/v.ipynb", "v"),
        ("eve/submission_7/v.ipynb", "v"),
        ("eve/lovelaceada_31415_27182_v.ipynb", "lovelaceada_31415_27182_v"),
        (f"eve/{MOODLE}v.ipynb", f"{MOODLE}v"),
        # the name that a student gave comes after the platform's
        (f"eve_11_22_{MOODLE}.ipynb", "eve"),
        ("Eve_1_assignsubmission_file_Ada_2_assignsubmission_file_.ipynb", "Eve"),
    ],
)
def test_nobody_speaks_for_others(path: str, student: str) -> None:
    assert student_of(Path("class", path), Path("class"), {"submission_7": "Emmy Noether"}) == student


def test_metadata_of_the_students_own_folder_say_nothing() -> None:
    folder = Path("class/submission_7")
    assert student_of(folder / "v.ipynb", folder, {"submission_7": "Emmy Noether"}) == "submission_7"
    assert student_of(folder / "submission_8" / "v.ipynb", folder, {"submission_8": "Ada"}) == "submission_7"


WRITTEN = r"""---
submission_7:
  :submitters:
  - :name: Ada Lovelace
    :sid: '1'
    :email: ada@example.edu
  - :sid: 2
    :name: &4 Emmy Noether
  :created_at: &1 !ruby/object:ActiveSupport::TimeWithZone
    utc: &2 2026-11-24 12:00:00.000000000 Z
    time: *2
  :results:
    output: |-
      submission_8:
        :submitters:
        - :name: Eve
    tests:
    - :name: Eve
  :history:
  - :id: 5
    :submitters:
    - :name: Eve
submission_8:
  :submitters: &3
  - :name: 'Conan O''Brien'
  - :name: "Ren\xE9 \"\u5F20\" \U0001F600"
submission_9:
  :submitters:
  - :name: |-
      Eve
  - :name: *4
  - :name: null
  - :name: "unclosed
"""


def test_gradescope_names_every_submitter() -> None:
    assert submitters(WRITTEN) == {
        "submission_7": "Ada Lovelace, Emmy Noether",
        "submission_8": 'Conan O\'Brien, René "张" 😀',
    }
    assert submitters(WRITTEN.replace("\n", "\r\n")) == submitters(WRITTEN)


@pytest.mark.parametrize(
    "metadata",
    [
        "submission_7: !!python/object/apply:os.system ['touch evil']",
        "submission_7:\n  :submitters: ada\n",
        "- a list",
        "a: [unclosed",
        "",
        "eve:\n  :submitters:\n  - :name: Ada\n",
        '  :submitters:\n  - :name: "\\ud800"\n',
        "a: &a [x, x]\n" + "".join(f"a{n}: &a{n} [*a, *a]\n" for n in range(99)),
    ],
)
def test_metadata_that_says_nothing_is_never_obeyed(metadata: str) -> None:
    assert not any(submitters(metadata).values())
    assert not Path("evil").exists()


@pytest.mark.parametrize(
    "line",
    [
        "[",
        "- ",
        "\n",
        "submission_7:\n",
        "  :submitters:\n",
        "submission_7:\n  :submitters:\n  - :name: &a Ada\n",
        "    :name: ",
        "&a ",
        "submission_7:\n  :submitters:\n" + "  - :name: \\x41\n" * 99,
    ],
)
def test_no_metadata_take_long(line: str) -> None:
    metadata = "submission_7:\n  :submitters:\n" + line * ((8 << 20) // len(line))
    start = time.process_time()
    people = submitters(metadata)
    assert time.process_time() - start < 8
    assert sum(map(len, people.values())) < 10_000


def test_metadata_of_a_large_class_take_a_moment() -> None:
    metadata = "".join(WRITTEN.replace("submission_7", f"submission_{n}") for n in range(10, 5_010))
    start = time.process_time()
    assert len(submitters(metadata)) == 5_001
    assert time.process_time() - start < 3
