"""One column of a platform's file, filled with what students earned, and all that a person should know of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from graders.results.lms import canvas, counting, late, matching
from graders.results.lms.matching import Stranger
from graders.results.lms.roster import Place, Roster
from graders.results.lms.telling import Told
from graders.results.standing import Standing
from graders.results.tables import number


@dataclass(frozen=True)
class Filled:
    """The new file, how many students got points, and what is to be told."""

    content: bytes
    students: int
    told: Told


def fill(roster: Roster, standings: Sequence[Standing], rule: late.Rule | None, *, by_name: bool) -> Filled:
    """Fill the column. SetupError where it is not of as many points as there are to earn."""
    possible = max((sum(score.possible for score in each.scores.values()) for each in standings), default=0.0)
    if standings and roster.possible and roster.possible != possible:
        raise roster.file.error(
            f"{roster.title!r} is of {roster.possible:g} points, and the grades are of {possible:g}. Give the "
            f"assignment {possible:g} points on the platform (its weight is another setting), and export again."
        )
    matches = matching.match(roster, standings, by_name=by_name)
    told, values = Told(), {}
    for place in roster.places:
        handed_in = matches.found.get(place.id, [])
        if not handed_in:
            if not (roster.platform == canvas.PLATFORM and canvas.is_test_student(place)):
                told.tell("In the file, nothing handed in", _who(place))
            continue
        points = _points(told, place, handed_in, possible, rule)
        if points is None:
            continue
        new, old = roster.written(points), place.row[roster.column]
        if number(old) is not None and number(old) != number(new):
            told.tell("Held other points before", f"{_who(place)}: {old}, now {new}")
        values[place.row, roster.column] = new
    for stranger in matches.strangers:
        _tell_stranger(told, stranger)
    return Filled(roster.file.changed(values), len(values), told)


def _points(
    told: Told, place: Place, handed_in: Sequence[Standing], possible: float, rule: late.Rule | None
) -> float | None:
    """What goes into a student's cell; nothing where it is left as it is, which is told."""
    chosen = counting.latest(handed_in)
    others = [each for each in handed_in if each not in chosen]
    if place.kept:
        told.tell("Left alone", f"{_who(place)}: {place.kept}")
    elif len(chosen) > 1:
        told.tell(
            "Several submissions, in no order that the platform gives: not filled",
            f"{_who(place)}: {matching.listed(chosen)}",
        )
    elif not chosen:
        reasons = "; ".join(f"{each.record.file}: {each.status}" for each in others)
        told.tell("Could not be graded: not filled", f"{_who(place)}: {reasons}")
    elif chosen[0].total is None:
        for heading, questions in (("Waits for a person", chosen[0].waiting), ("Not marked", chosen[0].unmarked)):
            if questions:
                told.tell(f"{heading}: not filled", f"{_who(place)}: {', '.join(questions)}")
    else:
        if others:
            told.tell(
                "Several submissions, of which the latest counts",
                f"{_who(place)}: {chosen[0].record.file}, not {matching.listed(others)}",
            )
        return chosen[0].total - _taken_off(told, place, chosen[0], possible, rule)
    return None


def _taken_off(told: Told, place: Place, counted: Standing, possible: float, rule: late.Rule | None) -> float:
    """What handing in late costs, told beside the points that were earned."""
    owner, earned = counted.record.owner, counted.total or 0.0
    if rule is None:
        return 0.0
    at = datetime.fromisoformat(owner.time) if owner.time else late.written(place.handed_in, rule.due)
    if at is None:
        why = "late, by Canvas's own mark, but not since when" if owner.late else "when is not known"
        told.tell("Nothing taken off for being late", f"{_who(place)}: {why}")
        return 0.0
    cost = rule.cost(at, earned, possible)
    if days := rule.days(at):
        told.tell(
            "Late",
            f"{_who(place)}: {earned:g} earned, {cost:g} taken off for {days} {'day' if days == 1 else 'days'}",
        )
    return cost


def _tell_stranger(told: Told, stranger: Stranger) -> None:
    who = matching.who(stranger.person, stranger.standing)
    if stranger.proposed:
        perhaps = " or ".join(map(_who, stranger.proposed))
        told.tell("Handed in, not in the file, but of the same name (--by-name fills these)", f"{who}: {perhaps}")
    else:
        told.tell("Handed in, not in the file", who)


def _who(place: Place) -> str:
    return f"{place.name} (line {place.row.line})"
