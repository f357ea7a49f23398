"""Is the contract (assignment.toml) what the template asks and what the tests pay?"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from graders.assignment import Assignment
from graders.cases import read_cases, read_text
from graders.master import defined_names, model_answer, read_template


def names(assignment: Assignment) -> Iterator[str]:
    """Each name of a part is stubbed exactly once, in a cell of that part, and named in the prose."""
    template = read_template(assignment)
    prose = "\n".join(cell.source for cell in template.cells if cell.cell_type == "markdown")
    for part in assignment.graded:
        stubs = [
            c.source for c in template.cells if c.cell_type == "code" and c.metadata.get("question") == part.name
        ]
        stubbed = Counter(name for stub in stubs for name in defined_names(stub))
        for name in part.names:
            if stubbed[name] != 1:
                yield f"{assignment.template}: {part.name} must have one stub of {name}, it has {stubbed[name]}"
            if not re.search(rf"`{name}\b", prose):
                yield f"{assignment.template}: the text never explains `{name}` ({part.name})"
        for name in stubbed.keys() - set(part.names):
            yield f"{assignment.template}: {part.name} stubs {name}, which assignment.toml does not ask for"
        judged = {name for case in read_cases(assignment.tests(part)) if case.hidden for name in case.parameters}
        for name in sorted(set(part.names) - judged):
            yield f"{assignment.tests(part)}: no hidden case judges {name}"


def points(assignment: Assignment) -> Iterator[str]:
    """Headings, test files and the contract give each part the same points, and all sum to the total."""
    total = sum(part.points for part in assignment.parts)
    if total != assignment.points:
        yield f"{assignment.contract}: the parts sum to {total:g} points, the total is {assignment.points:g}"
    for part in assignment.graded:
        path = assignment.tests(part)
        cases = read_cases(path)
        for case in cases:
            if case.points is None or case.points < 0 or (2 * case.points) % 1:
                yield f"{path}: {case.name}: give points=, an integer or a half, not {case.points}"
        paid = sum(case.points or 0 for case in cases)
        if paid != part.points:
            yield f"{path}: the cases sum to {paid:g} points, assignment.toml says {part.points:g}"
    headings = [
        float(found)
        for found in re.findall(
            r"^#+ .*\((\d+(?:\.5)?) points?\)\s*$", read_text(assignment.template), flags=re.MULTILINE
        )
    ]
    if headings != [part.points for part in assignment.parts]:
        yield (
            f"{assignment.template}: the headings promise {headings} points, "
            f"assignment.toml {[part.points for part in assignment.parts]}"
        )


def written(assignment: Assignment) -> Iterator[str]:
    """Each written part has a model answer, and a rubric that sums to its points."""
    text = read_text(assignment.written)
    for part in assignment.parts:
        if not part.written:
            continue
        model_answer(assignment, part)
        found = re.search(
            rf"^## {part.name}\s*$.*?^### Rubric\s*$(.*?)(?=^## |\Z)", text, flags=re.MULTILINE | re.DOTALL
        )
        marks = re.findall(r"^\|\s*(\d+(?:\.5)?)\s*\|", found.group(1), flags=re.MULTILINE) if found else []
        total = sum(map(float, marks))
        if total != part.points:
            yield f"{assignment.written}: the rubric of {part.name} sums to {total:g} points, not {part.points:g}"
