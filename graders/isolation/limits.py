"""What a submission may use."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """Seconds and bytes; what runs into one of them costs its cell or its function, never the submission."""

    cell_seconds: float = 30.0
    call_seconds: float = 10.0
    notebook_seconds: float = 120.0
    memory: int = 2048 * MIB
    files: int = 64 * MIB
    message: int = 32 * MIB
    replies: int = 64 * MIB
    restarts: int = 20
    checks: int = 200
    asks: int = 5

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if value <= 0:
                raise ValueError(f"the limit {name} must be positive, not {value}")
