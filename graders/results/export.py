"""What is made of a store: the CSVs, a feedback page for each submission, the class report.

All of it is a view of the records, so it can be made again at any time. Every file is replaced whole.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from graders.batch.store import Store
from graders.errors import SetupError
from graders.results import changes, feedback, gradebook, report, standing
from graders.results.changes import Change
from graders.results.standing import Cohort

FILES = (gradebook.FILE_NAME, gradebook.SUBMISSIONS, report.FILE_NAME, changes.FILE_NAME)


_NOTHING_YET = "Nothing was exported before, so there is nothing to compare with."


class _Unwritable(Exception):
    """A file that can't be written, and why."""

    def __init__(self, path: Path, error: OSError) -> None:
        super().__init__(f"{path} cannot be written: {error.strerror or error}.")


def check(folder: Path) -> None:
    """Find out whether there is room for all files; SetupError where there is not. What is there stays."""
    try:
        for path in (*(folder / name for name in FILES), folder / feedback.FOLDER / "page.html"):
            with _naming(path):
                path.parent.mkdir(exist_ok=True)
                if path.is_dir():
                    raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
                _partial(path).touch()
                _partial(path).unlink()
    except _Unwritable as error:
        raise SetupError(f"{error} Give another folder with -o.") from error


def compare(store: Store) -> tuple[Cohort, list[Change] | None, str]:
    """The class, what is new in it since it was exported, and the text of changes.csv.

    Where it never was exported nothing is new, but None, and where nothing is new the text stays as it was.
    """
    with store.alone():
        run, records, events = store.run(), store.records(), store.events()
        now = standing.cohort(run, records, events, store.pending())
        earlier = store.earlier(records)
    if earlier is None:
        return now, None, ""
    seen = [event for event in events if event.id <= earlier.event]
    found = changes.between(standing.cohort(earlier.run, earlier.records, seen), now)
    return now, found, changes.render(found) if found else earlier.changes


def news(store: Store) -> str:
    """What an export would say, for a terminal."""
    _, found, _ = compare(store)
    return _NOTHING_YET if found is None else changes.told(found)


def export(store: Store, folder: Path, say: Callable[[str], object], *, released: bool | None = None) -> Cohort:
    """Say what is new, write all files, and remove the feedback pages of who is no longer in the class; the class.

    Of a class whose feedback is not released yet, all pages of students are removed. What is held back stays so
    until an export says otherwise.

    Nobody decides anything meanwhile: of two who export at once, the second writes what the first one did, too.
    SetupError where a file can't be written; no record is lost by that.
    """
    try:
        with store.alone():
            cohort, found, changed = compare(store)
            if released is None:
                released = not store.held_back()
            if found is not None:
                say(changes.told(found))
            if changed:
                _write(folder / changes.FILE_NAME, changed)
            _write(folder / gradebook.FILE_NAME, gradebook.render(cohort))
            _write(folder / gradebook.SUBMISSIONS, gradebook.render_submissions(cohort))
            _write_pages(folder / feedback.FOLDER, feedback.pages(cohort) if released else ())
            _write(folder / report.FILE_NAME, report.render(cohort, store.paths(), released=released))
            store.exported(changed, held_back=not released)
    except _Unwritable as error:
        raise SetupError(
            f"{error} No grade is lost: mend that, and `vaegan report {folder}` writes everything."
        ) from error
    return cohort


def write(path: Path, text: str) -> None:
    """Write one file whole; SetupError where that can't be done."""
    try:
        _write(path, text)
    except _Unwritable as error:
        raise SetupError(str(error)) from error


def told(store: Store, folder: Path) -> str:
    """Where what was written is, for a terminal."""
    feedback_is = (
        f"none, until `vaegan report {folder}` writes it" if store.held_back() else folder / feedback.FOLDER
    )
    return "\n".join(
        [
            f"Grades:   {folder / gradebook.FILE_NAME}",
            f"Report:   {folder / report.FILE_NAME}",
            f"Feedback: {feedback_is}",
        ]
    )


def _write_pages(folder: Path, pages: Iterable[tuple[str, str]]) -> None:
    with _naming(folder):
        folder.mkdir(exist_ok=True)
    written = set()
    for name, text in pages:
        _write(folder / name, text)
        written.add(name)
    for path in folder.iterdir():
        if path.name not in written and feedback.is_page(path.name):
            with _naming(path):
                path.unlink()


def _write(path: Path, text: str) -> None:
    with _naming(path):
        _partial(path).write_text(text, encoding="utf-8", newline="")
        _partial(path).replace(path)


def _partial(path: Path) -> Path:
    return path.with_suffix(".part")


@contextlib.contextmanager
def _naming(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _Unwritable(path, error) from error
