import numpy as np

from util.explanation import Agreement
from util.explanation.together import together, voices


def agreed(pairs: dict[tuple[int, int], float], count: int, empty: tuple[int, ...] = ()) -> Agreement:
    """An agreement of maps a, b, c, ... whose pairs have these rank correlations, and all others 0."""
    matrix = np.eye(count)
    for (i, j), value in pairs.items():
        matrix[i, j] = matrix[j, i] = value
    for i in empty:
        matrix[i] = matrix[:, i] = np.nan
    names = tuple("abcdefghij"[:count])
    return Agreement(names, matrix, matrix.copy(), matrix.copy(), tuple(names[i] for i in empty))


def test_all_maps_that_resemble_one_another_are_together():
    assert together(agreed({(0, 1): 0.9, (0, 2): 0.8, (1, 2): 0.5}, 3)) == ("a", "b", "c")


def test_a_chain_is_no_group_since_every_pair_must_be_alike():
    assert together(agreed({(0, 1): 0.9, (1, 2): 0.8, (0, 2): 0.1}, 3)) == ("a", "b")


def test_of_groups_as_large_the_one_that_agrees_most_is_named():
    assert together(agreed({(0, 1): 0.6, (2, 3): 0.9}, 4)) == ("c", "d")


def test_where_no_pair_is_alike_nothing_is_together():
    assert together(agreed({(0, 1): 0.49}, 3)) == ()
    assert together(agreed({}, 1)) == ()


def test_a_map_without_evidence_is_in_no_group():
    assert together(agreed({(0, 1): 0.9, (0, 2): 0.9, (1, 2): 0.9}, 3, empty=(2,))) == ("a", "b")


def test_the_limit_moves_the_group():
    one = agreed({(0, 1): 0.4, (0, 2): 0.4, (1, 2): 0.4}, 3)
    assert together(one) == ()
    assert together(one, 0.3) == ("a", "b", "c")


def named(names: tuple[str, ...], pairs: dict[tuple[int, int], float]) -> Agreement:
    one = agreed(pairs, len(names))
    return Agreement(names, one.spearman, one.ssim, one.overlap, ())


def test_two_maps_of_one_idea_that_hardly_differ_are_one_voice():
    names = ("grad_cam", "grad_cam_plus_plus", "rise")
    twins = named(names, {(0, 1): 0.99, (0, 2): 0.6, (1, 2): 0.6})
    assert voices(twins) == (("grad_cam", "grad_cam_plus_plus"), ("rise",))
    assert together(twins) == names
    apart = named(names, {(0, 1): 0.9, (0, 2): 0.6, (1, 2): 0.6})
    assert len(voices(apart)) == 3
    # Two ideas that draw the same map agree: they are two voices.
    assert len(voices(named(("grad_cam", "rise"), {(0, 1): 0.99}))) == 2


def test_one_voice_alone_is_no_group_and_two_voices_outweigh_three_maps_of_fewer():
    kin = ("grad_cam", "grad_cam_plus_plus", "layer_cam")
    all_kin = {(0, 1): 0.99, (0, 2): 0.99, (1, 2): 0.99}
    assert together(named(kin, all_kin)) == ()
    assert voices(named(kin, {(0, 1): 0.99, (0, 2): 0.97, (1, 2): 0.9})) == (kin[:2], kin[2:])
    five = named((*kin, "rise", "lime"), {**all_kin, (3, 4): 0.55})
    assert together(five) == ("rise", "lime")
