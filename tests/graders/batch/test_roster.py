from __future__ import annotations

from pathlib import Path

import pytest

from graders.batch import roster
from graders.batch.identity import Owner
from graders.batch.store import Member, Run
from graders.batch.submissions import Submission
from graders.errors import SetupError
from graders.results import forgetting

CLASS = Path("/class")
ADA = Member(CLASS / "Ada" / "v.ipynb", "Ada/v.ipynb", "Ada", Owner("Ada"))
BOB = Member(CLASS / "Bob" / "v.ipynb", "Bob/v.ipynb", "Bob", Owner("Bob"))


def found(member: Member, name: str | None = None, student: str | None = None) -> Submission:
    return Submission(name or member.file, member.path, Owner(student or member.student))


def test_a_file_that_is_given_alone_keeps_the_name_that_it_has_in_the_class() -> None:
    (known, new) = roster.recognised([found(ADA, "v.ipynb", "v"), found(BOB)], [ADA])
    assert (known.name, known.owner.name) == (ADA.file, "Ada")
    assert (new.name, new.owner.name) == (BOB.file, "Bob")


def test_a_file_that_was_given_alone_gets_the_name_that_says_more() -> None:
    (known,) = roster.recognised([found(ADA)], [Member(ADA.path, "v.ipynb", "v")])
    assert (known.name, known.owner.name) == (ADA.file, "Ada")


def test_the_same_name_from_another_folder_takes_its_place() -> None:
    again = Submission(ADA.file, Path("/late/Ada/v.ipynb"), Owner("Ada"))
    assert roster.replaced([again], [Path("/late")], [ADA, BOB]) == [ADA.path]
    assert roster.replaced([found(ADA), again], [CLASS, Path("/late")], [ADA, BOB]) == []
    assert roster.replaced([Submission(ADA.file, again.path, Owner("Eve"))], [Path("/late")], [ADA, BOB]) == []
    assert roster.replaced([again], [again.path], [ADA, BOB]) == []


def test_others_are_those_that_were_not_found_now() -> None:
    assert roster.others([found(ADA)], [ADA, BOB]) == [BOB.path]


def test_one_folder_has_one_assignment() -> None:
    one, other, nameless = (Run(name, "6", {}) for name in ("one", "other", ""))
    for now, before in ((one, one), (one, nameless), (nameless, one)):
        roster.check_assignment(now, before, CLASS)
    with pytest.raises(SetupError, match="/class holds grades of 'other', and this is an autograder of 'one'"):
        roster.check_assignment(one, other, CLASS)


def test_members_are_forgotten_by_file_path_or_student() -> None:
    twin = Member(Path("/other/Ada/v.ipynb"), ADA.file, "Ada")
    odd = Member(CLASS / "=1.ipynb", "=1.ipynb", "=1")
    members = [ADA, BOB, twin, odd]
    assert forgetting.paths(members, ["Bob"]) == [BOB.path]
    assert forgetting.paths(members, [BOB.file, "'=1.ipynb"]) == [BOB.path, odd.path]
    assert forgetting.paths(members, [str(twin.path)]) == [twin.path]
    assert forgetting.paths(members, ["Ada"]) == [ADA.path, twin.path]
    with pytest.raises(SetupError, match=r"'Ada/v.ipynb' could be /class/Ada/v.ipynb, /other/Ada/v.ipynb"):
        forgetting.paths(members, [ADA.file])
    with pytest.raises(SetupError, match="There is no file and no student 'Zoë' in the class"):
        forgetting.paths(members, ["Zoë"])
