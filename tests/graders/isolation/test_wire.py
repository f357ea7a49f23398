from __future__ import annotations

import json
import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from graders.answers.expression import read
from graders.isolation import wire

SCALARS: st.SearchStrategy[Any] = (
    st.none()
    | st.booleans()
    | st.integers(-(10**40), 10**40)
    | st.floats()
    | st.complex_numbers()
    | st.text(st.characters(exclude_categories=["Cs"]))
    | st.binary()
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])) | st.integers(), inner)
    ),
    max_leaves=20,
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(sorted(wire._TAGS)) | st.text(),
    lambda inner: st.lists(inner) | st.tuples(st.sampled_from(sorted(wire._TAGS)), inner, inner).map(list),
    max_leaves=20,
)


def travel(value: Any) -> Any:
    writer = wire.Writer()
    written = json.loads(json.dumps(writer.write(value)))
    return wire.Reader(bytes(writer.data)).read(written)


@given(VALUES)
def test_plain_data_keeps_its_kind(value: Any) -> None:
    assert repr(travel(value)) == repr(value)


@given(JSON, st.binary(max_size=64))
def test_anything_else_is_refused_and_nothing_else_happens(written: Any, data: bytes) -> None:
    try:
        wire.Reader(data).read(written)
    except wire.WireError:
        return


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6.0).reshape(2, 3),
        np.array([1, 2], np.int32),
        np.array(3.5),
        np.zeros((0, 4)),
        np.array([True, False]),
        np.array([1 + 2j]),
        np.asfortranarray(np.eye(3))[:, ::-1],
        np.array([1.0, np.nan, np.inf], ">f8"),
        np.array(["a", "bc"]),
        np.array([[1, "x"], [None, 2.5]], dtype=object),
    ],
    ids=repr,
)
def test_arrays(array: np.ndarray[Any, Any]) -> None:
    back = travel(array)
    assert back.shape == array.shape and back.dtype.kind == array.dtype.kind
    np.testing.assert_array_equal(back, array)


def test_a_read_only_array_stays_so() -> None:
    array = np.zeros(3)
    array.flags.writeable = False
    assert not travel(array).flags.writeable
    assert travel(np.zeros(3)).flags.writeable


@pytest.mark.parametrize(
    "scalar", [np.float64(1.5), np.float32(0.1), np.int8(-3), np.bool_(True), np.complex128(1j)]
)
def test_numpy_scalars_are_told_from_python_numbers(scalar: Any) -> None:
    back = travel(scalar)
    assert type(back) is type(scalar) and back == scalar


def test_expressions() -> None:
    a, x = sp.symbols("a x", positive=True)
    expression = sp.Integral(sp.log(a * x**2) / (a + x), (x, 0, sp.oo)) + sp.Rational(1, 3)
    assert travel(expression) == read(expression)


@pytest.mark.parametrize(
    "number", [Fraction(1, 3), Decimal("0.1"), Decimal("NaN"), sp.Float(0.1), sp.FiniteSet(2)]
)
def test_numbers_of_other_libraries_arrive_as_trees(number: Any) -> None:
    assert travel(number) == read(number)
    assert travel([number, 1]) == [read(number), 1]


def test_generators_arrive_as_iterators_and_views_as_lists() -> None:
    assert list(travel(x for x in (1, 2))) == [1, 2]
    assert travel({1: 2}.keys()) == [1]


def test_an_answer_that_is_not_written_stays_one() -> None:
    assert travel({"kl": ...}) == {"kl": ...} and travel(...) is ...


def test_what_is_no_data_is_present_but_opaque() -> None:
    class Student:
        pass

    assert isinstance(travel(Student()), wire.Opaque)
    # a student's function could name a class after a hidden input
    assert type(travel(Student())).__name__ == "object"
    assert type(travel(math)).__name__ == "module"


def test_sharing_without_end_is_cut() -> None:
    nested: list[Any] = []
    nested.append(nested)
    with pytest.raises(wire.WireError, match="deep"):
        wire.Writer().write(nested)
    with pytest.raises(wire.WireError, match="items"):
        wire.Writer().write([[[[[0] * 100] * 100] * 100] * 100])


@pytest.mark.parametrize(
    "written",
    [
        ["array", "<f8", [2**40, 2**40], True],
        ["array", "<f8", [2**20, 3], True],
        ["array", "<f8", [-1], True],
        ["array", "<f8", [5], True],
        ["array", "<f8", [True], True],
        ["array", "<f8", [1], 1],
        ["array", "O", [1], True],
        ["array", "<M8", [1], True],
        ["array", "|b1", [8], True],
        ["list", ["array", "<f8", [3], True], ["array", "<f8", [3], True]],
        ["scalar", "|S1"],
        ["scalar", "<f8", 1.0],
        ["objects", "O", [2], 1],
        ["objects", "U", [1], 1],
        ["dict", [["list"], 1]],
        ["dict", [1]],
        ["set", ["list"]],
        ["expr", [["Pow", None, [0, 1]]]],
        ["axes", {"lines": []}],
        ["call", 0, "f"],
        ["opaque", 7],
        ["ellipsis", 1],
        ["bytes", 1],
        ["bytes", "not base64"],
        ["complex", "1", 2],
        ["__class__", 1],
        ["list", {"a": 1}],
        [],
        {},
    ],
    ids=repr,
)
def test_malformed(written: Any) -> None:
    with pytest.raises(wire.WireError):
        wire.Reader(bytes(range(32))).read(written)


def test_numbers_are_taken_once_and_in_order() -> None:
    writer = wire.Writer()
    written = [writer.write(value) for value in (np.float64(0.5), np.arange(3, dtype=np.int8), [np.eye(2)])]
    reader = wire.Reader(bytes(writer.data))
    scalar, array, (matrix,) = map(reader.read, written)
    assert scalar == 0.5 and array.tolist() == [0, 1, 2] and matrix.tolist() == [[1, 0], [0, 1]]
    with pytest.raises(wire.WireError, match="larger than its data"):
        reader.read(written[0])


def test_a_value_that_cannot_travel_leaves_no_data() -> None:
    writer = wire.Writer()
    writer.write(np.ones(2))
    before = bytes(writer.data)
    with pytest.raises(wire.WireError):
        writer.write([np.ones(2), 2**20_000])
    assert writer.data == before


def test_nan_and_infinity() -> None:
    assert math.isnan(travel(math.nan)) and travel(-math.inf) == -math.inf


@pytest.mark.parametrize(
    "value",
    [
        ["list", "x" * 1_000_000, *[""] * 1_000],
        ["objects", "U", [1_001], "x" * 1_000_000, *[""] * 1_000],
        ["set", *(number * (2**61 - 1) for number in range(1, 100_000))],
        ["dict", *([number * (2**61 - 1), 0] for number in range(1, 100_000))],
    ],
    ids=["list of strings", "array of strings", "set", "dict"],
)
def test_what_would_take_much_more_room_or_time_than_it_has_bytes_is_refused(value: Any) -> None:
    with pytest.raises(wire.WireError):
        wire.Reader().read(value)
