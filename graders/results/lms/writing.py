"""New files beside those that the platform gave, which are never replaced."""

from __future__ import annotations

from pathlib import Path

from graders.errors import SetupError


def refuse_to_replace(output: Path, given: Path) -> None:
    """SetupError where the output is the file that was given."""
    if output.exists() and given.exists() and output.samefile(given):
        raise SetupError(
            f"{output} is the file from the platform, which stays as it is: give another name with -o."
        )


def write(output: Path, content: bytes) -> None:
    """Write a file, whole or not at all."""
    partial = output.with_name(output.name + ".part")
    try:
        partial.write_bytes(content)
        partial.replace(output)
    except OSError as error:
        raise SetupError(f"{output} cannot be written: {error.strerror}. Give another name with -o.") from error
