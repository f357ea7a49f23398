"""Marks as files: what the marking page saves, and a CSV that can be filled in instead; both become events.

Either all marks of the files are kept or none. One that is there already is not kept twice, so that a file may be
read again; one of a text that nobody of the class wrote is told and left out.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from graders.batch.event import Event, Subject
from graders.batch.store import Store
from graders.errors import SetupError
from graders.results import standing, tables, written
from graders.results.gradebook import safe
from graders.results.rubric import Rubric
from graders.results.standing import Cohort
from graders.results.written import Entry, Mark

FORMAT = "vaegan marks 1"
CSV_NAME = "marks.csv"
MAX_COMMENT = 4_000
_MAX_ROWS = 30
_MAX_NAME = 80
_MAX_POINTS = 1000
_SHOWN = 2_000
_SAVE = "Save the marks on the page once more."


@dataclass(frozen=True)
class Kept:
    """What became of the marks of some files."""

    new: int
    known: int
    strange: tuple[Mark, ...]
    """Marks of texts that nobody of the class wrote."""


def keep(store: Store, marks: Sequence[Mark]) -> Kept:
    """Keep marks as events of all who wrote the texts."""
    with store.alone():
        cohort = standing.read(store)
        writers = _writers(cohort)
        there = {_key(event) for event in store.events() if event.kind == "mark"}
        now = datetime.now(UTC).isoformat(timespec="seconds")
        new, known, strange = 0, 0, []
        for mark in marks:
            subjects = writers.get((mark.question, mark.text), [])
            if not subjects:
                strange.append(mark)
            payload = written.payload(mark)
            events = [Event("mark", each, mark.question, mark.by, now, payload=payload) for each in subjects]
            fresh = [event for event in events if _key(event) not in there]
            new += bool(fresh)
            known += bool(events) and not fresh
            for event in fresh:
                store.append(event)
                there.add(_key(event))
    return Kept(new, known, tuple(strange))


def _writers(cohort: Cohort) -> dict[tuple[str, str], list[Subject]]:
    found: dict[tuple[str, str], list[Subject]] = {}
    for each in cohort.standings:
        record = each.record
        for question, score in each.scores.items():
            if score.written and score.written.text:
                subject = Subject(record.file, record.student, record.sha256)
                found.setdefault((question, score.written.text), []).append(subject)
    return found


def _key(event: Event) -> tuple[Subject, str, str, str]:
    return event.subject, event.question, event.by, json.dumps(dict(event.payload), sort_keys=True)


def read(path: Path, rubrics: Mapping[str, Rubric], marker: str) -> list[Mark]:
    """The marks in a file that the marking page saved, or in a CSV; `marker` filled in a CSV that names nobody.

    SetupError names the file, the place and what mends it.
    """
    return _from_csv(path, rubrics, marker) if path.suffix.lower() in (".csv", ".tsv") else _from_json(path)


def _from_json(path: Path) -> list[Mark]:
    try:
        if path.stat().st_size > tables.MAX_BYTES:
            raise SetupError(f"{path} is larger than {tables.MAX_BYTES >> 20} MiB: this is no file of marks.")
        data = json.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise SetupError(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise SetupError(f"{path} is no file of marks, or cut short. {_SAVE}") from error
    if not isinstance(data, dict) or data.get("format") != FORMAT or not isinstance(data.get("marks"), list):
        raise SetupError(f"{path} is no file of marks that the marking page saved. {_SAVE}")
    by = _text(data.get("by"), _MAX_NAME).strip()
    if not by:
        raise SetupError(f"{path} does not say whose marks these are: type your name on the page, and save again.")
    marks = []
    for number, entry in enumerate(data["marks"], 1):
        try:
            marks.append(_mark(by, entry))
        except (TypeError, ValueError, KeyError) as error:
            raise SetupError(f"{path}, mark {number}: {error}. {_SAVE}") from error
    return marks


def _mark(by: str, entry: Any) -> Mark:
    question, text, at = (_text(entry[name], 200) for name in ("question", "answer", "at"))
    datetime.fromisoformat(at)
    rows = tuple((_text(row, 40), _points(points, _MAX_POINTS)) for row, points in entry["rows"][:_MAX_ROWS])
    given = entry["given"]
    if given is not None:
        if len(given) != len(rows):
            raise ValueError("there are not as many points as rows")
        given = tuple(_points(points, of) for points, (_, of) in zip(given, rows, strict=True))
    return Mark(by, at, question, text, rows, given, _text(entry["comment"], MAX_COMMENT))


def _text(value: object, size: int) -> str:
    if not isinstance(value, str):
        raise ValueError("a text is missing")
    return value.encode("utf-8", "replace").decode()[:size]


def _points(value: object, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise ValueError(f"points must be a number from 0 to {most:g}")
    return float(value)


def _from_csv(path: Path, rubrics: Mapping[str, Rubric], marker: str) -> list[Mark]:
    items = [f"item {number}" for number in range(1, _MAX_ROWS + 1)]
    rows = tables.read(path, ["question", "answer", "item 1"], [*items[1:], "comment", "marker"])
    at = datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat(timespec="seconds")
    marks: dict[tuple[str, str, str], tuple[int, Mark]] = {}
    for row in rows:
        where, cells = f"{path}, line {row.line}", row.cells
        filled = [cells[item] for item in items]
        if not any(filled):
            if cells["comment"]:
                raise SetupError(f"{where}: a comment without points. Fill in the items, 0 where nothing is met.")
            continue
        question = cells["question"]
        rubric = rubrics.get(question)
        if rubric is None:
            raise SetupError(f"{where}: there is no written part {question!r}, only {', '.join(rubrics)}.")
        given = tuple(_given(where, rubric, number, cell) for number, cell in enumerate(filled, 1) if cell)
        points = dict(given)
        of = tuple((criterion.id, criterion.points) for criterion in rubric.criteria)
        full = tuple(points.get(number, 0.0) for number in range(1, len(of) + 1))
        by = (cells["marker"] or marker)[:_MAX_NAME]
        mark = Mark(by, at, question, cells["answer"], of, full, cells["comment"][:MAX_COMMENT])
        key = (question, mark.text, by.casefold())
        if key in marks and marks[key][1] != mark:
            raise SetupError(
                f"{where}: this answer is in line {marks[key][0]}, too, with other points. Leave one."
            )
        marks[key] = row.line, mark
    return [mark for _, mark in marks.values()]


def _given(where: str, rubric: Rubric, number: int, cell: str) -> tuple[int, float]:
    if number > len(rubric.criteria):
        raise SetupError(f"{where}: the rubric of {rubric.question} has no item {number}: leave the cell empty.")
    most, points = rubric.criteria[number - 1].points, tables.number(cell)
    if points is None or points > most:
        raise SetupError(f"{where}: item {number} gives 0 to {most:g} points, not {cell[:40]!r}.")
    return number, points


def template(entries: Iterable[Entry], rubrics: Mapping[str, Rubric]) -> str:
    """A CSV to fill in: a row for each answer, with the beginning of its text."""
    most = max((len(rubric.criteria) for rubric in rubrics.values()), default=0)
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(
        ["question", "answer", *(f"item {number}" for number in range(1, most + 1)), "comment", "marker", "text"]
    )
    for entry in entries:
        start = " ".join(entry.answer.split())[:_SHOWN]
        table.writerow([entry.question, entry.text, *[""] * (most + 2), safe(start)])
    return text.getvalue()


def filled_in(path: Path) -> bool:
    """Whether somebody filled in the CSV in this place, so that it must not be written again."""
    try:
        rows = tables.read(path, ["question", "answer", "item 1"], [f"item {n}" for n in range(2, _MAX_ROWS + 1)])
    except SetupError:
        return path.exists()
    return any(value for row in rows for name, value in row.cells.items() if name.startswith("item "))
