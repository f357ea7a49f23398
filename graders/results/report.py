"""The class report: one HTML page for the TA, which begins with what needs a person.

It is made in linear time and stays a page that a browser opens: every submission has its row and below it, to
unfold, what the grader saw where something failed. Of that at most `MAX_DETAILS` are shown: first who needs a
person or has no result, then who lost points. The page says how many were left out; the store has them all.
"""

from __future__ import annotations

import itertools
import statistics
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from graders.batch.record import CaseResult, Record
from graders.batch.store import Run
from graders.results import feedback, gradebook
from graders.results.page import Html, join, lines, page, row, short, tag
from graders.results.standing import Cohort, Standing

FILE_NAME = "report.html"
MAX_DETAILS = 1000
MAX_MISTAKES = 50

_MAX_STATUS = 300
_MAX_MESSAGE = 1000
_BINS = 10


@dataclass
class Mistake:
    """A note: how many submissions have it, in which questions, with which hints."""

    note: str
    submissions: int = 0
    questions: set[str] = field(default_factory=set)
    hints: Counter[str] = field(default_factory=Counter)


def render(cohort: Cohort) -> str:
    """The report of a class, whose standings are in the order of their feedback pages."""
    run, standings = cohort.run, cohort.standings
    title = f"Class report: {run.assignment}" if run.assignment else "Class report"
    return page(
        title,
        tag("h1", title),
        tag("p", f"seed {run.seed}", class_="dim"),
        *_warnings(cohort),
        _figures(run, standings),
        _attention(standings),
        _distribution(run, standings),
        _questions(run, standings),
        *_mistakes(run, [each.record for each in standings]),
        *_decisions(standings),
        _submissions(run, standings),
    )


def without_result(record: Record) -> bool:
    """Whether the submission could not be graded, for a reason of its own."""
    return not record.questions and not record.failed


def totals(standings: Sequence[Standing]) -> list[float]:
    """The points of those whose points are known, in ascending order."""
    return sorted(each.total for each in standings if each.total is not None and not without_result(each.record))


def quartiles(values: Sequence[float]) -> tuple[float, float, float]:
    """The lower quartile, the median and the upper quartile of one or more values."""
    if len(values) == 1:
        return values[0], values[0], values[0]
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, middle, high


def mistakes(records: Sequence[Record]) -> list[Mistake]:
    """The notes of a class, the most frequent first."""
    found: dict[str, Mistake] = {}
    for record in records:
        of_record = set()
        for question, result in record.questions.items():
            for case in result.cases:
                if case.note and not case.passed:
                    mistake = found.setdefault(case.note, Mistake(case.note))
                    mistake.questions.add(question)
                    mistake.hints[case.hint] += 1
                    of_record.add(case.note)
        for note in of_record:
            found[note].submissions += 1
    return sorted(found.values(), key=lambda each: (-each.submissions, each.note))


def _warnings(cohort: Cohort) -> list[Html]:
    warnings = []
    if cohort.pending:
        warnings.append(
            f"{cohort.pending} files are not graded yet: the run was interrupted, and the same `vaegan grade` "
            "goes on."
        )
    levels = Counter(each.record.level for each in cohort.standings if each.record.level not in ("", "full"))
    warnings += [f"{count} ran in a {level} sandbox." for level, count in sorted(levels.items())]
    return [tag("p", warning, class_="bad") for warning in warnings]


def _figures(run: Run, standings: Sequence[Standing]) -> Html:
    figures = [
        ("submissions", str(len(standings))),
        ("need a person", str(sum(each.needs_person for each in standings))),
        ("without a result", str(sum(without_result(each.record) for each in standings))),
    ]
    if points := totals(standings):
        low, middle, high = quartiles(points)
        figures += [
            (f"median of {sum(run.possible.values()):g} points", _points(middle)),
            ("half of the class between", f"{_points(low)} – {_points(high)}"),
        ]
    return tag("ul", *(tag("li", tag("strong", value), name) for name, value in figures), class_="figures")


def _points(number: float) -> str:
    return f"{round(number, 2):g}"


def _attention(standings: Sequence[Standing]) -> Html:
    """Links to the rows of those that somebody has to look at."""
    parts = []
    waiting = [(i, each.record, each.status) for i, each in enumerate(standings) if each.needs_person]
    parts.append(tag("h2", "Needs a person"))
    if waiting:
        parts.append(tag("p", "The grader failed on these: they have no total until somebody looks at them."))
    parts.append(_links(waiting) if waiting else tag("p", "Nothing: the grader decided every case.", class_="dim"))
    records = [each.record for each in standings]
    if ungraded := [(i, record, record.status) for i, record in enumerate(records) if without_result(record)]:
        parts += [
            tag("h2", "Without a result"),
            tag("p", "These have zeros, for the reason given."),
            _links(ungraded),
        ]
    return join(parts)


def _links(listed: Sequence[tuple[int, Record, str]]) -> Html:
    return tag(
        "ul",
        *(
            tag("li", tag("a", record.file, href=f"#s{i}"), f" · {record.student}: ", short(reason, _MAX_STATUS))
            for i, record, reason in listed
        ),
    )


def _distribution(run: Run, standings: Sequence[Standing]) -> Html:
    """How many submissions have which share of the points, as bars."""
    full, points = sum(run.possible.values()), totals(standings)
    if not full or not points:
        return Html()
    counts = Counter(min(int(_BINS * total / full), _BINS - 1) for total in points)
    width, height, most = 60, 120, max(counts.values())
    bars = []
    for each in range(_BINS):
        tall = height * counts[each] / most
        middle, top = each * width + width / 2, 20 + height - tall
        bars.append(
            tag("rect", x=each * width + 4, y=f"{top:g}", width=width - 8, height=f"{tall:g}", class_="bar", rx=2)
        )
        if counts[each]:
            bars.append(tag("text", str(counts[each]), x=middle, y=f"{top - 5:g}", text_anchor="middle"))
    marks = [
        tag("text", f"{100 * each // _BINS}", x=each * width, y=height + 38, text_anchor="middle")
        for each in range(_BINS + 1)
    ]
    ground = tag("line", x1=0, x2=_BINS * width, y1=height + 20, y2=height + 20, class_="rule")
    label = "Submissions by their share of the points, in %"
    drawing = tag(
        "svg",
        *(*bars, ground, *marks),
        viewBox=f"-16 0 {_BINS * width + 32} {height + 44}",
        width=_BINS * width + 32,
        role="img",
        aria_label=label,
    )
    return join(
        [
            tag("h2", "Distribution"),
            tag("p", f"{label}. Who has no total or no result is left out.", class_="dim"),
            drawing,
        ]
    )


def _questions(run: Run, standings: Sequence[Standing]) -> Html:
    rows = []
    for question, of in sorted(run.possible.items()):
        results = [each.scores[question].points for each in standings if not without_result(each.record)]
        scores = [points for points in results if points is not None]
        mean = f"{statistics.fmean(scores):.2f}" if scores else "-"
        shares = ["-", "-"]
        if scores:
            full, nothing = sum(score >= of for score in scores), sum(score <= 0 for score in scores)
            shares = [f"{full / len(scores):.0%}", f"{nothing / len(scores):.0%}"]
        rows.append(row("td", question, f"{of:g}", mean, *shares, str(len(results) - len(scores))))
    head = row("th", "question", "points", "mean", "full points", "no points", "need a person")
    return join([tag("h2", "Questions"), tag("table", tag("thead", head), tag("tbody", *rows))])


def _mistakes(run: Run, records: Sequence[Record]) -> list[Html]:
    """The misconceptions, whose ids begin with a question, then what may be wrong with any answer."""
    named: list[Mistake] = []
    other: list[Mistake] = []
    for each in mistakes(records):
        (named if each.note.partition(".")[0] in run.possible else other).append(each)
    listed = [("Misconceptions", named), ("Other mistakes", other)]
    return [_mistake_table(title, found) for title, found in listed if found]


def _mistake_table(title: str, found: Sequence[Mistake]) -> Html:
    rows = [
        tag(
            "tr",
            tag("td", tag("code", each.note)),
            tag("td", str(each.submissions), class_="n"),
            tag("td", ", ".join(sorted(each.questions))),
            tag("td", _hints(each)),
        )
        for each in found[:MAX_MISTAKES]
    ]
    head = tag(
        "tr", tag("th", "id"), tag("th", "submissions", class_="n"), tag("th", "question"), tag("th", "hint")
    )
    parts = [tag("h2", title), tag("table", tag("thead", head), tag("tbody", *rows))]
    if len(found) > MAX_MISTAKES:
        parts.append(tag("p", f"And {len(found) - MAX_MISTAKES} that are rarer.", class_="dim"))
    return join(parts)


def _hints(mistake: Mistake) -> str:
    # of hints that are equally frequent always the same one
    hint = min(mistake.hints, key=lambda each: (-mistake.hints[each], each))
    others = len(mistake.hints) - 1
    return short(hint, _MAX_STATUS) + (f" (and {others} other{'s' * (others > 1)})" if others else "")


def _decisions(standings: Sequence[Standing]) -> list[Html]:
    """What people decided, and what of it does not count any more."""
    counted = [(each, decision, "") for each in standings for decision in each.decisions]
    stale = [(each, old.decision, old.why) for each in standings for old in each.stale]
    rows = [
        tag(
            "tr",
            *(tag("td", each.record.file), tag("td", f"{decision.question} {decision.case}".rstrip())),
            tag("td", "?" if decision.old is None else f"{decision.old:g}", class_="n"),
            tag("td", f"{decision.points:g}", class_="n"),
            *(tag("td", decision.by), tag("td", decision.at), tag("td", decision.reason)),
            tag("td", f"does not count: {why}" if why else ""),
        )
        for each, decision, why in [*counted, *stale]
    ]
    names = ("file", "question", "before", "points", "by", "at (UTC)", "reason", "")
    head = tag("tr", *(tag("th", name) for name in names))
    table = tag("table", tag("thead", head), tag("tbody", *rows))
    return [tag("h2", "Decisions"), tag("div", table, class_="wide")] if rows else []


def _submissions(run: Run, standings: Sequence[Standing]) -> Html:
    questions = sorted(run.possible)
    pages = feedback.file_names(each.record.file for each in standings)
    detailed, left_out = _detailed(run, standings)
    rows = []
    for i, (each, name) in enumerate(zip(standings, pages, strict=True)):
        record = each.record
        rows.append(_submission(i, each, name, questions))
        if i in detailed:
            below = tag("details", tag("summary", _summary(record)), _details(record))
            rows.append(tag("tr", tag("td", below, colspan=len(questions) + 7), class_="more"))
    points = [*(f"{run.possible[q]:g}" for q in questions), f"{sum(run.possible.values()):g}"]
    head = tag(
        "tr",
        *(tag("th", name) for name in ("file", "student")),
        *(
            tag("th", name, tag("br"), tag("span", f"of {of}", class_="dim"), class_="n")
            for name, of in zip([*questions, "total"], points, strict=True)
        ),
        *(tag("th", name) for name in ("status", "sandbox")),
        tag("th", "seconds", class_="n"),
        tag("th", "sha256"),
    )
    parts = [tag("h2", "Submissions"), tag("p", "A file's name leads to the student's page.", class_="dim")]
    if left_out:
        parts.append(
            tag(
                "p",
                f"What the grader saw is shown for {len(detailed)} submissions, those that need a person first. "
                f"For {left_out} more it is in grades.sqlite; the students' hints are in {feedback.FOLDER}/.",
            )
        )
    table = tag("table", tag("thead", head), tag("tbody", *rows))
    return join([*parts, tag("div", table, class_="wide")])


def _submission(i: int, each: Standing, name: str, questions: Sequence[str]) -> Html:
    record = each.record
    scores = [*(gradebook.shown(each, question) for question in questions), gradebook.shown_total(each)]
    return tag(
        "tr",
        tag("td", tag("a", record.file, href=quote(f"{feedback.FOLDER}/{name}")), class_="file"),
        tag("td", record.student),
        *(tag("td", score, class_="n bad" if score == "?" else "n") for score in scores),
        tag("td", short(each.status, _MAX_STATUS), class_="status"),
        tag("td", record.level or "-"),
        tag("td", f"{record.seconds:.2f}", class_="n"),
        tag("td", tag("code", record.sha256[:8] or "-"), title=record.sha256),
        id=f"s{i}",
    )


def _detailed(run: Run, standings: Sequence[Standing]) -> tuple[set[int], int]:
    """Whose details are shown, and how many others would have some."""
    full = sum(run.possible.values())
    wanted = [i for i, each in enumerate(standings) if _failures(each.record) or each.record.notes]
    urgent = [i for i in wanted if standings[i].needs_person or not standings[i].record.questions]
    losing = [i for i in wanted if (standings[i].total or 0) < full]
    chosen = set(itertools.islice(dict.fromkeys([*urgent, *losing, *wanted]), MAX_DETAILS))
    return chosen, len(wanted) - len(chosen)


def _failures(record: Record) -> dict[str, list[CaseResult]]:
    """The cases that did not pass, by question."""
    failures = defaultdict(list)
    for question, result in sorted(record.questions.items()):
        for case in result.cases:
            if not case.passed:
                failures[question].append(case)
    return failures


def _summary(record: Record) -> str:
    failed, notes = sum(map(len, _failures(record).values())), len(record.notes)
    counted = [(failed, "case not passed", "cases not passed"), (notes, "note", "notes")]
    return ", ".join(f"{count} {one if count == 1 else many}" for count, one, many in counted if count)


def _details(record: Record) -> Html:
    cases = [
        tag(
            "li",
            *(tag("strong", case.name), " ", tag("code", case.note or "-"), *_kind(case), tag("br")),
            lines(short(case.message or case.hint, _MAX_MESSAGE)),
        )
        for failed in _failures(record).values()
        for case in failed
    ]
    return tag("ul", *cases, *(tag("li", lines(short(str(note), _MAX_MESSAGE))) for note in record.notes))


def _kind(case: CaseResult) -> list[Html]:
    if case.grader_error:
        return [tag("span", " needs a person", class_="bad")]
    return [tag("span", " not run", class_="dim")] if case.not_run else []
