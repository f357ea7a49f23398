from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from graders.cli import COMMANDS, main


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    done = CliRunner().invoke(main, [command, "--help"])
    assert done.exit_code == 0
    assert done.output.startswith("Usage:")


def test_help_lists_the_commands_and_is_quick() -> None:
    vaegan = Path(sys.executable).with_name("vaegan")
    times = []
    for _ in range(5):
        before = _cpu()
        done = subprocess.run([vaegan, "--help"], capture_output=True, text=True, check=True)
        times.append(_cpu() - before)
    assert all(command in done.stdout for command in COMMANDS)
    assert min(times) < 0.4, times


def _cpu() -> float:
    """Seconds of processor time of the children so far: other work on the machine doesn't count."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def test_unknown_command_is_a_usage_error() -> None:
    done = CliRunner().invoke(main, ["grad"])
    assert done.exit_code == 2
    assert "No such command" in done.output
