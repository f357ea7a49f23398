"""What of a saved notebook would not survive being graded, told before it is handed in.

Knows what a student has: the notebook with the public checks in its metadata, and what lies beside it. No hidden
test, no solution and no autograder.zip is needed, so that it works where none of them is. Away from Linux, where
nothing can be confined, the notebook is read and not run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from graders.preview import answers, export, failures, names, order, packages
from graders.preview.finding import Finding
from graders.preview.saved import Saved

if TYPE_CHECKING:
    from graders.preview.run import Ran


def look(saved: Saved, ran: Ran | None) -> Iterator[tuple[str, list[Finding]]]:
    """What is fine where nothing is found, and what is found, one thing after the other."""
    # first what others may come of
    looks: list[tuple[str, Iterable[Finding]]] = [("no symbol or answer is overwritten", names.confused(saved))]
    if ran:
        looks.append(("every cell runs", failures.failures(saved, ran)))
        looks += [(question, answers.problems(saved, ran, question)) for question in saved.questions]
    looks += [
        ("no function needs what is not there", names.nowhere(saved)),
        ("no package is missing", packages.missing(saved)),
        ("it was run from top to bottom", order.order(saved)),
        ("the export holds what was saved", export.stale(saved)),
    ]
    for fine, found in looks:
        yield fine, list(found)
