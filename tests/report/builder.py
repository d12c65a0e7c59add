"""A `Diagnosis` built by hand from the dataclasses, without any network: every part can be replaced."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import numpy as np

from util.diagnosis import Diagnosis, People
from util.explanation import Explanation
from util.imaging import Facts, Photograph
from util.language import Sentence
from util.modelstore.card import (
    Calibration,
    Card,
    Conformal,
    Decision,
    Evaluation,
    Familiarity,
    Figure,
    GreyZone,
    Input,
)
from util.prediction import Metadata, Prediction
from util.preparation import Prepared, Step

LABELS = {
    "chest": ("NORMAL", "PNEUMONIA"),
    "skin": ("AK", "BCC", "BKL", "DF", "MEL", "NV", "SCC", "VASC"),
    "breast": ("0", "1"),
}
DANGER = {"chest": ("PNEUMONIA",), "skin": ("AK", "BCC", "MEL", "SCC"), "breast": ("1",)}


class Said(Sentence):
    """A sentence whose texts are given outright, for tests that need any text at all."""

    def __init__(self, en: str, fr: str | None = None) -> None:
        object.__setattr__(self, "key", "test")
        object.__setattr__(self, "values", {})
        object.__setattr__(self, "both", {"en": en, "fr": fr or en})

    def text(self, language: str) -> str:
        return self.both[language]

    __hash__ = object.__hash__


def picture(modality: str, height: int, width: int) -> np.ndarray:
    """Smooth seeded noise, grey for the chest."""
    chance = np.random.default_rng(3)
    coarse = chance.integers(40, 220, (6, 6, 3)).astype(np.float32)
    rows = np.linspace(0, 5, height)
    columns = np.linspace(0, 5, width)
    image = coarse[np.rint(rows).astype(int)][:, np.rint(columns).astype(int)]
    image = image + chance.normal(0, 4, image.shape)
    image = np.clip(image, 0, 255).astype(np.uint8)
    return image[..., 0].copy() if modality == "chest" else image


def card(modality: str = "chest", **changes) -> Card:
    """A complete card of `modality`; `changes` replace fields."""
    labels = LABELS.get(modality, ("a", "b"))
    figures = {
        "auc": Figure(0.981, 0.972, 0.988),
        "sensitivity": Figure(0.962, 0.941, 0.979),
        "specificity": Figure(0.897, 0.855, 0.934),
        "ece": Figure(0.031, 0.02, 0.05),
    }
    made = Card(
        name=f"{modality}-mobilenetv2",
        folder=Path("nowhere"),
        title={"en": "A small network", "fr": "Un petit réseau"},
        modality=modality,
        default=True,
        created="2026-11-21",
        file="model.h5",
        sha256="ab" * 32,
        labels=labels,
        danger=DANGER.get(modality, ("b",)),
        danger_order=DANGER.get(modality, ("b",)),
        input=Input(160, 160),
        units=len(labels),
        activation="softmax",
        preparation=({"step": "grey"},),
        gradcam_layer="out_relu",
        population={
            "en": "children of one to five years, one hospital",
            "fr": "enfants de un à cinq ans, un hôpital",
        },
        limits=(
            {"en": "Adults and other hospitals.", "fr": "Les adultes et les autres hôpitaux."},
            {"en": "Any disease but pneumonia.", "fr": "Toute maladie autre que la pneumonie."},
        ),
        licence={"en": "Data: CC BY 4.0, Kermany 2018.", "fr": "Données : CC BY 4.0, Kermany 2018."},
        calibration=Calibration(1.3, (0.0,) * len(labels), "validation", 1000),
        decision=Decision("threshold", "validation", threshold=0.41),
        grey_zone=GreyZone(0.32, 0.68, 0.1, "validation", 1000),
        conformal=Conformal(0.1, (0.2,) * len(labels), "validation", 1000),
        familiarity=Familiarity(3.0, 0.99, "validation", 1000),
        test=Evaluation(
            "Kermany",
            "official test part",
            624,
            400,
            "2026-11-21",
            "evaluate",
            MappingProxyType(figures),
            0.63,
        ),
    )
    return replace(made, **changes)


def prediction(made: Card, **changes) -> Prediction:
    """A sure prediction of the last dangerous class of `made`."""
    count = len(made.labels)
    decision = made.labels.index(made.danger[-1]) if made.danger else 0
    scores = np.linspace(0, 1, count)
    scores[decision] = 3.2
    raw = np.exp(scores) / np.exp(scores).sum()
    calibrated = np.exp(scores / 1.3) / np.exp(scores / 1.3).sum()
    danger = float(sum(calibrated[k] for k in range(count) if made.labels[k] in made.danger))
    answer = Prediction(
        features=np.zeros((1, 5, 5, 8), np.float32),
        encoded=None,
        scores=scores,
        raw=raw,
        calibrated=calibrated,
        decision=decision,
        top=int(np.argmax(calibrated)),
        danger=danger,
        band="above",
        prediction_set=(decision,),
        distance=1.1,
        familiar=True,
    )
    return replace(answer, **changes)


def diagnosis(modality: str = "chest", size: tuple[int, int] = (420, 520), **changes) -> Diagnosis:
    """A complete diagnosis of `modality` on an image of `size` (height, width); `changes` replace its fields."""
    made = changes.pop("card", None) or card(modality)
    image = picture(modality, *size)
    height, width = size
    small = picture(modality, 160, 160)
    if small.ndim == 2:
        small = np.repeat(small[..., None], 3, axis=2)
    steps = tuple(
        Step(name, small.copy(), Said(f"Step {name} was done to the image.", f"L’étape {name} a été faite."))
        for name in ("grey", "trim", "square", "intensity")
    )
    rows, columns = np.mgrid[0:160, 0:160]
    heat = np.exp(-((rows - 90) ** 2 + (columns - 50) ** 2) / 900).astype(np.float32)
    answer = prediction(made)
    whole = Diagnosis(
        card=made,
        photograph=Photograph(
            image, Facts("PNG", width, height, "L" if image.ndim == 2 else "RGB", 8), "cd" * 32
        ),
        prepared=Prepared(small, steps, (12.0, 8.0, width - 10.0, height - 4.0)),
        metadata=Metadata(),
        prediction=answer,
        explanation=Explanation("grad_cam", answer.decision, heat, (5, 5), False, False, 1.0, 0.02),
        people=People(83.0, 78.0, 87.0, 0.63),
        headline=Said(
            "Pneumonia is likely: about 83 in 100.", "Une pneumonie est probable : environ 83 sur 100."
        ),
        meaning=Said(
            "Of 100 such images in a group like its test data, where 63 in 100 have pneumonia, about 83 showed it "
            "(95% interval 78 to 87). Raw score 0.91.",
            "Sur 100 images semblables dans un groupe comme ses données de test, où 63 sur 100 ont une pneumonie, "
            "environ 83 en montraient une (intervalle à 95\u00a0% : 78 à 87). Score brut 0,91.",
        ),
        zone=Said(
            "Between 0.32 and 0.68 it was wrong more than once in ten: there it gives no verdict.",
            "Entre 0,32 et 0,68, il se trompait plus d’une fois sur dix : là, il ne donne aucun verdict.",
        ),
        warnings=(Said("The image is blurred.", "L’image est floue."),),
    )
    return replace(whole, **changes)
