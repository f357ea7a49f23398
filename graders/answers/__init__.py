"""Judging answers as mathematics: readers of what was answered, and judges of numbers, formulas and derivations.

It holds no answer and no assignment, and imports nothing else of this project, so that it can be handed on: what
is `SHIPPED` lies beside the student's notebook, too, as the package `vaegan_judge`.
"""

SHIPPED = (
    "assistant", "balls", "derivation", "expression", "figure", "laws", "misconception", "numeric", "parse",
    "sampling", "sight", "symbolic", "verdict", "witness",
)  # fmt: skip
"""The modules that students get."""
