"""Grading many submissions on whatever runs functions: the cores of this machine, or a Dask cluster.

Written to the interface of `concurrent.futures.Executor`. Where a pool breaks (a worker was killed), the jobs that
were under way are run again one at a time, so that the one that breaks pools is known and the others get their
grade.
"""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait

from graders.batch.grading import Graded, Job, await_zygote, grade
from graders.batch.record import Record
from graders.errors import SetupError
from graders.isolation import kernel

# Jobs handed out ahead of the workers: enough to keep them busy, few enough for ten thousand submissions.
_AHEAD = 4

MakeExecutor = Callable[[int], Executor]
Find = Callable[[Job], bytes | None]


def run(jobs: Sequence[Job], kept: Find, make: MakeExecutor, workers: int) -> Iterator[tuple[Job, Graded]]:
    """Grade the jobs, yielding each as it is done; `kept` gives the transcript of an earlier run of one."""
    suspects: list[Job] = []
    rest = list(reversed(jobs))
    while rest:
        yield from _run_until_broken(rest, suspects, kept, make, workers)
    while suspects:
        alone: list[Job] = []
        yield from _run_until_broken(suspects, alone, kept, make, 1, ahead=1)
        for job in alone:
            yield job, _failed(job, "the grader's process was killed while it graded this")


def _run_until_broken(
    rest: list[Job], suspects: list[Job], kept: Find, make: MakeExecutor, workers: int, ahead: int = _AHEAD
) -> Iterator[tuple[Job, Graded]]:
    """Work off `rest` until it is empty or the pool is broken; then `suspects` has what was under way."""
    executor = make(workers)
    under_way: dict[Future[Graded], Job] = {}
    try:
        while rest or under_way:
            while rest and len(under_way) < ahead * workers:
                under_way[executor.submit(grade, rest[-1], kept(rest[-1]))] = rest[-1]
                rest.pop()
            done, _ = wait(under_way, return_when=FIRST_COMPLETED)
            for future in done:
                job = under_way[future]
                graded = _result(future, job)
                del under_way[future]
                yield job, graded
    except BrokenExecutor:
        suspects += under_way.values()
    finally:
        for future in under_way:
            future.cancel()
        executor.shutdown(wait=True)


def _result(future: Future[Graded], job: Job) -> Graded:
    try:
        return future.result()
    except BrokenExecutor:
        raise
    except Exception as error:
        return _failed(job, f"the grader failed: {type(error).__name__}: {error}"[:300])


def _failed(job: Job, status: str) -> Graded:
    return Graded(Record(job.name, status, failed=True))


def local(workers: int) -> Executor:
    """A pool on this machine. Forked, so that what this process has imported is there at once."""
    await_zygote()
    return ProcessPoolExecutor(workers, multiprocessing.get_context("fork"), initializer=_begin_worker)


def _begin_worker() -> None:
    """Leave Ctrl-C to the parent, which lets workers finish what they are doing; end when it is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    # what is loaded by now stays, so there is no use in looking for garbage in it
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0))


@contextlib.contextmanager
def cluster(address: str) -> Iterator[tuple[MakeExecutor, int]]:
    """An existing Dask cluster, whose workers see the same files under the same paths."""
    try:
        from distributed import Client
    except ImportError:
        raise SetupError("--scheduler needs Dask: `pip install 'vaegan[cluster]'`.") from None
    try:
        client = Client(address, timeout="5s")
    except (OSError, ValueError) as error:
        raise SetupError(f"No Dask scheduler answers at {address}: start one with `dask scheduler`.") from error
    try:
        threads = sum(client.nthreads().values())
        if not threads:
            raise SetupError(
                f"The Dask scheduler at {address} has no workers: start some with `dask worker {address}`."
            )
        yield (lambda workers: client.get_executor(pure=False, retries=2)), threads
    finally:
        client.close()
