"""Submissions that are worth a look together. What it means is for a person to say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from graders.results.page import Html, code, join, section, tag, unfold
from graders.results.sections import people
from graders.results.similarity import Pair, alike, identical
from graders.results.standing import Standing


def likeness(standings: Sequence[Standing], stubs: Mapping[str, Sequence[str]]) -> Html:
    """Identical files, and pairs with long passages in common; `stubs` are the template's cells of each part."""
    same = identical([each.record.sha256 for each in standings])
    copies = {place: group[0] for group in same for place in group}
    once = [_code(each) if copies.get(place, place) == place else {} for place, each in enumerate(standings)]
    pairs = alike(once, stubs)
    if not same and not pairs:
        return Html()
    parts = [
        tag(
            "p",
            "The same file, or passages that few others have, whatever names and layout they are given; what the "
            "template has is left out. Working together looks like this, and so do a common source and chance.",
            class_="dim",
        )
    ]
    if same:
        groups = [tag("li", join(_listed(standings, group))) for group in same]
        parts += [tag("h3", "The same file"), tag("ul", *groups)]
    if pairs:
        parts += [tag("h3", "Passages in common"), *(_pair(standings, each) for each in pairs)]
    return section("likeness", "Worth a look", *parts)


def _code(standing: Standing) -> dict[str, str]:
    return {question: "\n\n".join(cells) for question, cells in standing.record.code.items()}


def _listed(standings: Sequence[Standing], places: Sequence[int]) -> list[str]:
    links = [people.link(standings, place) for place in places]
    return [part for link in links for part in (link, ", ")][:-1]


def _pair(standings: Sequence[Standing], pair: Pair) -> Html:
    links = [people.link(standings, place) for place in pair.places]
    passages = [
        tag(
            "div",
            *(
                tag("figure", tag("figcaption", link, f" · {each.question}"), code(text, spans))
                for link, text, spans in zip(links, each.codes, each.spans, strict=True)
            ),
            class_="pair",
        )
        for each in pair.passages
    ]
    one, other = (standings[place].record for place in pair.places)
    summary = f"{one.student or one.file} and {other.student or other.file}"
    return unfold(f"{summary}: {', '.join(each.question for each in pair.passages)}", *passages)
