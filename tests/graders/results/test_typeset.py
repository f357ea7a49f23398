from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders.results import typeset
from graders.results.typeset import markdown, mathematics
from tests.conftest import ROOT

TAGS = re.compile(
    "math|mfrac|mi|mn|mo|mover|mroot|mrow|mspace|msqrt|mstyle|msub|msubsup|msup|mtable|mtd|mtext|mtr|munder|munderover"
    "|p|blockquote|ul|ol|li|em|strong|table|thead|tbody|tr|th|td|pre|code|br"
)
ATTRIBUTE = re.compile(r' [a-z]+="[A-Za-z0-9 .-]*"')


def strange(html: str) -> list[str]:
    """Tags that are not of ours, with attributes that are not."""
    found = re.findall(r"<[^>]*>?", html)
    return [
        each
        for each in found
        if not (
            (whole := re.fullmatch(r"</?([a-z]+)((?: [^<]*)?)>", each))
            and TAGS.fullmatch(whole[1])
            and not ATTRIBUTE.sub("", whole[2])
        )
    ]


PIECES = r"""
\frac \sqrt \text \href \style \class \color \textcolor \colorbox \fbox \phantom \left( \right) \begin{align}
\end{align} \begin{matrix} \end{matrix} & \\ ^ _ { } $ $$ \tag \unicode \mathbf \operatorname \hspace \rule \raise
\verb| % #
<script> " ' --> &lt; &#60; javascript:x \over \not \limits \sum \mathchoice \skew a 12 * ** ` ``` > - 1.
| [x](y) ![x](y) <b>
"""
COMMANDS = st.sampled_from([*PIECES.split(), "\n", " ", "\x00", "\u202e", "\ud800"])


@given(st.lists(COMMANDS, max_size=30).map("".join) | st.text(max_size=60))
def test_nothing_comes_out_but_what_is_listed(text: str) -> None:
    assert not strange(mathematics(text))
    assert not strange(markdown(text))


@pytest.mark.parametrize(
    "latex",
    [
        r"\text{<script>alert(1)</script>}",
        r"\href{javascript:alert(1)}{x}",
        r"\style{position:fixed}{x}",
        r"\class{bad}{x}",
        r"\color{white}{x}",
        r"\unicode{3c}script\unicode{3e}",
        r"\text{&lt;script&gt;}",
        r"<img src=x onerror=alert(1)>",
        r"</math><script>alert(1)</script>",
        r'x" onload="alert(1)',
    ],
)
def test_hostile_formulas_stay_text(latex: str) -> None:
    for html in (mathematics(latex), markdown(f"${latex}$"), markdown(latex)):
        assert not strange(html)
        assert not re.search('href=|style=|class=|mathcolor|onload="', html)


def test_what_is_hidden_is_shown() -> None:
    assert "secret" in mathematics(r"\phantom{\text{secret}}")
    assert 'width="' not in mathematics(r"\hspace{-50em}x") + mathematics(r"\hspace{50em}x")


def test_a_formula_is_set() -> None:
    assert mathematics(r"\frac{1}{2}") == (
        "<math><mrow><mfrac><mrow><mn>1</mn></mrow><mrow><mn>2</mn></mrow></mfrac></mrow></math>"
    )
    assert "ℝ" in mathematics(r"\mathbb{R}") and 'display="block"' in mathematics("x", display=True)


@pytest.mark.parametrize(
    "latex", [r"\frac{1}", r"\left( x", r"x^", "{" * 2000, r"\newcommand{\a}{b}\a", "x" * 5000]
)
def test_what_can_not_be_set_is_shown_as_typed(latex: str) -> None:
    assert mathematics(latex) == f"<code>{latex}</code>"


def test_markdown_as_jupyter_shows_it() -> None:
    text = "# Title\n\nWith *care*, $x_1$ and\n\n$$\\frac12$$\n\n1. one\n2. **two**\n\n```\na\n b\n```\n"
    html = markdown(text)
    assert html.startswith("<p><strong>Title</strong></p><p>With <em>care</em>, <math>")
    assert '<math display="block" tabindex="0">' in html and "<pre><code>a\n b\n</code></pre>" in html
    assert '<ol start="1"><li>one</li><li><strong>two</strong></li></ol>' in html


def test_links_pictures_and_html_stay_text() -> None:
    html = markdown("[a](https://example.org) ![b](https://example.org/b.png) <b>c</b> <https://example.org>")
    assert html == (
        "<p>[a](https://example.org) ![b](https://example.org/b.png) "
        "&lt;b&gt;c&lt;/b&gt; &lt;https://example.org&gt;</p>"
    )


def test_a_text_that_is_too_long_is_cut_and_says_so() -> None:
    assert "cut: 5 more characters" in markdown("a" * (typeset.MAX_TEXT + 5))


@pytest.mark.parametrize(
    "text",
    [
        r"$\operatorname{" + " " * 2900 + "$",
        r"$\operatorname{" + " *" * 1400 + "$",
        r"$\text{" * 2000,
        r"$" + r"\sideset{}{}{" * 200 + "x" + "}" * 200 + "$",
        r"$\newcommand{\a}{xx}" + "".join(rf"\newcommand{{\a{c}}}{{\a\a}}" for c in "bcdefg") + "$",
        "*a " * 6666,
        "*_" * 10000,
        "[" * 20000,
        "".join("`" * i + " " for i in range(190)),
        ">" * 20000,
        "$x$ " * 5000,
        "|a|b|\n|-|-|\n" + "|x|y|\n" * 3000,
        "\\begin{align}" * 1500,
    ],
)
def test_hostile_texts_take_little_time(text: str) -> None:
    start = time.process_time()
    html = markdown(text)
    assert time.process_time() - start < 8  # seconds; the slowest takes one
    assert len(html) < 50 * typeset.MAX_TEXT


def test_every_formula_of_the_model_answers_is_set() -> None:
    text = (ROOT / "solutions/vaes_and_gans/written.md").read_text(encoding="utf-8")
    for section in text.split("\n## "):
        assert "\\" not in markdown(section) and "$" not in markdown(section)
