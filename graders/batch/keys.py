"""What a result depends on, as keys of the store: all that decides it, so that nothing stale is taken for it."""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import sys
from collections.abc import Iterable
from pathlib import Path

import graders
from graders.batch.autograder import Autograder
from graders.isolation.limits import Limits

_LIBRARIES = ("numpy", "sympy", "python-flint", "matplotlib", "ipython", "otter-grader")
_PACKAGES = Path(graders.__file__).resolve().parents[1]
# what runs a submission; the rest only judges it
_READING = ("archives", "documents", "jupyter", "kinds", "notebooks", "texts", "wanted")
_RUNNING = (
    "graders/isolation",
    "graders/answers/expression.py",
    *(f"graders/batch/{module}.py" for module in _READING),
)


def ran_with(plan: str, autograder: Autograder, limits: Limits, level: str) -> str:
    """What a transcript depends on, apart from the submission: a notebook of another assignment is not run.

    Which notebook of several is run, and which of its statements, depends on the one that students got.
    """
    cells = autograder.released.cells if autograder.released else ()
    released = repr([(cell.kind, cell.source) for cell in cells] + sorted(autograder.stubs))
    return _joined([plan, repr(autograder.assignment), released, repr(limits), level, _code(_RUNNING)])


def judged_with(ran: str, autograder: str, seed: int) -> str:
    """What a record depends on besides: the autograder by its digest, the judges, the references, the seed."""
    return _joined([ran, autograder, str(seed), _code(("graders", "solutions"))])


def _joined(parts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


@functools.cache
def _code(places: tuple[str, ...]) -> str:
    """The digest of our code at these places, and of the libraries that it runs on."""
    digest = hashlib.sha256(sys.version.encode())
    for name in _LIBRARIES:
        digest.update(f"{name} {importlib.metadata.version(name)}\n".encode())
    for place in places:
        root = _PACKAGES / place
        for path in [root] if root.is_file() else sorted(root.rglob("*.py")):
            digest.update(f"{path.relative_to(_PACKAGES)}\n".encode() + path.read_bytes())
    return digest.hexdigest()
