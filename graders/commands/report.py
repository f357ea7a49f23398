"""`vaegan report`."""

from __future__ import annotations

import contextlib
from pathlib import Path

import click


@click.command()
@click.argument("grades", metavar="GRADES", type=click.Path(path_type=Path))
@click.option(
    "--forget", metavar="FILE", multiple=True, help="Take this file, or all of a student, out of the class."
)
@click.option("--no-feedback", is_flag=True, help="No pages for students: their feedback is not released yet.")
@click.option("--dry-run", is_flag=True, help="Only say whose points would be others; write nothing.")
def report(grades: Path, forget: tuple[str, ...], no_feedback: bool, dry_run: bool) -> None:
    """Write the CSVs, the students' feedback and the class report once more, from the records in GRADES.

    Nothing is graded, and no submission or autograder is needed. What differs from what was written last is said
    before anything is written. What is forgotten is back when it is graded again. With --no-feedback the students'
    pages that are there are removed, too, and no other command writes them: this one does, without it.
    """
    from graders.batch import store
    from graders.results import export, forgetting

    with contextlib.ExitStack() as resources:
        store.check(grades)
        folder = resources.enter_context(store.copied(grades)) if dry_run else grades
        kept = resources.enter_context(store.Store(folder))
        if forget:
            kept.forget(forgetting.paths(kept.members(), forget))
        if dry_run:
            click.echo(export.news(kept))
            return
        cohort = export.export(kept, grades, click.echo, released=not no_feedback)
        written = export.told(kept, grades)
    waiting = sum(standing.needs_person for standing in cohort.standings)
    click.echo(written)
    if waiting:
        click.echo(f"{waiting} wait for a person.", err=True)
