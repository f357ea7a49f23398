"""What a student is told as Markdown, which Gradescope shows: the words of the page, without its pictures."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from graders.batch.exhibits import Derivation
from graders.results.page import visible
from graders.results.told import SIGNS, Checks, Portion, Told, marks, named, points
from graders.results.written import Item

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+\-.!|~$&:@^=])")
_WORDS = re.compile(r"\w+")


def head(told: Told) -> str:
    """What is said of the whole submission."""
    parts = [f"# {text(told.title)}"]
    if told.date:
        parts.append(f"Graded on {text(told.date)}.")
    if told.remark:
        parts.append(f"**{text(told.remark)}**")
    if told.portions:
        parts.append(f"**{text(told.total)}**")
    if told.next:
        parts.append("## What to do next\n\n" + _list([text(step) for step in told.next]))
    if told.notes:
        parts.append("## Your notebook\n\n" + _list([text(note) for note in told.notes]))
    return "\n\n".join(parts) + "\n"


def portion(told: Portion) -> str:
    """What is said of one part."""
    earned = "?" if told.points is None else points(told.points)
    parts = [f"## {text(told.title)}", f"{earned} of {points(told.possible)} points"]
    parts += [text(remark) for remark in (told.remark, *told.decisions) if remark]
    if told.checks:
        parts.append(_list([_checks(each) for each in told.checks]))
    if told.hints:
        hints = [f"{f'{code(each.names)}: ' if each.names else ''}{text(each.text)}" for each in told.hints]
        parts.append("### Hints\n\n" + _list(hints))
    if told.written and told.written.points is not None:
        items = [f"{ticked(item)} {text(item.criterion.text)}" for item in told.written.items]
        items += [f"Comment: {text(comment)}" for _, comment in told.written.comments]
        parts += ["### What it was marked by\n\n" + _list(items)] * bool(items)
    for each in told.exhibits:
        if isinstance(each, Derivation) and any(marks(each)):
            said = zip(each.lines, marks(each), strict=True)
            lines = [f"({n}) {SIGNS.get(line.mark, '')} {text(mark)}" for n, (line, mark) in enumerate(said, 1)]
            lines += [text(each.witness)] * bool(each.witness)
            parts.append(f"### {code([each.name])}, line by line\n\n" + _list(lines))
    return "\n\n".join(parts) + "\n"


def _checks(checks: Checks) -> str:
    about = code(checks.names) if checks.names else "All together"
    return f"{sign(checks)} {about}: {text(outcome(checks))}"


def ticked(item: Item) -> str:
    """What a row of a rubric earned, in words."""
    return f"{'✓' if item.given else '○'} {points(item.given)} of {points(item.criterion.points)}:"


def sign(checks: Checks) -> str:
    """Right, partly right, wrong, or not attempted, as a sign."""
    if not checks.attempted:
        return "○"
    return "✓" if checks.right else "◐" if checks.passed else "✗"


def outcome(checks: Checks) -> str:
    """What became of some cases, in words."""
    if not checks.attempted:
        return f"not attempted, 0 of {points(checks.possible)} points"
    many = (
        f"{checks.passed} of {checks.cases} checks passed"
        if checks.cases > 1
        else "passed"
        if checks.right
        else "not passed"
    )
    return f"{many}, {points(checks.points)} of {points(checks.possible)} points"


def code(names: Sequence[str]) -> str:
    """Names as code; those of a sheet are Python's."""
    return named([f"`{''.join(_WORDS.findall(name))}`" for name in names])


def text(words: str) -> str:
    """Words that stay what they are, on one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(visible(line) for line in words.splitlines()))


def _list(items: Sequence[str]) -> str:
    return "\n".join(_items(items))


def _items(items: Sequence[str]) -> Iterator[str]:
    return (f"- {item}" for item in items)
