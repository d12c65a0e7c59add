"""Words for people in place of the strings of cards: class labels, test figures, sexes, sites."""

from __future__ import annotations

from util.language import say
from util.modelstore.card import Card

_LABELS = {
    ("chest", "NORMAL"): "report.label_normal",
    ("chest", "PNEUMONIA"): "report.label_pneumonia",
    ("skin", "AK"): "report.label_ak",
    ("skin", "BCC"): "report.label_bcc",
    ("skin", "BKL"): "report.label_bkl",
    ("skin", "DF"): "report.label_df",
    ("skin", "MEL"): "report.label_mel",
    ("skin", "NV"): "report.label_nv",
    ("skin", "SCC"): "report.label_scc",
    ("skin", "VASC"): "report.label_vasc",
    ("breast", "0"): "report.label_no_idc",
    ("breast", "1"): "report.label_idc",
}
_FIGURES = {
    "accuracy": "report.figure_accuracy",
    "auc": "report.figure_auc",
    "balanced_accuracy": "report.figure_balanced_accuracy",
    "brier": "report.figure_brier",
    "ece": "report.figure_ece",
    "f1": "report.figure_f1",
    "macro_auc": "report.figure_macro_auc",
    "sensitivity": "report.figure_sensitivity",
    "specificity": "report.figure_specificity",
}
_WORDS = {
    "female": "report.female",
    "male": "report.male",
    "anterior torso": "report.site_anterior_torso",
    "posterior torso": "report.site_posterior_torso",
    "lateral torso": "report.site_lateral_torso",
    "torso": "report.site_torso",
    "head/neck": "report.site_head_neck",
    "upper extremity": "report.site_upper_extremity",
    "lower extremity": "report.site_lower_extremity",
    "palms/soles": "report.site_palms_soles",
    "oral/genital": "report.site_oral_genital",
}
_MODALITIES = {"chest": "report.chest", "skin": "report.skin", "breast": "report.breast"}


def label_name(card: Card, index: int, language: str) -> str:
    """The name of class `index` for people; the card's own string where the catalogue has none."""
    label = card.labels[index]
    key = _LABELS.get((card.modality, label))
    return say(key, language) if key else label


def figure_name(name: str, language: str) -> str:
    """The name of a test figure for people, e.g. `auc` or `recall_MEL`; its own string where unknown."""
    if name in _FIGURES:
        return say(_FIGURES[name], language)
    if name.startswith("recall_"):
        return say("report.figure_recall", language, label=name.removeprefix("recall_"))
    return name.replace("_", " ")


def word(text: str, language: str) -> str:
    """A sex or a site of the body in `language`; the string itself where the catalogue has none."""
    return say(_WORDS[text], language) if text in _WORDS else text


def modality_name(modality: str, language: str) -> str:
    """What kind of image this is, for people; the string itself where the catalogue has none."""
    return say(_MODALITIES[modality], language) if modality in _MODALITIES else modality
