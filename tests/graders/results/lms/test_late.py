from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders.results.lms import late

DUE = datetime(2026, 11, 24, 23, 59, tzinfo=UTC)


@pytest.mark.parametrize(("seconds", "days"), [(-86_400, 0), (0, 0), (1, 1), (86_400, 1), (86_401, 2)])
def test_a_day_counts_when_it_has_begun(seconds: int, days: int) -> None:
    assert late.Rule(DUE, 10).days(DUE + timedelta(seconds=seconds)) == days


@given(st.floats(0, 100), st.integers(-100, 100), st.floats(0.1, 100))
def test_nobody_loses_more_than_was_earned(earned: float, days: int, percent: float) -> None:
    cost = late.Rule(DUE, percent).cost(DUE + timedelta(days=days), earned, 100)
    assert 0 <= cost <= earned and (days > 0 or cost == 0)


@pytest.mark.parametrize(("text", "value"), [("10%/day", 10), ("2.5 % / day", 2.5), ("100/day", 100)])
def test_what_a_day_costs(text: str, value: float) -> None:
    assert late.percent(text) == value


@pytest.mark.parametrize("text", ["10", "10%/hour", "-1%/day", "0%/day", "101%/day", "nan%/day", ""])
def test_what_is_no_cost_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        late.percent(text)


@pytest.mark.parametrize(
    "text",
    [
        "Tuesday, 24 November 2026, 11:59 PM",
        "Tuesday, 24 November 2026, 23:59",
        "Tuesday, November 24, 2026, 11:59 PM",
    ],
)
def test_moodle_s_times_are_on_the_clock_of_who_says_when_it_was_due(text: str) -> None:
    assert late.written(text, DUE) == DUE
    assert late.written("-", DUE) is None and late.written("Dienstag, 24. November 2026, 23:59", DUE) is None
