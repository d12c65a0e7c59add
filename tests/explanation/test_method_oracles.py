"""Each method against the work of others: tf-keras-vis, the lime package, or plain loops (`benchmarks.references`)."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import zoom

from benchmarks import references
from tests.explanation.asked import ask, explained, open_all, options_of, picture, similar
from util.explanation.grad_cam import enlarged
from util.explanation.method import layer_of
from util.explanation.methods import find_method
from util.explanation.methods.grad_cam_plus_plus import alphas
from util.explanation.methods.lime import local_line
from util.explanation.methods.occlusion import Options as OcclusionOptions
from util.explanation.methods.score_cam import mask, varied
from util.explanation.superpixels import mean_colours, superpixels


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    return open_all(tmp_path_factory.mktemp("networks"))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", ["flat", "sigmoid"])
@pytest.mark.parametrize("name", references.OF_TF_KERAS_VIS)
def test_a_class_activation_map_is_that_of_tf_keras_vis(opened, name, kind):
    network = opened[kind]
    model = references.keras_of(network)
    if name == "score_cam" and kind == "sigmoid":
        model = references.with_two_units(model)  # it takes the softmax, of one unit always 1
    compared = 0
    for seed in range(3):
        for target in (0, 1):
            if name == "score_cam" and kind == "sigmoid" and target == 0:
                continue
            theirs = references.tf_keras_vis_map(name, model, network, picture(seed), target)
            found = explained(
                name, network, picture(seed), target, **({"channels": None} if name == "score_cam" else {})
            )
            if found.empty or np.ptp(theirs) < 1e-3:
                assert found.empty and np.ptp(theirs) < 1e-3
                continue
            assert similar(found.heat, enlarged(theirs, 48, 48)) >= 0.99
            compared += 1
    assert compared >= 2


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", ["flat", "sigmoid"])
def test_smooth_grad_is_that_of_tf_keras_vis_with_the_same_noise(opened, kind):
    network, samples = opened[kind], 6
    model = references.keras_of(network)
    for target in (0, 1):
        theirs = references.tf_keras_vis_smooth_grad(model, network, picture(1), target, samples, 0.15)
        found = explained("smooth_grad", network, picture(1), target, samples=samples, sizes_first=True)
        assert similar(found.heat, theirs) >= 0.99


def test_alphas_by_hand():
    features = np.array([[[1.0], [3.0]]])  # one channel, two cells, sum 4
    gradient = np.array([[[0.5], [0.0]]])
    np.testing.assert_allclose(alphas(features, gradient)[..., 0], [[1, 0]])
    gradient = np.array([[[0.5], [0.25]]])  # 1 / (2 + 4 g): 1/4 and 1/3
    np.testing.assert_allclose(alphas(features, gradient)[..., 0], [[3 / 7, 4 / 7]])
    np.testing.assert_array_equal(alphas(features, np.full((1, 2, 1), -0.5)), 0)  # its pole


def test_masks_and_the_channels_tried_by_hand():
    features = np.zeros((2, 2, 4))
    features[..., 1] = [[0, 1], [0, 1]]
    features[..., 2] = 5  # the same everywhere
    features[..., 3] = [[0, 0], [0, 9]]
    assert varied(features, None).tolist() == [3, 1]
    assert varied(features, 1).tolist() == [3]
    large = mask(features[..., 3], (8, 8))
    assert large.shape == (8, 8, 1) and large.min() == 0 and large.max() == 1


def test_masks_from_corner_to_corner_are_those_of_scipys_zoom():
    channel = np.random.default_rng(0).random((3, 4))
    theirs = zoom(channel, (4, 5), order=1, mode="nearest")
    theirs = (theirs - theirs.min()) / np.ptp(theirs)
    np.testing.assert_allclose(mask(channel, (12, 20), corners=True)[..., 0], theirs, atol=1e-6)
    assert np.abs(mask(channel, (12, 20))[..., 0] - theirs).max() > 0.05


@pytest.mark.parametrize("kind", ["flat", "sigmoid"])
def test_integrated_gradients_are_the_sum_of_many_small_steps(opened, kind):
    network = opened[kind]
    found = explained("integrated_gradients", network, picture(2), 0, steps=32, most=32)
    total = references.integrated_gradients(references.keras_of(network), network, picture(2), 0, 200)
    assert similar(found.heat, total) >= 0.99
    assert found.facts["error"] == pytest.approx(abs(total.sum() - found.facts["difference"]), abs=0.05)


def test_steps_are_added_until_the_attributions_are_complete(opened):
    network = opened["fused"]
    done, steps = 0, []
    for seed in range(6):
        found = explained("integrated_gradients", network, picture(seed), seed, steps=2, most=256)
        facts = found.facts
        assert facts["allowed"] == pytest.approx(0.01 * max(abs(facts["difference"]), 0.1))
        complete = facts["error"] <= facts["allowed"]
        assert complete or facts["steps"] + 2 > 256
        said = {note.key for note in found.notes}
        assert ("methods.complete" in said) == complete and ("methods.incomplete" in said) != complete
        done += complete
        steps.append(facts["steps"])
        # Each step goes forwards and backwards; the ends of the first two stretches, and a middle for each one halved.
        assert found.passes == 2 * facts["steps"] + 3 + (facts["steps"] - 2) / 2
    assert done >= 5 and max(steps) > 2
    cut = explained("integrated_gradients", network, picture(0), 0, steps=2, most=2)
    assert cut.facts["steps"] == 2


def test_occlusion_is_the_fall_of_the_score_under_every_patch(opened):
    network, cells = opened["fused"], 4
    question, asker = ask(network, picture(3), 5)
    options = OcclusionOptions(levels=((cells, 2),))
    found = find_method("occlusion").explain(question, options, asker)
    expected = references.occlusion(question, asker, cells, 2)
    assert similar(found.heat, enlarged(expected, 48, 48)) >= 0.99
    assert found.passes == 9 and found.grid == (4, 4)


def test_the_presets_cost_what_the_page_promises(opened):
    question, _ = ask(opened["flat"], picture(), 1)
    cost = {
        name: find_method(name).passes(find_method(name).options["fast"], question)
        for name in ("grad_cam", "occlusion", "rise", "lime")
    }
    assert cost == {"grad_cam": 1, "occlusion": 196, "rise": 256, "lime": 256}
    assert find_method("integrated_gradients").options["fast"].steps == 32


def test_rise_is_the_mean_score_of_the_masks_that_show_a_pixel(opened):
    network, number = opened["sigmoid"], 12
    question, asker = ask(network, picture(4), 1)
    options = options_of("rise", masks=number, cells=4)
    found = find_method("rise").explain(question, options, asker)
    assert similar(found.heat, references.rise(question, asker, number, 4, options.seed)) >= 0.99


def test_lime_has_the_coefficients_of_the_lime_package(opened):
    pytest.importorskip("lime.lime_image")
    network = opened["fused"]
    question, asker = ask(network, picture(5), 2)
    labels = superpixels(question.pixels, 16)
    expected, score, shown = references.lime(question, asker, labels, 80)
    hidden = mean_colours(question.pixels, labels)
    copies = np.where(shown[:, labels][..., None], question.pixels, hidden)
    mine, fit = local_line(shown, asker.scores(copies, question.encoded), 0.25, 1.0)
    np.testing.assert_allclose(mine, expected, atol=1e-4 * np.abs(expected).max())
    assert fit == pytest.approx(score, abs=1e-3)


def test_superpixels_are_connected_numbered_and_follow_edges():
    import cv2

    image = np.full((48, 48, 3), 60, np.uint8)
    image[10:31, 13:37] = 200
    labels = superpixels(image, 16)
    assert labels.shape == (48, 48) and 10 <= labels.max() + 1 <= 22
    assert set(np.unique(labels)) == set(range(labels.max() + 1))
    for label in range(labels.max() + 1):
        assert cv2.connectedComponents((labels == label).astype(np.uint8), connectivity=4)[0] == 2
        inside = (image[labels == label, 0] == 200).mean()
        assert inside < 0.1 or inside > 0.9
    np.testing.assert_array_equal(labels, superpixels(image, 16))
    assert superpixels(np.zeros((40, 60, 3), np.uint8), 1).max() == 0
    means = mean_colours(image, labels)
    assert np.abs(means.astype(int) - image).mean() < 12


def test_a_line_through_exact_answers_is_found():
    random = np.random.default_rng(0)
    shown = random.random((400, 6)) < 0.5
    shown[0] = True
    truth = np.array([2.0, 0, 0, -1, 0.5, 0])
    found, fit = local_line(shown, shown @ truth + 3, 0.25, 1e-9)
    np.testing.assert_allclose(found, truth, atol=1e-6)
    assert fit == pytest.approx(1)
    found, fit = local_line(shown, np.full(400, 2.0), 0.25, 1.0)
    assert not found.any() and fit == 0


def test_the_features_of_the_cards_layer_are_not_computed_again(opened, monkeypatch):
    question, _ = ask(opened["flat"], picture(), 1)
    monkeypatch.setattr(type(question.network), "layer_gradient", None)
    features, gradient = layer_of(question)
    np.testing.assert_array_equal(features, question.prediction.features[0])
    assert gradient.shape == features.shape
