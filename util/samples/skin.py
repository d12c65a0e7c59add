"""Drawn dermoscopy: five kinds of lesion, one under hairs, and a biscuit."""

from __future__ import annotations

import numpy as np

from util.language import Sentence
from util.prediction import Metadata
from util.samples.dermis import HEIGHT, SHAPE, WIDTH, Skin, glints, hairs, warped
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


def drawings() -> list[tuple[str, np.ndarray, Sentence, Metadata, bool]]:
    """Key, pixels (H, W, 3) uint8, title, metadata and oddness of each skin sample."""
    leg, back, face = "lower extremity", "posterior torso", "head/neck"
    made = (
        ("naevus", naevus, "samples.skin_naevus", Metadata(32.0, "female", leg), False),
        ("atypical", atypical, "samples.skin_atypical", Metadata(58.0, "male", back), False),
        ("melanoma", melanoma, "samples.skin_melanoma", Metadata(66.0, "male", back), False),
        ("basal-cell", basal_cell, "samples.skin_basal_cell", Metadata(71.0, "male", face), False),
        ("keratosis", keratosis, "samples.skin_keratosis", Metadata(63.0, "female", back), False),
        ("vascular", vascular, "samples.skin_vascular", Metadata(48.0, "female", "anterior torso"), False),
        ("hairy", hairy, "samples.skin_hairy", Metadata(29.0, "male", "anterior torso"), False),
        ("biscuit", biscuit, "samples.skin_biscuit", Metadata(), True),
    )
    return [(key, draw(), Sentence.of(title), metadata, odd) for key, draw, title, metadata, odd in made]


def naevus() -> np.ndarray:
    """A symmetric brown naevus with a regular network that fades at the edge."""
    skin = Skin(21, (0.94, 0.77, 0.74))
    _mole(skin, (298, 224), (116, 94), 0.35)
    return skin.photograph()


def atypical() -> np.ndarray:
    """A brown lesion with two tones, an uneven edge and a dark corner: a mole, or the start of something else."""
    skin = Skin(28, (0.92, 0.77, 0.73))
    chance = skin.chance
    _mole(skin, (292, 226), (118, 88), 0.2, rough=0.13)
    second = blob(chance, SHAPE, (385, 182), (74, 56), 0.22, 0.6) + 0.12 * rough_noise(chance, SHAPE, 44)
    patch = step(-second, -1.2, -0.5)
    skin.melanin += 1.6 * patch * (1 + 0.25 * rough_noise(chance, SHAPE, 24))
    skin.blood += 0.3 * patch
    haze = step(-blob(chance, SHAPE, (262, 262), (46, 34), 0.2), -1.3, -0.3)
    skin.melanin *= 1 - 0.35 * haze
    skin.deep += 0.65 * haze
    return skin.photograph()


def hairy() -> np.ndarray:
    """A small naevus under dark hairs, for the step that removes hair."""
    skin = Skin(22, (0.91, 0.74, 0.66))
    _mole(skin, (305, 232), (82, 96), -0.4, depth=0.95)
    hairs(skin, 12)
    return skin.photograph(warmth=0.02)


def _mole(
    skin: Skin,
    centre: tuple[float, float],
    radii: tuple[float, float],
    turn: float,
    depth: float = 1.0,
    rough: float = 0.06,
) -> None:
    chance = skin.chance
    shape = blob(chance, SHAPE, centre, radii, rough, turn) + rough * rough_noise(chance, SHAPE, 46)
    inside = step(-shape, -1.16, -0.62)
    first, second, number = cells(chance, SHAPE, 11.5, 0.24)
    width = np.clip(2.2 + 0.8 * smooth_noise(chance, SHAPE, 60), 0.9, 4.5)
    lines = warped(chance, soft(np.exp(-(((second - first) / width) ** 2)), 0.9), 30, 2.0)
    strength = np.clip(0.8 + 0.45 * rough_noise(chance, SHAPE, 60), 0.1, 1.6)
    middle = np.exp(-((shape / 0.60) ** 2))
    skin.melanin += depth * inside * (0.30 + 0.52 * middle + 0.07 * rough_noise(chance, SHAPE, 40))
    skin.melanin += depth * step(-shape, -1.18, -0.8) * lines * strength * 0.40 * (1 - 0.55 * middle)
    skin.melanin += depth * 0.45 * _dots(chance, number, first, shape, 0.12, 3.2) * inside
    skin.blood += 0.18 * inside
    skin.deep += 0.08 * depth * middle * inside


def melanoma() -> np.ndarray:
    """An asymmetric lesion of several browns, with a ragged edge, a blue-white veil, streaks and black dots."""
    skin = Skin(723, (0.90, 0.74, 0.72), mottle=0.7)
    chance = skin.chance
    shape = blob(chance, SHAPE, (300, 222), (146, 104), 0.20, 0.5, 9) + 0.13 * rough_noise(
        chance, SHAPE, 70, 5
    )
    inside = step(-shape, -1.13, -0.84)
    patches = rough_noise(chance, SHAPE, 100, 5)
    skin.melanin += inside * np.clip(0.80 + 0.42 * patches, 0.18, 2.0)
    first, second, number = cells(chance, SHAPE, 15, 0.36)
    lines = warped(chance, soft(np.exp(-(((second - first) / 2.8) ** 2)), 1.0), 35, 4)
    skin.melanin += inside * lines * 0.5 * step(rough_noise(chance, SHAPE, 120), -0.1, 0.7)
    skin.melanin += 1.0 * _dots(chance, number, first, shape, 0.20, 4.0) * inside
    dark = blob(chance, SHAPE, (356, 258), (64, 46), 0.28, 0.2) + 0.12 * rough_noise(chance, SHAPE, 40)
    skin.melanin += 1.0 * step(-dark, -1.25, -0.5) * inside
    veil_shape = blob(chance, SHAPE, (258, 200), (66, 50), 0.22, -0.4) + 0.15 * rough_noise(chance, SHAPE, 50)
    veil = step(-veil_shape, -1.25, -0.35) * inside
    skin.melanin *= 1 - 0.5 * veil
    skin.deep += 1.0 * veil
    skin.white += 0.20 * veil * (0.8 + 0.2 * rough_noise(chance, SHAPE, 40))
    streaks = []
    for angle in np.concatenate([chance.uniform(-0.6, 1.3, 22), chance.uniform(2.5, 3.6, 10)]):
        start = (300 + 112 * np.cos(angle), 222 + 84 * np.sin(angle))
        length = chance.uniform(22, 42)
        points = curve([start, (start[0] + length * np.cos(angle), start[1] + length * np.sin(angle))], 12)
        streaks.append((points, np.linspace(10, 2.5, 12), chance.uniform(0.5, 0.9)))
    skin.melanin += 0.65 * warped(chance, soft(strokes(SHAPE, streaks), 2.2), 25, 3)
    pale = step(-blob(chance, SHAPE, (214, 262), (52, 39), 0.25), -1.2, -0.3) * inside
    skin.melanin *= 1 - 0.75 * pale
    skin.blood += 0.52 * inside + 0.22 * pale
    return skin.photograph(corners=0.92)


def basal_cell() -> np.ndarray:
    """A pink, shining plaque with sharp branching vessels, blue-grey nests and a small sore."""
    skin = Skin(24, (0.95, 0.80, 0.75), mottle=1.9)
    chance = skin.chance
    shape = blob(chance, SHAPE, (300, 228), (152, 124), 0.10, 0.2) + 0.08 * rough_noise(chance, SHAPE, 60)
    inside = step(-shape, -1.15, -0.65)
    skin.blood += inside * (0.26 + 0.08 * rough_noise(chance, SHAPE, 50))
    skin.white += 0.13 * inside * np.clip(0.6 + 0.5 * rough_noise(chance, SHAPE, 36), 0, 1.6)
    trees = []
    for angle in (0.3, 1.4, 2.5, 3.6, 5.0):
        start = (300 + 150 * np.cos(angle), 228 + 122 * np.sin(angle))
        trees += branches(chance, start, angle + np.pi, 58, 4.4, 7, wander=1.2, spread=0.7, fade=0.9)
    skin.blood += 0.7 * soft(strokes(SHAPE, trees), 1.0) * step(-shape, -1.3, -0.9)
    for x, y, r in (
        (236, 268, 24),
        (258, 290, 15),
        (362, 182, 20),
        (382, 206, 13),
        (352, 290, 17),
        (228, 190, 11),
    ):
        ovoid = blob(chance, SHAPE, (x, y), (r, 0.78 * r), 0.16, chance.uniform(0, 3))
        nest = step(-(ovoid + 0.10 * rough_noise(chance, SHAPE, 18)), -1.25, -0.45)
        skin.deep += 0.75 * nest
        skin.melanin += 0.25 * nest
    sore = step(-blob(chance, SHAPE, (312, 226), (26, 19), 0.24), -1.15, -0.5)
    skin.blood += 0.65 * sore * (0.8 + 0.25 * rough_noise(chance, SHAPE, 14))
    skin.melanin += 0.26 * sore
    skin.white += 0.7 * glints(chance, shape, 16)
    return skin.photograph()


def keratosis() -> np.ndarray:
    """A sharply bordered, waxy seborrhoeic keratosis with pale cysts, dark plugs and furrows."""
    skin = Skin(25, (0.93, 0.78, 0.71))
    chance = skin.chance
    shape = blob(chance, SHAPE, (304, 226), (122, 98), 0.07, 0.9) + 0.03 * rough_noise(chance, SHAPE, 24)
    inside = step(-shape, -1.10, -0.80)
    skin.melanin += inside * (0.52 + 0.13 * rough_noise(chance, SHAPE, 60, 5))
    ridges = np.abs(rough_noise(chance, SHAPE, 34, 2))
    skin.melanin += inside * 0.34 * soft(np.exp(-((ridges / 0.16) ** 2)), 1.6)
    skin.white += inside * 0.05 * np.clip(ridges - 0.8, 0, 1)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    for _ in range(46):
        angle, away = chance.uniform(0, 2 * np.pi), np.sqrt(chance.uniform(0, 0.85))
        cx, cy, r = (
            304 + 125 * away * np.cos(angle),
            226 + 102 * away * np.sin(angle),
            chance.uniform(2.5, 6.5),
        )
        spot = step(-np.hypot(x - cx, (y - cy) * chance.uniform(0.7, 1.3)), -1.3 * r, -0.3 * r)
        if chance.random() < 0.5:
            skin.melanin *= 1 - 0.7 * spot
            skin.white += 0.22 * spot
        else:
            skin.melanin += 0.75 * spot
    skin.melanin += 0.15 * soft(np.exp(-(((shape - 0.96) / 0.04) ** 2)), 1.0)
    return skin.photograph(warmth=0.03)


def vascular() -> np.ndarray:
    """A haemangioma: red and purple lakes of blood between pale septa."""
    skin = Skin(26, (0.95, 0.78, 0.79))
    chance = skin.chance
    shape = blob(chance, SHAPE, (300, 226), (98, 86), 0.09, 0.3) + 0.04 * rough_noise(chance, SHAPE, 30)
    inside = step(-shape, -1.07, -0.90)
    first, second, number = cells(chance, SHAPE, 25, 0.34)
    lake = warped(chance, step(second - first, -1, 15), 22, 4.5)
    shade = soft(chance.uniform(0.75, 1.45, number.max() + 1)[number], 2)
    skin.blood += inside * (0.80 + 0.80 * lake * shade)
    skin.deep += inside * 0.40 * lake * step(shade, 1.05, 1.4)
    skin.white += 0.03 * inside * (1 - lake)
    skin.blood += 0.20 * np.exp(-(((shape - 1.1) / 0.22) ** 2))
    skin.white += 0.65 * glints(chance, shape, 10)
    return skin.photograph()


def biscuit() -> np.ndarray:
    """A biscuit with chocolate chips on a plate: round, brown, and no skin at all."""
    chance = np.random.default_rng(27)
    plate = (
        np.array([0.80, 0.86, 0.90], np.float32) * (0.96 + 0.03 * smooth_noise(chance, SHAPE, 240))[..., None]
    )
    shape = blob(chance, SHAPE, (300, 225), (190, 182), 0.03) + 0.012 * rough_noise(chance, SHAPE, 20)
    baked = step(-shape, -1.01, -0.97)[..., None]
    shadow = soft(np.roll(baked[..., 0], (10, 12), (0, 1)), 9)[..., None]
    crumbs = rough_noise(chance, SHAPE, 16, 4)
    dough = (
        np.array([0.80, 0.58, 0.33], np.float32)
        * (0.95 + 0.07 * crumbs - 0.22 * np.clip(shape, 0, 1) ** 6)[..., None]
    )
    picture = plate * (1 - 0.35 * shadow) * (1 - baked) + dough * baked
    for _ in range(16):
        angle, away = chance.uniform(0, 2 * np.pi), 150 * np.sqrt(chance.uniform(0, 1))
        centre = (300 + away * np.cos(angle), 225 + away * np.sin(angle))
        size = chance.uniform(13, 22)
        chip = blob(chance, SHAPE, centre, (size, 0.8 * size), 0.12, chance.uniform(0, 3))
        inside = step(-chip, -1.08, -0.92)[..., None]
        shine = np.exp(-((np.hypot(*_from(centre, (-0.3 * size, -0.35 * size))) / (0.3 * size)) ** 2))[
            ..., None
        ]
        picture = picture * (1 - inside) + inside * (np.array([0.24, 0.14, 0.09]) + 0.28 * shine)
    return to_uint8(picture + 0.012 * chance.standard_normal((*SHAPE, 1)))


def _from(centre: tuple[float, float], shift: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    return x - centre[0] - shift[0], y - centre[1] - shift[1]


def _dots(
    chance: np.random.Generator,
    number: np.ndarray,
    first: np.ndarray,
    shape: np.ndarray,
    share: float,
    radius: float,
) -> np.ndarray:
    """Round clumps of pigment in a `share` of the cells inside `shape`."""
    chosen = chance.random(number.max() + 1) < share
    return chosen[number] * step(-first, -radius, -0.3 * radius) * step(-shape, -0.95, -0.8)
