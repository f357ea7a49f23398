"""Does the student folder hold anything that only graders may know?

Texts are compared without white space and quotes, so that neither formatting nor JSON hides a leak. What counts as
secret: the statements of the solutions, the statements and names of hidden cases, and the reference expressions,
as printed and in any other form.
"""

from __future__ import annotations

import ast
import importlib
import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sympy as sp

from graders.assignment import Assignment, Part
from graders.build import Distribution, seed_of
from graders.cases import parse, read_cases
from graders.check import formulas

# Shorter than this, a statement says nothing: `return value`.
SHORTEST = 14
# Declared symbols and the notation of integrals and sums are in the template, too: they answer nothing.
NOTATION = {
    f"sp.{name}" for name in ("symbols", "Symbol", "Function", "IndexedBase", "Idx", "Integral", "Sum", "Product")
}


def student_folder(assignment: Assignment, made: Distribution) -> Iterator[str]:
    """Search every file below the student folder, notebook metadata and zip entries included."""
    texts = [
        (place, text)
        for path in sorted(made.student.rglob("*"))
        if path.is_file()
        for place, text in _texts(path.relative_to(made.student).as_posix(), path.read_bytes())
    ]
    squeezed = [(place, _squeeze(text)) for place, text in texts]
    for secret, origin in _secrets(assignment):
        for place, text in squeezed:
            if secret in text:
                yield f"student/{place} holds {origin}: {secret[:60]}"
    for path in sorted(made.judge.rglob("*.py")):
        for name in _contract_names(path, assignment):
            yield f"student/{path.relative_to(made.student)} says {name}: the judge knows no assignment"
    seed = str(seed_of(assignment))
    for place, text in texts if len(seed) > 3 else []:
        if re.search(rf"\b{seed}\b", text):
            yield f"student/{place} holds the seed of the hidden inputs"
    for part in assignment.graded:
        for name, value in _expressions(assignment, part).items():
            for place, text in texts:
                if formula := formulas.reveals(text, value):
                    yield f"student/{place} holds the answer to {name} ({part.name}): {formula}"


def _contract_names(path: Path, assignment: Assignment) -> list[str]:
    asked = {name for part in assignment.graded for name in part.names}
    return sorted(asked.intersection(re.findall(r"\w+", path.read_text(encoding="utf-8"))))


def _texts(place: str, data: bytes) -> Iterator[tuple[str, str]]:
    if zipfile.is_zipfile(io.BytesIO(data)):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name in archive.namelist():
                yield from _texts(f"{place}/{name}", archive.read(name))
        return
    text = data.decode("utf-8", errors="replace")
    if Path(place).suffix != ".ipynb":
        yield place, text
        return
    notebook = json.loads(text)
    for number, cell in enumerate(notebook.pop("cells")):
        yield f"{place}, cell {number + 1}", "".join(cell.pop("source"))
        yield f"{place}, cell {number + 1}, metadata and outputs", "\n".join(_strings(cell))
    yield f"{place}, metadata", "\n".join(_strings(notebook))


def _strings(data: Any) -> Iterator[str]:
    if isinstance(data, dict):
        for key, value in data.items():
            yield str(key)
            yield from _strings(value)
    elif isinstance(data, list):
        for value in data:
            yield from _strings(value)
    else:
        yield str(data)


def _squeeze(text: str) -> str:
    return re.sub(r"[\s\"'\\]", "", text)


def _secrets(assignment: Assignment) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for part in assignment.graded:
        for origin, text in [*_solution(assignment, part), *_hidden(assignment, part), *_values(assignment, part)]:
            secret = _squeeze(text)
            if len(secret) >= SHORTEST and secret not in seen:
                seen.add(secret)
                yield secret, origin


def _solution(assignment: Assignment, part: Part) -> Iterator[tuple[str, str]]:
    path = assignment.solution(part)
    source = path.read_text(encoding="utf-8")
    for node in ast.walk(parse(path)):
        if not isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Return | ast.Expr):
            continue
        value = node.value
        if value is None or _says_nothing(value):
            continue
        origin = f"a line of {path.name} (line {node.lineno})"
        yield origin, ast.get_source_segment(source, node) or ""
        yield origin, ast.unparse(node)
        yield origin, ast.get_source_segment(source, value) or ""


def _says_nothing(value: ast.expr) -> bool:
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Call):
        return _says_nothing(value.func)  # a function applied to its variable: sp.Function("p")(x)
    if isinstance(value, ast.Call) and ast.unparse(value.func) in NOTATION:
        return not any(
            isinstance(node, ast.BinOp | ast.Call) for argument in value.args for node in ast.walk(argument)
        )
    return all(
        isinstance(node, ast.Constant | ast.Name | ast.Tuple | ast.expr_context) for node in ast.walk(value)
    )


def _hidden(assignment: Assignment, part: Part) -> Iterator[tuple[str, str]]:
    path = assignment.tests(part)
    for case in read_cases(path):
        if not case.hidden:
            continue
        origin = f"the hidden case {case.name!r} of {path.name}"
        yield origin, case.name
        yield origin, f"def {case.function.name}("
        for statement in case.function.body:
            yield origin, ast.unparse(statement)


def _values(assignment: Assignment, part: Part) -> Iterator[tuple[str, str]]:
    for name, value in _references(assignment, part).items():
        origin = f"the reference value of {name}"
        if isinstance(value, sp.Basic):
            yield from ((origin, text) for text in (str(value), sp.latex(value), sp.srepr(value)))
        elif isinstance(value, list):  # the first and the last line of a derivation are on the sheet
            yield from ((origin, text) for line in value[1:-1] for text in (str(line), sp.latex(line)))
        elif not callable(value):
            yield origin, repr(value)


def _references(assignment: Assignment, part: Part) -> dict[str, Any]:
    module = importlib.import_module(f"solutions.{assignment.name}.{part.name}")
    return {name: getattr(module, name, None) for name in part.names}


def _expressions(assignment: Assignment, part: Part) -> dict[str, sp.Expr]:
    references = _references(assignment, part)
    return {name: value for name, value in references.items() if isinstance(value, sp.Expr)}
