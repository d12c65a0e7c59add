"""A drawn X-ray of a child's hand: a good film, and nothing that a chest model was made for."""

from __future__ import annotations

import numpy as np

from util.samples.paint import blob, curve, rough_noise, smooth_noise, soft, step, strokes, to_uint8

_SHAPE = (600, 736)

# Fingers, thumb first: base (x, y) as shares of the picture, direction in degrees from upwards, bone lengths in
# pixels from the palm outwards, width in pixels.
_RAYS = (
    ((0.40, 0.80), -48, (92, 62, 44), 25),
    ((0.445, 0.735), -13, (132, 74, 46, 32), 22),
    ((0.50, 0.72), -2, (136, 84, 54, 34), 23),
    ((0.55, 0.735), 8, (124, 76, 50, 33), 21),
    ((0.595, 0.76), 19, (108, 58, 38, 28), 19),
)


def hand() -> np.ndarray:
    """One film (H, W) uint8, the fingers upwards."""
    chance = np.random.default_rng(16)
    flesh = np.zeros(_SHAPE, np.float32)
    bone = np.zeros(_SHAPE, np.float32)
    for base, degrees, lengths, width in _RAYS:
        at = np.array(base) * _SHAPE[::-1]
        toward = np.array([np.sin(np.radians(degrees)), -np.cos(np.radians(degrees))])
        tip = at + toward * (sum(lengths) + 9 * len(lengths))
        flesh = np.maximum(flesh, soft(strokes(_SHAPE, [(curve([at, tip], 30), 2.5 * width, 1.0)]), 3) * 0.62)
        for length in lengths:
            bone = np.maximum(bone, _bone(at, at + toward * length, width))
            at = at + toward * (length + 9)
            width *= 0.88
    palm = blob(chance, _SHAPE, (0.50 * _SHAPE[1], 0.64 * _SHAPE[0]), (132, 150), 0.03)
    wrist = strokes(_SHAPE, [(np.array([(370.0, 430.0), (372.0, 660.0)]), 150, 1.0)])
    flesh = np.maximum(flesh, np.maximum(step(-palm, -1.05, -0.8) * 0.78, soft(wrist, 6) * 0.74))
    for x, y, size in (
        (338, 470, 17),
        (372, 462, 19),
        (404, 470, 18),
        (346, 506, 16),
        (384, 502, 20),
        (416, 500, 14),
    ):
        carpal = blob(chance, _SHAPE, (x, y), (size, 0.9 * size), 0.06)
        bone = np.maximum(
            bone, 0.62 * step(-carpal, -1.05, -0.85) + 0.2 * np.exp(-(((carpal - 0.93) / 0.08) ** 2))
        )
    for start, end, width in (((344, 540), (338, 660), 46), ((408, 546), (414, 660), 32)):
        bone = np.maximum(bone, _bone(np.array(start, float), np.array(end, float), width))
    density = soft(flesh, 2) * (1 + 0.05 * rough_noise(chance, _SHAPE, 60)) + 0.75 * soft(bone, 1.1)
    grey = (1 - np.exp(-1.15 * density)) * (1 + 0.02 * smooth_noise(chance, _SHAPE, 200)) + 0.02
    grey += 0.012 * chance.standard_normal(_SHAPE).astype(np.float32) * np.sqrt(np.clip(grey, 0.02, 1))
    return to_uint8(soft(grey, 0.7))


def _bone(start: np.ndarray, end: np.ndarray, width: float) -> np.ndarray:
    """A long bone: waisted, with bright walls and rounded ends."""
    points = np.linspace(start, end, 40)
    waist = width * (0.66 + 0.34 * np.abs(np.linspace(-1, 1, 40)) ** 2.5)
    whole = strokes(_SHAPE, [(points, waist, 1.0)])
    core = strokes(_SHAPE, [(points[2:-2], waist[2:-2] - 0.36 * width, 1.0)])
    return 0.55 * whole + 0.45 * np.clip(whole - soft(core, 2), 0, 1)
