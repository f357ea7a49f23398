"""The otter master notebook: the template with solutions, written model answers and public tests put in.

otter assign reads blocks that raw cells delimit, with their settings as YAML (JSON is
YAML, too). In the template a block is a cell's metadata `question="q1b"`:
everything from the first such cell to the last belongs to the question.
"""

from __future__ import annotations

import ast
import json
import re
from typing import Any

import jupytext
import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_raw_cell

from graders.assignment import Assignment, Part
from graders.batch import names, sheet
from graders.cases import parse, read_cases, read_text
from graders.errors import SetupError

# otter runs neither tests nor generate here: the full tests come from graders/, so the master holds only public
# ones. The log is a pickle of the student's kernel, which nobody should read, so the export leaves it out.
CONFIG: dict[str, Any] = {
    "generate": False,
    "run_tests": False,
    "tests": {"files": False, "ok_format": False},
    "export_cell": {
        "pdf": False,
        "ignore_log": True,
        # the checks have run, and in otter's own copy of the notebook the judge would be missing
        "run_tests": False,
        "instructions": "Run all cells and save the notebook (Ctrl-S); the zip holds what was last saved. Then "
        "run this cell and upload the newest zip file that it makes.",
    },
}


def read_template(assignment: Assignment) -> nbformat.NotebookNode:
    """The template as a notebook, with the metadata `question` on answer cells and written questions.

    Raises SetupError when the file is missing, unreadable, or its parts are not those of the contract.
    """
    path = assignment.template
    try:
        notebook: nbformat.NotebookNode = jupytext.read(path)
    except FileNotFoundError:
        raise SetupError(f"{path} is missing: it is the template of the assignment.") from None
    except Exception as error:  # jupytext has no error class of its own
        raise SetupError(f"{path} is no jupytext Markdown notebook: {error}") from error
    asked = list(
        dict.fromkeys(cell.metadata["question"] for cell in notebook.cells if "question" in cell.metadata)
    )
    wanted = [part.name for part in assignment.parts]
    if asked != wanted:
        raise SetupError(
            f"{path} asks {', '.join(asked) or 'nothing'}; assignment.toml wants {', '.join(wanted)}."
        )
    return notebook


def make_master(assignment: Assignment) -> nbformat.NotebookNode:
    """Assemble the master notebook of an assignment.

    Raises SetupError where the template, the solutions or the tests do not fit together.
    """
    template = read_template(assignment)
    cells = [new_raw_cell(f"# ASSIGNMENT CONFIG\n{json.dumps({'name': assignment.name, **CONFIG})}")]
    position = 0
    for part in assignment.parts:
        places = [i for i, cell in enumerate(template.cells) if cell.metadata.get("question") == part.name]
        first, last = places[0], places[-1]
        if first < position:
            raise SetupError(f"{assignment.template}: the cells of {part.name} lie inside another question.")
        cells += template.cells[position:first]
        cells += _question(assignment, part, template.cells[first : last + 1])
        position = last + 1
    cells += template.cells[position:]
    for cell in cells:
        cell.metadata.pop("question", None)
    notebook: nbformat.NotebookNode = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook.metadata["language_info"] = {"name": "python"}
    return notebook


_HEADING = re.compile(r"^#+[ \t]+(.+?)[ \t]*$", re.MULTILINE)
_POINTS = re.compile(r"[ \t]*\([\d.]+ points?\)$")


def read_sheet(assignment: Assignment) -> sheet.Sheet:
    """The parts with their titles as in the notebook, and the answer cells that are handed out."""
    cells = read_template(assignment).cells
    parts = []
    for part in assignment.parts:
        places = [i for i, cell in enumerate(cells) if cell.metadata.get("question") == part.name]
        before = "\n".join(cell.source for cell in cells[: places[0] + 1] if cell.cell_type == "markdown")
        headings = _HEADING.findall(before)
        # the heading of a part says its points; those of its sections don't
        title = next((h for h in reversed(headings) if _POINTS.search(h)), headings[-1] if headings else part.name)
        stubs = () if part.written else tuple(cells[i].source for i in places)
        prompt = "\n".join(cells[i].source for i in places) if part.written else ""
        parts.append(sheet.Part(part.name, _POINTS.sub("", title), part.points, part.names, stubs, prompt))
    released = [cell.source for cell in cells if cell.cell_type == "code"]
    return sheet.Sheet(assignment.title, tuple(parts), tuple(sorted(names.declared(names.read(released)))))


def _question(
    assignment: Assignment, part: Part, cells: list[nbformat.NotebookNode]
) -> list[nbformat.NotebookNode]:
    config: dict[str, Any] = {"name": part.name}
    if part.written:
        config |= {"manual": True, "points": int(part.points)}
        answer = new_markdown_cell(model_answer(assignment, part))
        body = [*cells, new_raw_cell("# BEGIN SOLUTION"), answer, new_raw_cell("# END SOLUTION")]
    else:
        body = [*_answers(assignment, part, cells), *_tests(assignment, part)]
    return [new_raw_cell(f"# BEGIN QUESTION\n{json.dumps(config)}"), *body, new_raw_cell("# END QUESTION")]


def _answers(
    assignment: Assignment, part: Part, cells: list[nbformat.NotebookNode]
) -> list[nbformat.NotebookNode]:
    stubs = [cell for cell in cells if "question" in cell.metadata]
    solutions = iter(split_solution(assignment, part, [cell.source for cell in stubs]))
    block: list[nbformat.NotebookNode] = []
    for cell in cells:
        if "question" not in cell.metadata:
            block.append(cell)
            continue
        # raw, since stubs hold \log; in triple quotes of the other kind, since they hold docstrings
        prompt = f"r''' # BEGIN PROMPT\n{cell.source}\n''' # END PROMPT"
        solution = f"# BEGIN SOLUTION NO PROMPT\n{next(solutions)}\n# END SOLUTION"
        block += [
            new_raw_cell("# BEGIN SOLUTION"),
            new_code_cell(f"{solution}\n{prompt}"),
            new_raw_cell("# END SOLUTION"),
        ]
    return block


def split_solution(assignment: Assignment, part: Part, stubs: list[str]) -> list[str]:
    """Cut the reference module of a part into the answer cells of the template.

    A statement goes to the cell whose stub defines the next name of the contract at or below the statement, so
    imports and helpers come with the first name that follows them.
    """
    path = assignment.solution(part)
    lines = read_text(path).splitlines()
    tree = parse(path)
    cell_of = {name: number for number, stub in enumerate(stubs) for name in _defined(ast.parse(stub).body)}
    statements = tree.body[1:] if ast.get_docstring(tree) is not None else tree.body
    wanted: list[int] = []
    number = len(stubs) - 1
    for statement in reversed(statements):
        number = next((cell_of[name] for name in _defined([statement]) if name in cell_of), number)
        wanted.append(number)
    wanted.reverse()
    if wanted != sorted(wanted):
        raise SetupError(f"{path}: define the names in the order of the template's answer cells of {part.name}.")
    pieces = ["" for _ in stubs]
    end = statements[0].lineno - 1 if statements else 0
    for statement, number in zip(statements, wanted, strict=True):
        piece = "\n".join(lines[end : statement.end_lineno])
        pieces[number] += piece + "\n"
        end = statement.end_lineno or end
    return [piece.strip("\n") for piece in pieces]


def _defined(statements: list[ast.stmt]) -> list[str]:
    names: list[str] = []
    for statement in statements:
        if isinstance(statement, ast.FunctionDef | ast.ClassDef):
            names.append(statement.name)
        elif isinstance(statement, ast.Assign | ast.AnnAssign):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            names += [node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)]
    return names


def defined_names(source: str) -> list[str]:
    """The names that a cell or module defines at its top level, in order."""
    return _defined(ast.parse(source).body)


def _tests(assignment: Assignment, part: Part) -> list[nbformat.NotebookNode]:
    config = '""" # BEGIN TEST CONFIG\npoints: {}\nhidden: false\n""" # END TEST CONFIG\n{}'
    public = (case for case in read_cases(assignment.tests(part)) if not case.hidden)
    cells = [new_code_cell(config.format(case.points, case.source)) for case in public]
    return [new_raw_cell("# BEGIN TESTS"), *cells, new_raw_cell("# END TESTS")]


def model_answer(assignment: Assignment, part: Part) -> str:
    """The model answer of a written part, from written.md."""
    text = read_text(assignment.written)
    found = re.search(
        rf"^## {part.name}\s*$.*?^### Model answer\s*$\n(.*?)(?=^##)",
        text + "\n##",
        flags=re.MULTILINE | re.DOTALL,
    )
    if not found:
        raise SetupError(f"{assignment.written}: no `## {part.name}` with a `### Model answer` below it.")
    return found.group(1).strip()
