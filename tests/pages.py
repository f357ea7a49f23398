"""What a page may be made of: everything else in one came out of a submission."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_TAGS = re.compile(
    "html|head|meta|title|style|body|h1|h2|p|br|ul|li|strong|span|code|a|table|thead|tbody|tr|th|td|div|details|summary"
    "|svg|rect|text|line|circle|path|g|desc|main|section|h3|pre|ol|blockquote|em"
    "|math|mrow|mi|mo|mn|mtext|mspace|mfrac|msup|msub|msubsup|msqrt|munderover"
)
_ATTRIBUTES = re.compile(
    "charset|http-equiv|content|name|lang|class|id|href|title|colspan"
    "|viewbox|width|height|x|y|x1|x2|y1|y2|rx|text-anchor|role|aria-label|aria-hidden|tabindex"
    "|cx|cy|r|d|stroke-dasharray|transform|display|alttext|mathvariant"
)
_LINK = re.compile(r"#s\d+|feedback/[A-Za-z0-9-]+\.html")
_VOID = {"meta", "br"}


class Page(HTMLParser):
    """A page as a browser takes it: the text that it shows, and what should not be in it."""

    tags, attributes, link, void = _TAGS, _ATTRIBUTES, _LINK, _VOID

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.problems: list[str] = []
        self.shown: list[str] = []
        self.said: list[str] = []
        """What is shown, apart from what the student wrote and is quoted as code."""
        self.titles: list[str] = []
        self.open: list[str] = []
        self.feed(source)
        self.close()
        self.problems += [f"<{tag}> is not closed" for tag in self.open]

    @property
    def text(self) -> str:
        return "\n".join(self.shown)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if not self.tags.fullmatch(tag):
            self.problems.append(f"<{tag}>")
        for name, value in attrs:
            if not self.attributes.fullmatch(name):
                self.problems.append(f"{name}={value!r} of <{tag}>")
            if name == "href" and not self.link.fullmatch(value or ""):
                self.problems.append(f"a link to {value!r}")
            if name == "title":
                self.titles.append(value or "")
        if tag not in self.void:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"</{tag}> out of place")

    def handle_comment(self, data: str) -> None:
        self.problems.append(f"a comment: {data!r}")

    def handle_data(self, data: str) -> None:
        if not {"style", "script"} & {*self.open}:
            self.shown.append(data)
            self.said += [data] * ("pre" not in self.open)
            if found := re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", data):
                self.problems.append(f"{found[0]!r} in {data!r}")


class ReportPage(Page):
    """The class report, which has a script of its own, something to filter with, and passages to compare."""

    tags = re.compile(
        f"{_TAGS.pattern}|script|form|label|input|select|option|button|output|figure|figcaption|mark"
    )
    attributes = re.compile(f"{_ATTRIBUTES.pattern}|data-(?:v|is|ids)|hidden|type|name|placeholder|value")
    link = re.compile(rf"{_LINK.pattern}|#[a-z]+|(?:\.\./)?[\w.%/~-]+")
    void = _VOID | {"input"}
