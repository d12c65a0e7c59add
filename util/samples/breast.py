"""Drawn H&E patches: 50 x 50 pixels of about 4 micrometres, painted eight times finer and reduced."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from util.language import Sentence
from util.prediction import Metadata
from util.samples.paint import blob, cells, rough_noise, smooth_noise, soft, step, to_uint8

SIDE, FINER = 50, 8
SHAPE = (SIDE * FINER, SIDE * FINER)

# Absorbance of haematoxylin and eosin in red, green and blue light (Ruifrok and Johnston 2001).
HAEMATOXYLIN = np.array([0.650, 0.704, 0.286], np.float32)
EOSIN = np.array([0.072, 0.990, 0.105], np.float32)
BROWN = np.array([0.268, 0.570, 0.776], np.float32)


@dataclass
class Tissue:
    """A section while it is painted: how much of each dye every point holds, (H, W)."""

    seed: int
    chance: np.random.Generator = field(init=False)
    blue: np.ndarray = field(init=False)
    pink: np.ndarray = field(init=False)
    brown: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.chance = np.random.default_rng(self.seed)
        self.blue, self.pink, self.brown = (np.zeros(SHAPE, np.float32) for _ in range(3))

    def patch(self) -> np.ndarray:
        """The picture (50, 50, 3) uint8."""
        absorbed = (
            self.blue[..., None] * HAEMATOXYLIN + self.pink[..., None] * EOSIN + self.brown[..., None] * BROWN
        )
        light = 0.965 * np.exp(-np.maximum(absorbed, 0))
        light = cv2.GaussianBlur(light, (0, 0), 0.32 * FINER)
        small = cv2.resize(light, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
        return to_uint8(small + 0.008 * self.chance.standard_normal((SIDE, SIDE, 1)))

    def stroma(self, where: np.ndarray, dense: float = 0.55, angle: float = 0.6) -> None:
        """Pink collagen in wavy bundles along `angle`."""
        y, x = np.mgrid[0 : SHAPE[0], 0 : SHAPE[1]].astype(np.float32)
        across = -x * np.sin(angle) + y * np.cos(angle)
        wave = (
            across / 17
            + 1.4 * smooth_noise(self.chance, SHAPE, 110)
            + 0.5 * smooth_noise(self.chance, SHAPE, 36)
        )
        gaps = np.exp(-((np.sin(np.pi * wave) / 0.16) ** 2))
        fibres = dense * (1 + 0.22 * rough_noise(self.chance, SHAPE, 60)) * (1 - 0.55 * soft(gaps, 2))
        self.pink += where * np.maximum(fibres, 0.06)
        self.blue += where * 0.07

    def nuclei(
        self, where: np.ndarray, spacing: float, radius: float, dark: float, share: float = 1.0, **shape
    ) -> None:
        """Nuclei about `radius` fine pixels wide, `spacing` apart, in a `share` of the places inside `where`."""
        roundness, angle, spread = shape.get("round", 0.75), shape.get("angle"), shape.get("spread", 0.2)
        first, _, number = cells(self.chance, SHAPE, spacing, shape.get("jitter", 0.28))
        count = number.max() + 1
        layer = np.zeros(SHAPE, np.uint8)
        sums = np.bincount(number.ravel(), minlength=count)
        y, x = np.mgrid[0 : SHAPE[0], 0 : SHAPE[1]]
        cx = np.bincount(number.ravel(), x.ravel(), count) / np.maximum(sums, 1)
        cy = np.bincount(number.ravel(), y.ravel(), count) / np.maximum(sums, 1)
        for k in np.flatnonzero(sums):
            at = where[min(int(cy[k]), SHAPE[0] - 1), min(int(cx[k]), SHAPE[1] - 1)]
            if self.chance.random() > share or self.chance.random() > at:
                continue
            size = radius * np.exp(self.chance.normal(0, spread))
            turn = np.degrees(
                self.chance.uniform(0, np.pi) if angle is None else self.chance.normal(angle, 0.25)
            )
            axes = (round(16 * size), round(16 * size * self.chance.uniform(roundness, 1)))
            shade = int(np.clip(255 * self.chance.normal(0.82, 0.14), 90, 255))
            cv2.ellipse(
                layer, (round(16 * cx[k]), round(16 * cy[k])), axes, turn, 0, 360, shade, -1, cv2.LINE_AA, 4
            )
        nuclei = soft(layer / np.float32(255), 1.0)
        grain = 1 + 0.25 * smooth_noise(self.chance, SHAPE, 5)
        self.blue += dark * nuclei * grain
        self.pink -= 0.35 * self.pink * nuclei


def drawings() -> list[tuple[str, np.ndarray, Sentence, Metadata, bool]]:
    """Key, pixels (50, 50, 3) uint8, title, metadata and oddness of each breast sample."""
    made = {
        "fat": (fat(), "samples.breast_fat", False),
        "stroma": (stroma(), "samples.breast_stroma", False),
        "lobule": (lobule(), "samples.breast_lobule", False),
        "mixed": (mixed(), "samples.breast_mixed", False),
        "invasive": (invasive(), "samples.breast_invasive", False),
    }
    return [(key, pixels, Sentence.of(title), Metadata(), odd) for key, (pixels, title, odd) in made.items()]


def fat() -> np.ndarray:
    """Empty fat cells with thin walls beside a strand of collagen."""
    tissue = Tissue(31)
    strand = step(-blob(tissue.chance, SHAPE, (330, 330), (270, 80), 0.15, -0.75), -1.05, -0.85)
    first, second, _ = cells(tissue.chance, SHAPE, 76, 0.22)
    walls = np.exp(-(((second - first) / 4.0) ** 2)) * (1 - strand)
    tissue.pink += 0.42 * soft(walls, 1.5) + 0.02
    tissue.blue += 0.14 * soft(walls, 1.5)
    tissue.stroma(strand, 0.62, -0.75)
    tissue.nuclei(np.maximum(strand, walls > 0.6), 38, 7, 0.9, 0.32, round=0.35, angle=-0.75)
    return tissue.patch()


def stroma() -> np.ndarray:
    """Wavy pink collagen with few slender nuclei."""
    tissue = Tissue(32)
    everywhere = np.ones(SHAPE, np.float32)
    tissue.stroma(everywhere, 0.60, 0.5)
    tissue.nuclei(everywhere, 50, 8, 0.85, 0.45, round=0.3, angle=0.5)
    return tissue.patch()


def lobule() -> np.ndarray:
    """A normal lobule: small round glands with an open middle, two neat rows of nuclei, loose pale stroma."""
    tissue = Tissue(33)
    whole = np.ones(SHAPE, np.float32)
    tissue.stroma(whole, 0.46, 2.2)
    glands = np.zeros(SHAPE, np.float32)
    for x, y, r in (
        (130, 120, 50),
        (245, 95, 44),
        (335, 170, 50),
        (120, 245, 46),
        (225, 215, 52),
        (300, 300, 48),
        (180, 345, 44),
    ):
        shape = blob(tissue.chance, SHAPE, (x, y), (r, 0.88 * r), 0.08, tissue.chance.uniform(0, 3))
        wall = step(-shape, -1.04, -0.94) * step(shape, 0.36, 0.5)
        open_middle = step(-shape, -0.42, -0.34)
        glands = np.maximum(glands, wall)
        tissue.pink *= 1 - 0.85 * open_middle
        tissue.blue *= 1 - 0.85 * open_middle
        tissue.pink *= 1 - 0.3 * wall
    tissue.blue += 0.16 * glands
    tissue.nuclei(glands, 17, 6.2, 0.95, 0.9, round=0.7, spread=0.12)
    tissue.nuclei(1 - soft(glands, 6), 48, 6.5, 0.8, 0.35, round=0.3, angle=2.2)
    return tissue.patch()


def mixed() -> np.ndarray:
    """Collagen with a few small groups of dark nuclei: hard to call."""
    tissue = Tissue(34)
    nests = step(rough_noise(tissue.chance, SHAPE, 120, 2), 0.55, 0.95)
    tissue.stroma(np.ones(SHAPE, np.float32), 0.56, -0.4)
    tissue.blue += 0.16 * nests
    tissue.nuclei(nests, 20, 7.0, 0.95, 0.85, round=0.6)
    tissue.nuclei(1 - nests, 42, 7.0, 0.8, 0.42, round=0.35, angle=-0.4)
    return tissue.patch()


def invasive() -> np.ndarray:
    """Sheets and cords of crowded, large, uneven nuclei that push through the collagen."""
    tissue = Tissue(35)
    sheets = step(rough_noise(tissue.chance, SHAPE, 150, 3), -0.75, -0.35)
    tissue.stroma(np.ones(SHAPE, np.float32), 0.42, 0.9)
    tissue.blue += 0.24 * sheets
    tissue.nuclei(sheets, 19, 8.2, 0.92, 0.95, round=0.6, spread=0.26)
    tissue.nuclei(1 - sheets, 40, 7.0, 0.8, 0.5, round=0.35, angle=0.9)
    return tissue.patch()
