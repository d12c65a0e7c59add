"""Brushes that all drawings share: smooth noise, soft shapes, curves, branching vessels, cells."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from scipy.spatial import cKDTree

_SHIFT = 4  # fractional bits of OpenCV's drawing coordinates


def smooth_noise(chance: np.random.Generator, shape: tuple[int, int], size: float) -> np.ndarray:
    """Noise (H, W) float32 with mean 0 and deviation 1 whose blobs are about `size` pixels wide."""
    height, width = shape
    factor = max(1.0, size / 2.5)
    coarse = chance.standard_normal((int(height / factor) + 4, int(width / factor) + 4)).astype(np.float32)
    coarse = cv2.GaussianBlur(coarse, (0, 0), max(0.5, size / factor / 2.5))
    fine = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return (fine - fine.mean()) / (fine.std() + 1e-6)


def rough_noise(
    chance: np.random.Generator, shape: tuple[int, int], size: float, octaves: int = 4
) -> np.ndarray:
    """Fractal noise (H, W) float32, mean 0, deviation 1: blobs from `size` pixels down, halving each time."""
    total = sum(smooth_noise(chance, shape, size / 2**k) * 0.55**k for k in range(octaves))
    return (total - total.mean()) / (total.std() + 1e-6)


def step(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """0 below `low`, 1 above `high`, smooth between."""
    share = np.clip((values - low) / (high - low), 0, 1)
    return share * share * (3 - 2 * share)


def soft(mask: np.ndarray, sigma: float) -> np.ndarray:
    """`mask` blurred by a Gaussian of `sigma` pixels."""
    return cv2.GaussianBlur(mask.astype(np.float32), (0, 0), sigma) if sigma > 0 else mask.astype(np.float32)


def polygon(shape: tuple[int, int], points: np.ndarray) -> np.ndarray:
    """A filled polygon (H, W) float32 in {0..1}; `points` (N, 2) are x, y in pixels."""
    mask = np.zeros(shape, np.uint8)
    cv2.fillPoly(mask, [np.rint(points * 2**_SHIFT).astype(np.int32)], 255, cv2.LINE_AA, _SHIFT)
    return mask.astype(np.float32) / 255


def curve(points: Sequence[tuple[float, float]], count: int = 80) -> np.ndarray:
    """`count` points (N, 2) on a Catmull-Rom spline through `points`."""
    p = np.asarray(points, np.float64)
    p = np.vstack([2 * p[0] - p[1], p, 2 * p[-1] - p[-2]])
    places = np.linspace(0, len(p) - 3 - 1e-9, count)
    k, t = places.astype(int), (places % 1)[:, None]
    a, b, c, d = p[k], p[k + 1], p[k + 2], p[k + 3]
    return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)


def stroke(
    layer: np.ndarray, points: np.ndarray, widths: np.ndarray | float, values: np.ndarray | float = 1.0
) -> None:
    """Draw a line through `points` (N, 2) on uint8 `layer` in place.

    `widths` in pixels and `values` in [0, 1] are one number, or one for each point.
    """
    widths, values = (
        np.broadcast_to(np.asarray(each, np.float64), (len(points),)) for each in (widths, values)
    )
    # Thinner than a pixel is drawn one pixel wide but fainter.
    shades = (255 * values * np.minimum(1.0, widths)).astype(int).tolist()
    thick = np.maximum(1, np.rint(widths)).astype(int).tolist()
    fixed = np.rint(np.asarray(points) * 2**_SHIFT).astype(int).tolist()
    for k in range(1, len(fixed)):
        cv2.line(layer, fixed[k - 1], fixed[k], shades[k], thick[k], cv2.LINE_AA, _SHIFT)


def strokes(
    shape: tuple[int, int], lines: Sequence[tuple[np.ndarray, np.ndarray | float, np.ndarray | float]]
) -> np.ndarray:
    """Lines of (points, widths, values) on one layer (H, W) float32 in [0, 1], the brighter over the fainter."""
    layer = np.zeros(shape, np.uint8)
    for points, widths, values in sorted(lines, key=lambda line: np.max(line[2])):
        stroke(layer, points, widths, values)
    return layer.astype(np.float32) / 255


def branches(
    chance: np.random.Generator,
    start: tuple[float, float],
    angle: float,
    length: float,
    width: float,
    depth: int,
    *,
    wander: float = 0.25,
    spread: float = 0.55,
    value: float = 1.0,
    fade: float = 0.85,
) -> list[tuple[np.ndarray, np.ndarray, float]]:
    """Lines for `strokes`: a branching tree (vessels) from `start` (x, y) towards `angle` (radians)."""
    if depth == 0 or width < 0.3:
        return []
    steps = max(6, int(length / 5))
    turns = angle + np.cumsum(chance.normal(0, wander / np.sqrt(steps) * 1.6, steps))
    moves = np.stack([np.cos(turns), np.sin(turns)], 1) * length / steps
    points = np.vstack([start, start + np.cumsum(moves, 0)])
    lines = [(points, np.linspace(width, width * 0.7, len(points)), value)]
    for side in (-1, 1):
        turn = side * spread * chance.uniform(0.5, 1.2)
        longer = length * chance.uniform(0.6, 0.85)
        lines += branches(
            chance,
            tuple(points[-1]),
            turns[-1] + turn,
            longer,
            width * 0.68,
            depth - 1,
            wander=wander,
            spread=spread,
            value=value * fade,
            fade=fade,
        )
    return lines


def cells(
    chance: np.random.Generator, shape: tuple[int, int], size: float, jitter: float = 0.35
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Worley's cells: distance to the nearest and second nearest seed (H, W), and the nearest seed's number.

    Seeds stand on a hexagonal grid of `size` pixels, shaken by `jitter` of that (Worley 1996).
    """
    height, width = shape
    rows = np.arange(-2, height / (0.866 * size) + 2)
    columns = np.arange(-2, width / size + 2)
    x, y = np.meshgrid(columns * size, rows * 0.866 * size)
    x = x + (np.arange(len(rows)) % 2)[:, None] * size / 2
    seeds = np.stack([x.ravel(), y.ravel()], 1)
    seeds += chance.normal(0, jitter * size, seeds.shape)
    grid = np.stack(np.meshgrid(np.arange(width), np.arange(height)), -1).reshape(-1, 2)
    distance, nearest = cKDTree(seeds).query(grid, k=2)
    first, second = distance.T.reshape(2, height, width).astype(np.float32)
    return first, second, nearest[:, 0].reshape(height, width)


def blob(
    chance: np.random.Generator,
    shape: tuple[int, int],
    centre: tuple[float, float],
    radii: tuple[float, float],
    roughness: float = 0.08,
    turn: float = 0.0,
    lobes: int = 7,
) -> np.ndarray:
    """Normalised distance (H, W) from `centre` (x, y): below 1 inside a wobbly ellipse of `radii` pixels.

    Far outside (from 2.6 times the larger radius on) it is 9, without being worked out.
    """
    whole = np.full(shape, 9.0, np.float32)
    reach = 2.6 * max(radii)
    left, right = max(0, int(centre[0] - reach)), min(shape[1], int(centre[0] + reach) + 1)
    top, bottom = max(0, int(centre[1] - reach)), min(shape[0], int(centre[1] + reach) + 1)
    waves = [
        (k, roughness * chance.normal() / k**0.7, chance.uniform(0, 2 * np.pi)) for k in range(2, lobes + 2)
    ]
    if left >= right or top >= bottom:
        return whole
    y, x = np.mgrid[top:bottom, left:right].astype(np.float32)
    dx, dy = x - np.float32(centre[0]), y - np.float32(centre[1])
    u = (dx * np.float32(np.cos(turn)) + dy * np.float32(np.sin(turn))) / np.float32(radii[0])
    v = (dy * np.float32(np.cos(turn)) - dx * np.float32(np.sin(turn))) / np.float32(radii[1])
    # The wobble is read off a table: cosines of every pixel's angle would be most of a drawing's time.
    angles = np.linspace(-np.pi, np.pi, 1025)
    edge = 1 + sum(height * np.cos(k * angles + phase) for k, height, phase in waves)
    table = np.maximum(edge, 0.2).astype(np.float32)
    place = ((cv2.phase(u, v) + np.float32(np.pi)) % np.float32(2 * np.pi)) * np.float32(1024 / (2 * np.pi))
    whole[top:bottom, left:right] = np.hypot(u, v) / table[place.astype(np.int32)]
    return whole


def to_uint8(image: np.ndarray) -> np.ndarray:
    """Values in [0, 1] as uint8 in [0, 255]."""
    return np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8)
