import html
import re
import shutil
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from tests.interface import by_hand, evaluation_by_hand, records_by_hand
from tests.pages.conftest import straight_to, texts
from util.interface import slide_maps
from util.language import say
from util.modelstore.card import Figure
from util.modelstore.errors import RecordError
from util.modelstore.record_of_runs import Slide
from util.modelstore.records import read_details, read_runs
from util.modelstore.store import broken_cards, cards


def models(language: str):
    return straight_to("models", language)


def test_every_card_is_drawn_with_its_figures_limits_terms_and_hash(answers, tongue):
    app = models(tongue)
    assert not app.exception
    read = texts(app)
    shelf = cards()
    assert len(shelf) == 3
    assert [title.value.replace("\\", "") for title in app.subheader] == [
        card.title[tongue] for card in shelf
    ]
    for card in shelf:
        assert card.population[tongue] in read
        assert card.limits[0][tongue] in read
        assert card.licence[tongue] in read
        assert card.sha256 in read
    assert read.count(say("interface.interval", tongue, value=0.91, low=0.88, high=0.94)) == 3


def test_a_broken_card_is_reported_and_the_others_still_stand(
    answers, tongue, model_folder, tmp_path, monkeypatch
):
    folder = tmp_path / "models"
    shutil.copytree(model_folder, folder)
    (folder / "skin-test" / "card.yaml").write_text("name: [unfinished", "utf-8")
    monkeypatch.setenv("PENUMBRA_MODELS", str(folder))
    app = models(tongue)
    assert not app.exception
    (error,) = broken_cards()
    assert error.sentence.text(tongue) in texts(app)
    assert len(app.subheader) == 3  # two cards and the heading of the broken one


def test_an_empty_shelf_says_what_to_do(answers, tongue, tmp_path, monkeypatch):
    monkeypatch.setenv("PENUMBRA_MODELS", str(tmp_path))
    app = models(tongue)
    assert not app.exception
    assert say("pages.models_none", tongue) in texts(app)


@pytest.fixture
def recorded(several):
    """The small models; chest with runs and its test in detail beside its card."""
    card = several["chest-test"]
    records_by_hand.write(records_by_hand.runs(card), card.folder / "runs.yaml")
    records_by_hand.write(evaluation_by_hand.evaluation(card), card.folder / "evaluation.yaml")
    return card


def opened(language: str, *folds: str):
    """The page with these folds open, by their keys."""
    return straight_to("models", language, **dict.fromkeys(folds, True))


def labels(app) -> list[str]:
    return [fold.label for fold in app.expander]


def test_a_card_without_records_has_no_folds_for_them(answers, several, tongue):
    app = models(tongue)
    assert not app.exception
    assert say("pages.runs", tongue) not in labels(app)
    assert say("pages.tested", tongue) not in labels(app)


def test_cards_stand_kind_by_kind_default_first_teaching_last_and_the_contents_name_them(several, tongue):
    app = models(tongue)
    names = ["breast-test", "chest-test", "chest-small", "chest-frame", "skin-test"]
    assert [title.value.replace("\\", "") for title in app.subheader] == [
        several[name].title[tongue] for name in names
    ]
    assert [title.anchor for title in app.subheader] == names
    contents = next(text.value for text in app.markdown if "](#" in text.value)
    assert [link.split(")")[0] for link in contents.split("](#")[1:]] == names
    marked = say("report.marked", tongue, title=several["chest-frame"].title[tongue])
    assert marked in contents.replace("\\", "")
    read = texts(app)
    assert read.count(several["chest-frame"].teaching[tongue]) == 1


def test_closed_folds_read_nothing_and_draw_no_chart(recorded, tongue):
    (recorded.folder / "runs.yaml").write_text("[unfinished", "utf-8")
    app = models(tongue)
    assert not app.exception
    assert labels(app).count(say("pages.runs", tongue)) == 1
    assert not app.get("plotly_chart")


def test_runs_are_sorted_and_what_is_missing_or_from_scratch_is_said(recorded, tongue):
    app = opened(tongue, "runs_chest-test")
    assert not app.exception
    read = texts(app)
    table = next(body for body in _tables(app) if say("pages.column_imbalance", tongue) in body)
    areas = [float(cell.replace(",", ".")) for cell in re.findall(r"<td>(0[.,]9\d\d).\(", table)]
    assert len(areas) == 6 and areas == sorted(areas, reverse=True)
    assert table.count(say("pages.run_from_scratch", tongue)) == 4
    assert say("pages.run_logit_adjustment", tongue) in table
    missing = say("pages.runs_missing", tongue, count=2)
    assert f"**{missing}** resnet50, mobilenetv2-mixup" in read
    assert say("pages.budget_fold", tongue, fold=0, images=1047, groups=734) in read
    names = [say(f"pages.tab_{name}", tongue) for name in ("runs", "reported", "leak", "networks")]
    assert [tab.label for tab in app.tabs][:-1] == names
    kinds = [say(f"pages.study_{name}", tongue) for name in ("folds", "ensembles", "metadata", "searches")]
    assert app.tabs[-1].label.lower() == ", ".join(kinds)


def test_what_others_report_stands_beside_the_same_kind_of_network_and_the_cards_own(recorded, tongue):
    app = opened(tongue, "runs_chest-test")
    table = next(body for body in _tables(app) if say("pages.column_who", tongue) in body)
    rows = re.findall(r"<tr>.*?</tr>", table)[1:]
    assert ["VGG16" in row for row in rows[:2]] == [True, True]
    assert say("pages.run_student_projects", tongue) in rows[0]
    assert say("pages.run_from_scratch", tongue) in rows[1]
    assert say("pages.run_the_set_that_chose_the_model", tongue) in rows[2]
    assert say("pages.run_distilled", tongue) in rows[3]
    assert "Cruz-Roa 2014" in rows[4]
    assert (
        say("pages.this_model", tongue) in rows[-1] and ("0.910" if tongue == "en" else "0,910") in rows[-1]
    )


def test_the_leak_is_one_small_table_with_one_plain_sentence(recorded, tongue):
    app = opened(tongue, "runs_chest-test")
    table = next(body for body in _tables(app) if say("pages.column_flattered", tongue) in body)
    assert table.count("<tr>") == 5
    figure = say("report.figure_balanced_accuracy", tongue)
    values = {"promised": "0.957", "strangers": "0.921"}
    if tongue == "fr":
        values = {name: value.replace(".", ",") for name, value in values.items()}
    assert say("pages.leak_flatters", tongue, figure=figure, **values) in texts(app)


def test_a_leak_that_does_not_show_is_not_called_one(recorded, tongue):
    record = records_by_hand.runs(recorded)
    gap = record["leakage"]["flattery"]["image_validation_minus_yardstick"]
    gap["balanced_accuracy"] = [0.02, -0.01, 0.05]
    records_by_hand.write(record, recorded.folder / "runs.yaml")
    read = texts(opened(tongue, "runs_chest-test"))
    assert say("pages.leak_not_seen", tongue, figure="?", promised="?", strangers="?").split("?")[-1] in read


def test_each_networks_idea_stands_beside_its_curve_and_its_confusions(recorded, tongue):
    app = opened(tongue, "runs_chest-test")
    choice = app.selectbox(key="run_chest-test")
    assert len(choice.options) == 7
    wanted = next(option for option in choice.options if option.startswith("VGG16"))
    app = choice.select(wanted).run()
    assert say("networks.idea_vgg16", tongue) in texts(app)
    assert say("networks.idea_mobilenetv2", tongue) not in texts(app)
    charts = {chart.key for chart in app.get("plotly_chart")}
    assert {"curve_chest-test", "matrix_chest-test"} <= charts


def test_folds_and_ensembles_say_when_the_test_fold_is_among_them(recorded, tongue):
    read = texts(opened(tongue, "runs_chest-test"))
    assert say("pages.test_fold_included", tongue) in read
    assert say("pages.best_single", tongue, name="a") in read
    assert say("pages.metadata_question", tongue) in read


def test_a_search_names_the_options_of_its_best_trials(recorded, tongue):
    app = opened(tongue, "runs_chest-test")
    table = next(body for body in _tables(app) if say("pages.column_options", tongue) in body)
    lr = {"en": "lr 0.0004", "fr": "lr 0,0004"}[tongue]
    assert table.index(f"{lr} · optimizer adamw · batch-size 32") < table.index(
        "lr 0.0002".replace(".", lr[4])
    )
    assert say("pages.search_what", tongue, best=8, count=24) in texts(app)


def test_a_whole_slide_stands_redrawn_beside_its_labels_and_every_slide_has_its_row(recorded, tongue):
    app = opened(tongue, "runs_chest-test")
    assert len(app.get("plotly_chart")) == 4  # a curve, a matrix, two maps
    assert say("pages.slide_what", tongue, count=1000, fold=0).replace("1000", "")[:4] in texts(app)
    table = next(body for body in _tables(app) if say("pages.column_positives", tongue) in body)
    assert table.count("<tr>") == 31
    # The slide that the network knows least stands first; the one of a single class, last.
    assert table.index("8900") < table.index("8901") < table.index("8907")
    app = straight_to("models", tongue, **{"runs_chest-test": True, "slide_recipe_mobilenetv2": "8864"})
    assert not app.exception
    assert say("pages.slide_what", tongue, count=3, fold=1) in texts(app)


def slide(patches: int, positives: int, right: float | None = 0.9) -> Slide:
    return Slide(f"{patches}/{positives}", patches, positives, 0, right, right, right, right)


def test_slides_with_too_few_patches_have_no_figures_and_stand_last():
    few = [slide(19, 9, 0.1), slide(40, 4, 0.1), slide(40, 36, 0.1), slide(40, 0, None)]
    assert all(slide_maps.too_few(one) for one in few)
    assert not any(slide_maps.too_few(one) for one in (slide(20, 5), slide(20, 15)))
    rows = slide_maps.slide_rows([*few, slide(20, 5)])
    names = [row[say("pages.column_slide", "en")] for row in rows]
    assert names[0] == "20/5" and len(rows) == 5
    told = say("measured.too_few", "en")
    assert [told in row.values() for row in rows] == [False, True, True, True, True]


def test_figures_of_runs_and_weights_that_nobody_noted_have_words(recorded, tongue):
    assert say("pages.figure_f1_at_prevalence", tongue) != "f1 at prevalence"
    record = records_by_hand.runs(recorded)
    pooled = next(iter(record["crossvalidation"].values()))
    pooled["figures"]["f1_at_prevalence"] = [0.7359, 0.6917, 0.7717]
    record["study"][0]["weights"] = "not said"
    records_by_hand.write(record, recorded.folder / "runs.yaml")
    read = "".join(_tables(opened(tongue, "runs_chest-test")))
    assert say("pages.figure_f1_at_prevalence", tongue) in read
    assert say("pages.run_not_said", tongue) in read


def the_card(card):
    from util.interface.model_cards import comparison_ui, figures_ui

    figures_ui(card)
    comparison_ui(card)


def test_a_calibration_error_beside_its_interval_and_the_unlike_part_are_explained_where_they_stand(tongue):
    def read(ece: Figure, row: dict[str, object]) -> str:
        card = by_hand.card()
        card = replace(card, test=replace(card.test, figures={"ece": ece}))
        card = replace(card, extra={**card.extra, "preparation_comparison": {"rows": [row]}})
        app = AppTest.from_function(the_card, args=(card,), default_timeout=240)
        app.session_state["language"] = tongue
        return texts(app.run())

    biased, unlike = say("pages.ece_biased", tongue), say("pages.comparison_unlike", tongue)
    plain = read(Figure(0.02, 0.01, 0.03), {"chain": "a", "auc": 0.9})
    assert biased not in plain and unlike not in plain
    told = read(Figure(0.02, 0.03, 0.04), {"chain": "a", "unlike_auc": 0.9})
    assert biased in told and unlike in told


def test_the_test_in_detail_has_counts_intervals_and_says_too_few(recorded, tongue):
    app = opened(tongue, "tested_chest-test")
    assert not app.exception
    parts = ("subgroups", "corruptions", "attacks", "storage", "shortcuts", "errors")
    assert [tab.label for tab in app.tabs] == [say(f"measured.heading_{part}", tongue) for part in parts]
    sex = next(body for body in _tables(app) if say("report.female", tongue) in body)
    assert "<td>210</td>" in sex and say("measured.too_few", tongue) in sex
    interval = say("interface.interval", tongue, value=0.95, low=0.93, high=0.97)
    assert interval.replace(" ", "\u00a0").replace("0.95", "0.950")[:4] in sex
    heat = next(body for body in _tables(app) if say("measured.corruption_blur", tongue) in body)
    assert heat.count("<td") == 7 * 5
    shares = [int(share) for share in re.findall(r"--above\) (\d+)%", heat.split("</tr>")[1])]
    assert shares and shares == sorted(shares)
    shortcuts = next(body for body in _tables(app) if say("measured.shortcut_frame", tongue) in body)
    assert say("measured.model", tongue) in shortcuts.split("<tr>")[-1]


def test_another_figure_of_the_corruptions_can_be_chosen(recorded):
    app = opened("en", "tested_chest-test")
    app = app.button_group(key="chest-test_corruptions").select("balanced_accuracy").run()
    assert not app.exception
    heat = next(body for body in _tables(app) if say("measured.corruption_blur", "en") in body)
    assert "0.930" in heat and "0.970" not in heat


def test_details_of_an_earlier_file_are_not_shown(recorded, tongue):
    record = evaluation_by_hand.evaluation(recorded) | {"sha256": "0" * 64}
    records_by_hand.write(record, recorded.folder / "evaluation.yaml")
    app = opened(tongue, "tested_chest-test")
    assert say("pages.tested_other", tongue, command=record["command"]) in texts(app)
    assert not app.tabs


@pytest.mark.parametrize(("fold", "file"), [("runs", "runs.yaml"), ("tested", "evaluation.yaml")])
def test_a_broken_record_is_one_sentence_and_the_card_still_stands(recorded, tongue, fold, file):
    (recorded.folder / file).write_text("- a list", "utf-8")
    with pytest.raises(RecordError) as caught:
        (read_runs if fold == "runs" else read_details)(recorded)
    app = opened(tongue, f"{fold}_chest-test")
    assert not app.exception
    assert caught.value.sentence.text(tongue) in texts(app)
    assert recorded.population[tongue] in texts(app)


def test_a_record_with_nothing_in_it_says_so(recorded, tongue):
    (recorded.folder / "runs.yaml").write_text("modality: chest\n", "utf-8")
    assert say("pages.runs_none", tongue) in texts(opened(tongue, "runs_chest-test"))


def _tables(app) -> list[str]:
    return [
        html.unescape(element.proto.body) for element in app.get("html") if "<table>" in element.proto.body
    ]
