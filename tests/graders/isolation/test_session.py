"""What a test sees through the proxies is what it would see in one process."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from graders.isolation.launcher import Launcher
from graders.isolation.outcomes import StudentError, Unusable
from graders.isolation.proxies import Names
from graders.isolation.session import CellOutcome, Session
from tests.graders.isolation.conftest import SHORT, Run


def test_values_and_calls(run: Run) -> None:
    _, names = run("import numpy as np\nx = (1, 2.5)\ndef f(a, b=2): return {'sum': a + b, 'pair': (a, [b])}")
    assert names["x"] == (1, 2.5)
    assert names["f"](1, b=3) == {"sum": 4, "pair": (1, [3])}
    assert names.get("missing") is None
    with pytest.raises(KeyError):
        names["missing"]


def test_names_of_ipython_are_not_the_students(run: Run) -> None:
    _, names = run("1")
    assert names.get("get_ipython") is None and names.get("In") is None


def test_changed_arguments_come_back(run: Run) -> None:
    _, names = run("def f(a, l, d):\n    a += 1\n    l.append(3)\n    d['x'] = 1\n    raise ValueError('after')")
    array, items, table = np.zeros(3), [1], {"y": 0}
    with pytest.raises(ValueError, match="after"):
        names["f"](array, items, table)
    assert array.tolist() == [1, 1, 1] and items == [1, 3] and table == {"y": 0, "x": 1}


def test_unchanged_arguments_are_left_alone(run: Run) -> None:
    _, names = run("def f(a): return a.sum()")
    array = np.array([np.nan, 1.0])
    array.flags.writeable = False
    assert np.isnan(names["f"](array))


@pytest.mark.parametrize(
    ("raised", "arrives"),
    [
        ("ValueError('x')", ValueError),
        ("np.linalg.LinAlgError('x')", np.linalg.LinAlgError),
        ("type('Own', (KeyError,), {})('x')", KeyError),
        ("SystemExit(3)", RuntimeError),
        ("KeyboardInterrupt()", RuntimeError),
        ("UnicodeDecodeError('a', b'', 0, 1, 'x')", ValueError),
        ("StopIteration()", StopIteration),
    ],
)
def test_exceptions(run: Run, raised: str, arrives: type[Exception]) -> None:
    _, names = run(f"import numpy as np\n\ndef f():\n    raise {raised}")
    with pytest.raises(arrives) as caught:
        names["f"]()
    assert type(caught.value) is arrives
    assert caught.value.student.line == 4  # type: ignore[attr-defined]


def test_a_lying_child_names_neither_types_nor_functions_nor_lines(run: Run) -> None:
    _, names = run(
        "import sys, time",
        "def f(x):\n"
        "    sys.modules['graders.isolation.student']._builtin = lambda kind: repr(x)\n"
        "    sys.modules['graders.isolation.cells'].line_of = lambda error: x\n"
        "    raise ValueError",
        "def g(x):\n    def h(): time.sleep(60)\n    h.__name__ = repr(x)\n    return h",
    )
    with pytest.raises(RuntimeError) as caught:
        names["f"](27182818)
    assert caught.value.student == StudentError("f", "RuntimeError", "", None)  # type: ignore[attr-defined]
    with pytest.raises(Unusable) as lost:
        names["g"](27182818)()
    assert "27182818" not in str(lost.value)


def test_many_calls_at_once(run: Run) -> None:
    _, names = run(
        "import warnings, numpy as np\n"
        "def f(x):\n"
        "    if x.size > 1: x[0] = 9\n"
        "    if x.size > 2: warnings.warn('large', RuntimeWarning)\n"
        "    if x.size > 3: raise ValueError('four')\n"
        "    return x"
    )
    inputs = [(np.arange(float(size)),) for size in (1, 2, 3, 4)]
    for array in (array for (array,) in inputs):
        array.flags.writeable = False
    calls = names["f"].calls(inputs)
    assert [call.changed for call in calls] == [(), (0,), (0,), (0,)]
    assert [call.warnings for call in calls] == [(), (), ("RuntimeWarning",), ("RuntimeWarning",)]
    assert [type(call.error) for call in calls] == [type(None)] * 3 + [ValueError]
    assert calls[1].value.tolist() == [9, 1] and inputs[1][0].tolist() == [0, 1]


def test_more_than_fits_into_one_message(run: Run) -> None:
    _, names = run("def f(x): return x.sum()")
    calls = names["f"].calls([(np.full((1000, 1000), float(number)),) for number in range(6)])
    assert [call.value for call in calls] == [number * 1e6 for number in range(6)]


def test_of_many_calls_the_one_that_hangs_is_lost_with_its_function(run: Run) -> None:
    session, names = run("def f(x):\n    while x == 2: pass\n    return x\ng = 7")
    with pytest.raises(Unusable, match="endless loop"):
        names["f"].calls([(1,), (2,), (3,)])
    assert list(session.lost) == ["f"] and names["g"] == 7 and session.restarts == 1


def test_names_are_fetched_together_and_hang_alone(run: Run) -> None:
    session, names = run(
        "class Slow(dict):\n    def items(self):\n        while True: pass\na, slow, b = 1, Slow(x=1), 2"
    )
    now = names.now(["a", "slow", "b", "missing"])
    assert (now["a"], now["b"]) == (1, 2) and list(session.lost) == ["slow"]
    with pytest.raises(Unusable):
        now["slow"]
    with pytest.raises(KeyError):
        now["missing"]


def test_warnings_are_given_again(run: Run) -> None:
    _, names = run("import numpy as np\ndef f(x): return np.log(x)")
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        assert names["f"](np.array([0.0]))[0] == -np.inf
    with warnings.catch_warnings(), np.errstate(divide="ignore"):
        warnings.simplefilter("error")
        names["f"](np.array([0.0]))


def test_functions_travel_as_references(run: Run) -> None:
    _, names = run(
        "def twice(g): return lambda x: g(g(x))\ndef inc(x): return x + 1",
        "table = {'inc': inc, 'double': lambda x: 2 * x}",
    )
    assert names["twice"](names["inc"])(1) == 3
    assert names["table"]["double"](4) == 8


def test_figures(run: Run) -> None:
    _, names = run(
        "import matplotlib.pyplot as plt\n"
        "def plot():\n"
        "    fig, ax = plt.subplots()\n"
        "    ax.plot([1, 2], [3, 4], label='curve')\n"
        "    ax.scatter([0, 1], [1, 0])\n"
        "    ax.set(xlabel='$D(G(z))$', ylabel='loss', title='t', yscale='log')\n"
        "    ax.legend()\n"
        "    return ax\n"
        "def whole(): return plot().figure"
    )
    axes = names["plot"]()
    (line,) = axes.get_lines()
    assert line.get_xdata().tolist() == [1, 2] and line.get_ydata().tolist() == [3, 4]
    assert line.get_label() == "curve"
    assert axes.collections[0].get_offsets().tolist() == [[0, 1], [1, 0]]
    assert (axes.get_xlabel(), axes.get_ylabel(), axes.get_title(), axes.get_yscale()) == (
        "$D(G(z))$", "loss", "t", "log",
    )  # fmt: skip
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["curve"]
    assert axes.get_legend_handles_labels()[1] == ["curve"]
    assert axes.figure.axes == [axes]
    assert len(names["whole"]().axes) == 1


def test_a_cell_has_ipythons_semantics(run: Run) -> None:
    session, names = run(
        "%matplotlib inline\n!pip install x\n1 + 1",
        "a = _\n%time b = 3",
        "from IPython.display import display\ndisplay(5)\nprint('hello')",
        "import asyncio\nawait asyncio.sleep(0)\nc = 7",
        "import dataclasses\n@dataclasses.dataclass\nclass P:\n    x: int\nd = dataclasses.asdict(P(4))",
        "%%capture\nprint(1)\ne = 1",
        "1 +",
        "f = 9",
    )
    assert [names[name] for name in "abcdef"] == [2, 3, 7, {"x": 4}, 1, 9]
    assert session.outcomes[6].error == "SyntaxError"
    assert "hello" in session.outcomes[2].output


def test_a_question_is_judged_where_its_check_stands(run: Run) -> None:
    seen: list[tuple[str, Any]] = []
    session = Session(
        _launcher_of(run), ["import otter\ngrader = otter.Notebook()", "x = 1\ngrader.check('q')\nx = 2", "x = 3"]
    )
    names = Names(session)
    session.run(lambda question: seen.append((question, names["x"])))
    assert seen == [("q", 1)] and names["x"] == 3
    session.close()


def _launcher_of(run: Run) -> Launcher:
    session, _ = run("0")
    return session.launcher


def test_a_hang_costs_what_hangs_and_judging_goes_on_inside_the_cell(run: Run) -> None:
    session, names = run(
        "import otter\ngrader = otter.Notebook()",
        "def f():\n    while True: pass\ndef g(): return x",
        "x = 1\ngrader.check('q')\nx = 2",
        judge=lambda question: None,
    )
    with pytest.raises(Unusable, match="endless loop"):
        names["f"]()
    assert names["g"]() == 2
    with pytest.raises(Unusable):
        names["f"]()
    assert session.restarts == 1 and list(session.lost) == ["f"]


def test_a_crash_while_judging_resumes_at_the_same_check(run: Run) -> None:
    launcher = _launcher_of(run)
    session = Session(
        launcher,
        [
            "import otter, os\ngrader = otter.Notebook()\nlog = []",
            "def f(): os._exit(1)\nx = 1\nlog.append(x)\ngrader.check('q')\nx = 2\nlog.append(x)",
            "log.append(3)",
        ],
    )
    names, seen = Names(session), []

    def judge(question: str) -> None:
        with pytest.raises(Unusable, match="ended the process"):
            names["f"]()
        seen.append(names["x"])

    session.run(judge)
    assert seen == [1] and names["x"] == 2 and names["log"] == [1, 2, 3]
    assert session.outcomes[1] == CellOutcome()
    session.close()


def test_a_nondeterministic_crash_ends(run: Run) -> None:
    session, names = run(
        "import os\nif os.getpid() % 2: pass\nx = 1",
        "import itertools\ndef f(): os._exit(1)",
    )
    for number in range(SHORT.restarts + 5):
        session.lost.clear()
        with pytest.raises(Unusable):
            names["f"]()
        if number > SHORT.restarts:
            with pytest.raises(Unusable, match="too often"):
                names["x"]


def test_files_of_the_submission_are_there(run: Run) -> None:
    session = Session(_launcher_of(run), ["x = open('data/a.txt').read()"], {"data/a.txt": "aGk="})
    session.run(lambda question: None)
    assert Names(session)["x"] == "hi"
    session.close()


def test_output_is_cut(run: Run) -> None:
    session, _ = run("print('x' * 5_000_000)")
    output = session.outcomes[0].output
    assert len(output) < SHORT.output + 200 and "output cut" in output and session.outcomes[0].cut


def test_what_forged_replies_make_the_grader_keep_has_a_limit(run: Run) -> None:
    session, names = run(
        "import sys\ntype(sys.stdout).take = lambda self: 'x' * 500_000",
        *["1"] * 10,
        "service = sys.modules['graders.isolation.student'].Student\n"
        "answer = service._call\n"
        "def forged(self, *arguments):\n"
        "    reply, data = answer(self, *arguments)\n"
        "    return {**reply, 'warnings': [['', 'x']] * 100_000, 'changed': [[0, 0]] * 400_000}, data\n"
        "service._call = forged\n"
        "def f(x): return x",
    )
    assert sum(len(cell.output) for cell in session.outcomes.values()) < SHORT.output + 200
    (call,) = names["f"].calls([([1, 2],)])
    assert call.error is None and len(call.warnings) == 100 and call.changed == (0,)


def test_all_replies_together_have_a_limit(launcher: Launcher) -> None:
    session = Session(launcher, ["import numpy as np\ndef f(): return np.zeros(2_900_000)"])
    session.run(lambda question: None)
    names = Names(session)
    with pytest.raises(Unusable, match="sent more than 256 MiB"):
        names["f"].calls([()] * 20)
    session.close()
