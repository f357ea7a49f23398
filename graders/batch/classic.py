"""One submission through otter's own API, in a process of its own that can be killed.

Run as `python -m graders.batch.classic SUBMISSION AUTOGRADER RESULT`, it writes the result as JSON: otter's own
results are a pickle, which only that process reads.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from graders.batch.record import CaseResult, QuestionResult, Record
from graders.batch.submissions import Submission

# A tutorial takes otter a few seconds; what takes minutes hangs.
TIMEOUT = 300.0


def grade(submission: Submission, autograder: Path, *, timeout: float = TIMEOUT) -> Record:
    """Grade one submission; whatever happens ends as a record, with a status where there is no result."""
    with tempfile.TemporaryDirectory(prefix="vaegan-") as folder:
        result = Path(folder) / "result.json"
        command = [
            sys.executable,
            "-m",
            __name__,
            str(submission.path.resolve()),
            str(autograder.resolve()),
            str(result),
        ]
        # HOME and the temporary folder too, so that nothing of one submission is there for the next
        environment = {**os.environ, "TMPDIR": folder, "IPYTHONDIR": folder, "MPLBACKEND": "agg"}
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            return Record(submission.name, f"took longer than {timeout:g} s: look for an endless loop or input()")
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        try:
            return _read(submission.name, json.loads(result.read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError, TypeError):
            return Record(submission.name, f"otter ended without a result (exit code {process.returncode})")


def _read(name: str, data: dict[str, object]) -> Record:
    if "error" in data:
        return Record(name, str(data["error"]))
    questions = data["questions"]
    assert isinstance(questions, dict)
    return Record(
        name,
        questions={
            question: QuestionResult(
                float(entry["score"]),
                float(entry["possible"]),
                tuple(CaseResult(**case) for case in entry["cases"]),
            )
            for question, entry in questions.items()
        },
    )


def _grade_here(submission: str, autograder: str) -> dict[str, object]:
    from otter.api import grade_submission

    try:
        results = grade_submission(submission, autograder, quiet=True)
        if results.catastrophic_error is not None:
            raise results.catastrophic_error
    except Exception as error:
        return {"error": _reason(error)}
    questions = {}
    for name, test_file in results.results.items():
        cases = [
            CaseResult(r.test_case.name, r.test_case.points, r.test_case.hidden, r.passed, r.message or "")
            for r in test_file.test_case_results
        ]
        questions[name] = asdict(QuestionResult(test_file.score, test_file.possible, tuple(cases)))
    return {"questions": questions}


def _reason(error: Exception) -> str:
    """One line for the grades, in words where the error's own are for programmers."""
    kind, text = type(error).__name__, " ".join(str(error).split())
    if kind == "NotJSONError" or isinstance(error, json.JSONDecodeError):
        return "not a notebook: the file is no valid JSON, perhaps cut short"
    if kind in {"ValidationError", "NBFormatError"} or isinstance(error, KeyError | AttributeError | TypeError):
        return f"not a notebook: {text or kind}"[:300]
    if kind == "BadZipFile":
        return "not a zip file: export the notebook once more"
    if kind == "OtterRuntimeError":
        return text
    if kind == "EOFError":
        return "the notebook's kernel ended before it could be graded"
    return f"{kind}: {text}"[:300]


if __name__ == "__main__":
    source, autograder_zip, target = sys.argv[1:]
    Path(target).write_text(json.dumps(_grade_here(source, autograder_zip)), encoding="utf-8")
