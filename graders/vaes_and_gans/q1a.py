"""1a: the loss of the generator, as a picture and by its slopes in the logit of the discriminator."""

from typing import Any

import numpy as np
import sympy as sp
from otter.test_files import test_case

from graders.answers import figure, numeric, symbolic
from graders.answers.misconception import misconception
from graders.answers.verdict import Wrong
from solutions.vaes_and_gans import q1a as reference

OK_FORMAT = False

name = "q1a"
points = None

LOGIT = {"a": "real"}
A = sp.Symbol("a")
# The contract's interval, and its absolute error of the slopes.
START, STOP = 0.01, 0.95
ATOL = 1e-12


@misconception("q1a.log-of-x")
def log_of_x(x):
    """You draw log x. The saturating loss is small in size where D rejects the sample, so look at 1 − x."""
    return np.log(x)


@misconception("q1a.non-saturating-curve")
def non_saturating_curve(x):
    """You draw −log x, the loss that replaces the saturating one. Here the saturating loss itself is asked for."""
    return -np.log(x)


@misconception("q1a.mirrored-curve")
def mirrored_curve(x):
    """Your curve is upside down: D(G(z)) ≈ 0 is bad for the generator, so its loss must fall as x grows."""
    return -np.log(1 - x)


@misconception("q1a.slope-for-loss")
def slope_for_loss(x):
    """You draw the slope of the loss. The sketch is of the loss; its slope is what you argue with."""
    return -1 / (1 - x)


@misconception("q1a.decimal-logarithm")
def decimal_logarithm(x):
    """Logarithms are natural in this tutorial: np.log, not np.log10."""
    return np.log10(1 - x)


@misconception("q1a.binary-logarithm")
def binary_logarithm(x):
    """Logarithms are natural in this tutorial: np.log, not np.log2."""
    return np.log2(1 - x)


@misconception("q1a.slope-in-probability")
def slope_in_probability(a):
    """This is the slope in the probability D. The chain rule has one more factor, dD/da, for the slope in a."""
    return -(1 + sp.exp(-a))


@misconception("q1a.saturating-slope-in-probability")
def saturating_slope_in_probability(a):
    """This is the slope in the probability D. The chain rule has one more factor, dD/da, for the slope in a."""
    return -1 / (1 - 1 / (1 + sp.exp(-a)))


@misconception("q1a.saturating-sign")
def saturating_sign(a):
    """Check the sign: a larger logit fools D better. Does the generator's loss rise or fall then?"""
    return 1 / (1 + sp.exp(-a))


@misconception("q1a.non-saturating-sign")
def non_saturating_sign(a):
    """Check the sign: −log σ(a) has a minus sign in front, and σ(a) grows with a."""
    return 1 / (1 + sp.exp(a))


@misconception("q1a.sigmoid-derivative")
def sigmoid_derivative(a):
    """This is the derivative of the sigmoid, up to its sign. The logarithm around it has a derivative, too."""
    return -sp.exp(-a) / (1 + sp.exp(-a)) ** 2


@misconception("q1a.loss-for-slope")
def loss_for_slope(a):
    """This is the loss itself. Its derivative with respect to a is asked for."""
    return sp.log(1 - 1 / (1 + sp.exp(-a)))


@misconception("q1a.swapped-losses")
def swapped_losses(logits):
    """The slopes are swapped: which of the losses is flat where D rejects with confidence, at very negative a?"""
    values = np.asarray(logits, dtype=float)
    return -np.exp(-np.logaddexp(0, values)), -np.exp(-np.logaddexp(0, -values))


@misconception("q1a.swapped-slopes")
def swapped_slopes(a):
    """This is the slope of the other loss: which of the two is flat where D rejects with confidence?"""
    return -1 / (1 + sp.exp(a))


@misconception("q1a.descent-direction")
def descent_direction(logits):
    """These are the directions in which gradient descent moves, minus the slopes. The slopes are asked for."""
    values = np.asarray(logits, dtype=float)
    return np.exp(-np.logaddexp(0, -values)), np.exp(-np.logaddexp(0, values))


@misconception("q1a.undefined-quotient")
def undefined_quotient(logits):
    """For large logits your quotient is inf/inf, which is nan: write the sigmoid so that exp never overflows."""
    values = np.asarray(logits, dtype=float)
    sigmoid = np.exp(values) / (1 + np.exp(values))
    return -sigmoid, sigmoid - 1


@misconception("q1a.overflowing-exponential")
def overflowing_exponential(logits):
    """The values are right, but exp overflows on the way: use exp(−|a|) or np.logaddexp, which can't."""
    values = np.asarray(logits, dtype=float)
    sigmoid = 1 / (1 + np.exp(-values))
    return -sigmoid, sigmoid - 1


def drawn(plot_generator_loss):
    """What the function draws, as one sees it."""
    return figure.read(numeric.result("plot_generator_loss", plot_generator_loss), "plot_generator_loss")


CURVES = [log_of_x, non_saturating_curve, mirrored_curve, slope_for_loss, decimal_logarithm, binary_logarithm]
SLOPES = [sigmoid_derivative, loss_for_slope]
GRADIENTS = [swapped_losses, descent_direction]


@test_case(points=0, name="q1a public: plot_generator_loss")
def test_public_plot(plot_generator_loss):
    import numpy as np

    from vaegan_judge import figure, laws

    plot = laws.drawing("plot_generator_loss", plot_generator_loss, "D(G(z))")
    laws.complete(
        figure.check_curve,
        *("plot_generator_loss", plot, lambda x: np.log(1 - x), 0.01, 0.95),
        below=0.99,
        named=["log(1-x)", "log(1-D(G(z)))"],
    )


@test_case(points=0, name="q1a public: saturating_slope")
def test_public_saturating(saturating_slope):
    import numpy as np

    from vaegan_judge import laws

    def loss(a):
        return np.log(1 - 1 / (1 + np.exp(-a)))

    value = laws.expression("saturating_slope", saturating_slope, ["a"])
    for a in (-2.0, 0.5, 3.0):
        laws.equal(
            "saturating_slope is the slope of log(1 − σ(a)): (loss(a + h) − loss(a − h)) / 2h for a small h.",
            ("the expression", value(a=a)),
            ("the difference quotient", laws.slope(loss, a)),
            at=laws.where(a=a),
            atol=1e-6,
        )


@test_case(points=0, name="q1a public: non_saturating_slope")
def test_public_non_saturating(non_saturating_slope):
    import numpy as np

    from vaegan_judge import laws

    def loss(a):
        return -np.log(1 / (1 + np.exp(-a)))

    value = laws.expression("non_saturating_slope", non_saturating_slope, ["a"])
    for a in (-2.0, 0.5, 3.0):
        laws.equal(
            "non_saturating_slope is the slope of −log σ(a): (loss(a + h) − loss(a − h)) / 2h for a small h.",
            ("the expression", value(a=a)),
            ("the difference quotient", laws.slope(loss, a)),
            at=laws.where(a=a),
            atol=1e-6,
        )


@test_case(points=0, name="q1a public: generator_gradients")
def test_public_gradients(generator_gradients):
    import numpy as np

    from vaegan_judge import laws

    few = [-2.0, 0.5, 3.0]
    logits = [
        np.array(few),
        np.array([[-2.0, 0.0, 0.5], [1.0, 3.0, -0.5]]),
        np.array([[1, -3], [0, 2]]),
        np.array([2, 60], dtype="uint8"),
        np.array([-40, 100], dtype="int8"),
        np.array([0.1, -0.7], dtype="float32"),
        np.array(1.5),
        np.array([]),
        np.array([[[0.5], [-1.0]]])[:, ::-1],
    ]
    shapes = [array.shape for array in logits]
    pairs = laws.pairs_of_arrays("generator_gradients", generator_gradients, [(a,) for a in logits], shapes)
    (listed,) = laws.pairs_of_arrays("generator_gradients", generator_gradients, [(few,)], [(3,)])
    large = np.array([-1e4, -746.0, -710.0, -37.0, 37.0, 710.0, 746.0, 1e4])
    (at_large,) = laws.pairs_of_arrays("generator_gradients", generator_gradients, [(large,)], [(8,)], silent=True)
    losses = [
        ("log(1 − σ(a))", lambda a: np.log(1 - 1 / (1 + np.exp(-a)))),
        ("−log σ(a)", lambda a: -np.log(1 / (1 + np.exp(-a)))),
    ]
    for a, one, other in zip(few, *listed, strict=True):
        laws.equal(
            "Since log(1 − σ(a)) − log σ(a) = −a, the two slopes add up to −1, within 1e-12.",
            *(("their sum", one + other), ("", -1.0)),
            at=laws.where(a=a),
            rtol=0,
            atol=2e-12,
        )
    for k, (what, loss) in enumerate(losses):
        for a, value in zip(few, listed[k], strict=True):
            laws.equal(
                f"Entry {k + 1} of generator_gradients is the slope of {what}.",
                ("your slope", value),
                ("(loss(a + h) − loss(a − h)) / 2h", laws.slope(loss, a)),
                at=laws.where(a=a),
                atol=1e-6,
            )
        for array, pair in zip(logits, pairs, strict=True):
            for a, value in zip(np.ravel(array), np.ravel(pair[k]), strict=True):
                ((alone,),) = [
                    pair[k]
                    for pair in laws.pairs_of_arrays(
                        "generator_gradients", generator_gradients, [(np.array([float(a)]),)], [(1,)]
                    )
                ]
                laws.equal(
                    "A slope depends on its own logit only, not on the shape or type of the array.",
                    (f"entry {k + 1} in the array {laws.shown(array)}", value),
                    ("for the logit alone, as a float,", alone),
                    at=laws.where(a=float(a)),
                    rtol=0,
                    atol=1e-12,
                )
        for value, opposite in zip(at_large[k], at_large[k][::-1], strict=True):
            laws.equal(
                "Both losses are straight lines for large |a|: flat on one side, of slope −1 on the other.",
                ("the slopes at −a and at a together", value + opposite),
                ("", -1.0),
                at=laws.where(a=large[4:]),
                rtol=0,
                atol=1e-12,
            )


@test_case(points=2, name="q1a: the curve", hidden=True)
def test_curve(plot_generator_loss):
    plot = drawn(plot_generator_loss)
    figure.check_curve(
        "plot_generator_loss",
        plot,
        lambda x: np.log1p(-x),
        START,
        STOP,
        # Nearer to 1, a constant that keeps the logarithm finite there shows in the values.
        below=0.99,
        named=["log(1-x)", "log(1-D(G(z)))"],
        misconceptions=CURVES,
    )


@test_case(points=1, name="q1a: the labels", hidden=True)
def test_labels(plot_generator_loss):
    plot = drawn(plot_generator_loss)
    if not plot.shown:
        raise Wrong("There is nothing to be seen on the Axes that the labels could be about.", note="figure.empty")
    if not figure.names(plot.xlabel, "D(G(z))"):
        raise Wrong(
            "The x label must say what x stands for, D(G(z)), and must be seen.",
            note="figure.xlabel",
            detail=plot.xlabel,
        )
    if not plot.ylabel.strip():
        raise Wrong("The y label is missing, or can't be seen.", note="figure.ylabel")


@test_case(points=1.5, name="q1a: slope of the saturating loss", hidden=True)
def test_saturating(saturating_slope):
    symbolic.check(
        "saturating_slope",
        saturating_slope,
        reference.saturating_slope,
        LOGIT,
        misconceptions=[saturating_sign, saturating_slope_in_probability, swapped_slopes, *SLOPES],
    )
    symbolic.check("saturating_slope", saturating_slope, -sp.exp(A) / (1 + sp.exp(A)), LOGIT)


@test_case(points=1.5, name="q1a: slope of the non-saturating loss", hidden=True)
def test_non_saturating(non_saturating_slope):
    symbolic.check(
        "non_saturating_slope",
        non_saturating_slope,
        reference.non_saturating_slope,
        LOGIT,
        misconceptions=[non_saturating_sign, slope_in_probability, *SLOPES],
    )
    symbolic.check("non_saturating_slope", non_saturating_slope, -1 / (1 + sp.exp(A)), LOGIT)


@test_case(points=2, name="q1a: slopes of arrays", hidden=True)
def test_values(generator_gradients):
    rng = numeric.generator("q1a values")
    inputs: list[Any] = [(rng.normal(scale=scale, size=9),) for scale in (0.1, 1.0, 5.0)]
    inputs += [(rng.uniform(-30, 30, size=40),), (np.array([0.0, 1e-9, -1e-9]),), (list(rng.normal(size=5)),)]
    numeric.check_function(
        "generator_gradients",
        generator_gradients,
        reference.generator_gradients,
        inputs,
        rtol=0,
        atol=ATOL,
        misconceptions=GRADIENTS,
    )
    # σ(−log 3) = 1/4, σ(0) = 1/2, σ(log 3) = 3/4
    known = (np.array([-0.25, -0.5, -0.75]), np.array([-0.75, -0.5, -0.25]))
    logits = np.log([1 / 3, 1.0, 3.0])
    numeric.check_values("generator_gradients", generator_gradients, [((logits,), known)], rtol=0, atol=ATOL)


@test_case(points=1, name="q1a: large logits, without warnings", hidden=True)
def test_large(generator_gradients):
    rng = numeric.generator("q1a large")
    large = np.concatenate([rng.uniform(100, 1e4, size=20), [36.0, 37.0, 709.0, 710.0, 745.0, 746.0, 1e4]])
    inputs = [(rng.permutation(np.concatenate([large, -large, rng.normal(size=5)])),), (large,), (-large,)]
    numeric.check_function(
        "generator_gradients",
        generator_gradients,
        reference.generator_gradients,
        inputs,
        rtol=0,
        atol=ATOL,
        silent=True,
        hint="generator_gradients loses its way for logits of large size: what happens to exp there?",
        misconceptions=[undefined_quotient, overflowing_exponential, *GRADIENTS],
    )


@test_case(points=0.5, name="q1a: logits of any shape and type", hidden=True)
def test_shapes(generator_gradients):
    rng = numeric.generator("q1a shapes")
    arrays = [rng.normal(size=shape) for shape in [(), (1,), (3, 1), (2, 3, 4), (0,)]]
    arrays += [rng.integers(-40, 40, size=(2, 5)).astype(kind) for kind in ("int64", "int32", "int8")]
    arrays += [rng.integers(0, 40, size=4).astype("uint8"), rng.normal(size=6).astype("float32")]
    arrays += [rng.normal(size=(2, 3)).tolist(), rng.normal(size=(4, 6))[::2, ::-3]]
    numeric.check_function(
        "generator_gradients",
        generator_gradients,
        reference.generator_gradients,
        [(array,) for array in arrays],
        rtol=0,
        atol=ATOL,
        hint="generator_gradients must work elementwise for any shape and any real or integer type of array. "
        "Does your arithmetic happen in float64?",
        misconceptions=GRADIENTS,
    )
    # Neither 8 bits nor unsigned numbers hold −50; 1/100 is no number of single precision.
    facts = [((np.array([0, 50], dtype="uint8"),), (np.array([-0.5, -1.0]), np.array([-0.5, 0.0])))]
    facts += [((np.log([1 / 99]),), (np.array([-0.01]), np.array([-0.99])))]
    numeric.check_values("generator_gradients", generator_gradients, facts, rtol=0, atol=ATOL)


@test_case(points=0.5, name="q1a: logits stay as they are", hidden=True)
def test_pure(generator_gradients):
    rng = numeric.generator("q1a pure")
    numeric.check_pure(
        "generator_gradients",
        generator_gradients,
        reference.generator_gradients,
        [(rng.normal(scale=3, size=(3, 4)),), (rng.normal(size=7),)],
        rtol=0,
        atol=ATOL,
        misconceptions=GRADIENTS,
    )
