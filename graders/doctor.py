"""`vaegan doctor`: what this machine can do, and the command that mends what it cannot."""

from __future__ import annotations

import importlib.metadata
import re
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

OLDEST_PYTHON = (3, 11)


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; `remedy` is empty where nothing has to be mended."""

    what: str
    remedy: str = ""

    @property
    def good(self) -> bool:
        """Whether nothing has to be mended."""
        return not self.remedy


def examine() -> list[Finding]:
    """Look at everything that the commands need; never raises."""
    looks: tuple[Callable[[], Finding], ...] = (
        _python,
        _packages,
        _author_packages,
        _kernel,
        _sandbox,
        _temporary_folder,
    )
    return [look() for look in looks]


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] < OLDEST_PYTHON:
        return Finding(f"Python {version} is too old", "install Python 3.11 or newer, then `make install`")
    return Finding(f"Python {version}")


def _packages() -> Finding:
    missing = _missing(lambda requirement: "extra ==" not in requirement)
    if missing:
        return Finding(f"packages are missing: {', '.join(missing)}", "`make install`")
    return Finding(f"otter-grader {importlib.metadata.version('otter-grader')} and the graders' other packages")


def _author_packages() -> Finding:
    missing = _missing(lambda requirement: re.search(r"extra == .author.", requirement) is not None)
    if missing:
        return Finding(
            f"build and check need {', '.join(missing)}",
            "`pip install 'vaegan[author]'`, or `make install` in a checkout",
        )
    return Finding("packages that build and check need")


def _missing(wanted: Callable[[str], bool]) -> list[str]:
    missing = []
    for requirement in filter(wanted, importlib.metadata.requires("vaegan") or ()):
        name = re.split(r"[^\w.-]", requirement)[0]
        try:
            importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    return missing


def _kernel() -> Finding:
    try:
        from jupyter_client.kernelspec import KernelSpecManager

        KernelSpecManager().get_kernel_spec("python3")
    except Exception as error:
        return Finding(f"there is no Jupyter kernel python3 ({type(error).__name__})", "`pip install ipykernel`")
    return Finding("Jupyter kernel python3")


def _sandbox() -> Finding:
    """Can submissions be confined, and if not, what is missing? Tried for real: a child is made."""
    from graders.isolation.launcher import Launcher, SandboxError
    from graders.isolation.levels import FULL, capabilities, private_folders
    from graders.isolation.limits import Limits

    machine = capabilities()
    if not _temporary_folder().good:
        return Finding("sandbox not tried, for want of a temporary folder")
    if machine.level == FULL:
        try:
            with Launcher(Limits()) as launcher:
                launcher.bury(launcher.fork())
        except SandboxError as error:
            return Finding(f"the sandbox does not start ({error})", "report this, with the output of `uname -a`")
        landlock = f"Landlock ABI {machine.landlock}" if machine.landlock else "no Landlock"
        view = "a private view of files" if machine.view else "no private view of files: paths can be guessed"
        return Finding(f"full sandbox ({landlock}, seccomp, {view})")
    if machine.root and not machine.other_user:
        return Finding(
            "submissions would run as root, since Python is below a folder that is closed to other users",
            f"`chmod o+x {' '.join(map(str, private_folders()))}`",
        )
    remedy = (
        "grade on Linux 5.13 or newer with landlock in `lsm=` (in a container: a recent Docker's profile "
        "allows it), or accept less with --allow-reduced-sandbox"
    )
    if not machine.root:
        remedy += "; level reduced needs root"
    return Finding(
        f"submissions can only be confined at level {machine.level}: {machine.missing}, "
        f"so {machine.meaning(machine.level)}",
        remedy,
    )


def _temporary_folder() -> Finding:
    folder = tempfile.gettempdir()
    try:
        with tempfile.TemporaryDirectory(prefix="vaegan-") as scratch:
            (Path(scratch) / "probe").write_bytes(b"\0" * 2**20)
    except OSError as error:
        return Finding(
            f"{folder} cannot be written: {error.strerror}", "free some space, or set TMPDIR to another folder"
        )
    return Finding(f"temporary folder {folder}")
