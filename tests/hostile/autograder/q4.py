from typing import Any

import numpy as np
from otter.test_files import test_case

OK_FORMAT = False

name = "q4"
points = None


class reference:  # noqa: N801
    @staticmethod
    def plot() -> Any:
        import matplotlib.pyplot as plt

        axes = plt.subplots()[1]
        axes.plot([0, 1], [0, 1])
        plt.close()
        return axes


@test_case(points=1, name="q4 hidden", hidden=True)
def test_hidden(plot: Any) -> None:
    (line,) = plot().get_lines()
    assert np.allclose(line.get_xdata(), line.get_ydata())
    assert line.get_xdata().max() == 1
