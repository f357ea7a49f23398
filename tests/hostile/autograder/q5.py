from typing import Any

from otter.test_files import test_case

OK_FORMAT = False

name = "q5"
points = None

# digits that nobody can derive: whoever has them was told which of the guesses were right
DIGITS = (1, 0, 2, 1, 2, 0)


class reference:  # noqa: N801
    @staticmethod
    def digit(place: int) -> int:
        return DIGITS[place]

    last_digit = 9


@test_case(points=4, name="q5 one digit after the other", hidden=True)
def test_digits(digit: Any) -> None:
    for place, right in enumerate(DIGITS):
        assert digit(place) == right


@test_case(points=1, name="q5 the last digit", hidden=True)
def test_last(last_digit: Any) -> None:
    assert last_digit == 9
