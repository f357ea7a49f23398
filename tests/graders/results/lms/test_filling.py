"""Real exports' quirks, filled: golden files, one pair each."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from graders.batch.identity import Owner
from graders.batch.record import Record
from graders.errors import SetupError
from graders.results.lms import canvas, csvfile, filling, late, moodle
from graders.results.lms.filling import Filled
from graders.results.lms.roster import Roster
from tests.graders.results.lms import classes
from tests.graders.results.lms.classes import record

FILES = Path(__file__).parent / "files"


def fill(
    roster: Roster, records: Sequence[Record], rule: late.Rule | None = None, *, by_name: bool = False
) -> Filled:
    return filling.fill(roster, classes.stand(records), rule, by_name=by_name)


CANVAS = [
    record(classes.canvas("lovelaceada", "31415"), 60, 12.5),
    record(classes.canvas("bayesthomas", "31416"), 50),
    record(classes.canvas("núñezzoë", "31417"), 30.5, 2),
    record(classes.canvas("gaußcarl", "31418"), 10),
    record(classes.canvas("evileve", "31419"), 0, 0),
]
MOODLE = [
    record(classes.moodle("Ada Lovelace", "4711"), 60, 12.5),
    record(classes.moodle("Thomas Bayes", "4712"), 50),
]


@pytest.mark.parametrize(
    ("name", "read", "column", "records"),
    [
        ("canvas", canvas.read, "Tutorial 6: VAEs and GANs", CANVAS),
        ("canvas-semicolons", canvas.read, None, CANVAS),
        ("moodle", moodle.read, None, MOODLE),
        ("moodle-german", moodle.read, None, MOODLE),
    ],
)
def test_one_column_is_filled_and_every_other_byte_stays(
    name: str, read: Callable[[Path, str | None], Roster], column: str | None, records: list[Record]
) -> None:
    given, golden = FILES / f"{name}.csv", FILES / f"{name}.filled.csv"
    roster = read(given, column)
    filled = fill(roster, records)
    assert filled.content == golden.read_bytes()
    before, after = csvfile.read(given), csvfile.read(golden)
    rest = [(row.line, [c.text for i, c in enumerate(row.cells) if i != roster.column]) for row in before.rows]
    assert rest == [
        (row.line, [c.text for i, c in enumerate(row.cells) if i != roster.column]) for row in after.rows
    ]


def test_what_a_person_should_know_is_told() -> None:
    roster = canvas.read(FILES / "canvas.csv", "902")
    told = fill(roster, [*CANVAS[:3], record(classes.plain("ada2"), 5)]).told
    assert told == {
        "Left alone": ["Bayes, Thomas (line 5): excused (EX)"],
        "Held other points before": ["Núñez, Zoë (line 6): 40.00, now 32.50"],
        "In the file, nothing handed in": ["Gauß, Carl (line 8)", "'=Evil, Eve (line 9)"],
        "Handed in, not in the file": ["ada2 (ada2.ipynb)"],
    }
    german = moodle.read(FILES / "moodle-german.csv", None)
    assert fill(german, MOODLE).told == {"Left alone": ["Thomas Bayes (line 3): Moodle lets nobody change it"]}


@pytest.mark.parametrize(
    ("owner", "line"),
    [
        (classes.plain("ZOË"), 6),  # a login
        (classes.plain("ada@example.edu"), 4),
        (classes.plain("gauss"), 8),
        (classes.plain("31418"), None),  # a number that the platform gave nobody but itself
        (classes.gradescope("A. L.", "m100", "other@example.edu"), 4),
        (classes.gradescope("A. L.", "", "Ada@Example.edu"), 4),
        (classes.plain("Zoë Núñez"), None),  # a name
        (classes.gradescope("Ada Lovelace", "m100", "zoë"), None),  # of two students
        (classes.moodle("Ada Lovelace", "31415"), None),  # Moodle's number is not Canvas's
        (classes.canvas("lovelaceada", "99999"), None),
    ],
)
def test_students_are_found_by_id_then_by_login_or_address(owner: Owner, line: int | None) -> None:
    roster = canvas.read(FILES / "canvas.csv", "902")
    filled = fill(roster, [record(owner, 7)])
    left_alone = filled.told.get("Left alone", [])
    rows = csvfile.parse(Path("new.csv"), filled.content.decode()).rows
    given = [row.line for row in rows if row[roster.column] == "7.00"]
    assert given + [8] * len(left_alone) == ([line] if line else [])


def test_a_name_is_only_proposed_until_one_says_so() -> None:
    roster = canvas.read(FILES / "canvas.csv", "902")
    records = [record(classes.moodle("Zoe Nunez", "1"), 7)]
    heading = "Handed in, not in the file, but of the same name (--by-name fills these)"
    proposed = fill(roster, records)
    assert proposed.told[heading] == ["Zoe Nunez (Zoe Nunez.ipynb): Núñez, Zoë (line 6)"]
    assert proposed.content == roster.file.path.read_bytes()
    taken = fill(roster, records, by_name=True)
    assert heading not in taken.told and b",7.00,90,20" in taken.content


def test_the_latest_valid_submission_counts() -> None:
    roster = canvas.read(FILES / "canvas.csv", "902")
    owners = [classes.canvas("lovelaceada", "31415", order) for order in (3, 2, 9)]
    filled = fill(
        roster,
        [record(owners[0], 3, file="new"), record(owners[1], 2, file="old"), classes.broken(owners[2], "torn")],
    )
    assert filled.told["Several submissions, of which the latest counts"] == [
        "Lovelace, Ada (line 4): new, not old, torn"
    ]
    assert b",12.50,3.00,62.5" in filled.content


def test_what_has_no_order_no_total_or_no_grade_is_left_as_it_is_and_told() -> None:
    roster = canvas.read(FILES / "canvas.csv", "902")
    ada, zoe, eve = (classes.canvas("x", f"3141{n}") for n in (5, 7, 9))
    filled = fill(
        roster,
        [
            record(ada, 3, file="a1"),
            record(ada, 4, file="a2"),
            record(zoe, None, file="z"),
            classes.broken(eve, "e"),
        ],
    )
    assert filled.content == roster.file.path.read_bytes()
    del filled.told["In the file, nothing handed in"]
    assert filled.told == {
        "Several submissions, in no order that the platform gives: not filled": ["Lovelace, Ada (line 4): a1, a2"],
        "Waits for a person: not filled": ["Núñez, Zoë (line 6): q1"],
        "Could not be graded: not filled": ["'=Evil, Eve (line 9): e: not a notebook"],
    }
    same = [record(ada, 3, file="a1", sha256="same"), record(ada, 3, file="a2", sha256="same")]
    assert b",12.50,3.00,62.5" in fill(roster, same).content


def test_points_of_another_total_are_refused() -> None:
    roster = canvas.read(FILES / "canvas.csv", "901")
    with pytest.raises(
        SetupError, match=r"is of 20 points, and the grades are of 85\. Give the assignment 85 points"
    ):
        fill(roster, CANVAS)


def test_the_late_lose_points_where_the_time_is_known() -> None:
    rule = late.Rule(late.due("2026-11-24T20:00+00:00"), 10)
    worksheet = fill(moodle.read(FILES / "moodle.csv", None), MOODLE[:1], rule)
    assert worksheet.told["Late"] == ["Ada Lovelace (line 2): 72.5 earned, 8.5 taken off for 1 day"]
    assert b",A,64.00,85.00,Yes" in worksheet.content
    german = fill(moodle.read(FILES / "moodle-german.csv", None), MOODLE[:1], rule)
    assert german.told["Nothing taken off for being late"] == ["Ada Lovelace (line 2): when is not known"]
    roster = canvas.read(FILES / "canvas.csv", "902")
    records = [
        record(classes.gradescope("A", "m100", "", time="2026-11-26T20:00:01+00:00"), 20),
        record(classes.gradescope("Z", "m102", "", time="2026-11-24T20:00:00+00:00"), 20),
        record(classes.canvas("evileve", "31419", late=True), 20),
    ]
    filled = fill(roster, records, rule)
    assert filled.told["Late"] == ["Lovelace, Ada (line 4): 20 earned, 20 taken off for 3 days"]
    assert filled.told["Nothing taken off for being late"] == [
        "'=Evil, Eve (line 9): late, by Canvas's own mark, but not since when"
    ]
    assert b",18.00,20.00,90" in filled.content


def test_five_thousand_students_take_a_moment(tmp_path: Path) -> None:
    header = ["Student,ID,SIS Login ID,Section,Tutorial 6 (1)"]
    lines = [f'"Né, A{n}",{n},login{n},A,' for n in range(5_000)]
    (tmp_path / "e.csv").write_text("\n".join([*header, *lines, ""]), encoding="utf-8")
    records = [record(classes.canvas(f"néa{n}", str(n), n + 1), 1, file=f"{n}") for n in range(5_000)]
    start = time.process_time()
    filled = fill(canvas.read(tmp_path / "e.csv", None), records)
    assert time.process_time() - start < 5
    assert filled.students == 5_000 and not filled.told
