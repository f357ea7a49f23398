"""HTML pages that nothing in a submission can break out of.

What `tag` makes is HTML; every other string is text, and is escaped wherever it is put. That one rule is what a
template engine would be for, so there is none: Jinja only comes with otter, does not escape unless told to, and
here a page is a function that mypy checks. A page loads nothing and runs no script but the one that it was made
with; its policy tells the browser, by their hashes.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import html
import re
from collections.abc import Iterable, Sequence

# Controls, lone surrogates, and what is invisible or turns the direction of text: a name looks like what it is.
# The joiners U+200C and U+200D stay, since Persian, Hindi and others are misspelt without them.
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\ufffe\uffff\U000e0000-\U000e0fff]"
)
_VOID = {"br", "input", "meta"}

STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --dim: #666; --bar: #4a78b8; --bad: #b3261e }
@media (prefers-color-scheme: dark) { :root { --dim: #aaa; --bar: #7ba6e0; --bad: #ff8a80 } }
body { background: Canvas; color: CanvasText }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 80rem; margin: 0 auto; padding: 1rem 1.5rem 4rem }
h1 { font-size: 1.6rem; margin: 1rem 0 0 } h2 { font-size: 1.2rem; margin: 2.2rem 0 .4rem } p { margin: .4rem 0 }
h1, h2, p, li { overflow-wrap: anywhere }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
th, td { text-align: left; vertical-align: top; padding: .25rem .7rem .25rem 0 }
th, td { border-bottom: 1px solid var(--line) }
th { font-weight: 600; white-space: nowrap } .n { text-align: right; white-space: nowrap }
tr.more > td { padding: 0 0 .4rem } tr:has(+ tr.more) > td { border-bottom: 0 }
.wide { overflow-x: auto } td > code { white-space: nowrap } .file { min-width: 12rem; max-width: 24rem }
.status { min-width: 10rem; max-width: 26rem }
.dim { color: var(--dim) } .bad { color: var(--bad); font-weight: 600 } code { font-size: .92em }
.figures { display: flex; flex-wrap: wrap; gap: .6rem; padding: 0; list-style: none; margin: 1rem 0 }
.figures li { background: var(--soft); border-radius: .4rem; padding: .5rem .9rem; min-width: 7rem }
.figures strong { display: block; font-size: 1.5rem; line-height: 1.3 }
ul { padding-left: 1.2rem; margin: .4rem 0 } summary { cursor: pointer; color: var(--dim) }
details > ul { background: var(--soft); border-radius: .4rem; padding: .5rem .9rem .5rem 2rem }
svg { max-width: 100%; height: auto } svg text { font: 12px system-ui, sans-serif; fill: currentColor }
.bar { fill: var(--bar) } .rule { stroke: var(--dim) }
@page { margin: 12mm }
@media print {
  body { font-size: 10px; max-width: none; padding: 0 } .wide { overflow: visible }
  tr, li, svg { break-inside: avoid } h2 { break-after: avoid } a { color: inherit }
}
"""


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


def tag(name: str, /, *children: str, **attributes: object) -> Html:
    """An element. An underscore at the end of an attribute's name is left out, another one is a hyphen."""
    written = [f' {key.rstrip("_").replace("_", "-")}="{_text(str(value))}"' for key, value in attributes.items()]
    opened = f"<{name}{''.join(written)}>"
    return Html(opened if name in _VOID else f"{opened}{join(children)}</{name}>")


def join(children: Iterable[str]) -> Html:
    """Elements and texts, one after the other."""
    return Html("".join(child if isinstance(child, Html) else _text(child) for child in children))


def row(kind: str, first: str, *numbers: str) -> Html:
    """A row of a table, of cells of this kind: a text, then numbers."""
    return tag("tr", tag(kind, first), *(tag(kind, number, class_="n") for number in numbers))


def wide(label: str, *table: str, **attributes: object) -> Html:
    """A table that may be wider than the screen: it scrolls by itself, by the keyboard, too."""
    return tag(
        "div", tag("table", *table, **attributes), class_="wide", role="region", aria_label=label, tabindex=0
    )


def section(name: str, title: str, *body: str) -> Html:
    """A section that a link leads to."""
    return tag("section", tag("h2", title), *body, id=name)


def unfold(summary: str, *body: str, class_: str = "fold") -> Html:
    """What is there on demand."""
    return tag("details", tag("summary", summary), *body, class_=class_)


def lines(text: str) -> Html:
    """A text of several lines, each shown as one."""
    first, *others = text.splitlines() or [""]
    return join([first, *(part for line in others for part in (tag("br"), line))])


def code(text: str, marked: Sequence[tuple[int, int]] = ()) -> Html:
    """A text as it is laid out, with marks at these spans of characters, which are in order and apart."""
    parts, at = [], 0
    for start, end in marked:
        parts += [laid_out(text[at:start]), tag("mark", laid_out(text[start:end]))]
        at = end
    return tag("pre", tag("code", *parts, laid_out(text[at:])), tabindex=0)


def laid_out(text: str) -> Html:
    """A text of several lines, for a place that keeps them."""
    return Html("\n".join(map(_text, text.expandtabs(4).split("\n"))))


def visible(text: str) -> str:
    """The text without what can't be seen, or would move what is seen."""
    return _UNSEEN.sub("\N{REPLACEMENT CHARACTER}", text)


def short(text: str, size: int) -> str:
    """The beginning of a text."""
    return text if len(text) <= size else f"{text[: size - 1]}…"


def _text(text: str) -> str:
    return html.escape(visible(text))


def page(title: str, *body: str, style: str = "", script: str = "") -> str:
    """A whole document. `style`, which follows the common one, and `script` are ours and hold nothing else."""
    style = STYLE + style
    head = [
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_policy(style, script)),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("title", title),
        tag("style", Html(style)),
    ]
    run = [tag("script", Html(script))] if script else []
    document = tag("html", tag("head", *head), tag("body", *body, *run), lang="en")
    return f"<!doctype html>\n{document}\n"


@functools.cache
def _policy(style: str, script: str) -> str:
    allowed = [("style", style), ("script", script)]
    sources = "".join(f"{kind}-src 'sha256-{_hash(text)}'; " for kind, text in allowed if text)
    return f"default-src 'none'; {sources}base-uri 'none'; form-action 'none'"


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
