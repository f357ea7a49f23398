"""`vaegan build`."""

from __future__ import annotations

from pathlib import Path

import click

from graders import assignment as assignments


@click.command()
@click.argument("assignment", required=False)
@click.option("-o", "--output", type=click.Path(path_type=Path), default=Path("dist"), show_default=True)
@click.option(
    "--classic", is_flag=True, help="Without the plugin: otter runs submissions beside the hidden tests."
)
def build(assignment: str | None, output: Path, classic: bool) -> None:
    """Make the student version, autograder.zip and the solved notebook of an assignment.

    ASSIGNMENT is a folder of assignments/; it may be left out when there is only one.
    """
    from graders.build import build as run

    made = run(assignments.load(assignment), output, classic=classic)
    click.echo(f"{made.student}/  for students\n{made.autograder}  for otter, Gradescope and vaegan grade")
    click.echo(f"{made.solved_notebook}  with the reference answers")
