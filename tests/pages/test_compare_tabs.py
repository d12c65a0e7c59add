"""Compare beyond its first tab's maps: Sanity, Two models, repeats, metadata, what was measured."""

from dataclasses import replace

import numpy as np
from streamlit.testing.v1 import AppTest

from tests.interface import by_hand
from tests.pages import compared
from tests.pages.conftest import compare_page, settled, straight_to, texts
from util.comparison import Repeated
from util.explanation import FIRST, MetadataAttribution, repeatability
from util.interface.comparing import (
    measured,
    metadata,
    repeats,
    sanity_tab,
    two_models_tab,
)
from util.interface.comparing.curves import curve_chart
from util.interface.palette import DARK
from util.language import say
from util.modelstore import default_card
from util.modelstore.card import Figure
from util.modelstore.record_of_explanations import CompositeWorth, Differences, Measured, Worth
from util.prediction import Metadata


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
    assert say("compare.sanity_wrong", tongue, letter=right, chosen=wrong) in texts(app)
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
    assert app.selectbox(key=f"second_chest-test_{tongue}").options == [titles[0], marked]
    app.selectbox(key=f"second_chest-test_{tongue}").set_value("chest-frame").run()
    app = settled(app)
    assert not app.exception
    assert asked_for[-1][:2] == ("chest-test", "chest-frame")
    read = texts(app)
    assert several["chest-frame"].teaching[tongue] in read
    assert "“▲" not in read and "«\u00a0▲" not in read
    found = compared.pair(by_hand.diagnosis(), by_hand.diagnosis(), "grad_cam").agreement
    value = found.spearman[0, 1]
    assert say("compare.two_alike", tongue, value=value, limit=0.5) in read and value > 0.5
    other = {"en": "fr", "fr": "en"}[tongue]
    app.button_group(key="language").select(other).run()
    app = settled(app)
    box = app.selectbox(key=f"second_chest-test_{other}")
    assert box.value == "chest-frame", "the choice survives a change of language"
    assert box.options[1] == say("report.marked", other, title=several["chest-frame"].title[other])


def the_pair(pair):
    from util.interface.comparing.two_models_tab import pair_ui

    pair_ui(pair)


def test_beside_a_model_that_does_not_know_the_image_no_number_of_the_class_stands(tongue):
    told = say("compare.two_calibrated", tongue, name="?", value="?").split("?")[0]
    for familiar in (True, None, False):
        sides = (by_hand.diagnosis(), by_hand.diagnosis(familiar=familiar))
        app = AppTest.from_function(the_pair, args=(compared.pair(*sides, "grad_cam"),), default_timeout=240)
        app.session_state["language"] = tongue
        read = texts(app.run())
        assert not app.exception
        assert read.count(told) == (1 if familiar is False else 2)


IMAGE = "![t](https://example.org/x.png)"


def test_titles_and_classes_of_a_card_are_never_read_as_markdown(compares, answers, several, monkeypatch):
    hostile = replace(by_hand.card(), name="chest-test", sha256="a", title={"en": IMAGE, "fr": IMAGE})
    hostile = replace(hostile, labels=("NORMAL", IMAGE), danger=(IMAGE,), danger_order=(IMAGE,))
    shelf = [hostile, replace(hostile, name="chest-small", sha256="b")]
    monkeypatch.setattr(two_models_tab, "cards_of", lambda modality: shelf)

    def two_models(data, first, second, metadata, **more):
        return compared.pair(*(replace(by_hand.diagnosis(), card=card) for card in shelf), more["method"])

    monkeypatch.setattr(two_models_tab, "two_models", two_models)
    answers.say(replace(by_hand.diagnosis(), card=hostile))
    app = settled(tab("two_models", "en"))
    assert not app.exception
    assert "example" in app.title[0].value
    drawn = [one.value for kind in ("title", "subheader", "markdown") for one in app.get(kind)]
    drawn += [box.label for box in app.selectbox]
    assert not [text for text in drawn if "](https://" in text]


def the_card(card):
    from util.interface.model_cards import card_ui

    card_ui(card)


def test_the_title_of_a_card_on_models_is_never_read_as_markdown(quiet):
    card = replace(by_hand.card(), title={"en": IMAGE, "fr": IMAGE})
    app = AppTest.from_function(the_card, args=(card,), default_timeout=240).run()
    assert not app.exception
    assert "](https://" not in app.subheader[0].value and "example" in app.subheader[0].value


def test_in_the_curves_the_other_maps_have_one_entry_and_more_ink_than_the_grid():
    found = compared.comparison(by_hand.diagnosis(), ("grad_cam", "rise", "lime"))
    chart = curve_chart(found, "rise", "deletion", DARK, "en")
    others = [trace for trace in chart.data if trace.name == say("compare.other_maps", "en")]
    assert [trace.showlegend for trace in others] == [True, False]
    assert all(trace.line.color != DARK.lines for trace in others)
    assert "LIME" in others[1].hovertext[0]


def test_what_was_measured_stands_in_two_tables_that_fit_a_projector():
    rows = [
        {say(f"compare.column_{name}", "en"): text for name, text in row.items()}
        for row in (
            {"method": "a", "seconds": "1", "focus": "0.5"},
            {"method": "b", "seconds": "", "focus": ""},
        )
    ]
    first, rest = measured.tables(rows)
    assert [list(row) for row in first] == [["Method", "Time"]] * 2
    assert [row["Method"] for row in rest] == ["a"]
    assert len(measured.tables([{"Method": "a", "Time": "1"}])) == 1


def test_a_composite_measured_on_too_few_errors_has_no_verdict(tongue):
    for errors, verdict in ((9, "worth_few"), (10, "worth_not")):
        record = Measured("m", "0" * 64, "2026-11-21", "python -m x", "validation", "fast", 30, {})
        record = replace(record, composite=CompositeWorth(False, n=30, errors=errors, area=0.1))
        app = AppTest.from_function(the_record, args=(record,), default_timeout=240)
        app.session_state["language"] = tongue
        read = texts(app.run())
        assert not app.exception
        assert say(f"compare.{verdict}", tongue, n=30) in read
        assert say("comparison.worth_errors", tongue, errors=errors) in read
        assert say("compare.measured_command", tongue) in read and say("pages.command", tongue) not in read
        assert say("compare.measured_part", tongue, part=say("comparison.part_validation", tongue)) in read


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
    assert len(spreads) == len(FIRST) and max(spreads) > 0.1
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


def test_what_if_says_no_probability_where_there_is_none(compares, answers, monkeypatch, tongue):
    found = MetadataAttribution(4, {"age": 0.4, "sex": -0.1, "site": 0.0}, ("age", "sex"), 1.0, 1.3)
    monkeypatch.setattr(metadata, "attribute_metadata", lambda network, prediction, target: found)
    after = by_hand.diagnosis("skin", 0.2, calibrated=False).prediction
    monkeypatch.setattr(metadata, "predict", lambda network, prepared, other: after)
    monkeypatch.setattr("util.modelstore.open_network", lambda card: None)
    given = replace(by_hand.diagnosis("skin", 0.9, calibrated=False), metadata=Metadata(50.0, "female", None))
    before, name = given.prediction, say("diagnosis.class_skin_MEL", tongue)
    answers.say(given)
    app = settled(straight_to("compare", tongue, modality="skin", sample="naevus"))
    value = float(before.probabilities[4])
    assert say("compare.what_if_same_raw", tongue, name=name, value=value) in texts(app)
    app.number_input(key="what_if_age_50.0_female_None").set_value(80).run()
    assert not app.exception
    read, values = texts(app), {"before": value, "after": float(after.probabilities[4])}
    assert say("compare.what_if_other_raw", tongue, name=name, **values) in read
    top = say("diagnosis.class_skin_NV", tongue)
    assert say("compare.what_if_top_raw", tongue, name=top) in read
    lower = say("compare.what_if", tongue)
    assert lower in read
    answers.say(replace(given, prediction=replace(before, familiar=False)))
    app = settled(straight_to("compare", tongue, modality="skin", sample="naevus"))
    assert not app.exception
    assert say("compare.metadata", tongue) in texts(app) and lower not in texts(app)


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
    told = replace(record, learned=True, steps=20, baseline="blurred", cores=1)
    app = AppTest.from_function(the_record, args=(told,), default_timeout=240)
    app.session_state["language"] = tongue
    read = texts(app.run())
    assert learned in read
    share = {"en": "10%", "fr": "10\u00a0%"}[tongue]
    blurred = say("compare.measured_blurred", tongue, share=share)
    assert say("compare.measured_curves", tongue, steps=20, baseline=blurred) in read
    assert say("compare.measured_core", tongue) in read
