"""The `vaegan` command: a click group whose commands are imported only when they run, so that help is instant."""

from __future__ import annotations

import importlib
import keyword

import click

COMMANDS = {
    "build": "Make the student version, autograder.zip and the solved notebook.",
    "check": "Check an assignment before students see it.",
    "compare": "Say what the grader would say of two expressions, and why.",
    "decide": "Settle a case that waits for a person, or correct any score.",
    "doctor": "Say what this machine can do, and what mends what it cannot.",
    "gradebook": "Fill one column of the platform's own file.",
    "grade": "Grade notebooks, exported zips, or folders of them.",
    "preview": "Say what of a notebook would not survive, before it is handed in.",
    "written": "Mark the written answers: make the page for it, read the marks.",
    "report": "Write grades, feedback and the class report once more.",
    "return": "Pack the feedback into a zip that the platform takes back.",
}


class LazyGroup(click.Group):
    """A group that finds the command NAME in the module `graders.commands.NAME`, or `NAME_` for a keyword."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of the commands, without importing them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of a command and return the command."""
        if cmd_name not in COMMANDS:
            return None
        name = f"{cmd_name}_" if keyword.iskeyword(cmd_name) else cmd_name
        command = getattr(importlib.import_module(f"graders.commands.{name}"), name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(cls=LazyGroup)
@click.version_option(package_name="vaegan")
def main() -> None:
    """Auto-graded exercises on the mathematics of VAEs and GANs."""
