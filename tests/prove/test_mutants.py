"""A sample of the examination's mutants, and the mutator itself; `make prove` has all of them."""

from __future__ import annotations

import random

import pytest

from tests.graders.vaes_and_gans.judging import PARTS, reference
from tests.prove.examination import SURVIVED, Task, killer, killers, listed
from tests.prove.mutants import affected, load, mutants, of_source

SAMPLE = 4


def changes(source: str) -> set[str]:
    return {mutant.change for mutant in of_source("q1a", source)}


def test_operators_and_constants() -> None:
    found = changes("y = a * (b - 1)")
    assert {
        "y = a * (b - 1) => " + new for new in ("y = a / (b - 1)", "y = a * (b + 1)", "y = a * (1 - b)")
    } <= found
    assert {
        "y = a * (b - 1) => " + new for new in ("y = a * (b - 2)", "y = a * (b - 0)", "y = a * (b - -1)")
    } <= found
    assert {"y = a * (b - 1) => " + new for new in ("y = a", "y = b - 1", "y = a * b")} <= found


def test_comparisons_and_conditions() -> None:
    found = changes("y = 0 <= a < b and c")
    for new in ("0 < a < b and c", "0 > a < b and c", "0 <= a <= b and c", "0 <= a < b or c", "c", "0 <= a < b"):
        assert f"y = 0 <= a < b and c => y = {new}" in found


def test_calls_and_functions() -> None:
    found = changes("y = np.sum(np.log(a), axis=0)")
    for new in (
        "np.mean(np.log(a), axis=0)",
        "np.sum(np.log1p(a), axis=0)",
        "np.sum(a, axis=0)",
        "np.sum(np.log(a))",
        "np.sum(np.log(a), axis=1)",
    ):
        assert f"y = np.sum(np.log(a), axis=0) => y = {new}" in found
    assert "y = f(a, b) => y = f(b, a)" in changes("y = f(a, b)")


def test_statements_and_parameters() -> None:
    found = changes("def f(p, q):\n    if p < q:\n        raise ValueError('a message')\n    return -p")
    assert "raise ValueError => pass" in found
    assert "if p < q: ¦ raise ValueError => pass" in found
    assert "if p < q: => if True:" in found
    assert {"return -p => return p", "return -p => return -q", "return -p => return None"} <= found
    assert not any("message" in change for change in found)


def test_what_is_left_alone() -> None:
    assert changes('"""A docstring."""\nimport numpy as np\n') == set()
    assert changes('def f():\n    """A docstring."""\n    ax.legend(loc=1)\n') == set()
    assert changes("y: list[int] = x") == set()


def test_what_a_change_reaches() -> None:
    assert affected("q1d", "_relative_entropy", ("kl_divergence", "js_divergence", "gan_value")) == {
        "kl_divergence",
        "js_divergence",
    }
    assert affected("q1b", "p_r, p_g", ("stationarity", "D_star", "curvature")) == {
        "stationarity",
        "D_star",
        "curvature",
    }


def test_a_mutant_can_be_run() -> None:
    module = load("q1a", "y = 1")
    assert module.y == 1


def test_listed_survivors_exist_and_mutants_have_ids_of_their_own() -> None:
    found = [mutant.id for part in PARTS for mutant in mutants(part)]
    assert len(found) == len(set(found)) >= 2000
    assert listed().keys() <= set(found)


@pytest.fixture(scope="module")
def sample() -> list[Task]:
    rng = random.Random("sample")
    return [Task(mutant) for part in PARTS for mutant in rng.sample(mutants(part), SAMPLE)]


def test_sampled_mutants_lose_points_or_are_listed(sample: list[Task]) -> None:
    known = listed()
    survivors = {task.mutant.id for task, found in zip(sample, killers(sample), strict=True) if found == SURVIVED}
    assert survivors == {task.mutant.id for task in sample if task.mutant.id in known}


def test_properties_alone_find_some_wrong_references() -> None:
    """Here the reference has the error, too; the original is always right."""
    wrong = {
        "q1d kl_divergence: return _relative_entropy(*_distributions(p, q)) => return None",
        "q2b elbo: return float(reconstruction - kl) => return float(reconstruction + kl)",
    }
    tasks = [Task(m, everywhere=True) for part in ("q1d", "q2b") for m in mutants(part) if m.id in wrong]
    assert len(tasks) == len(wrong)
    assert all(killer(task) != SURVIVED for task in tasks)
    assert reference("q1d")["kl_divergence"]([0.5, 0.5], [0.5, 0.5]) == 0
