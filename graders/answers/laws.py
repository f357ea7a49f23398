"""Public checks: the form of an answer, and laws that any right answer obeys.

The form is read by the same readers as in the hidden tests, so that nobody who passes loses a point to it. A law
follows from a definition that the student was given, and is never the answer itself. Inputs are no secret here: a
message names the call, what came back, and what to write.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import balls, derivation, figure, numeric, symbolic
from . import expression as trees
from .verdict import Wrong

# What a message shows of one argument, in characters.
SHOWN = 90

Inputs = Sequence[Sequence[Any]]
Side = tuple[str, float]
"""What a side of a law is, in words or as a call, and its value."""


class Form(AssertionError):
    """The answer can't be read as what is asked for."""


class Law(AssertionError):
    """The answer can be read, and breaks a law that right ones obey."""


# Form ---------------------------------------------------------------------------


def given(what: str, value: Any, *, function: bool = False) -> None:
    """Raise `Form` where a name is not defined, still `...`, or no function but should be."""
    if value is None:
        raise Form(f"{what} is not defined. Write it in its answer cell, run that cell, then this check.")
    if value is Ellipsis:
        raise Form(f"{what} is still `...`. Write your answer there, run the cell, then this check.")
    if function and not callable(value):
        raise Form(
            f"{what} must be a function, but it is {numeric.kind(value)}. Did another cell reuse the name? "
            f"Run the cell with `def {what}` again."
        )


def called(what: str, arguments: Sequence[Any]) -> str:
    """A call as one would type it."""
    return f"{what}({', '.join(map(shown, arguments))})"


def shown(value: Any) -> str:
    """An argument as one would type it, abbreviated."""
    if isinstance(value, np.ndarray):
        text = f"np.array({np.array2string(value, separator=', ', threshold=12)})"
        text = " ".join(text.split())
        plain = value.dtype in (np.float64, np.int64, np.bool_)
        text = text if plain else f"{text[:-1]}, dtype=np.{value.dtype})"
    else:
        text = numeric.shown(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def returned(what: str, function: Any, inputs: Inputs, *, silent: bool = False) -> list[Any]:
    """What the function returns for valid inputs; `Form` where it raises, changes its arguments, or warns."""
    given(what, function, function=True)
    values = []
    for arguments, did in zip(inputs, numeric.calls(function, inputs), strict=True):
        call = called(what, arguments)
        if did.error is not None:
            raise Form(f"{call} is a legal call, but it raises {_raised(did.error)}")
        if did.changed:
            raise Form(f"{call} changes its arguments. Work on a copy: `np.array(…, dtype=float)` makes one.")
        if silent and did.warnings:
            raise Form(f"{call} warns ({did.warnings[0]}): rewrite it so that nothing overflows.")
        values.append(did.value)
    return values


def _raised(error: BaseException) -> str:
    text, _ = numeric.attempt(str, error)
    return f"{type(error).__name__}: {str(text or '')[:200]}"


def complete(reader: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """What a judge of the hidden tests says of the form, as `Form`."""
    return _read(lambda: reader(*arguments, **options), write="")


def two_distributions(what: str, pair: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The two distributions on the same outcomes that a call returned."""
    entries = numeric.parts(pair)
    if entries is None or len(entries) != 2:
        raise Form(f"{what} must be a pair (p, q) or None, but it is {_kind(pair)}: `return p, q`.")
    p, q = (
        _read(numeric.vector, entry, f"{letter} of {what}", write="Return lists or one-dimensional arrays.")
        for letter, entry in zip("pq", entries, strict=True)
    )
    if p.size != q.size:
        raise Form(f"p and q of {what} must have the same length, but they have {p.size} and {q.size}.")
    for letter, entry in zip("pq", (p, q), strict=True):
        if not (np.all(entry >= 0) and abs(entry.sum() - 1) <= 1e-8):
            raise Form(
                f"{letter} of {what} is {shown(entry)}, which is no distribution: entries must be non-negative "
                f"and sum to 1, not to {number(float(entry.sum()))}."
            )
    return p, q


def _read(reader: Callable[..., Any], *arguments: Any, write: str) -> Any:
    """What a reader of the hidden tests reads, whose complaint is completed by what to write."""
    try:
        return reader(*arguments)
    except Wrong as wrong:
        raise Form(f"{wrong.hint} {write}".strip()) from None


def numbers(what: str, function: Any, inputs: Inputs) -> list[float]:
    """What the function returns for valid inputs, as floats."""
    values = returned(what, function, inputs)
    write = "Return one number, such as `float(…)`."
    return [
        float(_read(numeric.number, value, called(what, arguments), write=write))
        for arguments, value in zip(inputs, values, strict=True)
    ]


def whole_numbers(what: str, function: Any, inputs: Inputs) -> list[int]:
    """What the function returns for valid inputs, as whole numbers: no floats, since these are rounded."""
    values = returned(what, function, inputs)
    return [
        int(_read(numeric.integer, value, called(what, arguments), write="Return a Python int."))
        for arguments, value in zip(inputs, values, strict=True)
    ]


def arrays(
    what: str, function: Any, inputs: Inputs, shapes: Sequence[tuple[int, ...]]
) -> list[NDArray[np.float64]]:
    """What the function returns for valid inputs, as arrays of floats of these shapes."""
    values = returned(what, function, inputs)
    return [
        _array(value, shape, called(what, arguments))
        for arguments, value, shape in zip(inputs, values, shapes, strict=True)
    ]


def _array(value: Any, shape: tuple[int, ...], call: str) -> NDArray[np.float64]:
    write = f"Return an array of floats of shape {shape}."
    try:
        return numeric.array(value, shape, call)
    except Wrong as wrong:
        hint = f"{call} has {wrong.detail}." if wrong.note == "answer.shape" else wrong.hint
        raise Form(f"{hint} {write}") from None


def _kind(value: Any) -> str:
    entries = numeric.parts(value)
    return numeric.kind(value) if entries is None else f"{numeric.kind(value)} of {len(entries)}"


def pairs_of_arrays(
    what: str, function: Any, inputs: Inputs, shapes: Sequence[tuple[int, ...]], *, silent: bool = False
) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """What the function returns for valid inputs, as pairs of arrays of floats of these shapes."""
    found = []
    values = returned(what, function, inputs, silent=silent)
    for arguments, value, shape in zip(inputs, values, shapes, strict=True):
        call = called(what, arguments)
        entries = numeric.parts(value)
        if entries is None or len(entries) != 2:
            raise Form(f"{call} must return a pair of arrays, but returns {_kind(value)}: `return u, v`.")
        one, other = (
            _array(entry, shape, f"the {place} entry of {call}")
            for place, entry in zip(("first", "second"), entries, strict=True)
        )
        found.append((one, other))
    return found


def refuses(what: str, function: Any, invalid: Iterable[tuple[str, Sequence[Any]]]) -> None:
    """The function raises ValueError on each of the inputs; `invalid` says what is wrong with them, in words."""
    given(what, function, function=True)
    for reason, arguments in invalid:
        did = numeric.call(function, *arguments)
        if isinstance(did.error, ValueError):
            continue
        outcome = f"raises {_raised(did.error)}" if did.error else f"returns {numeric.shown(did.value)[:SHOWN]}"
        raise Form(
            f"{called(what, arguments)} must raise ValueError, because of {reason}, but it {outcome}. "
            'Test the arguments first, and write `raise ValueError("…")`.'
        )


def no_distributions(good: Sequence[float], *, at: int, of: int) -> list[tuple[str, tuple[Any, ...]]]:
    """Arguments of which the one `at` is no distribution, whatever the other of the `of` are."""
    n = len(good)
    bad = [
        ("negative mass", [*good[:-2], 1.0 + good[-2], good[-1] - 1.0]),
        ("a sum below 1", [0.9 * mass for mass in good]),
        ("a sum above 1", [1.001 * mass for mass in good]),
        ("a NaN", [math.nan, *good[1:]]),
        ("different lengths", [1 / (n + 1)] * (n + 1)),
    ]
    return [(reason, tuple(values if k == at else list(good) for k in range(of))) for reason, values in bad]


def expression(what: str, answer: Any, symbols: Sequence[str]) -> Callable[..., float]:
    """The expression as a function of its symbols, by name; raises `Form` when it can't be read or has others."""
    given(what, answer)
    write = f"Hand in a SymPy expression in {' and '.join(symbols)}."
    tree = _read(trees.read, answer, what, write=write)
    if foreign := sorted(trees.free_names(tree) - set(symbols)):
        raise Form(
            f"{what} contains {', '.join(foreign)}, but it is an expression in {' and '.join(symbols)}. If a cell "
            "has overwritten a symbol, run the cell that declares it again, then the answer cell."
        )
    _read(symbolic.unfinished, what, tree, write="")

    def value(**point: float) -> float:
        values = {name: trees.number(Fraction(number)) for name, number in point.items()}
        found = balls.as_float(symbolic.substitute(tree, values), balls.Budget())
        if found is None:
            raise Form(f"{what} has no real value at {where(**point)}. Is it an expression of real numbers?")
        return found

    return value


def drawing(what: str, function: Any, label: str) -> figure.Plot:
    """What the function draws: something is seen, the x label names `label`, there is a y label."""
    (axes,) = returned(what, function, [()])
    plot: figure.Plot = _read(figure.read, axes, what, write="")
    if not plot.shown:
        raise Form(f"{what} returns Axes on which nothing is seen. Draw on the Axes that you return.")
    if not figure.names(plot.xlabel, label):
        raise Form(f"The x label of {what} must name {label}, but it is {plot.xlabel!r}: `ax.set_xlabel(…)`.")
    if not plot.ylabel.strip():
        raise Form(f"The y label of {what} is missing: `ax.set_ylabel(…)`.")
    return plot


# Laws ---------------------------------------------------------------------------


def where(**values: Any) -> str:
    """An input in words: `p = [0.5, 0.5], q = …`."""
    return ", ".join(f"{name} = {shown(value)}" for name, value in values.items())


def equal(law: str, left: Side, right: Side, *, at: str = "", rtol: float = 1e-9, atol: float = 1e-9) -> None:
    """Both sides have one value; raises `Law` otherwise."""
    if not numeric.close(left[1], right[1], rtol=rtol, atol=atol):
        raise _broken(law, left, right, at, "not")


def at_most(law: str, left: Side, right: Side, *, at: str = "", atol: float = 1e-9) -> None:
    """The left side is not above the right one; raises `Law` otherwise, also for nan."""
    if not left[1] <= right[1] + atol:
        raise _broken(law, left, right, at, "not at most")


def below(law: str, left: Side, right: Side, *, at: str = "") -> None:
    """The left side is below the right one; raises `Law` otherwise, also for nan."""
    if not left[1] < right[1]:
        raise _broken(law, left, right, at, "not below")


def positive(law: str, side: Side, *, at: str = "") -> None:
    """The side is above 0; raises `Law` otherwise, also for nan."""
    if not side[1] > 0:
        raise _broken(law, side, ("", 0.0), at, "not above")


def _broken(law: str, left: Side, right: Side, at: str, wanted: str) -> Law:
    said = f"{left[0]} is {number(left[1])}, {wanted} {number(right[1])}"
    said += f", which is {right[0]}." if right[0] else "."
    return Law(f"{law} But with {at}: {said}" if at else f"{law} But {said}")


def number(value: float) -> str:
    """A value in as many digits as tell two apart."""
    return f"{value:.10g}"


def slope(function: Callable[[float], float], at: float, step: float = 1e-5) -> float:
    """The slope of a function by a central finite difference."""
    return (function(at + step) - function(at - step)) / (2 * step)


def exactly(law: str, left: tuple[str, int], right: int) -> None:
    """Two whole numbers are equal, to the last digit; raises `Law` otherwise."""
    if left[1] != right:
        raise Law(f"{law} But {left[0]} is {numeric.shown(left[1])}, not {numeric.shown(right)}.")


# Derivations --------------------------------------------------------------------


def functionals(what: str, answer: Any, goal: object) -> None:
    """Each line of a derivation of functionals equals the one before, down to the goal.

    What the start must be is not told here: whatever the first line is, the others have to equal it.
    """
    lines = _lines(what, answer)
    first = lines[0]
    if numeric.kind(first) in ("a tuple", "a list") and len(first) == 2 and numeric.kind(first[1]) == "a text":
        first = first[0]
    start = _read(trees.read, first, f"line 1 of {what}", write="")
    try:
        review = derivation.review_functionals(lines, start=start, goal=goal)
    except ValueError as error:
        raise Form(f"{what}, line 1: {error}") from None
    _follows(what, review)


def sums(what: str, answer: Any, goal: object, *, domains: dict[str, str], logarithms: str) -> None:
    """Each line of a derivation in sums over i = 1 … K equals the one before, from start to goal."""
    review = derivation.review_sums(
        _lines(what, answer),
        value=goal,
        domains=domains,
        start=derivation.joint_logarithm(logarithms),
        goal=derivation.separate_logarithms(logarithms),
        logarithms=logarithms,
    )
    _follows(what, review)


def _lines(what: str, answer: Any) -> list[Any]:
    given(what, answer)
    if numeric.kind(answer) not in ("a list", "a tuple"):
        raise Form(f"{what} must be a list of SymPy expressions, but it is {numeric.kind(answer)}: `[…, …]`.")
    found = list(answer)
    if len(found) < 4:
        raise Form(
            f"{what} has {len(found)} lines, but a start, two lines in between and a goal are at least four."
        )
    for number, line in enumerate(found, start=1):
        if line is Ellipsis:
            raise Form(f"Line {number} of {what} is still `...`.")
    return found


def _follows(what: str, review: derivation.Review) -> None:
    if review.complete:
        return
    if review.note in ("derivation.line", "derivation.type", "derivation.too-long"):
        raise Form(f"{what}: {review.message}")
    raise Law(f"{what}: every line equals the one before. {review.message} {review.witness}".strip())
