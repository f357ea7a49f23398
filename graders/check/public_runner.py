"""Run as a script by `vaegan check`: the public tests where neither solutions nor graders can be imported.

`python -I public_runner.py SOLVED STUDENT` executes the solved notebook's cells, then the public tests that are in
the student notebook's metadata, with otter's own test files. Failures are lines on standard output.
"""

import contextlib
import importlib.abc
import io
import os
import sys


class Forbid(importlib.abc.MetaPathFinder):
    """Refuses to import what a student does not have."""

    def find_spec(self, fullname, path=None, target=None):  # type: ignore[no-untyped-def]
        """Raise ImportError for the packages of this project."""
        if fullname.split(".")[0] in {"graders", "solutions"}:
            raise ImportError(f"a student has no package {fullname}")


def main(solved: str, student: str) -> None:
    """Print a line for each public case that fails on the solved notebook."""
    sys.meta_path.insert(0, Forbid())
    os.environ["MPLBACKEND"] = "agg"
    import nbformat
    from IPython.core.interactiveshell import InteractiveShell
    from otter.test_files import ExceptionTestFile

    shell = InteractiveShell.instance()
    with contextlib.redirect_stdout(io.StringIO()):
        for cell in nbformat.read(solved, as_version=4).cells:
            if cell.cell_type == "code" and "grader" not in cell.source:
                shell.run_cell(cell.source, silent=True).raise_error()
    tests = nbformat.read(student, as_version=4).metadata["otter"]["tests"]
    for source in tests.values():
        test_file = ExceptionTestFile.from_string(source)
        with contextlib.redirect_stdout(io.StringIO()):
            test_file.run(shell.user_ns)
        for result in test_file.test_case_results:
            if not result.passed:
                print(f"{result.test_case.name}: {' '.join(result.message.split())}")


if __name__ == "__main__":
    main(*sys.argv[1:])
