from __future__ import annotations

import hashlib
import io
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from graders.batch import download, submissions
from graders.batch.notebooks import MAX_BYTES
from graders.errors import SetupError

CANVAS = {"lovelaceada_31415_27182_v.ipynb": "a", "bayesthomas_LATE_31416_27183_v.zip": "b"}
MOODLE = {"Ada Lovelace_4711_assignsubmission_file/v.ipynb": "a", "Zoë_4712_assignsubmission_file_/w/v.ipynb": "b"}
FLAT = {"Ada Lovelace_4711_assignsubmission_file_v.ipynb": "a"}
GRADESCOPE = {
    "assignment_9_export/submission_metadata.yml": "submission_7:\n  :submitters:\n  - :name: Ada\n",
    "assignment_9_export/submission_7/v.ipynb": "a",
    "assignment_9_export/submission_8/v.ipynb": "b",
}


def packed(path: Path, files: Mapping[str, str | bytes], kind: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", kind) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def found(path: Path) -> tuple[list[tuple[str, str, str]], list[str]]:
    """Name, student and platform of each submission, and what was skipped."""
    skipped: list[str] = []
    listed = submissions.find([path], skipped.append)
    return [(each.name, each.owner.name, each.owner.platform) for each in listed], skipped


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (
            CANVAS,
            [
                ("bayesthomas_LATE_31416_27183_v.zip", "bayesthomas", "canvas"),
                ("lovelaceada_31415_27182_v.ipynb", "lovelaceada", "canvas"),
            ],
        ),
        (
            MOODLE,
            [
                ("Ada Lovelace_4711_assignsubmission_file/v.ipynb", "Ada Lovelace", "moodle"),
                ("Zoë_4712_assignsubmission_file_/w/v.ipynb", "Zoë", "moodle"),
            ],
        ),
        (FLAT, [("Ada Lovelace_4711_assignsubmission_file_v.ipynb", "Ada Lovelace", "moodle")]),
        (
            GRADESCOPE,
            [
                ("assignment_9_export/submission_7/v.ipynb", "Ada", "gradescope"),
                ("assignment_9_export/submission_8/v.ipynb", "submission_8", "gradescope"),
            ],
        ),
    ],
)
def test_a_platform_s_zip_is_the_class(files: dict[str, str], expected: list[object], tmp_path: Path) -> None:
    clutter = {"__MACOSX/x": "", ".DS_Store": ""}
    path = packed(tmp_path / "submissions.zip", {**files, **clutter})
    assert found(path) == (expected, [])
    first = submissions.find([path], lambda _: None)[0]
    content = files[first.name].encode()
    assert submissions.load(first.path) == (content, hashlib.sha256(content).hexdigest())
    assert first.folder == tmp_path


def test_a_student_s_zip_is_never_a_class(tmp_path: Path) -> None:
    for name in ("eve_31419_27199_v.zip", "Eve_1_assignsubmission_file_v.zip", "v_2026_11_23T04_54_05_123456.zip"):
        assert [each[0] for each in found(packed(tmp_path / name, CANVAS))[0]] == [name]
    own = packed(tmp_path / "own.zip", {**CANVAS, "v.ipynb": "mine"})
    assert found(own)[0] == [("own.zip", "own", "")]
    (tmp_path / "class").mkdir()
    packed(tmp_path / "class" / "eve.zip", CANVAS)
    assert found(tmp_path / "class")[0] == [("eve.zip", "eve", "")]
    both = submissions.find(
        [packed(tmp_path / "a.zip", CANVAS), packed(tmp_path / "b.zip", CANVAS)], lambda _: None
    )
    assert [each.name for each in both] == ["a.zip", "b.zip"]


def test_names_that_lead_elsewhere_links_and_doubles_are_skipped(tmp_path: Path) -> None:
    top = "Ada_4711_assignsubmission_file"
    path = tmp_path / "submissions.zip"
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(path, "w") as archive:
        for name in ("v.ipynb", "../../v.ipynb", "a\\..\\v.ipynb", "./v.ipynb", "v.ipynb"):
            archive.writestr(f"{top}/{name}", "x")
        link = zipfile.ZipInfo(f"{top}/link.ipynb")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    listed, skipped = found(path)
    assert [name for name, *_ in listed] == [f"{top}/v.ipynb"]
    assert len(skipped) == 5


@pytest.mark.parametrize("name", ["/etc/passwd", "../x_11_22_v.ipynb"])
def test_a_zip_with_other_names_at_its_top_is_no_class(name: str, tmp_path: Path) -> None:
    path = packed(tmp_path / "s.zip", {**CANVAS, name: "x"})
    assert found(path)[0] == [("s.zip", "s", "")]


def test_what_is_damaged_encrypted_or_a_bomb_is_a_file_that_can_t_be_read(tmp_path: Path) -> None:
    bomb: dict[str, str | bytes] = {**CANVAS, "evileve_31419_27199_v.ipynb": b"0" * (MAX_BYTES + 2)}
    path = packed(tmp_path / "s.zip", bomb)
    member = path / "evileve_31419_27199_v.ipynb"
    content, digest = submissions.load(member)
    assert len(content) == MAX_BYTES + 1 and digest == ""
    strange = packed(tmp_path / "t.zip", CANVAS, zipfile.ZIP_BZIP2)
    torn = tmp_path / "u.zip"
    stored = packed(tmp_path / "v.zip", CANVAS, zipfile.ZIP_STORED).read_bytes()
    torn.write_bytes(stored.replace(b"v.ipynba", b"v.ipynbb"))
    for archive in (strange, torn):
        with pytest.raises(OSError) as caught:
            submissions.load(archive / "lovelaceada_31415_27182_v.ipynb")
        assert caught.value.strerror
    assert submissions.digest(torn / "lovelaceada_31415_27182_v.ipynb") == ""
    assert submissions.digest(path / "missing.ipynb") == ""


def test_too_many_files_are_refused_before_they_are_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = packed(tmp_path / "s.zip", CANVAS)
    monkeypatch.setattr(download, "MAX_ENTRIES", 1)
    assert not download.is_class(path)
    with pytest.raises(SetupError, match="more than 1 files"):
        download.contents(path, lambda _: None)
    monkeypatch.setattr(download, "_MAX_SIGNATURES", 1)
    monkeypatch.setattr(download, "_opened", pytest.fail)
    assert not download.is_class(path)


def test_a_zip_that_is_none_is_no_class(tmp_path: Path) -> None:
    (tmp_path / "s.zip").write_text("PK")
    assert found(tmp_path / "s.zip")[0] == [("s.zip", "s", "")]
    os.mkfifo(tmp_path / "pipe.zip")
    with pytest.raises(SetupError):
        found(tmp_path / "pipe.zip")
    nested = io.BytesIO()
    with zipfile.ZipFile(nested, "w") as archive:
        archive.writestr("v.ipynb", "{}")
    path = packed(tmp_path / "t.zip", {"a_11_22_v.zip": nested.getvalue()})
    assert submissions.load(path / "a_11_22_v.zip")[0] == nested.getvalue()
