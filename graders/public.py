"""The public cases as students get them: a test file of otter's for each part, in the notebook's metadata.

What otter shows of a case is its name, one line of the test file (that at which the case's function stood when it
failed), and the exception's type and text. Here each case is wrapped, so that this line is a comment and says what
comes next, the type is `Form` or `Law`, and the text is the whole message, in lines that need no scrolling.
"""

from __future__ import annotations

from graders.assignment import Assignment, Part
from graders.cases import Case, read_cases

PASSED = "Form and laws hold. This is not full marks: hidden tests, which give the points, come after submission."

# The wrapper's own line would be shown; by its number it is the comment instead.
HEAD = """OK_FORMAT = False

name = {name!r}
points = None

import functools
import textwrap

from otter.test_files import test_case

def told(case):
    @functools.wraps(case)
    def check(**names):
        try:
            case(**names)
            return
        except ImportError as error:
            kind, text = "Missing", str(error)
            if error.name == "vaegan_judge":
                text = (
                    "the folder vaegan_judge is not beside this notebook, and the checks need it. Copy it from "
                    "the course's folder to the folder of this notebook, restart the kernel and run all cells."
                )
            else:
                text += ". If a package is missing, run `pip install -r requirements.txt` in the course's folder."
        except (Exception, SystemExit) as error:
            kind = type(error).__name__
            text = str(error) if kind in ("Form", "Law") else "the answer can't be read: " + kind
            kind = kind if kind in ("Form", "Law") else "Form"
        raise type(kind, (AssertionError,), {{}})(textwrap.fill(text, 100, break_long_words=False))

    check.__code__ = check.__code__.replace(co_firstlineno={first})
    return check


# What is missing or does not hold yet, with an example:
"""

OPENING = '''# Initialize Otter
import glob
import os

import otter


def notebook_file(name):
    """The file of this notebook, under whatever name: checks are read from it, and the export packs it."""
    now = os.path.basename(globals().get("__vsc_ipynb_file__") or os.environ.get("JPY_SESSION_NAME") or "")
    for file in (now, name, *sorted(glob.glob("*.ipynb"))):
        if file.endswith(".ipynb") and os.path.isfile(file):
            with open(file, encoding="utf-8") as text:
                if \'"assignment_name": "{name}"\' in text.read():
                    return file
    print(f"There is no file of this notebook in {{os.getcwd()}}, where its checks are read. Save it there.")
    return name


grader = otter.Notebook(notebook_file("{name}.ipynb"))
'''


def opening(assignment: Assignment) -> str:
    """The first cell of the notebook: like otter's, but it also finds a notebook that was renamed."""
    return OPENING.format(name=assignment.name).strip()


def test_file(assignment: Assignment, part: Part) -> str:
    """The text of the test file of a part's public cases; raises SetupError where the tests can't be read."""
    cases = [case for case in read_cases(assignment.tests(part)) if not case.hidden]
    lines = HEAD.splitlines()
    comment, first, raising = (
        next(number for number, line in enumerate(lines, start=1) if line.strip().startswith(words))
        for words in ("# What", "@functools", "raise ")
    )
    head = HEAD.format(name=part.name, first=first + comment - raising)
    return "\n\n".join([head, *map(_case, cases)])


def _case(case: Case) -> str:
    options = f"name={case.name!r}, points=0, hidden=False, success_message={PASSED!r}"
    return f"@test_case({options})\n@told\n{case.source}\n"
