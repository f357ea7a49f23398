"""A zygote with short limits, shared by the tests of a module, and what a run answered."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from graders.batch.judging import answered, replayed
from graders.isolation import plan, stubs
from graders.isolation.launcher import Launcher
from graders.isolation.limits import MIB, Limits
from graders.isolation.plan import Plan, Questions
from graders.isolation.session import Session
from graders.isolation.transcript import CellOutcome, Transcript

SHORT = Limits(cell_seconds=3, call_seconds=1, notebook_seconds=30, memory=1024 * MIB, files=8 * MIB)

INIT = "import otter\ngrader = otter.Notebook()"


@dataclass(frozen=True)
class Ran:
    """A run in which the question q asked for names and calls."""

    transcript: Transcript
    asked: Plan
    launcher: Launcher

    def __getitem__(self, name: str) -> Any:
        """The value of a name as a test gets it."""
        return answered(name, self.asked, self.transcript.questions["q"])

    def calls(self, name: str) -> list[Any]:
        """What the calls of a function did: `numeric.Call` each, errors included."""
        replies = self.transcript.questions["q"].calls
        both = zip(self.asked.calls, replies, strict=True)
        return [replayed(name, len(call.arguments), reply) for call, reply in both if call.name == name]

    def later(self, name: str) -> Any:
        """The value of a name after the last cell, where its check came too early."""
        return answered(name, self.asked, self.transcript.later["q"])

    @property
    def cells(self) -> Sequence[CellOutcome]:
        return self.transcript.cells

    @property
    def lost(self) -> list[str]:
        """The names that hung or crashed."""
        return [reason.partition(":")[0] for reason in self.transcript.lost]


Run = Callable[..., Ran]


def run_in(
    launcher: Launcher,
    *cells: str,
    names: str = "",
    calls: Sequence[tuple[Any, ...]] = (),
    released: Sequence[str] = (),
) -> Ran:
    """Run cells; ask for names, in one text, and make calls, each a name and its arguments."""
    asked = Plan(tuple(names.split()), tuple(plan.call(name, arguments, {}) for name, *arguments in calls))
    transcript = Session(launcher, cells, {}, stubs.released(released)).run(Questions({"q": asked}))
    return Ran(transcript, asked, launcher)


@pytest.fixture(scope="module")
def launcher() -> Iterator[Launcher]:
    with Launcher(SHORT) as made:
        yield made


@pytest.fixture
def run(launcher: Launcher) -> Run:
    return lambda *cells, **asked: run_in(launcher, *cells, **asked)
