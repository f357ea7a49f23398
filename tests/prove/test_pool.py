"""Calls that hang, fail or take their process down cost themselves only."""

from __future__ import annotations

import os
import time

import pytest

from tests.prove.pool import outcomes


def trouble(kind: str) -> str:
    if kind == "hang":
        time.sleep(60)
    if kind == "die":
        os._exit(3)
    if kind == "fail":
        raise ValueError("no")
    return kind.upper()


def test_a_hang_or_a_dead_process_is_no_result_and_the_others_have_theirs() -> None:
    assert outcomes(trouble, ["a", "hang", "die", "b"], time_limit=1.0) == ["A", None, None, "B"]


def test_a_failure_of_ours_is_no_verdict() -> None:
    with pytest.raises(RuntimeError, match="ValueError: no"):
        outcomes(trouble, ["a", "fail"])


def test_nothing_to_do() -> None:
    assert outcomes(trouble, []) == []
