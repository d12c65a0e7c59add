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

# Absorbance of haematoxylin, eosin and diaminobenzidine in red, green and blue light, in the manner of Ruifrok and
# Johnston 2001, but with the pinker eosin of ordinary scanners.
HAEMATOXYLIN = np.array([0.620, 0.740, 0.380], np.float32)
EOSIN = np.array([0.090, 0.820, 0.440], np.float32)
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
        small = cv2.resize(light, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
        # Reduced scans are sharpened a little by the filter that reduced them.
        small = small + 0.25 * (small - cv2.GaussianBlur(small, (0, 0), 1.0))
        return to_uint8(small + 0.010 * self.chance.standard_normal((SIDE, SIDE, 1)))

    def stroma(self, where: np.ndarray | float, dense: float = 0.55, angle: float = 0.6) -> None:
        """Pink collagen in wavy bundles along `angle`, with pale clefts between them."""
        y, x = np.mgrid[0 : SHAPE[0], 0 : SHAPE[1]].astype(np.float32)
        across = -x * np.sin(angle) + y * np.cos(angle)
        along = x * np.cos(angle) + y * np.sin(angle)
        bend = 26 * smooth_noise(self.chance, SHAPE, 150) + 5 * smooth_noise(self.chance, SHAPE, 40)
        # Noise read out along the bundles, so that fibres are long and thin.
        sheet = rough_noise(self.chance, (800, 800), 26, 3)
        fibres = _read(sheet, (across + bend) * 1.1, (along + bend) * 0.16)
        clefts = step(
            _read(rough_noise(self.chance, (800, 800), 34, 3), (across + bend) * 0.9, along * 0.13), 0.9, 1.7
        )
        amount = dense * np.clip(1 + 0.30 * fibres + 0.12 * rough_noise(self.chance, SHAPE, 90), 0.25, 1.9)
        self.pink += where * amount * (1 - 0.85 * clefts)
        self.blue += where * 0.10 * (1 - 0.8 * clefts) * np.clip(1 + 0.4 * fibres, 0.2, 2)

    def nuclei(
        self, where: np.ndarray, spacing: float, radius: float, dark: float, share: float = 1.0, **shape
    ) -> None:
        """Nuclei about `radius` fine pixels wide, `spacing` apart, in a `share` of the places inside `where`.

        `shape`: `round` the least ratio of their axes, `angle` their direction in radians (any), `spread` the
        deviation of the logarithm of their size, `jitter` of their places.
        """
        roundness, angle, spread = shape.get("round", 0.75), shape.get("angle"), shape.get("spread", 0.2)
        _, _, number = cells(self.chance, SHAPE, spacing, shape.get("jitter", 0.28))
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
            shade = int(np.clip(255 * self.chance.normal(0.80, 0.17), 80, 255))
            cv2.ellipse(
                layer, (round(16 * cx[k]), round(16 * cy[k])), axes, turn, 0, 360, shade, -1, cv2.LINE_AA, 4
            )
        nuclei = soft(layer / np.float32(255), 0.8)
        self.blue += dark * nuclei * (1 + 0.25 * smooth_noise(self.chance, SHAPE, 5))
        self.pink *= 1 - 0.25 * np.clip(nuclei, 0, 1)


def _read(sheet: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Values of `sheet` at float places, wrapped around its edges."""
    rows, columns = (
        np.asarray(place, np.float32) % (side - 1)
        for place, side in zip((rows, columns), sheet.shape, strict=True)
    )
    return cv2.remap(sheet.astype(np.float32), columns, rows, cv2.INTER_LINEAR)


def drawings() -> list[tuple[str, np.ndarray, Sentence, Metadata, bool]]:
    """Key, pixels (50, 50, 3) uint8, title, metadata and oddness of each breast sample."""
    made = (
        ("fat", fat, "samples.breast_fat", False),
        ("stroma", stroma, "samples.breast_stroma", False),
        ("lobule", lobule, "samples.breast_lobule", False),
        ("mixed", mixed, "samples.breast_mixed", False),
        ("invasive", invasive, "samples.breast_invasive", False),
        ("brown", brown, "samples.breast_brown", True),
    )
    return [(key, draw(), Sentence.of(title), Metadata(), odd) for key, draw, title, odd in made]


def fat() -> np.ndarray:
    """Empty fat cells with thin walls beside a strand of collagen."""
    tissue = Tissue(31)
    strand = step(-blob(tissue.chance, SHAPE, (330, 330), (300, 120), 0.15, -0.75), -1.08, -0.85)
    first, second, _ = cells(tissue.chance, SHAPE, 62, 0.34)
    walls = np.exp(-(((second - first) / 3.6) ** 2)) * (1 - strand)
    tissue.pink += 0.62 * soft(walls, 1.2) + 0.02
    tissue.blue += 0.30 * soft(walls, 1.2)
    tissue.stroma(strand, 0.62, -0.75)
    tissue.nuclei(np.maximum(strand, walls > 0.6), 36, 7, 1.1, 0.32, round=0.35, angle=-0.75)
    return tissue.patch()


def stroma() -> np.ndarray:
    """Wavy pink collagen with few slender nuclei."""
    tissue = Tissue(32)
    tissue.stroma(1.0, 0.62, 0.5)
    tissue.nuclei(np.ones(SHAPE, np.float32), 44, 8, 1.0, 0.5, round=0.3, angle=0.5)
    return tissue.patch()


def lobule() -> np.ndarray:
    """A normal lobule: small round glands with an open middle, two neat rows of nuclei, loose pale stroma."""
    tissue = Tissue(33)
    tissue.stroma(1.0, 0.50, 2.2)
    glands = np.zeros(SHAPE, np.float32)
    for x, y, r in (
        (128, 118, 50),
        (246, 96, 44),
        (338, 172, 48),
        (118, 248, 46),
        (226, 214, 50),
        (302, 302, 46),
        (182, 342, 42),
    ):
        shape = blob(tissue.chance, SHAPE, (x, y), (r, 0.88 * r), 0.10, tissue.chance.uniform(0, 3))
        wall = step(-shape, -1.04, -0.94) * step(shape, 0.30, 0.44)
        middle = step(-shape, -0.36, -0.26)
        glands = np.maximum(glands, wall)
        tissue.pink *= (1 - 0.85 * middle) * (1 - 0.3 * wall)
        tissue.blue *= 1 - 0.85 * middle
    tissue.blue += 0.28 * glands
    tissue.nuclei(glands, 16, 6.0, 0.95, 0.9, round=0.7, spread=0.12)
    tissue.nuclei(1 - soft(glands, 6), 42, 6.5, 1.0, 0.35, round=0.3, angle=2.2)
    return tissue.patch()


def mixed() -> np.ndarray:
    """Collagen with a few small groups of dark nuclei: hard to call."""
    tissue = Tissue(34)
    nests = step(rough_noise(tissue.chance, SHAPE, 110, 2), 0.55, 0.95)
    tissue.stroma(1.0, 0.56, -0.4)
    tissue.blue += 0.20 * nests
    tissue.nuclei(nests, 19, 6.8, 1.0, 0.85, round=0.6)
    tissue.nuclei(1 - nests, 36, 6.8, 0.95, 0.45, round=0.35, angle=-0.4)
    return tissue.patch()


def invasive() -> np.ndarray:
    """Nests and cords of crowded, large, uneven nuclei that push through the collagen."""
    tissue = Tissue(35)
    tissue.stroma(1.0, 0.50, 0.9)
    _cords(tissue)
    return tissue.patch()


def _cords(tissue: Tissue) -> None:
    cords = step(rough_noise(tissue.chance, SHAPE, 105, 3), -0.45, -0.05)
    tissue.blue += 0.22 * cords
    tissue.pink *= 1 - 0.30 * cords
    tissue.nuclei(cords, 20, 7.6, 0.95, 0.92, round=0.6, spread=0.28, jitter=0.36)
    tissue.nuclei(1 - cords, 34, 6.8, 0.95, 0.5, round=0.35, angle=0.9)


def brown() -> np.ndarray:
    """The same tumour under another stain (brown nuclei on pale blue): not what the model was made for."""
    tissue = Tissue(36)
    tissue.stroma(1.0, 0.40, 0.9)
    _cords(tissue)
    # An antibody stain shows the marked nuclei brown, all else faintly blue.
    tissue.brown = 1.5 * np.clip(tissue.blue - 0.35, 0, None)
    tissue.blue = 0.10 + 0.35 * tissue.pink
    tissue.pink = np.zeros(SHAPE, np.float32)
    return tissue.patch()
