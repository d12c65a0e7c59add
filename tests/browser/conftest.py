"""The served app in a real headless Chromium, and no request to anyone else."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from urllib.parse import urlsplit

import pytest

from tests.conftest import ROOT

FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
PATIENCE = 90_000  # milliseconds; the first answer loads the networks, and CI is slow
GATE = ".st-key-gate_accept button"
DIAL = ".st-key-dial .js-plotly-plot"


@pytest.fixture(scope="session")
def address(model_folder, tmp_path_factory):
    """The address of a freshly started server with small models; its log is checked when it stops."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("server") / "log.txt"
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", "--server.headless", "true"]
    with log.open("w") as out:
        server = subprocess.Popen(
            [*command, "--server.port", str(port), "--server.fileWatcherType", "none"],
            cwd=ROOT,
            env={**os.environ, "PENUMBRA_MODELS": str(model_folder)},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        for _ in range(240):
            try:
                urllib.request.urlopen(f"http://localhost:{port}/_stcore/health", timeout=2)
                break
            except OSError:
                time.sleep(0.5)
        yield f"http://localhost:{port}"
    finally:
        server.terminate()
        server.wait(30)
    assert "Traceback" not in log.read_text("utf-8")


@pytest.fixture(scope="module")  # one Playwright at a time: other tests open their own
def browser(chromium):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def visit(browser, address):
    """`visit(path, locale, width)` opens a page in a session of its own; no request may leave the app's address."""
    contexts, elsewhere = [], []

    def watch(request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in ("data", "blob", "about") and parts.netloc != urlsplit(address).netloc:
            elsewhere.append(request.url)

    def open_page(path: str = "/", locale: str = "en-GB", width: int = 1280):
        context = browser.new_context(locale=locale, viewport={"width": width, "height": 900})
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        page.on("request", watch)
        page.on("websocket", lambda socket: watch_socket(socket.url))
        page.goto(address + path)
        page.locator(GATE).wait_for()
        return page

    def watch_socket(url: str) -> None:
        if urlsplit(url).netloc != urlsplit(address).netloc:
            elsewhere.append(url)

    yield open_page
    for context in contexts:
        context.close()
    assert elsewhere == []
