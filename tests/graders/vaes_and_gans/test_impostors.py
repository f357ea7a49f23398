"""What is no answer at all costs its own part only, earns next to nothing and never ends the run."""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import sympy as sp

from graders.answers.verdict import Undecided, Wrong
from tests.graders.vaes_and_gans.judging import (
    NAMES,
    PARTS,
    POINTS,
    Outcome,
    case_file,
    judge,
    judge_others_right,
    reference,
    score,
)

ARMED: list[bool] = []


def leave(self: object, *_: object) -> Any:
    """End the process of whoever looks; but not of pytest, when it looks at the values of a failing test."""
    if ARMED:
        sys.exit("evil")
    return NotImplemented


class Evil:
    """Ends the process of whoever looks at it."""

    _exit = leave

    __eq__ = __ne__ = __lt__ = __gt__ = __le__ = __ge__ = _exit
    __str__ = __repr__ = __format__ = __hash__ = __bool__ = _exit
    __array__ = __float__ = __int__ = __index__ = __complex__ = _exit
    __len__ = __iter__ = __getitem__ = __contains__ = __call__ = _exit
    __add__ = __radd__ = __mul__ = __rmul__ = __sub__ = __rsub__ = __neg__ = __abs__ = _exit


class EvilInt(int):
    """Passes for an int until somebody compares it."""

    _exit = leave
    __eq__ = __ne__ = __lt__ = __gt__ = __le__ = __ge__ = __int__ = __index__ = __repr__ = _exit
    __hash__ = int.__hash__


class Quit(BaseException):
    """No Exception, so that `except Exception` misses it."""


class NamedAfterAnInput(ValueError):
    """A class whose name a student's function could choose, to learn a hidden input."""


NamedAfterAnInput.__name__ = "SECRET_0_123"
NamedAfterAnInput.__module__ = "builtins"

# Many more kinds of values are tried on `numeric` alone; here they pass through every case of every part.
RETURNED: dict[str, Any] = {
    "None": None,
    "zero": 0.0,
    "a half": 0.5,
    "an empty list": [],
    "a string": "0.5",
    "a complex array": np.array([0.5 + 0j]),
    "an object array": np.array([0.5, None], dtype=object),
    "nan": float("nan"),
    "infinity": float("inf"),
    "True": True,
    "ragged rows": [[1.0], [1.0, 2.0]],
    "a huge int": 10**400,
    "an expression": sp.Symbol("a"),
    "a record": np.zeros(2, dtype=[("SECRET_0_123", float)]),
    "evil": Evil(),
    "an evil int": EvilInt(3),
    "a pair of evil": (Evil(), Evil()),
}


def raises(error: BaseException) -> Callable[..., Any]:
    def function(*_: object) -> Any:
        raise error

    return function


def yields(*_: object) -> Iterator[float]:
    yield 0.5


FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{f"returns {what}": lambda *_, value=value: value for what, value in RETURNED.items()},
    "returns its first argument": lambda first=None, *_: first,
    "takes no arguments": lambda: 0.5,
    "yields": yields,
    "exits": lambda *_: sys.exit(0),
    "raises ValueError": raises(ValueError("no")),
    "raises RecursionError": raises(RecursionError("maximum recursion depth exceeded")),
    "raises a class of its own": raises(NamedAfterAnInput("SECRET")),
}
OBJECTS: dict[str, Any] = {
    **{kind: RETURNED[kind] for kind in ("None", "zero", "a string", "an object array", "evil", "a pair of evil")},
    "a list of None": [None] * 5,
    "a list of zeros": [sp.Integer(0)] * 5,
    "one expression": [sp.Symbol("x")],
    "a dict of None": dict.fromkeys(reference("q1c")["is_divergence"]),
    "a dict of True": dict.fromkeys(reference("q1c")["is_divergence"], True),
    "a dict of False": dict.fromkeys(reference("q1c")["is_divergence"], False),
    "a dict of evil": dict.fromkeys(reference("q1c")["is_divergence"], Evil()),
    "a matrix": sp.eye(2),
    "an equation of nothing": sp.true,
    "not a number": sp.nan,
    "a sum of unknown symbols": sp.Symbol("unknown") + 1,
}
# Half a point in a hundred for a constant is next to nothing.
SHARE = 0.05


# These get past the public cases, which are plain code in the student's notebook, too.
ESCAPING = {
    "an error that can't be shown": ValueError(Evil()),
    "a generator's exit": GeneratorExit(),
    "no Exception": Quit(),
}


def judged(part: str, given: dict[str, Any], cases: list[Any] | None = None) -> list[Outcome]:
    ARMED.append(True)
    try:
        return judge(part, given, cases)
    finally:
        ARMED.clear()


def answers(part: str, function: Callable[..., Any], other: Any) -> dict[str, Any]:
    return {name: function if callable(value) else other for name, value in reference(part).items()}


def verdicts_only(outcomes: list[Outcome]) -> None:
    """A hidden case says wrong and says why; it never breaks."""
    for outcome in outcomes:
        if outcome.hidden and not outcome.passed:
            assert isinstance(outcome.error, Wrong), (outcome.case, outcome.error)
            assert outcome.hint and outcome.note
            assert "SECRET" not in outcome.hint, outcome.case


@pytest.mark.parametrize("kind", FUNCTIONS)
@pytest.mark.parametrize("part", PARTS)
def test_functions_that_are_no_answers(part: str, kind: str) -> None:
    outcomes = judged(part, answers(part, FUNCTIONS[kind], ...))
    verdicts_only(outcomes)
    assert score(outcomes) <= SHARE * POINTS[part], [outcome.case for outcome in outcomes if outcome.passed]


def nan_everywhere(first: Any = None, *_: Any) -> Any:
    return np.full(np.shape(first), np.nan)


def nan_of_what_differs(*arguments: Any) -> float:
    half = len(arguments) // 2
    same = zip(arguments[:half], arguments[half:], strict=False)
    return 0.0 if all(np.array_equal(one, other) for one, other in same) else float("nan")


@pytest.mark.parametrize("function", [nan_everywhere, nan_of_what_differs])
@pytest.mark.parametrize("part", PARTS)
def test_nan_which_no_comparison_finds_wrong_earns_nothing(part: str, function: Callable[..., Any]) -> None:
    assert score(judged(part, answers(part, function, ...))) == 0


def changed(value: Any, change: Callable[[Any], Any]) -> Any:
    """The value with a change of each number in it."""
    if isinstance(value, tuple | list):
        return [changed(entry, change) for entry in value]
    return change(value)


def on_awkward_inputs(change: Callable[[Any], Any]) -> Callable[..., Callable[..., Any]]:
    """An answer that is right on paper examples, of few and round numbers, and changed elsewhere."""

    def wrong(right: Callable[..., Any]) -> Callable[..., Any]:
        def function(*arguments: Any) -> Any:
            numbers = np.concatenate([np.ravel(np.asarray(argument, dtype=float)) for argument in arguments])
            value = right(*arguments)
            return value if np.array_equal(numbers, np.round(numbers, 2)) else changed(value, change)

        return function

    return wrong


def everywhere(change: Callable[[Any], Any]) -> Callable[..., Callable[..., Any]]:
    return lambda right: lambda *arguments: changed(right(*arguments), change)


# Answers that raise what they should, and have the shape that they should, so that only their values are wrong.
WRONG_VALUES: dict[str, Callable[..., Callable[..., Any]]] = {
    "scaled": everywhere(lambda value: value * 2),
    "in other units": everywhere(lambda value: value / np.log(2)),
    "a little off": everywhere(lambda value: value * (1 + 1e-5)),
    "negated": everywhere(lambda value: -value),
    "infinite": everywhere(lambda value: value + np.inf),
    "infinite downwards": everywhere(lambda value: value - np.inf),
    "nan": everywhere(lambda value: value * np.nan),
    "constant": everywhere(lambda value: value * 0),
    "right on round numbers, else scaled": on_awkward_inputs(lambda value: value * 2),
    "right on round numbers, else infinite downwards": on_awkward_inputs(lambda value: value - np.inf),
}
FUNCTION_NAMES = [
    (part, name)
    for part in PARTS
    for name, value in reference(part).items()
    if callable(value) and name not in ("plot_generator_loss", "counterexample")
]


@pytest.mark.parametrize("kind", WRONG_VALUES)
@pytest.mark.parametrize(("part", "name"), FUNCTION_NAMES)
def test_no_case_passes_where_values_are_wrong(part: str, name: str, kind: str) -> None:
    """Also the cases about properties, such as additivity, which wrong values may well have."""
    with np.errstate(all="ignore"):
        outcomes = judge_others_right(part, **{name: WRONG_VALUES[kind](reference(part)[name])})
    if kind.startswith("right on round numbers"):
        # half of the cases have awkward numbers only; cases of whole numbers are for other errors
        lost = [outcome for outcome in outcomes if outcome.hidden and not outcome.passed]
        assert name == "quadrature_cost" or len(lost) > sum(outcome.hidden for outcome in outcomes) / 2
    else:
        assert [outcome.case for outcome in outcomes if outcome.hidden and outcome.passed] == []


def elbo_that_is_right_at_the_posterior(x: Any, W: Any, b: Any, sigma: float, mu: Any, log_var: Any) -> float:
    x, W, b, mu, log_var = (np.asarray(array, dtype=float) for array in (x, W, b, mu, log_var))
    precision = np.eye(mu.size) + W.T @ W / sigma**2
    mean = np.linalg.solve(precision, W.T @ (x - b)) / sigma**2
    evidence = float(reference("q2b")["log_likelihood_exact"](x, W, b, sigma))
    return evidence if np.allclose(mu, mean) and np.allclose(np.exp(-log_var), np.diag(precision)) else -1e9


def estimate_that_is_exact(x: Any, W: Any, b: Any, sigma: float, z: Any) -> Any:
    return reference("q2b")["log_likelihood_exact"](x, W, b, sigma)


def value_that_only_the_best_has(p_r: Any, p_g: Any, d: Any) -> Any:
    right = reference("q1d")["gan_value"]
    worth, best = right(p_r, p_g, d), right(p_r, p_g, np.asarray(p_r) / (np.asarray(p_r) + p_g))
    return worth if np.isclose(worth, best) else -np.inf


@pytest.mark.parametrize(
    ("part", "name", "impostor"),
    [
        ("q2b", "elbo", elbo_that_is_right_at_the_posterior),
        ("q2b", "log_likelihood_monte_carlo", estimate_that_is_exact),
        ("q1d", "gan_value", value_that_only_the_best_has),
    ],
)
def test_what_has_the_property_alone_passes_nothing(part: str, name: str, impostor: Callable[..., Any]) -> None:
    with np.errstate(all="ignore"):
        outcomes = judge_others_right(part, **{name: impostor})
    assert not [outcome.case for outcome in outcomes if outcome.hidden and outcome.passed]


TINY = 9e-9
# Pairs that break an axiom by nothing but the tolerances of the contract.
TOLERATED: dict[str, tuple[str, Any]] = {
    "masses beyond 1": ("cross_entropy", ([1.0], [1 + TINY])),
    "masses beyond 1, of different ones": ("cross_entropy", ([1.0, 0.0], [1 + TINY / 2, TINY / 3])),
    "the same, but not equal": ("l2_first_half", ([0.5, 0.5 - TINY / 2], [0.5 + TINY / 2, 0.5])),
    "the same, of different sums": ("l2_first_half", ([0.5, 0.5 - TINY], [0.5, 0.5 + TINY])),
    "smallest masses": ("l2_first_half", ([5e-324, 1.0], [0.0, 1.0])),
    "nan": ("inner_product", ([float("nan"), 1.0], [1.0, 0.0])),
    "infinite": ("kl_minus_one", ([float("inf"), -float("inf")], [1.0, 0.0])),
    "certain": ("cross_entropy", ([1.0, 0.0], [1.0, 0.0])),
}


@pytest.mark.parametrize("kind", TOLERATED)
def test_no_counterexample_by_tolerances(kind: str) -> None:
    candidate, pair = TOLERATED[kind]
    right = reference("q1c")["counterexample"]
    outcomes = judge_others_right("q1c", counterexample=lambda name: pair if name == candidate else right(name))
    failed = [outcome.case for outcome in outcomes if outcome.hidden and not outcome.passed]
    assert f"q1c: counterexample to {candidate}" in failed


@pytest.mark.parametrize("kind", OBJECTS)
@pytest.mark.parametrize("part", PARTS)
def test_objects_that_are_no_answers(part: str, kind: str) -> None:
    outcomes = judged(part, dict.fromkeys(NAMES[part], OBJECTS[kind]))
    verdicts_only(outcomes)
    assert score(outcomes) <= SHARE * POINTS[part], [outcome.case for outcome in outcomes if outcome.passed]


@pytest.mark.parametrize("kind", ESCAPING)
@pytest.mark.parametrize("part", PARTS)
def test_what_escapes_from_others_stays_in_its_hidden_case(part: str, kind: str) -> None:
    hidden = [case for case in case_file(part).test_cases if case.hidden]
    outcomes = judged(part, answers(part, raises(ESCAPING[kind]), ...), hidden)
    verdicts_only(outcomes)
    assert score(outcomes) == 0


@pytest.mark.parametrize("part", PARTS)
def test_a_wrong_answer_costs_its_own_part_only(part: str) -> None:
    everything = {name: value for other in PARTS for name, value in reference(other).items()}
    everything.update(answers(part, FUNCTIONS["exits"], Evil()))
    for other in PARTS:
        assert score(judged(other, everything)) == (0 if other == part else POINTS[other])


def mutating(right: Callable[..., Any]) -> Callable[..., Any]:
    def function(*arguments: Any) -> Any:
        result = right(*copy.deepcopy(arguments))
        for argument in arguments:
            if isinstance(argument, np.ndarray) and argument.size:
                argument.flat[-1] += 1
            elif isinstance(argument, list):
                argument.reverse()
                argument.append(Evil())
        return result

    return function


@pytest.mark.parametrize("part", PARTS)
def test_changing_the_arguments_costs_at_most_a_point(part: str) -> None:
    for name, value in reference(part).items():
        if callable(value) and name not in ("plot_generator_loss", "counterexample", "quadrature_cost"):
            outcomes = judge_others_right(part, **{name: mutating(value)})
            failed = [outcome for outcome in outcomes if outcome.hidden and not outcome.passed]
            assert [outcome.note for outcome in failed] == ["answer.changes-argument"], name
            assert failed[0].points <= 1


@pytest.mark.parametrize("part", PARTS)
def test_numpy_errors_of_the_notebook_do_not_reach_the_reference(part: str) -> None:
    def careful(right: Callable[..., Any]) -> Callable[..., Any]:
        def function(*arguments: Any) -> Any:
            with np.errstate(all="ignore"):
                return right(*arguments)

        return function

    answers = {name: careful(value) if callable(value) else value for name, value in reference(part).items()}
    with np.errstate(all="raise"):
        assert score(judge(part, answers)) == POINTS[part]


def test_undecided_is_not_wrong() -> None:
    """What the judge can't decide must reach a person, so no case may turn it into a zero."""
    x, y = sp.symbols("p_r p_g")
    hard = x / (x + y) + sp.Function("f")(x) * 0
    outcomes = judge_others_right("q1b", D_star=hard)
    assert all(
        outcome.passed or isinstance(outcome.error, Wrong | Undecided) for outcome in outcomes if outcome.hidden
    )
