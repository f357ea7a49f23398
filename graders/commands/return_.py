"""`vaegan return`."""

from __future__ import annotations

from pathlib import Path

import click

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command("return")
@click.argument("grades", metavar="GRADES", type=click.Path(path_type=Path))
@click.option("--canvas", type=_FILE, metavar="DOWNLOAD.zip", help="The submissions as Canvas's download.")
@click.option("--moodle", type=_FILE, metavar="DOWNLOAD.zip", help="The submissions as Moodle's download.")
@click.option("-o", "--output", required=True, type=_FILE, metavar="FEEDBACK.zip", help="The zip to write.")
def return_(grades: Path, canvas: Path | None, moodle: Path | None, output: Path) -> None:
    """Pack the students' feedback in GRADES into a zip that the platform takes back.

    DOWNLOAD.zip tells how the platform names each submission. Upload FEEDBACK.zip as "Upload submissions" in
    Canvas's gradebook, or as "Upload multiple feedback files in a zip" in Moodle's assignment.
    """
    from graders.batch import store
    from graders.errors import SetupError
    from graders.results import standing
    from graders.results.gradebook import safe
    from graders.results.lms import returning, writing

    if (canvas is None) == (moodle is None):
        raise click.UsageError("Give the platform's zip: either --canvas DOWNLOAD.zip or --moodle DOWNLOAD.zip.")
    archive = canvas or moodle or Path()
    writing.refuse_to_replace(output, archive)
    with store.existing(grades) as kept:
        if kept.held_back():
            raise SetupError(f"The feedback is held back: `vaegan report {grades}` releases it.")
        cohort = standing.read(kept)
    returned = returning.pack("canvas" if canvas else "moodle", archive, cohort)
    writing.write(output, returned.content)
    for line in returned.told.lines():
        click.echo(safe(line))
    click.echo(f"Feedback for {returned.students} {'student' if returned.students == 1 else 'students'}: {output}")
