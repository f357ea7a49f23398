"""autograder.zip as the grading commands see it: its tests, and what each question is worth."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import inspect
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from graders.batch import notebooks, sheet
from graders.batch.notebooks import Notebook, Wanted
from graders.batch.pictures import without_pictures
from graders.batch.sheet import Sheet
from graders.errors import SetupError
from graders.isolation import stubs
from graders.isolation.stubs import Stubs

_ANSWER_CELL = "otter_answer_cell"

CONFIG = "otter_config.json"
# the notebook as students got it, by which it is known what they wrote
RELEASED = "released.ipynb"
# decides the hidden inputs; a number that the build takes from a file that is not published
SEED = "seed.txt"
# for who marks the written parts; it judges nothing
RUBRIC = "written.md"
REMEDY = "Build it with `vaegan build`; it is dist/ASSIGNMENT/autograder.zip."


@dataclass(frozen=True)
class Autograder:
    """The tests of an assignment, by question, and what otter's configuration says of it."""

    path: Path
    digest: str
    assignment: str | None
    seed: int | None
    tests: Mapping[str, Any]
    sheet: Sheet
    rubric: str = ""
    """Model answers and rubrics of the written parts, as Markdown."""
    released: Notebook | None = None
    """The notebook as students got it; zips of before have none."""

    @cached_property
    def stubs(self) -> Stubs:
        """What students got to fill in."""
        cells = self.released.cells if self.released else ()
        return stubs.released(c.source for c in cells if c.kind == "code" and _ANSWER_CELL in c.tags)

    @cached_property
    def pictures(self) -> Mapping[str, str]:
        """The notebook's own cells that show something to people, and what is left of them for grading."""
        cells = self.released.cells if self.released else ()
        return without_pictures(cell.source for cell in cells if cell.kind == "code")

    @cached_property
    def wanted(self) -> Wanted:
        """By what its notebooks are told from others."""
        cells = self.released.cells if self.released else ()
        names = tuple(dict.fromkeys(self.stubs.values()))
        return Wanted(self.assignment, names, frozenset(cell.source.strip() for cell in cells))

    @property
    def possible(self) -> dict[str, float]:
        """The points of each question."""
        return {name: float(test_file.possible) for name, test_file in self.tests.items()}


@functools.lru_cache(maxsize=4)
def load(path: Path) -> Autograder:
    """Read an autograder, zipped or as the folder that otter unpacked, and run its test files, once in a process.

    Raises SetupError when it is missing, is no zip, or is not an autograder of otter.
    """
    try:
        entries = _folder_entries(path) if path.is_dir() else _zip_entries(path)
        rubric = entries.pop(RUBRIC, b"").decode("utf-8")
        digest = _digest(entries)
        config = json.loads(entries.pop(CONFIG))
        seed = int(entries.pop(SEED)) if SEED in entries else None
        described = entries.pop(sheet.FILE_NAME, b"").decode("utf-8")
        listed = sheet.from_json(described) if described else None
        released = notebooks.read(entries.pop(RELEASED)) if RELEASED in entries else None
        sources = {name: content.decode("utf-8") for name, content in sorted(entries.items()) if _is_test(name)}
    except FileNotFoundError:
        raise SetupError(f"{path} does not exist. {REMEDY}") from None
    except (OSError, zipfile.BadZipFile, KeyError, TypeError, ValueError, notebooks.NotReadable) as error:
        raise SetupError(f"{path} is not an autograder ({error}). {REMEDY}") from error
    if not sources or not isinstance(config, dict):
        raise SetupError(f"{path} holds no tests. {REMEDY}")
    tests = dict(_test_file(path, name, source) for name, source in sources.items())
    assignment = config.get("assignment_name")
    if listed is None:
        parts = (sheet.Part(name, name, float(test.possible), _names(test)) for name, test in tests.items())
        listed = Sheet(assignment or "", tuple(parts))
    return Autograder(path, digest, assignment, seed, tests, listed, rubric, released)


def seed_in(path: Path) -> int | None:
    """The seed of an autograder, read without its tests; None where there is none."""
    with contextlib.suppress(OSError, KeyError, ValueError, zipfile.BadZipFile), zipfile.ZipFile(path) as archive:
        return int(archive.read(SEED))
    return None


def _zip_entries(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _folder_entries(folder: Path) -> dict[str, bytes]:
    ours = (folder / name for name in (SEED, sheet.FILE_NAME, RELEASED, RUBRIC))
    paths = [folder / CONFIG, *filter(Path.exists, ours), *(folder / "tests").glob("*.py")]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def _names(test_file: Any) -> tuple[str, ...]:
    """The student's names that the cases of a test file take."""
    taken = (inspect.signature(case.body.test_func).parameters for case in test_file.test_cases)
    return tuple(dict.fromkeys(name for parameters in taken for name in parameters))


def _digest(entries: Mapping[str, bytes]) -> str:
    """What tells this autograder from others: all that is in it, whenever it was packed."""
    digest = hashlib.sha256()
    for name, content in sorted(entries.items()):
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def _is_test(name: str) -> bool:
    return name.startswith("tests/") and name.endswith(".py")


def _test_file(path: Path, name: str, source: str) -> tuple[str, Any]:
    from otter.test_files import ExceptionTestFile

    try:
        test_file = ExceptionTestFile.from_string(source, path=name)
    except Exception as error:  # a test file is code: anything may be wrong with it
        raise SetupError(f"{path}: {name} cannot be loaded: {type(error).__name__}: {error}") from error
    return test_file.name, test_file
