"""What holds for every reference module: the contract's names in order, nothing of ours imported, honest docs."""

import ast
import importlib
import inspect
import re
import sys
from pathlib import Path

import pytest

import solutions.vaes_and_gans as package

FOLDER = Path(inspect.getfile(package)).parent
CONTRACT = {
    "q1a": ["plot_generator_loss", "saturating_slope", "non_saturating_slope", "generator_gradients"],
    "q1b": ["stationarity", "curvature", "D_star", "optimal_discriminator"],
    "q1c": ["is_divergence", "counterexample"],
    "q1d": ["kl_divergence", "js_divergence", "gan_value", "derivation_1d"],
    "q2a": ["bayes", "posterior", "log_posterior"],
    "q2b": ["log_likelihood_exact", "log_likelihood_monte_carlo", "elbo", "quadrature_cost"],
    "q2c": ["kl_gaussians", "kl_to_standard_normal", "derivation_2c"],
}
WRITTEN = ["q1a_written", "q1c_written", "q2b_written"]


def read(part: str) -> ast.Module:
    return ast.parse((FOLDER / f"{part}.py").read_text(encoding="utf-8"))


def defined(tree: ast.Module) -> list[str]:
    names: list[str] = []
    for statement in tree.body:
        if isinstance(statement, ast.FunctionDef):
            names.append(statement.name)
        elif isinstance(statement, ast.Assign | ast.AnnAssign):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            names += [node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)]
    return names


@pytest.mark.parametrize("part", CONTRACT)
def test_defines_the_names_of_its_part_in_order(part: str) -> None:
    names = defined(read(part))
    assert [name for name in names if name in CONTRACT[part]] == CONTRACT[part]
    functions = {statement.name for statement in read(part).body if isinstance(statement, ast.FunctionDef)}
    assert {name for name in functions if not name.startswith("_")} <= set(CONTRACT[part])


@pytest.mark.parametrize("part", CONTRACT)
def test_nothing_stands_below_the_last_name(part: str) -> None:
    assert defined(read(part))[-1] == CONTRACT[part][-1]


@pytest.mark.parametrize("part", CONTRACT)
def test_imports_only_what_a_student_has(part: str) -> None:
    allowed = {"numpy", "sympy", "matplotlib"} | set(sys.stdlib_module_names) - {"__future__"}
    imports = [node for node in ast.walk(read(part)) if isinstance(node, ast.Import | ast.ImportFrom)]
    for node in imports:
        modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or "."]
        assert {module.split(".")[0] for module in modules} <= allowed
        assert node in read(part).body or node.col_offset == 0


@pytest.mark.parametrize("part", CONTRACT)
def test_every_cell_runs_in_one_namespace_with_all_others(part: str) -> None:
    """The solved notebook is one namespace: a private helper of one part must not replace that of another."""
    mine = {name for name in defined(read(part)) if name.startswith("_")}
    others = {name for other in CONTRACT if other != part for name in defined(read(other))}
    assert not mine & others


@pytest.mark.parametrize("part", CONTRACT)
def test_documentation(part: str) -> None:
    module = importlib.import_module(f"solutions.vaes_and_gans.{part}")
    assert "Source:" in (module.__doc__ or "")
    for name in CONTRACT[part]:
        value = getattr(module, name)
        if callable(value) and not hasattr(value, "free_symbols"):
            assert "Source:" in (value.__doc__ or ""), name


def test_written_parts_have_a_model_answer_and_a_rubric_of_five_points() -> None:
    text = (FOLDER / "written.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", text, flags=re.MULTILINE | re.DOTALL))
    assert list(sections) == WRITTEN
    for section in sections.values():
        assert re.findall(r"^### (.+)$", section, flags=re.MULTILINE) == ["Model answer", "Rubric"]
        rows = re.findall(r"^\| (\d) \| (.*) \|$", section, flags=re.MULTILINE)
        assert sum(int(points) for points, _ in rows) == 5
        # A pipe inside a cell would cut it, also inside a formula.
        assert not any("|" in criterion for _, criterion in rows)
        assert section.count("$") % 2 == 0
