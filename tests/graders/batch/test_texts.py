"""Notebooks as other tools write them as text, and texts that nobody wrote for a reader."""

from __future__ import annotations

import contextlib
import time
from typing import Any

import jupytext
import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbconvert.exporters import MarkdownExporter, PythonExporter

from graders.batch import notebooks, texts
from graders.batch.documents import NotReadable
from graders.build import Distribution

PROSE = "# Why\n\nBecause $p_r > 0$."
CODE = [
    "import numpy as np",
    'def kl(p, q):\n    """Nats.\n\n# no cell\n\n    """\n\n    return np.sum(p)\n\n\nx = [\n    1,\n\n]',
    "try:\n    y = 1\n\nexcept ValueError:\n    y = 2",
    'grader.check("q1")',
]


def notebook() -> nbformat.NotebookNode:
    cells = [nbformat.v4.new_code_cell(code) for code in CODE]
    cells.insert(1, nbformat.v4.new_markdown_cell(PROSE))
    made: nbformat.NotebookNode = nbformat.v4.new_notebook(cells=cells)
    made.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    made.metadata["language_info"] = {"name": "python", "file_extension": ".py"}
    return made


@pytest.mark.parametrize(
    ("form", "suffix"),
    [
        ("py:percent", ".py"),
        ("py:hydrogen", ".py"),
        ("py:light", ".py"),
        ("md", ".md"),
        ("Rmd", ".Rmd"),
        ("md:myst", ".md"),
    ],
)
def test_what_jupytext_writes_is_read(form: str, suffix: str) -> None:
    written = jupytext.writes(notebook(), fmt=form)
    read = notebooks.read(written.encode(), f"a{suffix}")
    assert [source for source in read.code if source.strip("# \n")] == CODE
    assert PROSE in [cell.source for cell in read.cells if cell.kind == "markdown"]


def test_saved_as_script_and_as_markdown_by_jupyter() -> None:
    script, _ = PythonExporter().from_notebook_node(notebook())
    read = notebooks.read(script.encode(), "a.py")
    assert list(read.code) == CODE
    assert PROSE in [cell.source for cell in read.cells if cell.kind == "markdown"]
    markdown, _ = MarkdownExporter().from_notebook_node(notebook())
    assert list(notebooks.read(markdown.encode(), "a.md").code) == CODE


def test_quarto_is_read() -> None:
    quarto = "---\ntitle: x\n---\n\nText\n\n```{python}\n#| echo: false\nx = 1\n```\n\n```{r}\ny\n```\n"
    assert notebooks.read(quarto.encode(), "a.qmd").code == ("#| echo: false\nx = 1",)


def test_the_whole_tutorial_as_a_script_is_read(built: Distribution) -> None:
    original = nbformat.read(built.student_notebook, as_version=4)
    code = [cell.source for cell in original.cells if cell.cell_type == "code"]
    for form, suffix in (("py:percent", ".py"), ("py:light", ".py"), ("md", ".md"), ("Rmd", ".Rmd")):
        read = notebooks.read(jupytext.writes(original, fmt=form).encode(), f"a{suffix}")
        assert [source for source in read.code if source.strip("# \n")] == code, form


def test_tags_are_read() -> None:
    percent = '# %% [markdown] tags=["otter_answer_cell", "b"]\n# because\n# %% tags=["c"]\nx = 1\n'
    found = notebooks.read(percent.encode(), "a.py").cells
    assert [(cell.kind, sorted(cell.tags)) for cell in found] == [
        ("markdown", ["b", "otter_answer_cell"]),
        ("code", ["c"]),
    ]
    myst = "```{code-cell} ipython3\n:tags: [c]\n\nx = 1\n```\n"
    assert notebooks.read(myst.encode(), "a.md").cells[0] == notebooks.Cell("code", "x = 1", frozenset({"c"}))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty"),
        (b"\xff\xfe\x00", "no text"),
        (b"# only words\n", "no Python"),
        (b"x = 1\n" * (1 << 20), "more than 4 MiB"),
        (b"#%%\nx\n" * 6_000, "more than 5000 cells"),
    ],
)
def test_what_is_no_script_is_refused(content: bytes, why: str) -> None:
    with pytest.raises(NotReadable, match=why):
        notebooks.read(content, "a.py")


@pytest.mark.parametrize(
    ("unit", "suffix"), [("ab\n\n", ".py"), ("# %%\nab\n", ".py"), ("```py\na\n```\n", ".md"), ("a\n\n\n", ".md")]
)
def test_of_too_many_cells_not_all_are_read(unit: str, suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[notebooks.Cell] = []

    def cell(*values: Any) -> notebooks.Cell:
        made.append(notebooks.Cell(*values))
        return made[-1]

    monkeypatch.setattr(texts, "Cell", cell)
    with pytest.raises(NotReadable, match="more than 5000 cells"):
        texts.read(unit.encode() * 20_000, suffix)
    assert len(made) < 25_000


HEADERS = {
    "aliases": "a: &a [x]\nb: &b [*a, *a, *a, *a, *a, *a, *a]\nc: [*b, *b, *b, *b]",
    "object": "!!python/object/apply:os.system [touch hacked]",
    "format": "jupytext:\n  text_representation:\n    format_name: pandoc",
}


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
def test_a_header_is_not_read(header: str) -> None:
    commented = "\n".join(f"# {line}" for line in ["---", *header.split("\n"), "---"])
    assert notebooks.read(f"{commented}\n\nx = 1\n".encode(), "a.py").code == ("x = 1",)
    assert notebooks.read(f"---\n{header}\n---\n\n```python\nx = 1\n```\n".encode(), "a.md").code == ("x = 1",)


@pytest.mark.parametrize(
    "unit",
    ['"""', "'\"", '"\\"', "# %%\n", "\n\na", "```\n", "```python\n", "tags=[", '"', "\\", "# ---\n", "---\n"],
)
@pytest.mark.parametrize("suffix", [".py", ".md"])
def test_time_grows_as_the_text_does(unit: str, suffix: str) -> None:
    start = time.process_time()
    for begin in ("", "# %%", "```python ", '# %% [markdown]\n"""', "# + "):
        with contextlib.suppress(NotReadable):
            texts.read((begin + unit * (200_000 // len(unit)) + "\nx = 1\n").encode(), suffix)
    assert time.process_time() - start < 5


@given(st.text(alphabet="#%+- \n\"'`{}python[]markdown:=\\", max_size=200), st.sampled_from([".py", ".md"]))
def test_any_text_is_read_or_refused(text: str, suffix: str) -> None:
    try:
        cells = texts.read(text.encode(), suffix)
    except NotReadable:
        return
    assert all(cell.source.strip() for cell in cells)
