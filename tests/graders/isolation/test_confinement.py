"""The sandbox itself, for real: as the user who runs the tests, and as an ordinary user where that is root."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from graders.errors import SetupError
from graders.isolation import confinement, landlock, levels, rubbish, seccomp
from graders.isolation.confinement import Ground
from graders.isolation.launcher import Launcher
from graders.isolation.levels import FULL, NONE, REDUCED, Capabilities
from graders.isolation.syscalls import ALLOWED, CONDITIONAL, PRETENDED
from tests.graders.isolation.conftest import SHORT, run_in

MACHINE = levels.capabilities()
PROBE = """
import os, socket, sys
facts = {"uid": os.getuid()}
def fails(call):
    try: return call() is None and False
    except OSError: return True
facts["reads"] = not fails(lambda: open(OUTSIDE).read())
facts["writes"] = not fails(lambda: open(OUTSIDE, "a"))
facts["forks"] = not fails(lambda: os.fork() or os._exit(0))
facts["sockets"] = not fails(lambda: socket.socket())
facts["own folder"] = not fails(lambda: open("x", "w").write("y"))
facts["environment"] = sorted(os.environ)
"""


def probe(level: str | None, outside: Path) -> dict[str, object]:
    with Launcher(SHORT, level=level) as launcher:
        facts = run_in(launcher, f"OUTSIDE = {str(outside)!r}", PROBE, names="facts")["facts"]
    assert isinstance(facts, dict)
    return {**facts, "level": launcher.level}


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    path = tmp_path / "outside"
    path.write_text("secret")
    path.chmod(0o666)
    return path


def test_this_machine_confines_fully() -> None:
    assert MACHINE.level == FULL, (
        f"THE SANDBOX IS NOT TESTED HERE: this kernel lacks something ({MACHINE}). Run the tests on Linux 5.13 "
        "or newer, with Landlock and seccomp."
    )


def test_full(outside: Path) -> None:
    facts = probe(None, outside)
    assert facts.pop("uid") is not None
    assert facts == {
        "level": FULL,
        "reads": False,
        "writes": False,
        "forks": False,
        "sockets": False,
        "own folder": True,
        "environment": ["HOME", "LC_ALL", "MPLBACKEND", "MPLCONFIGDIR", "PATH", "TMPDIR"],
    }


def test_lower_levels_say_what_they_are(outside: Path) -> None:
    facts = probe(NONE, outside)
    assert facts["level"] == NONE and facts["reads"] and facts["own folder"]


def test_an_ordinary_user_is_confined_as_well() -> None:
    if os.geteuid() != 0:
        pytest.skip("the other tests run as an ordinary user already")
    code = (
        "from tests.graders.isolation.test_confinement import probe; from pathlib import Path; import os; "
        "print(os.geteuid(), probe(None, Path('/etc/passwd')))"
    )
    # without capabilities this Python could not be read, where it lies below a private folder; the child drops it
    command = ["setpriv", "--reuid=54321", "--regid=54321", "--clear-groups"]
    command += [
        "--inh-caps=-all,+dac_read_search",
        "--ambient-caps=-all,+dac_read_search",
        sys.executable,
        "-c",
        code,
    ]
    with tempfile.TemporaryDirectory() as folder:  # pytest's own are closed to other users
        Path(folder).chmod(0o777)
        environment = {"TMPDIR": folder, "PATH": os.environ["PATH"], "HOME": "/nonexistent"}
        done = subprocess.run(
            command, env=environment, cwd=Path(__file__).parents[3], capture_output=True, text=True, check=False
        )
        left = list(Path(folder).iterdir())
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("54321 ")
    for fact in (
        "uid': 54321",
        "reads': False",
        "writes': False",
        "forks': False",
        "sockets': False",
        "level': 'full",
    ):
        assert fact in done.stdout
    assert not left


@pytest.mark.parametrize(
    ("machine", "level"),
    [
        (Capabilities(7, True, True, True, True), FULL),
        (Capabilities(7, True, True, True, False), FULL),
        (Capabilities(0, True, True, False, True), FULL),
        (Capabilities(0, True, False, False, True), FULL),
        (Capabilities(1, True, False, False, False), FULL),
        (Capabilities(7, True, True, False, False), NONE),
        (Capabilities(7, False, True, False, False), NONE),
        (Capabilities(0, True, True, True, False), REDUCED),
        (Capabilities(7, False, True, True, False), REDUCED),
        (Capabilities(0, False, True, False, True), REDUCED),
        (Capabilities(0, False, True, False, False), NONE),
        (Capabilities(7, False, False, True, True), NONE),
    ],
)
def test_levels(machine: Capabilities, level: str) -> None:
    assert machine.level == level
    assert level == FULL or machine.missing or (machine.root and not machine.other_user)


ALL_USERS = "         0          0 4294967295\n"


@pytest.mark.parametrize(
    ("machine", "uid_map", "user"),
    [
        (Capabilities(7, True, True, True), ALL_USERS, 0x70000064),
        (Capabilities(7, True, True, False, True), ALL_USERS, 0x70000064),
        (Capabilities(7, True, True, True), "0 100000 65536\n", 65435),
        (Capabilities(7, True, True, True), "0 1000 1\n1 100000 1000\n", 900),
        (Capabilities(7, True, True, False), ALL_USERS, None),
        (Capabilities(7, True, False, True, True), ALL_USERS, None),
    ],
)
def test_only_root_changes_the_user(machine: Capabilities, uid_map: str, user: int | None) -> None:
    assert confinement.user_for(100, Ground(machine, -1, uid_map)) == user


def test_what_is_open_to_everyone(tmp_path: Path) -> None:
    for folder in [tmp_path, *tmp_path.parents][:3]:
        assert not levels.open_to_everyone([folder]), "pytest closes its folders"
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made).resolve()
        inner, closed = folder / "inner", folder / "closed"
        inner.touch(0o644)
        closed.touch(0o640)
        paths = [inner, closed, folder, folder / "nowhere"]
        assert not levels.open_to_everyone(paths)
        for mode in (0o701, 0o705, 0o755):
            folder.chmod(mode)
            assert levels.open_to_everyone(paths) == [folder, inner]
        folder.chmod(0o704)  # names without a way to what they name
        assert levels.open_to_everyone(paths) == [folder]


def test_root_is_told_how_to_open_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(levels, "capabilities", lambda: Capabilities(0, True, True, False))
    monkeypatch.setattr(levels, "private_folders", lambda: [Path("/closed")])
    with pytest.raises(SetupError, match=r"run as root.*: chmod o\+x /closed$"):
        levels.check_level(reduced_is_fine=True)


def test_a_ruleset_opens_around_what_is_hidden(tmp_path: Path) -> None:
    library, ours = tmp_path / "library", tmp_path / "library" / "ours"
    ours.mkdir(parents=True)
    for folder in (library, ours):
        (folder / "file").write_text("x")
    (library / "other").mkdir()
    (library / "other" / "file").write_text("x")
    code = f"""
from pathlib import Path
from graders.isolation import kernel, landlock
rules = landlock.Ruleset()
rules.allow_reading(Path({str(library)!r}), [Path({str(ours)!r})])
kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
landlock.enforce(rules.descriptor)
import os
assert sorted(os.listdir({str(library)!r})) == ["file", "other", "ours"]
open({str(library / "file")!r}); open({str(library / "other" / "file")!r})
for path in ({str(ours / "file")!r}, "/etc/passwd"):
    try: open(path)
    except PermissionError: continue
    raise SystemExit(path)
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_no_number_is_listed_twice() -> None:
    for column in (0, 1):
        numbers = [pair[column] for table in (ALLOWED, PRETENDED, CONDITIONAL) for pair in table.values()]
        known = [number for number in numbers if number is not None]
        assert len(known) == len(set(known))


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_filter_is_well_formed(machine: str) -> None:
    program = seccomp.program(machine, 1234)
    assert len(program) < 4096
    for index, (_, if_true, if_false, _) in enumerate(program):
        assert index + 1 + max(if_true, if_false) <= len(program)
        assert max(if_true, if_false) < 256
    assert program[-1][0] == 0x06


def test_rubbish_of_every_kind_is_removed(tmp_path: Path) -> None:
    folder = tmp_path / "rubbish"
    folder.mkdir()
    here = Path.cwd()
    os.chdir(folder)
    try:
        for _ in range(1500):
            os.mkdir("deep")  # noqa: PTH102
            os.chdir("deep")
    finally:
        os.chdir(here)
    (folder / "closed").mkdir()
    (folder / "closed" / "file").write_text("x")
    (folder / "closed").chmod(0)
    kept = tmp_path / "kept"
    kept.write_text("x")
    (folder / "link").symlink_to(tmp_path)
    (folder / "dangling").symlink_to("nowhere")
    os.mkfifo(folder / "pipe")
    rubbish.remove(folder)
    assert not folder.exists() and kept.read_text() == "x"


def test_landlock_is_there() -> None:
    assert landlock.abi() == MACHINE.landlock
