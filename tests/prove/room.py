"""Whether the hidden cases keep away from the edges of the contract.

Tolerances: right answers pass with a tenth of each, named mistakes fail with a thousand times as much. Limits: a
reference earns everything whose limits lie a thousand times higher or lower, that has `<` for `<=`, or that asks
`np.isclose` or `np.allclose`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from graders.answers import numeric
from tests.graders.vaes_and_gans.judging import NAMES, judge, judge_others_right, misconceptions
from tests.graders.vaes_and_gans.right_answers import RIGHT
from tests.graders.vaes_and_gans.wrong_answers import LOSSES, as_answer
from tests.prove.mutants import load, original

FINER, COARSER = 1 / 10, 1000

_SUM = "not abs(np.sum({}) - 1) <= 1e-8"
_SUMS = (
    "not abs(np.sum({}) - 1) < 1e-8",
    "not abs(np.sum({}) - 1) <= 1e-5",
    "not abs(np.sum({}) - 1) <= 1e-11",
    "not np.isclose(np.sum({}), 1)",
    "not np.allclose(np.sum({}), 1)",
)
_ASYMMETRY = "np.max(np.abs(matrix - matrix.T)) > 1e-8 * np.max(np.abs(matrix))"
_SPECTRUM = "eigenvalues[0] > 10 * dimension * np.finfo(np.float64).eps * eigenvalues[-1]"

LIMITS: dict[tuple[str, str], tuple[str, ...]] = {
    ("q1b", "density >= 0"): ("density >= -1e-6", "density > -1e-9"),
    ("q1d", "array >= 0"): ("array >= -1e-6", "array > -1e-12"),
    ("q1d", _SUM.format("array")): tuple(other.format("array") for other in _SUMS),
    ("q2a", "prior >= 0"): ("prior >= -1e-6", "prior > -1e-12"),
    ("q2a", _SUM.format("prior")): tuple(other.format("prior") for other in _SUMS),
    ("q2c", _ASYMMETRY): (
        _ASYMMETRY.replace(">", ">="),
        _ASYMMETRY.replace("1e-8", "1e-5"),
        _ASYMMETRY.replace("1e-8", "1e-11"),
        "not np.allclose(matrix, matrix.T)",
        "not np.all(np.isclose(matrix, matrix.T))",
    ),
    ("q2c", _SPECTRUM): (
        _SPECTRUM.replace(">", ">="),
        _SPECTRUM.replace("10 *", "10_000 *"),
        "eigenvalues[0] > 0",
    ),
}
"""What stands in a reference, and what may stand there as well."""

MOVED = [(part, old, new) for (part, old), others in LIMITS.items() for new in others]


@contextmanager
def tolerances(factor: float) -> Iterator[None]:
    """Compare numbers with so many times the tolerance."""
    right = numeric.close

    def close(one: Any, other: Any, *, rtol: float = numeric.RTOL, atol: float = 0.0) -> bool:
        return right(one, other, rtol=factor * rtol, atol=factor * atol)

    numeric.close = close
    try:
        yield
    finally:
        numeric.close = right


def right_with_less(number: int) -> list[str]:
    """The cases in which a right answer loses points with a tenth of the tolerances."""
    answer = RIGHT[number]
    with np.errstate(all="ignore"), tolerances(FINER):
        return [found.case for found in judge_others_right(answer.part, **answer.answers) if not found.passed]


def loss_with_more(note: str) -> float:
    """How much less a named mistake loses with a thousand times the tolerances."""
    part = note.partition(".")[0]
    (misconception,) = (candidate for candidate in misconceptions(part) if candidate.note == note)
    names, loss = LOSSES[note]
    with tolerances(COARSER):
        found = judge_others_right(part, **{name: as_answer(part, misconception, name) for name in names})
    return loss - sum(outcome.points for outcome in found if not outcome.passed)


def lost_by_limit(moved: tuple[str, str, str]) -> list[str]:
    """The cases in which a reference with another limit loses points."""
    part, old, new = moved
    source = original(part).read_text(encoding="utf-8")
    if old not in source:
        raise ValueError(f"{part}: the reference does not hold {old!r}: see LIMITS")
    module = load(part, source.replace(old, new))
    with np.errstate(all="ignore"):
        outcomes = judge(part, {name: getattr(module, name) for name in NAMES[part]})
    return [outcome.case for outcome in outcomes if not outcome.passed]
