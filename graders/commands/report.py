"""`vaegan report`."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("grades", metavar="GRADES", type=click.Path(path_type=Path))
@click.option("--no-feedback", is_flag=True, help="No pages for students: their feedback is not released yet.")
def report(grades: Path, no_feedback: bool) -> None:
    """Write the CSVs, the students' feedback and the class report once more, from the records in GRADES.

    Nothing is graded, and no submission or autograder is needed. With --no-feedback the students' pages that are
    there are removed, too; the same command without it writes them again.
    """
    from graders.batch import store
    from graders.results import export

    with store.existing(grades) as kept:
        waiting = sum(
            standing.needs_person for standing in export.export(kept, grades, released=not no_feedback).standings
        )
    click.echo(export.told(grades, released=not no_feedback))
    if waiting:
        click.echo(f"{waiting} wait for a person: the grader failed on them.", err=True)
