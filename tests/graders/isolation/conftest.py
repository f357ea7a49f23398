"""A zygote with short limits, shared by the tests of a module."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from graders.isolation.launcher import Launcher
from graders.isolation.limits import MIB, Limits
from graders.isolation.proxies import Names
from graders.isolation.session import Session

SHORT = Limits(cell_seconds=3, call_seconds=1, notebook_seconds=30, memory=1024 * MIB, files=8 * MIB)

Run = Callable[..., tuple[Session, Names]]


@pytest.fixture(scope="module")
def launcher() -> Iterator[Launcher]:
    with Launcher(SHORT) as made:
        yield made


@pytest.fixture
def run(launcher: Launcher) -> Iterator[Run]:
    """Run cells and give the session and its names; the child is ended after the test."""
    sessions: list[Session] = []

    def start(*cells: str, judge: Callable[[str], None] = lambda question: None) -> tuple[Session, Names]:
        session = Session(launcher, cells)
        sessions.append(session)
        session.run(judge)
        return session, Names(session)

    yield start
    for session in sessions:
        session.close()
