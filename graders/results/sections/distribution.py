"""How the points are distributed, as a picture."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Sequence

from graders.results.page import Html, section, tag
from graders.results.sections.attention import without_result
from graders.results.standing import Standing

_BINS = 10
_WIDTH, _HEIGHT = 60, 120


def totals(standings: Sequence[Standing]) -> list[float]:
    """What the grader judged, of those whose points are known, in ascending order."""
    return sorted(each.graded for each in standings if each.graded is not None and not without_result(each))


def quartiles(values: Sequence[float]) -> tuple[float, float, float]:
    """The lower quartile, the median and the upper quartile of one or more values."""
    if len(values) == 1:
        return values[0], values[0], values[0]
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, middle, high


def distribution(points: Sequence[float], full: float) -> Html:
    """How many submissions have which share of the points, as bars."""
    if not full or not points:
        return Html()
    counts = Counter(min(int(_BINS * total / full), _BINS - 1) for total in points)
    said = "Who has no total or no result is left out."
    return section("distribution", "Distribution", tag("p", said, class_="dim"), _bars(counts))


def _bars(counts: Counter[int]) -> Html:
    most, drawn = max(counts.values()), []
    for each in range(_BINS):
        tall = _HEIGHT * counts[each] / most
        middle, top = each * _WIDTH + _WIDTH / 2, 20 + _HEIGHT - tall
        box = {"x": each * _WIDTH + 4, "y": f"{top:g}", "width": _WIDTH - 8, "height": f"{tall:g}"}
        drawn.append(tag("rect", class_="bar", rx=2, **box))
        if counts[each]:
            drawn.append(tag("text", str(counts[each]), x=middle, y=f"{top - 5:g}", text_anchor="middle"))
    step, right = 100 // _BINS, _BINS * _WIDTH
    drawn.append(tag("line", x1=0, x2=right, y1=_HEIGHT + 20, y2=_HEIGHT + 20, class_="rule"))
    drawn += [
        tag("text", f"{step * each} %", x=each * _WIDTH, y=_HEIGHT + 38, text_anchor="middle")
        for each in range(_BINS + 1)
    ]
    told = ", ".join(f"{step * each} to {step * (each + 1)} %: {counts[each]}" for each in range(_BINS))
    return tag(
        "svg",
        *drawn,
        viewBox=f"-20 0 {right + 40} {_HEIGHT + 44}",
        width=right + 40,
        role="img",
        aria_label=f"Submissions by their share of the points. {told}",
    )
