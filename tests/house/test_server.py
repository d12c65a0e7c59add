import subprocess
import sys
import tomllib

import pytest

from tests.house.imports import ROOT


@pytest.fixture(scope="module")
def settings() -> dict:
    """The server's settings as they stand in the file."""
    return tomllib.loads((ROOT / ".streamlit/config.toml").read_text("utf-8"))


def test_the_server_listens_on_this_machine_only(settings):
    assert settings["server"]["address"] in ("localhost", "127.0.0.1")


def test_the_server_sends_no_telemetry_and_asks_nothing_at_its_first_start(settings):
    assert settings["browser"]["gatherUsageStats"] is False
    assert settings["server"]["showEmailPrompt"] is False


def test_uploads_stop_at_the_size_that_decoding_accepts(settings):
    from util.imaging import Limits

    assert settings["server"]["maxUploadSize"] == Limits().maximum_bytes // 1_000_000


def test_the_first_page_is_painted_without_tensorflow():
    script = "import sys, streamlit_app; print(any(m in sys.modules for m in ('tensorflow', 'keras')))"
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert run.stdout.strip() == "False", run.stderr


def test_no_room_imports_tensorflow_with_it():
    rooms = ["imaging", "preparation", "modelstore", "prediction", "explanation", "diagnosis", "report"]
    names = ", ".join(f"util.{room}" for room in [*rooms, "batch", "cli", "interface", "samples"])
    script = f"import sys, {names}; print('tensorflow' in sys.modules or 'keras' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert run.stdout.strip() == "False", run.stderr
