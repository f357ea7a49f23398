"""Which student of a platform's file handed in what: by id, then by login or e-mail, never by name alone."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from graders.batch.identity import Person
from graders.results.lms import canvas, moodle
from graders.results.lms.roster import Place, Roster
from graders.results.standing import Standing


@dataclass(frozen=True)
class Stranger:
    """Somebody who handed in and is not in the file, as far as ids, logins and e-mails tell."""

    person: Person
    standing: Standing
    proposed: tuple[Place, ...] = ()
    """Who has the same name."""


@dataclass(frozen=True)
class Matches:
    """What each student of the file handed in, by the place's id, and who is not in it."""

    found: dict[str, list[Standing]]
    strangers: list[Stranger]


def match(roster: Roster, standings: Iterable[Standing], *, by_name: bool = False) -> Matches:
    """Match all; `by_name` also those that only one student has the name of."""
    found: dict[str, list[Standing]] = defaultdict(list)
    strangers = []
    ids = {place.id: place for place in roster.places}
    keys = _by((key, place) for place in roster.places for key in place.keys)
    names = _by((_name(place.name), place) for place in roster.places)
    for standing in standings:
        owner = standing.record.owner
        for person in owner.people or (Person(owner.name or standing.record.student),):
            # the numbers of one platform mean nothing on another
            known = (
                (person.email,)
                if owner.platform in (canvas.PLATFORM, moodle.PLATFORM)
                else (person.id, person.email)
            )
            place = ids.get(person.id) if owner.platform == roster.platform else _only(keys, known)
            proposed = () if place else tuple(names.get(_name(person.name), ()))
            if by_name and len(proposed) == 1:
                (place,) = proposed
            if place:
                found[place.id].append(standing)
            else:
                strangers.append(Stranger(person, standing, proposed))
    return Matches(dict(found), strangers)


def _by(pairs: Iterable[tuple[str, Place]]) -> dict[str, list[Place]]:
    index = defaultdict(list)
    for key, place in pairs:
        index[key].append(place)
    return index


def _only(keys: dict[str, list[Place]], known: Sequence[str]) -> Place | None:
    """The one student whom ids and addresses are of; nobody where they are of several."""
    wanted = [key.strip().casefold() for key in known if key.strip()]
    places = {place.id: place for key in wanted for place in keys.get(key, ())}
    return next(iter(places.values())) if len(places) == 1 else None


def _name(name: str) -> str:
    """A name as all platforms write it: its letters, in whatever order its words, accents and case are.

    Canvas's downloads run the words together, last name first, so words in an order of their own stay together.
    """
    plain = unicodedata.normalize("NFKD", name).casefold()
    words = re.findall(r"[^\W_]+", "".join(c for c in plain if not unicodedata.combining(c)))
    return "".join(sorted("".join(words)))


def who(person: Person, standing: Standing) -> str:
    """How a person is told of: by name, and what they handed in."""
    return f"{person.name or standing.record.student} ({standing.record.file})"


def listed(standings: Sequence[Standing]) -> str:
    """The files of submissions."""
    return ", ".join(standing.record.file for standing in standings)
