"""Scores in batches, for every shape of network: against the plain Keras model, cancelled, and with progress."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from tests import networks
from util.explanation import Asker, Cancelled, Question, asker_for
from util.modelstore import ModelError, open_network
from util.prediction import Metadata, encode, predict
from util.preparation import Prepared

RANDOM = np.random.default_rng(3)
KINDS = {
    "flat": (networks.flat, "chest", {}),
    "nested": (networks.nested, "chest", {}),
    "sigmoid": (networks.sigmoid, "breast", {}),
    "fused": (networks.fused, "skin", {}),
    "fused nested": (networks.fused_nested, "skin", {"layer": "backbone/last"}),
    "sequential": (networks.sequential, "chest", {}),
}


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """Every kind of network, opened once."""
    folder = tmp_path_factory.mktemp("networks")
    return {
        kind: open_network(
            networks.write_model(
                folder / kind, build(), networks.card_mapping(modality, familiarity=None, **changes)
            )
        )
        for kind, (build, modality, changes) in KINDS.items()
    }


def pictures(count, seed=0):
    return (
        np.random.default_rng(seed)
        .uniform(0, 255, (count, networks.SIDE, networks.SIDE, 3))
        .astype(np.float32)
    )


def row_of(network, metadata=Metadata(61, "female", "torso")):  # noqa: B008
    return encode(metadata, network.card.metadata)[None] if network.card.metadata else None


def plain_scores(network, pixels, row):
    """The scores of the very Keras file, its last activation taken off by hand."""
    import keras

    model = keras.models.load_model(network.card.folder / network.card.file, compile=False)
    model.get_layer("out").activation = keras.activations.linear
    given = pixels if row is None else {"image": pixels, "metadata": np.repeat(row, len(pixels), 0)}
    return np.asarray(model(given, training=False))


@pytest.mark.parametrize("kind", KINDS)
def test_scores_are_those_of_the_file_for_every_class(opened, kind):
    network, pixels = opened[kind], pictures(5)
    row = row_of(network)
    expected = plain_scores(network, pixels, row)
    for target in range(len(network.card.labels)):
        found = Asker(network, target, batch=2).scores(pixels, row)
        mine = expected[:, 0] * (1 if target else -1) if network.card.units == 1 else expected[:, target]
        assert found.dtype == np.float64
        np.testing.assert_allclose(found, mine, atol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_the_gradient_by_the_pixels_is_that_of_the_score(opened, kind):
    network, pixels = opened[kind], pictures(3, 1)
    row, target = row_of(network), len(network.card.labels) - 1
    rows = None if row is None else np.repeat(row, 3, 0)
    scores, gradient = network.input_gradient(pixels, rows, target)
    np.testing.assert_allclose(scores, network.score_pixels(pixels, rows), atol=1e-4)
    assert gradient.shape == pixels.shape
    # Along the gradient itself a small step must raise the score as the gradient says.
    step = 2 * gradient / np.sqrt((gradient**2).sum((1, 2, 3), keepdims=True))
    asker = Asker(network, target)
    rise = asker.scores(pixels + step, row) - asker.scores(pixels - step, row)
    np.testing.assert_allclose(rise, 2 * (gradient * step).sum((1, 2, 3)), rtol=0.1)


@pytest.mark.parametrize("kind", KINDS)
def test_the_gradient_by_a_chosen_layer_is_that_of_the_heads_cut_there(opened, kind):
    network, pixels = opened[kind], pictures(2, 2).astype(np.uint8)
    row, target = row_of(network), 1
    rows = None if row is None else np.repeat(row, 2, 0)
    features, scores, _ = network.answer(pixels, rows)
    _, expected = network.scores_and_gradient(features, rows, target)
    found = network.layer_gradient(pixels, rows, target, network.card.gradcam_layer)
    np.testing.assert_allclose(found[0], scores, atol=1e-4)
    np.testing.assert_allclose(found[1], features, atol=1e-4)
    np.testing.assert_allclose(found[2], expected, atol=1e-5)


def test_every_listed_layer_has_a_gradient(opened):
    for kind in ("flat", "fused nested"):
        network = opened[kind]
        assert any(layer.endswith("relu_1") for layer in network.layers)
        assert "pool" not in network.layers and len(set(network.layers)) == len(network.layers)
        rows = row_of(network)
        for layer in network.layers:
            _, features, gradient = network.layer_gradient(pictures(1), rows, 0, layer)
            assert features.shape == gradient.shape and np.isfinite(gradient).all()
        with pytest.raises(ModelError):
            network.layer_gradient(pictures(1), rows, 0, "out")


def test_integers_and_floats_of_the_same_pixels_have_the_same_score(opened):
    pixels = pictures(3).astype(np.uint8)
    asker = Asker(opened["flat"], 1)
    np.testing.assert_array_equal(asker.scores(pixels), asker.scores(pixels.astype(np.float32)))


def test_each_image_may_have_its_own_row(opened):
    network, pixels = opened["fused"], np.repeat(pictures(1), 3, 0)
    rows = np.concatenate(
        [row_of(network, given) for given in (Metadata(), Metadata(80), Metadata(5, "male"))]
    )
    found = Asker(network, 4, batch=2).scores(pixels, rows)
    for index in range(3):
        assert found[index] == pytest.approx(
            Asker(network, 4).scores(pixels[:1], rows[index : index + 1])[0], abs=1e-5
        )
    with pytest.raises(ValueError, match="1 or 3 rows"):
        Asker(network, 4).scores(pixels, rows[:2])


def test_progress_is_told_after_every_batch_and_passes_are_counted(opened):
    told = []
    asker = Asker(opened["flat"], 0, batch=4)
    asker.scores(pictures(10), progress=lambda done, total: told.append((done, total)))
    assert told == [(4, 10), (8, 10), (10, 10)] and asker.passes == 10
    assert len(asker.scores(pictures(0))) == 0


def test_nobody_waiting_stops_before_the_next_batch(opened):
    answers = iter((False, False, True))
    asker = Asker(opened["flat"], 0, batch=2, cancelled=lambda: next(answers))
    with pytest.raises(Cancelled):
        asker.scores(pictures(9))
    assert asker.passes == 4


def test_another_runtime_answers_in_place_of_tensorflow(opened):
    asker = Asker(opened["sigmoid"], 0, runtime=lambda pixels, rows: pixels[:, :1, 0, 0])
    pixels = pictures(3)
    np.testing.assert_allclose(asker.scores(pixels), -pixels[:, 0, 0, 0])


def test_probabilities_are_those_of_the_activation(opened):
    for kind in ("flat", "sigmoid"):
        network = opened[kind]
        both = []
        for target in (0, 1):
            asker = Asker(network, target)
            both.append(asker.probabilities(np.array([[1.5, -0.5][: network.card.units]])))
        assert sum(both) == pytest.approx(1)
    assert both[1] == pytest.approx(1 / (1 + np.exp(-1.5)))


def test_a_question_knows_its_score_and_refuses_what_does_not_fit(opened):
    network = opened["sigmoid"]
    pixels = pictures(1)[0].astype(np.uint8)
    prediction = predict(network, Prepared(pixels, (), (0.0, 0.0, 48.0, 48.0)))
    for target in (0, 1):
        question = Question(network, pixels, prediction, target)
        assert question.score == pytest.approx(Asker(network, target).scores(pixels[None])[0], abs=1e-4)
        assert question.encoded is None and question.size == (48, 48)
    for bad in (-1, 2):
        with pytest.raises(IndexError):
            Question(network, pixels, prediction, bad)
        with pytest.raises(IndexError):
            Asker(network, bad)
    with pytest.raises(ValueError, match="uint8"):
        Question(network, pixels.astype(np.float32), prediction, 0)
    with pytest.raises(ValueError, match="48, 48, 3"):
        Question(network, pixels[:40], prediction, 0)


def test_six_threads_get_the_same_scores_as_one(opened):
    network = opened["fused"]
    row = row_of(network)
    alone = [Asker(network, i, batch=3).scores(pictures(7, i), row) for i in range(6)]
    together = {}
    start = threading.Barrier(6)

    def work(index):
        start.wait()
        together[index] = Asker(network, index, batch=3).scores(pictures(7, index), row)

    threads = [threading.Thread(target=work, args=(index,)) for index in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for index in range(6):
        np.testing.assert_array_equal(together[index], alone[index])


def test_a_runtime_with_lanes_is_asked_that_many_batches_at_once_and_answers_stay_in_order(opened):
    both = threading.Barrier(2, timeout=60)  # broken where the first batch is waited for before the second

    def runtime(pixels, rows):
        both.wait()
        return pixels[:, :1, 0, 0]

    runtime.lanes = 2
    pixels, told = pictures(8), []
    asker = Asker(opened["sigmoid"], 1, batch=2, runtime=runtime)
    found = asker.scores(pixels, progress=lambda done, total: told.append(done))
    np.testing.assert_array_equal(found, pixels[:, 0, 0, 0].astype(np.float64))
    assert told == [2, 4, 6, 8] and asker.passes == 8


def test_the_next_images_are_made_while_the_last_are_answered(opened):
    made = [threading.Event() for _ in range(3)]

    def make(start, stop):
        made[start].set()
        return pictures(1, start)

    def runtime(pixels, rows):
        number = next(index for index in range(3) if (pixels == pictures(1, index)).all())
        assert made[min(number + 1, 2)].wait(60)
        return pixels[:, :1, 0, 0]

    assert len(Asker(opened["sigmoid"], 1, batch=1, runtime=runtime).each(3, make)) == 3


def test_what_goes_wrong_in_a_runtime_or_a_maker_reaches_who_asked(opened):
    def broken(*given):
        raise OSError("no more")

    with pytest.raises(OSError, match="no more"):
        Asker(opened["flat"], 0, batch=2, runtime=broken).scores(pictures(5))
    with pytest.raises(OSError, match="no more"):
        Asker(opened["flat"], 0).each(5, broken)


def test_an_asker_says_who_answers(opened, monkeypatch):
    network = opened["sigmoid"]

    def runtime(pixels, rows):
        return pixels[:, :1, 0, 0]

    runtime.name = "a fast one"
    asked = []
    for ready in (None, runtime):
        monkeypatch.setattr(
            "util.explanation.asker.fast_runtime",
            lambda *given, ready=ready, **how: asked.append(how) or ready,
        )
        asker = asker_for(network, 1, batch=3, cancelled=lambda: False, wait=True)
        assert asker.runtime == ("a fast one" if ready else "TensorFlow") and asker.batch == 3
        expected = pictures(2)[:, 0, 0, 0] if ready else network.score_pixels(pictures(2))[:, 0]
        np.testing.assert_allclose(asker.scores(pictures(2)), expected, atol=1e-4)
    assert asked == [{"wait": True}] * 2
