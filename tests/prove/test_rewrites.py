"""A few steps of the examination's walks through equal forms; `make prove` goes on."""

from __future__ import annotations

import pytest
import sympy as sp

from tests.prove.rewrites import EQUAL, ERRORS, P_G, P_R, Form, Tally, subjects, walk

SUBJECTS = {subject.name: subject for subject in subjects()}


@pytest.mark.parametrize("name", SUBJECTS)
def test_equal_forms_are_accepted_and_wrong_ones_rejected(name: str) -> None:
    tally = Tally(name)
    walk(tally, seed=0, steps=4)
    assert not tally.wrong
    assert not tally.undecided
    assert tally.right["equal"] >= 2


def test_mpmath_tells_equal_forms_from_different_ones() -> None:
    d_star = SUBJECTS["D_star"]
    assert d_star.differs(Form(1 / (1 + P_G / P_R))) is False
    assert d_star.differs(Form(P_R / (P_R + P_G) * (1 + sp.Rational(1, 10**9)))) is True
    assert d_star.differs(Form(P_R / (P_R + P_G) + sp.zoo)) is None


def test_densities_integrate_to_one() -> None:
    line = SUBJECTS["derivation_1d, line 2"]
    whole = line.reference.expression
    assert line.differs(Form(whole + 3 * P_R - P_G, sp.Integer(-2))) is False
    assert line.differs(Form(whole + 3 * P_R - P_G, sp.Integer(-1))) is True
    assert line.differs(Form(whole + P_R * P_G, sp.Integer(-1))) is True


def test_there_are_many_kinds_of_steps() -> None:
    assert len(EQUAL) >= 15
    assert len(ERRORS) >= 5
