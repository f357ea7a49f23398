"""Derivations: right ones of many lengths and forms, and every way to be wrong."""

from __future__ import annotations

import time
from typing import Any

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from graders.answers.derivation import (
    Review,
    joint_logarithm,
    review_chain,
    review_functionals,
    review_sums,
    separate_logarithms,
)
from graders.answers.expression import decode, encode, read
from graders.answers.sampling import Space
from graders.answers.verdict import Wrong

log, Integral = sp.log, sp.Integral
x, t = sp.symbols("x t")
P, G = sp.Function("p_r"), sp.Function("p_g")
r, g = P(x), G(x)
D = r / (r + g)
M = (r + g) / 2
EVERYWHERE = (x, -sp.oo, sp.oo)

START = Integral(r * log(D) + g * log(1 - D), x)
GOAL = Integral(r * log(2 * r / (r + g)), x) + Integral(g * log(2 * g / (r + g)), x) - log(4)

COMBINED = Integral(r * log(r / (r + g)) + g * log(g / (r + g)), x)
SPLIT = Integral(r * log(r / (r + g)), x) + Integral(g * log(g / (r + g)), x)
MINUS_LOGS = Integral(r * (log(2 * r / (r + g)) - log(2)), x) + Integral(g * (log(2 * g / (r + g)) - log(2)), x)
CONSTANTS_IN = (
    Integral(r * log(2 * r / (r + g)), x)
    - log(2) * Integral(r, x)
    + Integral(g * log(2 * g / (r + g)), x)
    - Integral(g * log(2), x)
)
CONSTANTS_OUT = GOAL + log(4) - 2 * log(2)
WITH_MIXTURE = Integral(r * log(r / M), EVERYWHERE) + Integral(g * log(g / M), EVERYWHERE) - log(4)
AS_KL = 2 * (Integral(r * log(r / M), x) / 2 + Integral(g * (log(g) - log(M)), x) / 2) - 2 * log(2)
AS_ENTROPIES = Integral(r * log(r) + g * log(g) - (r + g) * log(M), x) - log(4)
ONE_INTEGRAL = Integral(r * log(2 * r / (r + g)) + g * log(2 * g / (r + g)), EVERYWHERE) - 2 * log(2)


def functionals(*lines: Any, **options: Any) -> Review:
    return review_functionals(list(lines), start=START, goal=GOAL, **options)


RIGHT_1D = {
    "shortest": [START, COMBINED, SPLIT, GOAL],
    "textbook": [START, COMBINED, SPLIT, MINUS_LOGS, CONSTANTS_IN, CONSTANTS_OUT, GOAL],
    "through KL": [START, SPLIT, WITH_MIXTURE, AS_KL, GOAL],
    "through entropies": [COMBINED, SPLIT, AS_ENTROPIES, ONE_INTEGRAL],
    "one integral at the end": [START, SPLIT, MINUS_LOGS, ONE_INTEGRAL],
    "bounds": [START, Integral(START.args[0], EVERYWHERE), SPLIT, AS_KL, GOAL],
    "other variable": [
        START,
        Integral(P(t) * log(P(t) / (P(t) + G(t))), t) + Integral(g * log(g / (r + g)), x),
        MINUS_LOGS,
        GOAL,
    ],
    "repeated lines": [START, START, COMBINED, COMBINED, SPLIT, SPLIT, SPLIT, GOAL, GOAL],
    "trivially rewritten": [
        START,
        sp.Add(START, 0, evaluate=False),
        COMBINED,
        SPLIT,
        sp.Mul(1, SPLIT, evaluate=False),
        GOAL,
    ],
    "detour over a constant": [START, SPLIT + Integral(r, x) - 1, SPLIT + 5 - 5 * Integral(g, x), GOAL],
    "numbers in front": [START, 3 * SPLIT - 2 * COMBINED, SPLIT / 2 + COMBINED / 2, GOAL],
    "decimals": [START, 0.5 * SPLIT + 0.5 * COMBINED, SPLIT, GOAL],
}


@pytest.mark.parametrize("name", RIGHT_1D)
def test_right_derivations_of_1d_are_complete(name: str) -> None:
    for lines in (RIGHT_1D[name], tuple(RIGHT_1D[name])):
        review = review_functionals(lines, start=START, goal=GOAL)
        assert review.complete, review.message
        assert review.start_ok
        assert review.goal_ok
        assert review.first_error is None
        assert review.between_ok >= 2
        assert review.note == "derivation.complete"
        review.require()


def test_lines_may_come_over_the_wire() -> None:
    assert functionals(*(decode(encode(read(line))) for line in RIGHT_1D["textbook"])).complete


WRONG_1D: dict[str, tuple[list[Any], int, str, int]] = {
    # name: lines, first line that does not follow, kind of the error, lines before it that count
    "constant lost": ([START, COMBINED, SPLIT, GOAL + log(4)], 4, "constant", 2),
    "constant gained": ([START, COMBINED, SPLIT + 1, GOAL], 3, "constant", 1),
    "log 2 for log 4": ([START, SPLIT, MINUS_LOGS, GOAL + log(2), GOAL], 4, "constant", 2),
    "constant of a density": ([START, SPLIT, SPLIT + Integral(r, x), GOAL], 3, "constant", 1),
    "half lost": ([START, SPLIT, AS_KL, 2 * AS_KL, GOAL], 4, "factor", 2),
    "half gained": ([START, COMBINED / 2, SPLIT, GOAL], 2, "factor", 0),
    "factor on one integral": ([START, COMBINED, 2 * SPLIT.args[0] + SPLIT.args[1], GOAL], 3, "factor", 1),
    "sign of the whole": ([START, COMBINED, -SPLIT, GOAL], 3, "sign", 1),
    "sign of one integral": ([START, COMBINED, SPLIT.args[0] - SPLIT.args[1], GOAL], 3, "sign", 1),
    "sign inside": (
        [START, COMBINED, Integral(r * log(r / (r + g)) - g * log(g / (r + g)), x), GOAL],
        3,
        "sign",
        1,
    ),
    "integral forgotten": ([START, COMBINED, SPLIT, SPLIT.args[1], GOAL], 4, "missing term", 2),
    "densities swapped": ([START, Integral(g * log(D) + r * log(1 - D), x), SPLIT, GOAL], 2, "other", 0),
    "log of the sum": ([START, COMBINED, Integral((r + g) * log(r * g / (r + g)), x), GOAL], 3, "other", 1),
    "errors that cancel": ([START, COMBINED, SPLIT + 1, SPLIT + 1 - log(3), SPLIT, GOAL], 3, "constant", 1),
    "error, then back": ([START, COMBINED, 2 * SPLIT, SPLIT, GOAL], 3, "factor", 1),
    "small number": ([START, COMBINED, SPLIT + sp.Rational(1, 10**6), GOAL], 3, "constant", 1),
    "no line": ([START, COMBINED, "SPLIT", GOAL], 3, "other", 1),
    "product of integrals": ([START, COMBINED, SPLIT.args[0] * SPLIT.args[1], GOAL], 3, "other", 1),
    "density outside": ([START, r * log(D), SPLIT, GOAL], 2, "other", 0),
    "wrong variable": ([START, Integral(r * log(D), t), SPLIT, GOAL], 2, "other", 0),
    "bounds from 0 to 1": ([START, Integral(START.args[0], (x, 0, 1)), SPLIT, GOAL], 2, "other", 0),
    "undefined": ([START, Integral(r / sp.Add(g, -g, evaluate=False), x), SPLIT, GOAL], 2, "other", 0),
    "new symbol": ([START, sp.Symbol("JS") * 2, SPLIT, GOAL], 2, "other", 0),
}


@pytest.mark.parametrize("name", WRONG_1D)
def test_the_first_wrong_line_of_1d_is_named(name: str) -> None:
    lines, first_error, error, between_ok = WRONG_1D[name]
    review = functionals(*lines)
    found = review.first_error, review.error, review.between_ok
    assert found == (first_error, error, between_ok), review.message
    assert not review.complete
    assert review.start_ok
    assert f"ine {first_error}" in review.message
    with pytest.raises(Wrong) as caught:
        review.require()
    assert caught.value.note == review.note


def test_a_repeated_line_is_counted_as_the_student_counts() -> None:
    review = functionals(START, START, COMBINED, COMBINED, SPLIT + 1, GOAL)
    assert review.first_error == 5
    assert "from line 3" in review.message
    assert review.between_ok == 1


@pytest.mark.parametrize(
    ("lines", "note"),
    [
        ([START, GOAL], "derivation.jump"),
        ([START, START, START, GOAL, GOAL], "derivation.jump"),
        ([START, sp.Add(START, 0, evaluate=False), sp.Mul(1, GOAL, evaluate=False), GOAL], "derivation.jump"),
        ([START, COMBINED, GOAL], "derivation.too-short"),
        ([START, COMBINED, COMBINED, COMBINED, GOAL], "derivation.too-short"),
        ([START, COMBINED, START, COMBINED, GOAL], "derivation.too-short"),
        ([START, COMBINED, SPLIT, MINUS_LOGS], "derivation.goal"),
        ([START, COMBINED, SPLIT], "derivation.goal"),
        ([COMBINED + 1, COMBINED, SPLIT, GOAL], "derivation.start"),
        ([CONSTANTS_IN + log(2), COMBINED, SPLIT, GOAL], "derivation.start"),
        ([CONSTANTS_OUT, COMBINED, SPLIT, GOAL], "derivation.start"),
        ([GOAL, SPLIT, COMBINED, START], "derivation.start"),
        ([], "derivation.too-short"),
        ([START], "derivation.too-short"),
        ([START] * 500, "derivation.too-long"),
        (None, "derivation.type"),
        ("START", "derivation.type"),
        (START, "derivation.type"),
        ({START: 1}, "derivation.type"),
        ([1 / SPLIT, COMBINED, SPLIT, GOAL], "derivation.line"),
    ],
)
def test_what_is_no_derivation_gets_a_clear_message(lines: Any, note: str) -> None:
    review = review_functionals(lines, start=START, goal=GOAL)
    assert review.note == note
    assert not review.complete
    assert review.message.endswith(".")
    if note in ("derivation.start", "derivation.type", "derivation.jump"):
        assert review.between_ok == 0


def test_a_wrong_start_earns_nothing_however_right_the_rest() -> None:
    review = functionals(CONSTANTS_OUT, MINUS_LOGS, COMBINED, SPLIT, GOAL)
    assert not review.start_ok
    assert review.goal_ok
    assert (review.first_error, review.between_ok) == (1, 0)


def test_padding_earns_nothing() -> None:
    wrong = [SPLIT + 1, GOAL]
    short = functionals(START, COMBINED, *wrong)
    padded = functionals(START, COMBINED, START, COMBINED, START, COMBINED, *wrong)
    assert padded.between_ok == short.between_ok == 1


ZERO_OF_NUMBERS = sp.sin(1) ** 2 + sp.cos(1) ** 2 - 1
ONE_OF_DENSITIES = r / (r + g) + g / (r + g)
DOUBLED = Integral(r * (log(7 * r / (r + g)) - log(7)), x) + Integral(g * (log(7 * g / (r + g)) - log(7)), x)
TO_A_POWER = Integral(r * log((r / (r + g)) ** 3) / 3 + g * log((g / (r + g)) ** 3) / 3, x)
BY_ATANH = Integral(r * 2 * sp.atanh((r - (r + g)) / (r + r + g)) + g * log(g / (r + g)), x)
SPLIT_GOAL = ONE_INTEGRAL

# What a program can put between any two lines that are equal, without a step in it.
PADDING_1D = {
    "a term that is 0": [COMBINED, COMBINED + ZERO_OF_NUMBERS, GOAL + ZERO_OF_NUMBERS, GOAL],
    "several of them": [COMBINED, *(COMBINED + k * ZERO_OF_NUMBERS for k in range(1, 6)), GOAL],
    "a factor that is 1": [COMBINED, COMBINED * (1 + ZERO_OF_NUMBERS), GOAL * (1 + ZERO_OF_NUMBERS), GOAL],
    "0 below the integral": [COMBINED, COMBINED + Integral(r * ZERO_OF_NUMBERS, x), GOAL + ZERO_OF_NUMBERS, GOAL],
    "a quotient of the densities": [
        COMBINED,
        Integral(r * ONE_OF_DENSITIES * log(r / (r + g)) + g * log(g / (r + g)), x),
        Integral((r * log(2 * r / (r + g)) + g * log(2 * g / (r + g))) * ONE_OF_DENSITIES, x) - log(4),
        GOAL,
    ],
    "functions of the densities": [
        COMBINED,
        Integral(COMBINED.args[0] * (sp.sin(r) ** 2 + sp.cos(r) ** 2), x),
        BY_ATANH,
        GOAL,
    ],
    "masses that cancel": [COMBINED, COMBINED + Integral(r, x) - 1, GOAL + 3 * Integral(r - g, x), GOAL],
    "the start split, the goal joined": [COMBINED, SPLIT, SPLIT_GOAL, GOAL],
    "halves": [COMBINED, 2 * Integral(COMBINED.args[0] / 2, x), 3 * SPLIT - 2 * COMBINED, GOAL],
    "the constant in two": [COMBINED, SPLIT_GOAL + log(4) - log(2) - log(2), GOAL + log(4) - 2 * log(2), GOAL],
    "other numbers in the logarithm": [COMBINED, DOUBLED, SPLIT, GOAL],
    "powers in the logarithm": [COMBINED, TO_A_POWER, SPLIT, GOAL],
    "logarithms that cancel": [
        COMBINED,
        COMBINED + Integral(r * (log(2 * r) - log(r) - log(2)), x),
        COMBINED + Integral(g * (log(r / g) - log(r) + log(g)), x),
        GOAL,
    ],
    "shares of one logarithm": [
        COMBINED,
        *(COMBINED + k * Integral(r * (log(2 * r / (r + g)) - log(r / (r + g)) - log(2)), x) / 7 for k in (2, 3)),
        GOAL,
    ],
}


def test_the_mixture_may_come_in_term_by_term() -> None:
    apart = Integral(r * log(r) + g * log(g) - (r + g) * log(r + g), x)
    half = Integral(r * log(r) + g * log(g) - r * log(M) - g * log(r + g), x) - log(2)
    assert functionals(START, apart, half, GOAL).complete


@pytest.mark.parametrize("name", PADDING_1D)
def test_what_a_program_could_put_in_counts_for_nothing(name: str) -> None:
    review = functionals(*PADDING_1D[name])
    assert review.first_error is None, review.message
    assert review.between_ok == 0
    assert review.note == "derivation.padding"


def test_the_start_copied_and_the_goal_copied_are_no_steps_of_a_derivation_that_breaks_off() -> None:
    for last in (SPLIT + 1, "no line", SPLIT):
        assert functionals(COMBINED, SPLIT, GOAL, ONE_INTEGRAL, last).between_ok == 0


@pytest.mark.parametrize(
    "tiny", [sp.Rational(1, 10**60), sp.Rational(1, 10**400), sp.exp(-700), sp.Rational(1, 10**1000)]
)
def test_a_line_that_is_off_by_next_to_nothing_does_not_follow(tiny: Any) -> None:
    assert functionals(START, COMBINED, SPLIT + tiny, GOAL).first_error == 3
    assert functionals(START, COMBINED, SPLIT + Integral(r**2 * tiny, x), GOAL).first_error == 3


def test_a_line_that_is_right_on_a_part_of_the_densities_does_not_follow() -> None:
    window = sp.And(r > sp.Rational(1, 3), r < sp.Rational(1001, 3000))
    for condition in (r > 1000 * g, r - g > 10, sp.Abs(r - g) < r / 10**6, window):
        line = SPLIT + Integral(sp.Piecewise((r**2, condition), (0, True)), x)
        assert functionals(START, COMBINED, line, GOAL).first_error == 3, condition


def test_a_line_may_come_with_its_reason() -> None:
    assert functionals(START, (COMBINED, "1 - D = ..."), (SPLIT, "linear"), GOAL).complete


def test_the_points_depend_on_all_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = []
    points = Space.points

    def seen(space: Space, *arguments: Any, **options: Any) -> Any:
        keys.append(space.key)
        return points(space, *arguments, **options)

    monkeypatch.setattr(Space, "points", seen)
    for last in (GOAL, ONE_INTEGRAL):
        for seed in ("6", str(10**30)):
            monkeypatch.setenv("VAEGAN_SEED", seed)
            functionals(START, COMBINED, SPLIT, last)
    assert len({key for key in keys if key}) == 4


def test_messages_hold_no_expected_values() -> None:
    for lines, *_ in WRONG_1D.values():
        message = functionals(*lines).message
        assert "log" not in message.replace("logarithm", "")
        assert "Integral" not in message


@pytest.mark.parametrize(
    "line",
    [
        sp.Add(*(Integral(r**k, x) for k in range(400))),
        Integral(r * sp.Pow(10, sp.Pow(10, sp.Pow(10, 10, evaluate=False), evaluate=False), evaluate=False), x),
        Integral(r * sp.factorial(10**7, evaluate=False), x),
        Integral(sp.exp(sp.exp(sp.exp(sp.exp(sp.exp(r))))), x),
        Integral(sp.Sum(t, (t, 1, 10**9)) * r, x),
        Integral(Integral(r, x), x),
    ],
    ids=range(6),
)
def test_hostile_lines_get_a_clear_message_in_time(line: Any) -> None:
    started = time.perf_counter()
    review = functionals(START, COMBINED, line, GOAL)
    assert review.first_error == 3
    assert len(review.message) < 400
    assert time.perf_counter() - started < 2


def test_an_author_is_told_of_a_malformed_start() -> None:
    with pytest.raises(ValueError, match="the start"):
        review_functionals([START], start=r, goal=GOAL)


@settings(max_examples=25, deadline=None)
@given(st.permutations(RIGHT_1D["textbook"][1:-1]), st.integers(1, 5), st.sampled_from([1, -1, log(3)]))
def test_an_error_is_found_wherever_it_stands(between: list[Any], where: int, error: Any) -> None:
    lines = [START, *between, GOAL]
    assert functionals(*lines).complete
    lines[where] = lines[where] + error
    review = functionals(*lines)
    assert (review.first_error, review.error) == (where + 1, "constant")
    assert review.between_ok <= where - 1


# Sums -----------------------------------------------------------------------------------------------

i, j, K = sp.symbols("i j K", integer=True)
mu, sigma = sp.IndexedBase("mu"), sp.IndexedBase("sigma")


def total(body: Any) -> Any:
    return sp.Sum(body, (i, 1, K))


def product(body: Any) -> Any:
    return sp.Product(body, (i, 1, K))


def sums(*lines: Any) -> Review:
    return review_sums(
        list(lines),
        value=VALUE,
        domains={"mu": "real", "sigma": "positive"},
        start=joint_logarithm("sigma"),
        goal=separate_logarithms("sigma"),
    )


S2, M2 = sigma[i] ** 2, mu[i] ** 2
VALUE = total(S2 + M2 - 1 - log(S2)) / 2
BEGIN = (total(S2) + total(M2) - K + log(1 / product(S2))) / 2
MINUS = (total(S2) + total(M2) - K - log(product(S2))) / 2
LOGS = (total(S2) + total(M2) - K - total(log(S2))) / 2
ONES = (total(S2) + total(M2) - total(1) - total(log(S2))) / 2
DOUBLE = (total(S2 + M2 - 1) - 2 * total(log(sigma[i]))) / 2

RIGHT_2C = {
    "shortest": [BEGIN, MINUS, LOGS, VALUE],
    "long": [BEGIN, MINUS, LOGS, ONES, DOUBLE, VALUE],
    "separate sums at the end": [BEGIN, MINUS, VALUE, ONES],
    "logs of sigma at the end": [BEGIN, MINUS, LOGS, DOUBLE],
    "other index": [
        BEGIN,
        MINUS,
        LOGS,
        sp.Sum(sigma[j] ** 2 + mu[j] ** 2 - 1 - log(sigma[j] ** 2), (j, 1, K)) / 2,
    ],
    "product of sigma": [BEGIN, total(S2 + M2 - 1) / 2 - log(product(sigma[i])), LOGS, VALUE],
    "repeated": [BEGIN, BEGIN, MINUS, LOGS, LOGS, VALUE],
}


@pytest.mark.parametrize("name", RIGHT_2C)
def test_right_derivations_of_2c_are_complete(name: str) -> None:
    review = sums(*RIGHT_2C[name])
    assert review.complete, review.message
    assert review.between_ok >= 2


def written_out(first: int, size: int, make: Any) -> list[Any]:
    s2 = [make("sigma", k) ** 2 for k in range(first, first + size)]
    m2 = [make("mu", k) ** 2 for k in range(first, first + size)]
    joint = sp.Mul(*s2)
    head = sum(s2) + sum(m2) - size
    return [
        (head + log(1 / joint)) / 2,
        (head - log(joint)) / 2,
        (head - sum(log(s) for s in s2)) / 2,
        sum(sp.Mul(sp.Rational(1, 2), s + m - 1 - log(s), evaluate=False) for s, m in zip(s2, m2, strict=True))
        - sum(log(s) for s in s2) / 2
        + sum(log(sp.sqrt(s)) for s in s2),
        (head - 2 * sum(log(sp.sqrt(s)) for s in s2)) / 2,
    ]


def indexed(name: str, k: int) -> Any:
    return sp.IndexedBase(name)[k]


def plain(name: str, k: int) -> Any:
    return sp.Symbol(f"{name}_{k}", positive=name == "sigma", real=True)


@pytest.mark.parametrize(("first", "size", "make"), [(1, 2, indexed), (1, 3, plain), (0, 2, indexed)])
def test_a_fixed_size_may_be_written_out(first: int, size: int, make: Any) -> None:
    review = sums(*written_out(first, size, make))
    assert review.complete, review.message


def test_a_fixed_size_needs_two_dimensions() -> None:
    assert sums(*written_out(1, 1, indexed)).note == "derivation.start"


def test_indices_may_count_from_zero() -> None:
    from_zero = (i, 0, K - 1)
    review = sums(
        (sp.Sum(S2 + M2, from_zero) - K - log(sp.Product(S2, from_zero))) / 2,
        (sp.Sum(S2 + M2 - 1, from_zero) - log(sp.Product(S2, from_zero))) / 2,
        (sp.Sum(S2 + M2 - 1, from_zero) - sp.Sum(log(S2), from_zero)) / 2,
        sp.Sum(S2 + M2 - 1 - log(S2), from_zero) / 2,
    )
    assert review.complete, review.message


def test_matrices_written_out_are_understood() -> None:
    s, m = [sigma[k] for k in (1, 2)], [mu[k] for k in (1, 2)]
    cov = sp.ImmutableDenseMatrix([[s[0] ** 2, 0], [0, s[1] ** 2]])
    squares = m[0] ** 2 + m[1] ** 2
    review = sums(
        (sp.Trace(cov) + squares - 2 - log(sp.Determinant(cov))) / 2,
        (s[0] ** 2 + s[1] ** 2 + squares - 2 - log(sp.Determinant(cov))) / 2,
        (s[0] ** 2 + s[1] ** 2 + squares - 2 - log(s[0] ** 2 * s[1] ** 2)) / 2,
        (s[0] ** 2 + s[1] ** 2 + squares - 2 - log(s[0] ** 2) - log(s[1] ** 2)) / 2,
    )
    assert review.complete, review.message


WRONG_2C: dict[str, tuple[list[Any], int, str]] = {
    "K forgotten": ([BEGIN, MINUS, LOGS + K / 2, VALUE], 3, "constant"),
    "one for K": ([BEGIN, MINUS, LOGS + K / 2 - sp.Rational(1, 2), VALUE], 3, "constant"),
    "constant gained": ([BEGIN, MINUS + 1, LOGS, VALUE], 2, "constant"),
    "half lost": ([BEGIN, MINUS, 2 * LOGS, VALUE], 3, "factor"),
    "half of one term": ([BEGIN, MINUS, LOGS - total(M2) / 4, VALUE], 3, "factor"),
    "sigma for its square": ([BEGIN, MINUS, LOGS + total(log(S2)) / 4, VALUE], 3, "factor"),
    "sign of the logarithm": ([BEGIN, (total(S2) + total(M2) - K + log(product(S2))) / 2, LOGS, VALUE], 2, "sign"),
    "sign of the mean": ([BEGIN, MINUS, LOGS - total(M2), VALUE], 3, "sign"),
    "sign of the whole": ([BEGIN, MINUS, -LOGS, VALUE], 3, "sign"),
    "trace forgotten": ([BEGIN, MINUS, LOGS - total(S2) / 2, VALUE], 3, "missing term"),
    "mean forgotten": ([BEGIN, MINUS, LOGS - total(M2) / 2, VALUE], 3, "missing term"),
    "square of the sum": ([BEGIN, MINUS, LOGS - total(M2) / 2 + total(mu[i]) ** 2 / 2, VALUE], 3, "other"),
    "errors that cancel": ([BEGIN, MINUS + 1, LOGS + 2, LOGS + 1, LOGS, VALUE], 2, "constant"),
    "undeclared": ([BEGIN, MINUS + sp.Symbol("c"), LOGS, VALUE], 2, "other"),
}


@pytest.mark.parametrize("name", WRONG_2C)
def test_the_first_wrong_line_of_2c_is_named(name: str) -> None:
    lines, first_error, error = WRONG_2C[name]
    review = sums(*lines)
    assert (review.first_error, review.error) == (first_error, error), review.message
    assert not review.complete
    assert review.between_ok == first_error - 2


@pytest.mark.parametrize(
    ("lines", "note"),
    [
        ([VALUE, LOGS, MINUS, BEGIN], "derivation.start"),
        ([LOGS, MINUS, LOGS, VALUE], "derivation.start"),
        ([2 * BEGIN, 2 * MINUS, 2 * LOGS, 2 * VALUE], "derivation.start"),
        ([BEGIN, VALUE], "derivation.jump"),
        ([BEGIN, LOGS, VALUE], "derivation.too-short"),
        ([BEGIN, LOGS, ONES, MINUS], "derivation.goal"),
    ],
)
def test_start_and_goal_of_2c_are_told_by_form(lines: list[Any], note: str) -> None:
    review = sums(*lines)
    assert review.note == note
    assert not review.complete


ZERO_OF_LOGARITHMS = log(product(S2)) - total(log(S2))

PADDING_2C = {
    "a term that is 0": [MINUS, MINUS + ZERO_OF_NUMBERS, VALUE + ZERO_OF_NUMBERS, VALUE],
    "a factor that is 1": [MINUS, MINUS * (1 + ZERO_OF_NUMBERS), VALUE * (1 + ZERO_OF_NUMBERS), VALUE],
    "sums taken apart": [MINUS, (total(S2 + M2) - K - log(product(S2))) / 2, ONES, VALUE],
    "ones that cancel": [MINUS, MINUS + K - total(1), VALUE + 5 * K - total(5), VALUE],
    "0 that holds logarithms": [MINUS, MINUS + ZERO_OF_LOGARITHMS, VALUE - 3 * ZERO_OF_LOGARITHMS, VALUE],
    "powers in the logarithm": [MINUS, MINUS + log(product(S2)) / 2 - log(product(S2**3)) / 6, ONES, VALUE],
    "halves": [MINUS, MINUS / 2 + (total(S2 + M2) - K - log(product(S2))) / 4, VALUE / 2 + ONES / 2, VALUE],
    "functions of the sizes": [MINUS, MINUS * (sp.sin(K) ** 2 + sp.cos(K) ** 2), ONES, VALUE],
}


@pytest.mark.parametrize("name", PADDING_2C)
def test_what_a_program_could_put_into_sums_counts_for_nothing(name: str) -> None:
    review = sums(*PADDING_2C[name])
    assert review.first_error is None, review.message
    assert review.between_ok == 0
    assert review.note == "derivation.padding"


def test_a_limit_named_as_the_means_does_not_make_integers_of_them() -> None:
    nothing = sp.Sum(1, (j, 1, sp.Symbol("mu"))) - sp.Symbol("mu")
    assert sums(BEGIN, MINUS, LOGS + nothing, VALUE).first_error is None
    assert sums(BEGIN, MINUS, LOGS + nothing + total(sp.sin(sp.pi * mu[i])), VALUE).first_error == 3


def test_sizes_go_beyond_five() -> None:
    beyond = sp.Mul(*(K - k for k in range(1, 6)))
    assert sums(BEGIN, MINUS, LOGS + beyond, VALUE).first_error == 3


def test_any_chain_can_be_judged() -> None:
    a = sp.Symbol("a")
    sigmoid = 1 / (1 + sp.exp(-a))
    lines = [
        log(1 - sigmoid),
        log(sp.exp(-a) / (1 + sp.exp(-a))),
        -log(1 + sp.exp(a)),
        -log(1 + sp.exp(a)) + 0 * a,
    ]
    options: dict[str, Any] = {"domains": {"a": "real"}, "start": log(1 - sigmoid)}
    assert not review_chain(lines, **options).complete
    longer = [*lines[:2], -a - log(1 + sp.exp(-a)), lines[2]]
    assert review_chain(longer, goal=-log(1 + sp.exp(a)), **options).complete
    slip = [*longer[:2], a - log(1 + sp.exp(-a)), lines[2]]
    review = review_chain(slip, goal=-log(1 + sp.exp(a)), **options)
    assert review.first_error == 3
