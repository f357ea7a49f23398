"""Judging answers as mathematics: readers of what was answered, and judges of numbers, formulas and derivations.

It holds no answer and no assignment, and imports nothing else of this project, so that it can be handed on: what
is `SHIPPED` lies beside the student's notebook, too, as the package `vaegan_judge`.
"""

SHIPPED = (
    "assistant", "balls", "derivation", "expression", "misconception", "numeric", "parse", "sampling", "symbolic",
    "verdict", "witness",
)  # fmt: skip
"""The modules that students get; plots are judged after the submission only."""
