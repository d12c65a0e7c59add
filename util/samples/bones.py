"""The bones of a drawn chest film: spine, ribs, clavicles, shoulder blades, upper arms."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from util.samples.paint import curve, polygon, soft, strokes

Shape = tuple[int, int]


def spine(chance: np.random.Generator, shape: Shape) -> np.ndarray:
    """Vertebrae with their rims, pedicles and spinous processes, (H, W), about 1 where bone is thick."""
    height, width = shape
    layers = {name: np.zeros(shape, np.uint8) for name in ("body", "core", "process")}
    pitch, v = 0.047, 0.005
    while v < 1.03:
        half, tall = (0.023 + 0.010 * v) * width, pitch * height * 0.40
        centre = (0.5 * width + chance.normal(0, 0.6), v * height)
        _box(layers["body"], centre, half, tall)
        _box(layers["core"], centre, half - 3, tall - 3)
        for side in (-1, 1):
            _oval(
                layers["process"],
                (centre[0] + side * half * 0.62, centre[1] - 0.1 * tall),
                half * 0.20,
                tall * 0.48,
            )
        _oval(layers["process"], (centre[0], centre[1] + 0.9 * tall), half * 0.12, tall * 0.5)
        v += pitch
        pitch *= 1.025
    body, core, process = (layer / np.float32(255) for layer in layers.values())
    column = np.exp(-(((np.arange(width) / width - 0.5) / 0.045) ** 4)).astype(np.float32)
    return soft(0.6 * body + 0.25 * np.clip(body - core, 0, 1) + 0.28 * process, 1.8) + 0.35 * column


def _box(layer: np.ndarray, centre: tuple[float, float], half: float, tall: float) -> None:
    """A rounded, waisted rectangle: a vertebra from the front."""
    angle = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    x = np.sign(np.cos(angle)) * np.abs(np.cos(angle)) ** 0.45 * max(half, 1)
    y = np.sign(np.sin(angle)) * np.abs(np.sin(angle)) ** 0.45 * max(tall, 1)
    waist = 1 - 0.12 * (1 - (y / max(tall, 1)) ** 2)
    points = np.stack([centre[0] + x * waist, centre[1] + y], 1)
    cv2.fillPoly(layer, [np.rint(points * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)


def _oval(layer: np.ndarray, centre: tuple[float, float], a: float, b: float) -> None:
    middle, axes = (round(centre[0] * 16), round(centre[1] * 16)), (round(a * 16), round(b * 16))
    cv2.ellipse(layer, middle, axes, 0, 0, 360, 255, -1, cv2.LINE_AA, 4)


def ribs(chance: np.random.Generator, shape: Shape, cage: Callable[[float], float]) -> np.ndarray:
    """Ten pairs of ribs, (H, W), about 1 in the back of a rib; `cage` is the half width at a height."""
    height, width = shape
    scale = np.array([width, height])
    pairs = []
    for side in (-1, 1):
        for index in range(10):
            v = 0.108 + 0.061 * index + chance.normal(0, 0.002)
            drop = 0.040 + 0.0095 * index
            reach = float(cage(v + drop)) - 0.012
            path = [
                (0.03, v + 0.004),
                (reach * 0.35, v - 0.010),
                (reach * 0.72, v + 0.006 + 0.2 * drop),
                (reach * 0.94, v + 0.62 * drop),
                (reach * 1.0, v + drop + 0.012),
                (reach * 0.965, v + drop + 0.058),
                (reach * 0.80, v + drop + 0.100),
                (reach * 0.56, v + drop + 0.122),
            ]
            points = curve([(0.5 + side * a, b) for a, b in path], 120) * scale
            wide = width * (0.0185 + 0.0006 * min(index, 5)) * chance.uniform(0.92, 1.08)
            # The front of a rib lies farther from the plate, and cartilage, which X-rays pass, ends it; the last ribs
            # have no front.
            front = 0.5 if index < 7 else 0.12
            values = np.interp(
                np.linspace(0, 7, 120), (0, 0.3, 3.6, 4.8, 6.2, 7), (0.7, 1, 1, front, front, 0)
            )
            pairs.append((points, wide, values))
    # Neighbours on different layers, so that crossing ribs add up.
    return soft(sum(tubes(shape, pairs[start::3]) for start in range(3)), 1.0)


def tubes(shape: Shape, group: list[tuple[np.ndarray, float, np.ndarray | float]]) -> np.ndarray:
    """Hollow bones along curves: (points, width in pixels, values); their walls are brighter than their middle."""
    whole = strokes(shape, group)
    core = strokes(shape, [(points, max(1.0, wide - 4.5), values) for points, wide, values in group])
    return 0.72 * whole + 0.62 * np.clip(whole - core, 0, 1)


def shoulders(shape: Shape) -> np.ndarray:
    """Clavicles, shoulder blades and upper arms of raised arms, (H, W)."""
    height, width = shape
    scale = np.array([width, height])
    total = np.zeros(shape, np.float32)
    for side in (-1, 1):

        def place(points, side=side):
            return np.array([(0.5 + side * a, b) for a, b in points]) * scale

        collar = place(curve([(0.035, 0.168), (0.10, 0.140), (0.18, 0.128), (0.26, 0.090), (0.33, 0.055)]))
        taper = np.interp(np.linspace(0, 1, len(collar)), (0, 0.15, 0.5, 1), (1.35, 1.0, 0.85, 1.0))
        whole = strokes(shape, [(collar, 0.016 * width * taper, 1.0)])
        core = strokes(shape, [(collar, 0.016 * width * taper - 5, 1.0)])
        total += 0.7 * whole + 0.5 * np.clip(whole - core, 0, 1)
        edge = [
            (0.34, 0.06),
            (0.275, 0.13),
            (0.288, 0.24),
            (0.318, 0.35),
            (0.345, 0.27),
            (0.372, 0.14),
            (0.34, 0.06),
        ]
        plate = polygon(shape, place(curve(edge)))
        total += 0.22 * soft(plate, 3) + 0.55 * np.clip(plate - soft(plate, 4), 0, 1)
        head = np.zeros(shape, np.uint8)
        _oval(head, tuple(place([(0.405, 0.085)])[0]), 0.036 * width, 0.044 * height)
        total += 0.65 * soft(head / np.float32(255), 3)
        arm = place(curve([(0.412, 0.075), (0.45, 0.02), (0.50, -0.06)], 30))
        total += 0.75 * tubes(shape, [(arm, 0.038 * width, 1.0)])
    return soft(total, 1.6)
