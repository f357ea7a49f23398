"""What a student wrote in words: the answer to each written part, found in the notebook however it was edited.

A written part begins where its heading stands and ends where otter's mark says so, or at the heading of another
part. Between them an answer may be edited in place, split into cells, put into the cell of the question, or typed
into one of code; the question's own lines and otter's placeholder are taken out. Where somebody deleted the
question, the cell that otter tagged is looked for.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from graders.batch.notebooks import Cell
from graders.batch.sheet import Part, Sheet

MAX_ANSWER = 20_000
_TAG = "otter_answer_cell"
_PLACEHOLDER = "_Type your answer here, replacing this text._"
_END = "<!-- END QUESTION -->"
_BEGIN = "<!-- BEGIN QUESTION -->"
_HEADING = re.compile(r"\s{0,3}#{1,6}\s+(.+?)\s*#*\s*$")
_LONGEST_HEADING = 300
_POINTS = re.compile(r"\s*\([\d.]+ points?\)$")


def answers(cells: Sequence[Cell], sheet: Sheet) -> dict[str, str]:
    """The Markdown of each written part, by its name; empty where nothing was written."""
    parts = [part for part in sheet.parts if part.written]
    if not parts:
        return {}
    found = {part.name: _tidy(_between(cells, part, sheet)) for part in parts}
    tagged = [cell for cell in cells if _TAG in cell.tags and cell.kind == "markdown"]
    if len(tagged) == len(parts):
        taken = "\n".join(found.values())
        for part, cell in zip(parts, tagged, strict=True):
            text = _tidy([cell.source])
            if not found[part.name] and text not in taken:
                found[part.name] = text
    return found


def _between(cells: Sequence[Cell], part: Part, sheet: Sheet) -> list[str]:
    """The texts between the heading of a part and its end."""
    asked = {_squeezed(line) for line in part.prompt.splitlines() if line.strip()} | {_BEGIN}
    headings = {_squeezed(other.title): other.name for other in sheet.parts}
    texts: list[str] = []
    inside = False
    for cell in cells:
        if cell.kind != "markdown":
            texts += [_fenced(cell.source)] * inside
            continue
        kept = []
        for line in _lines(cell.source):
            name = headings.get(_heading(line))
            if inside and (_END in line or name not in (None, part.name)):
                kept.append(line.partition(_END)[0] if _END in line else "")
                return [*texts, "\n".join(kept)]
            if name == part.name:
                inside = True
            elif inside and _squeezed(line) not in asked:
                kept.append(line)
        texts.append("\n".join(kept))
    return texts


def _lines(source: str) -> list[str]:
    return source.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _heading(line: str) -> str:
    """The title in a heading, without its points; nothing in any other line."""
    found = _HEADING.match(line[:_LONGEST_HEADING])
    return _squeezed(_POINTS.sub("", found[1])) if found else ""


def _squeezed(line: str) -> str:
    return " ".join(line.split())


def _fenced(code: str) -> str:
    return f"```\n{code}\n```" if code.strip() and "grader.check" not in code else ""


def _tidy(texts: Sequence[str]) -> str:
    """One text, the same however cells were split, and without what otter or Jupyter put there."""
    whole = "\n\n".join(text.strip("\n") for text in texts if text.strip())
    lines = [line.rstrip() for line in _lines(whole.replace(_PLACEHOLDER, ""))]
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")
    return text if len(text) <= MAX_ANSWER else f"{text[:MAX_ANSWER]}\n\n… cut here: the answer is longer."
