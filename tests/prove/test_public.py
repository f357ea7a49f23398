"""A sample of what `make prove` asks of the public checks, and the corpus of form mistakes itself."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.demo_class import RIGHT_OTHERWISE
from tests.graders.vaes_and_gans.judging import NAMES
from tests.graders.vaes_and_gans.right_answers import RIGHT
from tests.graders.vaes_and_gans.wrong_answers import LOSSES
from tests.prove import public


def test_the_corpus_is_large_and_covers_every_name() -> None:
    mistakes = public.mistakes()
    assert sum(mistake.loses for mistake in mistakes) >= 80
    assert {mistake.name for mistake in mistakes} == {name for names in NAMES.values() for name in names}
    assert max(Counter((mistake.name, mistake.what) for mistake in mistakes).values()) == 1


@pytest.mark.parametrize("number", range(0, len(public.mistakes()), 4))
def test_a_form_mistake_that_loses_a_point_fails_a_public_check(number: int) -> None:
    loses, said = public.form_refused(number)
    assert loses == public.mistakes()[number].loses
    assert bool(said) == loses
    if loses:
        assert said.startswith(("Form: ", "Law: ")), said


@pytest.mark.parametrize("note", list(LOSSES)[::9])
def test_a_misconception_fails_a_public_check(note: str) -> None:
    assert public.misconception_refused(note).startswith(("Form: ", "Law: "))


@pytest.mark.parametrize("number", range(0, len(RIGHT), 5))
def test_a_right_answer_passes_every_public_check(number: int) -> None:
    assert public.right_refused(number) == ""


@pytest.mark.parametrize("part", NAMES)
def test_the_answers_of_the_demo_pass_every_public_check(part: str) -> None:
    assert set(NAMES[part]) <= set(RIGHT_OTHERWISE)
    assert public.otherwise_refused(part) == ""
