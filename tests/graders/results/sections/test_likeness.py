from __future__ import annotations

from graders.batch.record import Record
from graders.batch.store import Run
from graders.results.sections import likeness
from tests.cohorts import cohort
from tests.graders.results import synthetic
from tests.pages import ReportPage

RUN = Run("hostile", "6", {"q1": 2.0})


def test_nothing_where_nothing_is_alike() -> None:
    assert likeness.likeness(cohort(RUN, Record("a", sha256="1"), Record("b", sha256="2")).standings, {}) == ""


def test_the_same_file_and_a_pair_of_passages() -> None:
    page = ReportPage(likeness.likeness(synthetic.cohort(40).standings, {}))
    assert not page.problems
    assert "The same file" in page.text and "Passages in common" in page.text
    assert "data" in page.text, "the copy has other names"
    assert "%" not in page.text.partition("def answer")[0], "there is no score"


def test_copies_of_a_file_are_no_pair_as_well() -> None:
    standings = synthetic.cohort(40).standings
    code = likeness.likeness([each for each in standings if "_1004_" in each.record.file] * 2, {})
    assert "The same file" in code and "Passages" not in code
