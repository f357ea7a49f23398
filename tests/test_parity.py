"""The same scores from otter alone, from otter with our plugin, and from `vaegan grade`."""

from __future__ import annotations

from pathlib import Path

import pytest

from graders.assignment import Assignment
from graders.batch import classic
from graders.batch.submissions import Submission
from graders.build import Distribution, build
from tests.demo_class import NAMED, Student, make

# One for each way in which they differ; the others are of the release's tests.
ALWAYS = ("bayes", "curie", "darwin", "hopper", "kolmogorov", "lovelace", "noether")
CLASS = [
    pytest.param(each, id=each.file, marks=[] if each.file.startswith(ALWAYS) else [pytest.mark.release])
    for each in NAMED
]


@pytest.fixture(scope="module")
def without_plugin(assignment: Assignment, tmp_path_factory: pytest.TempPathFactory) -> Distribution:
    return build(assignment, tmp_path_factory.mktemp("classic"), classic=True)


@pytest.mark.parametrize("student", CLASS)
def test_otter_alone_gives_the_scores_that_we_give(
    student: Student, without_plugin: Distribution, tmp_path: Path
) -> None:
    path = make(student, without_plugin.folder, tmp_path)
    record = classic.grade(Submission(student.file, path), without_plugin.autograder)
    assert {name: question.score for name, question in record.questions.items()} == (
        {} if student.status else student.scores
    )


def test_a_name_used_again_later_is_judged_at_its_own_check(
    built: Distribution, without_plugin: Distribution, tmp_path: Path
) -> None:
    """q2b overwrites kl_divergence and D_star, which were right when their checks ran.

    The file keeps its name: otter's init cell fails in a renamed notebook, and it judges all at the end.
    """
    reuse = Student(
        "vaes_and_gans.ipynb", "", {"quadrature_cost": "D_star = 7\ndef kl_divergence(p, q): return 0\n"}
    )
    path = make(reuse, built.folder, tmp_path)
    classically = classic.grade(Submission(reuse.file, path), without_plugin.autograder)
    confined = classic.grade(Submission(reuse.file, path), built.autograder)
    scores = [{n: q.score for n, q in record.questions.items()} for record in (classically, confined)]
    assert scores[0] == scores[1]
    assert scores[0]["q1b"] == 15
    assert scores[0]["q1d"] == 20
    assert scores[0]["q2b"] == 9


def test_the_judge_beside_the_notebook_is_there_in_otter_alone_and_with_us(
    built: Distribution, without_plugin: Distribution, tmp_path: Path
) -> None:
    needy = Student(
        "vaes_and_gans.ipynb",
        "",
        {
            "D_star": "from vaegan_judge import expression\nD_star = expression.read and p_r / (p_r + p_g)",
        },
    )
    path = make(needy, built.folder, tmp_path)
    for autograder in (without_plugin.autograder, built.autograder):
        assert classic.grade(Submission(needy.file, path), autograder).questions["q1b"].score == 15
