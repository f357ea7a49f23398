"""As a student works: the folder as it was handed out, in JupyterLab, in a real browser, without a network."""

from __future__ import annotations

import contextlib
import csv
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import nbformat
import pytest
from nbformat.v4 import new_code_cell
from playwright.sync_api import Locator, Page, Request

from graders.build import Distribution
from tests.browser import chromium, needs_chromium
from tests.conftest import Command
from tests.demo_class import FULL, Student, make

pytestmark = [pytest.mark.lab, needs_chromium]

RIGHT, WRONG = "- 2 * sp.log(2),\n", "+ 2 * sp.log(2),\n"
END = "import os, vaegan_judge\nprint('all cells ran in process', os.getpid(), 'with', vaegan_judge.__file__)"
PATIENCE = 120_000
# every output is in the page, also those that are not in view
SETTINGS = {
    "notebook-extension/tracker.jupyterlab-settings": '{"windowingMode": "none"}',
    "apputils-extension/notification.jupyterlab-settings": '{"fetchNews": "false", "checkForUpdates": false}',
}


@pytest.fixture
def folder(built: Distribution, tmp_path: Path) -> Path:
    """The student folder, with everything answered and one wrong sign in a line of 1d."""
    copy = tmp_path / "tutorial 6"
    shutil.copytree(built.student, copy)
    path = make(Student("vaes_and_gans.ipynb", ""), built.folder, copy)
    notebook = nbformat.read(path, as_version=4)
    (line,) = [cell for cell in notebook.cells if cell.source.count(RIGHT) == 1]
    line.source = line.source.replace(RIGHT, WRONG)
    notebook.cells.append(new_code_cell(END))
    nbformat.write(notebook, path)
    return copy


@contextlib.contextmanager
def lab(folder: Path, place: Path) -> Iterator[str]:
    """The address of a JupyterLab of one's own, of which nothing else on this machine knows."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    names = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR", "HOME")
    environment = {**os.environ, **{name: str(place / name.lower()) for name in names}}
    environment["JUPYTERLAB_SETTINGS_DIR"] = str(place / "settings")
    for name, text in SETTINGS.items():
        path = place / "settings/@jupyterlab" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--ServerApp.port={port}"]
    command += ["--IdentityProvider.token=", f"--ServerApp.root_dir={folder}", "--ServerApp.port_retries=0"]
    server = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(300):
            with contextlib.suppress(urllib.error.URLError, ConnectionError):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/api").close()
                break
            assert server.poll() is None, "JupyterLab ended"
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}/lab/tree/vaes_and_gans.ipynb"
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()  # the kernel ends by itself where its server is gone
            server.wait()


def run_all(page: Page) -> str:
    """Restart the kernel and run all cells, as the notebook says; what the last one prints."""
    last = page.locator(".jp-OutputArea-output pre", has_text="all cells ran in process")
    before = last.inner_text() if last.count() else ""
    page.get_by_role("menuitem", name="Kernel", exact=True).click()
    page.get_by_role("menuitem", name="Restart Kernel and Run All Cells…").click()
    page.get_by_role("button", name="Confirm Kernel Restart").click()
    now = last.filter(has_not_text=before) if before else last
    now.wait_for(timeout=PATIENCE)
    return now.inner_text()


def cell(page: Page, source: str) -> Locator:
    """The cell with this text."""
    return page.locator(".jp-CodeCell").filter(has=page.locator(".jp-InputArea", has_text=source))


def marks(page: Page) -> list[str]:
    """The marks of the lines of 1d."""
    rows = cell(page, "show(derivation_1d, rules_1d)").locator("tbody tr")
    return [row.locator("td").nth(1).inner_text().replace("\xa0", " ") for row in rows.all()]


def test_a_wrong_line_is_seen_mended_exported_and_graded(
    folder: Path, built: Distribution, tmp_path: Path, vaegan: Command
) -> None:
    asked: list[str] = []

    def heard(request: Request) -> None:
        if urlsplit(request.url).hostname not in (None, "127.0.0.1"):
            asked.append(request.url)

    with lab(folder, tmp_path) as address, chromium() as browser:
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        page.set_default_timeout(PATIENCE)
        page.on("request", heard)
        page.goto(address)
        cell(page, "show(derivation_1d, rules_1d)").wait_for()
        assert str(folder / "vaegan_judge") in run_all(page)
        assert marks(page)[4:] == [
            "follows, does not count",
            "does not follow from line 5",
            "does not follow from line 6, goal",
        ]
        shown = cell(page, "show(derivation_1d, rules_1d)").locator(".jp-OutputArea")
        shown.locator("mjx-container").first.wait_for()
        assert shown.locator("td mjx-container").count() == 7
        said = shown.inner_text()
        assert "Line 6 does not follow from line 5: the two differ by a constant." in said
        assert "line 5 is -1.1911 and line 6 is 1.5815" in said
        assert "\\displaystyle" not in said and "$" not in said
        shown.scroll_into_view_if_needed()
        page.screenshot(path=tmp_path / "wrong.png")

        answer = cell(page, "derivation_1d: list[sp.Expr] = [")
        answer.locator(".cm-line", has_text="+ 2 * sp.log(2),").click()
        page.keyboard.press("End")
        for _ in range(len(WRONG) - 1):
            page.keyboard.press("Backspace")
        page.keyboard.type(RIGHT.strip())
        run_all(page)
        assert marks(page)[4:] == ["follows, does not count", "follows, counts", "follows, goal"]
        assert "Every line follows." in shown.inner_text()
        shown.scroll_into_view_if_needed()
        page.screenshot(path=tmp_path / "mended.png")

        before = set(folder.glob("*.zip"))
        page.keyboard.press("Control+s")
        export = cell(page, "grader.export(")
        export.locator(".cm-content").click()
        page.keyboard.press("Control+Enter")
        for _ in range(PATIENCE // 500):
            if made := set(folder.glob("*.zip")) - before:
                break
            page.wait_for_timeout(500)
        page.wait_for_timeout(1000)
        browser.close()
    assert not asked
    (zipped,) = made
    done = vaegan("grade", zipped, "-a", built.autograder, "-o", tmp_path / "grades")
    assert done.returncode == 0, done.stderr
    with (tmp_path / "grades" / "final_grades.csv").open(encoding="utf-8", newline="") as file:
        (row,) = [row for row in csv.DictReader(file) if row["file"].endswith(".zip")]
    assert {part: float(row[part]) for part in FULL} == FULL
