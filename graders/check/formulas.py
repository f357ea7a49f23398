"""Formulas in a text, whatever their form: what a search for strings would miss.

`1/(1 + p_g/p_r)` in a sentence, `\\frac{p_r}{p_g + p_r}` in LaTeX or `p_r / (p_r + p_g)` in a comment all give
the same answer away. Whatever reads as a formula in the symbols of an answer is compared as mathematics.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import sympy as sp

from graders.answers import parse, symbolic
from graders.answers.verdict import Wrong

FUNCTIONS = {"log", "ln", "exp", "sqrt", "tanh", "sinh", "cosh", "Rational"}
# No formula of a tutorial needs more words; without a bound a page of them would take minutes.
MOST_WORDS = 24


def reveals(text: str, answer: sp.Expr) -> str:
    """The first formula of the text that equals the answer wherever its symbols are in (0, 1), or ""."""
    symbols = sorted(symbol.name for symbol in answer.free_symbols)
    domains = dict.fromkeys(symbols, "probability")
    for formula in _formulas(text, {*symbols, *FUNCTIONS}):
        if not all(re.search(rf"\b{symbol}\b", formula) for symbol in symbols):
            continue
        try:
            if symbolic.compare(parse.parse(formula), answer, domains).verdict == symbolic.EQUAL:
                return formula
        except Wrong:
            continue  # no formula after all
    return ""


def _formulas(text: str, vocabulary: set[str]) -> Iterator[str]:
    for line in re.split(r"[\n=`;:$\"']|\.\s|,\s", _without_latex(text)):
        words: list[str] = []
        for word in [*line.split(), ""]:
            if word and set(re.findall(r"[^\W\d]\w*", word)) <= vocabulary:
                words.append(word)
                continue
            yield from _spans(words)
            words = []


def _spans(words: list[str]) -> Iterator[str]:
    for start in range(len(words)):
        for end in range(min(len(words), start + MOST_WORDS), start, -1):
            span = " ".join(words[start:end])
            if re.search(r"[-+*/]", span) and span.count("(") == span.count(")"):
                yield span


def _without_latex(text: str) -> str:
    text = re.sub(r"\b(sp|np|sympy|numpy|math)\.", "", text)
    text = re.sub(r"\\(left|right|big|Big|,|;|!)", "", text).replace("\\cdot", "*")
    before = ""
    while text != before:
        before, text = text, re.sub(r"\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}", r"((\1)/(\2))", text)
    return re.sub(r"_\{(\w+)\}", r"_\1", text).replace("\\", "")
