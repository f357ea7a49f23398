"""The marking page: the written answers of a class, by question and without names, beside the rubric.

What an answer, a comment or a marker's name holds stays text. The page's script is ours, allowed by its hash; it
keeps what is ticked in the browser and saves it as a file, which `marks.py` reads.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from graders.batch.store import Run
from graders.results import typeset, written
from graders.results.marks import CSV_NAME, FORMAT, MAX_COMMENT
from graders.results.page import Html, page, tag
from graders.results.rubric import Rubric
from graders.results.standing import Cohort, rubrics_of
from graders.results.written import Entry

FILE_NAME = "marking.html"
_HERE = Path(__file__)
_KEYS = (
    ("1 … 9", "a row of the rubric: all points, a part, none"),
    ("0", "nothing met"),
    ("u", "not marked"),
    ("c", "comment (Esc leaves it, Ctrl-Enter goes on)"),
    ("n →", "next"),
    ("p ←", "previous"),
    ("m", "next that is not marked"),
    ("[ ]", "other question"),
    ("s", "save"),
)


def entries(cohort: Cohort) -> list[Entry]:
    """What there is to mark, by question in the order of the notebook."""
    found = []
    for question in cohort.run.written:
        answers = [(each.record, each.scores[question].written) for each in cohort.standings]
        found += written.entries(question, [(record, stands) for record, stands in answers if stands is not None])
    return found


def render(cohort: Cohort) -> str:
    """The page."""
    run, listed = cohort.run, entries(cohort)
    rubrics = rubrics_of(run)
    title = f"Marking: {run.sheet.title}"
    questions = [name for name in run.written if name in rubrics.by_question and _of(listed, name)]
    body = [
        tag("header", tag("h1", title), _saving(), class_="top"),
        tag("p", f"This page needs its script. {CSV_NAME} beside it can be filled in instead.", class_="without"),
        tag("p", "", id="status", role="status"),
        tag("nav", *(_tab(run, name) for name in questions), aria_label="Questions", class_="script"),
        *(_question(run, rubrics.by_question[name], _of(listed, name)) for name in questions),
    ]
    if not questions:
        body.append(tag("p", "There are no written answers in this class."))
    details = tag("details", tag("summary", "How to mark"), typeset.markdown(rubrics.preamble))
    keys = [part for key, does in _KEYS for part in (tag("kbd", key), f" {does}")]
    known = hashlib.sha256(f"{run.assignment}\0{run.seed}".encode()).hexdigest()[:12]
    parts = [*body, *([details] if rubrics.preamble else ()), tag("p", *keys, class_="keys script")]
    main = tag("main", *parts, data_class=known, data_format=FORMAT)
    style = typeset.STYLE + _HERE.with_suffix(".css").read_text(encoding="utf-8")
    script = _HERE.with_suffix(".js").read_text(encoding="utf-8")
    return page(title, main, style=style, script=script)


def _of(listed: Sequence[Entry], question: str) -> list[Entry]:
    return [entry for entry in listed if entry.question == question]


def _saving() -> Html:
    name = tag(
        "label", "Your name", tag("input", id="name", maxlength="80", autocomplete="off", spellcheck="false")
    )
    return tag("div", name, tag("button", "Save marks", id="save", type="button"), class_="saving script")


def _title(run: Run, question: str) -> str:
    return next(part.title for part in run.sheet.parts if part.name == question)


def _tab(run: Run, question: str) -> Html:
    progress = tag("progress", aria_label=f"marked of {_title(run, question)}", max="1", value="0")
    done = tag("span", class_="done")
    return tag("button", tag("span", _title(run, question)), done, progress, type="button", data_question=question)


def _question(run: Run, rubric: Rubric, listed: Sequence[Entry]) -> Html:
    prompt = next(part.prompt for part in run.sheet.parts if part.name == rubric.question)
    asked = tag("details", tag("summary", "The question"), typeset.markdown(_without_heading(prompt)))
    answers = tag("div", *(_answer(number, len(listed), entry, rubric) for number, entry in enumerate(listed, 1)))
    return tag(
        "section",
        tag("h2", _title(run, rubric.question)),
        asked,
        tag("div", answers, _rubric(rubric), class_="two"),
        class_="question",
        data_question=rubric.question,
    )


def _without_heading(prompt: str) -> str:
    return "\n".join(line for line in prompt.splitlines() if not line.startswith("#")).strip()


def _answer(number: int, count: int, entry: Entry, rubric: Rubric) -> Html:
    wrote, stands = len(entry.records), entry.written
    about = f"Answer {number} of {count}" + (f", written by {wrote} students" if wrote > 1 else "")
    shown = typeset.markdown(entry.answer) if entry.answer else tag("p", tag("em", "Nothing was written."))
    typed = tag("details", tag("summary", "As it was typed"), tag("pre", typeset.typed(entry.answer)))
    old = tag("p", "Another text that was handed in before is marked. That mark does not count.", class_="dim")
    marks = [
        {"by": mark.by, "given": written.reckoned(mark, rubric)[0], "comment": mark.comment}
        for mark in stands.marks
    ]
    return tag(
        "article",
        tag("header", tag("p", tag("strong", about)), tag("p", tag("code", entry.text[:8]), class_="dim")),
        tag("div", shown, class_="text"),
        *([old] if stands.old else ()),
        *([typed] if entry.answer else ()),
        id=entry.text,
        tabindex="-1",
        data_marks=json.dumps(marks),
        data_again=stands.again,
    )


def _rubric(rubric: Rubric) -> Html:
    rows = [
        tag(
            "button",
            tag("kbd", str(number)),
            tag("span", tag("span", "0", class_="given"), f" / {criterion.points:g}", class_="worth"),
            tag("span", typeset.line(criterion.text), class_="criterion"),
            type="button",
            class_="row",
            aria_pressed="false",
            data_id=criterion.id,
            data_points=f"{criterion.points:g}",
        )
        for number, criterion in enumerate(rubric.criteria, 1)
    ]
    name = f"comment-{rubric.question}"
    comment = tag("textarea", id=name, maxlength=str(MAX_COMMENT))
    more = [
        tag("details", tag("summary", summary), typeset.markdown(text))
        for summary, text in (("Common errors and remarks", rubric.remarks), ("Model answer", rubric.model))
        if text
    ]
    return tag(
        "aside",
        tag("div", *rows, class_="rows", role="group", aria_label="Rubric"),
        tag(
            "div",
            tag("output", "not marked", class_="points"),
            _button("Nothing met", "none"),
            _button("Not marked", "back"),
            class_="sum",
        ),
        tag("p", "The rubric has changed since this was marked: look again.", class_="again bad"),
        tag("p", "", class_="others dim"),
        tag("label", "Comment for the student", class_="comment", for_=name),
        comment,
        tag("div", tag("p", "Said before:", class_="dim"), tag("ul", class_="said"), class_="before"),
        tag(
            "div",
            _button("← Previous", "previous"),
            _button("Next →", "next"),
            _button("Next not marked", "unmarked"),
            class_="steps",
        ),
        *more,
        aria_label="Marks",
    )


def _button(text: str, kind: str) -> Html:
    return tag("button", text, type="button", class_=kind)
