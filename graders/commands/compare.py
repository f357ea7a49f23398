"""`vaegan compare`: what the grader would say of an expression, and why."""

from __future__ import annotations

import click

from graders.answers.expression import Tree
from graders.answers.parse import parse
from graders.answers.sampling import DOMAINS
from graders.answers.symbolic import DIFFERENT, EQUAL, UNDECIDED
from graders.answers.symbolic import compare as compare_expressions
from graders.answers.verdict import Wrong

EXIT_CODES = {EQUAL: 0, DIFFERENT: 1, UNDECIDED: 3}


def _pairs(option: str, texts: tuple[str, ...]) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for text in texts:
        name, sign, value = (part.strip() for part in text.partition("="))
        if not name or not sign or not value:
            raise click.UsageError(f"--{option} {text!r}: write it as NAME=VALUE")
        if name in pairs:
            raise click.UsageError(f"--{option} gives {name} twice")
        pairs[name] = value
    return pairs


def _parsed(text: str, what: str) -> Tree:
    try:
        return parse(text, what)
    except Wrong as wrong:
        raise click.UsageError(wrong.hint) from None


@click.command(name="compare")
@click.argument("answer", metavar="EXPR")
@click.argument("reference", metavar="EXPR")
@click.option(
    "--domain",
    "domains",
    multiple=True,
    metavar="NAME=DOMAIN",
    help=f"Where a symbol, an indexed quantity or a function lives: {', '.join(DOMAINS)}. May be repeated.",
)
@click.option(
    "--where",
    multiple=True,
    metavar="NAME=EXPR",
    help="A constraint to substitute, as in r=1-p-q. May be repeated.",
)
@click.option("--seed", default=0, show_default=True, help="Chooses the points.")
@click.pass_context
def compare(
    context: click.Context,
    answer: str,
    reference: str,
    domains: tuple[str, ...],
    where: tuple[str, ...],
    seed: int,
) -> None:
    """Compare an answer with a reference as the grader would, on the declared domains.

    Prints the verdict, the reason and, for different expressions, a point that proves it. Put `--` before an
    expression that starts with a minus. Exit code 0: equal, 1: different, 3: undecided, 2: unusable.
    """
    constraints = {
        name: _parsed(text, f"the constraint on {name}") for name, text in _pairs("where", where).items()
    }
    trees = _parsed(answer, "the first expression"), _parsed(reference, "the second expression")
    try:
        result = compare_expressions(*trees, _pairs("domain", domains), constraints, seed)
    except Wrong as wrong:
        told = wrong.hint.replace("the answer", "the first expression", 1)
        raise click.UsageError(f"{told} ({wrong.detail})" if wrong.detail else told) from None
    except ValueError as fault:
        raise click.UsageError(str(fault).replace("the reference", "the second expression", 1)) from None
    click.echo(result.verdict)
    click.echo(f"why: {result.reason}")
    if result.witness:
        click.echo(f"witness: {result.witness}")
    context.exit(EXIT_CODES[result.verdict])
