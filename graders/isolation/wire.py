"""Values as JSON and data: strict in what is read, and keeping the kinds that a test can tell apart.

A scalar of Python is itself (JSON tells 1 from 1.0, and Python's reader knows NaN and Infinity). Everything else
is a list that starts with a tag:

    ["list", …] ["tuple", …] ["set", …] ["iter", …]   items; a generator arrives as an iterator over what it made
    ["dict", [key, value], …]                          in order
    ["complex", re, im]  ["bytes", base64]  ["ellipsis"]
    ["scalar", dtype]                                  a NumPy scalar
    ["array", dtype, shape, writeable]                 numbers and booleans, C order
    ["objects", dtype, shape, …]                       an array of strings or objects, item by item
    ["expr", rows]                                     a SymPy expression, a fraction, a decimal; arrives as a tree
    ["figure", [axes, …]]  ["axes", axes]              what was drawn, see `figures.py`
    ["function"]                                       something callable, which stays where it is
    ["opaque", type]                                   anything else: present, but nothing that a test can use

The numbers of arrays and scalars are not in the JSON but in the data that go with it, one after the other in the
order in which a `Writer` wrote the values; a `Reader` takes each number once, so that a message can't make more
of them than it has bytes.

The same classes serve both ends, but only the trusted end relies on their strictness. Nothing here
evaluates, imports or constructs anything by a name that came over the wire.
"""

from __future__ import annotations

import base64
import binascii
import builtins
import math
import types
from collections.abc import Iterable, Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp

from graders.answers import expression
from graders.answers.verdict import Wrong
from graders.isolation import figures

Wire = Any

_MAX_DEPTH = 40
_MAX_ITEMS = 300_000
_MAX_INTEGER_BITS = 12_000  # below Python's own limit for integers in text, and far above every honest answer
_MAX_STRING = 4_000_000
_MAX_ARRAY_BYTES = 24_000_000
# an array without entries costs nothing to send, however long the lists are that someone may make of it
_MAX_EMPTY = 10_000
_ALIGNMENT = 16  # of the largest number, so that arrays need not be copied to be used
_MAX_DIMENSIONS = 16
# NumPy gives each entry of an array of strings the room of the longest
_MAX_CHARACTERS = 64_000_000
# keys other than text can be chosen so that each has to be compared with all before
_MAX_KEYS = 2_000
_NUMERIC_KINDS = "biufc"
_LAZY = (types.GeneratorType, map, zip, filter, enumerate, range)
_VIEWS: tuple[type, ...] = (type({}.keys()), type({}.values()), type({}.items()))

_KNOWN = frozenset(name for module in (builtins, np, sp) for name in dir(module)) | {"function", "module"}


class WireError(Exception):
    """A value that can't travel, or a message that is none; the text says why."""


class Opaque:
    """Stands for a value that a test can't use: an instance of a class of the student, a module, a file.

    It has a class of its own, since messages name the type of what they refuse: named as the student's where that
    is a name of Python's, NumPy's or SymPy's. A class of their own could be named after a hidden input.
    """


class Function(Opaque):
    """Stands for a function inside an answer. Only those that have a name in the notebook can be asked."""

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """Refuse."""
        raise TypeError("a function inside of an answer can't be called")


def opaque(type_name: str) -> Opaque:
    """A stand-in for a value of the type of this name."""
    name = type_name if type_name in _KNOWN else "object"
    made = type(name, (Opaque,), {})()
    assert isinstance(made, Opaque)
    return made


def join(parts: Iterable[bytes]) -> bytes:
    """The data of several writers, as if one had written it all."""
    joined = bytearray()
    for part in parts:
        joined += bytes(-len(joined) % _ALIGNMENT if part else 0)
        joined += part
    return bytes(joined)


class _Counter:
    def __init__(self) -> None:
        self._left = _MAX_ITEMS

    def count(self, items: int, depth: int) -> None:
        self._left -= items
        if self._left < 0:
            raise WireError(f"more than {_MAX_ITEMS} items")
        if depth > _MAX_DEPTH:
            raise WireError(f"nested more than {_MAX_DEPTH} deep")


class Writer(_Counter):
    """Turns the values of one message into JSON, and collects the data that go with it."""

    def __init__(self) -> None:
        super().__init__()
        self.data = bytearray()

    def write(self, value: Any) -> Wire:
        """A value as JSON; one that can't travel is a `WireError` and leaves nothing in the data."""
        before = len(self.data)
        try:
            return self.encode(value, 0)
        except BaseException:
            del self.data[before:]
            raise

    def encode(self, value: Any, depth: int) -> Wire:
        """A value at this depth of another one as JSON."""
        self.count(1, depth)
        if value is None or value is True or value is False:
            return value
        if value is Ellipsis:
            return ["ellipsis"]  # an answer that was not written yet
        if isinstance(value, np.generic):
            return self._scalar(value)
        if isinstance(value, int):
            return _checked_integer(int(value))
        if isinstance(value, float):
            return float(value)
        if isinstance(value, str):
            if len(value) > _MAX_STRING:
                raise WireError(f"a string of {len(value)} characters")
            # JSON readers take lone surrogates, but nothing after them does
            return str(value).encode("utf-8", "replace").decode()
        if isinstance(value, complex):
            return ["complex", value.real, value.imag]
        if isinstance(value, bytes):
            return ["bytes", base64.b64encode(value).decode()]
        if isinstance(value, np.ndarray):
            return self._array(np.asarray(value), depth)
        return self._container(value, depth)

    def _container(self, value: Any, depth: int) -> Wire:
        if isinstance(value, list):
            return ["list", *self._items(value, depth)]
        if isinstance(value, tuple):
            return ["tuple", *self._items(value, depth)]
        if isinstance(value, dict):
            return ["dict", *([self.encode(k, depth + 1), self.encode(v, depth + 1)] for k, v in value.items())]
        if isinstance(value, set | frozenset):
            return ["set", *self._items(value, depth)]
        if isinstance(value, _VIEWS):
            return ["list", *self._items(value, depth)]
        if isinstance(value, _LAZY):
            return ["iter", *self._items(value, depth)]
        if isinstance(value, sp.Basic | expression.Tree | Fraction | Decimal):
            try:
                return ["expr", expression.encode(expression.read(value))]
            except Wrong:
                return ["opaque", type(value).__name__]
        if drawn := figures.read(value):
            tag, axes = drawn
            return [tag, self.encode(axes, depth + 1)]
        return ["function"] if callable(value) else ["opaque", type(value).__name__]

    def _items(self, values: Any, depth: int) -> Iterator[Wire]:
        return (self.encode(item, depth + 1) for item in values)

    def _scalar(self, value: np.generic) -> Wire:
        if value.dtype.kind not in _NUMERIC_KINDS:
            return self.encode(value.item(), 1) if value.dtype.kind in "US" else ["opaque", type(value).__name__]
        return ["scalar", self._numbers(np.asarray(value))]

    def _array(self, array: np.ndarray[Any, Any], depth: int) -> Wire:
        if array.dtype.kind in "OU":
            items = array.ravel().tolist()
            return ["objects", array.dtype.kind, list(array.shape), *self._items(items, depth)]
        if array.dtype.kind not in _NUMERIC_KINDS or array.dtype.itemsize > 16:
            return ["opaque", f"array of {array.dtype.name}"]
        if array.nbytes > _MAX_ARRAY_BYTES:
            raise WireError(f"an array of {array.nbytes} bytes")
        return ["array", self._numbers(array), list(array.shape), bool(array.flags.writeable)]

    def _numbers(self, array: np.ndarray[Any, Any]) -> str:
        """Add the entries of an array to the data; their type."""
        plain = array.astype(array.dtype.newbyteorder("<"), copy=False)
        self.data += bytes(-len(self.data) % _ALIGNMENT)
        self.data += plain.tobytes()
        return plain.dtype.str


class Reader(_Counter):
    """Turns the JSON of one message into values, with the data that came with it."""

    def __init__(self, data: bytes = b"") -> None:
        super().__init__()
        self._data = data
        self._at = 0
        self._entries = self._longest = self._keys = 0

    def read(self, wire: Wire) -> Any:
        """The value that JSON stands for; values are read in the order in which they were written."""
        try:
            value = self.decode(wire, 0)
            self._check_text()
            return value
        except (TypeError, ValueError, OverflowError, KeyError, RecursionError, MemoryError) as error:
            raise WireError(f"malformed value: {type(error).__name__}") from error

    def taken(self, wire: Wire) -> tuple[Any, bytes]:
        """The value, and the data that it was made of."""
        start = self._aligned()
        value = self.read(wire)
        return value, self._data[start : self._at]

    def decode(self, data: Wire, depth: int) -> Any:
        """The value that JSON stands for at this depth of another one."""
        self.count(1, depth)
        self._entries += 1
        if data is None or isinstance(data, bool | float):
            return data
        if isinstance(data, str):
            self._longest = max(self._longest, len(data))
            # re-encoding turns the lone surrogates that JSON can smuggle in into question marks
            return data.encode("utf-8", "replace").decode()
        if isinstance(data, int):
            return _checked_integer(data)
        if not isinstance(data, list) or not data or not isinstance(data[0], str):
            raise WireError("a value without a tag")
        tag, rest = data[0], data[1:]
        read = getattr(self, f"_read_{tag}", None) if tag in _TAGS else None
        if read is None:
            raise WireError("an unknown kind of value")
        return read(rest, depth)

    def _check_text(self) -> None:
        """Refuse what would be too large as an array of strings, which a judge may make of any list."""
        if self._entries * self._longest > _MAX_CHARACTERS:
            raise WireError("long texts among many entries")

    def _key(self, value: Any) -> Any:
        if not isinstance(value, str):
            self._keys += 1
            if self._keys > _MAX_KEYS:
                raise WireError(f"more than {_MAX_KEYS} keys that are no text")
        return _hashable(value)

    def _aligned(self) -> int:
        return self._at + -self._at % _ALIGNMENT

    def _numbers(self, kind: Wire, count: int) -> np.ndarray[Any, Any]:
        """The next numbers of the data, in one dimension and read-only."""
        dtype, start = _dtype(kind), self._aligned()
        size = count * dtype.itemsize
        if size > _MAX_ARRAY_BYTES or start + size > max(len(self._data), start):
            raise WireError("an array that is larger than its data")
        self._at = start + size
        self._entries += count
        numbers = np.frombuffer(self._data, dtype, count, start) if count else np.empty(0, dtype)
        if dtype.kind == "b" and np.any(numbers.view(np.uint8) > 1):
            raise WireError("a truth value that is none")
        return numbers

    def _items(self, rest: list[Wire], depth: int) -> list[Any]:
        return [self.decode(item, depth + 1) for item in rest]

    def _read_list(self, rest: list[Wire], depth: int) -> list[Any]:
        return self._items(rest, depth)

    def _read_tuple(self, rest: list[Wire], depth: int) -> tuple[Any, ...]:
        return tuple(self._items(rest, depth))

    def _read_set(self, rest: list[Wire], depth: int) -> set[Any]:
        return {self._key(item) for item in self._items(rest, depth)}

    def _read_iter(self, rest: list[Wire], depth: int) -> Iterator[Any]:
        return iter(self._items(rest, depth))

    def _read_dict(self, rest: list[Wire], depth: int) -> dict[Any, Any]:
        result = {}
        for pair in rest:
            if not isinstance(pair, list) or len(pair) != 2:
                raise WireError("a dictionary entry that is no pair")
            result[self._key(self.decode(pair[0], depth + 1))] = self.decode(pair[1], depth + 1)
        return result

    def _read_complex(self, rest: list[Wire], depth: int) -> complex:
        real, imaginary = rest
        return complex(_number(real), _number(imaginary))

    def _read_ellipsis(self, rest: list[Wire], depth: int) -> Any:
        if rest:
            raise WireError("a malformed ellipsis")
        return Ellipsis

    def _read_bytes(self, rest: list[Wire], depth: int) -> bytes:
        (text,) = rest
        data = _bytes(text)
        self._longest = max(self._longest, len(data))
        return data

    def _read_scalar(self, rest: list[Wire], depth: int) -> Any:
        (kind,) = rest
        return self._numbers(kind, 1)[0]

    def _read_array(self, rest: list[Wire], depth: int) -> np.ndarray[Any, Any]:
        kind, shape, writeable = rest
        if not isinstance(writeable, bool):
            raise WireError("a malformed array")
        array = self._numbers(kind, _size(shape)).reshape(shape)
        if writeable:
            return array.copy()
        array.flags.writeable = False
        return array

    def _read_objects(self, rest: list[Wire], depth: int) -> np.ndarray[Any, Any]:
        kind, shape, *items = rest
        if kind not in ("O", "U") or _size(shape) != len(items):
            raise WireError("an array of the wrong size")
        values = self._items(items, depth)
        if kind == "U":
            if not all(isinstance(value, str) for value in values):
                raise WireError("an array of strings with something else in it")
            self._check_text()
            return np.array(values, dtype=str).reshape(shape)
        array = np.empty(len(values), dtype=object)
        for index, value in enumerate(values):
            array[index] = value
        return array.reshape(shape)

    def _read_expr(self, rest: list[Wire], depth: int) -> Any:
        (tree,) = rest
        try:
            return expression.decode(tree)
        except Wrong as wrong:
            raise WireError(wrong.hint) from wrong

    def _read_axes(self, rest: list[Wire], depth: int) -> figures.Axes:
        (data,) = rest
        return figures.axes(self._drawn(data, depth))

    def _read_figure(self, rest: list[Wire], depth: int) -> figures.Figure:
        (data,) = rest
        return figures.figure(self._drawn(data, depth))

    def _drawn(self, data: Wire, depth: int) -> Any:
        """What belongs to a plot, of which nobody makes an array of strings."""
        longest = self._longest
        drawn = self.decode(data, depth + 1)
        self._longest = longest
        return drawn

    def _read_function(self, rest: list[Wire], depth: int) -> Function:
        if rest:
            raise WireError("a malformed function")
        return Function()

    def _read_opaque(self, rest: list[Wire], depth: int) -> Opaque:
        (name,) = rest
        if not isinstance(name, str):
            raise WireError("a nameless value")
        return opaque(name)


_TAGS = frozenset(name.removeprefix("_read_") for name in vars(Reader) if name.startswith("_read_"))


def _checked_integer(value: int) -> int:
    if value.bit_length() > _MAX_INTEGER_BITS:
        raise WireError(f"an integer of {value.bit_length()} bits")
    return value


def _hashable(value: Any) -> Any:
    try:
        hash(value)
    except TypeError as error:
        raise WireError("a key that is no key") from error
    return value


def _number(value: Wire) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise WireError("a number that is none")
    return float(value)


def _bytes(text: Wire) -> bytes:
    if not isinstance(text, str):
        raise WireError("data that is no text")
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise WireError("data that is not base64") from error


def _dtype(text: Wire) -> np.dtype[Any]:
    if (
        not isinstance(text, str)
        or len(text) > 4
        or text[:1] not in "<|"
        or text[1:2] not in tuple(_NUMERIC_KINDS)
    ):
        raise WireError("an unknown data type")
    dtype = np.dtype(text)
    if dtype.kind not in _NUMERIC_KINDS or dtype.itemsize > 16:
        raise WireError("an unknown data type")
    return dtype


def _size(shape: Wire) -> int:
    """The number of items of a shape, which is checked before anything is allocated."""
    if not isinstance(shape, list) or len(shape) > _MAX_DIMENSIONS:
        raise WireError("a shape that is none")
    if not all(type(length) is int and 0 <= length <= _MAX_ARRAY_BYTES for length in shape):
        raise WireError("a shape that is none")
    if 0 in shape and math.prod(length or 1 for length in shape) > _MAX_EMPTY:
        raise WireError("a long array without entries")
    return math.prod(shape)
