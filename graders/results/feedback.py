"""What a student gets back: a page for each submission, with the score and the hint of every case that failed.

HTML rather than Markdown: any browser and any course platform shows it without a renderer, and what is escaped
in it stays escaped, whereas every renderer of Markdown has its own idea of raw HTML.

Nothing here may carry a hidden input, an expected value or test code. Hints are written for students, and the
names of cases are what otter shows them, too. But an exception, the name of its type included, comes out of a
process where hidden inputs have been: of a cell that ran after a question was asked it is only said that it did
not run to its end, and of few such cells. `message` is for the TA and is never read.
"""

from __future__ import annotations

import builtins
import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from graders.batch.kinds import Kind, kind_of
from graders.batch.record import CaseResult, Record
from graders.batch.store import Run
from graders.results import gradebook
from graders.results.page import Html, join, page, row, tag
from graders.results.standing import Cohort, Decision, Standing

FOLDER = "feedback"
PERSON = "The grader could not grade this; a person will look at it."

_MAX_SLUG = 80
_OURS = re.compile(r"[A-Za-z0-9-]+-[0-9a-f]{10}(-\d+)?\.(html|part)")
_KINDS = frozenset(
    name for name, kind in vars(builtins).items() if isinstance(kind, type) and issubclass(kind, BaseException)
) | {"LinAlgError"}
# of cells that ran after a question was asked; which of them fail is a message that a notebook could send
_MOST_CELLS = 3


def file_names(files: Iterable[str]) -> list[str]:
    """The name of each file's page: readable, the same whatever else is handed in, and fit for any file system.

    The digest tells apart what differs only in characters that are replaced, or in case; files of one name are
    numbered.
    """
    seen: Counter[str] = Counter()
    names = []
    for file in files:
        digest = hashlib.sha256(file.encode("utf-8", "surrogatepass")).hexdigest()[:10]
        name = f"{_slug(file)}-{digest}"
        seen[name.casefold()] += 1
        number = seen[name.casefold()]
        names.append(f"{name}-{number}.html" if number > 1 else f"{name}.html")
    return names


def _slug(file: str) -> str:
    path = PurePosixPath(file)
    stem = str(path.with_suffix("")) if kind_of(path) is Kind.NOTEBOOK else file
    letters = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9]+", "-", letters).strip("-")[:_MAX_SLUG] or "submission"


def is_page(name: str) -> bool:
    """Whether a file of this name was made here, so that it may be removed."""
    return _OURS.fullmatch(name) is not None


def pages(cohort: Cohort) -> Iterator[tuple[str, str]]:
    """The name and the text of each submission's page, in their order."""
    names = file_names(standing.record.file for standing in cohort.standings)
    return ((name, render(cohort.run, each)) for name, each in zip(names, cohort.standings, strict=True))


def render(run: Run, standing: Standing) -> str:
    """The page of one submission."""
    record = standing.record
    title = f"Feedback: {run.assignment}" if run.assignment else "Feedback"
    about = [
        tag("p", record.file, " · ", record.student),
        tag("p", "sha256 ", tag("code", record.sha256), class_="dim"),
    ]
    if record.failed and standing.needs_person:
        return page(title, tag("h1", title), *about, tag("p", PERSON))
    if not record.questions and not record.failed:
        about.append(tag("p", "Your file could not be graded: ", tag("strong", record.status)))
        if not standing.decisions:
            return page(title, tag("h1", title), *about)
    questions = [_question(name, standing) for name in standing.scores]
    return page(title, tag("h1", title), *about, _scores(standing), *questions, _cells(record))


def _scores(standing: Standing) -> Html:
    scores = standing.scores.items()
    rows = [row("td", name, gradebook.shown(standing, name), f"{score.possible:g}") for name, score in scores]
    full = sum(score.possible for score in standing.scores.values())
    total = row("th", "total", gradebook.shown_total(standing), f"{full:g}")
    return tag("table", tag("thead", row("th", "question", "points", "of")), tag("tbody", *rows, total))


def _question(name: str, standing: Standing) -> Html:
    """What a person decided, with the reason, and the hints of the cases that failed."""
    score, result = standing.scores[name], standing.record.questions.get(name)
    parts = [_decision(decision) for decision in score.decisions]
    # where a person settled a case or the question, what the grader could not decide is settled
    settled = {decision.case for decision in score.decisions}
    cases = (
        [case for case in result.cases if not (case.grader_error and settled & {"", case.name})] if result else []
    )
    if failed := [case for case in cases if not case.passed]:
        items = [tag("li", tag("strong", case.name), *_worth(case), tag("br"), hint(case)) for case in failed]
        parts.append(tag("ul", *items))
        if passed := len(cases) - len(failed):
            others = f"{passed} other {'test' if passed == 1 else 'tests'} passed."
            parts.append(tag("p", others, class_="dim"))
    return join([tag("h2", name), *parts]) if parts else Html()


def _decision(decision: Decision) -> Html:
    what = f"{decision.case}: " if decision.case else ""
    return tag("p", tag("strong", f"{what}{decision.points:g} points, decided by a person: "), decision.reason)


def _worth(case: CaseResult) -> list[Html]:
    if not case.points:
        return []
    return [tag("span", f" ({case.points:g} {'point' if case.points == 1 else 'points'})", class_="dim")]


def hint(case: CaseResult) -> str:
    """What a student may read of a case that failed."""
    if case.grader_error:
        return PERSON
    return case.hint or "This test failed."


def _cells(record: Record) -> Html:
    items = [tag("li", text) for text in cell_notes(record)]
    if not items:
        return Html()
    explained = "Code cells are counted from the top of the notebook, without the cells of text."
    return join([tag("h2", "Your notebook"), tag("p", explained, class_="dim"), tag("ul", *items)])


def cell_notes(record: Record) -> list[str]:
    """What a student may read of the cells that failed, of what hung or crashed, and of what the source shows."""
    told, later = [], 0
    for note in record.notes:
        if note.remark:
            told.append(str(note))
            continue
        if note.cell is None:
            told += [note.lost] * bool(note.lost)
            continue
        later += not note.early
        if later > _MOST_CELLS:
            continue
        if note.lost:
            told.append(f"cell {note.cell}: {note.lost}")
        elif note.early and note.error in _KINDS:
            told.append(f"cell {note.cell} raised {note.error}" + (f" in line {note.line}" if note.line else ""))
        else:
            told.append(f"cell {note.cell} did not run to its end")
    return told + ["other cells did not run to their end"] * (later > _MOST_CELLS)
