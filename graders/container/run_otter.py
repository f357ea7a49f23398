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
    packages = unpack_wheels()
    sys.path.insert(0, str(packages))
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(packages), os.environ.get("PYTHONPATH")]))
    try:
        from otter.run.run_autograder import main as run_autograder

        run_autograder(str(AUTOGRADER))
    except Exception as error:
        report_failure(error)
        raise


def unpack_wheels() -> Path:
    """Install the pure-Python wheels of the zip into a folder: unpacking is all there is to it."""
    packages = AUTOGRADER / "packages"
    for wheel in sorted((AUTOGRADER / "source" / "wheels").glob("*.whl")):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(packages)
    return packages


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
