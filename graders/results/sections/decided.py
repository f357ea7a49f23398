"""What people decided, and what of it does not count any more."""

from __future__ import annotations

from graders.results.page import Html, section, tag, wide
from graders.results.standing import Cohort, Decision

_COLUMNS = ("file", "question", "before", "points", "by", "at (UTC)", "reason", "note")


def decisions(cohort: Cohort) -> Html:
    """A row a decision."""
    counted = [(each.record.file, decision, "") for each in cohort.standings for decision in each.decisions]
    stale = [(each.record.file, old.decision, old.why) for each in cohort.standings for old in each.stale]
    strays = [(subject.file, decision, "the file is not in the class") for subject, decision in cohort.strays]
    rows = [_row(*each) for each in (*counted, *stale, *strays)]
    head = tag("thead", tag("tr", *(tag("th", name) for name in _COLUMNS)))
    return section("decisions", "Decisions", wide("Decisions", head, *rows, class_="sorts")) if rows else Html()


def _row(file: str, decision: Decision, why: str) -> Html:
    before = "?" if decision.old is None else f"{decision.old:g}"
    return tag(
        "tbody",
        tag(
            "tr",
            *(tag("td", file), tag("td", f"{decision.question} {decision.case}".rstrip())),
            *(tag("td", points, class_="n") for points in (before, f"{decision.points:g}")),
            *(tag("td", decision.by), tag("td", decision.at[:16].replace("T", " ")), tag("td", decision.reason)),
            tag("td", f"does not count: {why}" if why else ""),
        ),
    )
