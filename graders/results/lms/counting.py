"""Which of a student's submissions counts: the latest valid one, by the platform's own order."""

from __future__ import annotations

from collections.abc import Sequence

from graders.results.standing import Standing


def latest(standings: Sequence[Standing]) -> list[Standing]:
    """The submission that counts; none where no one is valid, several where the platform gives them no order.

    Canvas numbers attachments and Gradescope submissions, both in order of time. Moodle keeps one submission, of
    any number of files, and says nothing of their order. One that waits for a person may turn out to be valid.
    """
    valid = [each for each in standings if each.record.questions or each.needs_person or each.decisions]
    last = max((each.record.owner.order for each in valid), default=0)
    chosen = [each for each in valid if each.record.owner.order == last]
    # the same file, found twice, is no question
    return list({each.record.sha256: each for each in reversed(chosen)}.values())[::-1]
