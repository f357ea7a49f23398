"""Notebooks as text: scripts ("Save as script", jupytext's percent and light), Markdown, R Markdown, Quarto.

Why not jupytext, which reads all of these: it was made for files of one's own. A header is YAML to it, where a few
aliases make gigabytes, and the header may name a format that it hands to another program, pandoc or Quarto. Here
nothing but lines is read, each once, and of a header nothing at all: a file's name says what it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from graders.batch.documents import MAX_CELLS, Cell, NotReadable

SCRIPT = ".py"
SUFFIXES = (SCRIPT, ".md", ".markdown", ".rmd", ".qmd")
MAX_BYTES = 4 << 20
_MAX_TAGS = 20
_MAX_OPTIONS = 1_000

# `# %% [markdown] tags=["a"]`, `# In[3]:`, `# <codecell>`
_PERCENT = re.compile(r"^# ?(?:%%(?P<rest>.*)|In ?\[[ \d*]*\]:?\s*|<codecell>\s*)$")
_OF_TEXT = re.compile(r"\[(?:markdown|md)\]")
_OPENS = re.compile(r"^# \+(?P<rest>(?: .*)?)$")
_CLOSES = re.compile(r"^# -\s*$")
_COMMENT = re.compile(r"^# ?")
# what goes on with a statement after an empty line
_GOES_ON = re.compile(r"[\s)\]}]|(?:else|elif|except|finally)\b")
_QUOTES = re.compile(r"\"\"\"|'''|\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|#.*|\\.")
_TRIPLE = ('"""', "'''")
_DOCUMENT = re.compile(r'^[rRuU]?("""|\'\'\')(.*)\1\s*$', re.DOTALL)

_FENCE = re.compile(r"^(?P<mark>`{3,}|~{3,})(?P<info>[^`]*)$")
_OF_CODE = re.compile(r"\s*\{?\.?(?:python3?|py3?|ipython3?|code-cell|code-block)\b", re.IGNORECASE)
_REGION = re.compile(r"^<!-- #(?:end)?region(?P<rest>.*)-->\s*$")
_TAGS = re.compile(r"tags\s*[=:]\s*(?:c\(|\[)([^\])]*)[\])]")
_TAG = re.compile(r"[\w.-]+")


def read(content: bytes, suffix: str) -> tuple[Cell, ...]:
    """The cells of a text whose name ends so; `NotReadable` says why there are none."""
    if len(content) > MAX_BYTES:
        raise NotReadable(f"a script of more than {MAX_BYTES >> 20} MiB")
    try:
        lines = content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    except UnicodeDecodeError as error:
        raise NotReadable("not a notebook: the file is no text") from error
    found = _script(lines) if suffix == SCRIPT else _markdown(lines)
    said = (Cell(cell.kind, cell.source.strip("\n"), cell.tags) for cell in found if cell.source.strip())
    # a million paragraphs fit into a file that is small enough
    cells = tuple(islice(said, MAX_CELLS + 1))
    if len(cells) > MAX_CELLS:
        raise NotReadable(f"a notebook of more than {MAX_CELLS} cells")
    if not any(cell.kind == "code" for cell in cells):
        raise NotReadable("not a notebook: there is no Python in it")
    return cells


def _script(lines: Sequence[str]) -> Iterator[Cell]:
    lines = lines[_header(lines, "# ---") :]
    return _percent(lines) if any(map(_PERCENT.match, lines)) else _light(lines)


def _header(lines: Sequence[str], rule: str) -> int:
    """How many lines at the top are a header between two rules."""
    if not lines or lines[0].rstrip() != rule:
        return 0
    return next((number for number, line in enumerate(lines) if number and line.rstrip() == rule), -1) + 1


def _percent(lines: Sequence[str]) -> Iterator[Cell]:
    """Cells between markers."""
    block: list[str] = []
    rest = ""
    for line in lines:
        if marker := _PERCENT.match(line):
            yield from _marked(block, rest)
            block, rest = [], marker["rest"] or ""
        else:
            block.append(line)
    yield from _marked(block, rest)


def _marked(block: list[str], rest: str) -> Iterator[Cell]:
    text = "\n".join(block).strip("\n")
    if _OF_TEXT.search(rest):
        quoted = _DOCUMENT.match(text)
        yield Cell("markdown", quoted[2] if quoted else _uncommented(block), _tags(rest))
    elif "[raw]" not in rest:
        # "Save as script" leaves cells of text as comments below the code before them
        below = len(block)
        while below and (not block[below - 1].strip() or block[below - 1].startswith("#")):
            below -= 1
        yield Cell("code", "\n".join(block[:below]), _tags(rest))
        yield Cell("markdown", _uncommented(block[below:]))


def _light(lines: Sequence[str]) -> Iterator[Cell]:
    """Cells between `# +` and `# -`, and paragraphs elsewhere."""
    block: list[str] = []
    tags: frozenset[str] = frozenset()
    within, quote = False, ""
    for line in lines:
        marker = None if quote else _OPENS.match(line)
        closes = within and not quote and _CLOSES.match(line)
        ends = block and not within and not quote and not block[-1].strip() and line.strip()
        if marker or closes or (ends and not _GOES_ON.match(line)):
            yield _paragraph(block, tags)
            block, tags = [], _tags(marker["rest"]) if marker else frozenset()
            within = bool(marker)
        if not marker and not closes:
            block.append(line)
            quote = _quote_after(line, quote)
    yield _paragraph(block, tags)


def _paragraph(block: Sequence[str], tags: frozenset[str]) -> Cell:
    if all(line.startswith("#") for line in block if line.strip()):
        return Cell("markdown", _uncommented(block), tags)
    return Cell("code", "\n".join(block), tags)


def _quote_after(line: str, quote: str) -> str:
    """The triple quotes that are open after a line, if these were before it."""
    at = 0
    while True:
        if quote:
            end = line.find(quote, at)
            if end < 0:
                return quote
            at, quote = end + len(quote), ""
        elif found := _QUOTES.search(line, at):
            at = found.end()
            quote = found[0] if found[0] in _TRIPLE else ""
        else:
            return ""


def _uncommented(block: Sequence[str]) -> str:
    return "\n".join(_COMMENT.sub("", line) for line in block)


def _markdown(lines: Sequence[str]) -> Iterator[Cell]:
    """Fenced Python, and the text between."""
    block: list[str] = []
    kind, mark, tags = "markdown", "", frozenset[str]()
    for line in lines[_header(lines, "---") :]:
        if mark:
            if line.startswith(mark) and not line.strip(mark[0] + " \t"):
                yield _fenced(block, tags) if kind == "code" else Cell(kind, "\n".join([*block, line]))
                block, kind, mark, tags = [], "markdown", "", frozenset()
            else:
                block.append(line)
            continue
        fence, region = _FENCE.match(line), _REGION.match(line)
        if fence and _OF_CODE.match(fence["info"]):
            yield Cell("markdown", "\n".join(block), tags)
            block, kind, mark, tags = [], "code", fence["mark"], _tags(fence["info"])
        elif region or line.rstrip() == "+++" or block[-2:] == ["", ""]:
            yield Cell("markdown", "\n".join(block), tags)
            block, tags = (
                [] if region or line.rstrip() == "+++" else [line],
                _tags(region["rest"] if region else ""),
            )
        else:
            block.append(line)
            if fence:
                mark = fence["mark"]
    yield _fenced(block, tags) if kind == "code" else Cell("markdown", "\n".join(block), tags)


def _fenced(block: list[str], tags: frozenset[str]) -> Cell:
    """A cell of code without the options that MyST puts above it."""
    first = _header(block, "---")
    while first < len(block) and block[first].startswith(":"):
        first += 1
    return Cell("code", "\n".join(block[first:]), tags | _tags("\n".join(block[:first])))


def _tags(text: str) -> frozenset[str]:
    found = _TAGS.search(text[:_MAX_OPTIONS])
    return frozenset(_TAG.findall(found[1])[:_MAX_TAGS]) if found else frozenset()
