r"""1b: the optimal discriminator $D^*(x)$ for a fixed generator.

Source: Question 1b of the sheet; Goodfellow et al., *Generative Adversarial Nets* (2014), proposition 1.

The objective is $\int p_r(x) \log D(x) + p_g(x) \log(1 - D(x)) \, dx$. The value of D at one x enters the
integrand at that x only, so the integral is largest when the integrand is largest at every x. Fix x, write
$D$ for the number $D(x)$, and let

$$f(D) = p_r \log D + p_g \log(1 - D), \qquad 0 < D < 1.$$

1. Stationarity: $f'(D) = \frac{p_r}{D} - \frac{p_g}{1 - D} = 0$ exactly when $p_r (1 - D) = p_g D$, that is
   at $D^* = \frac{p_r}{p_r + p_g}$.
2. Curvature: $f''(D) = -\frac{p_r}{D^2} - \frac{p_g}{(1 - D)^2} < 0$ for every D, so f is strictly concave
   and its one stationary point is the global maximum.
3. Edges: with $p_g = 0 < p_r$ the integrand $p_r \log D$ increases up to $D = 1$, with $p_r = 0 < p_g$ the
   other term increases down to $D = 0$; the formula gives 1 and 0. Where both densities vanish every D is
   optimal; the convention is 1/2, "can't tell".

For a perfect generator, $p_g = p_r$, the best discriminator answers 1/2 everywhere.
"""

import numpy as np
import sympy as sp
from numpy.typing import ArrayLike, NDArray

p_r, p_g = sp.symbols("p_r p_g", positive=True)
D = sp.Symbol("D", positive=True)
integrand = p_r * sp.log(D) + p_g * sp.log(1 - D)

stationarity: sp.Expr = sp.diff(integrand, D)

curvature: sp.Expr = sp.diff(stationarity, D)

D_star: sp.Expr = sp.solve(stationarity, D)[0]


def optimal_discriminator(p_r: ArrayLike, p_g: ArrayLike) -> NDArray[np.float64]:
    r"""$D^* = p_r / (p_r + p_g)$ elementwise, 1/2 where both densities vanish.

    Source: 1b of the sheet; Goodfellow et al. (2014), proposition 1. `p_r` and `p_g` hold density values of
    any shapes that broadcast; the result has the broadcast shape and is a probability (no unit). Raises
    `ValueError` if a density is negative, NaN or infinite, or the shapes do not broadcast.

    Both densities are divided by the larger one first. The sum then lies in [1, 2], so it can neither
    overflow nor vanish, and "both vanish" needs no case of its own: 0/0 is left at 1 for both, which makes
    1/2.
    """
    densities = np.broadcast_arrays(np.asarray(p_r, dtype=np.float64), np.asarray(p_g, dtype=np.float64))
    for density in densities:
        if not np.all((density >= 0) & (density < np.inf)):
            raise ValueError("densities must be finite and non-negative")
    largest = np.maximum(*densities)
    real, generated = (
        np.divide(density, largest, out=np.ones_like(largest), where=largest > 0) for density in densities
    )
    return np.asarray(real / (real + generated))
