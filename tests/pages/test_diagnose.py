import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

import util.diagnosis
from tests.interface import by_hand
from tests.pages.conftest import enter, save_another, texts
from util.explanation import border_share, inside_share, lung_mask
from util.imaging import decode
from util.language import PenumbraError, Percent, say
from util.modelstore import open_network
from util.prediction import Metadata
from util.samples import samples


def picture(side: int = 64) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(np.random.default_rng(1).integers(0, 255, (side, side), np.uint8)).save(stream, "PNG")
    return stream.getvalue()


def upload(app, data: bytes, name: str = "mine.png"):
    return app.file_uploader[0].upload(name, data).run()


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
    assert app.title[0].value == by_hand.diagnosis(modality).headline.text(tongue)
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
    assert app.title[0].value == by_hand.diagnosis().headline.text("en")
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
    assert app.title[0].value == by_hand.diagnosis().headline.text(tongue)


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


def test_metadata_of_skin_reaches_the_walk_each_part_alone(answers):
    app = upload(enter("en", modality="skin"), picture())
    assert answers[-1][2]["metadata"] == Metadata()
    app.number_input(key="age").set_value(54).run()
    assert answers[-1][2]["metadata"] == Metadata(54.0, None, None)
    app.selectbox(key="site").select("head/neck").run()
    assert answers[-1][2]["metadata"] == Metadata(54.0, None, "head/neck")
    app.selectbox(key="sex").select("female").run()
    assert answers[-1][2]["metadata"] == Metadata(54.0, "female", "head/neck")


def test_a_drawn_lesion_brings_its_own_metadata(answers):
    app = enter("fr", modality="skin")
    app.button_group(key="sample").select("melanoma").run()
    sample = next(sample for sample in samples("skin") if sample.key == "melanoma")
    assert answers[-1][2]["metadata"] == sample.metadata


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
