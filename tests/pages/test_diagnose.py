import json
from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import util.diagnosis
from tests.interface import by_hand
from tests.pages.conftest import enter, picture, save_another, texts, title, upload
from util.explanation import border_share, inside_share, lung_mask
from util.imaging import decode
from util.interface.answer import dial_alt
from util.language import PenumbraError, Percent, Sentence, chance, say
from util.modelstore import open_network
from util.prediction import Metadata
from util.samples import samples


def charts(app) -> int:
    return len(app.get("plotly_chart"))


def test_before_any_image_the_page_says_what_to_do_and_shows_an_empty_dial(answers, tongue):
    app = enter(tongue)
    assert not app.exception
    assert say("interface.empty_next", tongue) in texts(app)
    assert charts(app) == 1
    assert not app.get("download_button")
    assert answers == []


@pytest.mark.parametrize("modality", ["skin", "chest", "breast"])
def test_a_chosen_sample_is_answered(answers, tongue, modality):
    first = samples(modality)[0]
    app = enter(tongue, modality=modality, sample=first.key)
    assert not app.exception
    assert answers[0][:2] == (first.png(), modality)
    assert title(app) == by_hand.diagnosis(modality).headline.text(tongue)
    read = texts(app)
    assert say("interface.chip_above", tongue) in read
    assert say("interface.given_synthetic", tongue) in read
    assert len(app.get("download_button")) == 2


def test_every_sample_has_a_thumbnail_with_its_name(answers, tongue):
    app = enter(tongue, modality="skin")
    options = app.button_group(key="sample").options
    for sample, option in zip(samples("skin"), options, strict=True):
        assert option.startswith(f"![{sample.title.text(tongue)}](data:image/")


def test_an_uploaded_file_is_answered_and_named(answers, tongue):
    app = upload(enter(tongue), picture(), "lung_*of*_[x](y).png")
    assert not app.exception
    assert answers[0][0] == picture()
    assert "lung_*of*_[x](y).png" in texts(app)


def test_the_last_choice_counts(answers):
    app = upload(enter("en", sample="clear"), picture())
    assert answers[-1][0] == picture()
    app.button_group(key="sample").select("lobar").run()
    assert answers[-1][0] == next(sample.png() for sample in samples("chest") if sample.key == "lobar")
    app.button_group(key="modality").select("breast").run()
    assert app.title[0].value == say("interface.empty_title", "en")


def test_an_upload_survives_a_visit_to_another_page(answers):
    app = upload(enter("en"), picture())
    app.switch_page("pages/models.py").run()
    app.switch_page("pages/diagnose.py").run()
    assert not app.exception
    assert title(app) == by_hand.diagnosis().headline.text("en")
    assert len(answers) == 1


def test_a_refused_file_is_said_in_the_refusals_own_words(answers, tongue):
    with pytest.raises(PenumbraError) as caught:
        decode(b"this is text", minimum_side=32)
    answers.say(caught.value)
    app = upload(enter(tongue), b"this is text", "text.png")
    assert not app.exception
    assert app.title[0].value == say("interface.refused_title", tongue)
    assert caught.value.sentence.text(tongue) in texts(app)
    assert charts(app) == 0
    assert not app.get("download_button")


def test_a_failure_is_a_designed_state_without_internals_and_can_be_tried_again(answers, tongue):
    answers.say(RuntimeError("secret path"))
    app = upload(enter(tongue), picture())
    assert not app.exception
    assert app.title[0].value == say("interface.failed_title", tongue)
    assert "secret" not in texts(app)
    answers.say(by_hand.diagnosis())
    app.button(key="try_again").click().run()
    assert title(app) == by_hand.diagnosis().headline.text(tongue)


def test_the_grey_zone_gives_no_verdict(answers, tongue):
    answers.say(by_hand.diagnosis(danger=0.5))
    app = enter(tongue, sample="clear")
    assert say("interface.chip_grey", tongue) in texts(app)


def test_an_unfamiliar_image_shows_no_number_below_its_sentence(answers, tongue):
    warning = by_hand.Said("Unlike the others.", "Différente des autres.")
    answers.say(by_hand.diagnosis(familiar=False, warnings=(warning,)))
    app = enter(tongue, sample="clear")
    read = texts(app)
    assert say("interface.chip_unfamiliar", tongue) in read
    assert warning.text(tongue) in read
    assert say("interface.raw_beside", tongue, raw=0.83, calibrated=0.83) not in read


def alts(app) -> dict[str, str]:
    """What stands in the place of each chart, by its key."""
    return {chart.key: chart.proto.alt for chart in app.get("plotly_chart")}


def test_an_unfamiliar_image_has_no_number_in_words_rows_or_curve_and_no_lungs(answers, tongue):
    lungs = say("interface.focus_chest", tongue, inside="?", border="?", even="?").split("?")[1]
    here, kept = say("interface.reliability_here", tongue), say("interface.column_set", tongue)
    told = [chance(0.83, tongue), say("interface.number", tongue, value=0.83)]
    for familiar in (True, False):
        answers.say(by_hand.diagnosis(familiar=familiar))
        app = enter(tongue, sample="clear")
        assert not app.exception
        read, curve = texts(app), app.get("plotly_chart")[1].proto.spec
        assert (lungs in read) == familiar and (kept in read) == familiar
        assert (here in json.loads(curve)["layout"].get("annotations", [{}])[0].get("text", "")) == familiar
        assert (told[0] in alts(app)["dial"]) == familiar and (told[1] in read) == familiar
        rule = say("interface.set_explained", tongue, share="?", count=1046).split("?")[0]
        assert (rule in read) == familiar
    assert alts(app)["dial"] == say("interface.dial_alt_unfamiliar", tongue)


def test_of_a_raw_score_the_dial_says_no_probability_in_words_either(answers, tongue):
    answers.say(by_hand.diagnosis(calibrated=False))
    app = enter(tongue, sample="clear")
    what = say("diagnosis.class_chest_PNEUMONIA", tongue)
    assert alts(app)["dial"] == say("interface.dial_alt_raw", tongue, what=what, value=0.83)
    assert "%" not in alts(app)["dial"]


def test_words_of_a_dial_that_is_nearly_empty_or_full_call_nothing_certain():
    for danger, told in ((0.004, "<1%"), (0.9961, ">99%")):
        assert f": {told}, " in dial_alt(by_hand.diagnosis(danger=danger))


def the_empty_state(card):
    from util.interface.states import empty_ui

    empty_ui(card)


def test_the_empty_dial_shows_what_the_model_has_and_says_so(tongue):
    card = by_hand.card()
    without = {
        "dial_no_zone": {"grey_zone": None},
        "dial_raw": {"grey_zone": None, "calibration": None},
        "empty_dial_alt": {},
    }
    for name, changes in without.items():
        app = AppTest.from_function(the_empty_state, args=(replace(card, **changes),), default_timeout=240)
        app.session_state["language"] = tongue
        app.run()
        assert not app.exception
        (chart,) = app.get("plotly_chart")
        word = say(f"interface.{name}", tongue)
        if changes:
            drawn = [note.get("text") for note in json.loads(chart.proto.spec)["layout"]["annotations"]]
            assert word in drawn
            word = say("interface.empty_dial_alt_hatched", tongue, why=word)
        assert chart.proto.alt == word


def test_classes_of_a_card_are_never_read_as_markdown(answers):
    image = "![t](https://example.org/x.png)"
    hostile = by_hand.diagnosis()
    card = replace(hostile.card, labels=("NORMAL", image), danger=(image,), danger_order=(image,))
    headline = Sentence.of("diagnosis.headline_positive", name=image)
    answers.say(replace(hostile, card=card, headline=headline))
    app = enter("en", sample="clear")
    assert not app.exception
    assert image in title(app)
    drawn = [str(one.value) for kind in ("title", "subheader", "markdown") for one in app.get(kind)]
    assert not [text for text in drawn if "](https://" in text]


def test_a_model_without_calibration_has_neither_bands_nor_grey_zone(answers, tongue):
    answers.say(by_hand.diagnosis(calibrated=False))
    read = texts(enter(tongue, sample="clear"))
    assert say("interface.chip_none", tongue) in read
    assert say("interface.not_calibrated", tongue) in read


def test_skin_has_bars_of_all_classes_beside_its_dial(answers):
    answers.say(by_hand.diagnosis("skin"))
    app = enter("fr", modality="skin", sample="naevus")
    assert say("interface.bars_key", "fr") in texts(app)
    assert charts(app) == 3


def test_the_scale_is_asked_for_tissue_alone(answers):
    app = enter("en", modality="breast", sample="fat")
    app.number_input(key="um_per_pixel").set_value(0.5).run()
    assert answers[-1][2]["um_per_pixel"] == 0.5
    app = enter("en", sample="clear")
    assert answers[-1][2]["um_per_pixel"] is None
    assert not app.number_input


def test_moving_the_slider_or_changing_the_language_asks_no_network_again(answers):
    app = enter("en", sample="clear")
    app.slider(key="opacity").set_value(80).run()
    app.button_group(key="language").select("fr").run()
    assert len(answers) == 1
    assert app.slider(key="opacity").value == 80


def test_how_to_read_the_map_depends_on_the_kind_of_image(answers, tongue):
    for modality, sample in (("chest", "clear"), ("skin", "naevus"), ("breast", "fat")):
        read = texts(enter(tongue, modality=modality, sample=sample))
        for other in ("chest", "skin", "breast"):
            assert (say(f"interface.reading_suspicious_{other}", tongue) in read) == (other == modality)


def test_a_map_without_evidence_is_said_and_cannot_be_made_opaque(answers, tongue):
    answers.say(by_hand.diagnosis(empty=True))
    app = enter(tongue, sample="clear")
    assert app.slider(key="opacity").disabled
    name = say("diagnosis.class_chest_PNEUMONIA", tongue)
    assert say("interface.map_empty", tongue, name=name) in texts(app)


def test_the_focus_line_says_where_the_map_lies_and_is_suspicious_of_the_frame(answers, tongue):
    diagnosis = by_hand.diagnosis()
    lungs = lung_mask(diagnosis.prepared.pixels)
    frame = np.zeros((96, 96), np.float32)
    frame[0] = 1
    for heat, suspicious in ((diagnosis.explanation.heat.copy(), False), (frame, True)):
        answers.say(replace(diagnosis, explanation=replace(diagnosis.explanation, heat=heat)))
        read = texts(enter(tongue, sample="clear"))
        shares = {"inside": Percent(inside_share(heat, lungs)), "border": Percent(border_share(heat))}
        assert say("interface.focus_chest", tongue, even=Percent(0.36), **shares) in read
        assert (say("interface.focus_suspicious", tongue) in read) == suspicious


def test_an_empty_shelf_says_where_models_go(answers, tongue, tmp_path, monkeypatch):
    monkeypatch.setenv("PENUMBRA_MODELS", str(tmp_path))
    app = enter(tongue)
    assert not app.exception
    assert app.title[0].value == say("interface.no_model_title", tongue)


def test_real_networks_answer_each_kind_of_sample(quiet, tongue):
    for modality, sample in (("chest", "lobar"), ("skin", "melanoma"), ("breast", "invasive")):
        app = enter(tongue, modality=modality, sample=sample)
        assert not app.exception
        assert app.title[0].value != say("interface.failed_title", tongue)
        assert len(app.get("download_button")) == 2


def test_one_model_of_a_kind_leaves_nothing_to_choose(answers):
    app = enter("en", modality="skin", model="skin-test", sample="naevus")
    assert "model_skin" not in [box.key for box in app.selectbox]
    assert "model" not in app.query_params
    assert answers[-1][2]["model"] == "skin-test"


def test_of_several_models_the_default_comes_first_and_teaching_models_last(answers, several, tongue):
    app = enter(tongue, sample="clear")
    choice = app.selectbox(key="model_chest")
    mark, title = say("report.teaching_mark", tongue), several["chest-frame"].title[tongue]
    marked = say("interface.model_teaching", tongue, mark=mark, title=title)
    titles = [several[name].title[tongue] for name in ("chest-test", "chest-small")]
    assert choice.options == [*titles, marked]
    assert choice.value == "chest-test"
    assert answers[-1][2]["model"] == "chest-test"


def test_the_chosen_model_answers_and_stands_in_the_address(answers, several):
    app = enter("en", sample="clear")
    app.selectbox(key="model_chest").select("chest-small").run()
    assert answers[-1][2]["model"] == "chest-small"
    assert app.query_params["model"] == "chest-small"
    assert len(answers) == 2
    app.button_group(key="language").select("fr").run()
    assert app.selectbox(key="model_chest").value == "chest-small"
    assert len(answers) == 2


def test_a_link_carries_the_model_and_one_of_another_kind_is_left_aside(answers, several):
    enter("en", sample="clear", model="chest-frame")
    assert answers[-1][2]["model"] == "chest-frame"
    app = enter("en", modality="chest", sample="clear", model="skin-test")
    assert answers[-1][2]["model"] == "chest-test"
    assert app.query_params["model"] == "chest-test"


def test_each_kind_of_image_keeps_its_own_choice_of_model(answers, several):
    save_another(several["skin-test"], "skin-small", "skin")
    app = enter("en", sample="clear", model="chest-small")
    app.button_group(key="modality").select("breast").run()
    assert "model" not in app.query_params
    app.button_group(key="modality").select("skin").run()
    assert app.selectbox(key="model_skin").value == "skin-test"
    app.button_group(key="modality").select("chest").run()
    assert not app.exception
    assert app.selectbox(key="model_chest").value == "chest-small"
    assert app.query_params["model"] == "chest-small"


def test_a_model_without_metadata_asks_for_none(answers, several):
    small = save_another(several["skin-test"], "skin-small", "skin", metadata=False)
    app = enter("en", modality="skin", sample="naevus", model=small.name)
    assert not app.exception
    assert [box.key for box in app.selectbox] == ["model_skin"]
    assert answers[-1][2]["metadata"] == Metadata()
    app.selectbox(key="model_skin").select("skin-test").run()
    assert answers[-1][2]["metadata"] != Metadata()


def _body(element) -> str:
    return element.proto.body if element.type == "html" else ""


def test_a_teaching_model_says_so_above_its_sentence(answers, several, tongue):
    frame = several["chest-frame"]
    answers.say(replace(by_hand.diagnosis(), card=frame))
    app = enter(tongue, sample="clear", model="chest-frame")
    notice = f"{say('report.teaching_mark', tongue)}. {frame.teaching[tongue]}"
    assert notice in texts(enter(tongue, model="chest-frame"))
    assert any('class="teaching"' in element.proto.body for element in app.get("html"))
    above = [element for element in app.main if element.type == "title" or notice in _body(element)]
    assert [element.type for element in above] == ["html", "title"]
    answers.say(by_hand.diagnosis())
    app.selectbox(key="model_chest").select("chest-test").run()
    assert frame.teaching[tongue] not in texts(app)


def test_real_networks_answer_by_the_chosen_model_and_no_other_is_opened(quiet, several, monkeypatch):
    opened = []
    monkeypatch.setattr(
        util.diagnosis, "open_network", lambda card: (opened.append(card.name), open_network(card))[1]
    )
    app = enter("en", sample="lobar", model="chest-small")
    assert not app.exception
    assert set(opened) == {"chest-small"}
    assert len(app.get("download_button")) == 2
