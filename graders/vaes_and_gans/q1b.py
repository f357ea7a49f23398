"""1b: the optimal discriminator of a fixed generator, D* = p_r / (p_r + p_g)."""

import numpy as np
import sympy as sp
from otter.test_files import test_case

from graders.answers import numeric, symbolic
from graders.answers.misconception import misconception
from graders.answers.verdict import Wrong
from solutions.vaes_and_gans import q1b as reference

OK_FORMAT = False

name = "q1b"
points = None

DENSITIES = {"p_r": "positive", "p_g": "positive"}
DENSITIES_AND_D = {**DENSITIES, "D": "probability"}
P_R, P_G, D = sp.symbols("p_r p_g D")


@misconception("q1b.swapped-densities")
def swapped_densities(p_r, p_g):
    """Which density belongs to which logarithm? The discriminator is to be large where real data are likely."""
    return p_g / (p_r + p_g)


@misconception("q1b.ratio")
def ratio(p_r, p_g):
    """This is the ratio of the densities, the odds of "real". It exceeds 1, so it is not yet a probability."""
    return p_r / p_g


@misconception("q1b.always-half")
def always_half(p_r, p_g):
    """1/2 is what D reaches once the generator is perfect. Here the generator is fixed, so p_g may be anything."""
    return 0 * (p_r + p_g) + 1 / 2


@misconception("q1b.sign-of-denominator")
def sign_of_denominator(p_r, p_g):
    """Solve the stationarity condition once more: a sign was lost when the terms with D were collected."""
    return p_r / (p_r - p_g)


@misconception("q1b.mixture-not-normalised")
def mixture_not_normalised(p_r, p_g):
    """You divide by the mixture (p_r + p_g)/2, so that equal densities give 1. Solve for D once more."""
    return 2 * p_r / (p_r + p_g)


@misconception("q1b.chain-rule")
def chain_rule(p_r, p_g, D):
    """d/dD log(1 − D) has an inner derivative: check its sign."""
    return p_r / D + p_g / (1 - D)


@misconception("q1b.curvature-sign")
def curvature_sign(p_r, p_g, D):
    """The sign of one of the two terms is off: differentiate 1/(1 − D) with its inner derivative."""
    return -p_r / D**2 + p_g / (1 - D) ** 2


@misconception("q1b.convex")
def convex(p_r, p_g, D):
    """d/dD of 1/D is −1/D²: with your signs the stationary point would be a minimum."""
    return p_r / D**2 + p_g / (1 - D) ** 2


MAXIMISERS = [swapped_densities, ratio, always_half, sign_of_denominator, mixture_not_normalised]


@test_case(points=0, name="q1b public: stationarity")
def test_public_stationarity(stationarity):
    import numpy as np

    from vaegan_judge import laws

    value = laws.expression("stationarity", stationarity, ["p_r", "p_g", "D"])
    for p_r, p_g, d in [(0.5, 1.0, 0.25), (2.0, 0.25, 0.75), (1.0, 1.0, 0.5)]:

        def objective(d, real=p_r, generated=p_g):
            return real * np.log(d) + generated * np.log(1 - d)

        laws.equal(
            "stationarity is the slope in D of the objective f(D) = p_r log D + p_g log(1 − D).",
            ("the expression", value(p_r=p_r, p_g=p_g, D=d)),
            ("(f(D + h) − f(D − h)) / 2h", laws.slope(objective, d)),
            at=laws.where(p_r=p_r, p_g=p_g, D=d),
            atol=1e-6,
        )


@test_case(points=0, name="q1b public: curvature")
def test_public_curvature(curvature):
    import numpy as np

    from vaegan_judge import laws

    value = laws.expression("curvature", curvature, ["p_r", "p_g", "D"])
    h = 1e-4
    for p_r, p_g, d in [(0.5, 1.0, 0.25), (2.0, 0.25, 0.75), (1.0, 1.0, 0.5)]:

        def objective(d, real=p_r, generated=p_g):
            return real * np.log(d) + generated * np.log(1 - d)

        laws.equal(
            "curvature is the second derivative in D of the objective f(D) = p_r log D + p_g log(1 − D).",
            ("the expression", value(p_r=p_r, p_g=p_g, D=d)),
            (
                "(f(D + h) − 2 f(D) + f(D − h)) / h²",
                (objective(d + h) - 2 * objective(d) + objective(d - h)) / h**2,
            ),
            at=laws.where(p_r=p_r, p_g=p_g, D=d),
            rtol=1e-4,
        )


@test_case(points=0, name="q1b public: D_star")
def test_public_maximiser(D_star):
    from vaegan_judge import laws

    value = laws.expression("D_star", D_star, ["p_r", "p_g"])
    for p_r, p_g in [(0.25, 0.25), (3.0, 3.0)]:
        laws.equal(
            "Where the densities agree, nobody can tell: D* is 1/2.",
            *(("D*", value(p_r=p_r, p_g=p_g)), ("", 0.5)),
            at=laws.where(p_r=p_r, p_g=p_g),
        )
    laws.equal(
        "Where (nearly) only real data can be, D* is (nearly) 1.",
        *(("D*", value(p_r=1.0, p_g=1e-9)), ("", 1.0)),
        at=laws.where(p_r=1.0, p_g=1e-9),
        atol=1e-6,
    )
    for p_r, p_g in [(1.0, 2.0), (2.0, 0.25)]:
        laws.positive("D* is a probability.", ("D*", value(p_r=p_r, p_g=p_g)), at=laws.where(p_r=p_r, p_g=p_g))
        laws.below(
            "D* is a probability.", ("D*", value(p_r=p_r, p_g=p_g)), ("", 1.0), at=laws.where(p_r=p_r, p_g=p_g)
        )
        laws.equal(
            "With the roles of the densities exchanged, D* is the probability of the other answer.",
            ("D*(p_r, p_g) + D*(p_g, p_r)", value(p_r=p_r, p_g=p_g) + value(p_r=p_g, p_g=p_r)),
            ("", 1.0),
            at=laws.where(p_r=p_r, p_g=p_g),
        )


@test_case(points=0, name="q1b public: optimal_discriminator")
def test_public_function(optimal_discriminator):
    import numpy as np

    from vaegan_judge import laws

    name = "optimal_discriminator"
    inputs = [
        ([0.3, 2.0, 1.5], [0.3, 2.0, 1.5]),
        (np.array([0.1, 0.0, 2.0, 0.0]), np.array([0.0, 0.7, 0.0, 0.0])),
        (np.array([[0.1], [0.2], [0.3]]), np.array([0.4, 0.5])),
        (np.array([0, 1, 2]), np.array([0, 1, 0])),
        (0.5, [0.5, 0.5]),
        (np.array([0.5, 1.0]), np.array(2.0)),
        (np.ones((2, 1, 3)), np.ones((4, 1))),
    ]
    shapes = [(3,), (4,), (3, 2), (3,), (2,), (2,), (2, 4, 3)]
    equal, vanishing, broadcast, whole, *_ = laws.arrays(name, optimal_discriminator, inputs, shapes)
    laws.refuses(
        name,
        optimal_discriminator,
        [
            ("a negative density", ([0.5, -0.5], [0.5, 0.5])),
            ("a negative density", ([0.5, 0.5], [[0.5, 0.5], [0.5, -0.01]])),
        ],
    )
    for k, half in enumerate(equal):
        laws.equal(
            "Where the densities agree, nobody can tell: D* is 1/2.",
            *((f"entry {k} of {laws.called(name, inputs[0])}", half), ("", 0.5)),
        )
    for result, arguments, known in [
        (vanishing, inputs[1], [1.0, 0.0, 1.0, 0.5]),
        (whole, inputs[3], [0.5, 0.5, 1.0]),
    ]:
        for k, (value, wanted) in enumerate(zip(result, known, strict=True)):
            laws.equal(
                "D* is 1 where only real data can be, 0 where none can be, and 1/2 where both densities vanish.",
                *((f"entry {k} of {laws.called(name, arguments)}", value), ("", wanted)),
            )
    (exchanged,) = laws.arrays(name, optimal_discriminator, [inputs[2][::-1]], [(3, 2)])
    for value, other in zip(broadcast.ravel(), exchanged.ravel(), strict=True):
        laws.equal(
            "With the roles of the densities exchanged, D* is the probability of the other answer.",
            *(("an entry of D*(p_r, p_g) + D*(p_g, p_r)", value + other), ("", 1.0)),
            at=laws.where(p_r=inputs[2][0], p_g=inputs[2][1]),
        )
        laws.below("Where both densities are positive, D* is below 1.", ("an entry", value), ("", 1.0))


@test_case(points=3, name="q1b: stationarity", hidden=True)
def test_stationarity(stationarity):
    symbolic.check(
        "stationarity", stationarity, reference.stationarity, DENSITIES_AND_D, misconceptions=[chain_rule]
    )
    symbolic.check("stationarity", stationarity, P_R / D - P_G / (1 - D), DENSITIES_AND_D)


@test_case(points=2, name="q1b: curvature", hidden=True)
def test_curvature(curvature):
    symbolic.check(
        "curvature", curvature, reference.curvature, DENSITIES_AND_D, misconceptions=[curvature_sign, convex]
    )
    symbolic.check("curvature", curvature, -P_R / D**2 - P_G / (1 - D) ** 2, DENSITIES_AND_D)


@test_case(points=4, name="q1b: D* as an expression", hidden=True)
def test_maximiser(D_star):
    symbolic.check("D_star", D_star, reference.D_star, DENSITIES, misconceptions=MAXIMISERS)
    symbolic.check("D_star", D_star, P_R / (P_R + P_G), DENSITIES)


@test_case(points=2, name="q1b: D* of arrays", hidden=True)
def test_values(optimal_discriminator):
    rng = numeric.generator("q1b values")
    inputs = [tuple(rng.exponential(size=(2, n)) * 10.0 ** rng.integers(-6, 6)) for n in (1, 2, 5, 50)]
    inputs += [(list(rng.exponential(size=4)), list(rng.exponential(size=4)))]
    numeric.check_function(
        "optimal_discriminator",
        optimal_discriminator,
        reference.optimal_discriminator,
        inputs,
        misconceptions=MAXIMISERS,
    )
    known = [(([3.0, 2.0, 0.0], [1.0, 2.0, 5.0]), np.array([0.75, 0.5, 0.0]))]
    numeric.check_values("optimal_discriminator", optimal_discriminator, known)


@test_case(points=1, name="q1b: broadcasting", hidden=True)
def test_broadcasting(optimal_discriminator):
    rng = numeric.generator("q1b broadcasting")
    shapes = [((4, 1), (3,)), ((2, 3), (2, 3)), ((), (5,)), ((2, 1, 3), (4, 1)), ((1,), (1,))]
    numeric.check_function(
        "optimal_discriminator",
        optimal_discriminator,
        reference.optimal_discriminator,
        [(rng.exponential(size=one), rng.exponential(size=other)) for one, other in shapes],
        hint="optimal_discriminator must broadcast p_r and p_g against each other, as NumPy's own functions do.",
        misconceptions=MAXIMISERS,
    )


@test_case(points=1, name="q1b: where densities vanish", hidden=True)
def test_vanishing(optimal_discriminator):
    inputs = [
        (np.array([0.0, 0.3, 0.0, 0.2]), np.array([0.0, 0.0, 0.7, 0.2])),
        (np.zeros((2, 2)), np.zeros((2, 2))),
        (np.array([0, 1, 2]), np.array([0, 0, 3])),
    ]
    numeric.check_function(
        "optimal_discriminator",
        optimal_discriminator,
        reference.optimal_discriminator,
        inputs,
        hint="Where one density vanishes D* follows from the formula; where both do, the contract says 1/2.",
        misconceptions=MAXIMISERS,
    )
    known = [(([0.1, 0.0, 2.0, 0.0], [0.3, 0.0, 0.0, 4.0]), np.array([0.25, 0.5, 1.0, 0.0]))]
    numeric.check_values("optimal_discriminator", optimal_discriminator, known)


@test_case(points=1, name="q1b: no other discriminator does better", hidden=True)
def test_beats_any_other(optimal_discriminator):
    rng = numeric.generator("q1b property")
    p_r, p_g = rng.dirichlet(np.ones(20), size=2)
    (made,) = numeric.check_function(
        "optimal_discriminator",
        optimal_discriminator,
        reference.optimal_discriminator,
        [(p_r, p_g)],
        hint="There is a discriminator with a larger value than yours.",
        misconceptions=MAXIMISERS,
    )
    d = numeric.array(made.value, (20,), "optimal_discriminator")
    # said this way round, it holds of nan, too
    if not (np.all(d > 0) and np.all(d < 1)):
        raise Wrong(
            "Where both densities are positive, D* lies strictly between 0 and 1.",
            note="q1b.not-in-interval",
        )
    best = p_r * np.log(d) + p_g * np.log1p(-d)
    for other in np.clip(
        d + np.concatenate([np.geomspace(1e-3, 0.3, 9), -np.geomspace(1e-3, 0.3, 9)])[:, None], 1e-6, 1 - 1e-6
    ):
        if np.any(p_r * np.log(other) + p_g * np.log1p(-other) > best + 1e-12):
            raise Wrong("There is a discriminator with a larger value than yours.", note="q1b.not-maximal")


@test_case(points=1, name="q1b: refuses negative densities, keeps its arguments", hidden=True)
def test_contract(optimal_discriminator):
    valid = [(np.array([0.2, 0.0, 0.8]), np.array([0.5, 0.0, 0.5]))]
    numeric.check_refuses(
        "optimal_discriminator",
        optimal_discriminator,
        reference.optimal_discriminator,
        [
            ("a negative p_r", (np.array([0.5, -0.1]), np.array([0.5, 0.5]))),
            ("a negative p_g", (np.array([0.5, 0.5]), np.array([[0.5, 0.5], [0.1, -1e-3]]))),
        ],
        valid=valid,
        misconceptions=MAXIMISERS,
    )
    numeric.check_pure("optimal_discriminator", optimal_discriminator, reference.optimal_discriminator, valid)
