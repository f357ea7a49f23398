"""Judging functions by the numbers that they return: values, exceptions, warnings, changed arguments.

The student's function is touched only as a function from plain data to plain data, so that a judge sees the
same whether it is the real object or a proxy for one in another process. Every hint may be shown to the student;
what a hidden input was, and what was expected, goes to `Wrong.detail`.
"""

from __future__ import annotations

import copy
import math
import os
import warnings
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from graders.answers.misconception import Misconception
from graders.answers.verdict import Wrong

SEED_VARIABLE = "VAEGAN_SEED"
DEFAULT_SEED = "6"

# Relative error for double-precision formulas of a few dozen operations: far above rounding in any reasonable
# order of evaluation, far below every misconception.
RTOL = 1e-9
# Two wrong answers are the same misconception when they agree this well on every input.
MISCONCEPTION_RTOL = 1e-6


def generator(label: str) -> np.random.Generator:
    """The random generator of one test case: the same label and seed give the same inputs, on any machine.

    The seed is the environment variable VAEGAN_SEED (default 6).
    """
    seed = int(os.environ.get(SEED_VARIABLE, DEFAULT_SEED))
    return np.random.default_rng([seed, zlib.crc32(label.encode())])


@dataclass(frozen=True)
class Call:
    """What one call of a student's function did."""

    value: Any
    error: Exception | SystemExit | GeneratorExit | None
    warnings: tuple[str, ...]
    changed: tuple[int, ...]
    """Positions of the arguments that the call changed."""


def call(function: Callable[..., Any], *arguments: Any) -> Call:
    """Call `function` with copies of the arguments and record what happened, exceptions included."""
    given = copy.deepcopy(arguments)
    value, error = None, None
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            value = function(*given)
        except (Exception, SystemExit, GeneratorExit) as raised:  # sys.exit() would end the whole grading
            error = raised
    changed = tuple(i for i, (a, b) in enumerate(zip(given, arguments, strict=True)) if not _same_data(a, b))
    return Call(value, error, tuple(w.category.__name__ for w in caught), changed)


def _same_data(one: Any, other: Any) -> bool:
    if isinstance(other, np.ndarray):
        return (
            isinstance(one, np.ndarray)
            and one.dtype == other.dtype
            and np.array_equal(one, other, equal_nan=other.dtype.kind == "f")
        )
    if isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(_same_data, one, other))
    return bool(one == other) or (one != one and other != other)


def number(value: Any, what: str) -> float:
    """`value` as a float; a Python number, a NumPy scalar and a 0-d array will do.

    Raises `Wrong` for anything else, None above all: the function without a `return`.
    """
    if isinstance(value, int | float | np.number | np.ndarray) and not isinstance(value, bool):
        try:
            data = np.asarray(value)
        except OverflowError:  # pragma: no cover - NumPy makes an object array of a huge int
            data = np.asarray(math.inf)
        if data.shape == () and data.dtype.kind in "iuf":
            return float(data)
        if data.dtype == object and data.shape == () and isinstance(value, int):
            return math.inf if value > 0 else -math.inf
    raise _wrong_type(value, what, "a float")


def array(value: Any, shape: tuple[int, ...], what: str) -> NDArray[np.float64]:
    """`value` as an array of floats of the given shape; a list of that shape will do.

    Raises `Wrong` for another type or shape, for complex and for boolean entries.
    """
    if not isinstance(value, int | float | np.number | np.ndarray | list | tuple) or isinstance(value, bool):
        raise _wrong_type(value, what, "an array of floats")
    try:
        data = np.asarray(value)
    except ValueError as error:
        raise Wrong(
            f"{what} must return an array of floats, but its rows have different lengths.",
            note="answer.type",
        ) from error
    if data.dtype.kind not in "iuf":
        raise _wrong_type(value, what, "an array of floats", entries=str(data.dtype))
    if data.shape != shape:
        raise Wrong(
            f"{what} returns an array of the wrong shape. Check the shapes in its docstring.",
            note="answer.shape",
            detail=f"shape {data.shape}, expected {shape}",
        )
    return data.astype(np.float64)


def _wrong_type(value: Any, what: str, wanted: str, *, entries: str = "") -> Wrong:
    if value is None:
        return Wrong(f"{what} returned None: is its `return` missing?", note="answer.none")
    if value is Ellipsis:
        return Wrong(f"{what} is still `...`: write your answer there.", note="answer.missing")
    got = f"an array of {entries}" if entries else f"a {type(value).__name__}"
    return Wrong(f"{what} must be {wanted}, but it is {got}.", note="answer.type")


def close(one: ArrayLike, other: ArrayLike, *, rtol: float = RTOL, atol: float = 0.0) -> bool:
    """Whether |one − other| ≤ atol + rtol·|other| everywhere; infinities and nans must coincide."""
    return bool(np.allclose(one, other, rtol=rtol, atol=atol, equal_nan=True))


def matches(value: Any, expected: Any, what: str, *, rtol: float = RTOL, atol: float = 0.0) -> bool:
    """Whether `value` is `expected`, which says what kind of answer is wanted.

    An int wants that int exactly, a float a number within the tolerance, an array one of its shape, a tuple a
    tuple (or list) of as many answers. Raises `Wrong` where the kind is not the wanted one.
    """
    if isinstance(expected, tuple):
        if not isinstance(value, tuple | list | np.ndarray) or len(value) != len(expected):
            raise _wrong_type(value, what, f"a tuple of {len(expected)}")
        return all(matches(v, e, what, rtol=rtol, atol=atol) for v, e in zip(value, expected, strict=True))
    if isinstance(expected, int):
        if isinstance(value, bool) or not isinstance(value, int | np.integer):
            raise _wrong_type(value, what, "an int")
        return int(value) == expected
    if isinstance(expected, np.ndarray):
        return close(array(value, expected.shape, what), expected, rtol=rtol, atol=atol)
    return close(number(value, what), expected, rtol=rtol, atol=atol)


def check_function(
    what: str,
    answer: Callable[..., Any],
    reference: Callable[..., Any],
    inputs: Iterable[Sequence[Any]],
    *,
    rtol: float = RTOL,
    atol: float = 0.0,
    silent: bool = False,
    hint: str = "",
    misconceptions: Sequence[Misconception] = (),
) -> None:
    """The answer agrees with the reference on every input, within atol + rtol·|reference|.

    Raises `Wrong` with the hint of the first misconception that gives the same wrong answers on all the inputs,
    or else with `hint`. With `silent`, a warning is wrong, too.
    """
    _need_function(answer, what)
    calls = [(tuple(arguments), call(answer, *arguments)) for arguments in inputs]
    try:
        for arguments, did in calls:
            _judge(what, did, reference(*copy.deepcopy(arguments)), arguments, rtol, atol, silent, hint)
    except Wrong as wrong:
        for candidate in misconceptions:
            if all(_agrees(did, candidate, arguments) for arguments, did in calls):
                raise Wrong(candidate.hint, note=candidate.note, detail=wrong.detail) from None
        raise


def _need_function(answer: Any, what: str) -> None:
    if answer is None or answer is Ellipsis:
        raise Wrong(f"{what} is not defined. Run the cell that defines it.", note="answer.missing")
    if not callable(answer):
        raise Wrong(
            f"{what} must be a function, but it is a {type(answer).__name__}. Is the name reused?",
            note="answer.type",
        )


def _judge(
    what: str,
    did: Call,
    expected: Any,
    arguments: tuple[Any, ...],
    rtol: float,
    atol: float,
    silent: bool,
    hint: str,
) -> None:
    if did.error is not None:
        raise Wrong(
            f"{what} raised {nearest_builtin(did.error)} on a valid input. {hint}".strip(),
            note="answer.raised",
            detail=f"{what}{arguments!r} raised {did.error!r}",
        )
    if not matches(did.value, expected, what, rtol=rtol, atol=atol):
        raise Wrong(
            hint or f"{what} returns a wrong value on a valid input.",
            note="answer.value",
            detail=f"{what}{arguments!r} returned {did.value!r}, expected {expected!r}",
        )
    if silent and did.warnings:
        raise Wrong(
            f"{what} is right but warns ({did.warnings[0]}): rewrite it so that nothing overflows.",
            note="answer.warned",
            detail=f"{what}{arguments!r} warned {did.warnings!r}",
        )


def _agrees(did: Call, candidate: Misconception, arguments: tuple[Any, ...]) -> bool:
    with np.errstate(all="ignore"):
        theirs = call(candidate.answer, *arguments)
    if did.error is not None or theirs.error is not None:
        return (
            did.error is not None
            and theirs.error is not None
            and nearest_builtin(did.error) == nearest_builtin(theirs.error)
        )
    expected = theirs.value
    if isinstance(expected, np.generic):
        expected = expected.item()
    try:
        return matches(did.value, expected, "", rtol=MISCONCEPTION_RTOL)
    except Wrong:
        return False


def nearest_builtin(error: BaseException) -> str:
    """The name of the nearest built-in class of an exception: what a student may be told of a hidden case."""
    return next(c.__name__ for c in type(error).__mro__ if c.__module__ == "builtins")


def check_refuses(
    what: str,
    answer: Callable[..., Any],
    reference: Callable[..., Any],
    invalid: Iterable[tuple[str, Sequence[Any]]],
    *,
    valid: Sequence[Sequence[Any]],
    rtol: float = RTOL,
    atol: float = 0.0,
) -> None:
    """The answer raises ValueError (or a subclass) on every invalid input and is right on the valid ones.

    `invalid` pairs what is wrong with the input, in words for the student, with the arguments. Without the valid
    inputs, a function that refuses everything would pass.
    """
    check_function(what, answer, reference, valid, rtol=rtol, atol=atol)
    for reason, arguments in invalid:
        did = call(answer, *arguments)
        if isinstance(did.error, ValueError):
            continue
        outcome = f"it raises {nearest_builtin(did.error)}" if did.error else "it returns a value"
        raise Wrong(
            f"{what} must raise ValueError for {reason}, but {outcome}.",
            note="answer.accepts-invalid",
            detail=f"{what}{tuple(arguments)!r} gave {did.error or did.value!r}",
        )


def check_pure(
    what: str,
    answer: Callable[..., Any],
    reference: Callable[..., Any],
    inputs: Iterable[Sequence[Any]],
    *,
    rtol: float = RTOL,
    atol: float = 0.0,
) -> None:
    """The answer is right on the inputs and leaves its arguments unchanged."""
    inputs = [tuple(arguments) for arguments in inputs]
    check_function(what, answer, reference, inputs, rtol=rtol, atol=atol)
    for arguments in inputs:
        if call(answer, *arguments).changed:
            raise Wrong(
                f"{what} changes its arguments: work on a copy.",
                note="answer.changes-argument",
                detail=f"{what}{arguments!r}",
            )
