"""A core of one's own for the submissions of a worker, so that the worst of them takes nobody else's time."""

from __future__ import annotations

import os
import socket


class Core:
    """The first core that no other worker of this machine has; `number` is None where there are more workers.

    A name that one process at a time can have says whose a core is. The kernel takes it back with the process.
    """

    def __init__(self) -> None:
        self._claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.number = next((core for core in sorted(os.sched_getaffinity(0)) if self._claimed(core)), None)

    def close(self) -> None:
        """Leave it to others."""
        self._claim.close()

    def _claimed(self, core: int) -> bool:
        try:
            self._claim.bind(f"\0vaegan-core-{core}")
        except OSError:
            return False
        return True
