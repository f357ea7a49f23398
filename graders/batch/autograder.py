"""autograder.zip as the grading commands see it: is it one, and what is each question worth."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

from graders.errors import SetupError

REMEDY = "Build it with `vaegan build`; it is dist/ASSIGNMENT/autograder.zip."


def possible_points(path: Path) -> dict[str, float]:
    """The points of each question, from the test files in the zip.

    Raises SetupError when the file is missing, is no zip, or is not an autograder of otter.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            json.loads(archive.read("otter_config.json"))
            sources = {
                name: archive.read(name).decode("utf-8")
                for name in archive.namelist()
                if name.startswith("tests/") and name.endswith(".py")
            }
    except FileNotFoundError:
        raise SetupError(f"{path} does not exist. {REMEDY}") from None
    except (OSError, zipfile.BadZipFile, KeyError, ValueError) as error:
        raise SetupError(f"{path} is not an autograder ({error}). {REMEDY}") from error
    if not sources:
        raise SetupError(f"{path} holds no tests. {REMEDY}")
    from otter.test_files import ExceptionTestFile

    points = {}
    for name, source in sources.items():
        try:
            test_file = ExceptionTestFile.from_string(source, path=name)
        except Exception as error:  # a test file is code: anything may be wrong with it
            raise SetupError(f"{path}: {name} cannot be loaded: {type(error).__name__}: {error}") from error
        points[test_file.name] = float(test_file.possible)
    return points
