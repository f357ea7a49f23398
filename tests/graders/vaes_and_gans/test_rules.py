"""The rules that otter, the student notebook and the points table ask of a test file."""

from __future__ import annotations

import ast
import inspect
from typing import Any

import pytest

from tests.graders.vaes_and_gans.judging import NAMES, PARTS, POINTS, ROOT, case_file, namespace, reference


@pytest.fixture(params=PARTS)
def part(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def cases(part: str) -> list[Any]:
    return list(case_file(part).test_cases)


def test_the_file_is_an_exception_based_one(part: str) -> None:
    found = namespace(part)
    assert found["OK_FORMAT"] is False
    assert found["name"] == part
    assert found["points"] is None


def test_points_are_halves_and_sum_to_those_of_the_part(part: str) -> None:
    points = [case.points for case in cases(part)]
    assert sum(points) == POINTS[part]
    assert all(2 * number == int(2 * number) for number in points)
    assert all((case.points > 0) == case.hidden for case in cases(part))


def test_cases_have_names_of_their_own(part: str) -> None:
    names = [case.name for case in cases(part)]
    assert len(names) == len(set(names))
    assert all(
        name.startswith(f"{part}: " if case.hidden else f"{part} public: ")
        for name, case in zip(names, cases(part), strict=True)
    )
    functions = [case.body.test_func.__name__ for case in cases(part)]
    assert len(functions) == len(set(functions))


def test_parameters_are_names_of_the_part(part: str) -> None:
    for case in cases(part):
        parameters = inspect.signature(case.body.test_func).parameters.values()
        assert parameters
        for parameter in parameters:
            assert parameter.name in NAMES[part]
            assert parameter.default is parameter.empty
            assert parameter.kind is parameter.POSITIONAL_OR_KEYWORD


def test_every_name_has_public_and_hidden_cases(part: str) -> None:
    for hidden in (False, True):
        covered = {name for case in cases(part) if case.hidden is hidden for name in case.body._get_func_params()}
        assert covered == set(NAMES[part])


def test_public_cases_run_where_neither_graders_nor_solutions_exist(part: str) -> None:
    """As in the student's notebook: the function alone, without its decorator and its module."""
    tree = ast.parse((ROOT / f"graders/vaes_and_gans/{part}.py").read_text())
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    for case in cases(part):
        if case.hidden:
            continue
        function = functions[case.body.test_func.__name__]
        function.decorator_list = []
        bare: dict[str, Any] = {"__builtins__": __builtins__}
        exec(ast.unparse(function), bare)
        bare[function.name](**{name: reference(part)[name] for name in case.body._get_func_params()})
        imported = {
            alias.name for node in ast.walk(function) if isinstance(node, ast.Import) for alias in node.names
        }
        assert imported <= {"numpy", "statistics", "sympy"}
        assert {node.module for node in ast.walk(function) if isinstance(node, ast.ImportFrom)} == {"vaegan_judge"}
        assert not {"graders", "solutions", "reference"} & {
            node.id for node in ast.walk(function) if isinstance(node, ast.Name)
        }


def test_a_file_executed_twice_judges_alike(part: str) -> None:
    """otter executes each file twice, in empty namespaces."""
    source = (ROOT / f"graders/vaes_and_gans/{part}.py").read_text()
    first: dict[str, Any] = {}
    second: dict[str, Any] = {}
    exec(compile(source, "<string>", "exec"), first)
    exec(compile(source, "<string>", "exec"), second)
    assert [key for key in first if not key.startswith("__")] == [
        key for key in second if not key.startswith("__")
    ]
