"""Numbers, arrays and calls are judged as the contract says, whatever a student's function returns or does."""

from __future__ import annotations

import builtins
import itertools
import math
import sys
import threading
import time
import warnings
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy as sp

from graders.answers import expression, numeric
from graders.answers.misconception import Misconception, misconception
from graders.answers.verdict import Wrong


class Evil:
    """Raises what no `except Exception` catches, from every direction."""

    def _exit(self, *_: object) -> Any:
        sys.exit("evil")

    __eq__ = __lt__ = __repr__ = __str__ = __array__ = __float__ = __int__ = __index__ = __len__ = __iter__ = _exit
    __hash__ = None  # type: ignore[assignment]


class EvilFloat(float):
    """Is a float, but does not compare as one."""

    def __eq__(self, other: object) -> bool:
        return True

    def __float__(self) -> float:
        return 0.0

    __hash__ = float.__hash__


class Pretender:
    """Claims to be a float."""

    @property
    def __class__(self) -> type:
        return float

    @__class__.setter
    def __class__(self, value: type) -> None: ...


NO_NUMBERS: dict[str, Any] = {
    "None": None,
    "an ellipsis": ...,
    "a bool": True,
    "a NumPy bool": np.True_,
    "a string": "1.0",
    "bytes": b"1.0",
    "a complex": 1 + 0j,
    "a NumPy complex": np.complex128(1),
    "an array of one": np.array([1.0]),
    "a list": [1.0],
    "a tuple": (1.0,),
    "a dict": {},
    "a function": len,
    "a class": float,
    "a SymPy symbol": sp.Symbol("x"),
    "a SymPy number that is not real": sp.I,
    "a number too large to be evaluated": sp.Pow(2, sp.Pow(2, 10**6, evaluate=False), evaluate=False),
    "an object array": np.array(None),
    "a date": np.datetime64("2024-01-01"),
    "evil": Evil(),
    "a pretender": Pretender(),
}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1.5, 1.5),
        (2, 2.0),
        (-0.0, 0.0),
        (np.float32(0.5), 0.5),
        (sp.Float(1.25), 1.25),
        (sp.Rational(1, 3), 1 / 3),
        (sp.log(2) * 3, 3 * math.log(2)),
        (-sp.oo, -math.inf),
        (Fraction(1, 3), 1 / 3),
        (Fraction(10) ** 400, math.inf),
        (Decimal("0.1"), 0.1),
        (expression.read(sp.pi), math.pi),
        (np.float64(1.5), 1.5),
        (np.int64(3), 3.0),
        (np.uint8(3), 3.0),
        (np.array(1.5), 1.5),
        (np.array(2), 2.0),
        (math.inf, math.inf),
        (10**400, math.inf),
        (-(10**400), -math.inf),
        (2**63, 2.0**63),
        (EvilFloat(1.5), 1.5),
    ],
)
def test_number_takes_every_kind_of_float(value: Any, expected: float) -> None:
    found = numeric.number(value, "f")
    assert type(found) is float
    assert found == expected


@pytest.mark.parametrize("kind", NO_NUMBERS)
def test_number_refuses_the_rest_in_words(kind: str) -> None:
    with pytest.raises(Wrong) as wrong:
        numeric.number(NO_NUMBERS[kind], "f")
    assert wrong.value.hint.startswith("f ")
    assert wrong.value.note.startswith("answer.")


@pytest.mark.parametrize(
    "value",
    [
        [1, 2.5],
        (1, 2.5),
        np.array([1.0, 2.5]),
        np.array([1, 2.5], dtype=np.float32),
        [np.float64(1), np.array(2.5)],
        [sp.Integer(1), sp.Rational(5, 2)],
        (Fraction(1), Decimal("2.5")),
        np.array([sp.S.One, Fraction(5, 2)], dtype=object),
    ],
)
def test_array_takes_lists_for_arrays(value: Any) -> None:
    found = numeric.array(value, (2,), "f")
    assert found.dtype == np.float64
    assert found.tolist() == [1.0, 2.5]
    assert numeric.vector(value, "f").tolist() == [1.0, 2.5]


@pytest.mark.parametrize(
    "value",
    [
        None,
        ...,
        "12",
        ["1", "2"],
        [1j, 2],
        [True, False],
        [None, 1],
        [[1], [1, 2]],
        {1, 2},
        [Evil(), Evil()],
        Evil(),
        len,
    ],
)
def test_array_refuses_the_rest(value: Any) -> None:
    with pytest.raises(Wrong):
        numeric.array(value, (2,), "f")
    with pytest.raises(Wrong):
        numeric.vector(value, "f")


def test_array_wants_its_shape() -> None:
    for value in ([1.0], [[1.0, 2.0]], 1.0, [1.0, 2.0, 3.0]):
        with pytest.raises(Wrong) as wrong:
            numeric.array(value, (2,), "f")
        assert wrong.value.note == "answer.shape"
    with pytest.raises(Wrong, match="one axis"):
        numeric.vector([[1.0]], "f")


def test_parts_are_those_of_tuples_lists_and_arrays() -> None:
    assert numeric.parts((1, 2)) == [1, 2]
    assert numeric.parts([1, 2]) == [1, 2]
    assert numeric.parts(np.array([1, 2])) == [1, 2]
    for value in (None, "12", {1: 2}, np.array(1), Evil()):
        assert numeric.parts(value) is None


def test_ints_are_wanted_exactly() -> None:
    assert numeric.matches(10**30, 10**30, "f")
    assert not numeric.matches(10**30 + 1, 10**30, "f")
    assert numeric.matches(np.int64(7), 7, "f")
    for value in (7.0, True, "7", None, np.float64(7)):
        with pytest.raises(Wrong):
            numeric.matches(value, 7, "f")


def test_tuples_are_matched_part_by_part() -> None:
    expected = (np.array([1.0, 2.0]), 3.0)
    assert numeric.matches(([1, 2], 3), expected, "f")
    assert numeric.matches([np.array([1.0, 2.0]), np.float64(3)], expected, "f")
    assert not numeric.matches(([1, 2], 4), expected, "f")
    for value in ([1, 2], ([1, 2],), ([1, 2], 3, 4), None, "ab"):
        with pytest.raises(Wrong):
            numeric.matches(value, expected, "f")


def test_infinities_and_nans_must_coincide() -> None:
    assert numeric.close([math.inf, -math.inf, math.nan], [math.inf, -math.inf, math.nan])
    assert not numeric.close(math.inf, -math.inf)
    assert not numeric.close(1e308, math.inf)
    assert not numeric.close(math.nan, 0.0)


@pytest.mark.parametrize(("off", "right"), [(0.9e-9, True), (1.1e-9, False)])
def test_the_tolerance_is_relative(off: float, right: bool) -> None:
    for size in (1e-200, 1.0, 1e200):
        assert numeric.close(size * (1 + off), size) is right


# Calls --------------------------------------------------------------------------------------------------------


def test_call_records_value_error_warnings_and_changes() -> None:
    def noisy(array: Any, numbers: list[float]) -> float:
        warnings.warn("careful", RuntimeWarning, stacklevel=1)
        array[0] = 5
        numbers.append(1.0)
        return 2.0

    array, numbers = np.zeros(2), [0.0]
    did = numeric.call(noisy, array, numbers)
    assert (did.value, did.error, did.warnings, did.changed) == (2.0, None, ("RuntimeWarning",), (0, 1))
    assert array.tolist() == [0.0, 0.0] and numbers == [0.0]


@pytest.mark.parametrize("error", [ValueError("x"), SystemExit(1), GeneratorExit(), BaseException("x")])
def test_call_keeps_what_the_function_raises(error: BaseException) -> None:
    def failing() -> None:
        raise error

    assert numeric.call(failing).error is error


def test_call_lets_the_keyboard_interrupt() -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        numeric.call(interrupted)


@pytest.mark.parametrize(
    "change",
    [
        lambda array: array.fill(1),
        lambda array: array.sort(),
        lambda array: array.resize(5, refcheck=False),
        lambda array: array.__setitem__(1, math.nan),
    ],
)
def test_call_sees_every_change_of_an_array(change: Callable[[Any], Any]) -> None:
    assert numeric.call(change, np.array([3.0, 2.0, 1.0])).changed == (0,)


def test_call_sees_changes_of_lists_and_none_where_there_are_none() -> None:
    assert numeric.call(lambda given: given.append(Evil()), [1.0]).changed == (0,)
    assert numeric.call(lambda given: given.__setitem__(0, Evil()), [1.0, 2.0]).changed == (0,)
    assert numeric.call(lambda given: given[0].pop(), [[1.0], [2.0]]).changed == (0,)
    assert numeric.call(lambda *_: None, np.array([math.nan]), [math.nan], math.nan, "name", 3).changed == ()


def test_names_that_a_student_gives_are_not_told() -> None:
    secret = type("SECRET", (ValueError,), {"__module__": "builtins"})
    warned = type("SECRET", (UserWarning,), {"__module__": "builtins"})

    def warns() -> Any:
        warnings.warn("", warned, stacklevel=1)
        return secret()

    assert numeric.nearest_builtin(secret()) == "ValueError"
    assert numeric.call(warns).warnings == ("UserWarning",)
    assert "SECRET" not in numeric.kind(secret())
    assert numeric.kind(type("SECRET", (float,), {})()) == "a float"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (1, "an integer"),
        (np.uint8(1), "an integer"),
        (np.float32(1), "a float"),
        (1j, "a complex number"),
        ("", "a text"),
        (None, "None"),
        (np.True_, "True or False"),
        ({}, "a dict"),
        (np.zeros(2), "an array"),
        (sp.Symbol("x"), "an expression"),
        (expression.ONE, "an expression"),
        (lambda: None, "a function"),
        (Evil(), "something else"),
        (b"", "something else"),
    ],
)
def test_kinds_in_words(value: Any, words: str) -> None:
    assert numeric.kind(value) == words


def test_hints_say_no_more_of_an_answer_than_a_choice_from_a_short_list() -> None:
    builtin = [getattr(builtins, name) for name in dir(builtins)]
    types = [kind for kind in [*builtin, *np.sctypeDict.values()] if isinstance(kind, type)]
    made = (numeric.attempt(kind)[0] for kind in types)
    arrays = (numeric.attempt(np.zeros, (1,) * n, kind)[0] for kind in np.sctypeDict.values() for n in range(20))
    hints, told = set(), set()
    for value in itertools.chain(builtin, made, arrays, NO_NUMBERS.values()):
        for read in (numeric.number, numeric.vector, lambda value, what: numeric.array(value, (7,), what)):
            error = numeric.attempt(read, value, "f")[1]
            hints |= {error.hint} if isinstance(error, Wrong) else set()
    for kind in types:
        if issubclass(kind, BaseException) and not issubclass(
            kind, BaseExceptionGroup | UnicodeError | KeyboardInterrupt
        ):
            told.add(numeric.nearest_builtin(kind()))
    assert len(hints) < 30, hints
    assert len(told) == 8, told  # LinAlgError is NumPy's
    for kind in (UserWarning, RuntimeWarning, SyntaxWarning):
        wrong = judged(warning(kind), silent=True)
        assert wrong is not None and wrong.hint == "f is right but warns: rewrite it so that nothing overflows."
        assert kind.__name__ in wrong.detail


def warning(kind: type[Warning]) -> Callable[..., Any]:
    def function(x: Any) -> Any:
        warnings.warn("", kind, stacklevel=1)
        return square(x)

    return function


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ((1.5, [None, ...], "a"), "(1.5, [None, Ellipsis], 'a')"),
        ((1,), "(1,)"),
        ({"a": True, 2: -1j}, "dict([('a', True), (2, (-0-1j))])"),
        (np.arange(4.0).reshape(2, 2), "array([0.0, 1.0, 2.0, 3.0], shape=(2, 2))"),
        (np.array(["a"]), "array(['a'], shape=(1,))"),
        (sp.Symbol("x"), "x"),
        (expression.node("log", None, (expression.symbol("x"),)), "log(x)"),
        (ValueError("x", 1), "ValueError('x', 1)"),
        (Evil(), "<Evil>"),
        (len, "<builtin_function_or_method>"),
    ],
)
def test_shown(value: Any, text: str) -> None:
    assert (
        sorted(numeric.shown(value)) == sorted(text) if isinstance(value, sp.Add) else numeric.shown(value) == text
    )


def nested(wide: int, deep: int) -> Any:
    value: Any = 0
    for _ in range(deep):
        value = [value] * wide
    return value


def endless() -> list[Any]:
    value: list[Any] = []
    value += [value] * 9
    return value


LARGE: dict[str, Callable[[], Any]] = {
    "a list": lambda: list(range(10**6)),
    "a text": lambda: "x" * 10**6,
    "nested": lambda: nested(40, 30),
    "deep": lambda: nested(1, 100_000),
    "in itself": endless,
    "an integer": lambda: 1 << 10**9,
    "many integers": lambda: [1 << 11_999] * 10**6,
    "an array": lambda: np.broadcast_to(1.0, (10**9, 10**9)),
    "an empty array": lambda: np.empty((10**9, 0)),
    "an array of lists": lambda: np.array([None, nested(40, 30)], dtype=object),
    "an array of texts": lambda: np.broadcast_to(np.array("x" * 10**6), (10**6,)),
    "a dict": lambda: dict.fromkeys(range(10**5), nested(40, 30)),
    "an exception": lambda: ValueError(nested(40, 30), *range(10**5)),
    "a sum that SymPy takes minutes to print": lambda: nested_sum(),
}


def nested_sum() -> Any:
    i = sp.Symbol("i")
    value: Any = sp.Symbol("x")
    for _ in range(60):
        value = sp.Add(sp.Mul(value, value, evaluate=False), i, evaluate=False)
    return value


@pytest.mark.parametrize("what", LARGE)
def test_what_is_shown_is_bounded_in_time_and_size(what: str) -> None:
    value = LARGE[what]()
    start = time.process_time()
    text = numeric.shown(value)
    assert time.process_time() - start < 2
    assert 0 < len(text) < 1000


def test_result_is_the_value_or_the_reason_why_there_is_none() -> None:
    assert numeric.result("f", lambda x: x + 1, 1) == 2
    with pytest.raises(Wrong, match="raised ZeroDivisionError"):
        numeric.result("f", lambda x: 1 / x, 0)
    for missing in (None, ..., 3):
        with pytest.raises(Wrong):
            numeric.result("f", missing)  # type: ignore[arg-type]


# Functions ----------------------------------------------------------------------------------------------------


def square(x: Any) -> Any:
    return np.asarray(x, dtype=float) ** 2


@misconception("test.doubled")
def doubled(x: Any) -> Any:
    """Twice is not squared."""
    return 2 * x


@misconception("test.refused")
def refused(x: Any) -> Any:
    """Negative numbers have squares, too."""
    if np.min(x) < 0:
        raise ValueError(x)
    return x**2


INPUTS = [(np.array([1.0, 3.0]),), ([2.0, -1.0],)]


def judged(answer: Any, **options: Any) -> Wrong | None:
    try:
        numeric.check_function("f", answer, square, INPUTS, misconceptions=[doubled, refused], **options)
    except Wrong as wrong:
        return wrong
    return None


def test_right_functions_pass() -> None:
    assert judged(square) is None
    assert judged(lambda x: [t * t for t in x]) is None
    assert judged(lambda x: square(x) * (1 + 1e-12)) is None
    assert judged(lambda x: square(x) + 1e-3, atol=1e-2) is None


def test_wrong_functions_are_named_by_the_misconception_that_agrees_everywhere() -> None:
    for answer, named in [(lambda x: [2 * t for t in x], doubled), (lambda x: refused(np.asarray(x)), refused)]:
        wrong = judged(answer)
        assert wrong is not None
        assert (wrong.note, wrong.hint) == (named.note, named.hint)
    once = judged(lambda x: 2 * np.asarray(x) if len(INPUTS) == 0 else np.asarray(x) * 0)
    assert once is not None and once.note == "answer.value"


def test_the_detail_holds_what_the_hint_does_not() -> None:
    wrong = judged(lambda x: 7.25 * np.ones(2), hint="Think of the parabola.")
    assert wrong is not None
    assert wrong.hint == "Think of the parabola."
    assert "7.25" in wrong.detail and "expected" in wrong.detail


def test_warnings_are_wrong_only_where_asked_for() -> None:
    def warns(x: Any) -> Any:
        warnings.warn("", RuntimeWarning, stacklevel=1)
        return square(x)

    assert judged(warns) is None
    wrong = judged(warns, silent=True)
    assert wrong is not None and wrong.note == "answer.warned"


def test_refusals() -> None:
    def right(x: Any) -> Any:
        if np.min(x) < 0:
            raise ValueError("negative")
        return np.sqrt(x)

    def check(answer: Callable[..., Any]) -> None:
        numeric.check_refuses(
            "f", answer, right, [("a negative number", (np.array([-1.0]),))], valid=[(np.array([4.0]),)]
        )

    check(right)
    check(lambda x: right(x) if np.min(x) >= 0 else np.linalg.cholesky(-np.eye(2)))
    for wrong in (np.abs, raising(TypeError()), raising(ValueError()), raising(SystemExit()), lambda x: None):
        with np.errstate(all="ignore"), pytest.raises(Wrong):
            check(wrong)


def raising(error: BaseException) -> Callable[..., Any]:
    def function(*_: object) -> Any:
        raise error

    return function


def test_pure() -> None:
    def in_place(x: Any) -> Any:
        x *= x
        return x

    numeric.check_pure("f", square, square, [(np.array([1.0, 2.0]),)])
    with pytest.raises(Wrong, match="work on a copy"):
        numeric.check_pure("f", in_place, square, [(np.array([1.0, 2.0]),)])
    with pytest.raises(Wrong) as wrong:
        numeric.check_pure("f", lambda x: 2 * x, square, [(np.array([1.0]),)], misconceptions=[doubled])
    assert wrong.value.note == "test.doubled"


def test_the_reference_is_deaf_to_the_notebooks_settings() -> None:
    def overflowing(x: Any) -> Any:
        return np.exp(np.asarray(x, dtype=float) * 1e4)

    with np.errstate(all="raise"):
        numeric.check_function("f", lambda x: [math.inf], overflowing, [(np.array([1.0]),)])


# Seeds --------------------------------------------------------------------------------------------------------


def test_the_seed_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    def drawn(label: str) -> list[float]:
        return [float(number) for number in numeric.generator(label).normal(size=3)]

    default = drawn("one")
    assert drawn("one") == default
    assert drawn("two") != default
    monkeypatch.setenv(numeric.SEED_VARIABLE, "7")
    other = drawn("one")
    assert other != default
    monkeypatch.setenv(numeric.SEED_VARIABLE, numeric.DEFAULT_SEED)
    assert drawn("one") == default


def test_a_seed_of_a_run_holds_in_its_thread_alone() -> None:
    inside, done, seen = threading.Event(), threading.Event(), []

    def other() -> None:
        with numeric.seeded(5):
            inside.set()
            done.wait(10)
            seen.append(numeric.seed())

    thread = threading.Thread(target=other)
    thread.start()
    inside.wait(10)
    with numeric.seeded(7):
        assert numeric.seed() == 7
    seen.append(numeric.seed())
    done.set()
    thread.join()
    assert seen == [int(numeric.DEFAULT_SEED), 5]


def test_the_default_inputs_are_the_same_on_every_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(numeric.SEED_VARIABLE, raising=False)
    assert numeric.generator("a label").integers(0, 10**6, size=3).tolist() == [119217, 229954, 222001]


def test_a_misconception_answers_with_numbers_and_with_symbols() -> None:
    assert isinstance(doubled, Misconception)
    assert doubled(3) == 6
    assert str(doubled.expression()) == "2*x"
