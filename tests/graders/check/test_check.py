"""The author's gate is green on what we ship, and red, with the place, on what it must catch."""

from __future__ import annotations

import ast
import json
import shutil
import warnings
import zipfile
from pathlib import Path

import pytest

from graders.assignment import Assignment, load
from graders.build import Distribution, build
from graders.check import contract, leaks, plans, sources
from tests.conftest import Command

TEMPLATE = "assignments/vaes_and_gans/vaes_and_gans.md"


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, (path, old)
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def failures(output: str) -> dict[str, list[str]]:
    """The failing checks of a checklist, with their lines."""
    found: dict[str, list[str]] = {}
    title = ""
    for line in output.splitlines():
        if line[:1] in "✓✗":
            title = line[2:]
            if line[0] == "✗":
                found[title] = []
        elif line.startswith("    "):
            found[title].append(line.strip())
    return found


def test_the_assignment_that_we_ship_is_green(vaegan: Command) -> None:
    done = vaegan("check")
    assert failures(done.stdout) == {}
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("✓") == 12


def paste_a_solution(checkout: Path) -> None:
    edit(checkout / TEMPLATE, "## Question 2", "Remember that p_r/(p_r + p_g) is best.\n\n## Question 2")


def import_solutions_in_a_public_test(checkout: Path) -> None:
    path = checkout / "graders/vaes_and_gans/q1b.py"
    text = path.read_text(encoding="utf-8")
    case = next(
        node
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef) and "points=0" in ast.unparse(node.decorator_list[0])
    )
    lines = text.splitlines()
    lines.insert(case.body[0].lineno - 1, "    from solutions.vaes_and_gans import q1b")
    path.write_text("\n".join(lines), encoding="utf-8")


def make_the_reference_wrong(checkout: Path) -> None:
    edit(checkout / "solutions/vaes_and_gans/q2c.py", "mu**2 + spread", "mu**2 + 2 * spread")


def test_red(checkout: Path, vaegan: Command) -> None:
    """One run tells of all that is wrong, each at its check."""
    paste_a_solution(checkout)
    import_solutions_in_a_public_test(checkout)
    make_the_reference_wrong(checkout)
    done = vaegan("check", cwd=checkout)
    assert done.returncode == 1, done.stderr
    found = failures(done.stdout)
    for check, words in (
        ("no solution, hidden test or reference value is in the student folder", "the answer to D_star (q1b)"),
        ("public tests stand alone", "imports numpy, sympy and vaegan_judge only"),
        (
            "public tests pass on the solutions where neither solutions nor graders can be imported",
            "a student has no package solutions",
        ),
        ("the solved notebook has full marks under otter run", "solutions/vaes_and_gans/q2c.py fails"),
    ):
        assert any(words in line for line in found[check]), done.stdout


def test_leaks_are_found_wherever_they_are(assignment: Assignment, built: Distribution, tmp_path: Path) -> None:
    """In a comment, in metadata, in a zip, in another file, however it is spaced and quoted."""
    line = "-np.exp(-np.logaddexp(0.0, -values))"
    assert list(leaks.student_folder(assignment, built)) == []
    copy = Distribution(tmp_path, built.name)
    copy.student.mkdir()
    notebook = json.loads(built.student_notebook.read_text(encoding="utf-8"))
    notebook["cells"][3]["source"] = ["text\n", f"# {line.replace(' ', '')}"]
    notebook["cells"][5]["metadata"]["hint"] = line
    notebook["metadata"]["otter"]["tests"]["q1a"] += "\ndef test_stationarity(stationarity): ..."
    copy.student_notebook.write_text(json.dumps(notebook), encoding="utf-8")
    (copy.student / "notes.txt").write_text("Of course D* is 1/(1 + p_g/p_r) here.", encoding="utf-8")
    with zipfile.ZipFile(copy.student / "data.zip", "w") as archive:
        archive.writestr("deep/notes.txt", "here: -np.exp( -np.logaddexp(0.0, -values) )")
    places = {found.split(" holds ")[0] for found in leaks.student_folder(assignment, copy)}
    assert places == {
        "student/vaes_and_gans.ipynb, cell 4",
        "student/vaes_and_gans.ipynb, cell 6, metadata and outputs",
        "student/vaes_and_gans.ipynb, metadata",
        "student/notes.txt",
        "student/data.zip/deep/notes.txt",
    }


def test_a_solution_in_the_judge_that_students_get(checkout: Path, tmp_path: Path) -> None:
    source = checkout / "graders/answers/symbolic.py"
    source.write_text(
        source.read_text(encoding="utf-8")
        + """

SECRET = "1/(1 + p_g/p_r)"


def optimal_discriminator(p_r, p_g):
    return None
""",
        encoding="utf-8",
    )
    shutil.copy(checkout / "solutions/vaes_and_gans/q2b.py", checkout / "graders/answers/verdict.py")
    assignment = load("vaes_and_gans", checkout)
    made = build(assignment, tmp_path / "dist")
    # the build copies what is installed, which is this checkout's in a course
    shutil.copytree(checkout / "graders/answers", made.judge, dirs_exist_ok=True)
    found = "\n".join(leaks.student_folder(assignment, made))
    assert "student/vaegan_judge/symbolic.py holds the answer to D_star (q1b): 1/(1 + p_g/p_r)" in found
    assert "student/vaegan_judge/symbolic.py says optimal_discriminator: the judge knows no assignment" in found
    assert "student/vaegan_judge/verdict.py holds a line of q2b.py" in found


@pytest.mark.parametrize(
    ("part", "law", "name"),
    [
        ("q1b", 'wanted = "p_r/(p_r + p_g)"', "D_star"),
        ("q1b", "best = lambda p_r, p_g: 1 - p_g / (p_g + p_r)", "D_star"),
        ("q1a", 'wanted = "-1/(1 + exp(-a))"', "saturating_slope"),
        ("q2a", 'wanted = "P_A*P_B_given_A/(P_A*P_B_given_A + (1 - P_A)*P_B_given_not_A)"', "bayes"),
    ],
)
def test_a_law_that_gives_a_formula_away(checkout: Path, tmp_path: Path, part: str, law: str, name: str) -> None:
    path = checkout / f"graders/vaes_and_gans/{part}.py"
    text = path.read_text(encoding="utf-8")
    place = text.index("    from vaegan_judge import")
    path.write_text(f"{text[:place]}    {law}\n{text[place:]}", encoding="utf-8")
    assignment = load("vaes_and_gans", checkout)
    found = list(leaks.student_folder(assignment, build(assignment, tmp_path / "dist")))
    assert any(f"metadata holds the answer to {name} ({part})" in line for line in found), found


def test_a_built_leak_names_the_cell(checkout: Path, tmp_path: Path) -> None:
    edit(
        checkout / TEMPLATE,
        "## Question 2",
        "P_A * P_B_given_A / (P_A * P_B_given_A + (1 - P_A) * P_B_given_not_A)",
    )
    assignment = load("vaes_and_gans", checkout)
    found = list(leaks.student_folder(assignment, build(assignment, tmp_path / "dist")))
    assert any("cell" in line and "q2a" in line for line in found), found


def test_a_contract_that_nobody_keeps(checkout: Path) -> None:
    path = checkout / "assignments/vaes_and_gans/assignment.toml"
    edit(path, 'names = ["is_divergence"', 'names = ["metric", "is_divergence"')
    edit(path, "[parts.q2a]\npoints = 10", "[parts.q2a]\npoints = 11")
    assignment = load("vaes_and_gans", checkout)
    names = list(contract.names(assignment))
    assert any("one stub of metric" in line for line in names)
    assert any("never explains `metric`" in line for line in names)
    assert any("no hidden case judges metric" in line for line in names)
    points = list(contract.points(assignment))
    assert any("sum to 101" in line for line in points)
    assert any("q2a.py: the cases sum to 10 points" in line for line in points)
    assert any("headings" in line for line in points)


def test_test_files_that_otter_would_misread(checkout: Path) -> None:
    path = checkout / "graders/vaes_and_gans/q2a.py"
    path.write_text(
        path.read_text(encoding="utf-8").replace('name = "q2a"', 'name = "q2"')
        + """
import pytest

@test_case(points=0.3, name="odd", hidden=True)
def test_odd(posterior, tolerance=1e-6):
    assert __file__

@test_case(points=0, name="odd", hidden=True)
def test_odd(posterior):
    pass

again = test_odd
""",
        encoding="utf-8",
    )
    lines = list(sources.tests(load("vaes_and_gans", checkout)))
    for said in (
        "name = 'q2a'",
        "2 cases are called test_odd",
        "2 cases have the name 'odd'",
        "again is an alias",
        "otter fills defaults",
        "tolerance is no name of this part",
        "without __file__",
        "pytest's failures escape",
    ):
        assert any(said in line for line in lines), (said, lines)


def test_public_cases_carry_no_points_and_stand_alone(checkout: Path) -> None:
    path = checkout / "graders/vaes_and_gans/q2a.py"
    text = path.read_text(encoding="utf-8")
    extra = """
@test_case(points=2, name="q2a public: paid")
def test_public_paid(posterior):
    assert np.all(helper(posterior))
"""
    path.write_text(text + extra, encoding="utf-8")
    lines = list(sources.public_tests(load("vaes_and_gans", checkout)))
    assert [line.split("test_public_paid: ")[1] for line in lines] == [
        "helper is not defined inside the case",
        "np is not defined inside the case",
        "public cases carry no points: what students can see, they can satisfy",
    ]


def test_solution_modules_and_rubrics(checkout: Path) -> None:
    edit(
        checkout / "solutions/vaes_and_gans/q1c.py",
        "import numpy as np",
        "import numpy as np\nfrom solutions.vaes_and_gans import q1d",
    )
    edit(checkout / "solutions/vaes_and_gans/q1b.py", "def optimal_discriminator", "def best_discriminator")
    written = checkout / "solutions/vaes_and_gans/written.md"
    written.write_text(written.read_text(encoding="utf-8").replace("| 1 |", "| 2 |", 1), encoding="utf-8")
    assignment = load("vaes_and_gans", checkout)
    lines = list(sources.solutions(assignment))
    assert any("not solutions.vaes_and_gans" in line for line in lines)
    assert any("q1b.py: it does not define optimal_discriminator" in line for line in lines)
    assert any("sums to 6 points, not 5" in line for line in contract.written(assignment))


def test_a_case_that_asks_by_what_is_replied_and_one_that_its_answers_fail_are_named(
    checkout: Path, tmp_path: Path
) -> None:
    path = checkout / "graders/vaes_and_gans/q2a.py"
    path.write_text(
        path.read_text(encoding="utf-8")
        + """

@test_case(points=0, name="q2a: step by step", hidden=True)
def test_stepwise(posterior):
    posterior(posterior([0.5, 0.5], [0.25, 0.75]), [0.5, 0.5])


@test_case(points=0, name="q2a: too much", hidden=True)
def test_too_much(posterior):
    assert sum(posterior([0.5, 0.5], [0.25, 0.75])) == 2, "it sums to 1"
""",
        encoding="utf-8",
    )
    assignment = load("vaes_and_gans", checkout)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # otter's own imports warn
        found = list(plans.fixed(assignment, build(assignment, tmp_path)))
    assert found == [
        f"{path}: 'q2a: too much' fails on the right answers: AssertionError: it sums to 1",
        f"{path}: 'q2a: step by step' makes calls that depend on what is replied; take known arguments instead",
    ]


def test_the_seed_in_the_student_folder_is_a_leak(
    assignment: Assignment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAEGAN_SEED", "271828182")
    made = build(assignment, tmp_path)
    assert not list(leaks.student_folder(assignment, made))
    (made.student / "notes.txt").write_text("seed: 271828182", encoding="utf-8")
    assert list(leaks.student_folder(assignment, made)) == [
        "student/notes.txt holds the seed of the hidden inputs"
    ]
