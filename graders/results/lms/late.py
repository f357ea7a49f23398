"""What handing in late costs: a share of all points for each day that has begun, at most what was earned."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

_RATE = re.compile(r"(?P<percent>\d+(?:\.\d+)?)\s*%?\s*/\s*day")
_DAY = timedelta(days=1)
# As Moodle writes it in English; other languages' names of months are not guessed
_MOODLE = ("%A, %d %B %Y, %I:%M %p", "%A, %d %B %Y, %H:%M", "%A, %B %d, %Y, %I:%M %p")


@dataclass(frozen=True)
class Rule:
    """When it was due, and the percentage of all points that a day costs."""

    due: datetime
    percent: float

    def days(self, handed_in: datetime) -> int:
        """How many days had begun since it was due."""
        return max(0, math.ceil((handed_in - self.due) / _DAY))

    def cost(self, handed_in: datetime, earned: float, possible: float) -> float:
        """The points that it costs."""
        return min(earned, possible * self.percent / 100 * self.days(handed_in))


def due(text: str) -> datetime:
    """A time as ISO 8601 writes it, of this machine's zone where it names none; ValueError if it is none."""
    time = datetime.fromisoformat(text)
    return time if time.tzinfo else time.astimezone()


def percent(text: str) -> float:
    """The percentage in `10%/day`; ValueError if it is none."""
    found = _RATE.fullmatch(text.strip())
    if found is None or not 0 < float(found["percent"]) <= 100:
        raise ValueError(text)
    return float(found["percent"])


def written(text: str, like: datetime) -> datetime | None:
    """The time that a worksheet says, on the same clock as `like`; nothing where it can't be read."""
    for form in _MOODLE:
        try:
            # Moodle writes the reader's own clock and does not say which
            return datetime.strptime(text.strip(), form).replace(tzinfo=like.tzinfo)
        except ValueError:
            continue
    return None
