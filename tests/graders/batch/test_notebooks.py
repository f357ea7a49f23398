"""What no reader may cost, whatever it is given."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from graders.batch import notebooks
from graders.batch.notebooks import MAX_BYTES, Cell, NotReadable

FACE = "\N{GRINNING FACE}".encode()
# Reads what is named on its command line, as a worker does, and tells what became of it and how much it took.
READER = """
import json, re, sys
import numpy, sympy
from pathlib import Path
from graders.batch import notebooks, submissions
said = {}
for name in sys.argv[1:]:
    path = Path(name)
    content, digest = submissions.load(path)
    try:
        said[path.name] = f"{len(notebooks.read(content).cells)} cells"
    except notebooks.NotReadable as error:
        said[path.name] = str(error)
    del content
peak = int(re.search(r"VmHWM:\\s*(\\d+) kB", Path("/proc/self/status").read_text())[1]) << 10
print(json.dumps([peak, said]))
"""


def notebook(source: bytes, more: bytes = b"") -> bytes:
    return b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": ' + source + b"}]" + more + b"}"


def full(unit: bytes, times: int = MAX_BYTES) -> bytes:
    """A notebook with so many of these values as there is room for, or fewer, and a wide string in the rest."""
    times = min(times, (MAX_BYTES - 200) // len(unit))
    wide = FACE + b"a" * (MAX_BYTES - 200 - times * len(unit))
    return notebook(b'""', b', "x": [' + unit * times + b'0], "y": "' + wide + b'"')


def zipped(content: bytes, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """As large a zip as may be handed in, with a notebook in it."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        archive.writestr("a.ipynb", content)
        archive.writestr(zipfile.ZipInfo("beside.pdf"), bytes(60 << 20))
    return file.getvalue()


def packed_by_bzip2() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("a.ipynb", bytes(MAX_BYTES + 1))
    return file.getvalue()


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "dicts.ipynb": (lambda: full(b"{},"), "too many values"),
    "numbers.ipynb": (lambda: full(b"-99,"), "too many values"),
    "nested.ipynb": (lambda: b"[" * MAX_BYTES, "too many values"),
    "backslashes.ipynb": (lambda: b"\\" * MAX_BYTES, "no valid JSON"),
    "just-dicts.ipynb": (lambda: full(b'{"":1},', 370_000), "1 cells"),
    "just-numbers.ipynb": (lambda: full(b"-99,", 4_000_000), "1 cells"),
    "wide.zip": (lambda: zipped(notebook(b'["\\ud800' + FACE + b"a" * (MAX_BYTES - 99) + b'"]')), "1 cells"),
    "bzip2.zip": (packed_by_bzip2, "packed in an unknown way"),
    "lzma.zip": (lambda: zipped(bytes(MAX_BYTES + 1), zipfile.ZIP_LZMA), "larger than 64 MiB"),
    "entries.zip": (lambda: (b"PK\x01\x02" + bytes(42)) * (MAX_BYTES // 46), "more than 1000 files"),
}


def test_no_file_takes_a_gigabyte(tmp_path: Path) -> None:
    for name, (content, _) in HOSTILE.items():
        (tmp_path / name).write_bytes(content())
    with (tmp_path / "sparse.ipynb").open("wb") as file:
        file.truncate(2 << 30)
    names = [*HOSTILE, "sparse.ipynb"]
    command = [sys.executable, "-c", READER, *(str(tmp_path / name) for name in names)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    peak, said = json.loads(done.stdout)
    for name, (_, expected) in HOSTILE.items():
        assert expected in said[name], name
    assert said["sparse.ipynb"] == "larger than 64 MiB"
    assert peak < 1 << 30


def outputs(data: Any) -> bytes:
    cell = {"cell_type": "code", "source": ["x = 1\n", "y"], "outputs": [{"data": data}]}
    return json.dumps({"nbformat": 4, "cells": [cell]}).encode()


@pytest.mark.parametrize(
    "data",
    [
        {"image/png": "iVBORw0KGgo" * 5_000_000},
        {"text/html": 'var a={b:[1,2,{"c":"d\\\\"}]};' * 1_000_000},
        {"text/plain": ["epoch 17, loss [0.25, 0.5]\n"] * 500_000},
        {"application/vnd.plotly.v1+json": {"data": [[0.5] * 1000] * 2_000}},
        {"application/json": [{"x": 1, "y": "two"}] * 200_000},
    ],
    ids=lambda data: str(*data),
)
def test_large_outputs_are_no_reason_to_refuse(data: Any) -> None:
    content = outputs(data)
    assert 4 << 20 < len(content) < MAX_BYTES
    assert notebooks.read(content).code == ("x = 1\ny",)


def test_lone_surrogates_are_replaced() -> None:
    assert notebooks.read(notebook(rb'["a = \"\ud800", "\ud83d\ude00\""]')).code == ('a = "?\N{GRINNING FACE}"',)


def test_zips_are_told_apart() -> None:
    with pytest.raises(NotReadable, match="No gradable files"):
        notebooks.read(b"PK\x05\x06" + bytes(18))
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA):
        assert notebooks.read(zipped(notebook(b'"x"'), method)).code == ("x",)


def test_a_copy_that_ran_once_more_is_the_same_notebook() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for count in (1, 7):
            cell = {"cell_type": "code", "source": "x = 1", "execution_count": count}
            archive.writestr(f"copy{count}.ipynb", json.dumps({"nbformat": 4, "cells": [cell]}))
    assert notebooks.read(packed.getvalue()).code == ("x = 1",)


def test_cells_of_both_formats_are_one_list() -> None:
    new = [
        {"cell_type": "markdown", "source": ["# Q\n", "because"], "metadata": {"tags": ["otter_answer_cell", 1]}},
        {"cell_type": "code", "source": "x = 1"},
        {"cell_type": "raw", "source": "x"},
        {"cell_type": "code", "source": "x = 2", "metadata": {"tags": ["otter_ignore"]}},
    ]
    old = [
        {"cell_type": "heading", "level": 1, "source": "Q"},
        {"cell_type": "code", "input": ["x = 1"], "language": "python"},
    ]
    assert notebooks.read(json.dumps({"nbformat": 4, "cells": new}).encode()).cells == (
        Cell("markdown", "# Q\nbecause", frozenset({"otter_answer_cell"})),
        Cell("code", "x = 1"),
    )
    assert notebooks.read(json.dumps({"nbformat": 3, "worksheets": [{"cells": old}]}).encode()).cells == (
        Cell("markdown", "Q"),
        Cell("code", "x = 1"),
    )
