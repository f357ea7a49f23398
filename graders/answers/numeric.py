"""Judging functions by the numbers that they return: values, exceptions, warnings, changed arguments.

The student's function is touched only as a function from plain data to plain data, so that a judge sees the
same whether it is the real object or a proxy for one in another process. Every hint may be shown to the student;
what a hidden input was, and what was expected, goes to `Wrong.detail`.

Values and exceptions speak for themselves. That a call warned or changed its arguments, however, is told by the
process in which the student's code runs, which could lie: each call gets copies of its own, so that nothing on
this side tells a changed argument. `check_function` and `check_pure` therefore want the values to be right as
well, and a case gives half a point for the rest. A lie about it earns no more than honesty, which is less work: a
function that copies its arguments changes none, and one that silences its warnings has none.
"""

from __future__ import annotations

import builtins
import contextlib
import copy
import functools
import itertools
import math
import os
import warnings
import zlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import ArrayLike, NDArray

from . import balls, expression
from .misconception import Misconception
from .verdict import Wrong

SEED_VARIABLE = "VAEGAN_SEED"
DEFAULT_SEED = "6"

# Relative error for double-precision formulas of a few dozen operations: far above rounding in any reasonable
# order of evaluation, far below every misconception.
RTOL = 1e-9
# Two wrong answers are the same misconception when they agree this well on every input.
MISCONCEPTION_RTOL = 1e-6

# All that a hint says of an answer's kind or exception is a choice from these: names of types, and whatever else a
# submission chooses freely, could be chosen after a hidden input. That goes to the TA.
KINDS: tuple[tuple[tuple[type, ...], str], ...] = (
    ((type(None),), "None"),
    ((type(...),), "`...`"),
    ((bool, np.bool_), "True or False"),
    ((int, np.integer), "an integer"),
    ((float, np.floating), "a float"),
    ((complex, np.complexfloating), "a complex number"),
    ((str,), "a text"),
    ((list,), "a list"),
    ((tuple,), "a tuple"),
    ((dict,), "a dict"),
    ((np.ndarray,), "an array"),
    ((sp.Basic, expression.Tree), "an expression"),
)
ENTRIES = {"b": "of booleans", "c": "of complex numbers"}
EXCEPTIONS = (
    *(np.linalg.LinAlgError, ZeroDivisionError, IndexError, KeyError),
    *(NameError, AttributeError, TypeError, ValueError),
)

_MAX_SHOWN = 900
_MAX_ENTRIES = 40
_MAX_STRING = 400
_MAX_BITS = 12_000  # below Python's own limit for integers in text


def generator(label: str) -> np.random.Generator:
    """The random generator of one test case: the same label and seed give the same inputs, on any machine."""
    return np.random.default_rng([seed(), zlib.crc32(label.encode())])


def seed() -> int:
    """What decides all hidden inputs: that of `seeded`, VAEGAN_SEED, or what the tests were built with."""
    number = _seed_of_run.get()
    return int(os.environ.get(SEED_VARIABLE, _seed_of_build)) if number is None else number


@contextlib.contextmanager
def seeded(number: int) -> Iterator[None]:
    """Draw hidden inputs from this seed, in this thread only: a worker may have runs of several."""
    before = _seed_of_run.set(number)
    try:
        yield
    finally:
        _seed_of_run.reset(before)


def use_seed(number: int) -> None:
    """Draw hidden inputs from this seed, unless VAEGAN_SEED says otherwise: the last line of a built test file."""
    global _seed_of_build
    _seed_of_build = str(number)


_seed_of_build = DEFAULT_SEED
_seed_of_run: ContextVar[int | None] = ContextVar("seed", default=None)


def attempt(function: Callable[..., Any], *arguments: Any) -> tuple[Any, BaseException | None]:
    """What the function returns, or what it raises.

    Students' functions, and objects of their own classes that are looked at, can raise anything, sys.exit()
    included; it must stay a verdict on one answer. KeyboardInterrupt is left to whoever waits for the grades.
    """
    try:
        return function(*arguments), None
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return None, error


@dataclass(frozen=True)
class Call:
    """What one call of a student's function did."""

    value: Any
    error: BaseException | None
    warnings: tuple[str, ...]
    """The built-in categories of the warnings, in order."""
    changed: tuple[int, ...]
    """Positions of the arguments that the call changed."""


class Remote(ABC):
    """A student's function in another process, which can be asked for many calls at once."""

    @abstractmethod
    def __call__(self, *arguments: Any) -> Any:
        """Call it once, as if it were here."""

    @abstractmethod
    def calls(self, inputs: Sequence[Sequence[Any]]) -> list[Call]:
        """What `calls` says of it."""


def call(function: Callable[..., Any], *arguments: Any) -> Call:
    """Call `function` with copies of the arguments and record what happened, exceptions included."""
    return calls(function, [arguments])[0]


def calls(function: Callable[..., Any], inputs: Sequence[Sequence[Any]]) -> list[Call]:
    """Call `function` with copies of each of the inputs, in order, and record what happened."""
    if isinstance(function, Remote):
        return function.calls(inputs)
    return [_call_here(function, tuple(arguments)) for arguments in inputs]


def _call_here(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Call:
    given = copy.deepcopy(arguments)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        value, error = attempt(function, *given)
    changed = tuple(i for i, (a, b) in enumerate(zip(given, arguments, strict=True)) if not _same_data(a, b))
    return Call(value, error, tuple(_category(w.category) for w in caught), changed)


def _category(warning: type[Warning]) -> str:
    name: str = next(c.__name__ for c in warning.__mro__ if getattr(builtins, c.__name__, None) is c)
    return name


def _same_data(one: Any, other: Any) -> bool:
    """Whether an argument after the call is its copy from before; plain data, unless the call changed it."""
    if type(one) is not type(other):
        return False
    if isinstance(other, np.ndarray):
        return one.dtype == other.dtype and np.array_equal(one, other, equal_nan=other.dtype.kind == "f")
    if isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(_same_data, one, other))
    return bool(one == other) or (one != one and other != other)


def result(what: str, function: Callable[..., Any], *arguments: Any) -> Any:
    """What the student's function returns for valid arguments; raises `Wrong` when it raises."""
    return results(what, function, [arguments])[0]


def results(what: str, function: Callable[..., Any], inputs: Sequence[Sequence[Any]]) -> list[Any]:
    """What the student's function returns for each of the valid inputs; raises `Wrong` where it raises."""
    _need_function(function, what)
    made = calls(function, inputs)
    for arguments, did in zip(inputs, made, strict=True):
        if did.error is not None:
            raise _raised(what, did, tuple(arguments))
    return [did.value for did in made]


def numbers(what: str, function: Callable[..., Any], inputs: Sequence[Sequence[Any]]) -> list[float]:
    """What the student's function returns for each of the valid inputs, as floats; raises `Wrong` otherwise."""
    return [number(value, what) for value in results(what, function, inputs)]


def number(value: Any, what: str) -> float:
    """`value` as a float; a number of Python, NumPy, SymPy, `fractions` or `decimal` and a 0-d array will do.

    Raises `Wrong` for anything else, None above all: the function without a `return`.
    """
    value = _number_of(value)
    if _is(value, int, float, np.number, np.ndarray) and not _is(value, bool):
        if _is(value, int):
            return _int_to_float(value)
        if _is(value, float):
            return float.__add__(value, 0.0)
        data = _as_array(value)
        if data is not None and data.shape == () and data.dtype.kind in "iuf":
            return float(data)
    raise _wrong_type(value, what, "a float")


def integer(value: Any, what: str) -> int:
    """`value` as an int; one of NumPy or SymPy will do. Raises `Wrong` for anything else, floats above all."""
    value = _number_of(value)
    if _is(value, np.integer):
        value = value.item()
    if not _is(value, int) or _is(value, bool):
        raise _wrong_type(value, what, "an int")
    return _plain_int(value)


def array(value: Any, shape: tuple[int, ...], what: str) -> NDArray[np.float64]:
    """`value` as an array of floats of the given shape; a list will do.

    Raises `Wrong` for another type or shape, for complex and for boolean entries.
    """
    data = _floats(value, what)
    if data.shape != shape:
        raise Wrong(
            f"{what} returns an array of the wrong shape. Check the shapes in its docstring.",
            note="answer.shape",
            detail=f"shape {data.shape}, expected {shape}",
        )
    return data


def vector(value: Any, what: str) -> NDArray[np.float64]:
    """`value` as an array of floats with one axis, of any length; a list will do."""
    data = _floats(value, what)
    if data.ndim != 1:
        raise Wrong(f"{what} must have one axis.", note="answer.shape", detail=f"shape {data.shape}")
    return data


def parts(value: Any) -> list[Any] | None:
    """The entries of a tuple, a list or an array with at least one axis; None for anything else."""
    if _is(value, np.ndarray):
        data = np.asarray(value)
        return list(data) if data.ndim else None
    if _is(value, tuple):
        return list(tuple.__iter__(value))
    return list(list.__iter__(value)) if _is(value, list) else None


def _number_of(value: Any, budget: balls.Budget | None = None) -> Any:
    """A number of SymPy, `fractions` or `decimal` as one of Python; anything else as it is."""
    if not _is(value, expression.Tree, sp.Basic, Fraction, Decimal):
        return value
    try:
        tree = expression.read(value)
    except Wrong:
        return value
    if tree.head == "Integer" or (tree.head == "Constant" and tree.value == "nan"):
        return tree.value if tree.head == "Integer" else math.nan
    found = balls.as_float(tree, budget or balls.Budget())
    return value if found is None else found


def _numbers_in(entries: Any, budget: balls.Budget) -> Any:
    """Nested lists with their numbers as those of Python."""
    if type(entries) is list:
        return [_numbers_in(entry, budget) for entry in entries]
    return _number_of(entries, budget)


def _floats(value: Any, what: str) -> NDArray[np.float64]:
    value = _number_of(value)
    if not _is(value, int, float, np.number, np.ndarray, list, tuple) or _is(value, bool):
        raise _wrong_type(value, what, "an array of floats")
    data = _as_array(value)
    if data is not None and data.dtype.kind == "O":
        data = _as_array(attempt(_numbers_in, data.tolist(), balls.Budget())[0])
    if data is None:
        raise Wrong(
            f"{what} must be an array of floats, but it can't be read as one. Do its rows have different lengths?",
            note="answer.type",
            detail=shown(value),
        )
    if data.dtype.kind not in "iuf":
        raise _wrong_type(value, what, "an array of floats", of=ENTRIES.get(data.dtype.kind, "of other things"))
    return data.astype(np.float64)


def _is(value: Any, *types: type) -> bool:
    # isinstance() would believe an object's own __class__.
    return issubclass(type(value), types)


def _plain_int(value: int) -> int:
    # A subclass could bring comparisons of its own.
    return int.__add__(value, 0)


def _int_to_float(value: int) -> float:
    plain = _plain_int(value)
    try:
        return float(plain)
    except OverflowError:
        return math.inf if plain > 0 else -math.inf


def _as_array(value: Any) -> NDArray[Any] | None:
    """None for lists of the student's own objects, and for lists of different lengths."""
    data: NDArray[Any] | None = attempt(np.asarray, value)[0]
    return data


def _wrong_type(value: Any, what: str, wanted: str, *, of: str = "") -> Wrong:
    if value is None:
        return Wrong(f"{what} returned None: is its `return` missing?", note="answer.none")
    if value is Ellipsis:
        return Wrong(f"{what} is still `...`: write your answer there.", note="answer.missing")
    got = f"an array {of}" if of else kind(value)
    return Wrong(f"{what} must be {wanted}, but it is {got}.", note="answer.type", detail=shown(value))


def kind(value: Any) -> str:
    """The kind of a value in words for the student: a choice from a short list."""
    for types, words in KINDS:
        if _is(value, *types):
            return words
    return "a function" if callable(value) else "something else"


def shown(value: Any) -> str:
    """The value for the TA's eyes, abbreviated; never raises, and takes no longer for what is large or nested."""
    text, error = attempt(_shown, value, itertools.count())
    if error is not None:
        text = f"<{kind(value)} that can't be shown>"
    return text if len(text) <= _MAX_SHOWN else f"{text[: _MAX_SHOWN - 1]}…"


def _shown(value: Any, seen: Iterator[int]) -> str:
    """The value as text, with what is in it until `seen` has counted enough."""

    def listed(entries: Iterable[Any], size: int) -> str:
        texts = [_shown(entry, seen) for entry in itertools.islice(entries, _MAX_ENTRIES)]
        return ", ".join(texts + ["…"] * (size > _MAX_ENTRIES))

    if next(seen) > _MAX_SHOWN:
        return "…"
    if type(value) is int and value.bit_length() > _MAX_BITS:
        return f"<an integer of {value.bit_length()} bits>"
    if value is None or value is Ellipsis or type(value) in (bool, int, float, complex):
        return repr(value)
    if _is(value, np.number, np.bool_):
        return repr(value)
    if _is(value, str):
        return repr(str.__getitem__(value, slice(_MAX_STRING)))
    if _is(value, list):
        return f"[{listed(list.__iter__(value), list.__len__(value))}]"
    if _is(value, tuple):
        size = tuple.__len__(value)
        return f"({listed(tuple.__iter__(value), size)}{',' * (size == 1)})"
    if _is(value, dict):
        return f"dict([{listed(dict.items(value), dict.__len__(value))}])"
    if _is(value, np.ndarray):
        data = np.asarray(value)
        numbers = data.dtype.kind in "biufc"
        entries = data.flat[:_MAX_ENTRIES].tolist() if numbers else data.flat
        return f"array([{listed(entries, data.size)}], shape={data.shape})"
    if _is(value, sp.Basic, expression.Tree):
        tree = value if _is(value, expression.Tree) else expression.read(value)
        return expression.show(tree, _MAX_STRING)
    if _is(value, BaseException):
        arguments = BaseException.args.__get__(value)  # type: ignore[attr-defined]
        return f"{type(value).__name__[:_MAX_STRING]}({listed(arguments, len(arguments))})"
    return f"<{type(value).__name__[:_MAX_STRING]}>"


def close(one: ArrayLike, other: ArrayLike, *, rtol: float = RTOL, atol: float = 0.0) -> bool:
    """Whether |one − other| ≤ atol + rtol·|other| everywhere; infinities and nans must coincide."""
    if type(one) is float and type(other) is float and math.isfinite(one) and math.isfinite(other):
        return abs(one - other) <= atol + rtol * abs(other)
    return bool(np.allclose(one, other, rtol=rtol, atol=atol, equal_nan=True))


def matches(value: Any, expected: Any, what: str, *, rtol: float = RTOL, atol: float = 0.0) -> bool:
    """Whether `value` is `expected`, which says what kind of answer is wanted.

    An int wants that int exactly, a float a number within the tolerance, an array one of its shape, a tuple a
    tuple (or list) of as many answers. Raises `Wrong` where the kind is not the wanted one.
    """
    if isinstance(expected, tuple):
        entries = parts(value)
        if entries is None or len(entries) != len(expected):
            raise _wrong_type(value, what, f"a tuple of {len(expected)}")
        return all(matches(v, e, what, rtol=rtol, atol=atol) for v, e in zip(entries, expected, strict=True))
    if isinstance(expected, int):
        return integer(value, what) == expected
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
) -> list[Call]:
    """The answer agrees with the reference on every input, within atol + rtol·|reference|; what the calls did.

    Raises `Wrong` with the hint of the first misconception that gives the same wrong answers on all the inputs,
    or else with `hint`. With `silent`, a warning is wrong, too.
    """
    given = [tuple(arguments) for arguments in inputs]
    expected = (_value_of(reference, _Arguments(arguments)) for arguments in given)
    return _compare(what, answer, given, expected, rtol, atol, silent, hint, misconceptions)


def _compare(
    what: str,
    answer: Callable[..., Any],
    inputs: Sequence[tuple[Any, ...]],
    expected: Iterable[Any],
    rtol: float,
    atol: float,
    silent: bool = False,
    hint: str = "",
    misconceptions: Sequence[Misconception] = (),
) -> list[Call]:
    _need_function(answer, what)
    made = calls(answer, inputs)
    try:
        for arguments, did, value in zip(inputs, made, expected, strict=True):
            _judge(what, did, value, arguments, rtol, atol, silent, hint)
    except Wrong as wrong:
        for candidate in misconceptions:
            if all(_agrees(did, candidate, given, atol) for given, did in zip(inputs, made, strict=True)):
                raise Wrong(candidate.hint, note=candidate.note, detail=wrong.detail) from None
        raise
    return made


def check_values(
    what: str,
    answer: Callable[..., Any],
    known: Iterable[tuple[Sequence[Any], Any]],
    *,
    rtol: float = RTOL,
    atol: float = 0.0,
) -> None:
    """The answer has values that are known without the reference, so that a wrong reference is seen, too.

    `known` pairs arguments with what is expected there.
    """
    inputs, expected = zip(*known, strict=True)
    _compare(what, answer, [tuple(arguments) for arguments in inputs], expected, rtol, atol)


class _Arguments:
    """Arguments that are equal when they are the same data."""

    def __init__(self, arguments: tuple[Any, ...]) -> None:
        self.arguments = arguments
        self._content = content(arguments)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Arguments) and self._content == other._content

    def __hash__(self) -> int:
        return hash(self._content)


def content(value: Any) -> Hashable:
    """What two arguments have in common that are the same data, nans and signs of zeros included."""
    if isinstance(value, np.ndarray | np.generic):
        return type(value).__name__, value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, list | tuple):
        return type(value).__name__, *map(content, value)
    if isinstance(value, dict):
        return "dict", *((key, content(entry)) for key, entry in value.items())
    return type(value).__name__, repr(value)


# A class is graded with the same inputs, which the seed decides, so that a reference is asked the same each time.
@functools.lru_cache(maxsize=2_000)
def _value_of(reference: Callable[..., Any], given: _Arguments) -> Any:
    # A notebook's own np.seterr(all="raise") must not reach into the reference.
    with np.errstate(all="ignore"):
        return reference(*copy.deepcopy(given.arguments))


def _need_function(answer: Any, what: str) -> None:
    if answer is None or answer is Ellipsis:
        raise Wrong(f"{what} is not defined. Run the cell that defines it.", note="answer.missing")
    if not callable(answer):
        raise Wrong(
            f"{what} must be a function, but it is {kind(answer)}. Is the name reused?", note="answer.type"
        )


def _raised(what: str, did: Call, arguments: tuple[Any, ...], hint: str = "") -> Wrong:
    assert did.error is not None
    return Wrong(
        f"{what} raised {nearest_builtin(did.error)} on a valid input. {hint}".strip(),
        note="answer.raised",
        detail=f"{what}{shown(arguments)} raised {shown(did.error)}",
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
        raise _raised(what, did, arguments, hint)
    if not matches(did.value, expected, what, rtol=rtol, atol=atol):
        raise Wrong(
            hint or f"{what} returns a wrong value on a valid input.",
            note="answer.value",
            detail=f"{what}{shown(arguments)} returned {shown(did.value)}, expected {shown(expected)}",
        )
    if silent and did.warnings:
        raise Wrong(
            f"{what} is right but warns: rewrite it so that nothing overflows.",
            note="answer.warned",
            detail=f"{what}{shown(arguments)} warned {did.warnings!r}",
        )


def _agrees(did: Call, candidate: Misconception, arguments: tuple[Any, ...], atol: float) -> bool:
    # A misconception is written for arrays, although students may be given lists.
    arrays = [np.asarray(argument) if isinstance(argument, list) else argument for argument in arguments]
    with np.errstate(all="ignore"):
        theirs = call(candidate.answer, *arrays)
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
        return matches(did.value, expected, "", rtol=MISCONCEPTION_RTOL, atol=atol)
    except Wrong:
        return False


def nearest_builtin(error: BaseException) -> str:
    """What a student may be told of an exception in a hidden case: a choice from a short list."""
    names = (known.__name__ for cls in type(error).__mro__ for known in EXCEPTIONS if known is cls)
    return next(names, "an exception")


def check_refuses(
    what: str,
    answer: Callable[..., Any],
    reference: Callable[..., Any],
    invalid: Iterable[tuple[str, Sequence[Any]]],
    *,
    valid: Sequence[Sequence[Any]],
    rtol: float = RTOL,
    atol: float = 0.0,
    misconceptions: Sequence[Misconception] = (),
) -> None:
    """The answer raises ValueError (or a subclass) on every invalid input and is right on the valid ones.

    `invalid` pairs what is wrong with the input, in words for the student, with the arguments. Without the valid
    inputs, a function that refuses everything would pass.
    """
    check_function(what, answer, reference, valid, rtol=rtol, atol=atol, misconceptions=misconceptions)
    reasons, refused = zip(*invalid, strict=True)
    for reason, arguments, did in zip(reasons, refused, calls(answer, refused), strict=True):
        if isinstance(did.error, ValueError):
            continue
        outcome = f"it raises {nearest_builtin(did.error)}" if did.error else "it returns a value"
        raise Wrong(
            f"{what} must raise ValueError for {reason}, but {outcome}.",
            note="answer.accepts-invalid",
            detail=f"{what}{shown(tuple(arguments))} gave {shown(did.error or did.value)}",
        )


def check_pure(
    what: str,
    answer: Callable[..., Any],
    reference: Callable[..., Any],
    inputs: Iterable[Sequence[Any]],
    *,
    rtol: float = RTOL,
    atol: float = 0.0,
    misconceptions: Sequence[Misconception] = (),
) -> None:
    """The answer is right on the inputs and leaves its arguments unchanged."""
    given = [tuple(arguments) for arguments in inputs]
    made = check_function(what, answer, reference, given, rtol=rtol, atol=atol, misconceptions=misconceptions)
    for arguments, did in zip(given, made, strict=True):
        if did.changed:
            raise Wrong(
                f"{what} changes its arguments: work on a copy.",
                note="answer.changes-argument",
                detail=f"{what}{shown(arguments)}",
            )
