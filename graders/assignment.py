"""An assignment on the instructor's side: where its three folders are and what its contract says."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from graders.errors import SetupError

FOLDERS = ("assignments", "solutions", "graders")


@dataclass(frozen=True)
class Part:
    """One part of the sheet: auto-graded by the names that it asks for, or written where it asks for none."""

    name: str
    points: float
    names: tuple[str, ...]

    @property
    def written(self) -> bool:
        """Whether a person marks this part."""
        return not self.names


@dataclass(frozen=True)
class Assignment:
    """The contract of an assignment (`assignment.toml`) and the places of its files."""

    name: str
    title: str
    points: float
    parts: tuple[Part, ...]
    root: Path

    @property
    def folder(self) -> Path:
        """Where the template is."""
        return self.root / "assignments" / self.name

    @property
    def contract(self) -> Path:
        """The file that says which parts there are, what they give and what they ask for."""
        return self.folder / "assignment.toml"

    @property
    def template(self) -> Path:
        """The text notebook that the instructor edits."""
        return self.folder / f"{self.name}.md"

    @property
    def requirements(self) -> Path:
        """What a student installs."""
        return self.folder / "requirements.txt"

    @property
    def written(self) -> Path:
        """The model answers and rubrics of the written parts."""
        return self.root / "solutions" / self.name / "written.md"

    @property
    def seed(self) -> Path:
        """The number that decides the hidden inputs: drawn once, and not published with the sources."""
        return self.root / "solutions" / self.name / "seed.txt"

    @property
    def graded(self) -> tuple[Part, ...]:
        """The auto-graded parts, in the order of the sheet."""
        return tuple(part for part in self.parts if not part.written)

    @property
    def graded_points(self) -> float:
        """The points that the autograder gives."""
        return sum(part.points for part in self.graded)

    def solution(self, part: Part) -> Path:
        """The reference module of a part."""
        return self.root / "solutions" / self.name / f"{part.name}.py"

    def tests(self, part: Part) -> Path:
        """The otter test file of a part."""
        return self.root / "graders" / self.name / f"{part.name}.py"


def find_root(start: Path | None = None) -> Path:
    """The checkout that `start` (default: the working folder) lies in."""
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if all((folder / name).is_dir() for name in FOLDERS):
            if folder != Path(__file__).resolve().parents[1]:
                raise SetupError(f"vaegan is not installed from {folder}: run `make install` there.")
            return folder
    raise SetupError(
        f"{here} is not inside a vaegan checkout: change to the folder that holds {', '.join(FOLDERS)}/."
    )


def load(name: str | None = None, root: Path | None = None) -> Assignment:
    """The assignment `name`; without a name, the only one of the checkout.

    Raises SetupError when there is no such assignment or its contract cannot be read.
    """
    root = root or find_root()
    known = sorted(path.parent.name for path in root.glob("assignments/*/assignment.toml"))
    if name is None:
        if len(known) != 1:
            raise SetupError(f"Say which assignment: {', '.join(known) or 'there is none in assignments/'}.")
        name = known[0]
    if name not in known:
        raise SetupError(f"There is no assignments/{name}/assignment.toml; known: {', '.join(known) or 'none'}.")
    contract = root / "assignments" / name / "assignment.toml"
    try:
        data = tomllib.loads(contract.read_text(encoding="utf-8"))
        parts = tuple(
            Part(part, float(entry["points"]), tuple(entry.get("names", ())))
            for part, entry in data["parts"].items()
        )
        return Assignment(name, str(data["title"]), float(data["points"]), parts, root)
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError, UnicodeDecodeError) as error:
        raise SetupError(
            f"{contract}: {type(error).__name__} {error}. Mend the file; it needs title, points, parts."
        ) from error
