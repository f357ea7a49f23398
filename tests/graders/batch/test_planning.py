"""What is asked of every submission is known before the first one is read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from graders.batch import autograder as autograders
from graders.batch import planning
from graders.build import Distribution
from graders.isolation import plan
from tests.graders.vaes_and_gans.judging import otter_file

HEAD = """
import numpy as np
from otter.test_files import test_case
from graders.answers import numeric
OK_FORMAT = False
name = "q"
points = None
class reference:
    x = 2.5
    f = staticmethod(lambda x: x + 1)
    g = staticmethod(lambda x: x * 2)
"""


def file_of(*cases: str) -> Any:
    return otter_file(HEAD + "\n".join(cases))


def case(body: str, parameters: str = "f, g", options: str = "points=1, hidden=True") -> str:
    lines = "\n    ".join(body.splitlines())
    return f"@test_case({options}, name={body!r})\ndef test_{abs(hash(body))}({parameters}):\n    {lines}\n"


def asked(*cases: str) -> list[tuple[str, Any]]:
    planned = planning.record(file_of(*cases))
    assert not planned.failures
    return [(call.name, call.arguments) for call in planned.plan.calls]


def test_names_and_calls_in_their_order_each_once() -> None:
    cases = [case("f(1); numeric.calls(g, [(1,), (2,)]); f(2); f(1)"), case("assert x; g(2); f(3)", "x, f, g")]
    planned = planning.record(file_of(*cases))
    assert planned.plan.names == ("f", "g", "x")
    assert [(call.name, *call.arguments) for call in planned.plan.calls] == [
        ("f", 1), ("g", 1), ("g", 2), ("f", 2), ("f", 3),
    ]  # fmt: skip


def test_public_cases_without_points_ask_nothing() -> None:
    cases = [
        case("f(1)", options="points=0"),
        case("f(2)", options="points=0, hidden=True"),
        case("f(3)", options="points=1"),
    ]
    assert asked(*cases) == [("f", [2]), ("f", [3])]


def test_a_call_is_recorded_as_it_is_made_whatever_the_function_does_to_its_arguments() -> None:
    source = (
        HEAD
        + "    h = staticmethod(lambda a: a.fill(7))\n"
        + case("numeric.call(h, np.zeros(2)); h(np.ones(1))", "h")
    )
    planned = planning.record(otter_file(source))
    keys = [call.asks for call in planned.plan.calls]
    assert keys == [plan.call("h", [array], {}).asks for array in (np.zeros(2), np.ones(1))]


def test_a_case_that_fails_on_its_own_reference_is_told_and_the_others_ask() -> None:
    planned = planning.record(file_of(case("f(1)\nassert False, 'why'"), case("f(2)"), case("f(3)", "f, unknown")))
    assert [call.arguments for call in planned.plan.calls] == [[1], [2]]
    assert list(planned.failures.values()) == [
        "AssertionError: why",
        "LookupError: the test file's `reference`, the right answers, has no unknown",
    ]


def test_what_is_no_data_is_no_argument() -> None:
    planned = planning.record(file_of(case("f(object.__new__(type('X', (), {'__add__': lambda a, b: 1})))")))
    assert not planned.failures  # it is present, though opaque
    planned = planning.record(file_of(case("f(1 << 20_000)")))
    assert "is called with an integer" in next(iter(planned.failures.values()))


@pytest.mark.parametrize(
    "body",
    ["f(g(1.5))", "numeric.calls(f, [(g(1.5),)])", "y = f(0.5)\nif y == 1.5: g(1)", "f(np.array([g(0.5)]))"],
)
def test_a_case_whose_calls_depend_on_replies_is_found_by_its_name(body: str) -> None:
    assert [*planning.depends_on_replies(file_of(case("f(1)"), case(body)))] == [body]


def test_a_case_whose_calls_depend_on_arrays_of_replies_is_found() -> None:
    body = "f(g(np.ones(2))[0])"
    assert [*planning.depends_on_replies(file_of(case(body), case("f(np.ones(3)); g(x)", "f, g, x")))] == [
        body, "f(np.ones(3)); g(x)",
    ]  # fmt: skip


def test_no_case_of_the_tutorial_depends_on_replies(built: Distribution) -> None:
    autograder = autograders.load(built.autograder)
    assert autograder.tests
    for test in autograder.tests.values():
        assert not [*planning.depends_on_replies(test)]


def test_the_plan_depends_on_the_autograder_and_the_seed_alone(
    built: Distribution, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    autograder = autograders.load(built.autograder)
    digests = []
    for seed in ("1", "2", "1"):
        monkeypatch.setenv("VAEGAN_SEED", seed)
        digests.append(planning.questions(autograder).digest)
        assert not [each.failures for each in planning.planned(autograder).values() if each.failures]
    assert digests[0] == digests[2] != digests[1]
