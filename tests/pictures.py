"""The pictures of the README: the pages of the demo's class, as a browser shows them.

python -m tests.pictures GRADES FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path

from graders.results.feedback import file_names
from tests.browser import chromium, opened

MAX_BYTES = 150_000
_VIEW = {"width": 1000, "height": 750}
_STUDENT = "kolmogorov.ipynb"


def take(grades: Path, folder: Path) -> list[Path]:
    """Write a picture of the class page, of a student's page and of the marking page."""
    pages = {
        "class": grades / "report.html",
        "student": grades / "feedback" / file_names([_STUDENT])[0],
        "marking": grades / "marking.html",
    }
    folder.mkdir(parents=True, exist_ok=True)
    taken = []
    with chromium() as browser:
        for name, path in pages.items():
            with opened(browser, path, viewport=_VIEW, color_scheme="light") as page:
                if name == "marking":
                    page.keyboard.press("ArrowRight")  # to an answer that has something to show
                if name == "student":
                    page.evaluate("document.querySelector('.steps').closest('.part').scrollIntoView()")
                taken.append(folder / f"{name}.png")
                page.screenshot(path=taken[-1])
    return taken


def main(grades: Path, folder: Path) -> None:
    """Take them, and fail where one is too large for a repository."""
    for path in take(grades, folder):
        size = path.stat().st_size
        print(f"{path}: {size // 1000} kB")
        if size > MAX_BYTES:
            sys.exit(f"{path} is larger than {MAX_BYTES // 1000} kB: show less of the page in tests/pictures.py.")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
