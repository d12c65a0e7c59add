"""What can be had without looking: thumbnails, frames, colours, sharpness, metadata alone.

Simple probes, fitted on the training part and measured on the same images as the model. A model that does not beat them
clearly may have learnt no more than they did. Nothing is chosen by these figures.
"""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np
from tqdm import tqdm

from util.imaging import RefusedImage
from util.training.dataset import Dataset
from util.training.evaluation.asking import pixels_of
from util.training.evaluation.rows import all_listed
from util.training.metrics import plain_figures, weighted_intervals

THUMBNAIL = 16
_FRAME = 32  # the side at which the frame is cut, and how wide it is there
_WIDTH = 3
_FEW = 64  # up to so many features logistic regression; more need shrinkage, and discriminant analysis has it
_MOST_TRAINING = 6000


def shortcut_rows(
    train: Dataset, part: Dataset, *, draws: int = 1000, images: int = _MOST_TRAINING, title: str = ""
) -> dict[str, object]:
    """{"training_images", "rows": [{"name", "features", "auc", "balanced_accuracy"}]} of every probe on `part`.

    Figures are [value, low, high]. At most `images` of `train`, drawn evenly with one seed, fit the probes.
    """
    rng = np.random.default_rng(0)
    train = train.take(np.sort(rng.choice(len(train), min(images, len(train)), replace=False)))
    train, known = _features(train, title and f"{title} (training)")
    part, asked = _features(part, title)
    rows = []
    for name in known:
        chances = probe(known[name], train.target, asked[name], len(train.labels))
        found = weighted_intervals(plain_figures(chances, part.target), part.group, draws)
        rows.append({"name": name, "features": known[name].shape[1], **all_listed(found)})
    return {"training_images": len(train), "rows": rows}


def probe(known: np.ndarray, target: np.ndarray, asked: np.ndarray, classes: int) -> np.ndarray:
    """Probabilities (N, classes) of `asked` (N, F) by a probe of `known` (M, F), every class worth the same.

    Logistic regression with few features, linear discriminant analysis with shrinkage (Ledoit & Wolf 2004) with many;
    neither has chance in it. A class that `target` (M,) lacks gets 0.
    """
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from threadpoolctl import threadpool_limits

    present = np.unique(target)
    if known.shape[1] > _FEW:
        even = np.full(len(present), 1 / len(present))
        learner = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto", priors=even)
    else:
        learner = LogisticRegression(class_weight="balanced", max_iter=500)
    chances = np.zeros((len(asked), classes))
    # One thread: these are small matrices, and many threads wait for one another on a busy machine.
    with threadpool_limits(1):
        fitted = make_pipeline(StandardScaler(), learner).fit(known, target)
        chances[:, fitted.classes_] = fitted.predict_proba(asked)
    return chances


def _features(dataset: Dataset, title: str) -> tuple[Dataset, dict[str, np.ndarray]]:
    """The rows whose pictures can be decoded, and every shortcut's features (N, F) of them as they are stored."""
    found: dict[str, list[np.ndarray]] = {}
    read = np.ones(len(dataset), bool)
    grey = dataset.modality == "chest"
    for index in tqdm(range(len(dataset)), desc=title, unit="image", disable=not title):
        try:
            pixels = pixels_of(dataset, index)
        except RefusedImage:
            # `fit` and `calibrate` left it out as well.
            read[index] = False
            continue
        for name, values in picture_features(pixels, grey).items():
            found.setdefault(name, []).append(values)
    dataset = dataset.take(read)
    features = {name: np.stack(rows).astype(np.float64) for name, rows in found.items()}
    if dataset.metadata is not None:
        features["metadata"] = _metadata(dataset)
        features["colours_metadata"] = np.concatenate([features["colours"], features["metadata"]], axis=1)
    return dataset, features


def picture_features(pixels: np.ndarray, grey: bool = False) -> Mapping[str, np.ndarray]:
    """What each shortcut knows of a picture uint8 (H, W) or (H, W, 3), in [0, 1] where it is light.

    thumbnail: 16x16; frame: the outer tenth at 32x32; mean: the mean colour; colours: mean, standard deviation and
    three quantiles of each channel (15 numbers); sharpness: the logarithm of the variance of the Laplacian.
    """
    if grey and pixels.ndim == 3:
        pixels = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    elif not grey and pixels.ndim == 2:
        pixels = np.repeat(pixels[..., None], 3, axis=2)
    values = pixels.astype(np.float32) / 255
    small = cv2.resize(values, (_FRAME, _FRAME), interpolation=cv2.INTER_AREA)
    ring = np.ones((_FRAME, _FRAME), bool)
    ring[_WIDTH:-_WIDTH, _WIDTH:-_WIDTH] = False
    channels = values.reshape(values.shape[0] * values.shape[1], -1).astype(np.float64)
    quantiles = np.quantile(channels, (0.05, 0.5, 0.95), axis=0)
    luma = values if values.ndim == 2 else cv2.cvtColor(values, cv2.COLOR_RGB2GRAY)
    return {
        "thumbnail": cv2.resize(values, (THUMBNAIL, THUMBNAIL), interpolation=cv2.INTER_AREA).ravel(),
        "frame": small[ring].ravel(),
        "mean": channels.mean(axis=0),
        "colours": np.concatenate([channels.mean(axis=0), channels.std(axis=0), quantiles.ravel()]),
        "sharpness": np.log([cv2.Laplacian(luma, cv2.CV_32F).var() + 1e-8]),
    }


def _metadata(dataset: Dataset) -> np.ndarray:
    """Age, sex and site as numbers, and what is missing as a number of its own: missingness follows the class."""
    sexes = ("female", "male")
    sites = sorted({entry.site for entry in dataset.metadata if entry.site} | set(_SITES))
    rows = []
    for entry in dataset.metadata:
        row = [float(entry.age is None), (entry.age or 0) / 100]
        row += [float(entry.sex == sex) for sex in (*sexes, None)]
        row += [float(entry.site == site) for site in (*sites, None)]
        rows.append(row)
    return np.array(rows)


_SITES = (
    "anterior torso", "head/neck", "lateral torso", "lower extremity", "oral/genital", "palms/soles",
    "posterior torso", "upper extremity", "torso",
)  # fmt: skip
