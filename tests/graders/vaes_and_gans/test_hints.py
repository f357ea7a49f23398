"""Hints help without giving away: no hidden input, no expected value, no test code."""

from __future__ import annotations

import ast
import contextlib
import copy
import functools
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from graders.answers.numeric import SEED_VARIABLE
from tests.graders.vaes_and_gans.judging import (
    PARTS,
    ROOT,
    Outcome,
    judge,
    judge_others_right,
    misconceptions,
    reference,
)
from tests.graders.vaes_and_gans.test_impostors import FUNCTIONS, OBJECTS, answers
from tests.graders.vaes_and_gans.wrong_answers import LOSSES, as_answer

NUMBER = re.compile(r"\d+(?:\.\d+)?(?:e[+-]?\d+)?")
# The contract's interval of 1a, and counts of lines and axes.
KNOWN_NUMBERS = {"0.01", "0.95"} | {str(count) for count in range(6)}


IMPOSTORS = (
    "returns None",
    "returns zero",
    "returns infinity",
    "returns a string",
    "returns a huge int",
    "returns a record",
    "returns an expression",
    "returns its first argument",
    "takes no arguments",
    "raises ValueError",
    "raises a class of its own",
)


@functools.cache
def failing_outcomes(part: str, seed: str, *, functions_only: bool = False) -> list[tuple[str, Outcome]]:
    """Every failing hidden case of every misconception and impostor, with a name for what was judged."""
    right = reference(part)
    found: list[tuple[str, Outcome]] = []
    for misconception in misconceptions(part):
        names, _ = LOSSES[misconception.note]
        if functions_only and not callable(right[names[0]]):
            continue
        wrong = {name: as_answer(part, misconception, name) for name in names}
        found += [(misconception.note, outcome) for outcome in judge_others_right(part, **wrong)]
    for kind in IMPOSTORS:
        found += [(kind, outcome) for outcome in judge(part, answers(part, FUNCTIONS[kind], ...))]
    for kind in ("None", "zero", "a string", "a list of zeros", "a dict of True", "a matrix"):
        wrong = {name: OBJECTS[kind] for name, value in right.items() if not callable(value)}
        if wrong and not functions_only:
            found += [(kind, outcome) for outcome in judge_others_right(part, **wrong)]
    return [(kind, outcome) for kind, outcome in found if outcome.hidden and not outcome.passed]


@pytest.fixture(params=PARTS)
def part(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv(SEED_VARIABLE, "6")
    return str(request.param)


def static_text(part: str) -> str:
    """Every string that stands in the test file: hints are made of them."""
    tree = ast.parse((ROOT / f"graders/vaes_and_gans/{part}.py").read_text())
    strings = [
        node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    return "\n".join(strings)


def test_hints_do_not_depend_on_the_hidden_inputs(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = {}
    for seed in ("6", "7"):
        monkeypatch.setenv(SEED_VARIABLE, seed)
        outcomes = failing_outcomes(part, seed, functions_only=True)
        texts[seed] = [(kind, outcome.case, outcome.hint) for kind, outcome in outcomes]
    assert texts["6"] == texts["7"]


def test_hints_hold_no_number_that_was_not_written_into_them(part: str) -> None:
    known = KNOWN_NUMBERS | set(NUMBER.findall(static_text(part)))
    for kind, outcome in failing_outcomes(part, "6"):
        numbers = set(NUMBER.findall(outcome.hint))
        assert numbers <= known, (kind, outcome.case, outcome.hint)
        assert not re.search(r"\d\.\d{3,}|array\(|dtype", outcome.hint), (kind, outcome.case, outcome.hint)


def test_hints_hold_no_value_that_went_in_or_should_come_out(part: str) -> None:
    for name, right in reference(part).items():
        if not callable(right):
            continue
        seen: list[Any] = []

        def spy(*arguments: Any, right: Callable[..., Any] = right, seen: list[Any] = seen) -> Any:
            seen.append(copy.deepcopy(arguments))
            with contextlib.suppress(ValueError):
                seen.append(right(*copy.deepcopy(arguments)))
            return "wrong"

        hints = [outcome.hint for outcome in judge_others_right(part, **{name: spy})]
        values = {text for value in seen for text in written(value)}
        assert values or name == "plot_generator_loss"
        assert not [(text, hint) for hint in hints for text in values if text in hint]


def written(value: Any) -> set[str]:
    """How the numbers in a value, and the arrays, would look in a text; short numbers stand in any text."""
    if isinstance(value, tuple | list):
        return {text for part in value for text in written(part)}
    if isinstance(value, np.ndarray):
        numbers = {text for number in value.ravel()[:50].tolist() for text in written(number)}
        return numbers | {str(value), repr(value)} if value.size > 1 else numbers
    if isinstance(value, int | float):
        return {text for text in (repr(value), f"{value:.4g}", f"{value:.6f}") if len(text) > 4}
    return set()


def test_hints_hold_no_test_code(part: str) -> None:
    source = (ROOT / f"graders/vaes_and_gans/{part}.py").read_text()
    tree = ast.parse(source)
    code = {
        ast.unparse(node)
        for node in ast.walk(tree)
        if isinstance(node, ast.expr) and not isinstance(node, ast.Constant)
    }
    code = {text for text in code if len(text) > 12 and not text.isidentifier()}
    for kind, outcome in failing_outcomes(part, "6"):
        assert not [text for text in code if text in outcome.hint and text not in static_text(part)], (
            kind,
            outcome.hint,
        )


def test_hints_are_sentences(part: str) -> None:
    for kind, outcome in failing_outcomes(part, "6"):
        assert re.search(r"[.?!]\)?$", outcome.hint), (kind, outcome.case, outcome.hint)
        assert "  " not in outcome.hint and "\n" not in outcome.hint
        assert len(outcome.hint) < 400


def test_details_for_the_ta_say_what_came_out(part: str) -> None:
    details = [
        getattr(outcome.error, "detail", "")
        for kind, outcome in failing_outcomes(part, "6")
        if kind in ("returns a string", "returns infinity", "raises a class of its own")
        and outcome.note != "answer.missing"
    ]
    assert any("0.5" in detail or "inf" in detail or "SECRET" in detail for detail in details)
