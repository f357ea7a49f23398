"""A class of any size, made up from a seed: abilities, misconceptions, what waits, hangs or is broken, copies."""

from __future__ import annotations

import hashlib
import math
import random
import re
from typing import Any

from graders.batch.record import CaseResult, Note, QuestionResult, Record
from graders.batch.sheet import Part, Sheet
from graders.batch.store import Run
from graders.results import standing
from graders.results.standing import Cohort

POSSIBLE = {"q1a": 10.0, "q1b": 15.0, "q1c": 5.0, "q1d": 20.0, "q2a": 10.0, "q2b": 10.0, "q2c": 15.0}
_CASES = 8
_FIRST = (
    "Ada",
    "Bayes",
    "Curie",
    "Darwin",
    "Euler",
    "Gauss",
    "Hopper",
    "Ito",
    "Jensen",
    "Noether",
    "Öztürk",
    "李",
)
_LAST = (
    "Abel",
    "Banach",
    "Cantor",
    "Dirac",
    "Erdős",
    "Fourier",
    "Galois",
    "Hilbert",
    "Jacobi",
    "Kepler",
    "Möbius",
)
_WORDS = ("np.log", "np.exp", "np.sum", "sp.diff", "np.where", "abs", "max", "len", "np.dot", "float")


def cohort(students: int, seed: int = 6) -> Cohort:
    """A class of so many."""
    chance = random.Random(seed)
    records = [_record(number, chance) for number in range(students)]
    if students > 9:
        records[5] = _like(records[4], records[5], sha256=records[4].sha256)
        records[9] = _like(records[8], records[9], sha256=records[9].sha256, code=_renamed(records[8].code))
    parts = [Part(name, f"What {name} is about", points, ("answer",)) for name, points in POSSIBLE.items()]
    parts.insert(1, Part("q1a_written", "Why it trains poorly", 5.0))
    sheet = Sheet("Tutorial 6: VAEs and GANs", tuple(parts)).to_json()
    run = Run("vaes_and_gans", "6", POSSIBLE, "2026-11-25T03:10:07+00:00", "ab12" * 16, sheet)
    records.sort(key=lambda each: each.file)
    return standing.cohort(run, records, [])


def _like(record: Record, other: Record, **changes: object) -> Record:
    return Record(**{**vars(record), "file": other.file, "student": other.student, **changes})


def _renamed(code: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(re.sub(r"\bx\b", "data", cell) for cell in cells) for name, cells in code.items()}


def _record(number: int, chance: random.Random) -> Record:
    student = f"{chance.choice(_FIRST)} {chance.choice(_LAST)}"
    file = f"{student.replace(' ', '').lower()}_{1000 + number}_notebook.ipynb"
    about: Any = {"student": student, "sha256": hashlib.sha256(file.encode()).hexdigest()}
    if chance.random() < 0.01:
        return Record(file, "not a notebook: the file is no valid JSON, perhaps cut short.", **about)
    ability, waits = chance.gauss(0.8, 1), chance.random() < 0.02
    questions = {name: _question(name, points, ability, chance, waits) for name, points in POSSIBLE.items()}
    lost = chance.random() < 0.03
    notes = (Note(7, lost="no result after 30 s: look for an endless loop"),) if lost else ()
    code: dict[str, tuple[str, ...]] = {name: (_code(chance),) for name in POSSIBLE}
    level, seconds = "full" if chance.random() < 0.95 else "reduced", round(chance.uniform(0.3, 2), 2)
    return Record(file, questions=questions, level=level, seconds=seconds, notes=notes, code=code, **about)


def _question(name: str, points: float, ability: float, chance: random.Random, waits: bool) -> QuestionResult:
    cases = []
    for number in range(_CASES):
        hard = (number - 3) / 2 + (ord(name[1]) - 49) / 2
        passed = chance.random() < 1 / (1 + math.exp(hard - 1.5 * ability))
        if number == 0 and name == "q1a":
            passed = True
        if number == 7 and name == "q2b":
            passed = chance.random() < 1 / (1 + math.exp(ability))
        title = f"{name}: property {number + 1} of what the part asks for"
        said: Any = {"hint": "", "note": "", "message": "passed"}
        if waits and number == 5 and name == "q1b":
            said = {"hint": "A person will look.", "note": "answer.undecided", "message": "undecided at p_r = 1/3"}
        elif not passed and chance.random() < 0.7:
            what = chance.choice(["sign", "swapped", "base-two", "sigma-for-variance"])
            hint = f"Look at the {what} in what you wrote for {name}: there is a way to check it by hand."
            said = {"hint": hint, "note": f"{name}.{what}", "message": f"{hint} [at x = 0.25: 1.386, not 0.693]"}
        elif not passed:
            wrong = chance.choice(["0.25", "0.5", "1.0", chance.random()])
            said = {"hint": "The value is wrong.", "note": "answer.value", "message": f"f(0.25) is {wrong}"}
            digest = hashlib.sha256(f"{title}{wrong}".encode()).hexdigest()[:16]
            said["answered"] = digest
        undecided = said["note"] == "answer.undecided"
        share = points / _CASES
        cases.append(CaseResult(title, share, True, passed and not undecided, grader_error=undecided, **said))
    return QuestionResult(sum(case.points for case in cases if case.passed), points, tuple(cases))


def _code(chance: random.Random) -> str:
    lines = ["def answer(x, mu, sigma):", '    """What the part asks for."""']
    lines += [f"    x = {_expression(chance, 3)}" for _ in range(chance.randint(4, 9))]
    return "\n".join([*lines, "    return x"])


def _expression(chance: random.Random, depth: int) -> str:
    if not depth:
        return chance.choice(["x", "mu", "sigma", "mu[1:]", "x.T", "2.0", "len(x)"])
    one, other = (_expression(chance, depth - chance.randint(1, depth)) for _ in range(2))
    form = chance.choice(
        ["{}({} + {})", "{}({}) - {}", "{}({}, {})", "{}({} * {})", "{}({}) / ({})", "{}({}) ** {}"]
    )
    return form.format(chance.choice(_WORDS), one, other)
