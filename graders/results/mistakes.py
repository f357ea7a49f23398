"""Wrong answers of a class: those that have a name, and those that nobody has named though several gave them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from graders.batch.record import Record


@dataclass
class Mistake:
    """A note: who has it, by place in the class, in which questions, with which hints."""

    note: str
    who: list[int] = field(default_factory=list)
    questions: set[str] = field(default_factory=set)
    hints: Counter[str] = field(default_factory=Counter)

    @property
    def hint(self) -> str:
        """The most frequent hint; of equally frequent ones always the same."""
        return min(self.hints, key=lambda each: (-self.hints[each], each))


@dataclass(frozen=True)
class Agreement:
    """Students, by place in the class, who got the same wrong values in these cases, with what was said of one."""

    question: str
    cases: tuple[str, ...]
    who: tuple[int, ...]
    message: str


def mistakes(records: Sequence[Record]) -> list[Mistake]:
    """The notes of a class, the most frequent first."""
    found: dict[str, Mistake] = {}
    for place, record in enumerate(records):
        for question, result in record.questions.items():
            for case in result.cases:
                if case.note and not case.passed:
                    mistake = found.setdefault(case.note, Mistake(case.note))
                    mistake.questions.add(question)
                    mistake.hints[case.hint] += 1
                    if mistake.who[-1:] != [place]:
                        mistake.who.append(place)
    return sorted(found.values(), key=lambda each: (-len(each.who), each.note))


def is_named(note: str, questions: Collection[str]) -> bool:
    """Whether a note is a misconception of a question, rather than what may be wrong with any answer."""
    return note.partition(".")[0] in questions


def agreements(records: Sequence[Record]) -> list[Agreement]:
    """Wrong answers without a name that two or more have in common, the most frequent first."""
    said: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    messages: dict[tuple[str, str, str], str] = {}
    for place, record in enumerate(records):
        for question, result in record.questions.items():
            for case in result.cases:
                if case.answered and not is_named(case.note, record.questions):
                    key = question, case.name, case.answered
                    said[key].append(place)
                    messages.setdefault(key, case.message)
    together: dict[tuple[str, tuple[int, ...]], list[tuple[str, str]]] = defaultdict(list)
    for (question, name, answered), places in said.items():
        if len(places) > 1:
            together[question, tuple(places)].append((name, messages[question, name, answered]))
    found = [
        Agreement(question, tuple(name for name, _ in cases), who, cases[0][1])
        for (question, who), cases in together.items()
    ]
    return sorted(found, key=lambda each: (-len(each.who), each.question, each.cases))
