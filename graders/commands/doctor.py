"""`vaegan doctor`."""

from __future__ import annotations

import click


@click.command()
def doctor() -> None:
    """Say what this machine can do, and the command that mends what it cannot."""
    from graders.doctor import examine

    findings = examine()
    for finding in findings:
        mark = click.style("✓", fg="green") if finding.good else click.style("✗", fg="red")
        click.echo(f"{mark} {finding.what}")
        if finding.remedy:
            click.echo(f"    {finding.remedy}")
    if not all(finding.good for finding in findings):
        raise click.exceptions.Exit(1)
