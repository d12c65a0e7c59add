"""One run, one YAML; what cannot be is one sentence before anything starts."""

import pytest
import yaml

from util.training.commands import MODALITIES
from util.training.configuration import configuration, from_values
from util.training.data_root import DataError


@pytest.mark.parametrize("modality", MODALITIES)
def test_every_recipe_is_valid_and_comes_back_from_its_yaml(modality, tmp_path):
    config = configuration(modality, restarts=(2,), kept_out=(0, 3), mixing={"mixup": 0.5})
    (tmp_path / "config.yaml").write_text(config.as_yaml())
    assert configuration(modality, tmp_path / "config.yaml") == config


WRONG = {
    "optimizer": "lion",
    "schedule": "stairs",
    "loss": "hinge",
    "stratify": "slide",
    "unfreeze": "half",
    "split": "random",
    "device": "tpu",
    "precision": "float16",
    "lr": -1.0,
    "epochs": 0,
    "batch_size": 2.5,
    "dropout": 1.0,
    "sampling_power": 2,
    "patience": -1,
    "ft_lr": "fast",
    "num_workers": True,
    "seed": -7,
    "mixing": {"mixup": 2},
    "distil": {"share": 1.5},
    "chain": ({"step": "magic"},),
    "augmentation": {"rotate": 8},
    "restarts": (2.5,),
    "metadata_dropout": {"all": 1.5, "each": 0.1},
}


@pytest.mark.parametrize("option", WRONG)
def test_a_value_that_cannot_be_is_one_sentence_that_names_it(option):
    with pytest.raises(DataError) as refused:
        configuration("chest", **{option: WRONG[option]})
    value = WRONG[option]
    named = next(iter(value.values())) if isinstance(value, dict) else value
    named = {"chain": "magic", "augmentation": "rotate", "restarts": 2.5}.get(option, named)
    text = str(refused.value)
    assert option in text and str(named) in text and "\n" not in text


@pytest.mark.parametrize(
    "options",
    [
        {"refit": True, "schedule": "plateau"},
        {"loss": "class_balanced_focal", "class_weights": True},
        {"mixing": {"mixup": 0.6, "cutmix": 0.6}},
        {"mixing": {"blend": 0.6}},
        {"images_per_epoch": 8, "batch_size": 16},
    ],
)
def test_options_that_exclude_each_other_are_refused(options):
    with pytest.raises(DataError):
        configuration("chest", **options)


def test_a_learning_rate_that_yaml_reads_as_text_is_said(tmp_path):
    text = configuration("chest").as_yaml().replace("lr: 0.0004", "lr: 4e-4")
    (tmp_path / "config.yaml").write_text(text)
    with pytest.raises(DataError, match="4e-4"):
        configuration("chest", tmp_path / "config.yaml")


def test_a_run_of_before_the_options_keeps_the_rules_it_was_trained_by():
    for modality, loss, strata in [
        ("chest", "cross_entropy", "class"),
        ("skin", "logit_adjusted", "class"),
        ("breast", "cross_entropy", "group"),
    ]:
        values = yaml.safe_load(configuration(modality).as_yaml())
        del values["loss"], values["stratify"]
        before = from_values(values, "config.yaml")
        assert (before.loss, before.stratify) == (loss, strata)


def test_the_chain_ends_at_the_size_that_was_asked_for():
    assert configuration("skin", img_size=96).chain[-1]["side"] == 96
