"""The whole examination: what has to hold, what was found, and the table of it."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from tests.graders.vaes_and_gans.judging import NAMES, PARTS, judge_others_right, misconceptions
from tests.graders.vaes_and_gans.right_answers import RIGHT
from tests.graders.vaes_and_gans.wrong_answers import LOSSES, as_answer
from tests.prove import examination, pool, public, rewrites, room
from tests.prove.examination import IMPORT, NO_END, SURVIVED, Task
from tests.prove.mutants import affected, mutants

LEAST_RIGHT_ANSWERS = 60
LEAST_MISCONCEPTIONS = 60
LEAST_KILLED = 0.98
LEAST_REFUSED_IN_PUBLIC = 0.6
LEAST_FORM_MISTAKES = 80
LEAST_FORMS = 2000
WALKS = 15

Say = Callable[[str], None]


@dataclass
class Report:
    """Sections of the table, and the targets that were missed."""

    sections: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    summary: list[tuple[str, str, str]] = field(default_factory=list)
    """What was examined, what was found, what was wanted."""

    def target(self, what: str, found: str, wanted: str, reached: bool) -> None:
        """Note a target."""
        self.summary.append((what, found, wanted if reached else f"{wanted}: **missed**"))
        if not reached:
            self.missed.append(f"{what}: {found}, wanted {wanted}")

    def text(self) -> str:
        """The whole report as Markdown."""
        head = "# The graders' own examination\n\nWritten by `make prove`."
        summary = table(["what", "found", "wanted"], self.summary)
        return "\n\n".join([head, summary, *self.sections]) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; numbers go to the right."""
    cells = [[str(cell) for cell in row] for row in rows]
    right = [bool(cells) and all(_is_number(row[k]) for row in cells) for k in range(len(head))]
    lines = [head, ["--:" if number else "---" for number in right], *cells]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _is_number(text: str) -> bool:
    return text.replace(".", "").replace("%", "").replace(" ", "").isdigit()


def percent(part: int, whole: int) -> str:
    """A share, rounded down, so that 100 % means all."""
    return f"{int(1000 * part / whole) / 10 if whole else 100:.1f} %"


def say_at_once(line: str) -> None:
    """Print a line that is seen even while the rest goes on."""
    print(line, flush=True)


def examine(say: Say = say_at_once) -> Report:
    """Everything, in about five minutes on two cores."""
    report = Report()
    right_answers(report, say)
    named_errors(report, say)
    public_checks(report, say)
    room_at_the_edges(report, say)
    all_mutants(report, say)
    all_rewrites(report, say)
    return report


# Right answers and misconceptions ------------------------------------------------------


def is_accepted(number: int) -> list[str]:
    """The cases in which a right answer loses points."""
    answer = RIGHT[number]
    with np.errstate(all="ignore"):
        return [
            outcome.case for outcome in judge_others_right(answer.part, **answer.answers) if not outcome.passed
        ]


def right_answers(report: Report, say: Say) -> None:
    """Every right answer, however it is written, earns everything."""
    lost = pool.outcomes(is_accepted, range(len(RIGHT)))
    judged = zip(RIGHT, lost, strict=True)
    refused = [f"{answer.part} {answer.way}: {cases}" for answer, cases in judged if cases != []]
    for line in refused:
        say(f"right answer refused: {line}")
    accepted = len(RIGHT) - len(refused)
    report.target(
        "right answers, written in other ways, that earn all points",
        f"{accepted} of {len(RIGHT)}",
        f"all, at least {LEAST_RIGHT_ANSWERS}",
        not refused and accepted >= LEAST_RIGHT_ANSWERS,
    )


def naming(note: str) -> list[str]:
    """What is wrong with the way a misconception is judged."""
    part = note.partition(".")[0]
    (misconception,) = (candidate for candidate in misconceptions(part) if candidate.note == note)
    names, loss = LOSSES[note]
    outcomes = judge_others_right(part, **{name: as_answer(part, misconception, name) for name in names})
    failed = [outcome for outcome in outcomes if not outcome.passed]
    lost = sum(outcome.points for outcome in failed)
    faults = [] if failed else ["accepted"]
    if lost != loss:
        faults.append(f"costs {lost:g}, not {loss:g}")
    if not any(outcome.note == note and misconception.hint in outcome.hint for outcome in failed):
        faults.append("not named")
    return faults


def named_errors(report: Report, say: Say) -> None:
    """Every misconception is rejected, named, and costs what it should."""
    notes = [misconception.note for part in PARTS for misconception in misconceptions(part)]
    known = [note for note in notes if note in LOSSES]
    found = pool.outcomes(naming, known)
    faults = [f"{note}: {what}" for note, what in zip(known, found, strict=True) if what != []]
    faults += [f"{note}: not in the table of losses" for note in notes if note not in LOSSES]
    for line in faults:
        say(f"misconception {line}")
    report.target(
        "misconceptions rejected, named, and costing what they should",
        f"{len(notes) - len(faults)} of {len(notes)}",
        f"all, at least {LEAST_MISCONCEPTIONS}",
        not faults and len(notes) >= LEAST_MISCONCEPTIONS,
    )
    right, wrong = Counter(answer.part for answer in RIGHT), Counter(note.partition(".")[0] for note in notes)
    report.sections.append(
        "## Answers\n\n"
        + table(["part", "right answers", "misconceptions"], ([part, right[part], wrong[part]] for part in PARTS))
    )


def public_checks(report: Report, say: Say) -> None:
    """What students can find out themselves: a mistake of form always, a wrong answer mostly."""
    mistakes = public.mistakes()
    judged = list(zip(mistakes, pool.outcomes(public.form_refused, range(len(mistakes))), strict=True))
    losing = [(mistake, said[1]) for mistake, said in judged if said is not None and said[0]]
    unseen = [f"{mistake.name}, {mistake.what}" for mistake, said in losing if not said]
    unlike = [
        f"{mistake.name}, {mistake.what}" for mistake, said in judged if said is None or said[0] != mistake.loses
    ]
    for line in (*unseen, *unlike):
        say(f"form mistake: {line}")
    report.target(
        "form mistakes that lose a hidden point and fail a public check",
        f"{len(losing) - len(unseen)} of {len(losing)}",
        f"all, at least {LEAST_FORM_MISTAKES}",
        not unseen and not unlike and len(losing) >= LEAST_FORM_MISTAKES,
    )
    notes = list(LOSSES)
    judgements = pool.outcomes(public.misconception_refused, notes)
    passing = [note for note, found in zip(notes, judgements, strict=True) if not found]
    for note in passing:
        say(f"passes every public check: {note}")
    report.target(
        "misconceptions that fail a public check",
        f"{len(notes) - len(passing)} of {len(notes)}",
        f"at least {percent(round(100 * LEAST_REFUSED_IN_PUBLIC), 100)}",
        len(notes) - len(passing) >= LEAST_REFUSED_IN_PUBLIC * len(notes),
    )
    right = [*pool.outcomes(public.right_refused, range(len(RIGHT))), *map(public.otherwise_refused, PARTS)]
    refused = [said for said in right if said != ""]
    for found in refused:
        say(f"right answer refused in public: {found}")
    report.target(
        "right answers, and parts of the demo's, that pass every public check",
        f"{len(right) - len(refused)} of {len(right)}",
        "all",
        not refused,
    )
    forms, failing = (
        Counter(mistake.part for mistake in mistakes),
        Counter(note.partition(".")[0] for note in notes if note not in passing),
    )
    report.sections.append(
        "## Public checks\n\n"
        + table(
            ["part", "form mistakes", "misconceptions that fail a public check"],
            ([part, forms[part], failing[part]] for part in PARTS),
        )
        + "".join(f"\n\nPasses every public check: {note}." for note in passing)
    )


def room_at_the_edges(report: Report, say: Say) -> None:
    """Hidden cases keep away from the limits and accuracies of the contract."""
    examined: list[tuple[str, Sequence[object], list[str]]] = [
        (
            "the same right answers with a tenth of the tolerances",
            pool.outcomes(room.right_with_less, range(len(RIGHT))),
            [f"{answer.part} {answer.way}" for answer in RIGHT],
        ),
        (
            "the same misconceptions with a thousand times the tolerances",
            pool.outcomes(room.loss_with_more, list(LOSSES)),
            list(LOSSES),
        ),
        (
            "references with limits a thousand times off, `<` for `<=`, `np.isclose`, `np.allclose`",
            pool.outcomes(room.lost_by_limit, room.MOVED),
            [f"{part} {new}" for part, _, new in room.MOVED],
        ),
    ]
    for what, lost, names in examined:
        faults = [f"{name}: {found}" for name, found in zip(names, lost, strict=True) if found or found is None]
        for line in faults:
            say(f"no room: {line}")
        report.target(what, f"{len(names) - len(faults)} of {len(names)}", "all", not faults)


# Mutants -------------------------------------------------------------------------------


@dataclass
class Fate:
    """What became of a mutant."""

    task: Task
    killer: str
    alone: str = ""
    """What killed it when the reference was the same mutant; only asked of those that are not equivalent."""

    @property
    def id(self) -> str:
        return self.task.mutant.id


def all_mutants(report: Report, say: Say) -> None:
    """Every mutant of every reference solution loses points, or is listed as equivalent."""
    listed = examination.listed()
    tasks = [Task(mutant) for part in PARTS for mutant in mutants(part)]
    fates = [Fate(task, killer) for task, killer in zip(tasks, examination.killers(tasks), strict=True)]
    survivors = {fate.id for fate in fates if fate.killer == SURVIVED}
    equivalent = {fate.id for fate in fates if fate.id in listed and listed[fate.id].equivalent}
    unlisted = [fate.id for fate in fates if fate.killer == SURVIVED and fate.id not in listed]
    existing = {fate.id for fate in fates}
    closed = [name for name in listed if not listed[name].equivalent and name in existing - survivors]
    stale = [name for name in listed if name not in survivors and name not in closed]
    for name in unlisted:
        say(f"survives and is not listed: {name}")
    for name in stale:
        say(f"listed as a survivor, but {'killed' if name in existing else 'no mutant any more'}: {name}")
    for name in closed:
        say(f"open no more, take it off the list: {name}")

    real = [fate for fate in fates if fate.id not in equivalent]
    again = examination.killers([Task(fate.task.mutant, everywhere=True) for fate in real])
    for fate, killer in zip(real, again, strict=True):
        fate.alone = killer
        if killer == SURVIVED:
            say(f"survives as reference and answer: {fate.id}")
    killed = sum(fate.killer != SURVIVED for fate in real)
    report.target(
        "mutants of the references killed by the hidden tests, of those not equivalent",
        f"{percent(killed, len(real))} ({killed} of {len(real)})",
        f"≥ {LEAST_KILLED:.0%}",
        killed >= LEAST_KILLED * len(real),
    )
    report.target(
        "survivors accounted for, and no other mutant listed",
        f"{len(survivors) - len(unlisted)} of {len(survivors)}, {len(stale)} stale",
        "all, none",
        not unlisted and not stale,
    )
    alone_too = sum(fate.alone != SURVIVED for fate in real)
    report.summary.append(
        (
            "the same mutants killed when the reference has the same error",
            f"{percent(alone_too, len(real))} ({alone_too} of {len(real)})",
            "no target",
        )
    )
    report.sections += [_by_part(fates, equivalent), _by_name(real), _reasons(fates, listed)]


def _by_part(fates: list[Fate], equivalent: set[str]) -> str:
    rows = []
    for part in (*PARTS, "all"):
        here = [fate for fate in fates if part in (fate.task.mutant.part, "all")]
        real = [fate for fate in here if fate.id not in equivalent]
        killed = [fate for fate in here if fate.killer != SURVIVED]
        by = Counter(fate.killer for fate in killed)
        share = percent(sum(fate.killer != SURVIVED for fate in real), len(real))
        same = len(here) - len(real)
        others = len(real) - len(killed)
        rows.append([part, len(here), len(killed), by[IMPORT], by[NO_END], same, others, share])
    head = [
        "part",
        "mutants",
        "killed",
        "do not run",
        "do not end",
        "equivalent",
        "open",
        "killed, if not equivalent",
    ]
    return (
        "## Mutants\n\nA mutant is killed when it loses points in a hidden case; so are those that do not run or "
        "do not end.\n\n" + table(head, rows)
    )


def _by_name(real: list[Fate]) -> str:
    rows = []
    for part in PARTS:
        for name in NAMES[part]:
            here = [fate for fate in real if fate.task.mutant.part == part]
            here = [fate for fate in here if affected(part, fate.task.mutant.scope, (name,))]
            killed = sum(fate.alone != SURVIVED for fate in here)
            rows.append([part, name, len(here), killed, percent(killed, len(here))])
    return (
        "## Wrong references\n\nThe answer and the reference that the hidden tests compare it with are the same "
        "mutant, as in the author's gate: what the tests know by themselves has to tell.\n\n"
        + table(["part", "name", "mutants that reach it", "killed", "share"], rows)
    )


def _reasons(fates: list[Fate], listed: dict[str, examination.Listed]) -> str:
    counts = Counter(
        (listed[fate.id].equivalent, fate.task.mutant.part, listed[fate.id].reason)
        for fate in fates
        if fate.id in listed and fate.killer == SURVIVED
    )
    rows = [
        ["equivalent" if same else "open", part, number, reason]
        for (same, part, reason), number in sorted(counts.items())
    ]
    return "## Survivors\n\nEach mutant is listed with its reason in `tests/prove/survivors.toml`.\n\n" + table(
        ["verdict", "part", "mutants", "reason"], rows
    )


# Rewrites ------------------------------------------------------------------------------


def _walks(name: str) -> rewrites.Tally:
    return rewrites.walks(name, WALKS)


def all_rewrites(report: Report, say: Say) -> None:
    """Equal forms are accepted, nearly equal ones rejected, and none is undecided."""
    names = [subject.name for subject in rewrites.subjects()]
    outcomes = pool.outcomes(_walks, names, time_limit=600)
    lost = [name for name, tally in zip(names, outcomes, strict=True) if tally is None]
    tallies = [tally for tally in outcomes if tally is not None]
    for name in lost:
        say(f"came to no end: walks from {name}")
    for line in (line for tally in tallies for line in tally.wrong[:3]):
        say(f"misjudged: {line[:2000]}")
    accepted = sum(tally.right["equal"] for tally in tallies)
    rejected = sum(tally.right.total() for tally in tallies) - accepted
    undecided = sum(tally.undecided for tally in tallies)
    wrongly = Counter("equal" if kind == "equal" else "wrong" for tally in tallies for kind in tally.wrong_kinds)
    for what, good, bad in [
        ("equal forms of the reference expressions accepted", accepted, wrongly["equal"]),
        ("forms with one small error rejected", rejected, wrongly["wrong"]),
    ]:
        report.target(
            what,
            f"{good} of {good + bad}",
            f"all, at least {LEAST_FORMS}",
            not bad and good >= LEAST_FORMS and not lost,
        )
    seconds = [second for tally in tallies for second in tally.seconds]
    report.target("forms undecided", str(undecided), "0", undecided == 0)
    report.summary.append(("time of one judgement, median, 99 %", _times(seconds), "no target"))
    rows = [
        [
            tally.name,
            tally.right["equal"],
            tally.right.total() - tally.right["equal"],
            len(tally.wrong),
            *_times(tally.seconds).split(", "),
        ]
        for tally in tallies
    ]
    errors: Counter[str] = Counter()
    for tally in tallies:
        errors.update(tally.right)
    del errors["equal"]
    report.sections.append(
        "## Rewrites\n\nRandom walks through equal forms, with and without an error, each evaluated with mpmath "
        f"to {rewrites.DIGITS} digits besides.\n\n"
        + table(["expression", "equal, accepted", "wrong, rejected", "misjudged", "median", "99 %"], rows)
        + "\n\n"
        + table(["error", "rejected"], sorted(errors.items()))
    )


def _times(seconds: list[float]) -> str:
    median, last = statistics.median(seconds), sorted(seconds)[int(0.99 * (len(seconds) - 1))]
    return f"{1000 * median:.1f} ms, {1000 * last:.0f} ms"
