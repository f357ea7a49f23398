"""The children's view of the files, where this machine has one; `test_without_landlock.py` is about the others."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from graders.isolation import view
from graders.isolation.launcher import Launcher
from graders.isolation.limits import MIB
from tests.conftest import ROOT
from tests.graders.isolation.conftest import SHORT, Run, run_in


@pytest.fixture(autouse=True)
def there_is_a_view() -> None:
    if not view.available():
        pytest.skip("THE VIEW IS NOT TESTED HERE: it needs root with CAP_SYS_ADMIN, or user namespaces")


def test_what_lies_outside_does_not_exist(run: Run, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("x")
    outside = [
        *(
            "/proc/self",
            "/proc/1/cmdline",
            "/sys",
            "/dev/shm",
            "/dev/tty",
            "/etc/passwd",
            "/var",
            "/usr/bin",
            "/boot",
        ),
        *map(str, (secret, tmp_path, ROOT / "graders", ROOT / "solutions", ROOT / "pyproject.toml", __file__)),
    ]
    assert [path for path in outside if not os.path.lexists(path)] in ([], ["/dev/tty"])
    attack = f"""
import os
seen = []
for path in {outside!r}:
    for look in (os.stat, os.lstat, os.readlink, os.chdir, os.listdir, os.statvfs):
        try: look(path)
        except FileNotFoundError: continue
        except OSError as error: seen.append(f"{{path}}: {{error}}")
        else: seen.append(path)
    seen += [path] if os.access(path, os.F_OK) else []
"""
    assert run(attack, names="seen")["seen"] == []


def test_what_notebooks_need_late_is_there(run: Run) -> None:
    ran = run(
        "import sympy.physics.units, numpy.ma, html.parser, encodings.cp1252, unittest.mock",
        "import os, datetime, zoneinfo; berlin = zoneinfo.ZoneInfo('Europe/Berlin')",
        "winter = datetime.datetime(2026, 1, 1, tzinfo=berlin).utcoffset().seconds",
        "import matplotlib.pyplot as plt; plt.title('$x^2$ α', family='serif'); plt.savefig('a.svg')",
        "plt.gcf().canvas.draw(); open(os.devnull, 'w').write('x')",
        "random = len(open('/dev/urandom', 'rb').read(9))",
        "import tempfile; temporary = tempfile.mkdtemp(); cores = os.cpu_count()",
        names="winter random cores",
    )
    assert not [cell for cell in ran.cells if cell.error], ran.cells
    assert (ran["winter"], ran["random"]) == (3600, 9)
    assert ran["cores"] >= 1


@pytest.mark.parametrize(
    "filling",
    [
        "while True: file.write(bytes(1 << 20))",
        "while True: open(f'{len(os.listdir())}', 'wb').write(bytes(1 << 20))",
        "while True: os.mkdir(f'{len(os.listdir())}')",
        "while True: os.symlink('x' * 4000, f'{len(os.listdir())}')",
        "ctypes.CDLL(None, use_errno=True).posix_fallocate(file.fileno(), 0, 1 << 30); raise OSError",
    ],
)
def test_the_limit_on_files_holds_at_once(run: Run, filling: str) -> None:
    used = "(lambda s: (s.f_blocks - s.f_bfree) * s.f_frsize)(os.statvfs('.'))"
    ran = run(f"import ctypes, os\nfile = open('large', 'wb')\n{filling}", f"used = {used}", names="used")
    assert ran.cells[0].error == "OSError" and ran.cells[0].lost is None
    assert ran["used"] <= SHORT.files


def test_sparse_files_take_no_room(run: Run) -> None:
    ran = run(f"for n in range(10_000): open(f'f{{n}}', 'wb').truncate({7 * MIB})")
    assert ran.cells[0].error == "OSError" and ran.cells[0].lost is None


def test_nothing_of_one_child_is_seen_by_the_next(run: Run) -> None:
    cell = "import os; found = os.listdir('.') + os.listdir('..'); open('message', 'w').write('x')"
    for _ in range(2):
        assert run(cell, names="found")["found"] == ["home"]


def test_a_class_that_lies_among_the_libraries_is_covered(tmp_path: Path) -> None:
    """Also what is hidden and around Python itself does not hide Python."""
    hidden = Path(os.__file__).parent / "json"
    probe = "import os\ncontent = os.listdir(os.path.dirname(os.__file__) + '/json')\nimport sympy.physics.units"
    with Launcher(SHORT, [hidden, *Path(sys.prefix).parents[:-1], tmp_path]) as launcher:
        ran = run_in(launcher, probe, names="content")
        assert ran["content"] == [] and ran.cells[0].error is None


def test_a_view_has_links_and_no_more_than_was_planned(tmp_path: Path) -> None:
    library = tmp_path / "real" / "library"
    for folder in (library / "inner", library / "ours"):
        folder.mkdir(parents=True)
        (folder / "file").write_text("x")
    (library / "zip").write_text("x")
    (tmp_path / "real" / "beside").write_text("x")
    (tmp_path / "link").symlink_to("real/../real")
    place = tmp_path / "place"
    place.mkdir()
    shown = (str(tmp_path / "link" / "library"), "/dev/null")
    covered = (str(library / "ours"), str(library / "zip"), str(library / "nowhere"))
    code = f"""
import os
from pathlib import Path
from graders.isolation import view
view.begin()
view.build(view.read_plan(view.Plan({shown!r}, {covered!r}).dump()), Path({str(place)!r}))
view.enter(Path({str(place)!r}))
folder = Path({str(tmp_path)!r})
assert sorted(os.listdir(folder)) == ["link", "real"] and os.listdir(folder / "real") == ["library"]
library = folder / "link" / "library"
assert (library / "inner" / "file").read_text() == "x" and os.listdir(library / "ours") == []
assert (library / "zip").read_bytes() == b"" and sorted(os.listdir(library)) == ["inner", "ours", "zip"]
for path in (library / "new", library / "inner" / "file", Path("/new"), folder / "new", library / "ours" / "new"):
    try: path.write_text("y")
    except OSError: continue
    raise SystemExit(path)
assert sorted(os.listdir("/")) == sorted({{"dev", "submission", folder.parts[1]}})
"""
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
    assert (library / "inner" / "file").read_text() == "x" and not list(place.iterdir())
