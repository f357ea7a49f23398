from __future__ import annotations

import html
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders.results.page import lines, page, short, tag, visible
from tests.pages import Page

EVIL = st.text() | st.sampled_from(
    ["</style><script>alert(1)</script>", "\" onclick='x'", "<!--", "\u202egpj.exe", "\x1b[2J"]
)


@given(EVIL, EVIL)
def test_no_text_breaks_out_of_its_place(text: str, attribute: str) -> None:
    made = Page(page(text, tag("p", text, " and ", tag("code", text), title=attribute), lines(text)))
    assert not made.problems
    assert made.titles == [visible(attribute)]
    assert visible(text) in made.text or not text


@given(st.text())
def test_what_is_visible_reads_back(text: str) -> None:
    class Reader(HTMLParser):
        read = ""

        def handle_data(self, data: str) -> None:
            self.read += data

    reader = Reader()
    reader.feed(tag("p", text))
    reader.close()
    assert reader.read == visible(text)
    assert len(visible(text)) == len(text)
    visible(text).encode()


@pytest.mark.parametrize("name", ["Zoë Müller", "李明", "מרים", "می‌خواهم", "n < m & m > n"])
def test_names_of_people_stay_as_they_are(name: str) -> None:
    assert visible(name) == name


@pytest.mark.parametrize(
    "hidden", ["\x1b", "\u202e", "\u2066", "\u200b", "\ufeff", "\n", "\x9b", "\udcff", "\U000e0041"]
)
def test_what_is_not_seen_is_seen(hidden: str) -> None:
    assert visible(f"a{hidden}b") == "a\N{REPLACEMENT CHARACTER}b"


def test_attributes_are_named_as_python_allows() -> None:
    assert tag("a", "x", class_="n", http_equiv="y", href="#s1") == '<a class="n" http-equiv="y" href="#s1">x</a>'
    assert tag("br") == "<br>"


def test_lines_and_beginnings() -> None:
    assert lines("a\nb<") == "a<br>b&lt;"
    assert lines("") == ""
    assert short("abcdef", 4) == "abc…"
    assert short("abcd", 4) == "abcd"


def test_a_page_runs_its_own_script_and_no_other() -> None:
    made = page("a page", style="p { margin: 0 }", script="document.title = 'run'")
    policy = html.unescape(made)
    assert policy.count("-src 'sha256-") == 2 and "default-src 'none'" in policy and "unsafe" not in policy
    assert "script" not in page("a page")
