"""`vaegan preview`."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from graders.preview.run import Ran
    from graders.preview.saved import Saved

_LOST = 1
_NOT_RUN = 2


@click.command()
@click.argument("notebook", metavar="NOTEBOOK", type=click.Path(path_type=Path))
def preview(notebook: Path) -> None:
    """Say what of a saved NOTEBOOK would not survive being graded, before it is handed in.

    Runs it from a clean start as the grader does, with the public checks that it carries. Exit code 0: all would
    survive, 1: something would not, 2: it can't be read, or not be run on this machine.
    """
    from graders.preview import look
    from graders.preview.saved import read

    saved = read(notebook)
    ran = _run(saved)
    when = datetime.fromtimestamp(notebook.stat().st_mtime)
    how = "" if ran else ", only read"
    click.echo(f"{_shown(notebook.name)}, as it was saved on {when:%d %B at %H:%M}{how}")
    fine, costs, others = [], 0, 0
    for title, found in look(saved, ran):
        fine += [] if found else [title]
        for finding in found:
            costs += finding.costly
            others += not finding.costly
            mark = click.style("✗", fg="red") if finding.costly else click.style("!", fg="yellow")
            click.echo(f"{mark} {_shown(finding.text)}")
            if finding.quote:
                click.echo(f"      {_shown(finding.quote[:100])}")
    if fine:
        click.echo(f"{click.style('✓', fg='green')} Fine: {', '.join(fine)}.")
    if costs or others:
        click.echo("Code cells are counted from the top, without the cells of text.")
    if costs:
        sys.exit(_LOST)
    if not ran:
        sys.exit(_NOT_RUN)
    click.echo(
        "Nothing would be lost. The public checks tell that your answers can be read, not that they are right."
    )


def _shown(text: str) -> str:
    """A text in one line that a terminal shows, and does not obey."""
    return "".join(each if each.isprintable() else "\ufffd" for each in " ".join(text.split()))


def _run(saved: Saved) -> Ran | None:
    """Run the notebook, where this machine can."""
    if sys.platform != "linux":
        click.echo(
            "Only Linux can run it as the grader does; here it is only read. For the rest choose Kernel → Restart "
            "Kernel and Run All Cells in Jupyter, and look at the checks.",
            err=True,
        )
        return None
    from graders.isolation.launcher import SandboxError
    from graders.isolation.levels import FULL, capabilities
    from graders.preview.run import run

    level = capabilities().level
    if level != FULL:
        click.echo(
            f"This machine confines a notebook less than the grader does (level {level}): preview only your own.",
            err=True,
        )
    try:
        return run(saved)
    except SandboxError as error:
        click.echo(f"It can't be run here ({error}), so it is only read. `vaegan doctor` says why.", err=True)
        return None
