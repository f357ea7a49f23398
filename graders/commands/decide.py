"""`vaegan decide`."""

from __future__ import annotations

from pathlib import Path

import click

# which of FILE, QUESTION, POINTS, --reason, --undo and --csv are there
_ONE = (True, True, True, True, False, False)
_UNDO = (True, True, False, False, True, False)
_TABLE = (False, False, False, False, False, True)


@click.command()
@click.argument("grades", metavar="GRADES", type=click.Path(path_type=Path))
@click.argument("file", required=False)
@click.argument("question", metavar="[QUESTION[/CASE]]", required=False)
@click.argument("points", required=False)
@click.option("--reason", metavar="TEXT", help="Why; the student reads it.")
@click.option("--by", metavar="NAME", help="Who decides; your login name by default.")
@click.option("--csv", "table", metavar="TABLE", type=click.Path(path_type=Path), help="Decide what a CSV says.")
@click.option("--undo", is_flag=True, help="Take back the last decision about QUESTION[/CASE].")
def decide(
    grades: Path,
    file: str | None,
    question: str | None,
    points: str | None,
    reason: str | None,
    by: str | None,
    table: Path | None,
    undo: bool,
) -> None:
    """Settle a case that waits for a person, or correct any score.

    FILE is as in the CSVs, or the student's name, or the beginning of the sha256. CASE is the name of a case, or
    as much of it as tells it from the others. A decision counts as long as the submission is the same, whatever is
    graded again. A CSV has the columns file, question, points, reason, and by if you like: all of it is decided,
    or nothing where a line is wrong.
    """
    from graders.batch import store
    from graders.results import decisions, export

    wanted = (bool(file), bool(question), points is not None, reason is not None, undo, bool(table))
    if wanted not in (_ONE, _UNDO, _TABLE):
        raise click.UsageError(
            "Give FILE QUESTION POINTS --reason TEXT, or FILE QUESTION --undo, or --csv TABLE alone."
        )
    name = by or decisions.login()
    with store.existing(grades) as kept:
        if undo:
            last = decisions.undo(kept, str(file), str(question), name)
            click.echo(f"Taken back: {last.points:g} points, decided by {last.by} ({last.at}).")
        elif table:
            count = decisions.decide(kept, decisions.wishes(table, name), str(table))
            click.echo(f"{count} decided.")
        else:
            wish = decisions.Wish(str(file), str(question), str(points), str(reason), name)
            if not decisions.decide(kept, [wish]):
                click.echo("This was decided before, for the same reason.")
        export.export(kept, grades, click.echo)
