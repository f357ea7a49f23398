"""`vaegan gradebook`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from graders.results.lms.late import Rule

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("grades", metavar="GRADES", type=click.Path(path_type=Path))
@click.option("--canvas", type=_FILE, metavar="EXPORT.csv", help="The gradebook that Canvas exports.")
@click.option("--moodle", type=_FILE, metavar="WORKSHEET.csv", help="Moodle's offline grading worksheet.")
@click.option("--column", metavar="NAME", help="The column to fill: an assignment of Canvas, or its number.")
@click.option("-o", "--output", required=True, type=_FILE, metavar="NEW.csv", help="The file to write.")
@click.option("--by-name", is_flag=True, help="Fill also the students that were proposed by their name alone.")
@click.option("--due", metavar="TIME", help="When it was due, as 2026-11-24T23:59 or with a zone, as +01:00.")
@click.option("--late", "rate", metavar="PERCENT/day", help="Of all points, for each day late that has begun.")
def gradebook(
    grades: Path,
    canvas: Path | None,
    moodle: Path | None,
    column: str | None,
    output: Path,
    by_name: bool,
    due: str | None,
    rate: str | None,
) -> None:
    """Fill one column of the platform's own file with the points in GRADES, and change no other byte of it.

    Students are found by the platform's id, then by login or e-mail address. Whoever waits for a person or for
    marks is left as they are, and so is what is excused or locked. All that a person should look at is listed.
    """
    from graders.batch import store
    from graders.results import standing
    from graders.results.gradebook import safe
    from graders.results.lms import canvas as of_canvas
    from graders.results.lms import filling, writing
    from graders.results.lms import moodle as of_moodle

    if (canvas is None) == (moodle is None):
        raise click.UsageError("Give the platform's file: either --canvas EXPORT.csv or --moodle WORKSHEET.csv.")
    rule = _rule(due, rate)
    roster = of_canvas.read(canvas, column) if canvas else of_moodle.read(moodle or Path(), column)
    writing.refuse_to_replace(output, roster.file.path)
    with store.existing(grades) as kept:
        cohort = standing.read(kept)
    filled = filling.fill(roster, cohort.standings, rule, by_name=by_name)
    writing.write(output, filled.content)
    for line in filled.told.lines():
        click.echo(safe(line))
    many = "1 student" if filled.students == 1 else f"{filled.students} students"
    click.echo(f"{many} of {len(roster.places)} got points in {safe(roster.title)}: {output}")


def _rule(due: str | None, rate: str | None) -> Rule | None:
    from graders.results.lms import late

    if due is None and rate is None:
        return None
    if due is None or rate is None:
        raise click.UsageError("--due and --late belong together: when it was due, and what a day costs.")
    try:
        return late.Rule(late.due(due), late.percent(rate))
    except ValueError as error:
        raise click.UsageError(
            "Give --due as 2026-11-24T23:59 (of this machine's zone) or 2026-11-24T23:59+01:00, --late as 10%/day."
        ) from error
