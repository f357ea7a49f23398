from __future__ import annotations

import os

from graders.isolation.core import Core


def test_workers_have_a_core_each_as_long_as_there_are_some() -> None:
    here = sorted(os.sched_getaffinity(0))
    workers = [Core() for _ in range(len(here) + 1)]
    try:
        had = [worker.number for worker in workers]
        own = [core for core in had if core is not None]
        # other graders of this machine may have some already
        assert had[-1] is None and len(set(own)) == len(own) and set(own) <= set(here)
        if own:
            workers[had.index(own[0])].close()
            workers.append(Core())
            assert workers[-1].number in (own[0], None)
    finally:
        for worker in workers:
            worker.close()
