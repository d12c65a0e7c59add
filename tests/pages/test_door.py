from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from tests.conftest import ROOT
from tests.pages.conftest import AS_SHIPPED, enter, open_app, texts
from util.language import say


def test_nothing_but_the_disclaimer_is_shown_before_it_is_accepted(answers, tongue):
    app = open_app(tongue, sample="lobar")
    assert not app.exception
    assert [title.value for title in app.title] == [say("interface.gate_title", tongue)]
    assert say("interface.gate_not_medical", tongue) in texts(app)
    assert not app.file_uploader
    assert answers == []


def test_the_disclaimer_is_accepted_once_a_session(answers, tongue):
    app = enter(tongue)
    assert [title.value for title in app.title] == [say("interface.empty_title", tongue)]
    app.run()
    assert say("interface.gate_title", tongue) not in [title.value for title in app.title]
    app.switch_page("pages/models.py").run()
    assert [title.value for title in app.title] == [say("pages.models_title", tongue)]


def test_the_language_is_chosen_at_the_top_and_stands_in_the_address(answers):
    app = enter("en")
    app.button_group(key="language").select("fr").run()
    assert app.title[0].value == say("interface.empty_title", "fr")
    assert app.query_params["language"] == "fr"


def test_an_unknown_language_in_the_address_is_english(answers):
    app = open_app("xx")
    assert app.title[0].value == say("interface.gate_title", "en")


def test_a_link_to_a_sample_survives_the_gate(answers):
    app = enter("en", modality="skin", sample="melanoma")
    assert app.session_state["modality"] == "skin"
    assert answers[0][1] == "skin"
    assert app.query_params["sample"] == "melanoma"


def test_a_visitor_who_goes_around_the_door_is_sent_back_to_it(answers, monkeypatch):
    """A fresh server runs `pages/models.py` by itself when its first visitor asks for /models."""
    monkeypatch.setattr(PagesManager, "__init__", AS_SHIPPED)
    app = AppTest.from_file(ROOT / "streamlit_app.py", default_timeout=240)
    app._page_hash = calc_hash("models")
    app.run()
    assert not app.exception
    assert app.title[0].value == say("interface.gate_title", "en")
    app.button(key="gate_accept").click().run()
    assert app.title[0].value == say("pages.models_title", "en")
