"""The misconceptions of a class, and those that are still without a name."""

from __future__ import annotations

from collections.abc import Sequence

from graders.batch.store import Run
from graders.results.mistakes import Agreement, Mistake, agreements, is_named, mistakes
from graders.results.page import Html, code, join, lines, section, short, tag, unfold, wide
from graders.results.sections import people
from graders.results.standing import Standing

MAX_MISTAKES = 50
MAX_AGREEMENTS = 20

_MAX_HINT = 300
_MAX_EXAMPLE = 4000


def misconceptions(run: Run, standings: Sequence[Standing]) -> Html:
    """The misconceptions, whose ids begin with a question, then what may be wrong with any answer."""
    found = mistakes([each.record for each in standings])
    named = [each for each in found if is_named(each.note, run.possible)]
    other = [each for each in found if not is_named(each.note, run.possible)]
    listed = [("misconceptions", "Misconceptions", named), ("mistakes", "Other mistakes", other)]
    return join(_section(standings, *each) for each in listed if each[2])


def _section(standings: Sequence[Standing], name: str, title: str, found: Sequence[Mistake]) -> Html:
    rows = [
        tag(
            "tbody",
            tag(
                "tr",
                tag("td", people.who(standings, each.who), data_v=len(each.who)),
                tag("td", tag("code", each.note)),
                tag("td", ", ".join(sorted(each.questions))),
                tag("td", _hint(each), class_="hint"),
            ),
        )
        for each in found[:MAX_MISTAKES]
    ]
    head = tag("thead", tag("tr", *(tag("th", each) for each in ("who", "id", "part", "hint"))))
    rarer = tag("p", f"And {len(found) - MAX_MISTAKES} that are rarer.", class_="dim")
    return section(
        name, title, wide(title, head, *rows, class_="sorts"), *([rarer] if len(found) > MAX_MISTAKES else [])
    )


def _hint(mistake: Mistake) -> str:
    others = len(mistake.hints) - 1
    return short(mistake.hint, _MAX_HINT) + (f" (and {others} other{'s' * (others > 1)})" if others else "")


def unnamed(standings: Sequence[Standing]) -> Html:
    """Wrong answers that agree with one another, for the author to name."""
    found = agreements([each.record for each in standings])
    if not found:
        return Html()
    explained = (
        "Several students have the same wrong values on the same inputs, and no misconception of the part explains"
        " them. One that does, in the part's test file, names them and gives the hint that helps."
    )
    rarer = tag("p", f"And {len(found) - MAX_AGREEMENTS} that are rarer.", class_="dim")
    return section(
        "unnamed",
        "Wrong answers that agree",
        tag("p", explained, class_="dim"),
        *(_agreement(standings, each) for each in found[:MAX_AGREEMENTS]),
        *([rarer] if len(found) > MAX_AGREEMENTS else []),
    )


def _agreement(standings: Sequence[Standing], each: Agreement) -> Html:
    first = standings[each.who[0]].record
    text = "\n\n".join(first.code.get(each.question, ()))
    example = [tag("p", "For example ", people.link(standings, each.who[0]), ":"), code(text[:_MAX_EXAMPLE])]
    return unfold(
        f"{each.question}: {len(each.who)} students, {each.cases[0]}"
        + (f" and {len(each.cases) - 1} more" if len(each.cases) > 1 else ""),
        tag("p", lines(short(each.message, _MAX_HINT))),
        people.who(standings, each.who),
        *(example if text else []),
    )
