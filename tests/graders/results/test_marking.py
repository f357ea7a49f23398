from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from graders.batch.store import Store
from graders.results import marking, marks, standing
from graders.results.standing import Cohort, rubrics_of
from tests import marked_class
from tests.browser import barriers, chromium, needs_chromium, opened
from tests.marked_class import FIRST, SECOND, THIRD

RUN = marked_class.run()


def cohort() -> Cohort:
    return standing.cohort(RUN, marked_class.records(), [])


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / marking.FILE_NAME
    path.write_text(marking.render(cohort()), encoding="utf-8")
    return path


def shown(page: Page) -> str:
    return page.locator("article:visible").get_attribute("id") or ""


def test_the_page_names_nobody_and_is_the_same_every_time() -> None:
    text = marking.render(cohort())
    assert text == marking.render(standing.cohort(RUN, marked_class.records()[::-1], []))
    assert not re.search(r"\b(ada|bob|carl|dora|emmy)\b", text, re.IGNORECASE)


def test_every_formula_of_the_page_is_set() -> None:
    text = marking.render(standing.cohort(RUN, marked_class.records()[:1], []))
    body = re.sub(r"<(script|style|details)>.*?</\1>", "", text.partition("<body>")[2], flags=re.DOTALL)
    assert "<code>\\" not in body and "$" not in re.sub(r"<[^>]*>", "", body.partition("<script>")[0])


def test_a_page_without_written_parts_says_so() -> None:
    assert "no written answers" in marking.render(standing.cohort(RUN, [], []))


@needs_chromium
def test_marking_by_keyboard_alone_leaving_coming_back_and_saving(
    browser: Browser, path: Path, tmp_path: Path
) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(path.as_uri())
    # 5 of 5, 4 of 5 with a comment, nothing met; then a row that gives a part: all, a part, none, all
    page.keyboard.press("1")
    page.keyboard.press("2")
    page.keyboard.press("3")
    page.keyboard.press("4")
    expect(page.locator(".points:visible")).to_have_text("5 of 5 points")
    first = shown(page)
    page.keyboard.press("c")
    page.keyboard.type("Well said, 1 2 3.")
    page.keyboard.press("Control+Enter")
    second = shown(page)
    assert second != first
    expect(page.locator(".points:visible")).to_have_text("not marked")
    page.keyboard.press("3")
    page.keyboard.press("3")
    expect(page.locator(".points:visible")).to_have_text("1 of 5 points")
    expect(page.locator(".row:visible").nth(2)).to_have_attribute("aria-pressed", "mixed")
    page.keyboard.press("3")
    page.keyboard.press("3")
    # a comment that was made before is offered again
    page.keyboard.press("c")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("textarea:visible")).to_have_value("Well said, 1 2 3.")
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    page.keyboard.press("0")
    third = shown(page)
    expect(page.locator("nav button").first).to_contain_text("3 of 4")
    page.close()

    page = context.new_page()
    page.goto(path.as_uri())
    assert shown(page) == third
    expect(page.locator(".points:visible")).to_have_text("0 of 5 points")
    page.keyboard.press("m")
    fourth = shown(page)
    assert fourth not in (first, second, third)
    page.keyboard.press("1")
    page.keyboard.press("u")
    expect(page.locator(".points:visible")).to_have_text("not marked")
    page.keyboard.press("s")  # without a name: it is asked for
    expect(page.locator("#name")).to_be_focused()
    page.keyboard.type("Tom")
    page.keyboard.press("Escape")
    with page.expect_download() as download:
        page.keyboard.press("s")
    assert download.value.suggested_filename == "marks-Tom.json"
    file = tmp_path / "marks-Tom.json"
    download.value.save_as(file)
    context.close()

    grades = marked_class.write(tmp_path / "grades")
    read = marks.read(file, rubrics_of(RUN).by_question, "me")
    assert {mark.text: mark.given for mark in read} == {
        first: (1, 1, 2, 1),
        second: (0, 0, 2, 0),
        third: (0, 0, 0, 0),
        fourth: None,
    }
    assert {mark.by for mark in read} == {"Tom"}
    assert [mark.comment for mark in read if mark.text in (first, second)] == ["Well said, 1 2 3."] * 2
    with Store(grades) as store:
        assert marks.keep(store, read).new == 4
        assert sum(each.scores[FIRST].points is None for each in standing.read(store).standings) == 1


@needs_chromium
def test_marking_by_mouse_question_by_question(browser: Browser, path: Path) -> None:
    with opened(browser, path) as page:
        page.locator("nav button").nth(1).click()
        page.locator(".row:visible").nth(0).click()
        page.locator(".row:visible").nth(2).click()
        expect(page.locator(".points:visible")).to_have_text("3 of 5 points")
        page.get_by_role("button", name="Next →").locator("visible=true").click()
        expect(page.locator("article:visible")).to_contain_text("Answer 2 of 4")
        page.get_by_role("button", name="Nothing met").locator("visible=true").click()
        expect(page.locator("nav button").nth(1)).to_contain_text("2 of 4")
        page.keyboard.press("[")
        expect(page.locator("nav button").nth(0)).to_have_attribute("aria-current", "true")


@needs_chromium
def test_what_others_gave_is_shown_and_goes_on_from_there(browser: Browser, path: Path, tmp_path: Path) -> None:
    rubric = rubrics_of(RUN).by_question[THIRD]
    saved = tmp_path / "marks.json"
    comment = "<b>Which</b> $x$?"
    entry = marked_class.mark_of(rubric, "", [1, 0, 0, 0, 0], comment)
    saved.write_text(json.dumps({"format": marks.FORMAT, "by": "Una", "marks": [entry]}))
    grades = marked_class.write(tmp_path / "grades")
    with Store(grades) as store:
        marks.keep(store, marks.read(saved, {}, "me"))
        path.write_text(marking.render(standing.read(store)), encoding="utf-8")
    with opened(browser, path) as page:
        page.keyboard.press("[")
        expect(page.locator("nav button").nth(2)).to_contain_text("1 of 4")
        page.evaluate("id => { location.hash = id }", entry["answer"])
        expect(page.locator(".others:visible")).to_have_text(f"Una gave 1: {comment}")
        page.locator("#name").fill("una")  # it is her page: her own mark goes on
        expect(page.locator(".points:visible")).to_have_text("1 of 5 points")
        expect(page.locator("textarea:visible")).to_have_value(comment)


@needs_chromium
def test_a_rubric_that_changed_keeps_what_was_ticked_and_asks_to_look(browser: Browser, path: Path) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(path.as_uri())
    page.keyboard.press("1")
    page.keyboard.press("2")
    expect(page.locator(".again:visible")).to_have_count(0)
    row = rubrics_of(RUN).by_question[FIRST].criteria[0].text
    other = marked_class.run(RUN.rubric.replace(row, "Something else."))
    path.write_text(marking.render(standing.cohort(other, marked_class.records(), [])), encoding="utf-8")
    page.reload()
    expect(page.locator(".points:visible")).to_have_text("2 of 5 points")
    expect(page.locator(".again:visible")).to_have_count(1)
    page.keyboard.press("1")
    expect(page.locator(".again:visible")).to_have_count(0)
    context.close()


@needs_chromium
def test_hostile_answers_comments_and_names_stay_text(browser: Browser, path: Path) -> None:
    with opened(browser, path) as page:
        for key in ("", "]", "]"):
            page.keyboard.press(key) if key else None
            for _ in range(4):
                page.keyboard.press("n")
            page.keyboard.press("c")
            page.keyboard.type("<img src=x onerror=alert(1)>")
            page.keyboard.press("Escape")
            page.keyboard.press("p")
            expect(page.locator(".said button:visible")).to_have_text("<img src=x onerror=alert(1)>")
        assert page.title() == "Marking: Tutorial 6: VAEs and GANs"
        assert page.evaluate("document.querySelectorAll('img, a, iframe, object, form, script').length") == 1
        assert page.evaluate("document.querySelectorAll('[style], [onerror], [href], [src]').length") == 0


@needs_chromium
@pytest.mark.parametrize(
    "context",
    [
        {"viewport": {"width": 1280, "height": 900}},
        {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"},
        {"viewport": {"width": 400, "height": 800}},
    ],
    ids=["light", "dark", "narrow"],
)
def test_the_page_keeps_nobody_out(browser: Browser, path: Path, context: dict[str, object]) -> None:
    with opened(browser, path, **context) as page:
        page.keyboard.press("1")
        page.keyboard.press("c")
        page.keyboard.type("A comment.")
        page.keyboard.press("Escape")
        page.keyboard.press("n")
        page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
        assert not barriers(page)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        page.keyboard.press("]")
        page.keyboard.press("s")
        assert not barriers(page)


@needs_chromium
def test_without_its_script_the_page_points_to_the_csv(browser: Browser, path: Path) -> None:
    with opened(browser, path, java_script_enabled=False) as page:
        expect(page.locator(".without")).to_contain_text("marks.csv")
        expect(page.locator("article").first).to_be_visible()
        expect(page.locator("#save")).to_be_hidden()
        assert page.locator(f'section[data-question="{SECOND}"]').count() == 1
