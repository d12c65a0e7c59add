"""What a visitor waits for and what the server weighs: the real app in a real headless browser.

`python -m benchmarks.serving [--browser /usr/bin/chromium]` starts the app on loopback and prints: whether TensorFlow
was loaded when the first page was painted; seconds from the first upload of a fresh server to its result (cold);
seconds of later uploads of other images (warm, median of 5); and the server's resident memory once every model
has answered. Pictures are drawn samples, so that it runs without data.
"""

from __future__ import annotations

import argparse
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from statistics import median

import cv2
import numpy as np

from util.samples import samples

PROJECT = Path(__file__).resolve().parents[1]
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


def free_port() -> int:
    """A loopback port that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(port: int) -> subprocess.Popen:
    """The app's server as a child process, ready to be asked."""
    command = [sys.executable, "-m", "streamlit", "run", str(PROJECT / "streamlit_app.py")]
    command += ["--server.port", str(port), "--server.headless", "true"]
    server = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(300):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1):
                return server
        except OSError:
            time.sleep(0.1)
    server.kill()
    raise RuntimeError("the server did not start within 30 seconds")


def has_tensorflow(pid: int) -> bool:
    """Whether the process has mapped TensorFlow's library (Linux)."""
    return "tensorflow" in Path(f"/proc/{pid}/maps").read_text()


def resident_mb(pid: int) -> float:
    """Resident memory of the process in MB, a million bytes (Linux)."""
    line = next(x for x in Path(f"/proc/{pid}/status").read_text().splitlines() if x.startswith("VmRSS"))
    return int(line.split()[1]) * 1024 / 1e6  # "kB" there is 1024 bytes


def variants(modality: str, count: int) -> list[bytes]:
    """`count` different PNG files from the drawn samples: a new image each time, so that nothing is cached."""
    rng = np.random.default_rng(0)
    files, known = [], samples(modality)
    for index in range(count):
        pixels = known[index % len(known)].pixels.astype(np.int16)
        noisy = np.clip(pixels + rng.integers(-3, 4, pixels.shape), 0, 255).astype(np.uint8)
        order = noisy if noisy.ndim == 2 else cv2.cvtColor(noisy, cv2.COLOR_RGB2BGR)
        files.append(cv2.imencode(".png", order)[1].tobytes())
    return files


def upload(page, file: bytes, name: str) -> float:
    """Seconds from handing `file` over, under `name`, until its map and a dial stand on the page."""
    shown = page.locator(".st-key-map img").nth(1)
    before = shown.get_attribute("src") if shown.count() else ""
    began = time.perf_counter()
    page.locator(".st-key-upload input[type=file]").set_input_files(
        {"name": name, "mimeType": "image/png", "buffer": file}
    )
    page.wait_for_function(
        "before => { const maps = document.querySelectorAll('.st-key-map img');"
        " return maps.length > 1 && maps[1].getAttribute('src') !== before"
        " && document.querySelector('.st-key-dial .js-plotly-plot'); }",
        arg=before,
    )
    return time.perf_counter() - began


def measure(browser: str, port: int, pid: int) -> None:
    """Visit the app as a person would and print one line a question."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=browser, args=FLAGS)
        page = opened.new_page()
        page.set_default_timeout(90_000)
        page.goto(f"http://localhost:{port}/?modality=chest")
        page.locator(".st-key-gate_accept button").wait_for()
        print(f"tensorflow loaded when the first page was painted: {has_tensorflow(pid)}", flush=True)
        page.locator(".st-key-gate_accept button").click()
        page.locator(".st-key-upload input[type=file]").wait_for(state="attached")
        for modality in ("chest", "skin", "breast"):
            if modality != "chest":
                page.goto(f"http://localhost:{port}/?modality={modality}")
                page.locator(".st-key-gate_accept button").click()
            first, *later = variants(modality, 6)
            cold = upload(page, first, "first.png")
            warm = [upload(page, file, f"picture_{i}.png") for i, file in enumerate(later)]
            kind = "cold" if modality == "chest" else "first"
            print(
                f"{modality:6} {kind} upload {cold:.2f} s  warm median {median(warm):.2f} s "
                f"(of {len(warm)}: {min(warm):.2f} to {max(warm):.2f})",
                flush=True,
            )
        opened.close()
    print(f"resident memory with all models loaded: {resident_mb(pid):.0f} MB", flush=True)


def main() -> int:
    """Start the app, measure, stop it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--browser", default=shutil.which("chromium") or "/usr/bin/chromium")
    options = parser.parse_args()
    port = free_port()
    server = start(port)
    try:
        measure(options.browser, port, server.pid)
    finally:
        server.terminate()
        server.wait(30)
    return 0


if __name__ == "__main__":
    sys.exit(main())
