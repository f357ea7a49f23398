"""A Dask cluster on this machine, as its own commands start it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_DASK = [sys.executable, "-m", "dask"]
_LOOPBACK = ["--host", "127.0.0.1"]


@dataclass(frozen=True)
class Cluster:
    """The scheduler's address, and the process of each worker's nanny."""

    address: str
    nannies: tuple[int, ...]

    def kill_a_worker(self) -> None:
        """Kill the process in which the first worker runs; its nanny starts another."""
        threads = Path(f"/proc/{self.nannies[0]}/task").glob("*/children")
        children = [pid for thread in threads for pid in thread.read_text().split()]
        (worker,) = (int(pid) for pid in children if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes())
        os.kill(worker, signal.SIGKILL)


@contextlib.contextmanager
def cluster(folder: Path, workers: int = 2) -> Iterator[Cluster]:
    """A scheduler and workers of one thread each, on loopback; they have joined when this is entered."""
    from distributed import Client

    scheduler_file = folder / "scheduler.json"
    options = [*_LOOPBACK, "--no-dashboard", "--scheduler-file", str(scheduler_file)]
    commands = [[*_DASK, "scheduler", "--port", "0", *options]]
    commands += [[*_DASK, "worker", "--nthreads", "1", *options]] * workers
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    running = [
        subprocess.Popen(
            command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for command in commands
    ]
    try:
        while not scheduler_file.exists():
            time.sleep(0.05)
        address = json.loads(scheduler_file.read_text())["address"]
        with Client(address, timeout="20s") as client:
            client.wait_for_workers(workers, timeout=60)
        yield Cluster(address, tuple(process.pid for process in running[1:]))
    finally:
        for process in reversed(running):
            process.terminate()
        for process in running:
            process.wait(20)
