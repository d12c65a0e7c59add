"""Draw docs/screenshot.png again: `make screenshot`, from a drawn sample, in a headless Chromium."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = "?modality=chest&sample=lobar"
SIZE = {"width": 1280, "height": 860}


def main() -> None:
    """Serve the app on a free port, pass the gate, wait for the gauge and the map, and save what is seen."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py"]
    options = ["--server.port", str(port), "--server.headless", "true", "--server.fileWatcherType", "none"]
    server = subprocess.Popen([*command, *options], cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        with sync_playwright() as tool:
            browser = tool.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            page = browser.new_context(viewport=SIZE, locale="en-GB", device_scale_factor=1.5).new_page()
            page.set_default_timeout(180_000)
            for _ in range(60):
                try:
                    page.goto(f"http://localhost:{port}/{SAMPLE}")
                    break
                except Exception:  # the server is still coming up
                    page.wait_for_timeout(1000)
            page.get_by_role("button", name="I understand").click()
            page.locator(".js-plotly-plot").first.wait_for()
            page.locator("[data-testid=stImage] img").nth(1).wait_for()
            page.wait_for_timeout(3000)  # fonts and the last transitions
            page.screenshot(path=ROOT / "docs" / "screenshot.png")
            browser.close()
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main()
