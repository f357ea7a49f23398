from __future__ import annotations

import pytest
import sympy as sp

from graders.check import formulas

P_R, P_G = sp.symbols("p_r p_g", positive=True)
ANSWER = P_R / (P_R + P_G)


@pytest.mark.parametrize(
    "text",
    [
        "Remember that p_r/(p_r + p_g) is best.",
        "D_star = 1 / (1 + p_g / p_r)",
        "# it is p_r*(p_g + p_r)**-1",
        r"so $D^* = \frac{p_r}{p_g + p_r}$, of course",
        r"$\left(1 + \frac{p_{g}}{p_{r}}\right)^{-1}$ or `1 - p_g/(p_g + p_r)`",
        "sp.exp(sp.log(p_r) - sp.log(p_r + p_g))",
    ],
)
def test_the_answer_in_any_form_is_found(text: str) -> None:
    assert formulas.reveals(text, ANSWER)


@pytest.mark.parametrize(
    "text",
    [
        r"$$\int p_r(\mathbf{x}) \log(D(\mathbf{x})) + p_g(\mathbf{x}) \log(1 - D(\mathbf{x})) \, d\mathbf{x}$$",
        "the two densities p_r and p_g - both positive - at one x",
        "p_r / p_g is a ratio, (p_r + p_g)/2 the mixture",
        "p_r/(p_r + ",
        "",
    ],
)
def test_what_is_on_the_sheet_reveals_nothing(text: str) -> None:
    assert formulas.reveals(text, ANSWER) == ""
