"""What is asked of a run, and what its answers are when the process behind them is gone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from graders.answers.expression import Tree
from graders.isolation.launcher import Launcher
from graders.isolation.outcomes import StudentError, Unusable
from graders.isolation.plan import Plan, Questions, call
from graders.isolation.session import Session
from graders.isolation.transcript import pack, unpack
from graders.isolation.wire import Function
from tests.graders.isolation.conftest import INIT, SHORT, Run


def test_values_and_calls(run: Run) -> None:
    ran = run(
        "x = (1, 2.5)\ndef f(a, b=2): return {'sum': a + b, 'pair': (a, [b])}",
        names="x f missing",
        calls=[("f", 1), ("f", 1, 3)],
    )
    assert ran["x"] == (1, 2.5)
    assert ran["f"](1, 3) == {"sum": 4, "pair": (1, [3])}
    assert ran["f"](1) == {"sum": 3, "pair": (1, [2])}
    with pytest.raises(KeyError):
        ran["missing"]


def test_names_of_ipython_are_not_the_students(run: Run) -> None:
    ran = run("1", names="get_ipython In")
    for name in ("get_ipython", "In"):
        with pytest.raises(KeyError):
            ran[name]


def test_an_expression_is_a_tree(run: Run) -> None:
    ran = run("import sympy as sp\nx = sp.exp(sp.Symbol('a', positive=True)) + 1", names="x")
    assert type(ran["x"]) is Tree and repr(ran["x"]) == "Tree(1 + exp(a))"


def test_changed_arguments_are_told(run: Run) -> None:
    array = np.array([np.nan, 1.0])
    array.flags.writeable = False
    ran = run(
        "def f(a, l, d):\n    a += 1\n    l.append(3)\n    d['x'] = 1\n    raise ValueError('after')",
        "def g(a): return a.sum()",
        calls=[("f", np.zeros(3), [1], {"y": 0}), ("g", array)],
    )
    (did,) = ran.calls("f")
    assert did.changed == (0, 1, 2) and isinstance(did.error, ValueError)
    (did,) = ran.calls("g")
    assert did.changed == () and np.isnan(did.value)


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
    ran = run(f"import numpy as np\n\ndef f():\n    raise {raised}", names="f", calls=[("f",)])
    with pytest.raises(arrives) as caught:
        ran["f"]()
    assert type(caught.value) is arrives
    assert caught.value.student.line == 4  # type: ignore[attr-defined]


def test_a_lying_child_names_neither_types_nor_functions(run: Run) -> None:
    ran = run(
        "import sys, time",
        "def f(x):\n"
        "    sys.modules['graders.isolation.student']._builtin = lambda kind: repr(x)\n"
        "    sys.modules['graders.isolation.cells'].line_of = lambda error: [x]\n"
        "    raise ValueError",
        "def g(x):\n    def h(): time.sleep(60)\n    h.__name__ = repr(x)\n    return h",
        calls=[("f", 27182818), ("g", 27182818)],
    )
    (did,) = ran.calls("f")
    assert type(did.error) is RuntimeError
    assert vars(did.error)["student"] == StudentError("f", "", None)
    (did,) = ran.calls("g")
    assert isinstance(did.value, Function) and "27182818" not in repr(vars(did.value))


def test_many_calls_at_once(run: Run) -> None:
    ran = run(
        "import warnings, numpy as np\n"
        "def f(x):\n"
        "    if x.size > 1: x[0] = 9\n"
        "    if x.size > 2: warnings.warn('large', RuntimeWarning)\n"
        "    if x.size > 3: raise ValueError('four')\n"
        "    return x",
        calls=[("f", np.arange(float(size))) for size in (1, 2, 3, 4)],
    )
    calls = ran.calls("f")
    assert [did.changed for did in calls] == [(), (0,), (0,), (0,)]
    assert [did.warnings for did in calls] == [(), (), ("RuntimeWarning",), ("RuntimeWarning",)]
    assert [type(did.error) for did in calls] == [type(None)] * 3 + [ValueError]
    assert calls[1].value.tolist() == [9, 1]


def test_of_many_calls_the_one_that_hangs_is_lost_with_its_function(run: Run) -> None:
    ran = run(
        "def f(x):\n    while x == 2: pass\n    return x\ng = 7\ndef h(x): return -x",
        names="f g",
        calls=[("f", 1), ("f", 2), ("f", 3), ("h", 4)],
    )
    assert [type(did.error) for did in ran.calls("f")] == [type(None), Unusable, Unusable]
    assert ran.lost == ["f"] and ran["g"] == 7 and ran.transcript.restarts == 1
    assert ran.calls("h")[0].value == -4
    with pytest.raises(Unusable, match="endless loop"):
        ran["f"].calls([(1,), (2,), (3,)])


def test_names_are_asked_together_and_hang_alone(run: Run) -> None:
    ran = run(
        "class Slow(dict):\n    def items(self):\n        while True: pass\na, slow, b = 1, Slow(x=1), 2",
        names="a slow b missing",
    )
    assert (ran["a"], ran["b"]) == (1, 2) and ran.lost == ["slow"]
    with pytest.raises(Unusable):
        ran["slow"]
    with pytest.raises(KeyError):
        ran["missing"]


def test_warnings_are_given_again(run: Run) -> None:
    ran = run("import numpy as np\ndef f(x): return np.log(x)", names="f", calls=[("f", np.array([0.0]))])
    with pytest.warns(RuntimeWarning):
        assert ran["f"](np.array([0.0]))[0] == -np.inf


def test_functions_inside_answers_stay_where_they_are(run: Run) -> None:
    table = run("table = {'double': lambda x: 2 * x}", names="table")["table"]
    with pytest.raises(TypeError, match="can't be called"):
        table["double"](4)


def test_figures(run: Run) -> None:
    ran = run(
        "import matplotlib.pyplot as plt\n"
        "def plot():\n"
        "    fig, ax = plt.subplots()\n"
        "    ax.plot([1, 2], [3, 4], label='curve')\n"
        "    ax.scatter([0, 1], [1, 0])\n"
        "    ax.set(xlabel='$D(G(z))$', ylabel='loss', title='t', yscale='log')\n"
        "    ax.legend()\n"
        "    return ax\n"
        "def whole(): return plot().figure",
        names="plot whole",
        calls=[("plot",), ("whole",)],
    )
    axes = ran["plot"]()
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
    assert len(ran["whole"]().axes) == 1


def test_a_cell_has_ipythons_semantics(run: Run) -> None:
    ran = run(
        "%matplotlib inline\n!pip install x\n1 + 1",
        "a = _\n%time b = 3",
        "from IPython.display import display\ndisplay(5)\nprint('hello')",
        "import asyncio\nawait asyncio.sleep(0)\nc = 7",
        "import dataclasses\n@dataclasses.dataclass\nclass P:\n    x: int\nd = dataclasses.asdict(P(4))",
        "%%capture out\nprint(1)\ne = 1",
        "1 +",
        "f = 9",
        names="a b c d e f",
    )
    assert [ran[name] for name in "abcdef"] == [2, 3, 7, {"x": 4}, 1, 9]
    assert ran.cells[6].error == "SyntaxError"


def test_a_question_is_asked_where_its_check_stands_and_the_last_counts(run: Run) -> None:
    check = "grader.check('q')"
    ran = run(INIT, f"x = 1\n{check}\nx = 2", "x = 3", names="x")
    assert ran["x"] == 1
    ran = run(INIT, f"x = 1\n{check}", f"x = 2\n{check}\nx = 3", names="x")
    assert ran["x"] == 2
    ran = run(INIT, "for x in range(50):\n    grader.check('q')", "x = 'end'", names="x")
    assert ran["x"] == "end"


RELEASED = ["x = ...\nz = ...", 'def f(a):\n    """Double it."""\n    ...']


def test_an_untouched_stub_overwrites_no_answer(run: Run) -> None:
    ran = run(
        "x = 1\ndef f(a): return 2 * a",
        "x = ...\nnew = ...",
        "def f( a ):  # as it came\n    'Double it.'\n    ...",
        "x = ...\ny = x + 1\nx = ...",
        names="x y new",
        calls=[("f", 4)],
        released=RELEASED,
    )
    assert (ran["x"], ran["y"], ran["new"], ran.calls("f")[0].value) == (1, 2, ..., 8)


@pytest.mark.parametrize(
    "stub",
    [
        "x = Ellipsis\ndef f(a): return None",
        "x = y = ...\ndef f(a):\n    'Double it!'\n    ...",
        "x: object = ...\ndef f(b):\n    'Double it.'\n    ...",
        "if True:\n    x = ...\n    def f(a):\n        'Double it.'\n        ...",
    ],
)
def test_a_stub_that_is_not_quite_one_is_an_answer(run: Run, stub: str) -> None:
    ran = run("x = 1\ndef f(a): return 2 * a", stub, names="x f", calls=[("f", 4)], released=RELEASED)
    assert (ran["x"], ran.calls("f")[0].value) == (..., None)


def test_an_answer_may_be_filled_into_what_the_stub_made(run: Run) -> None:
    stub = "x = {'a': ..., 'b': ...}"
    ran = run(stub, "x['a'] = True", stub, names="x", released=[stub])
    assert ran["x"] == {"a": True, "b": ...} and not ran.transcript.later
    ran = run(stub, CHECK, "x = {'a': True}", names="x", released=[stub])
    assert ran.later("x") == {"a": True}


CHECK = f"{INIT}\ngrader.check('q')"


def test_what_was_not_there_at_its_check_is_asked_again_after_the_last_cell(run: Run) -> None:
    needs = "def f(a): return helper(a)"
    ran = run(needs, CHECK, "def helper(a): return 3 * a\nx = 2", names="x f", calls=[("f", 1)])
    assert isinstance(ran.calls("f")[0].error, NameError) and ran.later("x") == 2 and ran.later("f")(1) == 3
    ran = run("x = ...", CHECK, "x = 2", names="x", released=RELEASED)
    assert ran["x"] is ... and ran.later("x") == 2
    ran = run("def f(a): return x * a\nx = ...", CHECK, "x = 2", calls=[("f", 4)], names="f")
    assert isinstance(ran.calls("f")[0].error, TypeError) and ran.later("f")(4) == 8
    sums = "def f(a): return sum(x * each for each in [a])\nx = ..."
    assert run(sums, CHECK, "x = 2", calls=[("f", 4)], names="f").later("f")(4) == 8
    ran = run("x = helper(1)", CHECK, "def helper(a): return 3 * a", names="x")
    assert ran.later("x") == 3
    ran = run("def f(a): return a\nx = 1", CHECK, "x = 2\ndef f(a): return 2", names="x f", calls=[("f", 1)])
    assert not ran.transcript.later


@pytest.mark.parametrize(
    ("forged", "value"),
    [({"untouched": True}, 3), ({"early": True}, 3), ({"missing": 1}, 3), ({"untouched": True}, None)],
)
def test_no_flag_of_the_child_makes_a_value_one_that_came_too_early(
    run: Run, forged: dict[str, Any], value: Any
) -> None:
    ran = run(
        "import sys\nservice = sys.modules['graders.isolation.student'].Student\nanswer = service._value\n"
        f"service._value = lambda self, value: ({{**answer(self, value)[0], **{forged}}}, b'')\nx = {value}",
        CHECK,
        "x = 4",
        names="x",
    )
    assert ran["x"] == value and not ran.transcript.later


def test_a_cell_that_lacked_a_name_and_never_ends_when_it_runs_again_costs_no_other_answer(run: Run) -> None:
    ran = run("x = helper()", CHECK, "def helper():\n    while True: pass\ny = 1", names="x y")
    assert ran.later("y") == 1 and ran.cells[0].error == "NameError"


def test_a_package_that_is_missing_costs_what_uses_it(run: Run) -> None:
    ran = run(
        "import sys, no_such_package, math as m\nfrom os import path, no_such\nx = m.floor(2.5)\ny = path.sep",
        "z = no_such_package.f()",
        "try:\n    import no_such_package\nexcept ImportError:\n    w = 1",
        "from no_such_package import *\nv = 2\n1 / 0\nv = 3",
        names="x y w v",
    )
    assert [ran[name] for name in "xywv"] == [2, "/", 1, 2]
    assert [(cell.error, cell.line) for cell in ran.cells] == [
        ("ModuleNotFoundError", 1), ("NameError", 1), (None, None), ("ModuleNotFoundError", 1),
    ]  # fmt: skip


def test_which_cells_ran_before_anything_was_asked_is_known(run: Run) -> None:
    ran = run(INIT, "1 / 0", "x = 1\ngrader.check('q')\n1 / 0", "1 / 0", names="x")
    assert [cell.before_questions for cell in ran.cells] == [True, True, False, False]
    ran = run("grader = __import__('otter').Notebook()\ngrader.check('unknown')", "1 / 0", names="x")
    assert [cell.before_questions for cell in ran.cells] == [True, True]


def test_a_crash_while_asking_resumes_at_the_same_check(run: Run) -> None:
    ran = run(
        "import otter, os\ngrader = otter.Notebook()\nlog = []",
        "def f(): os._exit(1)\nx = 1\nlog.append(x)\ngrader.check('q')\nx = 2\nlog.append(x)",
        "log.append(3)\ngrader.check('r')",
        names="f x log",
        calls=[("f",)],
    )
    assert isinstance(ran.calls("f")[0].error, Unusable) and ran["x"] == 1 and ran["log"] == [1]
    assert [cell.lost for cell in ran.cells] == [None, None, None]


def test_after_a_crash_what_follows_is_asked_of_the_replayed_notebook(launcher: Launcher) -> None:
    first, second = Plan(("x",), (call("f", [], {}),)), Plan(("log", "x"), ())
    cells = [
        "import otter, os\ngrader = otter.Notebook()\nlog = []\ndef f(): os._exit(1)",
        "x = 1\nlog.append(x)\ngrader.check('a')\nx = 2\nlog.append(x)",
        "log.append(3)",
    ]
    transcript = Session(launcher, cells).run(Questions({"a": first, "b": second}))
    assert transcript.questions["b"].names["log"].message()["value"] == ["list", 1, 2, 3]
    assert transcript.questions["a"].names["x"].message()["value"] == 1


def test_too_many_crashes_end(run: Run) -> None:
    functions = [f"f{number}" for number in range(SHORT.restarts + 5)]
    ran = run(
        "import os",
        "\n".join(f"def {name}(): os._exit(1)" for name in functions),
        "x = 1",
        names="x",
        calls=[(name,) for name in functions],
    )
    assert ran["x"] == 1 and ran.transcript.restarts > SHORT.restarts
    errors = [ran.calls(name)[0].error for name in functions]
    assert all(isinstance(error, Unusable) for error in errors) and "too often" in str(errors[-1])


def test_files_of_the_submission_are_there(launcher: Launcher) -> None:
    session = Session(launcher, ["x = open('data/a.txt').read()"], {"data/a.txt": "aGk="})
    transcript = session.run(Questions({"q": Plan(("x",), ())}))
    assert transcript.questions["q"].names["x"].message()["value"] == "hi"


def test_what_is_printed_costs_nothing(run: Run) -> None:
    ran = run("import sys\nfor _ in range(100): print('x' * 5_000_000)\nsys.stdout.write('y')\nz = 1", names="z")
    assert ran["z"] == 1 and ran.cells[0].error is None


def test_what_forged_replies_make_the_grader_keep_has_a_limit(run: Run) -> None:
    ran = run(
        "import sys\nservice = sys.modules['graders.isolation.student'].Student\n"
        "answer = service._call\n"
        "def forged(self, *arguments):\n"
        "    reply, data = answer(self, *arguments)\n"
        "    return {**reply, 'warnings': ['x'] * 100_000, 'changed': [0] * 400_000}, data\n"
        "service._call = forged\n"
        "def f(x): return x",
        calls=[("f", [1, 2])],
    )
    (did,) = ran.calls("f")
    assert did.error is None and len(did.warnings) == 100 and did.changed == (0,)


def test_all_replies_together_have_a_limit(run: Run) -> None:
    ran = run(
        "import numpy as np\ndef f(x): return np.zeros(2_900_000)", calls=[("f", number) for number in range(20)]
    )
    assert "sent more than 64 MiB" in str(ran.calls("f")[-1].error)


@pytest.mark.parametrize(
    "body", ["'['  * (5 << 20)", "'x' * (5 << 20)", "[{}] * 299_000", "{i: {} for i in range(1500)}"]
)
def test_a_large_reply_is_refused_or_read_at_no_cost(run: Run, body: str) -> None:
    ran = run(f"x = {body}\ny = 1", names="x y")
    assert ran["y"] == 1


def test_a_transcript_survives_packing_and_damage_is_seen(run: Run) -> None:
    ran = run(
        "import numpy as np\nx = np.arange(5.0)\ndef f(y): return y * 2.0\n1 / 0",
        names="x f",
        calls=[("f", np.arange(3.0)), ("f", 2)],
    )
    packed = pack(ran.transcript)
    assert unpack(packed) == ran.transcript
    for damaged in (b"", packed[:-1], packed[:20], b"y" + packed[1:]):
        assert unpack(damaged) is None


def test_plans_know_equal_calls_and_tell_others_apart() -> None:
    def key(*arguments: Any, **keywords: Any) -> object:
        made = call("f", arguments, keywords)
        return made.asks, made.digest()

    frozen = np.arange(3.0)
    frozen.flags.writeable = False
    assert key(np.arange(3.0)) == key(frozen)
    others = [key(), key(1), key(1.0), key([1]), key((1,)), key(np.int64(1)), key(np.array(1)), key(x=1), key("1")]
    others += [key(np.array([1.0, 2.0])), key(np.array([2.0, 1.0])), key(np.array([[1.0, 2.0]])), key(1, 1)]
    assert len(set(others)) == len(others)


def test_the_judge_that_lies_beside_the_notebook_is_there_and_nothing_hidden_is(run: Run) -> None:
    ran = run(
        "import vaegan_judge\nfrom vaegan_judge.numeric import shown\nfrom vaegan_judge import derivation",
        "import sys\nloaded = [name for name in sys.modules if name.startswith(('solutions', 'graders.vaes'))]",
        "import importlib.util\n"
        "def there(name):\n"
        "    try: return importlib.util.find_spec(name) is not None\n"
        "    except ImportError: return False\n"
        "found = [name for name in ('graders.vaes_and_gans', 'solutions.vaes_and_gans') if there(name)]\n"
        "said = shown(1.5)",
        names="loaded found said",
    )
    assert (ran["loaded"], ran["found"], ran["said"]) == ([], [], "1.5")
