from __future__ import annotations

import sys

import pytest
from click.testing import CliRunner

from graders import doctor
from graders.cli import main


def test_a_good_machine_has_nothing_to_mend() -> None:
    done = CliRunner().invoke(main, ["doctor"])
    assert done.exit_code == 0, done.output
    assert "✗" not in done.output


def test_old_python_and_full_disk_are_told_with_their_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 4, "final", 0))
    monkeypatch.setattr("tempfile.tempdir", "/nowhere")
    findings = [finding for finding in doctor.examine() if not finding.good]
    said = [finding.what for finding in findings]
    assert "Python 3.10.4 is too old" in said
    assert "/nowhere cannot be written: No such file or directory" in said
    assert all(finding.remedy for finding in findings)


def test_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "importlib.metadata.requires", lambda _: ["nosuchpackage>=1", "hatchling; extra == 'author'"]
    )
    missing = [finding.what for finding in doctor.examine() if not finding.good]
    assert missing == ["packages are missing: nosuchpackage"]
