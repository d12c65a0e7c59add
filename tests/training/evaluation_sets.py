"""Drawn data sets with all that an evaluation reads: subtypes, originals and copies, masks, sources, slides."""

from __future__ import annotations

import csv
from pathlib import Path

import cv2
import numpy as np

SKIN = ("AK", "BCC", "BKL", "DF", "MEL", "NV", "SCC", "VASC")


def film(rng: np.random.Generator, sick: bool, side: int = 64) -> np.ndarray:
    """A grey film uint8 (side, side): two darker lungs, the sick ones with a bright patch."""
    y, x = np.mgrid[:side, :side] / side
    picture = 150 + 10 * rng.standard_normal((side, side))
    for centre in (0.28, 0.72):
        picture -= 70 * (((x - centre) / 0.19) ** 2 + ((y - 0.45) / 0.33) ** 2 < 1)
    if sick:
        picture += 60 * np.exp(-(((x - 0.3) / 0.1) ** 2 + ((y - 0.6) / 0.1) ** 2))
    return np.clip(picture, 0, 255).astype(np.uint8)


def lesion(
    rng: np.random.Generator, label: int, skin: tuple[int, int, int] = (224, 180, 150)
) -> tuple[np.ndarray, np.ndarray]:
    """A lesion uint8 (48, 64, 3) that is redder with its class, and its mask (48, 64) bool."""
    y, x = np.mgrid[:48, :64]
    mask = ((x - 32) / 11) ** 2 + ((y - 24) / 9) ** 2 < 1
    picture = np.array(skin) + 4 * rng.standard_normal((48, 64, 3))
    picture[mask] = np.array([60 + 18 * label, 70, 60]) + 6 * rng.standard_normal((mask.sum(), 3))
    return np.clip(picture, 0, 255).astype(np.uint8), mask


def draw_chest(root: Path, groups: int = 14) -> Path:
    """Films of the folds -1, 0 and 1, two a patient, every third patient with native files twice as large."""
    rng, rows, folder = np.random.default_rng(0), [], root / "chest"
    for fold in (-1, 0, 1):
        part = "test" if fold == -1 else "train"
        for number in range(groups):
            subtype = ("normal", "bacteria", "normal", "virus")[number % 4]
            label = "NORMAL" if subtype == "normal" else "PNEUMONIA"
            for k in range(2):
                large = film(rng, subtype != "normal", 128)
                name = f"{part}/{label}/f{fold + 1}_{number}_{k}.png"
                _save(folder / "images" / name, cv2.resize(large, (64, 64), interpolation=cv2.INTER_AREA))
                if number % 3 == 0:
                    _save(folder / "native_examples" / name, large)
                patient = f"p{fold + 1}-{number}"
                rows.append(
                    {
                        "path": f"images/{name}",
                        "label": label,
                        "subtype": subtype,
                        "patient": patient,
                        "fold": fold,
                    }
                )
    return _index(folder, rows)


def draw_skin(root: Path, images: int = 6) -> Path:
    """`images` of each class in the folds 0, 1 and 2, with masks, two sources, tones and, for some, larger frames."""
    rng, rows, folder = np.random.default_rng(0), [], root / "skin"
    tones = ((224, 180, 150), (240, 215, 195), (150, 105, 75))
    for fold in (0, 1, 2):
        for number in range(images * len(SKIN)):
            label = number % len(SKIN)
            picture, mask = lesion(rng, label, tones[number % 3])
            name = f"s{fold}_{number}"
            _save(folder / "images" / f"{name}.png", picture)
            _save(folder / "masks" / f"{name}.png", 255 * mask.astype(np.uint8))
            frame = ""
            if number % 5 == 0:
                frame = f"full_frames/{name}.png"
                _save(folder / frame, cv2.resize(picture, (192, 144), interpolation=cv2.INTER_CUBIC))
            rows.append(
                {
                    "path": f"images/{name}.png",
                    "label": SKIN[label],
                    "age": "" if number % 7 == 0 else str(20 + 10 * (number % 6)),
                    "sex": ("female", "male")[number % 2],
                    "site": ("head/neck", "lower extremity", "")[number % 3],
                    "group": f"g{fold}_{number // 2}" if label != 5 else f"n{fold}_{number}",
                    "source": ("A", "B")[number // 24 % 2],
                    "mask": f"masks/{name}.png",
                    "full_frame": frame,
                    "fold": fold,
                }
            )
    return _index(folder, rows)


def draw_breast(root: Path, slides: int = 3, images: int = 24) -> Path:
    """Patches of `slides` slides in each of the folds 0, 1 and 2, the sick ones bluer."""
    rng, rows, folder = np.random.default_rng(0), [], root / "breast"
    for fold in (0, 1, 2):
        for slide in range(slides):
            for k in range(images):
                label = k % 2
                patch = np.array([200 - 40 * label, 150, 190]) + 20 * rng.standard_normal((50, 50, 3))
                name = f"patches/{fold}{slide}_{k}.png"
                _save(folder / name, np.clip(patch, 0, 255).astype(np.uint8))
                rows.append({"path": name, "label": str(label), "slide": f"{fold}{slide}", "fold": fold})
    return _index(folder, rows)


def _save(file: Path, pixels: np.ndarray) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(file), pixels if pixels.ndim == 2 else cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))


def _index(folder: Path, rows: list[dict[str, object]]) -> Path:
    with (folder / "index.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return folder.parent
