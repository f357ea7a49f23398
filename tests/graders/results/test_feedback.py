from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from graders.answers.expression import read
from graders.batch import exhibits
from graders.batch.record import CaseResult, QuestionResult, Record
from graders.batch.sheet import Part, Sheet
from graders.batch.store import Run
from graders.results import feedback
from tests.browser import barriers, chromium, needs_chromium, opened
from tests.cohorts import stands
from tests.pages import Page

SHEET = Sheet(
    "Tutorial 1",
    (
        Part("q1", "A slope", 4.0, ("slope", "f"), ("slope = ...", "f = ...")),
        Part("q1_written", "Words", 2.0),
        Part("q2", "A sum", 3.0, ("g",)),
    ),
)
RUN = Run("vaes_and_gans", "6", {"q1": 4.0, "q2": 3.0}, "2027-04-03T10:00:00+00:00", outline=SHEET.to_json())
SECRET = "271828182"


def failed(message: str = f"expected {SECRET}", **changes: object) -> CaseResult:
    case = {"name": "q1: a case", "points": 2.0, "hidden": True, "passed": False, "hint": "Look at the sign."}
    case["names"] = ("slope",)
    return CaseResult(**{**case, "message": message, **changes})  # type: ignore[arg-type]


def record(*cases: CaseResult, **changes: object) -> Record:
    questions = {"q1": QuestionResult(0.0, 4.0, cases), "q2": QuestionResult(3.0, 3.0, ())}
    return Record(**{"file": "ada.ipynb", "student": "Ada", "questions": questions, **changes})  # type: ignore[arg-type]


def named_right() -> CaseResult:
    return failed(passed=True, hint="", name="q1: another", names=("f",))


def full(*cases: CaseResult, exhibits: tuple[exhibits.Exhibit, ...] = (), **changes: object) -> Record:
    """A record of which the points are those of its cases."""
    earned = sum(case.points for case in cases if case.passed)
    questions = {"q1": QuestionResult(earned, 4.0, cases, exhibits), "q2": QuestionResult(3.0, 3.0, ())}
    return record(*cases, questions=questions, **changes)


def page(record: Record) -> str:
    return feedback.render(RUN, stands(RUN, record))


@given(st.lists(st.text(max_size=20) | st.sampled_from(["a.ipynb", "A.ipynb", "a.zip", "a/.ipynb", "a?", "a*"])))
def test_names_of_pages_are_safe_and_unique_on_any_file_system(files: list[str]) -> None:
    names = feedback.file_names(files)
    assert len({name.casefold() for name in names}) == len(files)
    for name in names:
        assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]*\.html", name)
        assert len(name) < 128
        assert feedback.is_page(name)


@given(st.lists(st.text(max_size=5), min_size=1, unique=True))
def test_the_name_of_a_page_does_not_depend_on_the_others(files: list[str]) -> None:
    assert feedback.file_names(files)[-1:] == feedback.file_names(files[-1:])


@pytest.mark.parametrize(
    ("file", "slug"),
    [
        ("ada.ipynb", "ada"),
        ("group 1/Zoë.zip", "group-1-Zoe"),
        ("../../etc/passwd", "etc-passwd"),
        ("-rf.ipynb", "rf"),
        ("=1+1.ipynb", "1-1"),
        ("<script>alert(1)</script>.ipynb", "script-alert-1-script"),
        ("\x1b[2J\n.ipynb", "2J"),
        ("李明.ipynb", "submission"),
        ("a" * 249 + ".ipynb", "a" * 80),
        ("con.ipynb", "con"),
    ],
)
def test_a_page_is_named_after_its_file(file: str, slug: str) -> None:
    (name,) = feedback.file_names([file])
    assert re.fullmatch(rf"{slug}-[0-9a-f]{{10}}\.html", name)


def test_a_page_has_the_title_the_date_and_a_part_with_its_points() -> None:
    text = Page(page(full(failed(), named_right()))).text
    assert "Tutorial 1" in text and "graded on 3 April 2027" in text
    assert "5 of 7 points. Of the 9 points of the sheet, 2 are still to be marked by a person: Words." in text
    assert "A slope" in text and "2 of 4 points" in text and "Not marked yet" in text


def test_code_stands_beside_what_was_found() -> None:
    shown = page(full(failed(), code={"q1": ("slope = '<b>'\n\tif", "f = 1")}))
    assert "<pre><code>slope = &#x27;&lt;b&gt;&#x27;\n    if</code></pre>" in shown
    assert not Page(shown).problems


def test_a_derivation_is_set_with_a_mark_at_each_line() -> None:
    lines = [read(line) for line in sp.symbols("x y z")]
    shown = exhibits.derivation("d", [(lines[0], "by <b>Jensen</b>"), *lines[1:], "?"], 2, decided=True)
    assert shown is not None
    source = page(full(failed(), exhibits=(shown,)))
    text = Page(source).text
    assert "(1) ✓ the start" in text and "(2) ✗ does not follow" in text and "(3) … not looked at" in text
    assert "by <b>Jensen</b>" in text and source.count("<math") == 3 and not Page(source).problems


def test_what_scrolls_is_reached_by_the_keyboard() -> None:
    source = page(full(failed(), code={"q1": ("slope = 1",)}))
    assert 'class="own" tabindex="0" role="region" aria-label="Your code for A slope"' in source


@needs_chromium
@pytest.mark.parametrize("context", [{}, {"color_scheme": "dark"}, {"viewport": {"width": 400, "height": 800}}])
def test_a_browser_shows_a_page_to_everybody(context: dict[str, Any], tmp_path: Path) -> None:
    lines = exhibits.derivation("d", [read(sp.Symbol(name * 40)) for name in "xyz"], 2, decided=True)
    curves = (exhibits.Curve("loss", [[0.0, 0.0], [1.0, 1.0]]), exhibits.Curve("", [[0.5, 0.5]], dots=True))
    drawn = exhibits.Plot("p", "t", ["x", "y"], [[0.0, 1.0], [0.0, 1.0]], [False, False], curves, ["loss"])
    assert lines is not None
    shown = full(failed(), named_right(), exhibits=(lines, drawn), code={"q1": ("slope = 1\n" * 300,)})
    (tmp_path / "page.html").write_text(page(shown), encoding="utf-8")
    with chromium() as browser, opened(browser, tmp_path / "page.html", **context) as opened_page:
        assert not barriers(opened_page)
        width = opened_page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert width == 0, "the page itself never scrolls sideways"
        assert opened_page.locator("math").first.evaluate("e => e.getBoundingClientRect().height") > 10


@given(st.text(), st.text(), st.text(), st.text())
def test_nothing_breaks_out_of_a_page(file: str, student: str, hint: str, status: str) -> None:
    for each in (record(failed(hint=hint), file=file, student=student, status=status), Record(file, status)):
        assert not Page(page(each)).problems
