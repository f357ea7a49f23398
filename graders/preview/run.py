"""Running a saved notebook from a clean start, in the same process and with the same limits as grading does.

The public cases run there, too, beside the student's code: nothing in them is hidden, and nobody but the student
relies on what they say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from graders.isolation import plan, wire
from graders.isolation.launcher import Launcher
from graders.isolation.limits import Limits
from graders.isolation.plan import Plan, Questions
from graders.isolation.session import Session
from graders.isolation.transcript import Answers, CellOutcome
from graders.preview.saved import Saved

_PUBLIC_CASES = Path(__file__).with_name("public_cases.py")
_NAME = "vaegan_public_cases"


@dataclass(frozen=True)
class Checked:
    """What a question's check found: names that are not there, and what each public case says, if anything."""

    missing: frozenset[str]
    untouched: frozenset[str]
    """Names that are what they were handed out as."""
    said: Sequence[str]
    lost: str = ""
    """Why the cases have no result, where they have none."""


@dataclass(frozen=True)
class Ran:
    """A run from a clean start: how the cells ended, and what the checks found."""

    cells: tuple[CellOutcome, ...]
    questions: dict[str, Checked]


def run(saved: Saved) -> Ran:
    """Run all cells of a notebook. `SandboxError` where this machine can't."""
    asked = {
        question: Plan(names, (plan.call(_NAME, [question], {}),)) for question, names in saved.questions.items()
    }
    with Launcher(Limits()) as launcher:
        cells = (_first_cell(saved), *(cell.source for cell in saved.code))
        transcript = Session(launcher, cells, stubs=_stubs(saved)).run(Questions(asked))
    questions = {question: _checked(answers) for question, answers in transcript.questions.items()}
    return Ran(transcript.cells[1:], questions)


def _stubs(saved: Saved) -> dict[str, str]:
    """The answers that were not written: what is handed out and left alone overwrites no answer."""
    return {each.stub: name for each in saved.statements if each.stub for name in each.binds}


def _first_cell(saved: Saved) -> str:
    """Makes the public cases callable by one name, and leaves no other that the notebook could come to use."""
    source = _PUBLIC_CASES.read_text(encoding="utf-8")
    cases = f"exec({source!r}, space) or space['PublicCases']({dict(saved.tests)!r}, globals())"
    return f"{_NAME} = (lambda space: {cases})({{}})"


def _checked(answers: Answers) -> Checked:
    said = {name: reply.message() for name, reply in answers.names.items()}
    untouched = frozenset(
        name for name, message in said.items() if message.get("untouched") or message.get("value") == ["ellipsis"]
    )
    missing = frozenset(name for name, message in said.items() if message.get("missing")) - untouched
    (reply,) = answers.calls
    message = reply.message()
    if reply.lost or "value" not in message:
        return Checked(missing, untouched, (), reply.lost or f"{message.get('error')}: {message.get('text')}")
    try:
        results = wire.Reader(reply.data).read(message["value"])
    except wire.WireError as error:
        return Checked(missing, untouched, (), str(error))
    return Checked(missing, untouched, [str(each) for each in results] if isinstance(results, list) else ())
