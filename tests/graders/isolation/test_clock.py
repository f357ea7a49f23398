"""Who waits for a core gets its time; who keeps a core busy, with whatever threads, does not get more."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from graders.isolation.clock import Clock, Reading
from graders.isolation.clock import read as read_clocks
from graders.isolation.launcher import Child, Launcher
from graders.isolation.limits import Limits
from tests.graders.isolation.conftest import SHORT, run_in

# a minute without the interpreter's lock, under which one thread runs at a time
SPIN = """
import threading, numpy as np
def run(): np.convolve(np.ones(10**6), np.ones(3 * 10**5))
for _ in range(THREADS): threading.Thread(target=run, daemon=True).start()
run()
"""
WORK = """
import time
def work(seconds):
    start = time.thread_time()
    while time.thread_time() < start + seconds: pass
    return 1.0
"""
CORES = sorted(os.sched_getaffinity(0))


@pytest.mark.parametrize(
    ("now", "spent"),
    [
        (Reading(wall=103.0, waited=50.0, busy=0.0), 3.0),  # asleep
        (Reading(wall=103.0, waited=50.0, busy=3.0), 3.0),  # alone on its core
        (Reading(wall=130.0, waited=77.0, busy=3.0), 3.0),  # beside nine others
        (Reading(wall=130.0, waited=79.5, busy=30.0), 30.0),  # beside 64 threads of its own
        (Reading(wall=103.0, waited=50.0, busy=6.0), 6.0),  # on two cores
        (Reading(wall=103.0, waited=60.0, busy=0.0), 0.0),  # what it waited before does not count twice
        (Reading(wall=103.0, waited=0.0, busy=0.0), 3.0),  # it has ended
    ],
)
def test_what_counts(now: Reading, spent: float) -> None:
    readings = iter([Reading(wall=100.0, waited=50.0, busy=0.0), now, now])
    clock = Clock(1, lambda pid: next(readings))
    assert clock.spent == pytest.approx(spent)
    assert clock.left(10.0) == pytest.approx(10.0 - spent)


def test_a_process_that_has_ended_has_the_clock_of_the_wall() -> None:
    reading = read_clocks(2**22 + 1)
    assert (reading.waited, reading.busy) == (0.0, 0.0)
    assert reading.wall == pytest.approx(time.monotonic(), abs=5.0)


def test_the_processor_time_of_all_threads_counts() -> None:
    def burn() -> None:
        sum(range(10**6))

    threads = [threading.Thread(target=burn) for _ in range(4)]
    before, used = read_clocks(os.getpid()), time.process_time()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    used = time.process_time() - used
    assert used > 0.02 and read_clocks(os.getpid()).busy - before.busy == pytest.approx(used, rel=0.2, abs=0.02)


@pytest.fixture
def on_one_core() -> Iterator[Launcher]:
    with Launcher(Limits(), core=CORES[-1]) as launcher:
        yield launcher


def start(launcher: Launcher, cell: str) -> tuple[Child, Clock]:
    child = launcher.fork()
    clock = Clock(child.pid)
    child.channel.send({"op": "cell", "source": cell, "seed": None, "id": 1})
    return child, clock


def test_an_honest_child_gets_its_time_beside_spinners(on_one_core: Launcher) -> None:
    limit = 2.0
    spinners = [start(on_one_core, f"THREADS = 1\n{SPIN}")[0] for _ in range(9)]
    honest, clock = start(on_one_core, f"{WORK}work(0.4)")
    begun, done = time.monotonic(), threading.Event()

    def wait() -> None:
        honest.channel.receive()
        done.set()

    threading.Thread(target=wait).start()
    while not done.wait(0.05):
        assert clock.left(limit) > 0
    assert time.monotonic() - begun > limit, "it was not starved, so this shows nothing"
    for child in (honest, *spinners):
        on_one_core.bury(child)


def test_threads_of_its_own_do_not_stretch_the_time_of_a_spinner(on_one_core: Launcher) -> None:
    spinner, _ = start(on_one_core, f"THREADS = 19\n{SPIN}")
    time.sleep(2)  # a thread that starts another sleeps, which is no waiting
    clock, begun = Clock(spinner.pid), time.monotonic()
    while clock.left(1.0) > 0 and time.monotonic() < begun + 10:
        time.sleep(0.05)
    # by the wall without what the main thread waited, it would be twenty seconds
    assert time.monotonic() - begun < 10
    on_one_core.bury(spinner)


@pytest.mark.skipif(len(CORES) < 2, reason="FAIRNESS BETWEEN CORES IS NOT TESTED HERE: there is one")
def test_a_spinner_keeps_to_its_core() -> None:
    limits = replace(SHORT, call_seconds=4)
    # twins, as workers have them: between sessions of their own the kernel may be fair anyway
    with (
        Launcher(limits, core=CORES[0]) as first,
        Launcher(limits, core=CORES[1], twin_of=first) as second,
    ):
        second.wait()
        spinner = first.fork()
        spinner.channel.send({"op": "cell", "source": f"THREADS = 62\n{SPIN}", "seed": None, "id": 1})
        time.sleep(0.5)
        (call,) = run_in(second, WORK, calls=[("work", 0.7)]).calls("work")
        assert call.value == 1.0, call
        first.bury(spinner)


def test_no_child_leaves_its_core() -> None:
    with Launcher(SHORT, core=CORES[-1]) as launcher:
        cell = "import os, ctypes\nmask = (ctypes.c_ulong * 16)(*[2**64 - 1] * 16)\n"
        cell += (
            "moved = ctypes.CDLL(None).sched_setaffinity(0, 128, mask)\ncores = sorted(os.sched_getaffinity(0))"
        )
        ran = run_in(launcher, cell, names="moved cores")
        assert ran["moved"] == -1 and ran["cores"] == [CORES[-1]]
