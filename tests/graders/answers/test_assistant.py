"""What `show` says of a derivation is what the hidden tests say of it, and can be read anywhere."""

from __future__ import annotations

import ast
import builtins
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jupytext
import pytest
import sympy as sp

from graders.answers import assistant, derivation
from graders.answers.verdict import Wrong
from graders.vaes_and_gans import q1d, q2c
from solutions.vaes_and_gans import q1b
from solutions.vaes_and_gans import q1d as reference_1d
from solutions.vaes_and_gans import q2c as reference_2c
from tests.conftest import ROOT
from tests.demo_class import NAMED, RIGHT_OTHERWISE
from tests.graders.vaes_and_gans.right_answers import RIGHT
from tests.prove import rewrites

CELLS = [
    cell.source
    for cell in jupytext.read(ROOT / "assignments/vaes_and_gans/vaes_and_gans.md").cells
    if cell.cell_type == "code" and "question" not in cell.metadata
]
x, pr, pg = reference_1d.x, reference_1d.pr, reference_1d.pg


def notebook(d_star: object = q1b.D_star) -> dict[str, Any]:
    """The names that the released notebook defines for derivations."""
    names: dict[str, Any] = {"D_star": d_star}
    exec(CELLS[0], names)
    for cell in CELLS:
        if "def rules_" in cell:
            exec(cell, names)
    return names


def judged(lines: object, d_star: object = q1b.D_star) -> assistant.Judged:
    """A derivation of 1d as `show` has it."""
    return assistant.Judged(lines, notebook(d_star)["rules_1d"])


def named_answers(part: str, name: str) -> list[Any]:
    names: dict[str, Any] = {**vars(reference_1d if part == "q1d" else reference_2c), **notebook()}
    sources = [RIGHT_OTHERWISE[name]]
    sources += [student.answers[name] for student in NAMED if name in student.answers]
    found = []
    for source in sources:
        exec(source, names)
        found.append(names[name])
    return found


def rewritten(monkeypatch: pytest.MonkeyPatch, name: str, lines: list[Any]) -> list[Any]:
    """The reference with one line in another form, right or with a small error."""
    found: list[Any] = []
    for number, subject in enumerate([s for s in rewrites.subjects() if s.name.startswith(f"{name}, line")]):

        def collect(line: Any, subject: Any = subject, number: int = number) -> None:
            found.append([*lines[:number], line, *lines[number + 1 :]])
            subject.judge(line)

        collecting = [replace(subject, judge=collect)]
        monkeypatch.setattr(rewrites, "subjects", lambda collecting=collecting: collecting)
        rewrites.walk(rewrites.Tally(subject.name), seed=1, steps=3)
        monkeypatch.undo()
    return found


@pytest.mark.parametrize("part", ["q1d", "q2c"])
def test_show_and_the_hidden_tests_never_disagree(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"derivation_{part[1:]}"
    tests, reference = (q1d, reference_1d) if part == "q1d" else (q2c, reference_2c)
    lines = getattr(reference, name)
    corpus = [lines, *(path() for path in tests.PATHS), *named_answers(part, name)]
    corpus += [right.answers[name] for right in RIGHT if name in right.answers]
    corpus += [lines[:k] for k in range(len(lines))] + [
        [*lines[:2], *lines[3:], 7],
        lines * 20,
        "no list",
        [1, 2, 3],
    ]
    corpus += rewritten(monkeypatch, name, lines)
    assert len(corpus) > 50
    verdicts = set()
    rules = notebook()[f"rules_{part[1:]}"]
    for derived in corpus:
        hidden = tests.DERIVATION.review(derived)
        shown = assistant.Judged(derived, rules)
        assert shown.review == hidden, derived
        verdicts.add(hidden.note)
        wrong = [row.number for row in shown.rows if row.mark.startswith(("does not", "not decided", "can't"))]
        if hidden.note not in ("derivation.type", "derivation.too-long", "derivation.too-short"):
            assert hidden.start_ok is shown.rows[0].mark.startswith("start"), derived
        if hidden.start_ok:
            assert wrong[:1] == ([hidden.first_error] if hidden.first_error else []), derived
        counting = [row.number for row in shown.rows if row.mark.startswith("follows, counts")]
        assert counting == list(hidden.counting) and len(counting) == hidden.between_ok
    assert len(verdicts) > 6


def test_each_line_has_its_mark() -> None:
    right = reference_1d.derivation_1d
    derived = [right[0], right[1], right[1], (right[4], "1 − D* worked out"), "a word", right[5], right[5] + 1]
    shown = judged(derived)
    assert [row.mark for row in shown.rows] == [
        "start, with your D_star",
        "follows, counts",
        "same as the line before, does not count",
        "follows, counts",
        "can't be read",
        "not decided",
        "does not follow from line 6, not the goal",
    ]
    assert [row.wrong for row in shown.rows] == [False] * 4 + [True] * 3
    assert [row.value for row in shown.rows] == ["-1.1911"] * 4 + ["unknown", "-1.1911", "-0.19105"]
    assert shown.rows[3].reason == "1 − D* worked out"
    assert "2 lines in between count; at least 2 must." in shown.verdict


def test_one_line_is_judged_as_a_start_already() -> None:
    (start, other, *_) = reference_1d.derivation_1d
    assert [row.mark for row in judged([start]).rows] == ["start, with your D_star"]
    assert [row.mark for row in judged([other * 2]).rows] == ["not the start, with your D_star"]
    assert judged([]).rows == [] and judged([]).verdict[0].startswith("The derivation needs a start")


def test_the_number_that_jumps_is_beside_the_line_and_in_the_sentence() -> None:
    right = reference_1d.derivation_1d
    shown = judged([*right[:3], right[5].subs(sp.log(2), -sp.log(2)), right[6]])
    assert shown.verdict[0] == "Line 4 does not follow from line 3: the two differ by a constant."
    assert shown.verdict[1] == "With p_r = N(0, 1), p_g = N(1, 3/2), line 3 is -1.1911 and line 4 is 1.5815."
    assert [row.value for row in shown.rows] == ["-1.1911"] * 3 + ["1.5815", "-1.1911"]


def test_the_start_is_that_of_the_students_own_answer() -> None:
    swapped = pg / (pr + pg)
    lines = [sp.Integral(pr * sp.log(swapped) + pg * sp.log(1 - swapped), x), *reference_1d.derivation_1d[1:]]
    p_r, p_g = sp.symbols("p_r p_g", positive=True)
    shown = judged(lines, p_g / (p_r + p_g))
    assert shown.rows[0].mark == "start, with your D_star"
    assert shown.review.first_error == 2
    assert judged(lines).rows[0].mark == "not the start, with your D_star"
    for equation in (sp.Eq(sp.Symbol("D"), p_r / (p_r + p_g)), [p_r / (p_r + p_g)]):
        assert judged(reference_1d.derivation_1d, equation).review.complete


@pytest.mark.parametrize("d_star", [..., None, "p_r", sp.Symbol("a"), lambda: 1, sp.log(0)])
def test_without_a_usable_answer_the_start_is_not_judged_and_the_rest_is(d_star: object) -> None:
    shown = judged(reference_1d.derivation_1d, d_star)
    assert shown.rows[0].mark == "start, not judged"
    assert "The start is not judged yet: " in shown.verdict[1]
    assert shown.rows[1].mark == "follows, counts"


def test_it_is_a_table_that_markdown_typesets_and_words_without_it() -> None:
    line = sp.Integral(pr * sp.log(abs(pr) / sp.Abs(sp.Symbol("b", real=True) * pg)), x)
    shown = judged([(reference_1d.derivation_1d[0], "a | b, p_r * $x$ <b>"), line, "no | formula", line])
    made = shown._repr_mimebundle_()
    assert set(made) == {"text/markdown", "text/plain"}
    head, rule, *rows = made["text/markdown"].split("\n\n")[0].splitlines()
    assert [text.count("|") for text in (head, rule, *rows)] == [5] * 6
    assert r"$\displaystyle \int" in rows[0] and r"p\_r \* \$x\$ \<b>" in rows[0]
    assert "| **can't\xa0be\xa0read** |" in rows[2] and "start, with\xa0your\xa0D\\_star" in rows[0]
    for words in ("(1) start", "(3) can't be read; value unknown", "in between count"):
        assert words in made["text/plain"]


def test_ten_lines_take_less_than_half_a_second() -> None:
    right = reference_1d.derivation_1d
    derived = [*right[:3], right[2] * 1, *right[3:6], right[5], right[5], right[6]]
    judged(derived)._repr_mimebundle_()

    def timed(act: Callable[[], object]) -> float:
        begun = time.process_time()
        act()
        return time.process_time() - begun

    assert min(timed(judged(derived)._repr_mimebundle_) for _ in range(3)) < 0.5


def test_nothing_is_judged_before_something_is_displayed(monkeypatch: pytest.MonkeyPatch) -> None:
    """While a notebook is graded nothing is displayed."""

    def refuse(*arguments: object) -> None:
        raise AssertionError("judged")

    monkeypatch.setattr(derivation, "review", refuse)
    shown = judged(reference_1d.derivation_1d)
    with pytest.raises(AssertionError, match="judged"):
        shown._repr_mimebundle_()


def test_the_example_of_the_notebook_is_judged_by_no_rules_of_its_own() -> None:
    names = notebook()
    (cell,) = [cell for cell in CELLS if "show(example" in cell]
    shown: list[Any] = []
    names["display"] = shown.append
    exec(cell, names)
    assert [row.mark for row in shown[0].rows] == ["start", "follows, counts", "follows, counts", "follows, goal"]
    assert {row.value for row in shown[0].rows} == {"2"}


def test_a_notebook_without_the_judge_says_so_in_one_line_and_typesets(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = builtins.__import__

    def without(name: str, *arguments: Any, **named: Any) -> Any:
        if name.startswith("vaegan_judge"):
            raise ModuleNotFoundError("No module named 'vaegan_judge'")
        return real(name, *arguments, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    names = notebook()
    said = capsys.readouterr().out
    assert said.count("\n") == 1 and "No module named 'vaegan_judge'" in said and "pip install -r" in said
    shown: list[Any] = []
    names["display"] = shown.append
    names["show"](reference_1d.derivation_1d, names["rules_1d"])
    assert len(shown) == 7 and shown[0].data.startswith(r"(1)\quad \int")


def test_rules_that_make_no_sense_are_the_authors_error() -> None:
    with pytest.raises(ValueError, match="the goal"):
        derivation.functionals(goal=sp.Symbol("z") * pr)
    with pytest.raises(Wrong):
        derivation.review("", derivation.functionals()).require()


def test_cells_of_rules_use_no_name_that_a_student_may_overwrite() -> None:
    allowed = {"sp", "judge", "D_star"}
    for cell in CELLS:
        for function in [n for n in ast.walk(ast.parse(cell)) if isinstance(n, ast.FunctionDef)]:
            if function.name.startswith("rules_"):
                named = [node for node in ast.walk(function) if isinstance(node, ast.Name)]
                bound = {node.id for node in named if isinstance(node.ctx, ast.Store)}
                assert {node.id for node in named} - bound <= allowed
