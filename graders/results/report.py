"""The class report: one HTML page for the TA, which begins with what needs a person.

Its sections are in `sections/`. It is made in linear time and stays a page that a browser opens. It works without
its script, which sorts and filters.
"""

from __future__ import annotations

import importlib.resources
from collections.abc import Sequence

from graders.results.page import Html, page, tag
from graders.results.sections import attention, decided, distribution, likeness, misconceptions, parts, roster
from graders.results.standing import Cohort, Standing

FILE_NAME = "report.html"

_HERE = importlib.resources.files("graders.results")


def render(cohort: Cohort, paths: Sequence[str] = (), *, released: bool = True) -> str:
    """The report of a class, whose standings are in the order of their feedback pages.

    `paths` are the files that were handed in, as the folder of the report sees them, one a standing.
    """
    run, standings = cohort.run, cohort.standings
    title = f"Class report: {run.sheet.title}" if run.sheet.title else "Class report"
    points, full = distribution.totals(standings), sum(run.possible.values())
    sections = [
        attention.waiting(standings),
        attention.unmarked(run, standings),
        attention.ungraded(standings),
        distribution.distribution(points, full),
        parts.parts(run, standings),
        misconceptions.misconceptions(run, standings),
        misconceptions.unnamed(standings),
        attention.trouble(standings),
        likeness.likeness(standings, {part.name: part.stubs for part in run.sheet.parts}),
        decided.decisions(cohort),
        roster.roster(cohort, paths, released=released),
    ]
    return page(
        title,
        tag("h1", title),
        tag("p", _made(cohort), class_="dim"),
        *_warnings(cohort),
        _figures(points, full, standings),
        tag("main", *sections),
        style=(_HERE / "report.css").read_text("utf-8") + roster.style([part.name for part in run.sheet.parts]),
        script=(_HERE / "report.js").read_text("utf-8"),
    )


def _made(cohort: Cohort) -> str:
    """When, and with what: of the last grading or decision, so that the same store gives the same page."""
    run = cohort.run
    last = max([run.at, *(decision.at for each in cohort.standings for decision in each.decisions)])
    told = [f"As of {last[:16].replace('T', ' ')} UTC"] if last else []
    told += [f"autograder.zip {run.autograder[:12]}"] if run.autograder else []
    return " · ".join([*told, f"seed {run.seed}"])


def _warnings(cohort: Cohort) -> list[Html]:
    warnings = []
    if cohort.pending:
        warnings.append(
            f"{cohort.pending} files are not graded yet: the run was interrupted, and the same `vaegan grade` "
            "goes on."
        )
    if reduced := sum(each.record.level not in ("", "full") for each in cohort.standings):
        warnings.append(
            f"Not fully confined: {reduced} of {len(cohort.standings)}. `vaegan doctor` says what is missing."
        )
    return [tag("p", warning, class_="bad") for warning in warnings]


def _figures(points: Sequence[float], full: float, standings: Sequence[Standing]) -> Html:
    """The class in a few numbers, each of which leads to its section."""
    figures = [
        ("submissions", str(len(standings)), "all"),
        ("need a person", str(sum(each.needs_person for each in standings)), "person"),
    ]
    if unmarked := sum(bool(each.unmarked) for each in standings):
        figures.append(("not marked", str(unmarked), "unmarked"))
    if ungraded := sum(map(attention.without_result, standings)):
        figures.append(("without a result", str(ungraded), "ungraded"))
    if points:
        low, middle, high = map(_points, distribution.quartiles(points))
        figures += [
            (f"median of {full:g} points", middle, "distribution"),
            ("half of the class between", f"{low} – {high}", "distribution"),
        ]
    return tag(
        "ul",
        *(tag("li", tag("a", tag("strong", value), name, href=f"#{to}")) for name, value, to in figures),
        class_="figures",
    )


def _points(number: float) -> str:
    return f"{round(number, 2):g}"
