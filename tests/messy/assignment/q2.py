from typing import Any

import numpy as np
from otter.test_files import test_case

from graders.answers import numeric

OK_FORMAT = False

name = "q2"
points = None


class reference:  # noqa: N801
    @staticmethod
    def kl(p: Any, q: Any) -> Any:
        return float(np.sum(p * (np.log(p) - np.log(q))))

    @staticmethod
    def js(p: Any, q: Any) -> Any:
        m = (p + q) / 2
        return (reference.kl(p, m) + reference.kl(q, m)) / 2


PAIRS = [tuple(np.random.default_rng(7).dirichlet(np.ones(4), size=2)) for _ in range(3)]


@test_case(points=1, name="the Kullback-Leibler divergence", hidden=True)
def test_kl(kl: Any) -> None:
    numeric.check_function("kl", kl, reference.kl, PAIRS)


@test_case(points=2, name="the Jensen-Shannon divergence", hidden=True)
def test_js(js: Any) -> None:
    numeric.check_function("js", js, reference.js, PAIRS)
