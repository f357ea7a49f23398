"""Cells with IPython's semantics, in the student's process: magics, `display`, last values, top-level await.

IPython itself runs them, with what reaches out of the process made harmless: shell commands and installers are
noted and skipped, as notebooks that begin with `!pip install` must still be graded, figures are never rendered,
and nobody is there to answer `input()`. `otter` is a stand-in whose `check` has its question asked and shows
nothing.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import copy
import io
import itertools
import sys
import types
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from IPython.core.formatters import DisplayFormatter
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from graders.isolation import stubs
from graders.isolation.stubs import Stubs

_SKIPPED_MAGICS = (
    "matplotlib",
    "pip",
    "conda",
    "mamba",
    "uv",
    "sx",
    "system",
    "load_ext",
    "history",
    "save",
    "notebook",
)
_SKIPPED_CELL_MAGICS = (
    "bash",
    "sh",
    "script",
    "html",
    "HTML",
    "javascript",
    "js",
    "latex",
    "markdown",
    "svg",
    "perl",
    "ruby",
)


@dataclass(frozen=True)
class Ran:
    """How a cell ended: without error, or with the type, the text and the student's line of one."""

    error: str | None = None
    text: str = ""
    line: int | None = None


class Nowhere(io.TextIOBase):
    """Where cells and functions print to: nobody reads it."""

    def writable(self) -> bool:
        """Always."""
        return True

    def write(self, text: str) -> int:
        """Forget the text."""
        return len(str(text))


class InputNotAvailable(RuntimeError):
    """A notebook that is graded has nobody to ask."""


class _Blind(DisplayFormatter):
    """Formats nothing, so that `display` and the value of a cell show nothing."""

    def format(self, obj: Any, include: Any = None, exclude: Any = None) -> tuple[dict[str, Any], dict[str, Any]]:
        """No format is known."""
        return {}, {}


class Shell(InteractiveShell):
    """IPython without a terminal, a history, or a shell to run commands in.

    Two things cost less than in IPython: a stub that nobody touched overwrites no answer, and an import that fails
    costs the statements that need it, not the rest of their cell.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)  # type: ignore[no-untyped-call]
        self.released: Stubs = {}
        self.missing: BaseException | None = None
        """What the first statement of the present cell raised that failed for want of an import."""
        self._absent: set[str] = set()
        """Names that are not there for want of an import."""
        self._unanswered: dict[str, tuple[Any, Any]] = {}

    def untouched(self, name: str) -> bool:
        """Whether a name is still what its stub made it."""
        if name not in self._unanswered:
            return False
        made, contents = self._unanswered[name]
        # some answers are filled into what the stub made
        return self.user_ns.get(name) is made and (not isinstance(made, dict | list) or made == contents)

    async def run_ast_nodes(
        self,
        nodelist: list[ast.stmt],
        cell_name: str,
        interactivity: str = "last_expr",
        compiler: Any = compile,
        result: Any = None,
    ) -> bool:
        """Run the statements of a cell one after another; True where one of them failed."""
        for node in itertools.chain.from_iterable(map(_singly, nodelist)):
            name = stubs.stubbed(node, self.released)
            if name is not None and name in self.user_ns and not self.untouched(name):
                continue
            how = interactivity if node is nodelist[-1] else "none"
            failed = await super().run_ast_nodes([node], cell_name, how, compiler, result)
            if name is not None and not failed:
                made = self.user_ns.get(name)
                self._unanswered[name] = made, copy.copy(made)
            if failed and not self._excused(node, result):
                return True
        return False

    def _excused(self, node: ast.stmt, result: Any) -> bool:
        """Take a statement that failed for want of an import off the result of its cell, if it is one."""
        error = result.error_in_exec
        if isinstance(node, ast.Import | ast.ImportFrom):
            excused = isinstance(error, ImportError)
        else:
            name = error.name if isinstance(error, NameError) else None
            # anybody may raise a NameError, with a name that is not even hashable
            excused = type(name) is str and name in self._absent and name not in self.user_ns
        if excused:
            self._absent.update(_bound(node))
            self.missing = self.missing or error
            result.error_in_exec = None
        return excused

    def init_history(self) -> None:
        """Keep none: it is a database with a thread of its own."""
        super().init_history()  # type: ignore[no-untyped-call]
        assert self.history_manager is not None
        self.history_manager.enabled = False

    def _tee(self, channel: str) -> contextlib.AbstractContextManager[None]:  # type: ignore[override]
        """Keep no second copy of the output, which would have no limit."""
        return contextlib.nullcontext()

    def init_display_formatter(self) -> None:
        """Show nothing: nobody looks, and the representations of a class of the student are code."""
        self.display_formatter = _Blind(parent=self)

    def transform_cell(self, raw_cell: str) -> str:
        """Leave what is Python as it is: only a single line could mean a magic nevertheless."""
        if "\n" in raw_cell.strip():
            with contextlib.suppress(SyntaxError, ValueError, MemoryError, RecursionError):
                ast.parse(raw_cell)
                return raw_cell if raw_cell.endswith("\n") else f"{raw_cell}\n"
        return super().transform_cell(raw_cell)  # type: ignore[no-any-return, no-untyped-call]

    def system(self, cmd: str) -> None:
        """Skip a shell command."""
        print(f"[not run while grading: {cmd}]")

    def getoutput(self, cmd: str, split: bool = True, depth: int = 0) -> list[str]:
        """Skip a shell command."""
        self.system(cmd)
        return []

    def ask_exit(self) -> None:
        """Go on: `quit` in a cell is no reason to lose the cells after it."""

    def enable_gui(self, gui: Any = None) -> None:
        """There is none."""

    def showtraceback(self, *args: Any, **kwargs: Any) -> None:
        """Leave errors to the result of the cell."""

    def showsyntaxerror(self, *args: Any, **kwargs: Any) -> None:
        """Leave errors to the result of the cell."""


def _singly(node: ast.stmt) -> list[ast.stmt]:
    """An import of several names as imports of one each."""
    if not isinstance(node, ast.Import | ast.ImportFrom) or len(node.names) == 1:
        return [node]
    parts: list[ast.stmt] = [
        ast.Import([name]) if isinstance(node, ast.Import) else ast.ImportFrom(node.module, [name], node.level)
        for name in node.names
    ]
    return [ast.copy_location(part, node) for part in parts]


def _bound(node: ast.stmt) -> list[str]:
    """The names that a statement would have bound at the top level."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [name.asname or name.name.partition(".")[0] for name in node.names]
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    return [each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)]


def make_shell() -> Shell:
    """The one shell of this process, made once in the zygote; each child then has its own copy."""
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "NoColor"
    config.InteractiveShell.xmode = "Minimal"
    shell = Shell.instance(config=config)
    for name in _SKIPPED_MAGICS:
        shell.register_magic_function(_skip_line, "line", name)  # type: ignore[arg-type]
    for name in (*_SKIPPED_CELL_MAGICS, "system", "sx"):
        shell.register_magic_function(_skip_cell, "cell", name)  # type: ignore[arg-type]
    builtins.input = _no_input
    return shell


def _skip_line(line: str) -> None:
    """Do nothing."""


def _skip_cell(line: str, cell: str) -> None:
    """Do nothing."""


def _no_input(prompt: object = "") -> str:
    raise InputNotAvailable("input() has nobody to ask while a notebook is graded")


def install_grader(check: Callable[[str], None]) -> None:
    """Put a stand-in for `otter` in place whose `Notebook.check` calls `check` with the question's name."""

    class Notebook:
        """What a notebook needs of otter while it is graded."""

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            pass

        def check(self, question: Any, *args: Any, **kwargs: Any) -> None:
            """Have the question asked; what comes of it is not known here."""
            check(str(question))

        def check_all(self, *args: Any, **kwargs: Any) -> None:
            """Do nothing, as in otter's grading mode."""

        def __getattr__(self, name: str) -> Callable[..., None]:
            if name.startswith("__"):
                raise AttributeError(name)
            return lambda *args, **kwargs: None

    module = types.ModuleType("otter")
    module.Notebook = Notebook  # type: ignore[attr-defined]
    module.__version__ = "7.0.0"  # type: ignore[attr-defined]
    sys.modules["otter"] = module


def run(shell: Shell, source: str) -> Ran:
    """Run one cell; whatever it raises is how it ended."""
    shell.missing = None
    result = shell.run_cell(source, store_history=True)  # type: ignore[no-untyped-call]
    error = shell.missing or result.error_before_exec or result.error_in_exec
    return Ran() if error is None else Ran(type(error).__name__[:100], _text(error), line_of(error))


def _text(error: BaseException) -> str:
    try:
        return str(error)[:2000]
    except Exception:
        return ""


def line_of(error: BaseException) -> int | None:
    """The innermost line of the student's own code that an exception came through."""
    if isinstance(error, SyntaxError) and isinstance(error.lineno, int):
        return error.lineno
    line, trace = None, error.__traceback__
    while trace is not None:
        if (
            "ipykernel_" in trace.tb_frame.f_code.co_filename
            or "<ipython-input" in trace.tb_frame.f_code.co_filename
        ):
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def silence_figures() -> None:
    """`show` is for people; without one it would only warn."""
    import matplotlib.pyplot as plt

    plt.show = lambda *args, **kwargs: None
