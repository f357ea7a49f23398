"""A real browser, Debian's Chromium driven by Playwright, for pages that have to work without a network."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

CHROMIUM = shutil.which("chromium")
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="NEEDS CHROMIUM: apt-get install -y chromium")

_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_SEVERE = ("serious", "critical")


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """A headless Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=_FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@contextlib.contextmanager
def opened(browser: Browser, path: Path, **context: Any) -> Iterator[Page]:
    """The page in a file, in a profile of its own; a request, or a word on the console, fails the test.

    `context` is what Playwright's `new_context` takes: `color_scheme="dark"`, `viewport={"width": 400, …}`.
    """
    surroundings = browser.new_context(**context)
    page = surroundings.new_page()
    complaints: list[str] = []

    def heard(said: ConsoleMessage) -> None:
        complaints.append(said.text)

    def asked(request: Request) -> None:
        if not _local(request.url):
            complaints.append(request.url)

    page.on("console", heard)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", asked)
    try:
        page.goto(path.resolve().as_uri())
        yield page
        assert not complaints, complaints
    finally:
        surroundings.close()


def _local(url: str) -> bool:
    return url.startswith(("file:", "data:", "blob:", "about:"))


def barriers(page: Page) -> list[str]:
    """What axe-core finds that keeps people out, serious and critical, with the places."""
    found = Axe().run(page).response["violations"]
    return [
        f"{each['id']}: {each['help']}: {[node['html'][:200] for node in each['nodes'][:3]]}"
        for each in found
        if each["impact"] in _SEVERE
    ]
