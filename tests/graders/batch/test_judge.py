"""The judge's process: whatever answers do to it, the others are judged, and its limits hold."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from graders.answers import numeric
from graders.batch import autograder as autograders
from graders.batch import judge, planning
from graders.batch.autograder import Autograder
from graders.batch.judge import Judge
from graders.batch.record import QuestionResult
from graders.isolation.transcript import Answers, Reply, Transcript, pack

HEAD = "from otter.test_files import test_case\nOK_FORMAT = False\nname = {name!r}\npoints = None\n"
CASE = (
    "class reference:\n    {name}_x = 0\n@test_case(points=1, name='{name}', hidden=True)\ndef test({name}_x):\n"
)
# what a test does with an answer stands for what a judge could be made to do
BODY = """
    if {name}_x == 1:
        while True:
            try:
                while True: pass
            except BaseException: pass
    if {name}_x == 2:
        hoard = [bytes(1 << 24) for _ in range(200)]
        raise MemoryError
    if {name}_x == 3:
        import os
        os.abort()
    if {name}_x == 4:
        import time
        time.sleep(1000)
    if {name}_x == 5:
        raise SystemExit
"""


@pytest.fixture
def autograder(tmp_path: Path) -> Autograder:
    (tmp_path / "tests").mkdir()
    (tmp_path / "otter_config.json").write_text("{}")
    for name in ("q1", "q2", "q3"):
        (tmp_path / "tests" / f"{name}.py").write_text((HEAD + CASE + BODY).format(name=name))
    return autograders.load(tmp_path)


def transcript(autograder: Autograder, *values: int) -> bytes:
    names = zip(("q1", "q2", "q3"), values, strict=True)
    questions = {
        name: Answers({f"{name}_x": Reply(json.dumps({"value": value}).encode())}, ()) for name, value in names
    }
    return pack(Transcript(planning.questions(autograder).digest, "full", (), questions))


def scores(results: dict[str, QuestionResult]) -> list[object]:
    return ["?" if result.grader_error else result.score for result in results.values()]


@pytest.mark.parametrize("answer", [2, 3, 5])
def test_an_answer_that_ends_the_judge_costs_its_question_alone(autograder: Autograder, answer: int) -> None:
    with Judge(autograder) as judging:
        assert scores(judging.judge(transcript(autograder, 0, answer, 0))) == [1.0, "?", 1.0]
        assert scores(judging.judge(transcript(autograder, 0, 0, 0))) == [1.0, 1.0, 1.0]


@pytest.mark.parametrize(("answer", "limit"), [(1, "PROCESSOR_SECONDS"), (4, "WALL_SECONDS")])
def test_what_takes_too_long_waits_for_a_person_and_the_class_goes_on(
    autograder: Autograder, monkeypatch: pytest.MonkeyPatch, answer: int, limit: str
) -> None:
    monkeypatch.setattr(judge, limit, 0.5)
    start = time.monotonic()
    with Judge(autograder) as judging:
        results = judging.judge(transcript(autograder, 0, answer, 0))
        assert scores(results) == [1.0, "?", "?"]
        assert "too much time" in results["q2"].cases[0].message
        assert scores(judging.judge(transcript(autograder, 0, 0, 0))) == [1.0, 1.0, 1.0]
    assert time.monotonic() - start < 60


def test_what_a_worker_could_just_read_the_judge_can_read(autograder: Autograder) -> None:
    questions = planning.questions(autograder)
    with Judge(autograder) as judging:
        for depth in range(900, 996, 5):
            nested = b"[" * depth + b"]" * depth
            for text in (b'{"value":' + nested + b"}", b'{"error":"ValueError","text":' + nested + b"}"):
                answers = {name: Answers({f"{name}_x": Reply(text)}, ()) for name in questions.plans}
                packed = pack(Transcript(questions.digest, "full", (), answers))
                assert scores(judging.judge(packed)) == [0.0, 0.0, 0.0], depth


def test_a_judge_that_was_killed_while_it_waited_is_replaced(autograder: Autograder) -> None:
    with Judge(autograder) as judging:
        judging.judge(transcript(autograder, 0, 0, 0))
        assert judging._pid is not None
        os.kill(judging._pid, 9)
        time.sleep(0.1)
        assert scores(judging.judge(transcript(autograder, 0, 0, 0))) == [1.0, 1.0, 1.0]


def test_beside_other_threads_the_judge_is_a_new_interpreter(autograder: Autograder) -> None:
    ended = threading.Event()
    thread = threading.Thread(target=ended.wait)
    thread.start()
    try:
        with Judge(autograder) as judging:
            assert scores(judging.judge(transcript(autograder, 0, 3, 0))) == [1.0, "?", 1.0]
            assert b"graders.batch.judge" in Path(f"/proc/{judging._pid}/cmdline").read_bytes()
    finally:
        ended.set()
        thread.join()


def test_the_judge_holds_nothing_of_its_worker(autograder: Autograder, tmp_path: Path) -> None:
    descriptor = os.open(tmp_path, os.O_RDONLY)
    try:
        with Judge(autograder) as judging:
            judging.judge(transcript(autograder, 0, 0, 0))
            wait_for: Callable[[], list[str]] = lambda: sorted(os.listdir(f"/proc/{judging._pid}/fd"))  # noqa: E731, PTH208
            assert wait_for() == ["0", "1", "2"]
    finally:
        os.close(descriptor)


def test_judges_of_one_process_have_the_seeds_of_their_runs(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "otter_config.json").write_text("{}")
    body = "    from graders.answers import numeric\n    assert {name}_x in (0, numeric.seed())\n"
    for name in ("q1", "q2", "q3"):
        (tmp_path / "tests" / f"{name}.py").write_text((HEAD + CASE + body).format(name=name))
    autograder = autograders.load(tmp_path)
    found = {}

    def judges(seed: int) -> None:
        with numeric.seeded(seed), Judge(autograder) as judging:
            packed = transcript(autograder, 5, 7, 0)
        with judging:
            found[seed] = scores(judging.judge(packed))

    # with threads the judge is a new process, and without it is a copy of this one
    threads = [threading.Thread(target=judges, args=(seed,)) for seed in (5, 7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    judges(9)
    assert found == {5: [1.0, 0.0, 1.0], 7: [0.0, 1.0, 1.0], 9: [0.0, 0.0, 1.0]}
