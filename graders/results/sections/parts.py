"""Parts and their cases: how hard, how telling, and which of them an author should look at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from graders.batch.sheet import Part
from graders.batch.store import Run
from graders.results.items import Item, item
from graders.results.page import Html, section, tag, unfold, wide
from graders.results.sections.attention import without_result
from graders.results.standing import Standing

_COLUMNS = ("mean", "full points", "no points", "discrimination")


def parts(run: Run, standings: Sequence[Standing]) -> Html:
    """A row a part, to unfold its cases."""
    graded = [each for each in standings if each.graded is not None and not without_result(each)]
    groups = []
    for part in run.sheet.parts:
        open_ = sum(each.scores[part.name].points is None for each in standings)
        cases = _cases(part.name, graded)
        below = unfold(f"{len(cases)} cases of {part.name}", _table(f"Cases of {part.name}", cases), class_="")
        more = [tag("tr", tag("td", below, colspan=8), class_="more")] if cases else []
        groups.append(tag("tbody", _row(_part(part, graded), part.title, str(open_)), *more))
    head = _head("part", *_COLUMNS, "undecided", "to be looked at")
    explained = (
        "Discrimination is the correlation of a part's points with the points of everything else, -1 to 1. What "
        "stands out says more about the exercise or its test than about the class."
    )
    table = wide("Parts", head, *groups, class_="sorts")
    return section("parts", "Parts", tag("p", explained, class_="dim"), table)


def _part(part: Part, graded: Sequence[Standing]) -> Item:
    points = [(each.scores[part.name].points, each.graded or 0.0) for each in graded]
    known = [(own, total if part.written else total - own) for own, total in points if own is not None]
    shares = [own / part.points if part.points else 0.0 for own, _ in known]
    return item(part.name, part.points, shares, [rest for _, rest in known])


def _cases(question: str, graded: Sequence[Standing]) -> list[Item]:
    """The cases in the order of the test, each as a part of its own."""
    worth: dict[str, float] = {}
    passed: dict[str, list[tuple[float, float]]] = {}
    for each in graded:
        result = each.record.questions.get(question)
        for case in result.cases if result else ():
            worth[case.name] = case.points
            rest = (each.graded or 0.0) - (case.points if case.passed else 0.0)
            passed.setdefault(case.name, []).append((float(case.passed), rest))
    return [
        item(name, worth[name], [share for share, _ in found], [rest for _, rest in found])
        for name, found in passed.items()
    ]


def _table(label: str, items: Iterable[Item]) -> Html:
    rows = [tag("tbody", _row(each, each.name)) for each in items]
    return wide(label, _head("case", *_COLUMNS, "to be looked at"), *rows, class_="sorts")


def _head(first: str, *others: str) -> Html:
    *numbers, flag = (tag("th", name, class_="n") for name in ("points", *others))
    return tag("thead", tag("tr", tag("th", first), *numbers, flag))


def _row(each: Item, title: str, *waiting: str) -> Html:
    numbers = [f"{each.possible:g}", *(["-"] * 4 if not each.students else _numbers(each)), *waiting]
    return tag(
        "tr",
        tag("td", title),
        *(tag("td", number, class_="n") for number in numbers),
        tag("td", ", ".join(each.suspicious), class_="flag"),
    )


def _numbers(each: Item) -> list[str]:
    telling = "-" if each.discrimination is None else f"{each.discrimination:.2f}"
    return [f"{each.mean:.0%}", f"{each.full:.0%}", f"{each.nothing:.0%}", telling]
