"""In which order the saved notebook was run, by the numbers that Jupyter keeps beside the cells."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from graders.preview.finding import Finding
from graders.preview.saved import Saved

_RESTART = "Choose Kernel → Restart Kernel and Run All Cells, look at the checks, and save."


def order(saved: Saved) -> Iterator[Finding]:
    """Whether the cells ran from top to bottom, and whether the checks ran."""
    ran = [(number, cell.count) for number, cell in enumerate(saved.code, 1) if cell.count is not None]
    if not ran:
        yield Finding(f"No cell ran in the notebook as it was saved. {_RESTART}", costly=False)
        return
    for (above, first), (below, second) in pairwise(ran):
        if second < first:
            text = f"When you saved, cell {below} had run before cell {above}, which stands above it. {_RESTART}"
            yield Finding(text, costly=False)
            break
    checks = {question: each.cell for each in saved.statements for question in each.checks}
    for question in saved.questions:
        if question not in checks:
            text = (
                f'The check of {question} is gone. Put `grader.check("{question}")` below its answers: '
                "else it is judged by what stands there after the last cell."
            )
            yield Finding(text, costly=False)
    idle = [question for question, cell in checks.items() if saved.code[cell - 1].count is None]
    if idle:
        yield Finding(f"When you saved, these checks had not run: {', '.join(idle)}. {_RESTART}", costly=False)
