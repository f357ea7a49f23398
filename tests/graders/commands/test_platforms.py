"""From the platform's zip of a class, through `vaegan grade`, back to the platform's own files."""

from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from graders.cli import main
from tests.conftest import Command
from tests.hostile import corpus
from tests.pages import Page

GOOD = corpus.honest_notebook()
POOR = corpus.notebook(corpus.INIT, *corpus.CHECKS)
EVIL = "evileve_31419_27199_link.ipynb"
CANVAS = {
    "lovelaceada_31415_27182_v.ipynb": POOR,
    "lovelaceada_LATE_31415_27190_v-1.zip": "nested",
    "lovelaceada_31415_27191_v-2.ipynb": "torn",
    "bayesthomas_31416_27183_v.ipynb": GOOD,
    EVIL: corpus.notebook(corpus.INIT, "open('../bayesthomas_31416_27183_v.ipynb').read()", *corpus.CHECKS),
}
FOLDER = "Zoë Núñez_4712_assignsubmission_file_"
MOODLE = {
    "Ada Lovelace_4711_assignsubmission_file/work/v.ipynb": GOOD,
    f"{FOLDER}/v.ipynb": POOR,
    f"{FOLDER}/w.ipynb": GOOD,
    "Eve_4713_assignsubmission_file_Ada Lovelace_4711_assignsubmission_file_.ipynb": POOR,
}
SUBMITTERS = """---
submission_7:
  :submitters:
  - :name: Ada Lovelace
    :sid: '31415'
  - :name: Thomas Bayes
submission_8:
  :submitters:
  - :name: Eve
"""
EXPORTED = "assignment_9_export"
GRADESCOPE = {
    f"{EXPORTED}/submission_metadata.yml": SUBMITTERS,
    f"{EXPORTED}/submission_7/v.ipynb": GOOD,
    f"{EXPORTED}/submission_8/submission_metadata.yml": SUBMITTERS.replace("Eve", "Ada Lovelace"),
    f"{EXPORTED}/submission_8/v.ipynb": POOR,
}
EXPORT = """Student,ID,SIS Login ID,Section,Exercise (7)\r
    Points Possible,,,,{full}\r
"Lovelace, Ada",31415,ada,A,\r
"Bayes, Thomas",31416,tb,A,\r
"Evil, =Eve",31419,eve,A,EX\r
"Gauß, Carl",31420,cg,A,\r
"""
WORKSHEET = """\ufeffIdentifier,"Full name",Grade,"Maximum grade","Grade can be changed"
"Participant 4711","Ada Lovelace",,{full},Yes
"Participant 4712","Zoë Núñez",,{full},Yes
"Participant 4713",Eve,,{full},No
"""
FULL = "13.00"


@dataclass(frozen=True)
class World:
    root: Path
    autograder: Path

    def grades(self, platform: str) -> Path:
        return self.root / f"{platform}-grades"


def zipped(path: Path, files: dict[str, str]) -> Path:
    nested = io.BytesIO()
    with zipfile.ZipFile(nested, "w") as archive:
        archive.writestr("v.ipynb", GOOD)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, nested.getvalue() if content == "nested" else content)
    return path


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, vaegan: Command) -> World:
    """The platforms' zips, graded as they are."""
    root = tmp_path_factory.mktemp("platforms")
    world = World(root, root / "autograder.zip")
    corpus.write_autograder(world.autograder)
    for platform, files in (("canvas", CANVAS), ("moodle", MOODLE), ("gradescope", GRADESCOPE)):
        path = zipped(root / f"{platform}.zip", files)
        before = path.read_bytes()
        done = vaegan("grade", path, "-a", world.autograder, "-o", world.grades(platform))
        assert done.returncode == 0, done.stderr
        assert path.read_bytes() == before
    return world


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(each) for each in arguments])


def cells(path: Path, last: int) -> list[str]:
    return [line.split(",")[last] for line in path.read_text(encoding="utf-8-sig").splitlines()]


def test_every_file_in_the_zip_has_its_row(world: World) -> None:
    text = (world.grades("canvas") / "submissions.csv").read_text(encoding="utf-8")
    assert sorted(line.split(",")[0] for line in text.splitlines()[1:]) == sorted(CANVAS)
    assert [
        line
        for line in text.splitlines()
        if line.startswith("lovelaceada_31415_27191") and "not a notebook" in line
    ]
    assert ",full," in next(line for line in text.splitlines() if line.startswith(EVIL))


def test_whose_a_file_of_gradescope_is_stands_beside_the_folders(world: World) -> None:
    with (world.grades("gradescope") / "submissions.csv").open(encoding="utf-8", newline="") as file:
        students = {row["file"]: row["student"] for row in csv.DictReader(file)}
    assert students == {
        f"{EXPORTED}/submission_7/v.ipynb": "Ada Lovelace, Thomas Bayes",
        f"{EXPORTED}/submission_8/v.ipynb": "Eve",
    }


def test_grading_again_finds_everything_graded(world: World, vaegan: Command) -> None:
    done = vaegan("grade", world.root / "canvas.zip", "-a", world.autograder, "-o", world.grades("canvas"))
    assert f"{len(CANVAS)} of {len(CANVAS)} were graded before" in done.stderr


def test_canvas_gets_its_column(world: World) -> None:
    export, new = world.root / "export.csv", world.root / "new.csv"
    export.write_bytes(EXPORT.format(full=FULL).encode())
    done = run("gradebook", world.grades("canvas"), "--canvas", export, "-o", new)
    assert done.exit_code == 0, done.stderr
    assert new.read_bytes() == (
        EXPORT.format(full=FULL).replace("ada,A,", "ada,A,5.00").replace("tb,A,", "tb,A,5.00").encode()
    )
    # the latest that can be graded, which is a zip in the zip
    assert "lovelaceada_LATE_31415_27190_v-1.zip, not lovelaceada_31415_27182_v.ipynb" in done.stdout
    assert "Evil, =Eve (line 5): excused (EX)" in done.stdout and "Gauß, Carl (line 6)" in done.stdout
    assert "2 students of 4 got points in Exercise (7)" in done.stdout


def test_moodle_gets_its_column(world: World) -> None:
    worksheet, new = world.root / "worksheet.csv", world.root / "new-worksheet.csv"
    worksheet.write_bytes(WORKSHEET.format(full=FULL).encode())
    done = run("gradebook", world.grades("moodle"), "--moodle", worksheet, "-o", new)
    assert done.exit_code == 0, done.stderr
    assert cells(new, 2) == ["Grade", "5.00", "", ""]
    assert f"Zoë Núñez (line 3): {FOLDER}/v.ipynb, {FOLDER}/w.ipynb" in done.stdout


def test_canvas_gets_the_feedback_back(world: World) -> None:
    output = world.root / "canvas-feedback.zip"
    done = run("return", world.grades("canvas"), "--canvas", world.root / "canvas.zip", "-o", output)
    assert done.exit_code == 0, done.stderr
    with zipfile.ZipFile(output) as archive:
        assert sorted(archive.namelist()) == [
            "bayesthomas_31416_27183_feedback.html",
            "evileve_31419_27199_feedback.html",
            "lovelaceada_31415_27191_feedback.html",
        ]
        page = archive.read("lovelaceada_31415_27191_feedback.html").decode()
    assert "lovelaceada_LATE_31415_27190_v-1.zip" in Page(page).text
    again = world.root / "again.zip"
    run("return", world.grades("canvas"), "--canvas", world.root / "canvas.zip", "-o", again)
    assert again.read_bytes() == output.read_bytes()


def test_moodle_gets_the_feedback_back(world: World) -> None:
    output = world.root / "moodle-feedback.zip"
    done = run("return", world.grades("moodle"), "--moodle", world.root / "moodle.zip", "-o", output)
    assert done.exit_code == 0, done.stderr
    with zipfile.ZipFile(output) as archive:
        assert sorted(archive.namelist()) == [
            "Ada Lovelace_4711_assignsubmission_file/feedback.html",
            "Eve_4713_assignsubmission_file_feedback.html",
            f"{FOLDER}/feedback-2.html",
            f"{FOLDER}/feedback.html",
        ]


@pytest.mark.parametrize(
    ("command", "arguments", "said"),
    [
        ("gradebook", ["-o", "new.csv"], "either --canvas"),
        ("gradebook", ["--canvas", "export.csv", "--moodle", "export.csv", "-o", "new.csv"], "either --canvas"),
        ("gradebook", ["--canvas", "export.csv", "-o", "export.csv"], "the file from the platform"),
        ("gradebook", ["--canvas", "export.csv", "-o", "new.csv", "--due", "2026-11-24"], "belong together"),
        (
            "gradebook",
            ["--canvas", "export.csv", "-o", "new.csv", "--due", "soon", "--late", "10%/day"],
            "Give --due as",
        ),
        ("gradebook", ["--canvas", "missing.csv", "-o", "new.csv"], "missing.csv cannot be read"),
        ("gradebook", ["--canvas", "export.csv", "-o", "no/new.csv"], "cannot be written"),
        ("return", ["-o", "new.zip"], "either --canvas"),
        ("return", ["--canvas", "missing.zip", "-o", "new.zip"], "missing.zip does not exist"),
        ("return", ["--moodle", "canvas.zip", "-o", "new.zip"], "no submission as Moodle names them"),
        ("return", ["--canvas", "export.csv", "-o", "new.zip"], "cannot be read"),
    ],
)
def test_what_can_t_be_done_is_refused(command: str, arguments: list[str], said: str, world: World) -> None:
    (world.root / "export.csv").write_bytes(EXPORT.format(full=FULL).encode())
    paths = [world.root / each if "." in each and each[0] not in "-2" else each for each in arguments]
    done = run(command, world.grades("canvas"), *paths)
    assert done.exit_code == 2 and said in " ".join(done.stderr.split()), done.stderr
    assert isinstance(done.exception, SystemExit)
