"""What a wrong answer said, as a short digest that others share who said the same.

A misconception that nobody has named shows itself by this: several students have the same wrong values on the same
inputs. Values are rounded and formulas evaluated, so that those agree, too, who wrote it down in another way. It
decides nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from flint import acb

from graders.answers import balls, expression
from graders.answers.expression import Tree
from graders.answers.figure import Plot

_SIZE = 8
_POINTS = 3
_WORK = 20_000
_BITS = 128
# six digits, and nothing below what sums of ordinary numbers leave over
_SCALE = 2.0**20
_NOTHING = 1e-12


def digest(said: Iterable[Any]) -> str:
    """What tells this from what others said; empty where nothing was said: no value, exceptions, stand-ins."""
    told = hashlib.blake2b(digest_size=_SIZE)
    empty = True
    for part in _parts(list(said)):
        if isinstance(part, bytes):
            empty = False
            told.update(part)
        else:
            told.update(part.encode())
    return "" if empty else told.hexdigest()


def _parts(value: Any) -> Iterator[bytes | str]:
    """The content of a value, containers flattened; the name of the type of what has none."""
    if isinstance(value, list | tuple):
        for each in value:
            yield from _parts(each)
    elif isinstance(value, Mapping):
        for key in sorted(value, key=repr):
            yield from _parts((key, value[key]))
    elif isinstance(value, Tree):
        yield from _values(value)
    elif isinstance(value, Plot):
        for artist in value.shown:
            yield _rounded(np.concatenate([artist.x, artist.y]))
    elif isinstance(value, np.ndarray | int | float | complex | np.number | np.bool_):
        yield _rounded(value)
    elif isinstance(value, str):
        yield value.encode("utf-8", "surrogatepass")
    else:
        yield type(value).__name__


def _rounded(value: Any) -> bytes:
    try:
        numbers = np.asarray(value, complex).ravel().view(float)
    except (OverflowError, TypeError, ValueError):
        return hash(value).to_bytes(8, "big", signed=True)
    with np.errstate(all="ignore"):
        mantissa, exponent = np.frexp(np.where(np.abs(numbers) < _NOTHING, 0.0, numbers))
        return (np.ldexp(np.round(mantissa * _SCALE), exponent) + 0.0).tobytes()


def _values(tree: Tree) -> Iterator[bytes]:
    """The values of a formula at a few points that its names decide, or its form where it has none there."""
    try:
        program, budget = balls.compile_trees([tree]), balls.Budget(_WORK)
        with balls.precision(_BITS):
            found = [program.run(_point(tree, number, budget))[0] for number in range(_POINTS)]
            numbers = [complex(acb(each)) for each in found]
    except Exception:  # nothing that a formula does is worth more than its form
        yield tree.digest
    else:
        yield from map(_rounded, numbers)


def _point(tree: Tree, number: int, budget: balls.Budget) -> balls.Point:
    def value(name: str, key: str = "") -> Any:
        found = hashlib.blake2b(f"{number} {name} {key}".encode("utf-8", "surrogatepass"), digest_size=4).digest()
        return balls.exact(1 + int.from_bytes(found, "big") % 997) / 1000

    names = expression.free_names(tree, ("Symbol",))
    return balls.Point({name: value(name) for name in names}, value, {}, budget)
