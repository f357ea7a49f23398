r"""1a: why the generator's loss $\log(1 - D(G(z)))$ saturates.

Source: Question 1a of the sheet; Goodfellow et al., *Generative Adversarial Nets* (2014), section 3, where
the non-saturating loss is proposed for the same reason.

The discriminator ends in a logistic function, $D = \sigma(a)$ with $\sigma(a) = 1/(1 + e^{-a})$ and the logit
$a$. Since $\sigma'(a) = \sigma(a)(1 - \sigma(a))$, the chain rule gives

$$\frac{d}{da} \log(1 - \sigma(a)) = -\frac{\sigma'(a)}{1 - \sigma(a)} = -\sigma(a),$$
$$\frac{d}{da} \bigl(-\log \sigma(a)\bigr) = -\frac{\sigma'(a)}{\sigma(a)} = -(1 - \sigma(a)).$$

Both losses fall as the logit grows, so both push $D(G(z))$ up. But where D rejects with confidence,
$a \to -\infty$, the first slope goes to 0 and the second to $-1$: the saturating loss stops teaching exactly
where the generator is worst. As a function of $x = D(G(z))$ the curve shows the same: its slope $-1/(1 - x)$
has its smallest size, 1, at $x = 0$, and is steep only near $x = 1$, where the generator has already won; the
factor $\sigma'(a) \approx 0$ on the way back to the logit then removes what is left.
"""

import matplotlib.pyplot as plt
import numpy as np
import sympy as sp
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray


def plot_generator_loss() -> Axes:
    r"""Draw the saturating loss $\log(1 - x)$ over $x = D(G(z))$, and $-\log x$ beside it.

    Source: 1a of the sheet. Losses are in nats. Returns the Axes.

    Each curve leaves out the end of $[0, 1]$ at which it diverges. The figure has a name: a second call
    redraws it instead of leaving one more figure open.
    """
    figure, ax = plt.subplots(num="generator loss", clear=True)
    figure.set_layout_engine("constrained")
    x = np.linspace(0.0, 1.0, 1001)
    ax.plot(x[:-1], np.log1p(-x[:-1]), label=r"saturating: $\log(1 - D(G(z)))$")
    ax.plot(x[1:], -np.log(x[1:]), "--", label=r"non-saturating: $-\log D(G(z))$")
    ax.axvspan(0.0, 0.1, color="0.9", zorder=0)
    ax.annotate(
        "D rejects\nwith confidence", xy=(0.05, -2.5), xytext=(0.16, -3.2), arrowprops={"arrowstyle": "->"}
    )
    ax.set(
        xlabel=r"$D(G(z))$",
        ylabel="generator loss (nats)",
        title="The saturating loss is flattest where the generator is worst",
        xlim=(0.0, 1.0),
        ylim=(-5.0, 5.0),
    )
    ax.legend()
    return ax


a = sp.Symbol("a", real=True)
sigmoid = 1 / (1 + sp.exp(-a))

saturating_slope: sp.Expr = -sigmoid

non_saturating_slope: sp.Expr = -(1 - sigmoid)


def generator_gradients(logits: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    r"""Slopes $-\sigma(a)$ of $\log(1 - \sigma(a))$ and $-\sigma(-a)$ of $-\log \sigma(a)$.

    Source: 1a of the sheet; derivation at the head of this part. `logits` has any shape and any real or
    integer type; both results have its shape, in nats per unit of logit.

    $1/(1 + e^{-a})$ overflows at $a = -710$, and $1 - \sigma(a)$ cancels for large $a$. So $1 - \sigma(a)$ is
    written $\sigma(-a)$, and $\sigma(a) = \exp(-\log(1 + e^{-a}))$ with `logaddexp` for the logarithm, which
    never takes the exponential of a positive number: no overflow, and small slopes keep their relative
    precision.
    """
    values = np.asarray(logits, dtype=np.float64)
    saturating = -np.exp(-np.logaddexp(0.0, -values))
    non_saturating = -np.exp(-np.logaddexp(0.0, values))
    return saturating, non_saturating
