"""The learning rate's course, and when a run stops."""

import pytest

from util.training.configuration import configuration
from util.training.phases import phases, restart_epochs
from util.training.schedules import cosine, exhausted, plateau_factor, warmed, with_restarts


def test_the_cosine_warms_up_reaches_its_peak_and_ends_near_zero():
    rates = [cosine(step, 100, 0.4) for step in range(100)]
    assert rates[0] == pytest.approx(0.08) and max(rates) == pytest.approx(0.4)
    assert rates.index(max(rates)) in (4, 5) and rates[-1] < 0.001
    assert rates[52] == pytest.approx(0.2, abs=0.01)


def test_a_restart_begins_the_cosine_again():
    edges = [0, 60, 100]
    assert with_restarts(59, edges, 1.0) < 0.01
    assert with_restarts(62, edges, 1.0) == pytest.approx(1.0)
    assert [with_restarts(s, edges, 1.0) for s in range(60, 100)] == [cosine(s, 40, 1.0) for s in range(40)]


def test_a_constant_rate_only_warms_up():
    assert [warmed(step, 100, 1.0) for step in (0, 4, 5, 99)] == [0.2, 1, 1, 1]


@pytest.mark.parametrize(
    "values, factor",
    [
        ([], 1),
        ([0.5, 0.6, 0.7], 1),
        ([0.5, 0.5], 1),
        ([0.5, 0.5, 0.4], 0.5),
        ([0.5, 0.4, 0.6, 0.6, 0.6], 0.5),
        ([0.9, 0.1, 0.1, 0.1, 0.1], 0.25),
    ],
)
def test_the_rate_is_halved_where_two_epochs_bring_nothing(values, factor):
    assert plateau_factor(values) == factor


@pytest.mark.parametrize(
    "values, patience, done",
    [
        ([0.9, 0.1, 0.1], 0, False),
        ([0.9, 0.1], 2, False),
        ([0.9, 0.1, 0.1], 2, True),
        ([0.5, 0.4, 0.6, 0.5], 2, False),
        ([0.5, 0.4, 0.6, 0.6, 0.6], 2, True),
    ],
)
def test_patience_counts_the_epochs_since_the_best(values, patience, done):
    assert exhausted(values, patience) is done


def test_one_phase_trains_everything_and_keeps_the_restarts():
    (phase,) = phases(configuration("chest", epochs=12, restarts=(6, 3)))
    assert (phase.epochs, phase.thawed) == (12, 1.0)
    assert list(restart_epochs(configuration("chest", restarts=(6, 3)), phase)) == [0, 3, 6, 12]


def test_the_trunk_thaws_in_stages_whose_rates_fall():
    options = {"epochs": 3, "fine_tune_epochs": 6, "ft_lr": 0.01}
    frozen, at_once = phases(configuration("chest", **options))
    assert (frozen.thawed, frozen.epochs, at_once.thawed, at_once.peak) == (0, 3, 1, 0.01)
    first, *stages = phases(configuration("chest", **options, unfreeze="progressive"))
    assert first == frozen
    assert [stage.thawed for stage in stages] == [0.25, 0.5, 0.75, 1]
    assert [stage.peak for stage in stages] == pytest.approx([0.01, 0.005, 0.0025, 0.00125])
    assert sum(stage.epochs for stage in stages) == 6
    assert [stage.first for stage in stages] == [3, 4, 6, 7]
