"""A stale result is never taken for one: whatever decides it is in its key."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from graders.batch import keys
from graders.batch.autograder import Autograder
from graders.batch.notebooks import Cell, Notebook
from graders.batch.sheet import Sheet
from graders.isolation.limits import Limits

A = Autograder(Path("a.zip"), "", "a", None, {}, Sheet("a", ()))
STUB, OTHER = Cell("code", "x = ...", frozenset({"otter_answer_cell", "more"})), Cell("code", "x = ...")


def test_each_part_is_in_the_key() -> None:
    limits = Limits()
    ran = [keys.ran_with("plan", A, limits, "full"), keys.ran_with("other", A, limits, "full")]
    ran += [keys.ran_with("plan", replace(A, assignment="b"), limits, "full")]
    ran += [keys.ran_with("plan", replace(A, released=Notebook((STUB,))), limits, "full")]
    ran += [keys.ran_with("plan", replace(A, released=Notebook((OTHER,))), limits, "full")]
    ran += [keys.ran_with("plan", A, replace(limits, call_seconds=9), "full")]
    ran += [keys.ran_with("plan", A, limits, "none")]
    judged = [keys.judged_with(ran[0], "zip", 1), keys.judged_with(ran[0], "zip", 2)]
    judged += [keys.judged_with(ran[1], "zip", 1), keys.judged_with(ran[0], "another", 1)]
    assert len({*ran, *judged}) == len(ran) + len(judged)


@pytest.mark.parametrize(
    ("file", "runs_again"),
    [
        ("graders/isolation/cells.py", True),
        ("graders/isolation/wire.py", True),
        ("graders/batch/notebooks.py", True),
        ("graders/batch/texts.py", True),
        ("graders/answers/numeric.py", False),
        ("graders/batch/judging.py", False),
        ("solutions/vaes_and_gans/q1b.py", False),
    ],
)
def test_our_own_code_is_in_the_key(
    file: str, runs_again: bool, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "_PACKAGES", checkout)

    def now() -> list[str]:
        keys._code.cache_clear()
        ran = keys.ran_with("plan", A, Limits(), "full")
        return [ran, keys.judged_with(ran, "zip", 1)]

    before = now()
    path = checkout / file
    path.write_text(path.read_text(encoding="utf-8") + "# changed\n", encoding="utf-8")
    after = now()
    keys._code.cache_clear()
    assert (before[0] != after[0]) == runs_again and before[1] != after[1]
