"""What a person has to look at: what the grader could not decide, with the command that does; what went wrong."""

from __future__ import annotations

import re
import shlex
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from graders.batch.record import Record
from graders.batch.store import Run
from graders.results import gradebook
from graders.results.page import Html, join, section, short, tag
from graders.results.sections import people
from graders.results.standing import Standing

MAX_WAITING = 200

_MAX_REASON = 300
_DIGITS = 12
_NAME = re.compile(r"^(?:cell \d+|[^\W\d]\w*): ")


def waiting(standings: Sequence[Standing]) -> Html:
    """The cases that wait for a person, each with the command that decides it."""
    listed = [(place, *each) for place, standing in enumerate(standings) for each in _undecided(standing)]
    if not listed:
        nothing = tag("p", "Nothing: the grader decided every case.", class_="dim")
        return section("person", "Needs a person", nothing)
    digests = Counter(each.record.sha256 for each in standings)
    cards = [
        tag(
            "li",
            *(people.link(standings, place), " · ", tag("strong", what), tag("span", f" of {of:g}", class_="dim")),
            tag("div", short(reason, _MAX_REASON)),
            tag("code", command(record, what, unique=digests[record.sha256] == 1), class_="command"),
        )
        for place, what, of, reason in listed[:MAX_WAITING]
        for record in [standings[place].record]
    ]
    explained = (
        "The grader could not decide these, so there is no total yet. Each comes with the command that decides it,"
        " to be run in this folder; put the points and a reason in, which the student reads."
    )
    more = f"And {len(listed) - MAX_WAITING} more, which the table of submissions shows."
    return section(
        "person",
        "Needs a person",
        tag("p", explained),
        tag("ul", *cards, class_="cards"),
        *([tag("p", more)] if len(listed) > MAX_WAITING else []),
    )


def command(record: Record, what: str, *, unique: bool) -> str:
    """What to type to decide a question or a case, whatever the file is called.

    The file is told by its digest; by its name, which may begin with a hyphen, where a copy has that, too.
    """
    which = (
        record.sha256[:_DIGITS] if unique and record.sha256 else f"-- {shlex.quote(gradebook.safe(record.file))}"
    )
    return f"vaegan decide . --reason '…' {which} {shlex.quote(gradebook.safe(what))} POINTS"


def _undecided(standing: Standing) -> Iterator[tuple[str, float, str]]:
    """What waits, as decide calls it, with its points and the reason: cases, or a question if all of it waits."""
    for question in standing.waiting:
        score, result = standing.scores[question], standing.record.questions.get(question)
        settled = {decision.case for decision in score.decisions}
        cases = [case for case in result.cases if case.grader_error and case.name not in settled] if result else []
        if result is None or len(cases) == len(result.cases):
            reason = cases[0].message if cases else standing.record.status
            yield question, score.possible, reason
        else:
            for case in cases:
                yield f"{question}/{case.name.removeprefix(f'{question}: ')}", case.points, case.message


def unmarked(run: Run, standings: Sequence[Standing]) -> Html:
    """How many written answers nobody marked yet, by part."""
    counts = Counter(name for each in standings for name in each.unmarked)
    if not counts:
        return Html()
    told = ", ".join(f"{counts[part.name]} of {part.name}" for part in run.sheet.parts if counts[part.name])
    return section(
        "unmarked",
        "Not marked",
        tag("p", f"Written answers that nobody marked, or that were marked differently: {told}."),
        tag("code", "vaegan written .", class_="command"),
    )


def ungraded(standings: Sequence[Standing]) -> Html:
    """The submissions that could not be graded, by reason."""
    reasons = defaultdict(list)
    for place, each in enumerate(standings):
        if without_result(each):
            reasons[short(each.record.status, _MAX_REASON)].append(place)
    if not reasons:
        return Html()
    rows = [
        tag("tr", tag("td", reason), tag("td", people.who(standings, places, "submission", "submissions")))
        for reason, places in sorted(reasons.items(), key=lambda each: (-len(each[1]), each[0]))
    ]
    head = tag("thead", tag("tr", tag("th", "reason"), tag("th", "who")))
    return section(
        "ungraded",
        "Without a result",
        tag("p", "These have zeros, for the reason given."),
        tag("table", head, tag("tbody", *rows)),
    )


def trouble(standings: Sequence[Standing]) -> Html:
    """What hung or crashed, and below which sandbox it ran."""
    lost = defaultdict(list)
    for place, each in enumerate(standings):
        # the same happens to cells and to functions of many names
        for reason in sorted({_NAME.sub("", note.lost) for note in each.record.notes if note.lost}):
            lost[short(reason, _MAX_REASON)].append(place)
    rows = [
        tag("tr", tag("td", reason), tag("td", people.who(standings, places)))
        for reason, places in sorted(lost.items(), key=lambda each: (-len(each[1]), each[0]))
    ]
    head = tag("thead", tag("tr", tag("th", "cells and functions"), tag("th", "who")))
    levels = Counter(each.record.level for each in standings if each.record.level)
    told = ", ".join(f"{count} {level}" for level, count in sorted(levels.items()))
    parts = [tag("p", f"Sandbox: {told}.")] if told else []
    parts += [tag("table", head, tag("tbody", *rows))] if rows else []
    return section("trouble", "How it ran", *parts) if parts else join([])


def without_result(standing: Standing) -> bool:
    """Whether the submission could not be graded, for a reason of its own."""
    return not standing.record.questions and not standing.record.failed
