"""Run as a script by `vaegan check`: the public tests where neither solutions nor graders can be imported.

`python -I public_runner.py NOTEBOOK STUDENT` executes a notebook's cells, then the public tests that are in the
student notebook's metadata, with otter's own test files. On standard output it says, as JSON, which cell raised
first, and of each case its question, its name, whether it passed, and what it says.
"""

import contextlib
import importlib.abc
import io
import json
import os
import sys
from pathlib import Path


class Forbid(importlib.abc.MetaPathFinder):
    """Refuses to import what a student does not have."""

    def find_spec(self, fullname, path=None, target=None):  # type: ignore[no-untyped-def]
        """Raise ImportError for the packages of this project."""
        if fullname.split(".")[0] in {"graders", "solutions"}:
            raise ImportError(f"a student has no package {fullname}")


def main(notebook: str, student: str) -> None:
    """Print what became of the cells of the notebook and of the public cases."""
    sys.meta_path.insert(0, Forbid())
    sys.path.insert(0, str(Path(student).resolve().parent))  # where the judge is that students get
    os.environ["MPLBACKEND"] = "agg"
    import nbformat
    from IPython.core.interactiveshell import InteractiveShell
    from otter.test_files import ExceptionTestFile

    shell = InteractiveShell.instance()
    raised = ""
    with contextlib.redirect_stdout(io.StringIO()):
        for cell in nbformat.read(notebook, as_version=4).cells:
            if cell.cell_type == "code" and "grader" not in cell.source:
                done = shell.run_cell(cell.source, silent=True)
                error = done.error_before_exec or done.error_in_exec
                if error is not None and not raised:
                    raised = f"{type(error).__name__}: {error}"
    cases = []
    for question, source in nbformat.read(student, as_version=4).metadata["otter"]["tests"].items():
        test_file = ExceptionTestFile.from_string(source)
        with contextlib.redirect_stdout(io.StringIO()):
            test_file.run(shell.user_ns)
        for result in test_file.test_case_results:
            message = " ".join((result.message or "").split())
            cases.append([question, result.test_case.name, result.passed, message])
    print(json.dumps({"raised": raised, "cases": cases}))


if __name__ == "__main__":
    main(*sys.argv[1:])
