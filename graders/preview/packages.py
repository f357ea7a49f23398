"""Packages that are missing where notebooks are graded: all but Python's own and what the grader needs."""

from __future__ import annotations

import importlib.metadata
import re
import sys
from collections.abc import Iterator

from graders.preview.finding import Finding
from graders.preview.saved import Saved

_PACKAGE = "vaegan"
_REQUIREMENT = re.compile(r"([\w.-]+)\s*(?:\[([\w., -]+)\])?([^;]*)(?:;(.*))?")
_EXTRA = re.compile(r"extra\s*==\s*['\"]([\w.-]+)['\"]")


def missing(saved: Saved) -> Iterator[Finding]:
    """The imports of a notebook that fail where only the grader and what it needs are installed."""
    there = installed()
    if not there:
        return
    told: set[str] = set()
    for statement in saved.statements:
        for package, line in statement.imports.items():
            if package in there or package in told:
                continue
            told.add(package)
            beside = saved.path.parent / f"{package}.py"
            remedy = (
                f"{beside.name} is not handed in with the notebook. Copy what you need of it into a cell."
                if beside.is_file()
                else "it is missing where notebooks are graded. Do without it, or with what the assignment allows."
            )
            text = f"cell {statement.cell}, line {line} imports `{package}`: {remedy}"
            yield Finding(text, saved.line(statement.cell, line))


def installed() -> frozenset[str]:
    """The modules that are wherever the grader is; empty where it is not installed as a package."""
    needed: set[str] = set()
    todo = [(_PACKAGE, frozenset[str]())]
    while todo:
        name, extras = todo.pop()
        try:
            requirements = importlib.metadata.requires(name) or ()
        except importlib.metadata.PackageNotFoundError:
            continue
        needed.add(_normal(name))
        for text in requirements:
            match = _REQUIREMENT.match(text)
            assert match
            wanted = set(_EXTRA.findall(match[4] or ""))
            if (not wanted or wanted & extras) and _normal(match[1]) not in needed:
                todo.append((match[1], frozenset(re.findall(r"[\w.-]+", match[2] or ""))))
    if not needed:
        return frozenset()
    found = importlib.metadata.packages_distributions().items()
    modules = {module for module, distributions in found if needed & {*map(_normal, distributions)}}
    return frozenset(modules | sys.stdlib_module_names | {"otter"})


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
