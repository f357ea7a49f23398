"""`vaegan preview` on notebooks as students save them: each situation with the line that it gets."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from graders.build import Distribution
from tests.conftest import ROOT, VAEGAN, Command
from tests.demo_class import NAME, RIGHT_OTHERWISE, Edit
from tests.graders.preview.drafts import above, answered, below, change, delete, export, move_down, replace

RESTART = "Choose Kernel → Restart Kernel and Run All Cells, look at the checks, and save."
EXPORT = "Save the notebook, run its last cell, and hand in the zip that it makes."
COUNTED = "Code cells are counted from the top, without the cells of text."
READY = "Nothing would be lost. The public checks tell that your answers can be read, not that they are right."
DONE = (
    "✓ Fine: no symbol or answer is overwritten, every cell runs, q1a, q1b, q1c, q1d, q2a, q2b, q2c, "
    "no function needs what is not there, no package is missing, it was run from top to bottom, "
    "the export holds what was saved."
)


@dataclass(frozen=True)
class Situation:
    """What was done to the notebook, and what is said of it: lines, each below it the notebook's own, if any."""

    edit: Edit
    said: tuple[tuple[str, str], ...]


def situation(edit: Edit, *said: tuple[str, str]) -> Situation:
    return Situation(edit, said)


def answer(name: str, other: str) -> Edit:
    return replace(RIGHT_OTHERWISE[name].strip(), other)


# in one notebook, since each costs its cell or its question only
MESSES = {
    "a name that only the running kernel knows": situation(
        replace("D_star = 1 / (1", "D_star = total / (1"),
        (
            "✗ cell 11, line 3 uses `total`, which no cell defines: only your running kernel may still know "
            "it, from "
            "a cell that is gone or was changed. Did you mean `totals`? Define it above.",
            "D_star = total / (1 + sp.exp(sp.log(p_g) - sp.log(p_r)))",
        ),
        (
            "✗ q1b: `D_star` is not there when it is checked: cell 11 does not get that far. Mend that cell "
            "first.",
            "",
        ),
    ),
    "a name that is nearly the same": situation(above('grader.check("q1b")', "totals = p_r + p_g")),
    "input()": situation(
        above("def entropy", 'n = int(input("How many? "))'),
        (
            "✗ cell 15, line 1 asks for input(), and nobody is there to answer. Write the value into the cell.",
            'n = int(input("How many? "))',
        ),
    ),
    "exit()": situation(
        above("def entropy", "import sys\nsys.exit()"),
        ("✗ cell 16, line 2 ends Python, so that nothing below that line runs. Take it out.", "sys.exit()"),
    ),
    "a syntax error": situation(
        above("def entropy", "for i in"),
        (
            "✗ cell 17, line 1 is no valid Python (invalid syntax), so nothing in the cell runs. Mend it.",
            "for i in",
        ),
    ),
    "a crash": situation(
        above("def entropy", "import os\nos.abort()"), ("✗ cell 18 is given up: it crashed (abort).", "")
    ),
    "a file that is not handed in": situation(
        above("def entropy", 'rows = open("rows.csv").read()'),
        (
            "✗ cell 19, line 1 needs a file that is not handed in ([Errno 2] No such file or directory: "
            "'rows.csv'). "
            "Make the data in a cell.",
            'rows = open("rows.csv").read()',
        ),
    ),
    "an error below a magic": situation(
        above("def entropy", "%matplotlib inline\n1 / 0"),
        (
            "✗ cell 20, line 2 raises ZeroDivisionError: division by zero. "
            "What stands below that line does not run: mend it.",
            "1 / 0",
        ),
    ),
    "a cell above the one that it needs": situation(
        above("def entropy", "print(later)"),
        (
            "✗ cell 21, line 1 uses `later`, which is defined further down, in cell 49. "
            "Move that cell above this one.",
            "print(later)",
        ),
    ),
    "the cell that is needed": situation(
        above('grader.check("q2c")', "later = 1\n\n\ndef bound(*given):\n    return 0.0")
    ),
    "an answer under another name": situation(
        replace("saturating_slope = sp.diff", "saturating_slop = sp.diff"),
        (
            "✗ q1a: `saturating_slope` is not there when it is checked: no cell defines it. "
            "Is it what you named `saturating_slop`? Keep the name.",
            "",
        ),
    ),
    "an answer below its check": situation(
        move_down("def counterexample"),
        (
            "✗ q1c: `counterexample` is not there when it is checked: it is defined in cell 53, below the "
            "check in "
            "cell 25. Move it above.",
            "",
        ),
        (f"! When you saved, cell 53 had run before cell 52, which stands above it. {RESTART}", ""),
    ),
    "answers that are still stubs": situation(
        answer("posterior", 'def posterior(prior, likelihood):\n    """The posterior."""\n    ...'),
        ("✗ q2a: `bayes`, `posterior` are not answered: `...` stands there.", ""),
    ),
    "another stub": situation(answer("bayes", "bayes = ...")),
    "a public check that fails": situation(
        answer("quadrature_cost", "def quadrature_cost(n, k):\n    return float(n) ** k"),
        ("✗ q2b: a public check fails: quadrature_cost must return an int, got float", ""),
    ),
    "a function that needs what is gone": situation(
        answer("kl_to_standard_normal", "def kl_to_standard_normal(mu, sigma):\n    return half(mu)"),
        ("✗ q2c: a public check fails: NameError: name 'half' is not defined", ""),
        (
            "✗ cell 46, line 3: `kl_to_standard_normal` uses `half`, which no cell defines. "
            "It fails when it is called: define it above, or make it a parameter.",
            "return half(mu)",
        ),
    ),
    "a helper below the check": situation(
        answer("elbo", "def elbo(x, W, b, sigma, mu, log_var):\n    return bound(x, W, b, sigma, mu, log_var)"),
        (
            "✗ q2b: a public check fails: NameError: name 'bound' is not defined. "
            "Cell 49 defines it, below the check in cell 43. Move it above.",
            "",
        ),
    ),
    "a helper that needs what is gone": situation(
        above('grader.check("q1c")', "def helper(p):\n    return normalised(p)"),
        (
            "✗ cell 24, line 2: `helper` uses `normalised`, which no cell defines. "
            "It fails when it is called: define it above, or make it a parameter.",
            "return normalised(p)",
        ),
    ),
    "no export": situation(
        lambda notebook: None, (f"! There is no exported zip beside the notebook yet. {EXPORT}", "")
    ),
}

# in another one, since they are about what was saved, or would hide what is above
TRACES = {
    "a loop variable named like a symbol": situation(
        above("derivation_2c = [", "print('a table')\nfor i in range(3):\n    print(i, 2 * i)"),
        (
            "✗ cell 44: line 2 gives `i` another value (by a loop), and `derivation_2c` in cell 45 needs it "
            "as the "
            "symbol. Use another name in line 2.",
            "for i in range(3):",
        ),
        (
            "✗ cell 45 raises ValueError: Invalid limits given: ((2, 1, K),). "
            "What stands below that line does not run: mend it.",
            "",
        ),
        (
            "✗ q2c: `derivation_2c` is not there when it is checked: cell 45 does not get that far. Mend that "
            "cell first.",
            "",
        ),
        (
            "✗ cell 47, line 1 uses `derivation_2c`, which cell 45 does not get to define. Mend that cell first.",
            "show(derivation_2c, rules_2c)",
        ),
    ),
    "a derivation with that symbol": situation(
        answer("derivation_2c", "derivation_2c = [sum_over_i(mu[i] ** 2), 0, 0, 0]")
    ),
    "an answer named like a symbol": situation(
        above("stationarity = ", "D = p_r / (p_r + p_g)"),
        (
            "✗ cell 11: line 1 gives `D` another value (by an assignment), and `stationarity` in cell 12 "
            "needs it as "
            "the symbol. Use another name in line 1.",
            "D = p_r / (p_r + p_g)",
        ),
        (
            "✗ cell 12, line 2 raises ValueError: Can't calculate derivative wrt p_r/(p_g + p_r). "
            "What stands below that line does not run: mend it.",
            "curvature = sp.diff(p_r * sp.log(D) + p_g * sp.log(1 - D), D, 2)",
        ),
        (
            "✗ q1b: `curvature` is not there when it is checked: cell 12 does not get that far. Mend that "
            "cell first.",
            "",
        ),
    ),
    "an answer twice above its check": situation(
        above('grader.check("q1b")', RIGHT_OTHERWISE["D_star"]),
        (
            "! cell 14: `D_star` is defined here, and was in cell 12, line 3. The last before the check "
            "counts, this one.",
            RIGHT_OTHERWISE["D_star"],
        ),
    ),
    "an answer once more below its check": situation(
        below('grader.check("q2a")', RIGHT_OTHERWISE["posterior"].strip()),
        (
            "✗ cell 31: `posterior` is defined here, and again in cell 34, line 1, below the check in cell 33. "
            "What stands above the check counts: delete the one that you don't mean.",
            "def posterior(prior, likelihood):",
        ),
    ),
    "packages that the grader has not": situation(
        above("def entropy", "import torch\nimport helpers, pandas, json\nfrom sklearn import metrics"),
        (
            "✗ cell 16, line 1 imports `torch`: it is missing where notebooks are graded. "
            "Do without it, or with what the assignment allows.",
            "import torch",
        ),
        (
            "✗ cell 16, line 2 imports `helpers`: helpers.py is not handed in with the notebook. "
            "Copy what you need of it into a cell.",
            "import helpers, pandas, json",
        ),
        (
            "✗ cell 16, line 3 imports `sklearn`: it is missing where notebooks are graded. "
            "Do without it, or with what the assignment allows.",
            "from sklearn import metrics",
        ),
    ),
    "a package that is only tried": situation(
        above("def entropy", "try:\n    import jax\nexcept ImportError:\n    jax = None")
    ),
    "cells run out of order": situation(
        change("def gan_value", lambda cell: cell.update(execution_count=99)),
        (f"! When you saved, cell 24 had run before cell 23, which stands above it. {RESTART}", ""),
    ),
    "a check that was deleted": situation(
        delete('grader.check("q1c")'),
        (
            '! The check of q1c is gone. Put `grader.check("q1c")` below its answers: '
            "else it is judged by what stands there after the last cell.",
            "",
        ),
    ),
    "a check that did not run": situation(
        change('grader.check("q2c")', lambda cell: cell.update(execution_count=None)),
        (f"! When you saved, these checks had not run: q2c. {RESTART}", ""),
    ),
    "an export of before": situation(
        lambda notebook: None,
        (
            "✗ vaes_and_gans_2026_11_25T03_00_00_000000.zip holds another notebook than the one that is saved: "
            f"they differ from cell 11 on. {EXPORT}",
            "",
        ),
    ),
}


def pairs(output: str) -> list[tuple[str, str]]:
    """The lines of findings, each with the line of the notebook below it."""
    lines = output.splitlines()
    quotes = [*(line.strip() if line.startswith("      ") else "" for line in lines[1:]), ""]
    return [(line, quote) for line, quote in zip(lines, quotes, strict=True) if line.startswith(("✗", "!"))]


@pytest.fixture(scope="module")
def messes(
    built: Distribution, tmp_path_factory: pytest.TempPathFactory, vaegan: Command
) -> list[tuple[str, str]]:
    notebook = answered(built, tmp_path_factory.mktemp("messes"), *(each.edit for each in MESSES.values()))
    done = vaegan("preview", notebook)
    assert done.returncode == 1 and not done.stderr, done
    assert done.stdout.splitlines()[-2:] == [
        "✓ Fine: no symbol or answer is overwritten, q1d, no package is missing.",
        COUNTED,
    ]
    return pairs(done.stdout)


@pytest.fixture(scope="module")
def traces(
    built: Distribution, tmp_path_factory: pytest.TempPathFactory, vaegan: Command
) -> list[tuple[str, str]]:
    folder = tmp_path_factory.mktemp("traces")
    export(answered(built, folder))
    (folder / "helpers.py").touch()
    done = vaegan("preview", answered(built, folder, *(each.edit for each in TRACES.values())))
    assert done.returncode == 1 and not done.stderr, done
    assert "✓ Fine: q1a, q1c, q1d, q2a, q2b, no function needs what is not there." in done.stdout
    return pairs(done.stdout)


@pytest.mark.parametrize("name", MESSES)
def test_what_does_not_survive_a_clean_start(name: str, messes: list[tuple[str, str]]) -> None:
    assert [pair for pair in MESSES[name].said if pair not in messes] == []


@pytest.mark.parametrize("name", TRACES)
def test_what_is_saved_beside_the_code(name: str, traces: list[tuple[str, str]]) -> None:
    assert [pair for pair in TRACES[name].said if pair not in traces] == []


@pytest.mark.parametrize(("group", "given"), [("messes", MESSES), ("traces", TRACES)])
def test_nothing_else_is_said(group: str, given: dict[str, Situation], request: pytest.FixtureRequest) -> None:
    said = [pair for each in given.values() for pair in each.said]
    assert sorted(request.getfixturevalue(group)) == sorted(said)


@pytest.fixture(scope="module")
def student_only(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs the command from a copy of the package without solutions, templates and tests of any assignment."""
    root = tmp_path_factory.mktemp("stripped")
    ignored = shutil.ignore_patterns("__pycache__", NAME)
    shutil.copytree(ROOT / "graders", root / "graders", ignore=ignored)
    start = f"import sys; sys.path[:] = [{str(root)!r}, *(p for p in sys.path if p not in ('', {str(ROOT)!r}))]; "

    def run(*arguments: object, before: str = "") -> subprocess.CompletedProcess[str]:
        nothing = (
            "import importlib.util as u; assert u.find_spec('graders').origin.startswith("
            f"{str(root)!r}) and not u.find_spec('solutions') and not u.find_spec('graders.{NAME}'); "
        )
        command = [sys.executable, "-c", start + nothing + before + VAEGAN, "preview", *map(str, arguments)]
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)

    return run


Run = Callable[..., subprocess.CompletedProcess[str]]


def test_the_student_folder_is_enough(built: Distribution, tmp_path: Path, student_only: Run) -> None:
    notebook = answered(built, tmp_path)
    export(notebook)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    done = student_only(notebook)
    assert done.returncode == 0 and not done.stderr, done
    assert done.stdout.splitlines()[1:] == [DONE, READY]
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_the_notebook_as_it_was_handed_out(built: Distribution, student_only: Run) -> None:
    done = student_only(built.student_notebook)
    assert done.returncode == 1
    assert pairs(done.stdout) == [
        *(
            (f"✗ {q} is not answered: its cells are as they were handed out.", "")
            for q in ("q1a", "q1b", "q1c", "q1d", "q2a", "q2b", "q2c")
        ),
        (f"! No cell ran in the notebook as it was saved. {RESTART}", ""),
        (f"! There is no exported zip beside the notebook yet. {EXPORT}", ""),
    ]


# what the command line itself is made of knows the machine already
ELSEWHERE = "import sys, click; sys.platform = {!r}; sys.modules.update(dict.fromkeys({!r})); "


@pytest.mark.parametrize(
    ("platform", "absent"),
    [("win32", ["resource", "fcntl", "pwd", "grp", "graders.isolation.kernel"]), ("darwin", [])],
)
def test_away_from_linux_it_is_read(
    platform: str, absent: list[str], built: Distribution, tmp_path: Path, student_only: Run
) -> None:
    notebook = answered(built, tmp_path, above("stationarity = ", "D = p_r / (p_r + p_g)"))
    before = ELSEWHERE.format(platform, absent)
    done = student_only(notebook, before=before)
    assert done.returncode == 1 and "✗ cell 11: line 1 gives `D` another value" in done.stdout, done
    assert done.stderr.startswith("Only Linux can run it as the grader does; here it is only read.")
    done = student_only(answered(built, tmp_path), before=before)
    assert done.returncode == 2 and "✗" not in done.stdout + done.stderr, done


def test_a_machine_that_confines_less_is_told_of(built: Distribution, tmp_path: Path, student_only: Run) -> None:
    notebook = answered(built, tmp_path)
    before = "import graders.isolation.levels as l; l.Capabilities.level = property(lambda self: 'none'); "
    done = student_only(notebook, before=before)
    assert done.returncode == 0 and done.stdout.endswith(f"{READY}\n"), done
    assert "confines a notebook less than the grader does (level none): preview only your own." in done.stderr
    before = "import graders.isolation.launcher as l; l._START = 'raise SystemExit(3)'; "
    done = student_only(notebook, before=before)
    assert done.returncode == 2 and "so it is only read. `vaegan doctor` says why." in done.stderr, done
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("kind", ["missing", "folder", "zip", "text", "no checks", "broken checks"])
def test_what_is_no_notebook_of_an_assignment(
    kind: str, built: Distribution, tmp_path: Path, vaegan: Command
) -> None:
    path = tmp_path / f"{NAME}.ipynb"
    if kind == "folder":
        path.mkdir()
    elif kind == "zip":
        path = export(answered(built, tmp_path))
    elif kind == "text":
        path.write_text("Dear grader,", encoding="utf-8")
    elif kind == "no checks":
        answered(built, tmp_path, lambda notebook: notebook.metadata.pop("otter"))
    elif kind == "broken checks":
        answered(built, tmp_path, lambda notebook: notebook.metadata["otter"].update(tests={"q1": "def", "q2": 3}))
    done = vaegan("preview", path)
    assert done.returncode == 2 and not done.stdout, done
    assert path.name in done.stderr and len(done.stderr.splitlines()) == 1 and "Traceback" not in done.stderr


def test_the_command_of_the_readme(built: Distribution, tmp_path: Path, vaegan: Command) -> None:
    (command,) = [
        line.split() for line in (ROOT / "README.md").read_text().splitlines() if "vaegan preview" in line
    ]
    answered(built, tmp_path)
    done = vaegan(*command[1:], cwd=tmp_path)
    assert done.returncode == 0 and done.stdout.endswith(f"{READY}\n"), done
