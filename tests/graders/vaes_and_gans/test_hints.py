"""Hints, and the pages that they stand on, give nothing away: no hidden input, expected value, test code."""

from __future__ import annotations

import ast
import contextlib
import copy
import functools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from graders.answers.numeric import SEED_VARIABLE
from graders.assignment import Assignment
from graders.batch import judging
from graders.batch.record import CaseResult, QuestionResult, Record
from graders.batch.sheet import Sheet
from graders.batch.store import Run
from graders.master import read_sheet
from graders.results import feedback, markdown, told
from tests.cohorts import stands
from tests.graders.vaes_and_gans.judging import (
    PARTS,
    POINTS,
    ROOT,
    Outcome,
    case_file,
    judge,
    judge_others_right,
    misconceptions,
    reference,
    score,
)
from tests.graders.vaes_and_gans.test_impostors import FUNCTIONS, OBJECTS, answers
from tests.graders.vaes_and_gans.wrong_answers import LOSSES, as_answer
from tests.pages import Page

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
def wrong_outcomes(part: str, seed: str, *, functions_only: bool = False) -> list[tuple[str, list[Outcome]]]:
    """The outcomes of every misconception and impostor, with a name for what was judged."""
    right = reference(part)
    found: list[tuple[str, list[Outcome]]] = []
    for misconception in misconceptions(part):
        names, _ = LOSSES[misconception.note]
        if functions_only and not callable(right[names[0]]):
            continue
        wrong = {name: as_answer(part, misconception, name) for name in names}
        found.append((misconception.note, judge_others_right(part, **wrong)))
    found += [(kind, judge(part, answers(part, FUNCTIONS[kind], ...))) for kind in IMPOSTORS]
    for kind in ("None", "zero", "a string", "a list of zeros", "a dict of True", "a matrix"):
        wrong = {name: OBJECTS[kind] for name, value in right.items() if not callable(value)}
        if wrong and not functions_only:
            found.append((kind, judge_others_right(part, **wrong)))
    return found


def failing_outcomes(part: str, seed: str, *, functions_only: bool = False) -> list[tuple[str, Outcome]]:
    """Every failing hidden case of them."""
    found = wrong_outcomes(part, seed, functions_only=functions_only)
    return [(kind, each) for kind, all_ in found for each in all_ if each.hidden and not each.passed]


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


# Pages: what is made of the hints, and all else that a student can get


@dataclass(frozen=True)
class Pages:
    """What the student of one wrong answer reads, and what must not be in it."""

    answer: str
    texts: tuple[str, ...]
    outcomes: tuple[Outcome, ...]


@pytest.fixture(scope="module")
def sheet(assignment: Assignment) -> Sheet:
    return read_sheet(assignment)


def pages(
    part: str, seed: str, sheet: Sheet, monkeypatch: pytest.MonkeyPatch, *, functions_only: bool = False
) -> list[Pages]:
    monkeypatch.setenv(SEED_VARIABLE, seed)
    return list(_pages(part, seed, sheet, functions_only))


@functools.cache
def names_of_cases(part: str) -> dict[str, tuple[str, ...]]:
    return {case.name: tuple(case.body._get_func_params()) for case in case_file(part).test_cases}


def _pages(part: str, seed: str, sheet: Sheet, functions_only: bool) -> Iterator[Pages]:
    run = Run("vaes_and_gans", seed, dict(POINTS), "2027-04-03T10:00:00+00:00", outline=sheet.to_json())
    for answer, outcomes in wrong_outcomes(part, seed, functions_only=functions_only):
        hidden = [outcome for outcome in outcomes if outcome.hidden]
        cases = tuple(_case(part, outcome) for outcome in hidden)
        result = QuestionResult(score(hidden), POINTS[part], cases)
        standing = stands(run, Record("ada.ipynb", questions={part: result}, student="Ada"))
        said = told.told(run, standing)
        (portion,) = (each for each in said.portions if each.name == part)
        page = Page(feedback.render(run, standing))
        assert not page.problems
        yield Pages(answer, (page.text, markdown.head(said), markdown.portion(portion)), tuple(hidden))


def _case(part: str, outcome: Outcome) -> CaseResult:
    case = CaseResult(
        outcome.case, outcome.points, True, outcome.passed, "", names=names_of_cases(part)[outcome.case]
    )
    return case if outcome.error is None else judging._failed(case, outcome.error)


def test_nothing_depends_on_the_hidden_inputs(part: str, sheet: Sheet, monkeypatch: pytest.MonkeyPatch) -> None:
    # only what is called gets hidden inputs
    found = [pages(part, seed, sheet, monkeypatch, functions_only=True) for seed in ("6", "7")]
    first, second = ({each.answer: each.texts for each in of_seed} for of_seed in found)
    assert first == second


def test_nothing_is_given_away(part: str, sheet: Sheet, monkeypatch: pytest.MonkeyPatch) -> None:
    cases = names_of_cases(part)
    known = KNOWN_NUMBERS | set(NUMBER.findall(static_text(part) + sheet.to_json()))
    found = pages(part, "6", sheet, monkeypatch)
    assert len(found) > 10
    for each in found:
        for text in each.texts:
            shown = text.replace("\\", "")
            assert not [name for name in cases if name in shown], each.answer
            assert not re.search(r"array\(|dtype|Traceback|test_case|assert ", shown), each.answer
            details = [getattr(outcome.error, "detail", "") for outcome in each.outcomes]
            assert not [detail for detail in details if len(detail) > 8 and detail in shown], each.answer
            told_numbers = re.sub(r"[\d.]+ (of|points|checks|are)|\d+ April 2027|sha256|q\d\w", "", shown)
            assert set(NUMBER.findall(told_numbers)) <= known, (
                each.answer,
                set(NUMBER.findall(told_numbers)) - known,
            )
