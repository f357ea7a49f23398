from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders.results.items import MIN_CLASS, item

CLASS = range(MIN_CLASS)


def test_an_item_that_tells_good_work_from_weak() -> None:
    found = item("q1", 10.0, [0.0, 0.5, 1.0, 1.0], [1.0, 2.0, 3.0, 3.0])
    assert (found.mean, found.full, found.nothing) == (0.625, 0.5, 0.25)
    assert found.discrimination == pytest.approx(1)


@pytest.mark.parametrize(
    ("shares", "reasons"),
    [
        ([1.0 for _ in CLASS], ("everybody passes",)),
        ([0.0 for _ in CLASS], ("nobody passes",)),
        ([float(n < 5) for n in CLASS], ("good students fail",)),
        ([float(n > 5) for n in CLASS], ()),
    ],
)
def test_what_an_author_should_look_at(shares: list[float], reasons: tuple[str, ...]) -> None:
    rests = [float(n) for n in CLASS]
    assert item("q1", 1.0, shares, rests).suspicious == reasons
    assert item("q1", 1.0, shares[1:], rests[1:]).suspicious == (), "a small class proves nothing"


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 100)), max_size=30))
def test_any_class_has_its_numbers(students: list[tuple[float, float]]) -> None:
    found = item("q1", 1.0, [share for share, _ in students], [rest for _, rest in students])
    assert found.discrimination is None or -1 <= found.discrimination <= 1
    assert not students or 0 <= found.nothing <= 1 >= found.mean >= 0
