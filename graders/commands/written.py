"""`vaegan written`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from graders.results.marks import Kept
    from graders.results.standing import Cohort
    from graders.results.written import Entry

_MOST_LISTED = 20


@click.command()
@click.argument("grades", metavar="GRADES", type=click.Path(path_type=Path))
@click.argument("files", nargs=-1, metavar="[--marks FILE...]", type=click.Path(path_type=Path))
@click.option(
    "--marks", is_flag=True, help="Read marks: files that the page saved, or CSVs, of any number of markers."
)
@click.option("--by", help="Whose the marks of a CSV are that names nobody; your login name by default.")
def written(grades: Path, files: tuple[Path, ...], marks: bool, by: str | None) -> None:
    """Make GRADES/marking.html, where the written answers are marked, and GRADES/marks.csv, which will do instead.

    The page shows each answer once, without names, beside the rubric; a marker ticks, and saves a file. With
    --marks such files are read and kept with the grades, and everything is written anew. Marks belong to the text:
    they survive every regrade, and another text needs a mark of its own. Where markers differ, none counts.
    """
    from graders.batch import store
    from graders.errors import SetupError
    from graders.results import decisions, export, marking, standing
    from graders.results import marks as marks_files

    if marks != bool(files):
        raise SetupError(
            "Give the files after --marks: vaegan written GRADES --marks marks-ada.json marks-bob.json"
        )
    with store.existing(grades) as kept:
        run = kept.run()
        rubrics = standing.rubrics_of(run)
        if not rubrics.by_question:
            raise SetupError(
                f"{grades} was graded without a rubric of written parts: `vaegan build` the assignment, and grade "
                "with the new autograder.zip. What submissions answered is kept."
            )
        if marks:
            read = [
                mark
                for path in files
                for mark in marks_files.read(path, rubrics.by_question, by or decisions.login())
            ]
            _tell_kept(marks_files.keep(kept, read))
            cohort = export.export(kept, grades, click.echo)
        else:
            cohort = standing.read(kept)
        listed = marking.entries(cohort)
        filled = grades / marks_files.CSV_NAME
        stays = marks_files.filled_in(filled)
        export.write(grades / marking.FILE_NAME, marking.render(cohort))
        if not stays:
            export.write(filled, marks_files.template(listed, rubrics.by_question))
    _tell(cohort, listed, grades)
    if stays:
        click.echo(f"{filled} is filled in and stays as it is.", err=True)


def _tell_kept(kept: Kept) -> None:
    from graders.results.gradebook import safe

    click.echo(f"{kept.new} new marks kept, {kept.known} were there already.")
    if kept.strange:
        texts = ", ".join(f"{safe(mark.question)} {safe(mark.text[:8])}" for mark in kept.strange[:_MOST_LISTED])
        click.echo(f"{len(kept.strange)} are about texts that nobody in this class handed in: {texts}", err=True)


def _tell(cohort: Cohort, listed: Sequence[Entry], grades: Path) -> None:
    from graders.results import marking

    for question in cohort.run.written:
        stands = [each.scores[question].written for each in cohort.standings]
        theirs = [entry for entry in listed if entry.question == question]
        open_ = sum(entry.written.points is None for entry in theirs)
        unknown = sum(each is not None and each.answer is None for each in stands)
        line = f"{question}: {len(theirs)} different answers, {len(theirs) - open_} of them marked"
        click.echo(line + (f"; {unknown} submissions have no answer that is known" if unknown else ""))
    page = grades / marking.FILE_NAME
    differ = [entry for entry in listed if entry.written.points is None and entry.written.marks]
    _list("Marked differently, so that none counts. Agree, and one of you changes it:", page, differ)
    again = [entry for entry in listed if entry.written.again]
    _list("Look again, since the rubric changed:", page, again)
    old = [entry for entry in listed if entry.written.old]
    _list("Handed in after another text was marked:", page, old)
    click.echo(f"Page: {page}")


def _list(title: str, page: Path, entries: Sequence[Entry]) -> None:
    from graders.results.gradebook import safe

    if not entries:
        return
    click.echo(title)
    for entry in entries[:_MOST_LISTED]:
        gave = ", ".join(f"{safe(mark.by)} {mark.points:g}" for mark in entry.written.marks or entry.written.old)
        why = f" ({entry.written.again})" if entry.written.again else ""
        click.echo(f"  {entry.question}: {gave}{why}: {page}#{entry.text}")
    if len(entries) > _MOST_LISTED:
        click.echo(f"  and {len(entries) - _MOST_LISTED} more")
