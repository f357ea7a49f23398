from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest

from graders.assignment import Assignment, load
from graders.build import Distribution, build
from graders.errors import SetupError
from tests.conftest import Command

PARTS = ("1a", "1b", "1c", "1d", "2a", "2b", "2c")


def test_same_input_same_bytes(assignment: Assignment, built: Distribution, tmp_path: Path) -> None:
    again = build(assignment, tmp_path)
    for file in ("student/vaes_and_gans.ipynb", "solutions/vaes_and_gans.ipynb", "autograder.zip"):
        assert (again.folder / file).read_bytes() == (built.folder / file).read_bytes(), file


def test_the_first_build_draws_a_seed_that_stays_and_is_not_published(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VAEGAN_SEED")
    other = load("vaes_and_gans", checkout)
    other.seed.unlink(missing_ok=True)
    made = [build(other, tmp_path / name).autograder for name in "ab"]
    assert made[0].read_bytes() == made[1].read_bytes()
    seed = other.seed.read_text(encoding="utf-8")
    with zipfile.ZipFile(made[0]) as archive:
        assert archive.read("seed.txt").decode() == seed
        assert archive.read("tests/q1b.py").decode().endswith(f"use_seed({seed.strip()})\n")
        (wheel,) = [name for name in archive.namelist() if name.endswith(".whl")]
        with archive.open(wheel) as data, zipfile.ZipFile(data) as package:
            assert not [name for name in package.namelist() if "seed" in name]
    other.seed.unlink()
    build(other, tmp_path / "c")
    assert other.seed.read_text(encoding="utf-8") != seed
    other.seed.write_text("seven", encoding="utf-8")
    with pytest.raises(SetupError, match="must hold a whole number"):
        build(other, tmp_path / "d")


def test_what_else_is_in_the_folder_stays(assignment: Assignment, built: Distribution) -> None:
    note = built.folder / "notes.txt"
    note.write_text("do not delete", encoding="utf-8")
    stale = built.student / "stale.txt"
    stale.touch()
    build(assignment, built.folder.parent)
    assert note.read_text(encoding="utf-8") == "do not delete"
    assert not stale.exists()
    note.unlink()


def test_student_folder_holds_the_notebook_its_requirements_and_the_judge(built: Distribution) -> None:
    assert sorted(p.name for p in built.student.iterdir()) == [
        "requirements.txt",
        "vaegan_judge",
        "vaes_and_gans.ipynb",
    ]
    assert sum(path.stat().st_size for path in built.student.rglob("*")) < 1_000_000


def test_the_judge_can_be_imported_beside_the_notebook_alone(built: Distribution, tmp_path: Path) -> None:
    folder = tmp_path / "downloads"
    shutil.copytree(built.student, folder)
    code = (
        "import sys; sys.path.insert(0, '.')\n"
        "import vaegan_judge, importlib\n"
        "for name in vaegan_judge.SHIPPED: importlib.import_module('vaegan_judge.' + name)\n"
        "print(vaegan_judge.__file__)\n"
        "print(sorted(name for name in sys.modules if name.split('.')[0] in ('graders', 'solutions')))\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", code], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines() == [str(folder / "vaegan_judge/__init__.py"), "[]"], done.stderr


def test_the_student_needs_python_flint_beyond_what_otter_needs(assignment: Assignment) -> None:
    wanted = re.findall(r"^[\w-]+", assignment.requirements.read_text(encoding="utf-8"), re.MULTILINE)
    assert wanted == ["otter-grader", "numpy", "sympy", "matplotlib", "python-flint", "jupyterlab"]


def test_zip_is_sorted_and_carries_our_wheel_and_run_otter(built: Distribution) -> None:
    with zipfile.ZipFile(built.autograder) as archive:
        names = archive.namelist()
        assert names == sorted(names)
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert b"report_failure" in archive.read("run_otter.py")
        assert json.loads(archive.read("otter_config.json"))["assignment_name"] == "vaes_and_gans"
        (wheel,) = [name for name in names if name.endswith(".whl")]
        assert [n for n in names if n.startswith("tests/")] == [f"tests/q{q}.py" for q in PARTS]
        environment = archive.read("environment.yml").decode()
        assert "python=3.11" in environment
        assert re.search(r"python-flint==[\d.]+", environment)
        with archive.open(wheel) as data, zipfile.ZipFile(data) as package:
            inside = package.namelist()
    wanted = {"graders/answers/symbolic.py", "solutions/vaes_and_gans/q2c.py", "vaegan_judge/__init__.py"}
    assert wanted <= set(inside)
    assert not any(name.startswith(("tests/", "assignments/")) for name in inside)


def test_notebooks_are_valid_and_cell_ids_count(built: Distribution) -> None:
    for path in (built.student_notebook, built.solved_notebook):
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
        assert [cell.id for cell in notebook.cells] == [f"cell-{i}" for i in range(len(notebook.cells))]


def test_solved_notebook_reads_like_one(built: Distribution) -> None:
    text = built.solved_notebook.read_text(encoding="utf-8")
    for marker in ("BEGIN PROMPT", "BEGIN SOLUTION", "END SOLUTION", "# BEGIN QUESTION", "# BEGIN TESTS"):
        assert marker not in text


def test_every_part_has_its_check_and_the_written_ones_an_answer_cell(built: Distribution) -> None:
    notebook = nbformat.read(built.student_notebook, as_version=4)
    sources = [cell.source for cell in notebook.cells]
    checks = [source for source in sources if source.startswith("grader.check(")]
    assert checks == [f'grader.check("q{q}")' for q in PARTS]
    assert sources.count("_Type your answer here, replacing this text._") == 3
    assert any("grader.export(" in source for source in sources)


def test_an_old_build_is_replaced_only_by_a_complete_one(checkout: Path, vaegan: Command) -> None:
    assert vaegan("build", cwd=checkout).returncode == 0
    before = (checkout / "dist/vaes_and_gans/autograder.zip").read_bytes()
    (checkout / "graders/vaes_and_gans/q1b.py").write_text("def broken(:\n", encoding="utf-8")
    done = vaegan("build", cwd=checkout)
    assert done.returncode == 2
    assert "q1b.py, line 1" in done.stderr
    assert (checkout / "dist/vaes_and_gans/autograder.zip").read_bytes() == before
    assert [p.name for p in (checkout / "dist").iterdir()] == ["vaes_and_gans"]


def _remove(name: str) -> object:
    return lambda checkout: (checkout / name).unlink()


def _write(name: str, text: str) -> object:
    return lambda checkout: (checkout / name).write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (_remove("assignments/vaes_and_gans/vaes_and_gans.md"), "vaes_and_gans.md is missing"),
        (_remove("assignments/vaes_and_gans/assignment.toml"), "there is none in assignments/"),
        (_remove("assignments/vaes_and_gans/requirements.txt"), "requirements.txt is missing"),
        (_remove("solutions/vaes_and_gans/q2b.py"), "q2b.py is missing"),
        (_remove("solutions/vaes_and_gans/written.md"), "written.md is missing"),
        (_remove("graders/vaes_and_gans/q1a.py"), "q1a.py is missing"),
        (_write("assignments/vaes_and_gans/assignment.toml", "points = "), "assignment.toml"),
        (_write("assignments/vaes_and_gans/vaes_and_gans.md", "# nothing"), "asks nothing"),
        (_write("solutions/vaes_and_gans/q1b.py", "x = 1\nif\n"), "q1b.py, line 2"),
        (_write("dist", "a file"), "dist"),
    ],
)
def test_what_is_missing_is_said_in_one_line(damage: object, said: str, checkout: Path, vaegan: Command) -> None:
    assert callable(damage)
    damage(checkout)
    done = vaegan("build", cwd=checkout)
    _one_line(done, said)


def _one_line(done: subprocess.CompletedProcess[str], said: str) -> None:
    assert done.returncode == 2, done
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_outside_a_checkout(tmp_path: Path, vaegan: Command) -> None:
    _one_line(vaegan("build", cwd=tmp_path), "is not inside a vaegan checkout")


def test_unknown_assignment(vaegan: Command) -> None:
    _one_line(vaegan("build", "linear_regression"), "known: vaes_and_gans")
