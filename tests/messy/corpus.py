"""Notebooks as students hand them in: golden folders, one situation each, made into the files of a class.

A folder below `situations/` is one student. `expected.json` says why it is there, which file makes the row, its
status, the points of each question, and the feedback lines. All other files are handed in, in folders as they
stand: `NAME.cells` becomes the notebook NAME of the cells in it (separated by `# %%`, `# %% [markdown]` or
`# %% [answer]`), `NAME.given` the file NAME, and a folder whose name ends in `.zip` a zip. `notebook` in
`expected.json` replaces fields of its notebooks.
"""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

FOLDER = Path(__file__).parent / "situations"
ASSIGNMENT = Path(__file__).parent / "assignment"
NAME = "messy"
FULL = {"q1": 1.0, "q2": 3.0, "q3": 2.0}
_MARKER = re.compile(r"^# %%(?: \[(\w+)\])?\n", re.MULTILINE)


@dataclass(frozen=True)
class Situation:
    """One folder of the corpus."""

    name: str
    folder: Path
    expected: Mapping[str, Any]

    @property
    def file(self) -> str:
        """The name of its row."""
        return f"{self.name}/{self.expected['file']}"

    @property
    def points(self) -> dict[str, float]:
        """What it deserves."""
        return {question: float(points) for question, points in self.expected["points"].items()}


def situations() -> list[Situation]:
    """All of them."""
    return [
        Situation(file.parent.name, file.parent, json.loads(file.read_text(encoding="utf-8")))
        for file in sorted(FOLDER.glob("*/expected.json"))
    ]


def write_autograder(path: Path) -> None:
    """An autograder.zip with the tests of the small tutorial and its notebook as students got it."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("otter_config.json", json.dumps({"assignment_name": NAME}))
        released = (ASSIGNMENT / "released.cells").read_text(encoding="utf-8")
        archive.writestr("released.ipynb", json.dumps(notebook(released, {})))
        for test in sorted(ASSIGNMENT.glob("*.py")):
            archive.writestr(f"tests/{test.name}", test.read_text(encoding="utf-8"))


def write(situation: Situation, folder: Path) -> None:
    """Hand a situation in, in a student's folder."""
    for name, content in _files(situation):
        (inside := folder / situation.name / name).parent.mkdir(parents=True, exist_ok=True)
        inside.write_bytes(content)
    for path in sorted((folder / situation.name).glob("*.zip")):
        _pack(path)


def _pack(folder: Path) -> None:
    """Make a zip of a folder that is called one."""
    unpacked = folder.rename(folder.with_suffix(".unpacked"))
    with zipfile.ZipFile(folder, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(unpacked.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(unpacked))
                path.unlink()
    for path in [*sorted((each for each in unpacked.rglob("*")), reverse=True), unpacked]:
        path.rmdir()


def _files(situation: Situation) -> Iterator[tuple[PurePosixPath, bytes]]:
    for path in sorted(situation.folder.rglob("*")):
        name = PurePosixPath(path.relative_to(situation.folder))
        if path.suffix == ".cells":
            made = notebook(path.read_text(encoding="utf-8"), situation.expected.get("notebook", {}))
            yield name.with_suffix(""), json.dumps(made).encode()
        elif path.suffix == ".given":
            yield name.with_suffix(""), path.read_bytes()


def notebook(text: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The notebook of these cells, with some fields replaced; in format 3 where they say so."""
    first, *rest = _MARKER.split(text)
    assert not first
    listed = [
        _cell(kind or "code", source.strip("\n")) for kind, source in zip(rest[::2], rest[1::2], strict=True)
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    made = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"otter": {"assignment_name": NAME}, "kernelspec": kernel},
        "cells": listed,
        **fields,
    }
    if made["nbformat"] == 3:
        for cell in listed:
            if cell["cell_type"] == "code":
                cell["input"] = cell.pop("source")
        made["worksheets"] = [{"cells": made.pop("cells")}]
    return made


def _cell(kind: str, source: str) -> dict[str, Any]:
    cell = {"cell_type": kind, "metadata": {}, "source": source.splitlines(keepends=True)}
    if kind == "markdown":
        return cell
    tags = ["otter_answer_cell"] if kind == "answer" else []
    return {**cell, "cell_type": "code", "metadata": {"tags": tags}, "outputs": [], "execution_count": None}
