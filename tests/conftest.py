"""What several tests need: the assignment built once, and copies of the checkout to break."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

from graders.assignment import Assignment, load
from graders.build import Distribution, build
from tests import warm

ROOT = Path(__file__).resolve().parents[1]
VAEGAN = "from graders.cli import main; main()"

# Two test processes on two cores: BLAS threads of their own would only fight over these. Before numpy is imported.
os.environ["OPENBLAS_NUM_THREADS"] = "1"

# The same hidden inputs in every test and on every machine, whatever seed this checkout has drawn.
os.environ["VAEGAN_SEED"] = "6"

import tests.imported  # noqa: E402, F401  # before any test, which otter's warnings would fail

# Without clocks and dice: the same examples on every machine, however slow it is.
settings.register_profile("repeatable", derandomize=True, deadline=None, database=None)
settings.load_profile("repeatable")

Command = Callable[..., subprocess.CompletedProcess[str]]

# Minutes each, so they come first: then two processes end at about the same time.
SLOW = (
    "tests/test_end_to_end.py",
    "tests/graders/check/test_check.py",
    "tests/graders/batch/test_runner.py",
    "tests/test_parity.py",
    "tests/hostile/test_corpus.py",
    "tests/graders/test_otter_plugin.py",
    "tests/graders/answers/test_budgets.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def place(item: pytest.Item) -> int:
        file = item.nodeid.partition("::")[0]
        return SLOW.index(file) if file in SLOW else len(SLOW)

    items.sort(key=place)


@pytest.fixture(scope="session")
def assignment() -> Assignment:
    return load("vaes_and_gans", ROOT)


@pytest.fixture(scope="session")
def built(assignment: Assignment, tmp_path_factory: pytest.TempPathFactory) -> Distribution:
    return build(assignment, tmp_path_factory.mktemp("dist"))


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the project that a test may break."""
    copy = tmp_path / "checkout"
    copy.mkdir()
    for folder in ("assignments", "solutions", "graders", "vaegan_judge"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("pyproject.toml", "README.md", "LICENSE", ".gitignore"):
        shutil.copy(ROOT / file, copy)
    return copy


@pytest.fixture(scope="session")
def vaegan() -> Command:
    """Run the real command in a checkout, whose packages it then uses."""

    def run(*arguments: object, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
        root = next((p for p in (cwd, *cwd.parents) if (p / "graders").is_dir()), ROOT)
        environment = {**os.environ, "PYTHONPATH": str(root)}
        if root == ROOT:
            return warm.run(arguments, cwd, environment)
        return subprocess.run(
            [sys.executable, "-c", VAEGAN, *map(str, arguments)],
            cwd=cwd,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    return run
