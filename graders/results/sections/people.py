"""Submissions as links to their rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from graders.results.page import Html, tag, unfold
from graders.results.standing import Standing


def link(standings: Sequence[Standing], place: int) -> Html:
    """The student whose submission has this place in the class; the file where there is no name."""
    record = standings[place].record
    return tag("a", record.student or record.file, href=f"#s{place}")


def who(
    standings: Sequence[Standing], places: Iterable[int], one: str = "student", many: str = "students"
) -> Html:
    """How many they are, to unfold who."""
    links = [tag("li", link(standings, place)) for place in places]
    return unfold(f"{len(links)} {one if len(links) == 1 else many}", tag("ul", *links, class_="people"))
