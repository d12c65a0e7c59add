import io
import re
import threading
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from tests.interface import by_hand
from tests.pages import compared
from tests.pages.conftest import compare_page, enter, settled, straight_to, texts
from util.explanation import FIRST, find_method
from util.imaging import decode
from util.interface.comparing import (
    job,
    maps,
    methods_tab,
    numbers,
    reading,
)
from util.interface.comparing.verdict import verdict
from util.language import PenumbraError, Percent, Sentence, say


def test_before_any_image_the_page_says_what_to_do(compares, tongue):
    app = straight_to("compare", tongue)
    assert not app.exception
    assert app.title[0].value == say("compare.empty_title", tongue)
    assert compares == []


def test_the_first_methods_are_compared_and_the_sentence_says_whether_they_agree(compares, tongue):
    app = compare_page(tongue)
    assert not app.exception
    assert compares == [(FIRST_IN_ORDER, 1, "fast", None)]
    assert app.title[0].value == say("compare.head_some", tongue, alike=4, count=5)
    read = texts(app)
    for name in FIRST:
        assert find_method(name).title.text(tongue) in read
    assert "compare." not in read and "methods." not in read


FIRST_IN_ORDER = tuple(name for name in compared.SPOTS if name in FIRST)


def test_under_each_map_stand_its_worth_and_what_it_does_not_beat(compares, tongue):
    read = texts(compare_page(tongue))
    areas = {"area": compared.curves(5).insertion_area, "edges": compared.curves(3).insertion_area}
    assert say("compare.insertion_edges", tongue, **areas) in read
    control = say("compare.loses_insertion", tongue, control=say("compare.than_gaussian", tongue))
    assert say("compare.not_better", tongue, controls=control) in read


def test_below_the_title_stands_whether_the_answer_follows_the_maps_and_what_diagnose_says(compares, tongue):
    app = compare_page(tongue)
    read = texts(app)
    # Sharpness 5 + i of map i against 1, 3 and 5.5 of the controls: the first alone loses to the Gaussian.
    assert say("comparison.faithful", tongue, wins=5, count=6) in read
    assert by_hand.diagnosis().headline.text(tongue) in read
    twins = ", ".join(find_method(name).title.text(tongue) for name in FIRST_IN_ORDER[:2])
    assert say("compare.grounds_twins", tongue, names=twins, limit=0.95) in read


def test_where_curves_have_no_room_the_caution_stands_in_place_of_areas(compares, monkeypatch, tongue):
    whole = compared.comparison

    def roomless(*one):
        found = whole(*one)
        return replace(found, faithfulness=replace(found.faithfulness, gone=found.faithfulness.whole))

    monkeypatch.setattr(compared, "comparison", roomless)
    read = texts(compare_page(tongue))
    blurred = say("measures.end_blurred", tongue)
    assert say("measures.no_room", tongue, whole=0.92, gone=0.92, end=blurred) in read
    assert say("comparison.faithful", tongue, wins=5, count=6) not in read
    assert say("compare.insertion_edges", tongue, area="?", edges="?").split("?")[1] not in read
    assert say("compare.not_better", tongue, controls="?").split("?")[0] not in read


def test_of_an_unfamiliar_image_no_probability_and_no_lungs_are_said(compares, answers, tongue):
    share = say("interface.share", tongue, share=Percent(0.6))
    lungs = say("compare.in_lungs", tongue, share=share)
    assert lungs in texts(compare_page(tongue))
    answers.say(by_hand.diagnosis(familiar=False))
    app = compare_page(tongue)
    read = texts(app)
    assert not app.exception
    assert say("compare.unfamiliar_maps", tongue) in read
    assert lungs not in read and say("compare.column_lungs", tongue) not in read
    line = say("compare.line", tongue, kind="?", name="?", target="?", value="?")
    assert line.split("?")[3] not in read
    assert say("comparison.faithful", tongue, wins=5, count=6) not in read


def test_two_ideas_that_are_one_have_nothing_to_agree_with(compares, tongue):
    app = compare_page(tongue)
    app.button_group(key="methods").set_value(["grad_cam", "grad_cam_plus_plus"]).run()
    app = settled(app)
    assert app.title[0].value == say("compare.head_one_voice", tongue)


def test_a_composite_that_was_not_shown_to_help_is_folded_away(compares, tongue):
    app = compare_page(tongue)
    name = say("compare.composite_fold", tongue)
    fold = next(one for one in app.expander if one.label.replace("\\", "") == name)
    assert fold.get("html")


def test_times_too_short_to_write_and_controls_are_joined_as_the_language_does():
    found = [
        Sentence.of("measures.loses_insertion", name="x", control=Sentence.of(f"measures.{name}"))
        for name in ("edges", "gaussian")
    ]
    assert maps._controls(found[1:]) == "a centred Gaussian (insertion)"
    assert (
        maps._controls(found) == "the outlines in the picture (insertion) or a centred Gaussian (insertion)"
    )
    french = [say(f"compare.than_{name}", "fr") for name in ("edges", "gaussian")]
    joined = say("compare.last_of", "fr", first=french[0], last=french[1])
    assert joined == "que les contours de l’image ni qu’une gaussienne centrée"
    assert numbers.seconds_text(0.0017) == say("compare.seconds_under", "en", value=0.01)
    assert numbers.seconds_text(0.4) == say("compare.seconds", "en", value=0.4)
    assert numbers.true_minus("Grad-CAM -0.5, from -3 to 2-3") == "Grad-CAM −0.5, from −3 to 2-3"


def test_a_map_without_evidence_says_so_and_agrees_with_nothing(compares, tongue):
    compares.empty = ("rise",)
    app = compare_page(tongue)
    assert say("compare.no_evidence", tongue) in texts(app)
    assert app.title[0].value == say("compare.head_some", tongue, alike=3, count=5)


def test_opening_the_page_with_an_image_makes_the_fast_engine_ready(compares, monkeypatch):
    begun = []
    monkeypatch.setattr(methods_tab, "make_ready", begun.append)
    straight_to("compare")
    assert not begun
    compare_page()
    assert begun and {one.card.modality for one in begun} == {"chest"}


def test_where_the_fast_engine_did_not_answer_the_page_says_why(compares, monkeypatch, tongue):
    fast = compare_page(tongue)
    slow = compared.comparison
    monkeypatch.setattr(compared, "comparison", lambda *one: replace(slow(*one), runtime="TensorFlow"))
    reason = say("modelstore.fast_off", tongue)  # as in all tests
    assert reason in texts(compare_page(tongue)) and reason not in texts(fast)


def test_one_map_with_evidence_among_empty_ones_neither_agrees_nor_disagrees(compares, tongue):
    compares.empty = FIRST_IN_ORDER[1:]
    app = compare_page(tongue)
    assert not app.exception
    assert app.title[0].value == say("compare.head_one", tongue, count=6)


def test_a_map_of_evidence_against_the_class_alone_has_no_positive_evidence(tongue):
    for methods, key in ((("grad_cam", "occlusion"), "head_one"), (("occlusion",), "head_empty")):
        whole = compared.comparison(by_hand.diagnosis(), methods)
        finding = whole.findings["occlusion"]
        against = replace(finding.explanation, heat=-np.abs(finding.explanation.heat))
        assert not against.empty
        findings = {**whole.findings, "occlusion": replace(finding, explanation=against)}
        told = verdict(replace(whole, findings=findings, agreement=None))
        assert told.text(tongue) == say(f"compare.{key}", tongue, count=2)


def test_without_any_evidence_nothing_pretends_to_agree(compares, tongue):
    compares.empty = FIRST
    app = compare_page(tongue)
    assert not app.exception
    assert app.title[0].value == say("compare.head_empty", tongue)


def test_maps_fill_in_while_the_job_runs_and_cancel_keeps_what_is_there(compares, tongue):
    reached, go = threading.Event(), threading.Event()

    def gate(name: str) -> None:
        if name == FIRST_IN_ORDER[2]:
            reached.set()
            assert go.wait(60)

    compares.gate = gate
    app = straight_to("compare", tongue, sample="lobar")
    assert reached.wait(60)
    app.run()
    assert not app.exception
    assert app.title[0].value == say("compare.head_running", tongue, done=2, count=6)
    assert say("compare.pending", tongue) in texts(app)
    app.button(key="cancel_methods").click().run()
    go.set()
    app = settled(app).run()
    assert say("compare.cancelled", tongue, done=2, count=6) in texts(app)
    assert say("compare.not_drawn", tongue) in texts(app)
    assert len(compares) == 1
    app.button(key="compare_go_on").click().run()
    assert len(compares) == 2
    assert settled(app).title[0].value == say("compare.head_some", tongue, alike=4, count=5)


def test_leaving_the_page_ends_the_job(compares):
    reached, go = threading.Event(), threading.Event()

    def gate(name: str) -> None:
        reached.set()
        assert go.wait(60)

    compares.gate = gate
    app = straight_to("compare", "en", sample="lobar")
    assert reached.wait(60)
    running = app.session_state[job._DESK]["methods"]
    app.switch_page("pages/models.py").run()
    go.set()
    assert running.wait(60)
    assert running.state == "cancelled"
    app.switch_page("pages/compare.py").run()
    assert len(compares) == 2, "it goes on when the visitor comes back"
    settled(app)


def test_methods_preset_class_and_layer_are_asked_and_survive_a_visit_elsewhere(compares):
    app = compare_page()
    app.button_group(key="methods").set_value(["rise", "grad_cam"]).run()
    app.button_group(key="preset").select("full").run()
    card = by_hand.card()
    app.selectbox(key=f"target_{card.name}").set_value(0).run()
    app.selectbox(key=f"layer_{card.name}").set_value("early").run()
    settled(app)
    assert compares[-1] == (("grad_cam", "rise"), 0, "full", "early")
    asked_before = len(compares)
    app.switch_page("pages/models.py").run()
    app.switch_page("pages/compare.py").run()
    settled(app)
    assert len(compares) == asked_before
    assert app.title[0].value == say("compare.head_pair", "en")


def test_without_a_method_the_page_asks_for_one(compares, tongue):
    app = compare_page(tongue)
    app.button_group(key="methods").set_value([]).run()
    assert not app.exception
    assert say("compare.choose_methods", tongue) in texts(app)


def test_moving_the_opacity_or_changing_the_language_computes_nothing_again(compares):
    app = compare_page()
    app.slider(key="compare_opacity").set_value(80).run()
    app.button_group(key="language").select("fr").run()
    assert not app.exception
    assert len(compares) == 1
    assert app.title[0].value == say("compare.head_some", "fr", alike=4, count=5)


def test_an_image_answered_on_diagnose_comes_along_without_a_second_walk(compares, answers):
    app = enter("en", sample="lobar")
    assert len(answers) == 1
    app.switch_page("pages/compare.py").run()
    settled(app)
    assert len(answers) == 1 and len(compares) == 1
    assert not app.exception


def test_an_uploaded_file_that_is_refused_is_said_in_its_own_words(compares, answers, tongue):
    with pytest.raises(PenumbraError) as caught:
        decode(b"this is text", minimum_side=32)
    answers.say(caught.value)
    app = straight_to("compare", tongue)
    app.file_uploader[0].upload("text.png", b"this is text").run()
    assert not app.exception
    assert caught.value.sentence.text(tongue) in texts(app)
    assert compares == []
    assert app.button_group(key="modality").value == "chest"
    assert app.session_state["image_fold"], "another file can be chosen at once"
    answers.say(None)
    app.button_group(key="sample").set_value("lobar").run()
    assert not app.session_state["image_fold"]


def test_the_formats_at_the_drop_box_are_those_that_a_refusal_names(tongue):
    box = say("interface.drop_formats", tongue).partition(" · ")[0].split(", ")
    refusal = say("imaging.not_an_image", tongue, received="?")
    named = refusal.partition("(")[2].partition(")")[0]
    assert box == re.split(", | or | ou ", named)


def test_an_upload_is_compared(compares, answers):
    stream = io.BytesIO()
    Image.fromarray(np.random.default_rng(1).integers(0, 255, (64, 64), np.uint8)).save(stream, "PNG")
    app = straight_to("compare")
    app.file_uploader[0].upload("mine.png", stream.getvalue()).run()
    settled(app)
    assert len(compares) == 1
    assert "mine.png" in texts(app)


def test_a_refused_comparison_is_one_sentence_and_a_broken_one_says_so_without_internals(compares, tongue):
    compares.error = PenumbraError("diagnosis.no_such_class", name="x", names="y")
    read = texts(compare_page(tongue))
    assert compares.error.sentence.text(tongue) in read
    compares.error = RuntimeError("secret path")
    app = compare_page(tongue)
    assert not app.exception
    assert app.title[0].value == say("interface.failed_title", tongue)
    assert "secret" not in texts(app)
    compares.error = None
    app.button(key="try_again").click().run()
    app = settled(app)
    assert app.title[0].value == say("compare.head_some", tongue, alike=4, count=5)


def test_an_uncalibrated_model_says_why_it_has_no_composite_confidence(compares, answers, tongue):
    answers.say(by_hand.diagnosis(calibrated=False))
    app = compare_page(tongue)
    assert say("comparison.uncertain_maps", tongue) in texts(app)


def test_the_code_of_a_method_is_its_real_file(project):
    for name in compared.SPOTS:
        file = project / "util/explanation/methods" / f"{name}.py"
        assert reading.source_of(name) == file.read_text("utf-8")


def test_the_agreement_can_be_shown_in_three_measures(compares, tongue):
    app = compare_page(tongue)
    for measure in ("ssim", "overlap", "spearman"):
        app.button_group(key="agreement_measure").select(measure).run()
        assert not app.exception
        assert say(f"compare.measure_{measure}_what", tongue) in texts(app)
    assert len(compares) == 1


def test_everything_can_be_taken_away(compares):
    app = compare_page()
    assert {button.key for button in app.get("download_button")} == {"export_pdf", "export_png", "export_npz"}
