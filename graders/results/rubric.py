"""The rubrics of the written parts, as `written.md` gives them: rows of points, each with its criterion.

A part is a section `## NAME` with `### Model answer`, `### Rubric`, a table of points and criteria, and remarks.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from graders.errors import SetupError

_SECTION = re.compile(r"^## +(\S+)[ \t]*$", re.MULTILINE)
_SUBSECTION = re.compile(r"^### +(.+?)[ \t]*$", re.MULTILINE)
_ROW = re.compile(r"^\|[ \t]*(\d+(?:\.\d+)?)[ \t]*\|(.*)\|[ \t]*$", re.MULTILINE)
_TABLE = re.compile(r"^\|.*$\n?", re.MULTILINE)


@dataclass(frozen=True)
class Criterion:
    """One row of a rubric."""

    points: float
    text: str
    """As Markdown."""

    @cached_property
    def id(self) -> str:
        """What the row is known by, whatever it is worth: it is another one when it says something else."""
        return hashlib.sha256(" ".join(self.text.split()).encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Rubric:
    """How the answers to one written part are marked."""

    question: str
    criteria: tuple[Criterion, ...]
    model: str
    remarks: str

    @property
    def points(self) -> float:
        """What all rows give together."""
        return sum(criterion.points for criterion in self.criteria)


@dataclass(frozen=True)
class Rubrics:
    """Those of an assignment, and what is said of all of them."""

    preamble: str
    by_question: Mapping[str, Rubric]


def read(text: str, possible: Mapping[str, float]) -> Rubrics:
    """The rubrics of these written parts, which have so many points, in the text of `written.md`.

    SetupError names the part and what is wrong with its rubric.
    """
    preamble, *sections = _SECTION.split(text)
    bodies = dict(zip(sections[::2], sections[1::2], strict=True))
    rubrics = {}
    for question, points in possible.items():
        if question not in bodies:
            raise SetupError(
                f"written.md has no section `## {question}`: add it, with a rubric of {points:g} points."
            )
        rubrics[question] = rubric = _rubric(question, bodies[question])
        if rubric.points != points:
            raise SetupError(
                f"written.md: the rubric of {question} gives {rubric.points:g} points, the part {points:g}. "
                "Mend the rows `| points | criterion |`."
            )
    return Rubrics(re.sub(r"\A\s*# .*\n", "", preamble).strip(), rubrics)


def _rubric(question: str, body: str) -> Rubric:
    _, *parts = _SUBSECTION.split(body)
    named = dict(zip(parts[::2], parts[1::2], strict=True))
    table = named.get("Rubric", "")
    criteria = tuple(Criterion(float(points), said.strip()) for points, said in _ROW.findall(table))
    return Rubric(question, criteria, named.get("Model answer", "").strip(), _TABLE.sub("", table).strip())
