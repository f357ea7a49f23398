"""`vaegan grade`."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(path_type=Path))
@click.option(
    "-a", "--autograder", required=True, type=click.Path(path_type=Path), help="autograder.zip of the build."
)
@click.option(
    "-o", "--output", default=Path("grades"), show_default=True, type=click.Path(path_type=Path), metavar="GRADES"
)
def grade(paths: tuple[Path, ...], autograder: Path, output: Path) -> None:
    """Grade notebooks, exported zips, or folders of them, and write GRADES/final_grades.csv.

    Every file gets its row; what cannot be graded gets zeros and a grading_status that says why.
    """
    from graders.batch import autograder as autograders
    from graders.batch import classic, gradebook, submissions
    from graders.batch.record import COMPLETED, Record
    from graders.errors import SetupError

    possible = autograders.possible_points(autograder)
    found = submissions.find(paths, skipped=lambda reason: click.echo(gradebook.safe(reason), err=True))
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SetupError(f"{output} cannot be made: {error.strerror}. Give another folder with -o.") from error
    records: list[Record] = []
    gradebook.write(records, possible, output)  # a folder that can't be written is told now, not an hour later
    with click.progressbar(found, label="Grading", show_pos=True, item_show_func=_name) as progress:
        for submission in progress:
            records.append(classic.grade(submission, autograder))
            gradebook.write(records, possible, output)
    click.echo(gradebook.table(records, possible))
    ungraded = sum(record.status != COMPLETED for record in records)
    click.echo(f"{len(records)} submissions, {ungraded} of them without a result.")
    click.echo(f"Grades: {output / gradebook.FILE_NAME}")


def _name(submission: object) -> str:
    from graders.batch.gradebook import safe

    return safe(getattr(submission, "name", ""))
