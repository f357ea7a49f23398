"""1c against the eight candidates, written here in exact or high-precision arithmetic."""

from collections.abc import Callable, Sequence

import mpmath as mp
import numpy as np
import pytest

from solutions.vaes_and_gans import q1c

Vector = Sequence[float]


def kl(p: Vector, q: Vector) -> mp.mpf:
    return mp.fsum(s * mp.log(mp.mpf(s) / t) if t else mp.inf for s, t in zip(p, q, strict=True) if s)


def js(p: Vector, q: Vector) -> mp.mpf:
    m = [(mp.mpf(s) + t) / 2 for s, t in zip(p, q, strict=True)]
    return (kl(p, m) + kl(q, m)) / 2


def cross_entropy(p: Vector, q: Vector) -> mp.mpf:
    return -mp.fsum(s * mp.log(mp.mpf(t)) if t else -mp.inf for s, t in zip(p, q, strict=True) if s)


def l2_first_half(p: Vector, q: Vector) -> mp.mpf:
    pairs = list(zip(p, q, strict=True))[: len(p) // 2]
    return mp.sqrt(mp.fsum((mp.mpf(s) - t) ** 2 for s, t in pairs))


CANDIDATES: dict[str, Callable[[Vector, Vector], mp.mpf]] = {
    "kl": kl,
    "reverse_kl": lambda p, q: kl(q, p),
    "js": js,
    "total_variation": lambda p, q: mp.fsum(abs(mp.mpf(s) - t) for s, t in zip(p, q, strict=True)) / 2,
    "cross_entropy": cross_entropy,
    "kl_minus_one": lambda p, q: kl(p, q) - 1,
    "l2_first_half": l2_first_half,
    "inner_product": lambda p, q: mp.fsum(mp.mpf(s) * t for s, t in zip(p, q, strict=True)),
}


def test_judges_the_eight_candidates() -> None:
    assert list(q1c.is_divergence) == list(CANDIDATES)
    assert all(type(verdict) is bool for verdict in q1c.is_divergence.values())


@pytest.mark.parametrize("name", [name for name, verdict in q1c.is_divergence.items() if verdict])
def test_divergences_obey_the_axioms(name: str) -> None:
    assert q1c.counterexample(name) is None
    rng = np.random.default_rng(3)
    for n in (1, 2, 3, 7):
        for _ in range(30):
            # Multiples of 1/64, zeros among them, sum to 1 without rounding.
            p, q = (list(rng.multinomial(64, rng.dirichlet(np.ones(n))) / 64) for _ in range(2))
            value = CANDIDATES[name](p, q)
            assert (value == 0) if p == q else (value > 1e-6)
            assert CANDIDATES[name](p, p) == 0


@pytest.mark.parametrize("name", [name for name, verdict in q1c.is_divergence.items() if not verdict])
def test_counterexamples_break_an_axiom_by_far(name: str) -> None:
    pair = q1c.counterexample(name)
    assert pair is not None
    p, q = pair
    for array in pair:
        assert array.ndim == 1 and np.all(array >= 0) and np.sum(array) == 1
    assert p.shape == q.shape
    value = CANDIDATES[name](list(p), list(q))
    equal = np.array_equal(p, q)
    assert (
        value < -0.1 or (equal and abs(value) > 0.1) or (not equal and np.max(np.abs(p - q)) > 0.1 and value == 0)
    )


def test_counterexamples_are_fresh() -> None:
    first = q1c.counterexample("inner_product")
    assert first is not None
    first[0][:] = 7
    second = q1c.counterexample("inner_product")
    assert second is not None and np.sum(second[0]) == 1


def test_unknown_names() -> None:
    for name in ("", "KL", "hellinger"):
        with pytest.raises(ValueError, match="unknown candidate"):
            q1c.counterexample(name)
