"""What a student gets back: a page for each submission, with what was right, what was not, and what to do next.

HTML rather than Markdown: any browser and any course platform shows it without a renderer, and what is escaped
in it stays escaped, whereas every renderer of Markdown has its own idea of raw HTML. What may be said at all is
decided in `told.py`; what is quoted is the student's own code, and answers that hold nothing hidden.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from graders.batch.exhibits import FOLLOWS, START, WRONG, Derivation, Plot, tree_of
from graders.batch.kinds import Kind, kind_of
from graders.batch.record import Record
from graders.batch.store import Run
from graders.results import typeset
from graders.results.drawing import svg
from graders.results.markdown import outcome, sign, ticked
from graders.results.mathml import mathml
from graders.results.page import Html, join, page, tag
from graders.results.standing import Cohort, Standing
from graders.results.told import SIGNS, Checks, Hint, Portion, Told, marks, points, told
from graders.results.written import Item, Written

FOLDER = "feedback"

STYLE = """
:root { --good: #1b6e33 } @media (prefers-color-scheme: dark) { :root { --good: #7fd99a } }
body { background: Canvas; color: CanvasText } .total { font-size: 1.15rem; font-weight: 600 }
main { max-width: 48rem; margin: 0 auto } h3 { font-size: 1rem; margin: 1rem 0 .3rem }
.part { border-top: 1px solid var(--line); margin-top: 1.8rem }
.part h2 { margin-top: .9rem } .earned { margin: 0 0 .2rem } .track { fill: var(--line) }
.points { display: block; max-width: 100% } .checks { list-style: none; padding-left: 0 }
.right { color: var(--good) } .wrong { color: var(--bad) } .open { color: var(--dim) }
pre { background: var(--soft); border-radius: .4rem; padding: .6rem .8rem; margin: .4rem 0 }
pre { white-space: pre-wrap; overflow-wrap: anywhere } .own { max-height: 26rem; overflow-y: auto }
.steps { list-style: none; padding: 0; margin: 0 } .steps li { padding: .3rem 0 .6rem }
.steps math { font-size: 1.05rem; width: max-content; padding: .2rem 0; margin: 0 1.6rem }
.frame { fill: none; stroke: var(--dim) } .grid { stroke: var(--line) } .curve { fill: none; stroke-width: 2 }
.c0 { --ink: var(--bar) } .c1 { --ink: #c05c12 } .c2 { --ink: #2e8b57 } .c3 { --ink: #8f4fb0 }
.curve { stroke: var(--ink) } .dots { fill: var(--ink) } .under { fill: Canvas; opacity: .8 }
@media (min-width: 60rem) {
  main { max-width: 80rem } .beside { display: grid; grid-template-columns: 1fr 1fr; gap: 0 2rem }
  .beside > div { min-width: 0 }
}
@media print { .own { max-height: none } .beside { display: block } h3 { break-after: avoid } }
"""

_MAX_SLUG = 80
_OURS = re.compile(r"[A-Za-z0-9-]+-[0-9a-f]{10}(-\d+)?\.(html|part)")


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
    said, record = told(run, standing), standing.record
    return page(
        f"Feedback: {said.title}",
        tag(
            "main",
            tag("h1", said.title),
            _about(said, record),
            *([tag("p", tag("strong", said.remark))] if said.remark else ()),
            *([tag("p", said.total, class_="total"), _bar(said.points, said.possible)] if said.portions else ()),
            *_listed("What to do next", said.next),
            *(_portion(each) for each in said.portions),
            *_notebook(said),
            tag("p", "sha256 of what was graded: ", tag("code", record.sha256), class_="dim"),
        ),
        style=typeset.STYLE + STYLE,
    )


def _about(said: Told, record: Record) -> Html:
    about = [record.student, record.file, f"graded on {said.date}" if said.date else ""]
    return tag("p", " · ".join(filter(None, about)), class_="dim")


def _bar(earned: float, possible: float) -> Html:
    """How much of the points; the text beside it says the same."""
    share = max(0.0, min(1.0, earned / possible)) if possible else 0.0
    track = tag("rect", x=0, y=0, width=200, height=8, rx=4, class_="track")
    filled = tag("rect", x=0, y=0, width=f"{200 * share:.1f}", height=8, rx=4, class_="bar")
    return tag("svg", track, filled, viewBox="0 0 200 8", width=200, aria_hidden="true", class_="points")


def _listed(title: str, items: Iterable[str]) -> list[Html]:
    entries = [tag("li", item) for item in items]
    return [tag("h2", title), tag("ul", *entries)] if entries else []


def _portion(portion: Portion) -> Html:
    earned = "?" if portion.points is None else points(portion.points)
    head = [tag("h2", portion.title), tag("p", f"{earned} of {points(portion.possible)} points", class_="earned")]
    said = [tag("p", remark) for remark in (portion.remark, *portion.decisions) if remark]
    results: list[Html] = [
        tag("div", *head, _bar(portion.points or 0.0, portion.possible), class_="head"),
        *said,
        *([tag("ul", *map(_checks, portion.checks), class_="checks")] if portion.checks else ()),
        *([tag("h3", "Hints"), tag("ul", *map(_hint, portion.hints))] if portion.hints else ()),
    ]
    if portion.written:
        results += _answer(portion.written)
    plots = [part for each in portion.exhibits if isinstance(each, Plot) for part in _plot(each)]
    steps = [part for each in portion.exhibits if isinstance(each, Derivation) for part in _derivation(each)]
    columns = [tag("div", *results, *plots), *_own(portion)]
    return tag(
        "section", tag("div", *columns, class_="beside" if len(columns) > 1 else "alone"), *steps, class_="part"
    )


def _checks(checks: Checks) -> Html:
    about = _names(checks.names) if checks.names else tag("span", "All together")
    kind = "right" if checks.right else "open" if not checks.attempted else "wrong"
    mark = tag("span", sign(checks), class_=kind, aria_hidden="true")
    return tag("li", mark, " ", about, ": ", outcome(checks))


def _names(names: Iterable[str]) -> Html:
    listed = [each for name in names for each in (", ", tag("code", name))]
    return join(listed[1:])


def _hint(hint: Hint) -> Html:
    return tag("li", *((_names(hint.names), ": ") if hint.names else ()), hint.text)


def _answer(written: Written) -> list[Html]:
    """The answer as it is read, the rows of the rubric with what they earned, and what was said of it."""
    parts = [tag("blockquote", typeset.markdown(written.answer))] if written.answer else []
    if written.points is not None and written.items:
        rows = [
            tag(
                "li",
                f"{ticked(item)} ",
                typeset.line(item.criterion.text),
                class_="right" if item.given else "open",
            )
            for item in written.items
        ]
        parts += [tag("h3", "What it was marked by"), tag("ul", *rows, class_="checks")]
        parts += [tag("p", tag("strong", "Comment: "), typeset.line(comment)) for _, comment in written.comments]
    return parts


def _row(item: Item) -> Html:
    return typeset.line(item.criterion.text)


def _plot(plot: Plot) -> list[Html]:
    return [tag("h3", "Your plot"), svg(plot)]


def _derivation(derivation: Derivation) -> list[Html]:
    """The lines as mathematics, each below what is said of it."""
    items = []
    for number, (line, mark) in enumerate(zip(derivation.lines, marks(derivation), strict=True), 1):
        tree = tree_of(line)
        written = tag("p", "This line is no expression, or too long to be set.") if tree is None else mathml(tree)
        why = [tag("p", line.why, class_="dim")] if line.why else []
        why += [tag("p", derivation.witness, class_="wrong")] if line.mark == WRONG and derivation.witness else []
        kind = {WRONG: "wrong", START: "right", FOLLOWS: "right"}.get(line.mark, "open")
        items.append(
            tag("li", tag("p", f"({number}) {SIGNS.get(line.mark, '')} {mark}", class_=kind), written, *why)
        )
    about = f"Your derivation {derivation.name}, line by line"
    return [
        tag("h3", "Your derivation ", tag("code", derivation.name)),
        _scrolling(tag("ol", *items, class_="steps"), about, "wide"),
    ]


def _own(portion: Portion) -> list[Html]:
    if not portion.code:
        return []
    cells = [tag("pre", tag("code", _typed(cell))) for cell in portion.code]
    about = f"Your code for {portion.title}"
    return [tag("div", tag("h3", "Your code"), _scrolling(join(cells), about, "own"))]


def _scrolling(inside: Html, about: str, kind: str) -> Html:
    """What scrolls must be reached by the keyboard, too."""
    return tag("div", inside, class_=kind, tabindex=0, role="region", aria_label=about)


def _typed(text: str) -> Html:
    """A text with its line ends and its indentation."""
    return Html("\n".join(join([line]) for line in text.expandtabs(4).split("\n")))


def _notebook(said: Told) -> list[Html]:
    if not said.notes:
        return []
    explained = "Code cells are counted from the top of the notebook, without the cells of text."
    return [
        tag("h2", "Your notebook"),
        tag("p", explained, class_="dim"),
        tag("ul", *(tag("li", n) for n in said.notes)),
    ]
