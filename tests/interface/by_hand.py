"""Cards and diagnoses written by hand: every state of the answer without a network."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from util.diagnosis import Diagnosis, People
from util.explanation import Explanation
from util.imaging import Facts, Photograph
from util.language import Sentence
from util.modelstore.card import (
    Arrays,
    Calibration,
    Card,
    Conformal,
    Evaluation,
    Familiarity,
    Figure,
    GreyZone,
    Input,
    MetadataEncoding,
)
from util.prediction import Metadata, Prediction
from util.preparation import Prepared, Step

SKIN = ("AK", "BCC", "BKL", "DF", "MEL", "NV", "SCC", "VASC")
SITES = ("anterior torso", "posterior torso", "head/neck", "lower extremity", "upper extremity", "torso")
CHAINS = {
    "chest": ("grey", "trim_border", "squash", "percentile_clip", "resize"),
    "skin": ("centre_square", "standard_scale", "dull_razor", "shades_of_grey", "resize"),
    "breast": ("scale_to_um", "central_window", "reinhard", "pad", "resize"),
}


@dataclass(frozen=True)
class Said:
    """A sentence in both languages, for tests; stands where a `Sentence` would."""

    en: str
    fr: str

    def text(self, language: str) -> str:
        """The text in `language`."""
        return getattr(self, language)


def card(modality: str = "chest", folder: Path = Path("."), **changes: object) -> Card:
    """A complete card of one modality."""
    labels = {"chest": ("NORMAL", "PNEUMONIA"), "skin": SKIN, "breast": ("0", "1")}[modality]
    danger = {"chest": ("PNEUMONIA",), "skin": ("MEL", "BCC", "SCC", "AK"), "breast": ("1",)}[modality]
    grid = np.linspace(0, 1, 41)
    frequency = np.clip(grid + 0.06 * np.sin(3 * grid), 0, 1)
    whole = Card(
        name=f"{modality}-by-hand",
        folder=folder,
        title={"en": f"{modality}, by hand", "fr": f"{modality}, à la main"},
        modality=modality,
        default=True,
        created="2026-11-21",
        file="model.h5",
        sha256="0" * 64,
        labels=labels,
        danger=danger,
        danger_order=danger,
        input=Input(96, 96),
        units=len(labels),
        activation="softmax",
        preparation=tuple({"step": name} for name in CHAINS[modality]),
        gradcam_layer="top",
        population={
            "en": "children of one to five, one hospital",
            "fr": "enfants d’un à cinq ans, un hôpital",
        },
        limits=({"en": "It knows no adults.", "fr": "Il ne connaît pas d’adultes."},),
        licence={"en": "Educational use only.", "fr": "Usage pédagogique seulement."},
        metadata=MetadataEncoding(54, 17, ("female", "male"), SITES) if modality == "skin" else None,
        calibration=Calibration(1.4, (0.0,) * len(labels), "validation fold 0", 1046),
        grey_zone=GreyZone(0.32, 0.68, 0.1, "validation fold 0", 1046),
        conformal=Conformal(0.1, (0.2,) * len(labels), "validation fold 0", 1046),
        familiarity=Familiarity(2.0, 0.99, "validation fold 0", 1046),
        test=Evaluation(
            data=modality,
            part="test",
            images=624,
            groups=372,
            date="2026-11-21",
            command=f"python -m util.training evaluate --modality {modality} --split test",
            figures={"auc": Figure(0.985, 0.97, 0.99), "sensitivity": Figure(0.96, 0.94, 0.98)},
            prevalence=0.625,
        ),
        arrays=Arrays(
            {
                "probability": grid,
                "frequency": frequency,
                "frequency_low": np.clip(frequency - 0.08, 0, 1),
                "frequency_high": np.clip(frequency + 0.08, 0, 1),
            }
        ),
    )
    return replace(whole, **changes)


def film(side: int = 96) -> np.ndarray:
    """A grey picture with two dark ovals, uint8 (side, side, 3)."""
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    lungs = np.exp(-(((np.abs(x) - 0.42) / 0.26) ** 4) - (y / 0.6) ** 4)
    grey = 190 - 130 * lungs - 60 * (x**2 + y**2) / 2
    return np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[..., None], 3, axis=2)


def heat(side: int = 96) -> np.ndarray:
    """A map with one warm place, float32 in [0, 1]."""
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    spot = np.exp(-((x + 0.4) ** 2 + (y - 0.2) ** 2) / 0.05) + 0.3 * np.exp(
        -((x - 0.5) ** 2 + (y - 0.3) ** 2) / 0.03
    )
    return (spot / spot.max()).astype(np.float32)


def diagnosis(
    modality: str = "chest",
    danger: float = 0.83,
    *,
    calibrated: bool = True,
    familiar: bool | None = True,
    empty: bool = False,
    warnings: tuple[Said, ...] = (),
    name: str = "chest",
) -> Diagnosis:
    """A diagnosis whose dial stands at `danger`."""
    its = card(modality)
    if not calibrated:
        its = replace(its, calibration=None, grey_zone=None, conformal=None, arrays=None)
    probabilities = _probabilities(its, danger)
    band = "below" if danger < 0.32 else "above" if danger >= 0.68 else "grey"
    decision = int(np.argmax(probabilities))
    pixels = film(420)
    steps = tuple(
        Step(str(step["step"]), film(), Sentence.of("preparation.squash", side=96))
        for step in its.preparation
    )
    prediction = Prediction(
        features=np.zeros((1, 3, 3, 4), np.float32),
        encoded=None,
        scores=np.log(probabilities),
        raw=probabilities,
        calibrated=probabilities if calibrated else None,
        decision=decision,
        top=decision,
        danger=float(danger),
        band=band if calibrated else None,
        prediction_set=(decision,) if calibrated else None,
        distance=1.1 if familiar else 3.4,
        familiar=familiar,
    )
    return Diagnosis(
        card=its,
        photograph=Photograph(pixels, Facts("PNG", 420, 420, "L", 8), "a" * 64),
        prepared=Prepared(film(), steps, (0.0, 0.0, 420.0, 420.0)),
        metadata=Metadata(),
        prediction=prediction,
        explanation=Explanation(
            "Grad-CAM",
            decision,
            np.zeros((96, 96), np.float32) if empty else heat(),
            (3, 3),
            False,
            empty,
            1.1,
            0.02,
        ),
        people=People(100 * danger, 100 * danger - 5, min(100.0, 100 * danger + 4), 0.63)
        if calibrated
        else None,
        headline=_headline(its, danger, band),
        meaning=Said(
            f"In a group like the test data, where 63 in 100 have pneumonia, about {100 * danger:.0f} in 100 "
            "images with this score have it (95% interval: 78 to 87).",
            f"Dans un groupe comme les données de test, où 63 images sur 100 sont des cas de pneumonie, c’est vrai "
            f"d’environ {100 * danger:.0f} images sur 100 avec ce score (intervalle à 95 % : de 78 à 87).",
        ),
        zone=Said(
            "Between 0.32 and 0.68 it was wrong more than once in ten: there it gives no verdict.",
            "Entre 0,32 et 0,68, il s’est trompé plus d’une fois sur dix : il n’y donne pas de verdict.",
        )
        if calibrated
        else None,
        warnings=warnings,
    )


def _probabilities(its: Card, danger: float) -> np.ndarray:
    if len(its.labels) == 2:
        return np.array([1 - danger, danger], np.float32)
    weights = {
        "MEL": 0.55,
        "BCC": 0.3,
        "SCC": 0.1,
        "AK": 0.05,
        "NV": 0.8,
        "BKL": 0.15,
        "DF": 0.03,
        "VASC": 0.02,
    }
    return np.array(
        [weights[label] * (danger if label in its.danger else 1 - danger) for label in its.labels], np.float32
    )


def _headline(its: Card, danger: float, band: str) -> Said:
    if band == "grey":
        return Said(
            "No verdict: this image is in the grey zone.",
            "Pas de verdict : cette image est dans la zone grise.",
        )
    what = {
        "chest": ("Pneumonia", "Pneumonie"),
        "skin": ("A lesion not to be missed", "Lésion à ne pas manquer"),
        "breast": ("Invasive carcinoma", "Carcinome infiltrant"),
    }[its.modality]
    likely = ("likely", "probable") if band == "above" else ("unlikely", "peu probable")
    return Said(
        f"{what[0]} is {likely[0]}: {100 * danger:.0f} in 100.",
        f"{what[1]} {likely[1]} : {100 * danger:.0f} sur 100.",
    )
