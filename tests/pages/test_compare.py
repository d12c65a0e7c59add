import io
import threading
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from tests.interface import by_hand
from tests.pages import compared
from tests.pages.conftest import enter, straight_to, texts
from util.comparison import Repeated
from util.explanation import FIRST, MetadataAttribution, find_method, repeatability
from util.imaging import decode
from util.interface.comparing import (
    asked,
    job,
    metadata,
    methods_tab,
    reading,
    repeats,
    sanity_tab,
    two_models_tab,
)
from util.language import PenumbraError, say
from util.modelstore import default_card
from util.modelstore.card import Figure
from util.modelstore.record_of_explanations import Differences, Measured, Worth
from util.prediction import Metadata

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


def test_before_any_image_the_page_says_what_to_do(compares, tongue):
    app = straight_to("compare", tongue)
    assert not app.exception
    assert app.title[0].value == say("compare.empty_title", tongue)
    assert compares == []


def test_the_first_methods_are_compared_and_the_sentence_says_whether_they_agree(compares, tongue):
    app = compare_page(tongue)
    assert not app.exception
    assert compares == [(FIRST_IN_ORDER, 1, "fast", None)]
    assert app.title[0].value == say("compare.head_some", tongue, alike=5, count=6)
    read = texts(app)
    for name in FIRST:
        assert find_method(name).title.text(tongue) in read
    assert "compare." not in read and "methods." not in read


FIRST_IN_ORDER = tuple(name for name in compared.SPOTS if name in FIRST)


def test_under_each_map_stand_its_worth_and_what_it_does_not_beat(compares, tongue):
    read = texts(compare_page(tongue))
    areas = {"area": compared.curves(5).insertion_area, "edges": compared.curves(3).insertion_area}
    assert say("compare.insertion_edges", tongue, **areas) in read
    control = say("compare.loses_insertion", tongue, control=say("measures.gaussian", tongue))
    assert say("compare.not_better", tongue, controls=control) in read


def test_a_map_without_evidence_says_so_and_agrees_with_nothing(compares, tongue):
    compares.empty = ("rise",)
    app = compare_page(tongue)
    assert say("compare.no_evidence", tongue) in texts(app)
    assert app.title[0].value == say("compare.head_some", tongue, alike=4, count=6)


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
    assert settled(app).title[0].value == say("compare.head_some", tongue, alike=5, count=6)


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
    assert app.title[0].value == say("compare.head_some", "fr", alike=5, count=6)


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
    assert app.title[0].value == say("compare.head_some", tongue, alike=5, count=6)


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


def tab(name: str, language: str, **state: object):
    """The page with the tab `name` open and a drawn film on it."""
    label = say(f"compare.tab_{name}", language)
    return straight_to("compare", language, sample="lobar", **{f"compare_tab_{language}": label}, **state)


def test_the_sanity_check_asks_first_and_answers_then(compares, monkeypatch, tongue):
    monkeypatch.setattr(sanity_tab, "cascade", compared.forgetting)
    app = tab("sanity", tongue)
    assert app.title[0].value == say("compare.sanity_title", tongue)
    assert compares == [], "only the open tab computes"
    app.button(key="sanity_begin").click().run()
    app = settled(app)
    assert not app.exception
    read = texts(app)
    assert say("compare.sanity_question", tongue) in read
    assert say("compare.stage_first", tongue) not in read, "the question must not hold its answer"
    (order,) = app.session_state[sanity_tab._ORDERS].values()
    right = "ABCDEFG"[order.index(0)]
    wrong = next(letter for letter in "ABCDEFG" if letter != right)
    assert app.button(key="sanity_check").disabled
    app.button_group(key="sanity_letter").select(wrong).run()
    app.button(key="sanity_check").click().run()
    assert say("compare.sanity_wrong", tongue, letter=right) in texts(app)
    app.button(key="sanity_again").click().run()
    (order,) = app.session_state[sanity_tab._ORDERS].values()
    right = "ABCDEFG"[order.index(0)]
    app.button_group(key="sanity_letter").select(right).run()
    app.button(key="sanity_check").click().run()
    assert not app.exception
    read = texts(app)
    assert say("compare.sanity_right", tongue, letter=right) in read
    assert say("compare.stage_last", tongue) in read


def test_two_models_stand_side_by_side_and_teaching_models_are_marked(
    compares, answers, several, monkeypatch, tongue
):
    asked_for = []

    def two_models(data, first, second, metadata, **more):
        asked_for.append((first, second, more["method"]))
        one, other = (replace(by_hand.diagnosis(), card=several[name]) for name in (first, second))
        return compared.pair(one, other, more["method"])

    monkeypatch.setattr(two_models_tab, "two_models", two_models)
    # The small models share one file, which two models never do.
    shelf = [replace(several[f"chest-{name}"], sha256=name) for name in ("test", "small", "frame")]
    monkeypatch.setattr(two_models_tab, "cards_of", lambda modality: shelf)
    answers.say(replace(by_hand.diagnosis(), card=shelf[0]))
    app = settled(tab("two_models", tongue))
    assert not app.exception
    assert asked_for == [("chest-test", "chest-small", "grad_cam")]
    titles = [several[name].title[tongue] for name in ("chest-small", "chest-frame")]
    marked = say("report.marked", tongue, title=titles[1])
    assert app.selectbox(key="second_chest-test").options == [titles[0], marked]
    app.selectbox(key="second_chest-test").set_value("chest-frame").run()
    app = settled(app)
    assert not app.exception
    assert asked_for[-1][:2] == ("chest-test", "chest-frame")
    assert several["chest-frame"].teaching[tongue] in texts(app)


def test_with_one_model_of_a_kind_there_is_nothing_to_hold_beside_it(compares, answers, tongue):
    answers.say(replace(by_hand.diagnosis(), card=default_card("chest")))
    app = tab("two_models", tongue)
    assert not app.exception
    assert app.title[0].value == say("compare.two_none", tongue)


def test_repeatability_is_measured_when_asked_for_and_stands_in_the_table(compares, monkeypatch, tongue):
    def repeat(diagnosis, method, target, **more):
        heats = np.stack([compared.spot(method, 96), compared.spot("rise", 96)])
        one, found = compared.explanation(method, 96), repeatability(list(heats))
        spreads.append(found.spread)
        yield Repeated(method, target, "noise", 2, (one, one), heats.mean(axis=0), heats.std(axis=0), found)

    spreads = []
    monkeypatch.setattr(repeats, "repeat", repeat)
    app = compare_page(tongue)
    assert say("compare.column_repeats", tongue) not in texts(app)
    app.button(key="repeats_begin").click().run()
    app = settled(app)
    assert not app.exception
    assert say("compare.column_repeats", tongue) in texts(app)
    read = texts(app)
    for key in ("repeats_done", "spread_what", "repeats_deviation"):
        assert say(f"compare.{key}", tongue) in read
    assert say("compare.repeats_mean", tongue, runs=2) in read
    assert len(spreads) == len(FIRST_IN_ORDER) and max(spreads) > 0.1
    for spread in spreads:
        number = say("interface.number", tongue, value=spread).replace("-", "−")
        assert say("compare.spread", tongue, value=number) in read
    assert len(compares) == 1
    two = app.session_state[repeats._SHOWN]["grad_cam"][1]
    assert two["mean"].heat.max() > 0.1 and two["deviation"].max() > 0.1


def test_for_a_fused_model_metadata_are_attributed_and_can_be_changed(compares, answers, monkeypatch, tongue):
    given = replace(by_hand.diagnosis("skin", 0.9), metadata=Metadata(50.0, "female", None))
    answers.say(given)
    found = MetadataAttribution(4, {"age": 0.4, "sex": -0.1, "site": 0.0}, ("age", "sex"), 1.0, 1.3)
    monkeypatch.setattr(metadata, "attribute_metadata", lambda network, prediction, target: found)
    monkeypatch.setattr(
        metadata, "predict", lambda network, prepared, other: by_hand.diagnosis("skin", 0.2).prediction
    )
    monkeypatch.setattr("util.modelstore.open_network", lambda card: None)
    app = settled(straight_to("compare", tongue, modality="skin", sample="naevus"))
    assert not app.exception
    name = say("diagnosis.class_skin_MEL", tongue)
    read = texts(app)
    told = {"without": "1.000", "score": "1.30"} if tongue == "en" else {"without": "1,000", "score": "1,30"}
    assert say("compare.metadata_sum", tongue, name=name, **told) in read
    before, after = (by_hand.diagnosis("skin", danger).prediction.probabilities for danger in (0.9, 0.2))
    assert say("compare.what_if_same", tongue, name=name, value=float(before[4])) in read
    app.number_input(key="what_if_age_50.0_female_None").set_value(80).run()
    assert not app.exception
    values = {"before": float(before[4]), "after": float(after[4])}
    assert say("compare.what_if_other", tongue, name=name, **values) in texts(app)
    assert len(compares) == 1


def the_record(found):
    from util.interface.comparing.measured import record_ui

    record_ui(found)


def test_what_was_measured_on_many_images_is_shown_with_its_date_and_command(tongue):
    row = Worth(
        seconds=0.4,
        insertion=Figure(0.7, 0.6, 0.8),
        beats={
            "edges": Differences(Figure(0.1, 0.05, 0.2), Figure(-0.1, -0.2, -0.05)),
            "random": Differences(),
        },
    )
    record = Measured("m", "0" * 64, "2026-11-21", "python -m x", "test", "fast", 100, {"rise": row})

    app = AppTest.from_function(the_record, args=(record,), default_timeout=240)
    app.session_state["language"] = tongue
    app.run()
    assert not app.exception
    read = texts(app)
    assert say("compare.control_edges", tongue) in read
    assert say("compare.control_random", tongue) not in read, "a control that it does not beat is not named"
    assert say("compare.column_focus", tongue) not in read, "a column that nobody measured is not shown"
    assert ("21 November 2026" if tongue == "en" else "21 novembre 2026") in read
    assert "python -m x" in app.code[0].value
    assert say("compare.measured_note", tongue) in read and "blur" not in read
    learned = say("comparison.worth_learned", tongue)
    assert learned not in read
    told = replace(record, learned=True, steps=20, baseline="blurred")
    app = AppTest.from_function(the_record, args=(told,), default_timeout=240)
    app.session_state["language"] = tongue
    read = texts(app.run())
    assert learned in read
    share = {"en": "10%", "fr": "10\u00a0%"}[tongue]
    blurred = say("compare.measured_blurred", tongue, share=share)
    assert say("compare.measured_curves", tongue, steps=20, baseline=blurred) in read
