"""`vaegan report`."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("grades", metavar="GRADES", type=click.Path(path_type=Path))
def report(grades: Path) -> None:
    """Write the CSVs, the students' feedback and the class report once more, from the records in GRADES.

    Nothing is graded, and no submission or autograder is needed.
    """
    from graders.batch import store
    from graders.results import export

    with store.existing(grades) as kept:
        waiting = sum(standing.needs_person for standing in export.export(kept, grades).standings)
    click.echo(export.told(grades))
    if waiting:
        click.echo(f"{waiting} wait for a person: the grader failed on them.", err=True)
