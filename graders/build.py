"""`vaegan build`: from an assignment's three folders to what students download and what autograders run.

The real `otter assign` and `otter generate` do the work in a temporary folder. What they leave random or dated
(cell ids, zip entries) is then made a function of the input, so that a build is reproducible byte by byte.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import nbformat
from hatchling.builders.wheel import WheelBuilder

from graders import answers, public
from graders.answers.numeric import SEED_VARIABLE
from graders.assignment import Assignment
from graders.batch import sheet
from graders.batch.autograder import RELEASED, RUBRIC, SEED
from graders.cases import read_text
from graders.errors import SetupError
from graders.master import make_master, read_sheet

# The Python of the grading container, which conda installs there.
CONTAINER_PYTHON = "3.11"
PLUGIN = "graders.otter_plugin.ConfinedGrading"
RUN_OTTER = Path(__file__).parent / "container" / "run_otter.py"
JUDGE = "vaegan_judge"
ZIP_DATE = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Distribution:
    """What a build made, below `dist/ASSIGNMENT/`."""

    folder: Path
    name: str

    @property
    def student(self) -> Path:
        """The folder that students download."""
        return self.folder / "student"

    @property
    def student_notebook(self) -> Path:
        """The notebook without answers."""
        return self.student / f"{self.name}.ipynb"

    @property
    def judge(self) -> Path:
        """The package beside it that reads answers and judges derivations."""
        return self.student / JUDGE

    @property
    def solved_notebook(self) -> Path:
        """The notebook with the reference answers."""
        return self.folder / "solutions" / f"{self.name}.ipynb"

    @property
    def autograder(self) -> Path:
        """The zip for otter run, otter grade, Gradescope and vaegan grade."""
        return self.folder / "autograder.zip"


def build(assignment: Assignment, output: Path, *, classic: bool = False) -> Distribution:
    """Build an assignment into `output/NAME/`, replacing what an earlier build left there and nothing else.

    A classic autograder.zip is without our plugin: otter then runs submissions beside the hidden tests.
    The old distribution stays until the new one is complete. Raises SetupError where a source file has to be
    mended or the output cannot be written.
    """
    target = output.resolve() / assignment.name
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{assignment.name}-", dir=target.parent) as scratch:
            work, made = Path(scratch) / "work", Distribution(Path(scratch) / "made", assignment.name)
            work.mkdir()
            _assign(assignment, work)
            for folder in (made.student, made.solved_notebook.parent):
                folder.mkdir(parents=True)
            tests = {part.name: public.test_file(assignment, part) for part in assignment.graded}
            opening = public.opening(assignment)
            for audience, notebook in (("student", made.student_notebook), ("autograder", made.solved_notebook)):
                _copy_notebook(work / "result" / audience / notebook.name, notebook, tests, opening)
            (made.student / "requirements.txt").write_text(read_text(assignment.requirements), encoding="utf-8")
            _copy_judge(made.judge)
            seed = seed_of(assignment)
            _generate(assignment, work, classic, seed)
            ours = {
                SEED: f"{seed}\n",
                sheet.FILE_NAME: read_sheet(assignment).to_json(),
                RELEASED: read_text(made.student_notebook),
            }
            if any(part.written for part in assignment.parts):
                ours[RUBRIC] = read_text(assignment.written)
            _write_autograder(work / "autograder.zip", _build_wheel(assignment.root, work), ours, made.autograder)
            target.mkdir(exist_ok=True)
            for new in made.folder.iterdir():
                old = target / new.name
                if old.is_dir():
                    shutil.rmtree(old)
                new.replace(old)
    except OSError as error:
        raise SetupError(f"{error.filename or target} cannot be written: {error.strerror or error}.") from error
    return Distribution(target, assignment.name)


def seed_of(assignment: Assignment) -> int:
    """What decides the hidden inputs, the same in every build: VAEGAN_SEED, or the number in the seed file.

    A file that is not there yet is written, with a number that nobody can guess.
    """
    text = os.environ.get(SEED_VARIABLE)
    if text is None and not assignment.seed.exists():
        assignment.seed.write_text(f"{secrets.randbits(63)}\n", encoding="utf-8")
    try:
        seed = int(read_text(assignment.seed) if text is None else text)
    except ValueError:
        seed = -1
    if seed < 0:
        place = assignment.seed if text is None else SEED_VARIABLE
        raise SetupError(f"{place} must hold a whole number that is not negative.")
    return seed


def _otter(*arguments: str, cwd: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "otter", *arguments], cwd=cwd, capture_output=True, text=True, check=False
    )
    if done.returncode:
        reason = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
        raise SetupError(f"otter {arguments[0]} failed: {''.join(reason)}")


def _assign(assignment: Assignment, work: Path) -> None:
    master = work / f"{assignment.name}.ipynb"
    nbformat.write(make_master(assignment), master)
    _otter("assign", master.name, "result", cwd=work)


def _generate(assignment: Assignment, work: Path, classic: bool, seed: int) -> None:
    tests = work / "tests"
    tests.mkdir()
    for part in assignment.graded:
        # for otter alone, which has no other place to read it from
        drawn = f"\n\nfrom graders.answers.numeric import use_seed\n\nuse_seed({seed})\n"
        (tests / f"{part.name}.py").write_text(read_text(assignment.tests(part)) + drawn, encoding="utf-8")
    config: dict[str, object] = {"assignment_name": assignment.name}
    if not classic:
        # our plugin's messages hold nothing that is hidden, so students may read them
        config |= {"plugins": [PLUGIN], "show_hidden": True}
    (work / "otter_config.json").write_text(json.dumps(config), encoding="utf-8")
    (work / "requirements.txt").write_text("\n".join(_container_requirements()) + "\n", encoding="utf-8")
    _otter(
        *("generate", "-t", "tests", "-c", "otter_config.json", "-r", "requirements.txt", "-o", "autograder.zip"),
        *("--python-version", CONTAINER_PYTHON),
        cwd=work,
    )


def _container_requirements() -> list[str]:
    """What the container needs besides otter, which otter names itself, at the versions of this machine."""
    names = [
        re.split(r"[^\w.-]", requirement)[0]
        for requirement in importlib.metadata.requires("vaegan") or ()
        if "extra ==" not in requirement
    ]
    return [f"{name}=={importlib.metadata.version(name)}" for name in sorted(names) if name != "otter-grader"]


def _build_wheel(root: Path, work: Path) -> Path:
    """This package as a wheel: the graders and solutions that the hidden tests import in the container."""
    return Path(next(WheelBuilder(str(root)).build(directory=str(work / "wheel"), versions=["standard"])))


def _copy_notebook(source: Path, target: Path, tests: Mapping[str, str], opening: str) -> None:
    """Copy a notebook with our test files and first cell, cell ids that count, and without otter's markers."""
    notebook = nbformat.read(source, as_version=4)
    notebook.cells[0].source = opening
    notebook.metadata["otter"]["tests"] = dict(tests)
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
        if cell.cell_type == "code":
            cell.source = _without_markers(cell.source)
    nbformat.write(notebook, target)


def _copy_judge(target: Path) -> None:
    """Copy what students get of `graders.answers`, whose imports are relative for that."""
    target.mkdir()
    source = Path(answers.__file__).parent
    for name in ("__init__", *answers.SHIPPED):
        shutil.copyfile(source / f"{name}.py", target / f"{name}.py")


def _without_markers(source: str) -> str:
    source = re.sub(r"^r?''' # BEGIN PROMPT\n.*?^''' # END PROMPT$", "", source, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"^# (BEGIN SOLUTION NO PROMPT|END SOLUTION)\n", "", source, flags=re.MULTILINE).strip("\n")


def _write_autograder(generated: Path, wheel: Path, ours: Mapping[str, str], target: Path) -> None:
    """Rewrite otter's zip with our wheel, run_otter.py and files, sorted names and one date."""
    with zipfile.ZipFile(generated) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    entries["run_otter.py"] = RUN_OTTER.read_bytes()
    entries |= {name: text.encode() for name, text in ours.items()}
    entries[f"wheels/{wheel.name}"] = wheel.read_bytes()
    with zipfile.ZipFile(target, "w") as archive:
        for name in sorted(entries):
            entry = zipfile.ZipInfo(name, ZIP_DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, entries[name])
