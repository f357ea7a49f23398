from typing import Any

import numpy as np
from otter.test_files import test_case

from graders.answers import numeric

OK_FORMAT = False

name = "q3"
points = None


class reference:  # noqa: N801
    evidence = 0.22

    @staticmethod
    def mean(values: Any) -> Any:
        return float(np.mean(values))


@test_case(points=1, name="the evidence", hidden=True)
def test_evidence(evidence: Any) -> None:
    assert abs(float(evidence) - reference.evidence) < 1e-9


@test_case(points=1, name="the mean", hidden=True)
def test_mean(mean: Any) -> None:
    numeric.check_function("mean", mean, reference.mean, [(np.array([1.0, 2.0, 4.5]),), (np.arange(7.0),)])
