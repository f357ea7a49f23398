from __future__ import annotations

import json
import time
from dataclasses import asdict
from pathlib import Path

import pytest

from graders.batch.identity import Owner, Person, owner_from, owner_of, submitters

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
    assert owner_of(Path(path), Path(given), {"submission_7": Owner("Emmy Noether")}).name == student


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
    people = {"submission_7": Owner("Emmy Noether")}
    assert owner_of(Path("class", path), Path("class"), people).name == student


def test_metadata_of_the_students_own_folder_say_nothing() -> None:
    folder = Path("class/submission_7")
    assert owner_of(folder / "v.ipynb", folder, {"submission_7": Owner("Emmy Noether")}).name == "submission_7"
    below = owner_of(folder / "submission_8" / "v.ipynb", folder, {"submission_8": Owner("Ada")})
    assert below.name == "submission_7"


@pytest.mark.parametrize(
    ("path", "owner"),
    [
        (f"{MOODLE}/vaes.ipynb", Owner("Ada Lovelace", "moodle", (Person("Ada Lovelace", "4711"),))),
        (
            "lovelaceada_LATE_31415_27182_vaes.ipynb",
            Owner("lovelaceada", "canvas", (Person("lovelaceada", "31415"),), order=27182, late=True),
        ),
        (
            "submission_7/vaes.ipynb",
            Owner("Emmy", "gradescope", (Person("Emmy", "15", "emmy@example.edu"),), order=7, time="then"),
        ),
        ("ada.ipynb", Owner("ada", people=(Person("ada", "ada"),))),
        ("ada/vaes.ipynb", Owner("vaes", people=(Person("vaes", "ada"),))),
        # the name of a file deeper down is the student's, and stands for nobody else
        ("group 1/eve/ada.ipynb", Owner("ada", people=(Person("ada", "group 1"),))),
    ],
)
def test_what_a_platform_will_know_them_by(path: str, owner: Owner) -> None:
    told = {"submission_7": Owner("Emmy", people=(Person("Emmy", "15", "emmy@example.edu"),), time="then")}
    assert owner_of(Path("class", path), Path("class"), told) == owner
    assert owner_from(json.loads(json.dumps(asdict(owner)))) == owner


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


def names(metadata: str) -> dict[str, str]:
    return {folder: owner.name for folder, owner in submitters(metadata).items()}


def test_gradescope_names_every_submitter() -> None:
    assert names(WRITTEN) == {
        "submission_7": "Ada Lovelace, Emmy Noether",
        "submission_8": 'Conan O\'Brien, René "张" 😀',
    }
    assert names(WRITTEN.replace("\n", "\r\n")) == names(WRITTEN)
    ada = submitters(WRITTEN)["submission_7"]
    assert ada.people == (Person("Ada Lovelace", "1", "ada@example.edu"), Person("Emmy Noether", "2"))
    assert ada.time == "2026-11-24T12:00:00+00:00"


def test_nobody_gets_what_is_told_of_somebody_without_a_name() -> None:
    metadata = "submission_7:\n  :submitters:\n  - :name: Ada\n{}"
    for more in (
        "  - :sid: '5'\n",
        "  - :name: null\n    :sid: '5'\n",
        "  - :age: 5\n    :email: e@e\n    :sid: 5\n",
    ):
        assert submitters(metadata.format(more))["submission_7"].people == (Person("Ada"),)


def test_a_time_on_one_line_is_read_too() -> None:
    metadata = "submission_7:\n  :submitters:\n  - :name: Ada\n  :created_at: 2026-11-24 12:00:00 Z\n"
    assert submitters(metadata)["submission_7"].time == "2026-11-24T12:00:00+00:00"


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
    assert not any(names(metadata).values())
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
    assert sum(len(repr(owner)) for owner in people.values()) < 20_000


def test_metadata_of_a_large_class_take_a_moment() -> None:
    metadata = "".join(WRITTEN.replace("submission_7", f"submission_{n}") for n in range(10, 5_010))
    start = time.process_time()
    assert len(submitters(metadata)) == 5_001
    assert time.process_time() - start < 3
