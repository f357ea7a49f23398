"""The command line of the symbolic judge: verdict, reason, witness, exit code."""

from __future__ import annotations

import pytest
from click.testing import CliRunner, Result

from graders.cli import main


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["compare", *arguments])


BITS = ("--domain", "p=probability", "--domain", "q=probability")


def test_equal_expressions() -> None:
    result = run("p*log(p/q)", "p*log(p) - p*log(q)", *BITS)
    assert result.exit_code == 0
    assert result.output.startswith("equal\nwhy: ")
    assert "witness" not in result.output


def test_different_expressions_come_with_a_witness() -> None:
    result = run("log(x**2)", "2*log(x)", "--domain", "x=real")
    assert result.exit_code == 1
    verdict, why, witness = result.output.splitlines()
    assert verdict == "different"
    assert why.startswith("why: there the answer is ")
    assert witness.startswith("witness: x = -")


def test_undecided() -> None:
    result = run("exp(-exp(exp(exp(9 + x**2))))", "0", "--domain", "x=real")
    assert result.exit_code == 3
    assert result.output.startswith("undecided\nwhy: ")


def test_constraints() -> None:
    assert run("p*r", "p*(1 - p - q)", *BITS).exit_code == 2
    assert run("p*r", "p*(1 - p - q)", *BITS, "--where", "r=1-p-q").exit_code == 0


@pytest.mark.parametrize("domain", ["real", "positive", "probability", "complex", "integer"])
def test_domains(domain: str) -> None:
    result = run("(x + 1)**2", "x**2 + 2*x + 1", "--domain", f"x={domain}")
    assert result.exit_code == 0, result.output


def test_a_leading_minus_follows_two_dashes() -> None:
    assert run("--domain", "x=real", "--", "-x", "0 - x").exit_code == 0


def test_the_seed_chooses_the_points() -> None:
    outputs = {run("x", "x + 1", "--domain", "x=real", "--seed", seed).output for seed in ("1", "1", "2")}
    assert len(outputs) == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("x^2", "x", "--domain", "x=real"), "write `**`"),
        (("x", "x +", "--domain", "x=real"), "the second expression"),
        (("y", "x", "--domain", "x=real"), "(`y`)"),
        (("x", "y", "--domain", "x=real"), "the second expression uses y without a declared domain"),
        (("x", "x", "--domain", "x=natural"), "unknown domain 'natural'"),
        (("x", "x", "--domain", "x"), "NAME=VALUE"),
        (("x", "x", "--domain", "x=real", "--domain", "x=real"), "twice"),
        (("x", "x", "--where", "r=1-"), "the constraint on r"),
        (("Integral(x, x)", "x", "--domain", "x=real"), "not carried out"),
        (("x**(10**9)", "1 < 2", "--domain", "x=real"), "condition"),
        (("x",), "Missing argument"),
    ],
)
def test_unusable_input(arguments: tuple[str, ...], words: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert words in result.output
    assert "Traceback" not in result.output
