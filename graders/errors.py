"""Errors that a person can mend: one line that names the file and the remedy, and exit code 2."""

from __future__ import annotations

import click


class SetupError(click.ClickException):
    """The input or the machine is not as a command needs it; the message says what to do."""

    exit_code = 2
