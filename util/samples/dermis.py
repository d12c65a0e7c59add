"""Skin as dermoscopy sees it: dyes take light away as Beer and Lambert say; texture, hairs, glints, bubbles."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from util.samples.paint import curve, rough_noise, smooth_noise, soft, step, strokes, to_uint8

HEIGHT, WIDTH = 450, 600
SHAPE = (HEIGHT, WIDTH)

# Absorbance of one unit of each dye in red, green and blue light.
MELANIN = np.array([0.52, 0.86, 1.06], np.float32)
BLOOD = np.array([0.16, 0.95, 0.62], np.float32)
# Melanin deep in the dermis is seen through scattering skin, which sends blue light back: it looks blue-grey.
DEEP = np.array([0.92, 0.76, 0.56], np.float32)


@dataclass
class Skin:
    """A piece of skin while it is painted: amounts of each dye (H, W), and white light scattered back."""

    seed: int
    tone: tuple[float, float, float] = (0.93, 0.79, 0.74)
    mottle: float = 1.0
    chance: np.random.Generator = field(init=False)
    melanin: np.ndarray = field(init=False)
    blood: np.ndarray = field(init=False)
    deep: np.ndarray = field(init=False)
    white: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.chance = np.random.default_rng(self.seed)
        self.melanin = 0.016 * self.mottle * rough_noise(self.chance, SHAPE, 70, 5) + 0.035 * furrows(
            self.chance
        )
        self.blood = 0.030 * self.mottle * rough_noise(self.chance, SHAPE, 40, 4)
        self.deep = np.zeros(SHAPE, np.float32)
        self.white = 0.012 * rough_noise(self.chance, SHAPE, 7, 2)

    def photograph(self, *, corners: float = 0.0, warmth: float = 0.0) -> np.ndarray:
        """The picture (H, W, 3) uint8; `corners` darkens the rim, `warmth` moves the light towards yellow."""
        grain = 1 + 0.10 * rough_noise(self.chance, SHAPE, 9, 3)
        absorbed = (
            (self.melanin * grain)[..., None] * MELANIN
            + (self.blood * grain)[..., None] * BLOOD
            + self.deep[..., None] * DEEP
        )
        light = np.array(self.tone, np.float32) * np.exp(-np.maximum(absorbed, -0.12))
        light += self.white[..., None] * (1 - light)
        y, x = np.mgrid[-1 : 1 : HEIGHT * 1j, -1 : 1 : WIDTH * 1j]
        away = np.hypot(x, y * HEIGHT / WIDTH)
        light *= (1.03 - 0.15 * away**2)[..., None]
        if corners:
            light *= (1 - corners * step(away, 1.04, 1.17))[..., None]
        light *= np.array([1, 1 - 0.3 * warmth, 1 - warmth])
        noise = (
            self.chance.standard_normal((*SHAPE, 3)) * 0.012
            + self.chance.standard_normal((*SHAPE, 1)) * 0.014
        )
        light = cv2.GaussianBlur((light + noise).astype(np.float32), (0, 0), 0.8)
        return to_uint8(light)


def furrows(chance: np.random.Generator) -> np.ndarray:
    """The fine diamonds of healthy skin, (H, W), mean about 0."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    total = np.zeros(SHAPE, np.float32)
    for angle in (0.5, 2.1):
        bend = smooth_noise(chance, SHAPE, 45) * 5
        phase = (x * np.cos(angle) + y * np.sin(angle) + bend) / 11
        lines = np.exp(-((np.sin(np.pi * phase) / 0.35) ** 2))
        total += lines * np.clip(0.5 + 0.6 * smooth_noise(chance, SHAPE, 50), 0, 1.6)
    return total - total.mean()


def warped(chance: np.random.Generator, image: np.ndarray, size: float, reach: float) -> np.ndarray:
    """`image` pushed about by smooth noise of blobs `size` wide, by about `reach` pixels."""
    y, x = np.mgrid[0 : image.shape[0], 0 : image.shape[1]].astype(np.float32)
    dx, dy = (reach * smooth_noise(chance, image.shape, size) for _ in range(2))
    return cv2.remap(
        image.astype(np.float32), x + dx, y + dy, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
    )


def glints(chance: np.random.Generator, shape: np.ndarray, count: int) -> np.ndarray:
    """Small reflections of the lamp on a shining surface, where `shape` is below 0.85."""
    lines = []
    ys, xs = np.nonzero(shape < 0.85)
    for k in chance.integers(0, len(ys), count):
        angle, length = chance.uniform(0, np.pi), chance.uniform(2, 8)
        start = np.array([xs[k], ys[k]], np.float64)
        lines.append((np.stack([start, start + length * np.array([np.cos(angle), np.sin(angle)])]), 2.0, 0.9))
    return soft(strokes(SHAPE, lines), 0.8)


def hairs(skin: Skin, count: int) -> None:
    """Dark terminal hairs, bent, tapering, each with a faint shadow."""
    chance, lines = skin.chance, []
    for _ in range(count):
        angle, bend, length = chance.normal(0.8, 0.5), chance.normal(0, 0.7), chance.uniform(150, 360)
        points = [(chance.uniform(-40, WIDTH), chance.uniform(-40, HEIGHT))]
        for share in np.linspace(0, 1, 6):
            heading = angle + bend * share
            points.append(
                (points[-1][0] + length / 6 * np.cos(heading), points[-1][1] + length / 6 * np.sin(heading))
            )
        lines.append(
            (
                curve(points, 60),
                np.interp(np.linspace(0, 1, 60), (0, 0.12, 0.4, 1), (1.0, 2.0, 1.8, 0.6))
                * chance.uniform(0.65, 1.1),
                chance.uniform(0.75, 1),
            )
        )
    hair = strokes(SHAPE, lines)
    skin.melanin += 2.3 * soft(hair, 0.6) + 0.10 * np.roll(soft(hair, 3), (4, 3), (0, 1))
