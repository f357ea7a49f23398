"""An excerpt has what leads to some names, in its place, and nothing else."""

from __future__ import annotations

from graders.batch.excerpt import excerpt

NOTEBOOK = [
    "import numpy as np\nimport sympy as sp; x = sp.Symbol('x')\nnp.random.seed(1)",
    "def draw():\n    return np.ones(3)\n\nfig = draw()\nlines = []",
    "grader.check('q1')\ngrader.check('q2')",
    "@cached\ndef step(f):\n    return f + x\n\nlines.append(step(1))\nprint(lines)",
    "%%time\nlines += [goal]\ndraw()",
    "goal = x",
    "lines = lines[",
]


def test_what_leads_to_a_name_is_kept_line_by_line() -> None:
    assert excerpt(NOTEBOOK, ["lines"], ["q2"]) == [
        "import sympy as sp; x = sp.Symbol('x')",
        "lines = []",
        # the first check may have changed the grader
        "grader.check('q1')\ngrader.check('q2')",
        "@cached\ndef step(f):\n    return f + x\nlines.append(step(1))",
        "lines += [goal]",
        "goal = x",
        "",
    ]


def test_a_name_that_nobody_binds_needs_nothing() -> None:
    assert set(excerpt(NOTEBOOK, ["answer"], [])) == {""}


def test_what_may_bind_any_name_is_kept() -> None:
    assert excerpt(["from sympy import *\nf = x", "y = 1"], ["f"], []) == ["from sympy import *\nf = x", ""]
