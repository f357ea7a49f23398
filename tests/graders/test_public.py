"""What students read of a public check: names and messages, no test code, and no word of full marks."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import vaegan_judge  # noqa: F401  the folder beside the notebook
from graders import public
from graders.assignment import Assignment
from graders.build import Distribution
from tests.graders.vaes_and_gans.judging import PARTS, otter_file, reference


def checked(assignment: Assignment, part: str, **answers: Any) -> Any:
    """A check of a part as in the notebook, where all other names are right."""
    (found,) = (each for each in assignment.graded if each.name == part)
    file = otter_file(public.test_file(assignment, found))
    file.run({**reference(part), **answers})
    return file


def test_the_notebook_holds_these_files(assignment: Assignment, built: Distribution) -> None:
    for notebook in (built.student_notebook, built.solved_notebook):
        tests = json.loads(notebook.read_text(encoding="utf-8"))["metadata"]["otter"]["tests"]
        assert tests == {part.name: public.test_file(assignment, part) for part in assignment.graded}


@pytest.mark.parametrize("part", PARTS)
def test_what_passes_is_not_called_full_marks(assignment: Assignment, part: str) -> None:
    file = checked(assignment, part)
    assert file.passed_all
    assert repr(file).count(public.PASSED) == len(file.test_cases)
    assert "not full marks" in public.PASSED


def test_a_failed_case_shows_its_name_and_its_message_alone(assignment: Assignment) -> None:
    def bits(p: Any, q: Any) -> float:
        return float(reference("q1d")["js_divergence"](p, q) / np.log(2))

    said = repr(checked(assignment, "q1d", js_divergence=bits))
    failed = said[said.index("q1d public: js_divergence") : said.index("q1d public: gan_value")]
    assert failed.splitlines()[1:6] == [
        "        ❌ Test case failed",
        *[line for line in failed.splitlines() if "Error at line" in line],
        "          # What is missing or does not hold yet, with an example:",
        "        Law: Distributions without a common outcome have the largest JS that there is, log 2. But",
        "        js_divergence([0.5, 0.5, 0.0, 0.0], [0.0, 0.0, 0.2, 0.8]) is 1, not 0.6931471806, which is log "
        "2.",
    ]
    assert not re.search(r"\blaws\.|assert|raise |def ", said)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (None, "Form: kl_divergence is not defined. Write it in its answer cell"),
        (..., "Form: kl_divergence is still `...`."),
        (0.5, "Form: kl_divergence must be a function, but it is a float."),
        (lambda p, q: None, "returned None: is its `return` missing?"),
        (lambda p, q: sys.exit("no"), "is a legal call, but it raises SystemExit: no"),
        (lambda p, q: list(p), "must be a float, but it is a list. Return one number"),
    ],
)
def test_form_says_the_name_what_it_is_and_what_to_write(
    assignment: Assignment, answer: Any, message: str
) -> None:
    said = " ".join(repr(checked(assignment, "q1d", kl_divergence=answer)).split())
    assert message in said


def test_a_notebook_without_the_folder_says_what_to_do(
    assignment: Assignment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "vaegan_judge"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "path", [path for path in sys.path if not (Path(path) / "vaegan_judge").exists()])
    monkeypatch.setattr(sys, "meta_path", [f for f in sys.meta_path if "editable" not in repr(f).lower()])
    monkeypatch.chdir(tmp_path)
    file = checked(assignment, "q2a")
    assert not any(result.passed for result in file.test_case_results)
    said = " ".join(repr(file).split())
    assert said.count("Missing: the folder vaegan_judge is not beside this notebook") == len(file.test_cases)
