"""`vaegan check`."""

from __future__ import annotations

import click

from graders import assignment as assignments


@click.command()
@click.argument("assignment", required=False)
def check(assignment: str | None) -> None:
    """Check an assignment before students see it; exit code 1 when something has to be mended.

    ASSIGNMENT is a folder of assignments/; it may be left out when there is only one.
    """
    from graders.check import run

    failed = 0
    for title, failures in run(assignments.load(assignment)):
        click.echo(f"{click.style('✗', fg='red') if failures else click.style('✓', fg='green')} {title}")
        for failure in failures:
            click.echo(f"    {failure}")
        failed += bool(failures)
    if failed:
        click.echo(f"{failed} checks failed.")
        raise click.exceptions.Exit(1)
    click.echo("All checks passed.")
