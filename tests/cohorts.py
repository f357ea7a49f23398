"""Classes for the tests of what is made of them."""

from __future__ import annotations

from collections.abc import Iterable

from graders.batch.event import Event
from graders.batch.record import Record
from graders.batch.store import Run
from graders.results import standing
from graders.results.standing import Cohort, Standing


def cohort(run: Run, *records: Record, events: Iterable[Event] = (), pending: int = 0) -> Cohort:
    return standing.cohort(run, records, events, pending)


def stands(run: Run, record: Record, *events: Event) -> Standing:
    (only,) = cohort(run, record, events=events).standings
    return only
