"""Parts and cases as test theory looks at them: how hard each is, and whether it tells good work from weak.

Discrimination is the item-rest correlation: of the points of the item with the points of everything else. Below 0,
those who are good at the rest fail here, which says more about the item than about them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# in a class below this nothing can be suspicious
MIN_CLASS = 20


@dataclass(frozen=True)
class Item:
    """A part or a case: the mean share of its points, and the shares of a class that have all and none of them."""

    name: str
    possible: float
    students: int
    mean: float
    full: float
    nothing: float
    discrimination: float | None
    """None where it is not defined: all have the same."""

    @property
    def suspicious(self) -> tuple[str, ...]:
        """Why an author should look at it."""
        if self.students < MIN_CLASS:
            return ()
        reasons = [
            (self.full == 1, "everybody passes"),
            (self.nothing == 1, "nobody passes"),
            (self.discrimination is not None and self.discrimination < 0, "good students fail"),
        ]
        return tuple(reason for holds, reason in reasons if holds)


def item(name: str, possible: float, shares: Sequence[float], rests: Sequence[float]) -> Item:
    """An item of which each student has this share, 0 to 1, and of everything else so many points."""
    if not shares:
        return Item(name, possible, 0, math.nan, math.nan, math.nan, None)
    earned = np.array(shares)
    return Item(
        name=name,
        possible=possible,
        students=len(shares),
        mean=float(earned.mean()),
        full=float((earned >= 1 - 1e-9).mean()),
        nothing=float((earned <= 1e-9).mean()),
        discrimination=_correlation(earned, np.array(rests)),
    )


def _correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> float | None:
    if len(one) < 2 or one.std() < 1e-9 or other.std() < 1e-9:
        return None
    return float(np.clip(np.corrcoef(one, other)[0, 1], -1, 1))
