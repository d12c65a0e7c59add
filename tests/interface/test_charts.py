import numpy as np
import pytest

from tests.interface import by_hand
from tests.interface.test_pieces import contrast
from util.interface.bars import bars
from util.interface.confusion import confusion
from util.interface.gauge import gauge
from util.interface.learning_curve import learning_curve
from util.interface.palette import DARK, LIGHT
from util.interface.reliability import reliability
from util.language import LANGUAGES, say


def filled(figure):
    """The traces that carry a pattern and a hover text: the pieces of the ring."""
    return [trace for trace in figure.data if trace.fillpattern and trace.fillpattern.shape and trace.text]


def written(figure) -> str:
    return "\n".join(str(note.text) for note in figure.layout.annotations)


def value_of(x: float, y: float) -> float:
    """The value in [0, 1] at which a point of the half circle stands."""
    return 1 - np.arctan2(y, x) / np.pi


@pytest.mark.parametrize("zone", [(0.32, 0.68), (0.02, 0.51), (0.0, 0.1), (0.9, 1.0), (0.4, 0.4)])
def test_the_three_bands_cover_the_ring_without_gaps_and_differ_in_colour_pattern_and_word(zone):
    pieces = filled(gauge(0.5, zone, "calibrated", LIGHT, "en"))
    assert len({piece.fillcolor for piece in pieces}) == 3
    assert len({piece.fillpattern.shape for piece in pieces}) == 3
    assert len({piece.name for piece in pieces}) == 3
    spans = [[value_of(x, y) for x, y in zip(piece.x, piece.y, strict=True)] for piece in pieces]
    assert min(spans[0]) == pytest.approx(0, abs=0.01)
    assert max(spans[2]) == pytest.approx(1, abs=0.01)
    for before, after in zip(spans, spans[1:], strict=False):
        assert min(after) - max(before) == pytest.approx(0, abs=0.02)


@pytest.mark.parametrize("value", [0.0, 0.31, 0.5, 1.0])
def test_the_pointer_stands_at_the_value(value):
    pointer = gauge(value, (0.3, 0.7), "calibrated", LIGHT, "en").data[-1]
    far = max(zip(pointer.x, pointer.y, strict=True), key=lambda point: np.hypot(*point))
    assert value_of(*far) == pytest.approx(value, abs=1e-6)


def test_numbers_and_words_of_the_dial_are_those_of_the_language():
    french = written(gauge(0.834, (0.32, 0.68), "calibrated", LIGHT, "fr"))
    assert "83\u00a0%" in french and "0,32" in french and "0.32" not in french
    assert say("interface.band_grey", "fr") in french
    english = written(gauge(0.834, (0.32, 0.68), "calibrated", LIGHT, "en"))
    assert "83%" in english and "0.32" in english


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_calibration_the_ring_is_one_hatched_piece_and_says_so(language):
    figure = gauge(0.91, None, "raw", LIGHT, language)
    (piece,) = filled(figure)
    assert piece.fillpattern.shape == "/"
    assert say("interface.dial_raw", language) in written(figure)
    assert "%" not in written(figure)


def test_an_unfamiliar_image_has_no_number_and_no_pointer_on_its_dial():
    figure = gauge(0.91, (0.3, 0.7), "unfamiliar", LIGHT, "en")
    assert len(figure.data) == 1
    assert "91" not in written(figure)


def test_bars_are_sorted_and_dangerous_classes_carry_sign_pattern_and_colour():
    diagnosis = by_hand.diagnosis("skin", 0.9)
    (trace,) = bars(diagnosis.card, diagnosis.prediction, LIGHT, "en").data
    assert list(trace.x) == sorted(trace.x)
    assert len(trace.x) == 8
    for colour, shape, hover in zip(
        trace.marker.color, trace.marker.pattern.shape, trace.hovertext, strict=True
    ):
        dangerous = hover.startswith("▲")
        assert colour == (LIGHT.above if dangerous else LIGHT.below)
        assert shape == ("x" if dangerous else ".")
    assert sum(hover.startswith("▲") for hover in trace.hovertext) == len(diagnosis.card.danger)


def test_no_class_is_called_decided_in_the_grey_zone():
    for danger, named in ((0.9, 1), (0.5, 0)):
        diagnosis = by_hand.diagnosis("skin", danger)
        figure = bars(diagnosis.card, diagnosis.prediction, LIGHT, "en")
        assert sum("(decided)" in text for text in figure.layout.yaxis.ticktext) == named


def test_the_reliability_curve_is_the_cards_own_and_its_axes_speak_the_language():
    arrays = by_hand.card().arrays.values
    figure = reliability(arrays, 0.83, DARK, "fr")
    curve = next(trace for trace in figure.data if trace.name == say("interface.reliability_curve", "fr"))
    assert np.array_equal(curve.x, arrays["probability"])
    assert np.array_equal(curve.y, arrays["frequency"])
    assert "0,25" in figure.layout.xaxis.ticktext
    assert figure.layout.shapes[0].x0 == 0.83
    without = reliability(arrays, None, DARK, "fr")
    assert not without.layout.shapes and not without.layout.annotations


def test_a_class_that_is_hardly_possible_is_not_called_impossible():
    diagnosis = by_hand.diagnosis("skin", 0.999)
    (trace,) = bars(diagnosis.card, diagnosis.prediction, LIGHT, "fr").data
    assert trace.text[0] == "<\u00a01\u00a0%"
    assert not any(text.startswith("0") for text in trace.text)
    assert not any(" 0,0" in hover for hover in trace.hovertext)


@pytest.mark.parametrize(("value", "told"), [(0.004, "<1%"), (0.9961, ">99%"), (1.0, ">99%"), (0.834, "83%")])
def test_no_calibrated_number_on_the_dial_is_impossible_or_certain(value, told):
    assert f"<b>{told}</b>" in written(gauge(value, (0.32, 0.68), "calibrated", LIGHT, "en"))


def test_a_confusion_matrix_counts_in_every_cell_and_shades_by_the_true_class():
    figure = confusion(("healthy", "sick"), ((90, 10), (1, 1199)), LIGHT, "fr")
    (heat,) = figure.data
    assert np.allclose(heat.z, [[0.9, 0.1], [1 / 1200, 1199 / 1200]])
    assert written(figure).split() == ["90", "10", "1", "1", "199"]  # a no-break space groups thousands
    assert list(figure.layout.yaxis.ticktext) == ["healthy", "sick"]
    assert figure.layout.yaxis.autorange == "reversed"
    assert "10\u00a0%" in heat.hovertext[0][1] and "healthy" in heat.hovertext[0][1]
    short = confusion(("healthy", "sick"), ((1, 0), (0, 1)), LIGHT, "en", short=("0", "1"))
    assert list(short.layout.xaxis.ticktext) == ["0", "1"]


def test_numbers_can_be_read_on_every_shade_of_the_matrix():
    for colours in (LIGHT, DARK):
        figure = confusion("ab", ((99, 1), (30, 70)), colours, "en")
        (heat,) = figure.data
        assert heat.colorscale[0][1] == colours.paper
        assert {note.font.color for note in figure.layout.annotations} == {colours.ink}
        for _, shade in heat.colorscale:
            assert contrast(colours.ink, shade) >= 4.5


def test_a_learning_curve_has_one_point_an_epoch_and_shows_only_what_was_measured():
    whole = learning_curve(
        {"loss": (0.6, 0.4), "auc": (0.8, 0.9), "balanced_accuracy": (0.7, 0.8)}, DARK, "fr"
    )
    assert [len(line.x) for line in whole.data] == [2, 2, 2]
    assert [line.yaxis for line in whole.data] == [None, None, "y2"]
    assert len({line.line.dash for line in whole.data}) == 3
    assert "0,900" in whole.data[0].text[1]
    assert [line.name for line in learning_curve({"loss": (0.5,)}, DARK, "en").data] == [
        say("measured.axis_loss", "en")
    ]
