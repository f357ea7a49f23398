"""Submissions that are worth a second look: the same file, or long passages in common that few others have.

Winnowing (Schleimer, Wilkerson and Aiken, SIGMOD 2003): of all runs of `_RUN` tokens every window of `_WINDOW`
keeps one fingerprint, so that a common passage of `_RUN + _WINDOW - 1` tokens is never missed. Names that one
chooses, numbers, strings, comments and layout are no difference. What the template has is left out, and what many
have: the same exercise is solved in the same way. There is no score: two passages are to be read by a person.
"""

from __future__ import annotations

import functools
import itertools
import keyword
import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MAX_PAIRS = 20
MAX_PASSAGES = 3

_RUN = 12
_WINDOW = 6
# a fingerprint of more than so many, or of more than an eighth of the class, is how one solves the exercise
_MOST_SHARED = 24
_FEWEST = 12
_SHARE = 0.5
_MAX_CODE = 40_000

# strings first, since their prefixes look like names
_TOKEN = re.compile(
    r"""#[^\n]*"""
    r"""|[rbfuRBFU]{0,2}(?:\'{3}(?:[^\\]|\\.)*?(?:\'{3}|\Z)|"{3}(?:[^\\]|\\.)*?(?:"{3}|\Z)"""
    r"""|'(?:[^'\\\n]|\\.)*'?|"(?:[^"\\\n]|\\.)*"?)"""
    r"""|\.?[^\W\d]\w*|\d[\w.]*|[^\s\w]""",
    re.DOTALL,
)
_POWERS = np.array([pow(0x9E3779B97F4A7C15, power, 2**64) for power in range(_RUN)], np.uint64)

Span = tuple[int, int]


@dataclass(frozen=True)
class Passage:
    """What two submissions have in common in a question: the code of each, and the spans of characters."""

    question: str
    codes: tuple[str, str]
    spans: tuple[tuple[Span, ...], tuple[Span, ...]]


@dataclass(frozen=True)
class Pair:
    """Two submissions, by their place in the class, with the passages, the longest first."""

    places: tuple[int, int]
    passages: tuple[Passage, ...]


def identical(digests: Sequence[str]) -> list[tuple[int, ...]]:
    """The places of those that are the same file, by the digests of the files, the largest groups first."""
    places = defaultdict(list)
    for place, digest in enumerate(digests):
        if digest:
            places[digest].append(place)
    groups = [tuple(group) for group in places.values() if len(group) > 1]
    return sorted(groups, key=lambda group: (-len(group), group))


def alike(codes: Sequence[Mapping[str, str]], stubs: Mapping[str, Sequence[str]]) -> list[Pair]:
    """The pairs that have the most in common, of submissions given by their code of each question.

    `stubs` are the template's cells of each question. At most `MAX_PAIRS`.
    """
    given = frozenset().union(*(_runs(cell) for cells in stubs.values() for cell in cells))
    prints = [_fingerprints("\n".join(code.values())) - given for code in codes]
    owners = defaultdict(list)
    for place, fingerprints in enumerate(prints):
        for each in fingerprints:
            owners[each].append(place)
    most = max(2, min(_MOST_SHARED, len(codes) // 8))
    few = [places for places in owners.values() if len(places) <= most]
    rare = Counter(itertools.chain.from_iterable(few))
    shared = Counter(pair for places in few for pair in itertools.combinations(places, 2))
    suspects = [
        (count, pair)
        for pair, count in shared.items()
        if count >= _FEWEST and count >= _SHARE * min(rare[pair[0]], rare[pair[1]])
    ]
    chosen = sorted(suspects, key=lambda each: (-each[0], each[1]))[:MAX_PAIRS]
    return [_pair(places, codes, given) for _, places in chosen]


def _pair(places: tuple[int, int], codes: Sequence[Mapping[str, str]], given: frozenset[int]) -> Pair:
    passages = []
    for question in sorted(codes[places[0]].keys() & codes[places[1]].keys()):
        one, other = (codes[place][question][:_MAX_CODE] for place in places)
        common = (_runs(one) & _runs(other)) - given
        if common:
            passages.append(Passage(question, (one, other), (_spans(one, common), _spans(other, common))))
    passages.sort(key=lambda each: -sum(end - start for start, end in each.spans[0]))
    return Pair(places, tuple(passages[:MAX_PASSAGES]))


def _spans(text: str, common: frozenset[int]) -> tuple[Span, ...]:
    """Where the runs of tokens are in a text, joined where they overlap."""
    places = [token.span() for token in _TOKEN.finditer(text[:_MAX_CODE]) if _number(token[0])]
    joined: list[Span] = []
    for first, run in enumerate(_hashes(text).tolist()):
        if run in common:
            start, end = places[first][0], places[first + _RUN - 1][1]
            if joined and start <= joined[-1][1]:
                joined[-1] = joined[-1][0], end
            else:
                joined.append((start, end))
    return tuple(joined)


def _fingerprints(text: str) -> frozenset[int]:
    hashes = _hashes(text)
    if len(hashes) < _WINDOW:
        return frozenset(hashes[:1].tolist())
    return frozenset(np.lib.stride_tricks.sliding_window_view(hashes, _WINDOW).min(axis=1).tolist())


def _runs(text: str) -> frozenset[int]:
    return frozenset(_hashes(text).tolist())


def _hashes(text: str) -> NDArray[np.uint64]:
    """A number for each run of tokens, the same on any machine."""
    numbers = np.array([*map(_number, _TOKEN.findall(text[:_MAX_CODE]))], np.uint64)
    tokens = numbers[numbers > 0]
    if len(tokens) < _RUN:
        return np.empty(0, np.uint64)
    mixed = np.lib.stride_tricks.sliding_window_view(tokens, _RUN) @ _POWERS
    return np.asarray((mixed ^ (mixed >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9), np.uint64)


@functools.lru_cache(maxsize=1 << 16)
def _number(token: str) -> int:
    """What a token counts as: 0 for a comment, which is none."""
    if token[0] == "#":
        return 0
    if token[-1] in "'\"" or token[0] in "'\"":
        token = "string"
    elif token[0].isdigit():
        token = "number"
    elif token.isidentifier() and not keyword.iskeyword(token):
        token = "name"
    return zlib.crc32(token.encode("utf-8", "surrogatepass")) + 1
