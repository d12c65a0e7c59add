import html
import io
import shutil

import numpy as np
import pytest
from PIL import Image
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest

import util.diagnosis
import util.interface.warmth
from tests.conftest import ROOT
from tests.interface import by_hand
from tests.networks import card_arrays, card_mapping
from tests.pages import compared
from util.interface.comparing import asked, job, methods_tab
from util.modelstore import Card, cards, load_card, save_card

AS_SHIPPED = PagesManager.__init__


@pytest.fixture(autouse=True)
def served(monkeypatch):
    """A server that has run the door before: AppTest else takes `pages/` for an app of the old kind at every run."""

    def begin(self, *arguments, **more):
        PagesManager.uses_pages_directory = False
        AS_SHIPPED(self, *arguments, **more)

    monkeypatch.setattr(PagesManager, "__init__", begin)


@pytest.fixture
def quiet(monkeypatch, model_folder):
    """Small untrained models on the shelf, and no thread that opens them behind the page."""
    monkeypatch.setenv("PENUMBRA_MODELS", str(model_folder))
    monkeypatch.setattr(util.interface.warmth, "_warm", lambda done: None)


@pytest.fixture
def answers(monkeypatch, quiet):
    """A list of what the walk was asked; `answers.say(diagnosis)` is what it answers."""

    class Answers(list):
        told: object = None

        def say(self, outcome: object) -> None:
            self.told = outcome

    asked = Answers()

    def diagnose(data, modality, **more):
        asked.append((data, modality, more))
        if isinstance(asked.told, Exception):
            raise asked.told
        return asked.told or by_hand.diagnosis(modality)

    monkeypatch.setattr(util.diagnosis, "diagnose", diagnose)
    return asked


def save_another(beside: Card, name: str, modality: str, **changes) -> Card:
    """A second model of `modality` in the folder of models that `beside` stands in, with the same file."""
    folder = beside.folder.parent / name
    shutil.copytree(beside.folder, folder)
    title = {"en": f"{name} in English", "fr": f"{name} en français"}
    mapping = card_mapping(modality, name=name, default=False, title=title, **changes)
    return save_card(mapping, folder, card_arrays())


@pytest.fixture
def several(quiet, model_folder, tmp_path, monkeypatch) -> dict[str, Card]:
    """The small models by name, a second one for chest, and one that is wrong on purpose."""
    folder = tmp_path / "models"
    shutil.copytree(model_folder, folder)
    monkeypatch.setenv("PENUMBRA_MODELS", str(folder))
    chest = load_card(folder / "chest-test")
    save_another(chest, "chest-small", "chest")
    why = {"en": "It sees the frame alone.", "fr": "Il ne voit que le cadre."}
    save_another(chest, "chest-frame", "chest", teaching=why)
    return {card.name: card for card in cards()}


@pytest.fixture(params=["en", "fr"])
def tongue(request) -> str:
    """Both languages, one after the other."""
    return request.param


def open_app(language: str = "en", **address: str) -> AppTest:
    """The app as a visitor finds it, at an address with `?language=...` and more."""
    app = AppTest.from_file(ROOT / "streamlit_app.py", default_timeout=240)
    app.query_params["language"] = language
    for name, value in address.items():
        app.query_params[name] = value
    return app.run()


def straight_to(page: str, language: str = "en", **state: object) -> AppTest:
    """The page `page` in one run, as after the gate, with `state` in the session."""
    app = AppTest.from_file(ROOT / "streamlit_app.py", default_timeout=240)
    app.query_params["language"] = language
    app.session_state["gate_passed"] = True
    for name, value in state.items():
        app.session_state[name] = value
    return app.switch_page(f"pages/{page}.py").run()


def enter(language: str = "en", **address: str) -> AppTest:
    """The app after the gate."""
    return open_app(language, **address).button(key="gate_accept").click().run()


def texts(app: AppTest) -> str:
    """Everything that can be read on the page, as one text."""
    read = [element.value for kind in ("title", "subheader", "markdown") for element in app.get(kind)]
    read += [html.unescape(element.proto.body) for element in app.get("html")]
    return "\n".join(str(text).replace("\\", "") for text in read)


def title(app: AppTest) -> str:
    """The title of the page, as it is read."""
    return str(app.title[0].value).replace("\\", "")


def picture(side: int = 64) -> bytes:
    """The bytes of a PNG of noise, other ones for another `side`."""
    stream = io.BytesIO()
    Image.fromarray(np.random.default_rng(1).integers(0, 255, (side, side), np.uint8)).save(stream, "PNG")
    return stream.getvalue()


def upload(app, data: bytes, name: str = "mine.png"):
    """The page after a file was dropped."""
    return app.file_uploader[0].upload(name, data).run()


LAYERS = ("early", "middle")


@pytest.fixture
def compares(monkeypatch, answers):
    """A list of what `compare` was asked; `compares.gate` may hold it, `compares.empty` names maps without evidence."""

    class Asked(list):
        empty: tuple[str, ...] = ()
        error: Exception | None = None

        def gate(self, name: str) -> None:
            pass

    found = Asked()

    def compare(diagnosis, methods, target=None, **more):
        found.append((methods, target, more["preset"], more["layer"]))
        if found.error is not None:
            raise found.error
        return compared.growing(lambda name: found.gate(name), found.empty)(
            diagnosis, methods, target, **more
        )

    monkeypatch.setattr(methods_tab, "compare", compare)
    monkeypatch.setattr(asked, "layers_of", lambda card: LAYERS)
    return found


def settled(app):
    """The page after its jobs have ended."""
    for one in app.session_state[job._DESK].values():
        assert one.wait(60)
    return app.run()


def compare_page(language: str = "en", **address: str):
    """The Compare page with a drawn film on it, its job ended."""
    app = straight_to("compare", language, **({"sample": "lobar"} | address))
    return settled(app)
