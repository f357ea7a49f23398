"""What a student is shown again holds nothing that the student's process was asked."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

import pytest
import sympy as sp

from graders.batch import second_run
from graders.isolation import plan
from graders.isolation.launcher import Launcher
from graders.isolation.plan import Plan, Questions
from graders.isolation.session import Session
from graders.isolation.transcript import Transcript, pack, unpack
from tests.graders.isolation.conftest import INIT, SHORT

SECRET = 271828182
FIRST = Plan(("f",), (plan.call("f", [SECRET], {}),))
SECOND = Plan(("lines", "f"), (plan.call("draw", [], {}), plan.call("f", [SECRET], {})))
QUESTIONS = Questions(
    {"one": FIRST, "two": SECOND},
    {"two": second_run.exhibits(SECOND, {"lines": [sp.Symbol("x")], "draw": None, "f": None})},
)
F = "import sympy as sp\nx = sp.Symbol('x')\nseen = []\ndef f(y):\n    seen.append(y)\n    return y"
DRAW = (
    "def draw():\n    import matplotlib.pyplot as plt\n    axes = plt.subplots()[1]\n"
    "    axes.plot([0, 1], [0, 1], label={})\n    return axes"
)
LINES = "lines = [x, x * 1 + {0} - {0} + x, x]"


@pytest.fixture(scope="module")
def launcher() -> Iterator[Launcher]:
    with Launcher(SHORT) as made:
        yield made


def run(launcher: Launcher, *cells: str) -> tuple[Transcript, int]:
    """What is left after the second run, and how often something ran."""
    runs = []

    def once(cells: Sequence[str], questions: Questions) -> Transcript:
        runs.append(cells)
        return Session(launcher, cells).run(questions)

    notebook = [INIT, *cells]
    return second_run.confirmed(once(notebook, QUESTIONS), QUESTIONS, notebook, once), len(runs)


def test_exhibits_are_lists_of_expressions_and_what_is_drawn_without_arguments() -> None:
    assert QUESTIONS.exhibits["two"].names == ("lines",)
    assert [call.name for call in QUESTIONS.exhibits["two"].calls] == ["draw"]


def test_what_knows_nothing_is_confirmed_and_kept(launcher: Launcher) -> None:
    transcript, runs = run(launcher, F, "grader.check('one')", LINES.format(1), DRAW.format("'a'"))
    assert transcript.exhibits == {"two": ["lines", "draw"]} and runs == 2
    again = unpack(pack(transcript))
    assert again is not None and again.exhibits == transcript.exhibits


def test_what_is_said_before_anything_hidden_is_asked_needs_no_second_run(launcher: Launcher) -> None:
    cells = (F, LINES.format(1), DRAW.format("'a'"), "grader.check('two')", "grader.check('one')")
    transcript, runs = run(launcher, *cells)
    assert transcript.exhibits == {"two": ["lines", "draw"]} and runs == 1


def test_what_is_said_again_when_something_hidden_was_asked_needs_one(launcher: Launcher) -> None:
    cells = (F, LINES.format("len(seen)") + " + seen", DRAW.format("'a'"), "grader.check('two')")
    again = LINES.format("len(seen)") + " + seen"
    transcript, runs = run(launcher, *cells, again, "grader.check('two')")
    assert b"271828182" in transcript.questions["two"].names["lines"].text
    assert transcript.exhibits == {"two": ["draw"]} and runs == 3


def test_what_leads_to_the_exhibits_is_run_again_and_no_more(launcher: Launcher) -> None:
    dear = "import time\ntime.sleep(1.0)"
    begun = time.monotonic()
    transcript, runs = run(launcher, F, dear, LINES.format(1), DRAW.format("'a'"))
    assert transcript.exhibits == {"two": ["lines", "draw"]} and runs == 2
    assert time.monotonic() - begun < 1.9


def test_the_whole_is_run_again_where_the_source_does_not_tell_what_it_takes(launcher: Launcher) -> None:
    cells = (F, LINES.format(1), "globals()['li' + 'nes'] = [x, x + x - x, x]", DRAW.format("'a'"))
    transcript, runs = run(launcher, *cells)
    assert transcript.exhibits == {"two": ["lines", "draw"]} and runs == 3


def test_hidden_inputs_of_an_earlier_question_are_not_shown(launcher: Launcher) -> None:
    cells = (F, "grader.check('one')", LINES.format("sum(seen)") + " + seen", DRAW.format("str(seen)"))
    transcript, runs = run(launcher, *cells)
    assert b"271828182" in transcript.questions["two"].names["lines"].text
    assert transcript.exhibits == {"two": []} and runs == 3


def test_hidden_inputs_of_the_same_question_are_not_shown(launcher: Launcher) -> None:
    lying = (
        "import gc, sys, types\nreal = sys.modules['graders.isolation.student'].Student._get\n"
        "def get(self, name):\n"
        "    calls = [o for o in gc.get_objects() if type(o) is dict and o.get('op') == 'ask']\n"
        "    self._shell.user_ns['lines'] = [x, x + len(str(calls))]\n"
        "    return real(self, name)\n"
        "sys.modules['graders.isolation.student'].Student._get = get"
    )
    transcript, _ = run(launcher, F, LINES.format(1), DRAW.format("'a'"), lying)
    assert "lines" not in transcript.exhibits["two"]


@pytest.mark.parametrize("cells", [["lines = ..."], [F], ["import os\nos._exit(1)", LINES.format(1)]])
def test_there_is_no_second_run_for_nothing(cells: list[str], launcher: Launcher) -> None:
    transcript, runs = run(launcher, *cells)
    assert transcript.exhibits == {} and runs == 1
