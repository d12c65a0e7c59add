"""Words for people in place of the strings of cards: classes, test figures, steps, sexes, sites."""

from __future__ import annotations

from util.diagnosis import class_name
from util.language import Sentence, entries, say
from util.modelstore.card import Card, Text

# In the order in which they are printed.
_FIGURES = {
    "auc": "report.figure_auc",
    "sensitivity": "report.figure_sensitivity",
    "specificity": "report.figure_specificity",
    "balanced_accuracy": "report.figure_balanced_accuracy",
    "macro_auc": "report.figure_macro_auc",
    "danger_auc": "report.figure_danger_auc",
    "accuracy": "report.figure_accuracy",
    "precision": "report.figure_precision",
    "f1": "report.figure_f1",
    "macro_f1": "report.figure_macro_f1",
    "pr_auc": "report.figure_pr_auc",
    "macro_pr_auc": "report.figure_macro_pr_auc",
    "balanced_accuracy_without_metadata": "report.figure_balanced_accuracy_bare",
    "macro_auc_without_metadata": "report.figure_macro_auc_bare",
    "ece": "report.figure_ece",
    "ece_before": "report.figure_ece_before",
    "mce": "report.figure_mce",
    "brier": "report.figure_brier",
    "grey_share": "report.figure_grey_share",
    "error_outside_grey": "report.figure_error_outside_grey",
    "coverage": "report.figure_coverage",
    "set_size": "report.figure_set_size",
    "familiar_share": "report.figure_familiar_share",
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
# The names that this repository's own training writes into cards.
_DATA = {
    "Kermany paediatric chest X-rays": "report.data_chest",
    "HAM10000 and MSK / early ISIC parts of ISIC 2019": "report.data_skin",
    "IDC breast histology patches": "report.data_breast",
    "official test part": "report.part_official",
}
_MODALITIES = {
    "chest": "report.chest",
    "skin": "report.skin",
    "breast": "report.breast",
    "own": "report.own",
}
_METHODS = {"grad_cam": "Grad-CAM"}


def label_name(card: Card, index: int, language: str) -> str:
    """The name of class `index` for people; the card's own string where the catalogue has none."""
    name = class_name(card, index)
    return name.text(language) if isinstance(name, Sentence) else str(name)


def figure_name(name: str, language: str) -> str:
    """The name of a test figure for people, e.g. `auc` or `recall_MEL`; its own string where unknown."""
    if name in _FIGURES:
        return say(_FIGURES[name], language)
    for prefix, key in (("recall_", "report.figure_recall"), ("auc_", "report.figure_class_auc")):
        if name.startswith(prefix):
            return say(key, language, label=name.removeprefix(prefix))
    return name.replace("_", " ")


def figure_order(name: str) -> int:
    """Where a test figure stands in a list: the telling ones first, unknown ones last."""
    return list(_FIGURES).index(name) if name in _FIGURES else len(_FIGURES)


def data_name(text: str, language: str) -> str:
    """A data set, or a part of one ("official test part", "fold 0"), for people; the string itself where unknown."""
    if text in _DATA:
        return say(_DATA[text], language)
    fold = text.removeprefix("fold ")
    return say("report.part_fold", language, number=fold) if fold != text and fold.isdigit() else text


def step_name(name: str, language: str) -> str:
    """The name of a preparation step for people; the card's own string where the catalogue has none."""
    key = f"preparation.name_{name}"
    return say(key, language) if key in entries() else name.replace("_", " ")


def method_name(name: str) -> str:
    """The name of an explanation method, as its authors write it."""
    return _METHODS.get(name, name.replace("_", " "))


def word(text: str, language: str) -> str:
    """A sex or a site of the body in `language`; the string itself where the catalogue has none."""
    return say(_WORDS[text], language) if text in _WORDS else text


def modality_name(modality: str, language: str) -> str:
    """What kind of image this is, for people; the string itself where the catalogue has none."""
    return say(_MODALITIES[modality], language) if modality in _MODALITIES else modality


def teaching_mark(card: Card, language: str) -> str:
    """The words that stand wherever a model that is wrong on purpose is named; "" for any other model."""
    return say("report.teaching_mark", language) if card.teaching else ""


def teaching_text(card: Card, language: str) -> str:
    """Why a teaching model is wrong, led by its mark; "" for any other model."""
    if not card.teaching:
        return ""
    mark, text = teaching_mark(card, language), said(card.teaching, language)
    # However the card writes its spaces.
    says_so = " ".join(text.casefold().split()).startswith(" ".join(mark.casefold().split()))
    return text if says_so else f"{mark}. {text}"


def marked_title(card: Card, language: str) -> str:
    """The model's title, a teaching model's with its mark behind it."""
    title = said(card.title, language) or card.name
    return say("report.marked", language, title=title) if card.teaching else title


def said(text: Text, language: str) -> str:
    """A card's own text in `language`, in English where it lacks that, "" where it lacks both."""
    return str(text.get(language) or text.get("en") or "")
