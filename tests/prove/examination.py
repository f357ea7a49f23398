"""Mutants handed in as answers, to the hidden cases alone, through otter's own loader.

Twice: against the real reference, as a student's error would be; and with the mutant also in the place of the
reference, as an author's error would be, when only properties and known values can tell.
"""

from __future__ import annotations

import contextlib
import importlib
import sys
import tomllib
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import matplotlib.pyplot as plt
import numpy as np

import solutions.vaes_and_gans as references
from tests.graders.vaes_and_gans.judging import NAMES, ROOT, case_file, judge
from tests.prove import pool
from tests.prove.mutants import Mutant, affected, load

IMPORT = "the module does not even run"
NO_END = "no end within the limits of time and memory"
SURVIVED = ""

LISTED = Path(__file__).with_name("survivors.toml")


@dataclass(frozen=True)
class Listed:
    """A survivor that is known, and why it is none of the hidden tests' business, or that it still is."""

    reason: str
    equivalent: bool


def listed() -> dict[str, Listed]:
    """The survivors that are accounted for, by the id of the mutant."""
    found: dict[str, Listed] = {}
    for kind, groups in tomllib.loads(LISTED.read_text(encoding="utf-8")).items():
        for group in groups:
            for mutant in group["mutants"]:
                if mutant in found:
                    raise ValueError(f"{LISTED.name} lists twice: {mutant}")
                found[mutant] = Listed(group["reason"], kind == "equivalent")
    return found


@dataclass(frozen=True)
class Task:
    """A mutant to judge; `everywhere` puts it also in the place of the reference."""

    mutant: Mutant
    everywhere: bool = False


def killers(tasks: Sequence[Task]) -> list[str]:
    """What each mutant dies of: the first hidden case that it loses points in; `SURVIVED` if there is none."""
    return [NO_END if found is None else found for found in pool.outcomes(killer, tasks)]


def killer(task: Task) -> str:
    """What one mutant dies of, found in this process."""
    part = task.mutant.part
    names = affected(part, task.mutant.scope, NAMES[part])
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            answers = load(part, task.mutant.source)
            given = {name: getattr(answers, name) for name in NAMES[part]}
        except Exception:
            return IMPORT
        if not task.everywhere:
            return _first_lost(part, given, _seeing(case_file(part).test_cases, names))
        with _as_reference(part, load(part, task.mutant.source)):
            try:
                path = str(ROOT / f"graders/vaes_and_gans/{part}.py")
                cases = type(case_file(part)).from_file(path).test_cases
            except Exception:
                return IMPORT
            first = _seeing(cases, names)
            return _first_lost(part, given, [*first, *(case for case in cases if case not in first)])


def _seeing(cases: Sequence[Any], names: set[str]) -> list[Any]:
    return [case for case in cases if names & set(case.body._get_func_params())]


def _first_lost(part: str, answers: dict[str, Any], cases: Sequence[Any]) -> str:
    try:
        for case in cases:
            if case.hidden and case.points > 0 and not judge(part, answers, [case])[0].passed:
                return str(case.name)
    finally:
        plt.close("all")
    return SURVIVED


@contextlib.contextmanager
def _as_reference(part: str, module: ModuleType) -> Iterator[None]:
    name = f"{references.__name__}.{part}"
    right = importlib.import_module(name)
    sys.modules[name] = module
    setattr(references, part, module)
    try:
        yield
    finally:
        sys.modules[name] = right
        setattr(references, part, right)
