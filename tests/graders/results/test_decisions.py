from __future__ import annotations

import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from graders.batch.event import Subject
from graders.batch.record import Record
from graders.batch.store import Store
from graders.errors import SetupError
from graders.results import decisions, standing
from graders.results.decisions import Wish
from tests.graders.results.test_standing import RUN, case, record

CASES = (case("q1: sign", 2), case("q1: value", 3, grader_error=True), case("q1: value of logits", 0))


def fill(folder: Path, *records: Record) -> Store:
    store = Store(folder)
    store.begin(RUN, [(Path(f"/{number}"), each) for number, each in enumerate(records)], "key")
    for number, each in enumerate(records):
        store.keep(Path(f"/{number}"), each, "key")
    return store


def several() -> list[Record]:
    q1 = replace(record().questions["q1"], cases=CASES)
    ada = record(questions={**record().questions, "q1": q1}, sha256="a1" * 32)
    files = [
        ("b/v.ipynb", "Bob", "b1"),
        ("b/w.ipynb", "Bob", "b2"),
        ("=1+1.ipynb", "Eve", "e1"),
        ("-rf", "Max", "f1"),
    ]
    return [ada, *(replace(ada, file=file, student=who, sha256=digest * 32) for file, who, digest in files)]


def wish(file: str = "ada.ipynb", question: str = "q1", points: str = "4", **changes: str) -> Wish:
    return Wish(**{"file": file, "question": question, "points": points, "reason": "why", "by": "Eve", **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("ada.ipynb", "ada.ipynb"),
        ("Ada", "ada.ipynb"),
        (" ada ", "ada.ipynb"),
        ("a1a1a1a1", "ada.ipynb"),
        ("A1" * 32, "ada.ipynb"),
        ("b/v.ipynb", "b/v.ipynb"),
        ("=1+1.ipynb", "=1+1.ipynb"),
        ("'=1+1.ipynb", "=1+1.ipynb"),
        ("-rf", "-rf"),
    ],
)
def test_a_submission_has_several_names(name: str, file: str, tmp_path: Path) -> None:
    with fill(tmp_path, *several()) as store:
        assert decisions.decide(store, [wish(name)]) == 1
        (event,) = store.events()
    assert event.subject.file == file and event.by == "Eve" and event.kind == "decision"
    assert event.payload == {"points": 4.0, "old": None, "reason": "why"}


@pytest.mark.parametrize(
    ("text", "question", "name"),
    [
        ("q1", "q1", ""),
        ("q1/q1: value", "q1", "q1: value"),
        ("q1/value", "q1", "q1: value"),
        ("q1/SIGN", "q1", "q1: sign"),
        ("q1/logits", "q1", "q1: value of logits"),
    ],
)
def test_a_case_may_be_shortened(text: str, question: str, name: str, tmp_path: Path) -> None:
    with fill(tmp_path, *several()) as store:
        decisions.decide(store, [wish(question=text, points="0")])
        (event,) = store.events()
    assert (event.question, event.case) == (question, name)


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (wish("Zoë"), "no file and no student 'Zoë' in the class"),
        (wish("a1a1"), "no file and no student"),
        (wish("Bob"), r"'Bob' could be b/v.ipynb of Bob, sha256 b1b1b1b1b1b1, b/w.ipynb of Bob, sha256 b2b2b2"),
        (wish(question="q9"), "no question 'q9', only q1, q2"),
        (wish(question="q1/val"), "'val' could be q1: value, q1: value of logits"),
        (wish(question="q1/nothing"), "'nothing' is none of q1: sign, q1: value, "),
        (wish(points="5.5"), "q1 gives 0 to 5 points"),
        (wish(question="q1/sign", points="2,5"), "q1: sign gives 0 to 2 points"),
        (wish(points="nan"), "'nan' is no number of points"),
        (wish(points="-1"), '-1" is no number of points'),
        (wish(points="full"), "'full' is no number of points"),
        (wish(reason=" "), "A reason of 1 to 2000 characters is needed"),
        (wish(reason="x" * 3000), "A reason of 1 to 2000 characters is needed"),
        (wish(by=" "), "Somebody has to decide it"),
        (wish("\x1b[2J"), "'\ufffd00001b\\[2J'"),
    ],
)
def test_what_is_not_clear_is_refused(wanted: Wish, said: str, tmp_path: Path) -> None:
    with fill(tmp_path, *several()) as store:
        with pytest.raises(SetupError, match=said):
            decisions.decide(store, [wanted])
        assert not store.events()


def test_what_counts_already_is_not_decided_twice(tmp_path: Path) -> None:
    with fill(tmp_path, *several()) as store:
        assert [decisions.decide(store, [wish()]) for _ in range(2)] == [1, 0]
        assert decisions.decide(store, [wish(reason="another")]) == 1
        assert decisions.decide(store, [wish(points="3")]) == 1
        assert [event.payload["old"] for event in store.events()] == [None, 4, 4]


def test_undo_takes_back_the_last_one_and_nothing_else(tmp_path: Path) -> None:
    with fill(tmp_path, *several()) as store:
        decisions.decide(store, [wish(points="4"), wish("b/v.ipynb"), wish(question="q2", points="1")])
        decisions.decide(store, [wish(points="5")])
        assert decisions.undo(store, "Ada", "q1", "Max").points == 5
        assert decisions.undo(store, "Ada", "q1", "Max").points == 4
        with pytest.raises(SetupError, match=r"Nobody decided q1 of Ada.*there are decisions about q2\."):
            decisions.undo(store, "Ada", "q1", "Max")
        ada, *others = sorted(standing.read(store).standings, key=lambda each: each.record.student)
        assert ada.waiting == ("q1",) and ada.scores["q2"].points == 1
        assert [each.scores["q1"].points for each in others if each.decisions] == [4]
        assert [event.kind for event in store.events()] == ["decision"] * 4 + ["undo"] * 2


def test_a_decision_that_does_not_count_any_more_can_be_undone(tmp_path: Path) -> None:
    with fill(tmp_path, record()) as store:
        decisions.decide(store, [wish(question="q1/value", points="1")])
        store.keep(Path("/0"), record(sha256="another"), "key")
        (other,) = standing.read(store).standings
        assert [each.why for each in other.stale] == ["of an earlier submission"]
        decisions.undo(store, "Ada", "q1/q1: value", "Max")
        assert not standing.read(store).standings[0].stale


def table(folder: Path, *lines: str) -> list[Wish]:
    path = folder / "decisions.csv"
    path.write_text("\n".join(("file;question;points;reason;by", *lines, "")), encoding="utf-8")
    return decisions.wishes(path, "Login")


def test_a_table_is_decided_as_a_whole(tmp_path: Path) -> None:
    good = table(
        tmp_path, "ada.ipynb;q1/value;2,5;fine;Max", "b/v.ipynb;q2;1;half;", "ada.ipynb;q1/value;2,5;fine;Max"
    )
    bad = table(tmp_path, "ada.ipynb;q1;1;fine;", "Zoë;q2;1;half;", "ada.ipynb;q1;2;other;", "Eve;q2;9;much;")
    with fill(tmp_path, *several()) as store:
        with pytest.raises(SetupError) as refused:
            decisions.decide(store, bad, "decisions.csv")
        assert str(refused.value).splitlines() == [
            "decisions.csv, line 3: There is no file and no student 'Zoë' in the class; submissions.csv has all.",
            "decisions.csv, line 4: line 2 decides this otherwise: leave one of them.",
            "decisions.csv, line 5: q2 gives 0 to 3 points.",
            "Nothing was decided.",
        ]
        assert not store.events()
        assert [decisions.decide(store, good, "decisions.csv") for _ in range(2)] == [2, 0]
        assert [(event.case, event.by) for event in store.events()] == [("q1: value", "Max"), ("", "Login")]


def test_a_table_of_five_thousand_rows(tmp_path: Path) -> None:
    records = [record(file=f"{number:04}.ipynb", student=f"s{number}") for number in range(2_500)]
    rows = [f"{each.file};{question};1;all of it;" for each in records for question in ("q1", "q2/all")]
    start = time.monotonic()
    with fill(tmp_path, *records) as store:
        wished = table(tmp_path, *rows)
        assert decisions.decide(store, wished, "decisions.csv") == 5_000
        assert time.monotonic() - start < 60
        assert {each.total for each in standing.read(store).standings} == {2}
        with pytest.raises(SetupError, match="And 4990 more like these"):
            decisions.decide(store, [replace(each, points="99") for each in wished], "decisions.csv")


def test_two_people_who_decide_at_once_are_both_kept(tmp_path: Path) -> None:
    fill(tmp_path, *several()).close()
    ready = threading.Barrier(4)

    def decides(number: int) -> None:
        with Store(tmp_path) as store:
            ready.wait()
            for turn in range(5):
                decisions.decide(store, [wish(question="q2", points="1", reason=f"{number}, {turn}")])

    people = [threading.Thread(target=decides, args=(number,)) for number in range(4)]
    for each in people:
        each.start()
    for each in people:
        each.join()
    with Store(tmp_path) as store:
        events = store.events()
        assert len({event.payload["reason"] for event in events}) == len(events) == 20
        # each saw what was decided before it
        assert [event.payload["old"] for event in events] == [3, *[1] * 19]
        assert {event.subject for event in events} == {Subject("ada.ipynb", "Ada", "a1" * 32)}
