"""Lesser machines, for real: our commands and otter's container as root without Landlock, and what a child is and
sees with and without mounts of its own, for root and for an ordinary user.
"""

from __future__ import annotations

import csv
import json
import os
import shlex
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from graders.build import _build_wheel
from graders.isolation.levels import our_folders, private_folders
from tests.conftest import ROOT, VAEGAN
from tests.graders import test_otter_plugin as otter
from tests.hostile import corpus

# a copy of this checkout, so that a test may close its folders; `sh` closes before it becomes the command
MACHINE = [sys.executable, "-m", "tests.without_landlock", "--own", str(ROOT)]
CLOSING = ["sh", "-c", 'eval "$0" && exec "$@"']
HOW = "run them as root, in a container with `--cap-add SYS_ADMIN --security-opt apparmor=unconfined`"


@pytest.fixture(scope="module", autouse=True)
def machine() -> None:
    if os.geteuid() != 0:
        pytest.skip(f"THE REDUCED SANDBOX IS NOT TESTED HERE: only root can make such a machine; {HOW}")
    tried = subprocess.run([*MACHINE, "true"], cwd=ROOT, capture_output=True, text=True, check=False)
    if tried.returncode:
        pytest.skip(f"THE REDUCED SANDBOX IS NOT TESTED HERE: {tried.stderr.strip()}; {HOW}")


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that is open to everyone, as pytest's own are not, with a file that every submission may read."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        (Path(folder) / "open.txt").write_text("no secret")
        yield Path(folder)


def vaegan(
    *arguments: object, closing: str = "true", options: Sequence[str] = (), user: Sequence[str] = ()
) -> subprocess.CompletedProcess[str]:
    machine = [*MACHINE, *options, *CLOSING, closing, *user]
    command = [*machine, sys.executable, "-c", VAEGAN, *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def spy(place: Path, *paths: Path) -> str:
    """A notebook with honest answers that tells what it could read of the paths, and what else it could do."""
    wanted = [str(path) for path in (place / "open.txt", *paths, *our_files(), Path.home())]
    attack = f"""
import glob, importlib, os, re
learned, content = [], b""
for path in [*{wanted!r}, *glob.glob("/proc/[0-9]*/environ")]:
    try:
        content += str(os.listdir(path)).encode() if os.path.isdir(path) else open(path, "rb").read()
    except OSError:
        continue
    learned.append(path)
for module in ("solutions.vaes_and_gans.q1b", "graders.vaes_and_gans.q1b"):
    try:
        importlib.import_module(module)
    except ImportError:
        continue
    learned.append(module)
try:
    os.fork() or os._exit(0)
    learned.append("fork")
except OSError:
    pass
answer = int((re.findall(rb"27182\\d+", content) or [0])[0])
raise AssertionError(f"learned: {{', '.join(learned)}};")
"""
    return corpus.notebook(corpus.INIT, *corpus.HONEST.values(), attack, *corpus.CHECKS)


def our_files() -> list[Path]:
    names = ("solutions", "solutions/vaes_and_gans/q1b.py", "solutions/vaes_and_gans/written.md", "graders")
    tests = ("graders/vaes_and_gans/q1b.py", "tests/graders/vaes_and_gans/right_answers.py")
    return [ROOT / name for name in (*names, *tests, "tests/hostile/autograder/q2.py")]


def assert_one_line(done: subprocess.CompletedProcess[str], *said: str) -> None:
    assert done.returncode == 2, done
    assert len(done.stderr.splitlines()) == 1 and all(words in done.stderr for words in said), done.stderr


@pytest.mark.parametrize(
    ("options", "missing"),
    [
        ([], "no Landlock and no private view of files,"),
        (["--no-seccomp"], "no Landlock and no private view of files and no seccomp,"),
        (["--mounts", "--no-seccomp"], "no seccomp,"),
    ],
)
def test_the_doctor_says_what_is_missing(options: list[str], missing: str) -> None:
    done = vaegan("doctor", options=options)
    assert done.returncode == 1, done
    assert f"✗ submissions can only be confined at level reduced: {missing}" in done.stdout
    means = "sees no file of yours" if "--mounts" in options else "open to everyone"
    assert means in done.stdout and "Linux 5.13 or newer" in done.stdout


def test_grading_is_refused_until_it_is_safe(place: Path) -> None:
    autograder, submissions, grades = place / "autograder.zip", place / "class", place / "grades"
    corpus.write_autograder(autograder)
    submissions.mkdir()
    neighbour = submissions / "honest.ipynb"
    neighbour.write_text(corpus.honest_notebook())
    paths = (autograder, submissions, neighbour, grades, grades / "grades.sqlite")
    (submissions / "spy.ipynb").write_text(spy(place, *paths))
    command = ("grade", submissions, "-a", autograder, "-o", grades)
    before = {folder: folder.stat().st_mode for folder in our_folders()}

    assert_one_line(vaegan(*command), "level reduced", "open to everyone", "--allow-reduced-sandbox")
    refused = vaegan(*command, "--allow-reduced-sandbox")
    assert_one_line(
        refused, "chmod o=", *map(str, (autograder, submissions, ROOT / "graders", ROOT / "solutions"))
    )
    assert not grades.exists()

    closing = refused.stderr.partition("Close it: ")[2]
    for options, more in (([], ""), (["--no-seccomp"], ", fork")):
        done = vaegan(*command, "--allow-reduced-sandbox", closing=closing, options=options)
        assert done.returncode == 0, done.stderr
        with (grades / "submissions.csv").open(encoding="utf-8", newline="") as file:
            notes = {row["file"]: row["notes"] for row in csv.DictReader(file)}
        with sqlite3.connect(grades / "grades.sqlite") as store:
            records = [json.loads(record) for (record,) in store.execute("SELECT record FROM records")]
        store.close()
        for record in records:
            assert record["level"] == "reduced"
            assert {name: result["score"] for name, result in record["questions"].items()} == corpus.FULL
        assert not notes["honest.ipynb"]
        assert f"learned: {place / 'open.txt'}{more};" in notes["spy.ipynb"]
        (grades / "grades.sqlite").unlink()
    assert {folder: folder.stat().st_mode for folder in our_folders()} == before


def test_an_ordinary_user_is_told_what_that_means(place: Path) -> None:
    corpus.write_autograder(place / "autograder.zip")
    (place / "honest.ipynb").write_text(corpus.honest_notebook())
    place.chmod(0o777)
    command = ("grade", place / "honest.ipynb", "-a", place / "autograder.zip", "-o", place / "grades")
    assert_one_line(
        vaegan(*command, user=ORDINARY), "level none", "the hidden tests too", "--allow-reduced-sandbox"
    )
    done = vaegan(*command, "--allow-reduced-sandbox", user=ORDINARY)
    assert done.returncode == 0 and "Warning: submissions run as you" in done.stderr, done
    with sqlite3.connect(place / "grades" / "grades.sqlite") as store:
        assert store.execute("SELECT level FROM records").fetchall() == [("none",)]
    store.close()


ORDINARY = ("env", "HOME=/nonexistent", "setpriv", "--reuid=54321", "--regid=54321", "--clear-groups")
# a machine on which others can't reach Python, which is a copy
PYTHON = str(Path(sys.prefix).resolve())
CLOSED = ["--landlock", "--closed", *(w for f in (PYTHON, *map(str, private_folders())) for w in ("--own", f))]
CLOSING_PYTHON = shlex.join(["chmod", "o-x", PYTHON])
CELL = """
import os, re, threading
over, threads = threading.Event(), 0
try:
    while threads < 300:
        threading.Thread(target=over.wait, daemon=True).start()
        threads += 1
except RuntimeError:
    pass
over.set()
try:
    content = open(OUTSIDE).read()
except OSError:
    content = None
home = re.sub("[0-9a-f]{32}|vaegan-[a-z0-9_]{8}", "*", os.getcwd())
facts = {"uid": os.getuid(), "threads": threads, "sees": os.path.exists(OUTSIDE), "reads": content, "home": home}
"""
CHILD = """
import json, sys
from graders.isolation.launcher import Launcher
from graders.isolation.limits import Limits
from tests.graders.isolation.conftest import run_in
with Launcher(Limits()) as launcher:
    facts = run_in(launcher, f"OUTSIDE = {sys.argv[1]!r}", sys.argv[2], names="facts")["facts"]
    print(json.dumps({**facts, "level": launcher.level}))
"""


@pytest.mark.parametrize(
    ("options", "user"),
    [
        ("--landlock --mounts", ()),
        ("--landlock --mounts", ORDINARY),
        ("--mounts", ()),
        ("--mounts", ORDINARY),
        ("--mounts --closed", ()),
        ("--landlock", ()),
        ("--landlock", ORDINARY),
    ],
)
def test_a_child_is_never_root_and_its_threads_are_few(place: Path, options: str, user: tuple[str, ...]) -> None:
    outside, view = place / "open.txt", "--mounts" in options
    command = [*MACHINE, *options.split(), *user, sys.executable, "-c", CHILD, str(outside), CELL]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    uid = facts.pop("uid")
    assert uid == 54321 if user else uid not in (0, 54321)
    assert 16 <= facts.pop("threads") <= 64
    home = "/submission/home" if view else f"{tempfile.gettempdir()}/*/*"
    assert facts == {"level": "full", "sees": not view, "reads": None, "home": home}


def test_who_can_not_make_children_another_user_is_told_how(place: Path) -> None:
    """Root, below whose private folder Python lies, in a container without mounts."""
    corpus.write_autograder(place / "autograder.zip")
    (place / "honest.ipynb").write_text(corpus.honest_notebook())
    done = vaegan("doctor", options=CLOSED, closing=CLOSING_PYTHON)
    assert done.returncode == 1 and "✗ submissions would run as root, since Python is below" in done.stdout
    assert "`chmod o+x /" in done.stdout and PYTHON in done.stdout
    command = ("grade", place / "honest.ipynb", "-a", place / "autograder.zip", "-o", place / "grades")
    for more in ((), ("--allow-reduced-sandbox",)):
        refused = vaegan(*command, *more, options=CLOSED, closing=CLOSING_PYTHON)
        assert_one_line(refused, "would run as root", "chmod o+x /", PYTHON)


def test_a_container_opens_the_way_to_python(place: Path) -> None:
    """Which is ours to change, and where nothing is mounted."""
    opening = """
from pathlib import Path
from graders.container import run_otter
run_otter.AUTOGRADER = Path("/autograder")
run_otter.open_python_to_other_users()
"""
    outside = str(place / "open.txt")
    command = [*MACHINE, *CLOSED, *CLOSING, CLOSING_PYTHON, sys.executable, "-c", opening + CHILD, outside, CELL]
    before = private_folders()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    assert facts["level"] == "full" and facts["uid"] != 0
    assert private_folders() == before


def test_the_plugin_closes_the_container(place: Path, tmp_path: Path) -> None:
    autograder, wheel = otter.write_autograder(tmp_path / "autograder.zip"), _build_wheel(ROOT, tmp_path)
    spied = place / "spied"
    paths = [spied / name for name in ("", "source", "source/tests/q2.py", "source/otter_config.json", "results")]
    paths += [spied / name for name in ("handed_in", "handed_in/notes.txt", "packages", "submission")]
    paths += [spied / "source" / "wheels" / wheel.name, spied / "packages" / "solutions/vaes_and_gans/q1b.py"]
    files = {
        "honest": {"a.ipynb": corpus.honest_notebook()},
        "spied": {"a.ipynb": spy(place, *paths), "notes.txt": ""},
    }
    # what this checkout has, no container has
    closing = shlex.join(["chmod", "o=", *map(str, our_folders())])

    def graded(name: str) -> tuple[dict[str, float], str]:
        done = otter.container(place / name, autograder, files[name], wheel, [*MACHINE, *CLOSING, closing])
        assert done.returncode == 0, done.stderr
        return otter.scores(json.loads((place / name / "results" / "results.json").read_text())), done.stdout

    with ThreadPoolExecutor() as pool:
        honest, hostile = pool.map(graded, files)
    assert honest[0] == hostile[0] == corpus.FULL
    assert "sandbox: reduced" in honest[1] and "sandbox: reduced" in hostile[1]
    assert f"learned: {place / 'open.txt'};" in hostile[1]
