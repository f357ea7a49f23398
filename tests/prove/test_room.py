"""The room that the hidden cases keep to the limits and accuracies of the contract; `make prove` has it, too."""

from __future__ import annotations

from typing import Any

import pytest

from graders.answers import numeric
from solutions.vaes_and_gans.q1b import optimal_discriminator
from tests.graders.vaes_and_gans.judging import judge_others_right
from tests.graders.vaes_and_gans.right_answers import RIGHT
from tests.graders.vaes_and_gans.wrong_answers import LOSSES
from tests.prove.room import FINER, MOVED, loss_with_more, lost_by_limit, right_with_less, tolerances


def test_right_answers_pass_with_a_tenth_of_the_tolerances() -> None:
    functions = [k for k, answer in enumerate(RIGHT) if all(map(callable, answer.answers.values()))]
    assert {RIGHT[k].way: lost for k in functions if (lost := right_with_less(k))} == {}


def test_named_mistakes_lose_as_much_with_a_thousand_times_the_tolerances() -> None:
    assert {note: less for note in LOSSES if (less := loss_with_more(note))} == {}


@pytest.mark.parametrize(("part", "old", "new"), MOVED, ids=[f"{part} {new}" for part, _, new in MOVED])
def test_other_limits_cost_nothing(part: str, old: str, new: str) -> None:
    assert lost_by_limit((part, old, new)) == []


def test_what_is_only_just_accurate_enough_has_no_room() -> None:
    def answer(p_r: Any, p_g: Any) -> Any:
        return optimal_discriminator(p_r, p_g) * (1 + numeric.RTOL / 2)

    def passes() -> bool:
        outcomes = judge_others_right("q1b", optimal_discriminator=answer)
        return all(found.passed for found in outcomes if found.case == "q1b: D* of arrays")

    assert passes()
    with tolerances(FINER):
        assert not passes()


def test_a_limit_that_is_not_there_is_told() -> None:
    with pytest.raises(ValueError, match="LIMITS"):
        lost_by_limit(("q1d", "abs(total) < 1", "True"))
