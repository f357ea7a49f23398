"""What the zygote does before the first fork, so that children find caches warm and modules imported.

Nothing here may open a descriptor for good (an event loop would), since children close all that they inherit.
"""

from __future__ import annotations

from graders.isolation import cells, wire

_IMPORTS = (
    "asyncio", "cmath", "collections", "copy", "csv", "dataclasses", "decimal", "fractions", "functools",
    "itertools", "json", "math", "operator", "pathlib", "pprint", "random", "re", "shutil", "statistics",
    "string", "time", "timeit", "typing", "warnings", "mpmath", "numpy.fft", "numpy.linalg",
    "numpy.polynomial", "numpy.random", "numpy.testing", "sympy.stats", "sympy.abc", "matplotlib.pyplot",
    "matplotlib.ticker", "IPython.display",
    # ours, which do not exist in the view of the children
    "graders.isolation.confinement", "graders.isolation.rubbish", "graders.isolation.student", "vaegan_judge",
)  # fmt: skip

_CELLS = (
    """
import matplotlib.pyplot as plt, numpy as np, sympy as sp
fig, ax = plt.subplots()
x = np.linspace(0.01, 0.95, 50)
ax.plot(x, np.log(1 - x), label=r"$\\log(1 - x)$")
ax.scatter(x, x)
ax.set(xlabel="x", ylabel="y", title="t")
ax.legend()
ax.grid(True)
fig, (left, right) = plt.subplots(1, 2, figsize=(8, 3), sharex=True, gridspec_kw={"wspace": 0.25})
left.fill_between(x, x, alpha=0.2)
left.axhline(0), left.axvline(0), left.set_xlim(0, 1), left.annotate("a", (0, 0)), left.text(0, 0, "$a$")
right.contourf(x, x, np.outer(x, x))
right.imshow(np.outer(x, x))
fig.tight_layout()
plt.close("all")
""",
    """
from sympy import Eq, Function, IndexedBase, Integral, Product, Rational, Sum
from sympy import diff, log, simplify, solve, symbols
p, q, D, K = symbols("p q D K", positive=True)
f, mu, i = Function("f"), IndexedBase("mu"), symbols("i", integer=True)
V = p * log(D) + q * log(1 - D)
simplify(diff(V, D)), diff(V, D, 2), solve(Eq(diff(V, D), 0), D), str(V), repr(V)
Integral(f(p) * log(f(p) / (f(p) + q)), (p, -sp.oo, sp.oo))
Sum(mu[i]**2 + sp.log(mu[i]**2), (i, 1, K)), Product(mu[i]**2, (i, 1, K)), Rational(1, 2)
x, p_r, p_g = symbols("x", real=True), Function("p_r")(symbols("x")), Function("p_g")(symbols("x"))
line = Integral(p_r * log(2 * p_r / (p_r + p_g)) / 2, (symbols("x"), -sp.oo, sp.oo)) - log(4)
[sp.latex(item) for item in (line, V, Sum(mu[i]**2, (i, 1, K)), Product(mu[i], (i, 1, K)), Eq(p, q), sp.exp(-p))]
sp.exp(-p) / (1 + sp.exp(-p)), line.doit, line.subs(symbols("x"), p)
sp.lambdify((p, q), p / (p + q), "numpy")(1.0, 2.0)
""",
    """
from IPython.display import display, Math
display(Math("x"))
np.linalg.slogdet(np.eye(2)), np.linalg.cholesky(np.eye(2)), np.linalg.solve(np.eye(2), np.ones(2))
np.random.default_rng(0).dirichlet(np.ones(3))
1 / 0
""",
)


def rehearse(shell: cells.Shell) -> None:
    """Import and run what notebooks usually need, then forget the names."""
    for name in _IMPORTS:
        __import__(name)
    import sys

    before = sys.stdout
    sys.stdout = cells.Nowhere()
    try:
        for source in _CELLS:
            cells.run(shell, source)
    finally:
        sys.stdout = before
    writer = wire.Writer()
    written = writer.write([1, 2.0, shell.user_ns["x"], shell.user_ns["V"], shell.user_ns["ax"]])
    wire.Reader(bytes(writer.data)).read(written)
    shell.reset(new_session=True)  # type: ignore[no-untyped-call]
