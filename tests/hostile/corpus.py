"""The hostile corpus: golden folders, one situation each, made into the files that a class hands in.

A folder holds `expected.json` (why, the honest score of each question, the status, how the file is put together)
and `cells.txt` (cells separated by `# %%`) or `submission.raw` (a file that is no notebook). Its name says
what happens. An attack that succeeds changes a score: the answer to q2 can only be known from the hidden test,
those to q5 from whoever tells guesses apart, and where `honest` is "same" the honest answers stand in the
attacker's own cell, below assertions that it failed. `race` says what chance decides; a question then has what it
deserves, or the honest score.
"""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "situations"
AUTOGRADER = Path(__file__).parent / "autograder"
ASSIGNMENT = "hostile"
INIT = 'import otter\ngrader = otter.Notebook("hostile.ipynb")'
CHECKS = [f'grader.check("{question}")' for question in ("q1", "q2", "q3", "q4", "q5")]
HONEST = {
    "square": "def square(x):\n    return x**2",
    "slope": 'import sympy\nslope = 2 * sympy.Symbol("a", positive=True)',
    "plot": (
        "def plot():\n"
        "    import matplotlib.pyplot\n"
        "    axes = matplotlib.pyplot.subplots()[1]\n"
        "    axes.plot([0, 1], [0, 1])\n"
        "    return axes"
    ),
}
FULL = {"q1": 2.0, "q2": 0.0, "q3": 2.0, "q4": 1.0, "q5": 0.0}


@dataclass(frozen=True)
class Situation:
    """One folder of the corpus."""

    category: str
    name: str
    folder: Path
    expected: Mapping[str, Any]

    @property
    def file(self) -> str:
        """The name of the file that is handed in."""
        return str(
            self.expected.get("file") or f"{self.category}-{self.name}{'.zip' if self.zipped else '.ipynb'}"
        )

    @property
    def zipped(self) -> bool:
        """Whether it is handed in as a zip."""
        return "zip" in self.expected

    @property
    def beside(self) -> Mapping[str, Any]:
        """Other files that are handed in, by name."""
        beside: Mapping[str, Any] = self.expected.get("beside", {})
        return beside

    @property
    def scores(self) -> dict[str, float]:
        """What it deserves."""
        return {"q5": 0.0, **{question: float(score) for question, score in self.expected["scores"].items()}}


def situations() -> list[Situation]:
    """All of them."""
    return [
        Situation(file.parent.parent.name, file.parent.name, file.parent, json.loads(file.read_text()))
        for file in sorted(FOLDER.glob("*/*/expected.json"))
    ]


def write_autograder(path: Path) -> None:
    """An autograder.zip with the corpus's own tests."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("otter_config.json", json.dumps({"assignment_name": ASSIGNMENT}))
        for test in sorted(AUTOGRADER.glob("*.py")):
            archive.writestr(f"tests/{test.name}", test.read_text())


def notebook(*cells: str) -> str:
    """A notebook of these code cells."""
    listed: list[dict[str, Any]] = [
        {
            "cell_type": "code",
            "id": f"c{i}",
            "metadata": {},
            "outputs": [],
            "execution_count": None,
            "source": cell,
        }
        for i, cell in enumerate(cells)
    ]
    metadata = {
        "otter": {"assignment_name": ASSIGNMENT},
        "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
    }
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": listed})


def honest_notebook() -> str:
    """What a student without ill will hands in."""
    return notebook(INIT, *HONEST.values(), *CHECKS)


def write(situation: Situation, folder: Path, places: Mapping[str, str]) -> Path:
    """Hand a situation in; `places` are paths that the attacker is told."""
    path = folder / situation.file
    path.parent.mkdir(parents=True, exist_ok=True)
    for name, content in situation.beside.items():
        (folder / name).write_text(content if isinstance(content, str) else content["repeat"] * content["times"])
    raw = situation.folder / "submission.raw"
    if situation.zipped:
        _write_zip(situation, path, places)
    elif raw.exists():
        path.write_bytes(raw.read_bytes())
    else:
        path.write_text(_notebook(situation, places), encoding="utf-8")
    return path


def _notebook(situation: Situation, places: Mapping[str, str]) -> str:
    text = _fill((situation.folder / "cells.txt").read_text(), places)
    cells = [cell.strip("\n") for cell in re.split(r"^# %%\n", text, flags=re.MULTILINE)]
    honest = situation.expected["honest"]
    others = [code for name, code in HONEST.items() if not re.search(rf"def {name}\(|\b{name} =", text)]
    if honest == "same":
        cells[-1] = "\n".join([cells[-1], *HONEST.values()])
    elif honest != "none":
        cells += list(HONEST.values()) if honest == "after" else others
    return notebook(INIT, *cells, *(check for check in CHECKS if check not in text))


def _write_zip(situation: Situation, path: Path, places: Mapping[str, str]) -> None:
    entries = dict(situation.expected["zip"])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        if "*notebook*" not in entries:
            text = _notebook(situation, places) if (situation.folder / "cells.txt").exists() else honest_notebook()
            archive.writestr("hostile.ipynb", text)
        for name, content in entries.items():
            if name == "*many*":
                for number in range(content):
                    archive.writestr(f"file{number}", "")
            elif isinstance(content, str):
                archive.writestr(_fill(name, places), _fill(content, places))
            elif content and "link" in content:
                entry = zipfile.ZipInfo(name)
                entry.external_attr = 0o120777 << 16
                archive.writestr(entry, _fill(content["link"], places))
            elif content:
                archive.writestr(name, content.get("start", "") + content["repeat"] * content["times"])


def _fill(text: str, places: Mapping[str, str]) -> str:
    for name, value in places.items():
        text = text.replace("{{" + name + "}}", value)
    return text
