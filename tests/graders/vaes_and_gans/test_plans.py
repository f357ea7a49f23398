"""What hidden cases ask is fixed beforehand: no call depends on a reply, and none tells what another one wants."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from graders.answers import numeric
from tests.graders.vaes_and_gans.judging import (
    NAMES,
    PARTS,
    case_file,
    failures,
    judge,
    namespace,
    reference,
)
from tests.graders.vaes_and_gans.right_answers import RIGHT, Right

Calls = list[tuple[str, str, tuple[Any, ...]]]
"""The case, the name of the function, and the arguments of each call, in order."""


class Recorded(numeric.Remote):
    """An answer of which all calls are kept; `reply` is what becomes of what it returns."""

    def __init__(self, name: str, answer: Callable[..., Any], reply: Callable[[Any], Any]) -> None:
        self.name = name
        self.answer = answer
        self.reply = reply
        self.asked: list[tuple[Any, ...]] = []

    def __call__(self, *arguments: Any) -> Any:
        raise AssertionError(f"{self.name} is called beside `numeric.calls`")

    def calls(self, inputs: Sequence[Sequence[Any]]) -> list[numeric.Call]:
        self.asked += [copy.deepcopy(tuple(arguments)) for arguments in inputs]
        return [self._replied(made) for made in numeric.calls(self.answer, inputs)]

    def _replied(self, made: numeric.Call) -> numeric.Call:
        return numeric.Call(self.reply(made.value), made.error, made.warnings, made.changed)


def as_it_is(value: Any) -> Any:
    return value


def content(value: Any) -> Hashable:
    """A value to the last bit."""
    if isinstance(value, np.ndarray | np.generic):
        return value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, list | tuple):
        return type(value).__name__, *map(content, value)
    return type(value).__name__, value.hex() if isinstance(value, float) else value


def nudged(towards: float) -> Callable[[Any], Any]:
    """The smallest change of each number towards this one, as another order of evaluation could make."""

    def reply(value: Any) -> Any:
        if isinstance(value, tuple | list):
            return [reply(entry) for entry in value]
        if isinstance(value, float | np.floating) or (isinstance(value, np.ndarray) and value.dtype.kind == "f"):
            return np.where(np.isfinite(value) & (value != 0), np.nextafter(value, towards), value)
        return value

    return reply


def asked(part: str, answers: Mapping[str, Any], reply: Callable[[Any], Any] = as_it_is) -> Calls:
    """What the hidden cases of a part ask of right answers."""
    functions = {name: Recorded(name, value, reply) for name, value in answers.items() if callable(value)}
    found: Calls = []
    for case in case_file(part).test_cases:
        if case.hidden:
            with np.errstate(all="ignore"):
                assert not failures(judge(part, {**answers, **functions}, [case]))
            for name, function in functions.items():
                found += [(case.name, name, arguments) for arguments in function.asked]
                function.asked.clear()
    return found


Plan = list[tuple[str, str, Hashable]]


def plan(calls: Calls) -> Plan:
    """The same to the last bit."""
    return [(case, name, content(arguments)) for case, name, arguments in calls]


@pytest.fixture(scope="module")
def calls() -> dict[str, Calls]:
    return {part: asked(part, reference(part)) for part in PARTS}


@pytest.fixture(scope="module")
def plans(calls: dict[str, Calls]) -> dict[str, Plan]:
    return {part: plan(calls[part]) for part in PARTS}


@pytest.mark.parametrize("part", PARTS)
def test_every_function_is_asked_and_a_reference_is_there(part: str, plans: dict[str, Plan]) -> None:
    right = namespace(part)["reference"]
    assert all(getattr(right, name) is not None for name in NAMES[part])
    functions = {name for name, value in reference(part).items() if callable(value)}
    assert {name for _, name, _ in plans[part]} == functions


@pytest.mark.parametrize("part", PARTS)
def test_a_plan_is_the_same_each_time(part: str, plans: dict[str, Plan]) -> None:
    assert plan(asked(part, reference(part))) == plans[part]


@pytest.mark.parametrize("answer", RIGHT, ids=[f"{answer.part} {answer.way}" for answer in RIGHT])
def test_right_answers_in_other_ways_are_asked_the_same(answer: Right, plans: dict[str, Plan]) -> None:
    assert plan(asked(answer.part, {**reference(answer.part), **answer.answers})) == plans[answer.part]


@pytest.mark.parametrize("towards", [math.inf, -math.inf])
@pytest.mark.parametrize("part", PARTS)
def test_the_last_bit_of_a_reply_changes_no_call(part: str, towards: float, plans: dict[str, Plan]) -> None:
    assert plan(asked(part, reference(part), nudged(towards))) == plans[part]


def valid(calls: Calls, name: str) -> list[list[np.ndarray[Any, Any]]]:
    """The arguments of all calls of a function that must not refuse them, as arrays."""
    part = next(part for part in PARTS if name in NAMES[part])
    return [
        [np.asarray(argument, dtype=float) for argument in arguments]
        for _, called, arguments in calls
        if called == name and numeric.call(reference(part)[name], *arguments).error is None
    ]


def near(one: Any, other: np.ndarray[Any, Any]) -> bool:
    return bool(np.shape(one) == other.shape and np.allclose(one, other, rtol=1e-6, atol=0))


# A notebook that keeps guesses could choose the one that makes an argument of the others.


def test_no_argument_is_the_best_discriminator_that_1b_asks_for(calls: dict[str, Calls]) -> None:
    for p_r, p_g, d in valid(calls["q1d"], "gan_value"):
        # where densities vanish, or are equal, other formulas have these values, or the plan has both ways round
        both = (p_r > 0) & (p_g > 0) & (p_r != p_g)
        best = reference("q1b")["optimal_discriminator"](p_r, p_g)
        assert not both.any() or not near(best[both], d[both])


def test_no_argument_is_a_posterior(calls: dict[str, Calls]) -> None:
    asked = valid(calls["q2a"], "posterior")
    arguments = [argument for pair in asked for argument in pair]
    for prior, likelihood in asked:
        posterior = reference("q2a")["posterior"](prior, likelihood)
        certain = np.count_nonzero(posterior) == 1
        assert certain or not [argument for argument in arguments if near(posterior, argument)]


def test_no_argument_is_the_posterior_of_a_latent_variable(calls: dict[str, Calls]) -> None:
    for x, W, b, sigma, mu, log_var in valid(calls["q2b"], "elbo"):
        precision = np.eye(mu.size) + W.T @ W / sigma**2
        assert not W.any() or not near(np.linalg.solve(precision, W.T @ (x - b)) / sigma**2, mu)
        assert not W.any() or not near(-np.log(np.diag(precision)), log_var)
