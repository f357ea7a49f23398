from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders.results.similarity import alike, identical
from tests.graders.results import synthetic

TEMPLATE = "def kl(p, q):\n    '''What it is.'''\n    ...\n"
CODE = """
def kl(p, q):
    p, q = np.asarray(p, float), np.asarray(q, float)
    if p.shape != q.shape or (p < 0).any() or abs(p.sum() - 1) > 1e-8:
        raise ValueError("no distribution")
    with np.errstate(all="ignore"):
        terms = np.where(p > 0, p * (np.log(p) - np.log(q)), 0.0)
    return float(terms.sum()) if np.isfinite(terms).all() else np.inf
"""
DISGUISED = "# my own work\n" + re.sub(r"\b(p|q|terms)\b", r"\1_of_mine", CODE).replace("1e-8", "1e-9")
DISGUISED = DISGUISED.replace('"no distribution"', "f'?'").replace(" = ", "   =   ")
OTHER = """
def kl(p, q):
    total = 0
    for one, other in zip(p, q):
        if one:
            total += one * math.log(one / other) if other else math.inf
    return total
"""


def test_files_that_are_the_same() -> None:
    assert identical(["a", "b", "", "a", "c", "b", "a", ""]) == [(0, 3, 6), (1, 5)]


def test_a_copy_is_seen_whatever_it_is_called() -> None:
    (pair,) = alike([{"q1": CODE}, {"q1": OTHER}, {"q1": DISGUISED}], {})
    assert pair.places == (0, 2)
    (passage,) = pair.passages
    ((start, end),) = passage.spans[0]
    assert passage.codes[0][start:end].count("\n") > 5, "most of it is marked"


def test_what_the_template_has_is_no_sign() -> None:
    assert alike([{"q1": CODE}, {"q1": CODE}], {"q1": [CODE]}) == []
    assert alike([{"q1": TEMPLATE + OTHER}, {"q1": TEMPLATE + CODE}], {"q1": [TEMPLATE]}) == []


def test_how_many_solve_it_is_no_sign() -> None:
    assert alike([{"q1": CODE} for _ in range(9)], {}) == []


def test_a_class_of_two_thousand_is_quick_and_has_its_copies() -> None:
    standings = synthetic.cohort(2_000).standings
    codes = [{name: "\n".join(cells) for name, cells in each.record.code.items()} for each in standings]
    before = time.process_time()
    pairs = alike(codes, {})
    assert time.process_time() - before < 20, "some 3 s where nothing else runs"
    names = [{standings[place].record.file.split("_")[1] for place in pair.places} for pair in pairs]
    assert {"1004", "1005"} in names and {"1008", "1009"} in names and len(pairs) == 2


@pytest.mark.parametrize(
    "code", ["'" * 5000, '"""' + "\\" * 5000, "(" * 5000, "\x00" * 50, "f'{" * 2000, "é" * 9000]
)
def test_no_code_takes_long(code: str) -> None:
    before = time.process_time()
    alike([{"q1": code}, {"q1": code}], {})
    assert time.process_time() - before < 2


@given(st.lists(st.text("ab'\"#\n\\ .(1"), max_size=4))
def test_any_text_is_code(texts: list[str]) -> None:
    for pair in alike([{"q1": text * 9} for text in texts], {}):
        for passage in pair.passages:
            for text, spans in zip(passage.codes, passage.spans, strict=True):
                assert all(0 <= start < end <= len(text) for start, end in spans)
