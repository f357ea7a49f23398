"""Every submission, a row each, and below it, to unfold, what the grader saw where something failed.

Of that at most `MAX_DETAILS` are shown: first who needs a person or has no result, then who lost points. The page
says how many were left out; the store has them all.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from urllib.parse import quote

from graders.batch.record import CaseResult, Record
from graders.results import feedback, gradebook
from graders.results.mistakes import is_named
from graders.results.page import Html, laid_out, section, short, tag, unfold, wide
from graders.results.sections.attention import without_result
from graders.results.standing import Cohort, Standing

MAX_DETAILS = 500

_MAX_STATUS = 300
_MAX_MESSAGE = 400

KINDS = {
    "person": "needs a person",
    "unmarked": "not marked",
    "ungraded": "without a result",
    "trouble": "something hung or crashed",
    "decided": "decided by a person",
    "reduced": "not fully confined",
}
"""What a row can be filtered by, as its `data-is` has it, and as people read it."""


def roster(cohort: Cohort, paths: Sequence[str], *, released: bool) -> Html:
    """The submissions, to be searched and sorted, with links to their files and to released pages."""
    run, standings = cohort.run, cohort.standings
    points = {part.name: part.points for part in run.sheet.parts}
    pages = feedback.file_names(each.record.file for each in standings)
    graded = sum(run.possible.values())
    detailed, left_out = _detailed(graded, standings)
    rows = []
    for place, (each, name) in enumerate(zip(standings, pages, strict=True)):
        path = paths[place] if paths else ""
        rows.append(_row(place, each, name if released else "", path, [*points], place in detailed))
    parts = [_filter(standings)]
    if released:
        parts.append(tag("p", "A file's name leads to the student's page.", class_="dim"))
    if left_out:
        told = (
            f"What the grader saw is shown for {len(detailed)} submissions, those that need a person first. "
            f"For {left_out} more it is in grades.sqlite; the students' hints are in {feedback.FOLDER}/."
        )
        parts.append(tag("p", told))
    table = wide("Submissions", _head(points, graded), *rows, class_="sorts", id="submissions")
    return section("all", "Submissions", *parts, table)


def _filter(standings: Sequence[Standing]) -> Html:
    """What the script searches with; without one there is nothing to see."""
    present = set().union(*(_kinds(each) for each in standings))
    options = [tag("option", text, value=kind) for kind, text in KINDS.items() if kind in present]
    return tag(
        "form",
        tag(
            "label",
            "Search ",
            tag("input", type="search", name="words", placeholder="file, student, misconception"),
        ),
        tag("label", "Show ", tag("select", tag("option", "everybody", value=""), *options, name="kind")),
        tag("button", "Clear", type="reset"),
        tag("output", name="left"),
        id="filter",
        role="search",
        hidden="",
    )


def style(parts: Sequence[str]) -> str:
    """The widths of the columns.

    The rows are no table to the browser's layout, so that it can leave those out that are not on the screen.
    """
    points = " ".join(f"{max(4, 0.7 * len(name)):g}rem" for name in (*parts, "total"))
    others = f"9rem {points} 13rem 5rem 4rem"
    return f"#submissions {{ --file: 15rem; --columns: var(--file) {others} }}"


def _head(points: dict[str, float], graded: float) -> Html:
    numbers = [
        tag("th", name, tag("br"), tag("span", f"of {of:g}", class_="dim"), class_="n")
        for name, of in {**points, "total": graded}.items()
    ]
    first, last = [tag("th", "file"), tag("th", "student")], [tag("th", "status"), tag("th", "sandbox")]
    return tag("thead", tag("tr", *first, *numbers, *last, tag("th", "seconds", class_="n")))


def _row(place: int, standing: Standing, page: str, path: str, questions: Sequence[str], detailed: bool) -> Html:
    record = standing.record
    scores = [
        *("-" if name in standing.unmarked else gradebook.shown(standing, name) for name in questions),
        gradebook.shown_total(standing),
    ]
    links = [tag("a", record.file, href=quote(f"{feedback.FOLDER}/{page}"))] if page else [record.file]
    if path:
        links += [Html(" "), tag("a", "notebook", href=quote(path, errors="surrogateescape"), class_="dim")]
    cells = [
        tag("td", *links, class_="file", data_v=record.file),
        tag("td", record.student),
        *(tag("td", score, class_="n bad" if score == "?" else "n") for score in scores),
        tag("td", short(standing.status, _MAX_STATUS)),
        tag("td", record.level or "-"),
        tag("td", f"{record.seconds:.2f}", class_="n"),
    ]
    below = [tag("tr", tag("td", _details(record), colspan=len(cells)), class_="more")] if detailed else []
    told = {"data_is": " ".join(_kinds(standing)), "data_ids": " ".join(_ids(record))}
    return tag("tbody", tag("tr", *cells), *below, id=f"s{place}", **{k: v for k, v in told.items() if v})


def _kinds(standing: Standing) -> list[str]:
    holds = {
        "person": standing.needs_person,
        "unmarked": bool(standing.unmarked),
        "ungraded": without_result(standing),
        "trouble": any(note.lost for note in standing.record.notes),
        "decided": bool(standing.decisions),
        "reduced": standing.record.level not in ("", "full"),
    }
    return [kind for kind, is_so in holds.items() if is_so]


def _ids(record: Record) -> list[str]:
    """The misconceptions that it has."""
    cases = itertools.chain.from_iterable(result.cases for result in record.questions.values())
    return sorted({each.note for each in cases if not each.passed and is_named(each.note, record.questions)})


def _detailed(full: float, standings: Sequence[Standing]) -> tuple[set[int], int]:
    """Whose details are shown, and how many others would have some."""
    records = [each.record for each in standings]
    wanted = [i for i, each in enumerate(records) if _failures(each) or each.notes]
    urgent = [i for i in wanted if standings[i].needs_person or not records[i].questions]
    losing = [i for i in wanted if (standings[i].graded or 0.0) < full]
    chosen = set(itertools.islice(dict.fromkeys([*urgent, *losing, *wanted]), MAX_DETAILS))
    return chosen, len(wanted) - len(chosen)


def _failures(record: Record) -> list[CaseResult]:
    """The cases that did not pass, by question."""
    return [case for _, result in sorted(record.questions.items()) for case in result.cases if not case.passed]


def _details(record: Record) -> Html:
    failed = _failures(record)
    counted = [(len(failed), "case not passed", "cases not passed"), (len(record.notes), "note", "notes")]
    summary = ", ".join(f"{count} {one if count == 1 else many}" for count, one, many in counted if count)
    cases = [tag("li", tag("strong", case.name), _saw(case)) for case in failed]
    notes = [tag("li", laid_out(short(str(note), _MAX_MESSAGE))) for note in record.notes]
    return unfold(summary, tag("ul", *cases, *notes, class_="saw"), class_="")


def _saw(case: CaseResult) -> Html:
    """One text, not an element for each thing: a class fails many cases, and a browser makes all of them."""
    return laid_out(f" {case.note}{_kind(case)}\n{short(case.message or case.hint, _MAX_MESSAGE)}")


def _kind(case: CaseResult) -> str:
    if case.grader_error:
        return ", needs a person"
    return ", not run" if case.not_run else ""
