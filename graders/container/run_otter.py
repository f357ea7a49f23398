"""Starts otter in a grading container (Gradescope, otter grade); it replaces the run_otter.py that otter writes.

otter builds the container's environment before it unpacks the zip, so our wheel cannot be named in
environment.yml: it is unpacked here, offline, into a folder on the path of this process and of the kernel.
Whatever goes wrong, the student gets a results.json that says so.
"""

import json
import os
import sys
import zipfile
from pathlib import Path

AUTOGRADER = Path(__file__).resolve().parent.parent


def main() -> None:
    """Grade the one submission of the container."""
    metadata = AUTOGRADER / "submission_metadata.json"
    # `otter grade` leaves this file empty, and otter parses it as soon as a plugin is configured
    if not metadata.exists() or not metadata.read_text(encoding="utf-8").strip():
        metadata.write_text("{}", encoding="utf-8")
    set_odd_files_aside()
    packages = unpack_wheels()
    sys.path.insert(0, str(packages))
    open_python_to_other_users()
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(packages), os.environ.get("PYTHONPATH")]))
    try:
        from otter.run.run_autograder import main as run_autograder

        run_autograder(str(AUTOGRADER))
        say_that_it_is_markdown()
    except Exception as error:
        report_failure(error)
        raise


def set_odd_files_aside() -> None:
    """Move what stops otter before any plugin is loaded: a file named tests, a folder named __init__.py."""
    submission = AUTOGRADER / "submission"
    for odd in (submission / "tests", submission / "__init__.py"):
        if odd.is_symlink() or (odd.exists() and odd.is_dir() != (odd.name == "tests")):
            odd.rename(AUTOGRADER / f"odd-{odd.name}")


def open_python_to_other_users() -> None:
    """Let the user that a submission becomes reach Python, which containers keep below root's private folder."""
    if os.geteuid() != 0 or Path("/autograder") != AUTOGRADER:
        return
    from graders.isolation.levels import private_folders

    for folder in private_folders():
        folder.chmod(folder.stat().st_mode | 0o001)


def unpack_wheels() -> Path:
    """Install the pure-Python wheels of the zip into a folder: unpacking is all there is to it."""
    packages = AUTOGRADER / "packages"
    for wheel in sorted((AUTOGRADER / "source" / "wheels").glob("*.whl")):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(packages)
    return packages


def say_that_it_is_markdown() -> None:
    """Tell Gradescope the format of our plugin's texts, for which otter has no option."""
    config = json.loads((AUTOGRADER / "source" / "otter_config.json").read_text(encoding="utf-8"))
    if not config.get("plugins"):
        return
    path = AUTOGRADER / "results" / "results.json"
    results = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**results, "output_format": "md", "test_output_format": "md"}), encoding="utf-8")


def report_failure(error: Exception) -> None:
    """Leave a results.json with a zero and the reason, unless otter has written its own."""
    results = AUTOGRADER / "results" / "results.json"
    if results.exists() and results.stat().st_size:
        return
    results.parent.mkdir(exist_ok=True)
    reason = f"This submission could not be graded: {error}. Ask your instructor if it opens in Jupyter."
    failure = {"name": "Autograder error", "output": reason, "status": "failed", "visibility": "visible"}
    results.write_text(json.dumps({"score": 0, "tests": [failure]}), encoding="utf-8")


if __name__ == "__main__":
    main()
