"""A served folder and a real browser; skipped with the reason where either is missing."""

from __future__ import annotations

import shutil
import subprocess
import sys
from urllib.parse import urlsplit

import pytest

from backinstride.demo import invented

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
]  # fmt: skip
SERVE = (
    "import sys, datetime as dt; from pathlib import Path; from backinstride.web.serve import serve;"
    "serve(Path(sys.argv[1]), browser=False, today=dt.date.fromisoformat(sys.argv[2]))"
)


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.parent.name == "browser":
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium():
    api = pytest.importorskip("playwright.sync_api", reason="needs [dev]: playwright")
    path = (
        shutil.which("chromium")
        or shutil.which("chromium-browser")
        or shutil.which("google-chrome")
    )
    if path is None:
        pytest.skip("needs Chromium on the PATH")
    with api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def serve():
    """Give a function that serves a folder in a process of its own: the address with its token."""
    running = []

    def start(folder, today=invented.TODAY):
        made = subprocess.Popen(
            [sys.executable, "-c", SERVE, str(folder), today.isoformat()],
            stdout=subprocess.PIPE,
            text=True,
        )
        running.append(made)
        return made.stdout.readline().split()[-1]

    yield start
    for made in running:
        made.terminate()
        made.wait(10)
        made.stdout.close()


class Watched:
    """A page whose requests and complaints are written down."""

    def __init__(self, page, address):
        self.page = page
        parts = urlsplit(address)
        self.base = f"{parts.scheme}://{parts.netloc}"
        self.hosts: set[str] = set()
        self.complaints: list[str] = []
        page.on(
            "request", lambda r: self.hosts.add(urlsplit(r.url).hostname or urlsplit(r.url).scheme)
        )
        page.on("console", self._console)
        page.on("pageerror", lambda e: self.complaints.append(str(e)))
        page.goto(address)

    def _console(self, message):
        # A refused form answers 4xx, which Chromium reports as an error of the network.
        if message.type in ("error", "warning") and "status of 4" not in message.text:
            self.complaints.append(message.text)

    def go(self, path):
        self.page.goto(self.base + path)

    def check(self):
        assert self.complaints == []
        assert self.hosts <= {"127.0.0.1", "data"}
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert self.page.evaluate(wide) <= 0, self.page.url


@pytest.fixture
def watch(chromium):
    """Give a function that opens an address at a width and in a scheme."""
    contexts = []

    def opened(address, width=1100, scheme="light", **options):
        context = chromium.new_context(
            viewport={"width": width, "height": 844 if width < 600 else 800},
            color_scheme=scheme, reduced_motion="reduce", accept_downloads=True, **options,
        )  # fmt: skip
        context.set_default_timeout(20_000)
        contexts.append(context)
        return Watched(context.new_page(), address)

    yield opened
    for context in contexts:
        context.close()
