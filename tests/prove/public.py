"""What the public checks say of answers that are wrong in a known way: in form, or by a misconception."""

from __future__ import annotations

import functools
import math
import tomllib
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jupytext
import matplotlib.pyplot as plt
import numpy as np
import sympy as sp

from graders.master import defined_names
from tests.demo_class import RIGHT_OTHERWISE
from tests.graders.vaes_and_gans.judging import NAMES, ROOT, Outcome, case_file, judge, misconceptions, reference
from tests.graders.vaes_and_gans.right_answers import RIGHT
from tests.graders.vaes_and_gans.wrong_answers import LOSSES, as_answer

CORPUS = Path(__file__).with_name("forms.toml")


@dataclass(frozen=True)
class Mistake:
    """An answer that is right but for its form, and whether that costs a point of the hidden tests."""

    name: str
    what: str
    loses: bool
    code: str

    @property
    def part(self) -> str:
        """The part that asks for the name."""
        (part,) = (part for part, names in NAMES.items() if self.name in names)
        return part

    @property
    def answer(self) -> Any:
        """What the code defines under the name."""
        i, K = sp.symbols("i K", integer=True, positive=True)
        space: dict[str, Any] = {"np": np, "sp": sp, "math": math, "plt": plt}
        space |= {name: sp.Symbol(name, positive=True) for name in ("p_r", "p_g", "D")}
        space |= {"a": sp.Symbol("a", real=True), "i": i, "K": K, "right": reference(self.part)[self.name]}
        exec(self.code, space)
        return space[self.name]


@functools.cache
def mistakes() -> tuple[Mistake, ...]:
    """The corpus."""
    return tuple(Mistake(**entry) for entry in tomllib.loads(CORPUS.read_text(encoding="utf-8"))["mistake"])


def outcomes(part: str, *, hidden: bool, **answers: Any) -> list[Outcome]:
    """What the public or the hidden cases that see one of the answers say; all other names are right."""
    cases = [
        case
        for case in case_file(part).test_cases
        if case.hidden is hidden and answers.keys() & set(case.body._get_func_params())
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return judge(part, {**reference(part), **answers}, cases)
        finally:
            plt.close("all")


def refused(part: str, **answers: Any) -> str:
    """What the first public case that fails says; "" where all pass."""
    failed = (outcome for outcome in outcomes(part, hidden=False, **answers) if not outcome.passed)
    return next((f"{type(outcome.error).__name__}: {outcome.error}" for outcome in failed), "")


def loses(mistake: Mistake) -> bool:
    """Whether a form mistake costs a point of the hidden tests."""
    found = outcomes(mistake.part, hidden=True, **{mistake.name: mistake.answer})
    return any(not outcome.passed and outcome.points for outcome in found)


def form_refused(number: int) -> tuple[bool, str]:
    """Whether a mistake of the corpus loses a point, and what the public checks say of it."""
    mistake = mistakes()[number]
    return loses(mistake), refused(mistake.part, **{mistake.name: mistake.answer})


def misconception_refused(note: str) -> str:
    """What the public checks say of a named misconception."""
    part = note.partition(".")[0]
    (misconception,) = (candidate for candidate in misconceptions(part) if candidate.note == note)
    return refused(part, **{name: as_answer(part, misconception, name) for name in LOSSES[note][0]})


def right_refused(number: int) -> str:
    """What the public checks say of a right answer."""
    answer = RIGHT[number]
    with np.errstate(all="ignore"):
        return refused(answer.part, **answer.answers)


def otherwise_refused(part: str) -> str:
    """What the public checks of a part say of the answers of the demo, which are right, too."""
    return refused(part, **{name: value for name, value in otherwise().items() if name in NAMES[part]})


@functools.cache
def otherwise() -> dict[str, Any]:
    """What the notebook of the demo holds after its cells."""
    notebook = jupytext.read(ROOT / "assignments/vaes_and_gans/vaes_and_gans.md")
    space: dict[str, Any] = {}
    answers = dict(RIGHT_OTHERWISE)
    for cell in notebook.cells:
        if cell.cell_type == "code" and "question" not in cell.metadata and not cell.source.startswith("show("):
            exec(cell.source, space)
        elif cell.cell_type == "code" and "question" in cell.metadata:
            for name in defined_names(cell.source):
                exec(answers.pop(name, ""), space)
    plt.close("all")
    return space
