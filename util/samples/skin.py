"""Drawn dermoscopy: pigment and blood in skin, light taken away as Beer and Lambert say."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from util.language import Sentence
from util.prediction import Metadata
from util.samples.paint import (
    blob,
    branches,
    cells,
    curve,
    rough_noise,
    smooth_noise,
    soft,
    step,
    strokes,
    to_uint8,
)

HEIGHT, WIDTH = 450, 600
SHAPE = (HEIGHT, WIDTH)

# Absorbance of one unit of each dye in red, green and blue light.
MELANIN = np.array([0.42, 0.86, 1.18], np.float32)
BLOOD = np.array([0.16, 0.95, 0.62], np.float32)
# Melanin deep in the dermis is seen through scattering skin, which sends blue light back: it looks blue-grey.
DEEP = np.array([0.95, 0.72, 0.48], np.float32)


@dataclass
class Skin:
    """A piece of skin while it is painted: amounts of each dye (H, W), and light added at the end."""

    seed: int
    tone: tuple[float, float, float] = (0.93, 0.79, 0.74)
    chance: np.random.Generator = field(init=False)
    melanin: np.ndarray = field(init=False)
    blood: np.ndarray = field(init=False)
    deep: np.ndarray = field(init=False)
    white: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.chance = np.random.default_rng(self.seed)
        zero = np.zeros(SHAPE, np.float32)
        self.melanin = 0.04 * rough_noise(self.chance, SHAPE, 90) + _furrows(self.chance) * 0.05
        self.blood = 0.05 * rough_noise(self.chance, SHAPE, 130)
        self.deep, self.white = zero.copy(), zero.copy()

    def photograph(self, *, corners: float = 0.0, warmth: float = 0.0) -> np.ndarray:
        """The picture (H, W, 3) uint8; `corners` darkens the rim, `warmth` moves the light towards yellow."""
        absorbed = (
            self.melanin[..., None] * MELANIN + self.blood[..., None] * BLOOD + self.deep[..., None] * DEEP
        )
        light = np.array(self.tone, np.float32) * np.exp(-np.maximum(absorbed, -0.12))
        light += self.white[..., None] * (1 - light)
        y, x = np.mgrid[-1 : 1 : HEIGHT * 1j, -1 : 1 : WIDTH * 1j]
        away = np.hypot(x, y * HEIGHT / WIDTH)
        light *= (1.03 - 0.16 * away**2)[..., None]
        if corners:
            light *= (1 - corners * step(away, 0.93, 1.08))[..., None]
        light *= np.array([1, 1 - 0.3 * warmth, 1 - warmth])
        grain = (
            self.chance.standard_normal((*SHAPE, 3)) * 0.012
            + self.chance.standard_normal((*SHAPE, 1)) * 0.010
        )
        light = cv2.GaussianBlur((light + grain).astype(np.float32), (0, 0), 0.8)
        return to_uint8(light)


def drawings() -> list[tuple[str, np.ndarray, Sentence, Metadata, bool]]:
    """Key, pixels (H, W, 3) uint8, title, metadata and oddness of each skin sample."""
    return [
        (
            "naevus",
            naevus(),
            Sentence.of("samples.skin_naevus"),
            Metadata(32.0, "female", "lower extremity"),
            False,
        ),
        (
            "melanoma",
            melanoma(),
            Sentence.of("samples.skin_melanoma"),
            Metadata(66.0, "male", "posterior torso"),
            False,
        ),
        (
            "basal-cell",
            basal_cell(),
            Sentence.of("samples.skin_basal_cell"),
            Metadata(71.0, "male", "head/neck"),
            False,
        ),
        (
            "keratosis",
            keratosis(),
            Sentence.of("samples.skin_keratosis"),
            Metadata(63.0, "female", "posterior torso"),
            False,
        ),
        (
            "vascular",
            vascular(),
            Sentence.of("samples.skin_vascular"),
            Metadata(48.0, "female", "anterior torso"),
            False,
        ),
        (
            "hairy",
            hairy(),
            Sentence.of("samples.skin_hairy"),
            Metadata(29.0, "male", "anterior torso"),
            False,
        ),
    ]


def naevus() -> np.ndarray:
    """A symmetric brown naevus with a regular network that fades at the edge."""
    skin = Skin(21, (0.94, 0.78, 0.74))
    _mole(skin, (298, 224), (112, 92), 0.35)
    return skin.photograph()


def hairy() -> np.ndarray:
    """A small naevus under dark hairs, for the step that removes hair."""
    skin = Skin(22, (0.90, 0.72, 0.62))
    _mole(skin, (305, 232), (86, 98), -0.4, depth=0.9)
    _hairs(skin, 15)
    return skin.photograph(warmth=0.03)


def _mole(skin: Skin, centre, radii, turn: float, depth: float = 1.0) -> None:
    chance = skin.chance
    shape = blob(chance, SHAPE, centre, radii, 0.05, turn) + 0.035 * rough_noise(chance, SHAPE, 40)
    inside = step(-shape, -1.08, -0.78)
    first, second, number = cells(chance, SHAPE, 12.5, 0.16)
    warp = 2.0 + 0.5 * smooth_noise(chance, SHAPE, 80)
    lines = np.exp(-(((second - first) / np.clip(warp, 1, 4)) ** 2))
    lines = soft(lines, 0.9)
    middle = np.exp(-((shape / 0.62) ** 2))
    skin.melanin += depth * inside * (0.42 + 0.50 * middle + 0.05 * rough_noise(chance, SHAPE, 50))
    skin.melanin += depth * step(-shape, -1.16, -0.85) * lines * 0.42 * (1 - 0.6 * middle)
    dots = _dots(chance, number, first, shape, 0.14, 3.4)
    skin.melanin += depth * 0.5 * dots * inside
    skin.blood += 0.16 * inside
    skin.deep += 0.10 * depth * middle * inside


def melanoma() -> np.ndarray:
    """An asymmetric lesion of several browns, with a ragged edge, a blue-white veil, streaks and black dots."""
    skin = Skin(23, (0.92, 0.76, 0.72))
    chance = skin.chance
    shape = blob(chance, SHAPE, (300, 222), (150, 104), 0.20, 0.5, 9) + 0.10 * rough_noise(chance, SHAPE, 60)
    inside = step(-shape, -1.06, -0.92)
    patches = rough_noise(chance, SHAPE, 95)
    skin.melanin += inside * np.clip(0.85 + 0.42 * patches, 0.25, 2.0)
    first, second, number = cells(chance, SHAPE, 15, 0.33)
    lines = soft(np.exp(-(((second - first) / 2.8) ** 2)), 0.9)
    skin.melanin += inside * lines * 0.55 * step(rough_noise(chance, SHAPE, 120), -0.1, 0.7)
    skin.melanin += 1.2 * _dots(chance, number, first, shape, 0.22, 4.2) * inside
    dark = blob(chance, SHAPE, (352, 258), (66, 48), 0.28, 0.2)
    skin.melanin += 1.0 * step(-dark, -1.1, -0.6) * inside
    veil = step(-blob(chance, SHAPE, (262, 200), (62, 48), 0.22, -0.4), -1.1, -0.45) * inside
    skin.melanin *= 1 - 0.55 * veil
    skin.deep += 0.85 * veil
    skin.white += 0.20 * veil * (0.8 + 0.2 * rough_noise(chance, SHAPE, 40))
    streaks = []
    for angle in np.concatenate([chance.uniform(-0.6, 1.3, 15), chance.uniform(2.6, 3.5, 6)]):
        start = (300 + 118 * np.cos(angle), 222 + 92 * np.sin(angle))
        length = chance.uniform(26, 46)
        points = curve([start, (start[0] + length * np.cos(angle), start[1] + length * np.sin(angle))], 12)
        streaks.append((points, np.linspace(7, 3, 12), 0.9))
    skin.melanin += 0.75 * soft(strokes(SHAPE, streaks), 1.6)
    pale = step(-blob(chance, SHAPE, (214, 262), (30, 24), 0.25), -1.0, -0.4) * inside
    skin.melanin *= 1 - 0.75 * pale
    skin.blood += 0.28 * inside + 0.25 * pale
    return skin.photograph(corners=0.9)


def basal_cell() -> np.ndarray:
    """A pink, shining plaque with sharp branching vessels, blue-grey nests and a small sore."""
    skin = Skin(24, (0.95, 0.80, 0.74))
    chance = skin.chance
    shape = blob(chance, SHAPE, (300, 228), (138, 112), 0.10, 0.2) + 0.06 * rough_noise(chance, SHAPE, 60)
    inside = step(-shape, -1.10, -0.72)
    skin.blood += inside * (0.30 + 0.07 * rough_noise(chance, SHAPE, 50))
    skin.white += 0.13 * inside * np.clip(0.6 + 0.5 * rough_noise(chance, SHAPE, 36), 0, 1.6)
    trees = []
    for angle in (0.3, 1.4, 2.5, 3.6, 5.0):
        start = (300 + 142 * np.cos(angle), 228 + 114 * np.sin(angle))
        trees += branches(chance, start, angle + np.pi, 56, 5.2, 6, wander=1.1, spread=0.75, fade=0.93)
    skin.blood += 0.95 * soft(strokes(SHAPE, trees), 0.9) * step(-shape, -1.25, -0.95)
    for x, y, r in (
        (236, 268, 25),
        (262, 292, 16),
        (362, 182, 20),
        (384, 208, 13),
        (352, 290, 17),
        (228, 190, 11),
    ):
        nest = step(-blob(chance, SHAPE, (x, y), (r, 0.78 * r), 0.14, chance.uniform(0, 3)), -1.1, -0.6)
        skin.deep += 0.85 * nest
        skin.melanin += 0.22 * nest
    sore = step(-blob(chance, SHAPE, (312, 226), (28, 20), 0.22), -1.05, -0.7)
    skin.blood += 0.75 * sore * (0.8 + 0.2 * rough_noise(chance, SHAPE, 14))
    skin.melanin += 0.22 * sore
    skin.white += 0.75 * _glints(chance, shape, 14)
    return skin.photograph()


def keratosis() -> np.ndarray:
    """A sharply bordered, waxy seborrhoeic keratosis with pale cysts, dark plugs and furrows."""
    skin = Skin(25, (0.93, 0.79, 0.70))
    chance = skin.chance
    shape = blob(chance, SHAPE, (304, 226), (142, 116), 0.07, 0.9) + 0.025 * rough_noise(chance, SHAPE, 22)
    inside = step(-shape, -1.02, -0.95)
    skin.melanin += inside * (0.52 + 0.09 * rough_noise(chance, SHAPE, 60))
    swirl = rough_noise(chance, SHAPE, 120, 2) * 4.2 + 0.3 * smooth_noise(chance, SHAPE, 30)
    furrows = np.exp(-((np.sin(swirl * 2.4) / 0.30) ** 2))
    skin.melanin += inside * 0.34 * soft(furrows, 1.4)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    for _ in range(38):
        angle, away = chance.uniform(0, 2 * np.pi), np.sqrt(chance.uniform(0, 0.8))
        cx, cy, r = 304 + 125 * away * np.cos(angle), 226 + 102 * away * np.sin(angle), chance.uniform(3, 7)
        spot = step(-np.hypot(x - cx, (y - cy) * chance.uniform(0.8, 1.2)), -r, -0.5 * r)
        if chance.random() < 0.55:
            skin.melanin *= 1 - 0.75 * spot
            skin.white += 0.25 * spot
        else:
            skin.melanin += 0.85 * spot
    rim = np.exp(-(((shape - 0.97) / 0.035) ** 2))
    skin.melanin += 0.18 * soft(rim, 1.0)
    return skin.photograph(warmth=0.04)


def vascular() -> np.ndarray:
    """A haemangioma: red and purple lakes of blood between pale septa."""
    skin = Skin(26, (0.95, 0.78, 0.78))
    chance = skin.chance
    shape = blob(chance, SHAPE, (300, 226), (96, 84), 0.09, 0.3) + 0.03 * rough_noise(chance, SHAPE, 30)
    inside = step(-shape, -1.04, -0.93)
    first, second, number = cells(chance, SHAPE, 30, 0.30)
    lake = step(second - first, 1.5, 9)
    shade = np.random.default_rng(5).uniform(0.75, 1.45, number.max() + 1)[number].astype(np.float32)
    skin.blood += inside * (0.55 + 1.05 * lake * shade)
    skin.deep += inside * 0.42 * lake * step(shade, 1.05, 1.4)
    skin.white += 0.10 * inside * (1 - lake)
    skin.blood += 0.22 * np.exp(-(((shape - 1.1) / 0.22) ** 2))
    skin.white += 0.7 * _glints(chance, shape, 9)
    return skin.photograph()


def _furrows(chance: np.random.Generator) -> np.ndarray:
    """The fine diamonds of healthy skin, (H, W), mean about 0."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    total = np.zeros(SHAPE, np.float32)
    for angle in (0.5, 2.1):
        bend = smooth_noise(chance, SHAPE, 45) * 5
        phase = (x * np.cos(angle) + y * np.sin(angle) + bend) / 11
        total += np.exp(-((np.sin(np.pi * phase) / 0.35) ** 2)) * (
            0.7 + 0.3 * smooth_noise(chance, SHAPE, 30)
        )
    return total - total.mean()


def _dots(chance: np.random.Generator, number, first, shape, share: float, radius: float) -> np.ndarray:
    """Round clumps of pigment in a `share` of the cells inside `shape`."""
    chosen = chance.random(number.max() + 1) < share
    return chosen[number] * step(-first, -radius, -0.4 * radius) * step(-shape, -0.95, -0.8)


def _glints(chance: np.random.Generator, shape: np.ndarray, count: int) -> np.ndarray:
    """Small reflections of the lamp on a shining surface."""
    lines = []
    ys, xs = np.nonzero(shape < 0.85)
    for k in chance.integers(0, len(ys), count):
        angle, length = chance.uniform(0, np.pi), chance.uniform(3, 10)
        start = np.array([xs[k], ys[k]], np.float64)
        lines.append((np.stack([start, start + length * np.array([np.cos(angle), np.sin(angle)])]), 2.0, 0.9))
    return soft(strokes(SHAPE, lines), 0.8)


def _hairs(skin: Skin, count: int) -> None:
    """Dark terminal hairs, bent, tapering, each with a faint shadow."""
    chance, lines = skin.chance, []
    for _ in range(count):
        x, y = chance.uniform(0, WIDTH), chance.uniform(0, HEIGHT)
        angle, bend, length = chance.normal(0.9, 0.45), chance.normal(0, 0.5), chance.uniform(170, 380)
        points = [(x, y)]
        for share in np.linspace(0, 1, 6):
            points.append(
                (
                    points[-1][0] + length / 6 * np.cos(angle + bend * share),
                    points[-1][1] + length / 6 * np.sin(angle + bend * share),
                )
            )
        lines.append((curve(points, 60), np.linspace(3.4, 1.6, 60) * chance.uniform(0.8, 1.1), 1.0))
    hair = strokes(SHAPE, lines)
    skin.melanin += 2.4 * soft(hair, 0.6) + 0.10 * np.roll(soft(hair, 3), (4, 3), (0, 1))
