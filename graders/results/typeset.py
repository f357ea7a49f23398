"""Markdown and LaTeX of texts that nobody vouches for, as HTML and MathML that need no network and no script.

Readers make trees, and only what is listed here is written from them: whatever a text holds, a tag or an attribute
that is not listed can't come out. What can't be set is shown as it was typed. `latex2mathml` is used as a parser
alone: its own output undoes the escaping (`convert` calls `unescape` on what it serialised).
"""

from __future__ import annotations

import functools
import html
import re
from collections.abc import Iterable
from xml.etree.ElementTree import Element

from latex2mathml.converter import convert_to_element
from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode
from mdit_py_plugins.amsmath import amsmath_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin

from graders.results.page import Html, join, tag

STYLE = """
math { font-size: 1.08em } math[display] { display: block math; margin: .5rem 0; overflow: auto hidden }
[mathvariant^=bold] { font-weight: bold } [mathvariant=normal] { font-style: normal }
pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: .4rem 0; padding: .5rem .7rem }
pre { background: var(--soft); border-radius: .3rem }
blockquote { margin: .4rem 0; padding-left: .8rem; border-left: 3px solid var(--line) }
"""
MAX_TEXT = 20_000
MAX_FORMULA = 3_000
_MAX_FORMULAS = 300

# What defines macros, or sets an argument twice: a short formula could grow without end.
_GROWING = re.compile(r"\\(?:(?:re)?newcommand|newenvironment|def|DeclareMathOperator|sideset)(?![A-Za-z])")
_SPACE = re.compile(r"\s+")
_NUMBER = r"(?:[0-3](?:\.\d{1,4})?|\.\d{1,4})"
_ATTRIBUTES = {
    "accent": r"true|false",
    "accentunder": r"true|false",
    "columnalign": r"left|center|right",
    "displaystyle": r"true|false",
    "fence": r"true|false",
    "form": r"prefix|infix|postfix",
    "largeop": r"true|false",
    "linethickness": r"0|0px",
    "mathvariant": r"[a-z-]{1,30}",
    "maxsize": rf"{_NUMBER}em",
    "minsize": rf"{_NUMBER}em",
    "movablelimits": r"true|false",
    "scriptlevel": r"[0-2]",
    "separator": r"true|false",
    "stretchy": r"true|false",
    "width": rf"{_NUMBER}em",  # never negative, so that nothing is set over what stands elsewhere
}
_ELEMENTS = frozenset(("mi", "mn", "mo", "mrow", "mspace", "msqrt", "mstyle", "mtable", "mtd", "mtext", "mtr"))
# Elements of which each argument has its place.
_PLACES = {"mfrac": 2, "mover": 2, "mroot": 2, "msub": 2, "msubsup": 3, "msup": 2, "munder": 2, "munderover": 3}
# Invisible operators, which MathML does without.
_INVISIBLE = re.compile("[\u2061-\u2064]")


def mathematics(latex: str, *, display: bool = False) -> Html:
    """A formula of LaTeX, without its dollars, as MathML; as it was typed where it can't be set."""
    if len(latex) > MAX_FORMULA or _GROWING.search(latex):
        return tag("code", typed(latex))
    try:
        # runs of spaces say nothing, and take the library's pattern for operators cubic time
        tree = convert_to_element(_SPACE.sub(" ", latex).strip(), display="block" if display else "inline")
        inside = join(map(_mathml, tree))
    except Exception:  # the library has errors of its own, and runs into Python's on what it does not expect
        return tag("code", typed(latex))
    # what is wider than the page scrolls, by keys as well
    return tag("math", inside, display="block", tabindex="0") if display else tag("math", inside)


def typed(text: str) -> Html:
    """A text as it was typed, with its line ends."""
    return Html("\n".join(join([line]) for line in text.split("\n")))


def _mathml(element: Element) -> Html:
    said = _INVISIBLE.sub("", html.unescape(element.text or ""))
    children = [
        "arg" if said == "\\arg" else said,
        *map(_mathml, element),
    ]  # a function that it lacks
    if element.tag in _PLACES:
        if len(element) != _PLACES[element.tag]:
            raise ValueError("an argument is missing")
    elif element.tag not in _ELEMENTS:  # phantoms, boxes, links: what is in them is to be seen
        return tag("mrow", *children) if len(element) else tag("mtext", *children)
    kept = {
        name: value
        for name, value in element.attrib.items()
        if name in _ATTRIBUTES and re.fullmatch(_ATTRIBUTES[name], value)
    }
    return tag(element.tag, *children, **kept)


@functools.cache
def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False, "maxNesting": 20}).enable("table")
    # links and pictures lead elsewhere: they stay as typed
    reader.disable(["link", "image", "autolink", "reference", "html_block", "html_inline"])
    dollarmath_plugin(reader, allow_labels=False, double_inline=True)
    amsmath_plugin(reader)
    return reader


def markdown(text: str) -> Html:
    """A text of Markdown with formulas in dollars, as Jupyter shows it; links, pictures and HTML stay text.

    Past `MAX_TEXT` characters it is cut, and says so.
    """
    kept = text[:MAX_TEXT]
    try:
        body = _Writer().all(SyntaxTreeNode(_reader().parse(kept)).children)
    except RecursionError:
        body = tag("pre", typed(kept))
    cut = tag("p", tag("em", f"… cut: {len(text) - MAX_TEXT} more characters."))
    return body if len(text) <= MAX_TEXT else join([body, cut])


_TAGS = {
    "blockquote": "blockquote",
    "bullet_list": "ul",
    "em": "em",
    "list_item": "li",
    "paragraph": "p",
    "strong": "strong",
    "table": "table",
    "tbody": "tbody",
    "td": "td",
    "th": "th",
    "thead": "thead",
    "tr": "tr",
}


def line(text: str) -> Html:
    """A text of one line: the same without paragraphs, lists and tables."""
    (inline,) = SyntaxTreeNode(_reader().parseInline(text[:MAX_TEXT])).children
    return _Writer().all(inline.children)


class _Writer:
    """Writes a tree of Markdown; formulas past a number of them are shown as typed."""

    def __init__(self) -> None:
        self._formulas = 0

    def all(self, nodes: Iterable[SyntaxTreeNode]) -> Html:
        """Several nodes."""
        return join(map(self._one, nodes))

    def _one(self, node: SyntaxTreeNode) -> str:
        kind = node.type
        if kind in _TAGS:
            # a tight list's paragraphs are hidden: their text belongs to the item
            return self.all(node.children) if node.hidden else tag(_TAGS[kind], self.all(node.children))
        if kind == "inline":
            return self.all(node.children)
        if kind == "ordered_list":
            return tag("ol", self.all(node.children), start=str(node.attrs.get("start", 1)))
        if kind == "heading":  # none of the page's
            return tag("p", tag("strong", self.all(node.children)))
        if kind in ("fence", "code_block"):
            return tag("pre", tag("code", typed(node.content)))
        if kind == "code_inline":
            return tag("code", node.content)
        if kind in ("math_inline", "math_inline_double", "math_block", "amsmath"):
            return self._formula(node.content, display=kind != "math_inline")
        if kind == "hardbreak":
            return tag("br")
        if kind == "softbreak":
            return " "
        if kind == "hr":
            return tag("p", "⁂")
        return node.content

    def _formula(self, latex: str, *, display: bool) -> Html:
        self._formulas += 1
        if self._formulas > _MAX_FORMULAS:
            return tag("code", typed(latex))
        return mathematics(latex, display=display)
