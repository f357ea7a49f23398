"""What a judge says of an answer: it is wrong, and why; or a person has to look.

A judge returns when the answer is right and raises otherwise. `Wrong` is the student's outcome. `Undecided` is
the grader's: it must never become a zero or full marks by itself.
"""

from __future__ import annotations


class Wrong(AssertionError):
    """The answer is wrong.

    `hint` is what the student reads: it never holds a hidden input or an expected value. `note` is a stable
    machine-readable id, "q2c.sigma-for-variance" or "answer.shape", for statistics. `detail` is for the TA only.
    `line` is the first wrong line of an answer in lines, counted from 1, and 0 where each of them follows,
    and `witness` an example of what is wrong there, made of the student's own lines and nothing hidden.
    """

    def __init__(
        self,
        hint: str,
        *,
        note: str = "answer.wrong",
        detail: str = "",
        line: int | None = None,
        witness: str = "",
    ) -> None:
        super().__init__(hint)
        self.hint = hint
        self.note = note
        self.detail = detail
        self.line = line
        self.witness = witness


class Undecided(RuntimeError):
    """The judge could neither accept nor reject the answer: a person has to look at it."""

    def __init__(self, reason: str, *, note: str = "answer.undecided") -> None:
        super().__init__(reason)
        self.reason = reason
        self.note = note
