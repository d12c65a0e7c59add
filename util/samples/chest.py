"""Drawn frontal chest films of young children: attenuations of simple bodies, added up as X-rays do."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from util.language import Sentence
from util.prediction import Metadata
from util.samples.bones import ribs, shoulders, spine
from util.samples.hand import hand
from util.samples.paint import (
    blob,
    branches,
    curve,
    polygon,
    rough_noise,
    smooth_noise,
    soft,
    step,
    strokes,
    to_uint8,
)

HEIGHT, WIDTH = 600, 736
SHAPE = (HEIGHT, WIDTH)
SCALE = np.array([WIDTH, HEIGHT])

# Half width of the rib cage, as a share of the picture's width, at heights that are shares of its height.
_CAGE_Y = (0.08, 0.12, 0.15, 0.21, 0.30, 0.40, 0.52, 0.65, 0.78, 0.95)
_CAGE_X = (0.08, 0.145, 0.20, 0.27, 0.325, 0.360, 0.388, 0.408, 0.420, 0.425)


@dataclass(frozen=True)
class Child:
    """What differs from film to film; lengths are shares of the picture, opacities are in [0, 1]."""

    seed: int
    tilt: float = 0.0  # degrees
    wide: float = 1.1  # of the heart
    cage: float = 1.0  # of the rib cage
    dome: float = 0.0  # lowers the diaphragm
    exposure: float = 1.0
    vessels: float = 1.0
    bones: float = 1.0
    air: float = 1.0
    crisp: float = 0.22  # edge enhancement of the film reader
    streaks: float = 0.0
    haze: float = 0.0
    patches: tuple[tuple[float, float, float, float, float], ...] = ()  # x, y, radius x, radius y, density


_LEAN = {"cage": 0.965, "vessels": 0.321, "bones": 1.030, "crisp": 0.356, "wide": 0.927, "exposure": 0.954}

CHILDREN = {
    "clear": Child(49, tilt=0.857, dome=0.026, **_LEAN),
    "clear-deep": Child(3, tilt=-1.2, dome=0.04, **_LEAN),
    "between": Child(
        49,
        tilt=-0.413,
        wide=1.044,
        cage=0.92,
        dome=0.05,
        exposure=0.902,
        vessels=0.504,
        bones=1.03,
        crisp=0.113,
        streaks=0.111,
        haze=0.474,
        patches=((0.375, 0.515, 0.104, 0.12, 0.4),),
    ),
    "interstitial": Child(14, tilt=0.6, dome=0.02, vessels=1.4, streaks=1.1, haze=1.1, crisp=0.1),
    "lobar": Child(
        15, tilt=-0.8, vessels=1.1, haze=0.4, crisp=0.15, patches=((0.33, 0.62, 0.15, 0.17, 1.0),)
    ),
}


def drawings() -> list[tuple[str, np.ndarray, Sentence, Metadata, bool]]:
    """Key, pixels (H, W) uint8, title, metadata and oddness of each chest sample."""
    titles = {
        "clear": "samples.chest_clear",
        "clear-deep": "samples.chest_clear_deep",
        "between": "samples.chest_between",
        "interstitial": "samples.chest_interstitial",
        "lobar": "samples.chest_lobar",
    }
    made = [
        (key, film(child), Sentence.of(titles[key]), Metadata(), False) for key, child in CHILDREN.items()
    ]
    return [*made, ("hand", hand(), Sentence.of("samples.chest_hand"), Metadata(), True)]


def film(child: Child) -> np.ndarray:
    """One frontal film (H, W) uint8, the patient's right on the left, as viewed."""
    chance = np.random.default_rng(child.seed)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    u, v = x / WIDTH, y / HEIGHT
    # A slow warp, different in every child, so that no two share an outline.
    warp = np.stack([smooth_noise(chance, SHAPE, 300) for _ in range(2)]) * 4.5

    air = _air(u, v, child)
    flesh = 1 - 0.9 * air
    density = _body(u, v) * (1 + 0.0509 * rough_noise(chance, SHAPE, 24) * flesh)
    density += 0.05 * soft(_middle(child), 4) * (1 - step(v, 0.70, 0.80))
    density -= 0.4606 * child.air * air * (0.90 + 0.18 * v)
    density += 0.283 * child.bones * spine(chance, SHAPE) * (0.65 + 0.35 * v)
    density -= 0.304 * _gas(chance)
    density -= 0.13 * _windpipe()
    density += 0.125 * child.bones * ribs(chance, SHAPE, lambda height: cage(height, child))
    density += 0.242 * shoulders(SHAPE)
    density += 0.0098 * air * rough_noise(chance, SHAPE, 12, 3)
    density += air * (0.13 * child.vessels * _vessels(chance, child.vessels) + _disease(chance, child))
    density *= 1 + 0.02 * smooth_noise(chance, SHAPE, 200)
    # Sheets of muscle and folds of skin end in faint edges.
    for size in (40, 70, 120):
        sheet = step(smooth_noise(chance, SHAPE, size), -0.06, 0.06) - 0.5
        density += 0.0151 * sheet * flesh * np.minimum(density, 1)

    density = cv2.remap(density, x + warp[0], y + warp[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    turn = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), child.tilt, 1.0)
    density = cv2.warpAffine(density, turn, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE)
    return to_uint8(_developed(density, child, chance))


def cage(v: np.ndarray | float, child: Child) -> np.ndarray:
    """Half width of the rib cage at height `v`, both as shares of the picture."""
    return np.interp(v, _CAGE_Y, _CAGE_X) * child.cage


def _developed(density: np.ndarray, child: Child, chance: np.random.Generator) -> np.ndarray:
    """The grey of a film in [0, 1]: a saturating curve, a little edge enhancement, grain, the lead letter."""
    shown = density + 0.12 * (density - soft(density, 26)) + child.crisp * (density - soft(density, 8))
    shown = np.maximum(shown, 0)
    grey = (1 - np.exp(-0.890 * child.exposure * shown)) * 1.16
    grain = soft(chance.standard_normal(SHAPE), 1.26)
    grey += 0.0166 * grain / grain.std() * np.sqrt(np.clip(grey, 0.02, 1))
    grey = soft(grey, 0.6) + 0.012
    layer = np.zeros(SHAPE, np.uint8)
    place = (int(0.05 * WIDTH), int(0.34 * HEIGHT))
    cv2.putText(layer, "R", place, cv2.FONT_HERSHEY_SIMPLEX, 1.1, 255, 3, cv2.LINE_AA)
    return np.maximum(grey, soft(layer / np.float32(255), 0.8) * 0.95)


def _shape(points: list[tuple[float, float]], count: int = 200) -> np.ndarray:
    return polygon(SHAPE, curve([*points, points[0]], count) * SCALE)


def _air(u: np.ndarray, v: np.ndarray, child: Child) -> np.ndarray:
    """How much air the beam meets, (H, W) in [0, 1]: lungs without heart, vessels' roots and diaphragm."""
    lungs = np.zeros(SHAPE, np.float32)
    for side in (-1, 1):
        outer = [
            (0.5 + side * float(cage(h, child) - 0.012), h)
            for h in (0.15, 0.20, 0.28, 0.38, 0.50, 0.65, 0.80)
        ]
        inner = [
            (0.5 + side * a, h)
            for a, h in ((0.05, 0.85), (0.04, 0.6), (0.04, 0.4), (0.045, 0.22), (0.07, 0.135))
        ]
        low = 0.91 + child.dome
        base = [(0.5 + side * 0.41 * child.cage, low), (0.5 + side * 0.2, low + 0.02)]
        lungs = np.maximum(lungs, _shape([*outer, *base, *inner]))
    dome = _dome(u, v, child)
    free = np.minimum(lungs, 1 - dome)
    depth = cv2.distanceTransform((free > 0.5).astype(np.uint8), cv2.DIST_L2, 5)
    thick = (1 - np.exp(-depth / (0.024 * WIDTH))) * free
    # A little lung hides behind heart and diaphragm.
    behind = 0.16 * lungs * step(-v, -(0.86 + child.dome), -(0.74 + child.dome)) * dome
    return soft(thick, 1.4) * (1 - 0.84 * soft(_middle(child), 2.6)) + soft(behind, 5)


def _middle(child: Child) -> np.ndarray:
    """Heart and mediastinum, (H, W) in [0, 1]."""
    right = [
        (0.445, 0.06),
        (0.44, 0.20),
        (0.44, 0.30),
        (0.437, 0.40),
        (0.422, 0.50),
        (0.405, 0.58),
        (0.402, 0.66),
    ]
    under = [(0.425, 0.76), (0.55, 0.84), (0.655, 0.82), (0.695, 0.73)]
    left = [
        (0.682, 0.64),
        (0.645, 0.54),
        (0.605, 0.45),
        (0.578, 0.37),
        (0.572, 0.30),
        (0.56, 0.22),
        (0.55, 0.06),
    ]
    return _shape([(0.5 + (a - 0.5) * child.wide, b + 0.5 * child.dome) for a, b in [*right, *under, *left]])


def _dome(u: np.ndarray, v: np.ndarray, child: Child) -> np.ndarray:
    across = (
        0.02,
        0.07,
        0.10,
        0.14,
        0.20,
        0.27,
        0.35,
        0.42,
        0.47,
        0.53,
        0.60,
        0.68,
        0.77,
        0.84,
        0.89,
        0.93,
        0.98,
    )
    down = (
        1.02,
        0.90,
        0.855,
        0.805,
        0.755,
        0.72,
        0.705,
        0.715,
        0.745,
        0.78,
        0.765,
        0.745,
        0.760,
        0.805,
        0.865,
        0.92,
        1.02,
    )
    edge = cv2.GaussianBlur(np.interp(u, across, down).astype(np.float32), (0, 0), 9)
    return step(v - edge - child.dome, -0.005, 0.010)


def _body(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    half = np.interp(
        v,
        (0, 0.06, 0.13, 0.20, 0.28, 0.40, 0.60, 0.80, 1.0),
        (0.56, 0.55, 0.53, 0.505, 0.480, 0.466, 0.464, 0.466, 0.470),
    ).astype(np.float32)
    half = soft(half, 14)
    trunk = np.clip(1 - ((u - 0.5) / half) ** 2, 0, 1) ** 0.42
    neck = np.exp(-(((u - 0.5) / 0.12) ** 4)) * step(-v, -0.16, 0.02) * 0.30
    chin = step(-np.hypot((u - 0.5) / 0.17, (v + 0.06) / 0.10), -1.0, -0.7) * 0.35
    thin = 1 - 0.45 * step(-v, -0.20, -0.02) * step(np.abs(u - 0.5), 0.08, 0.22)
    deep = 0.84 + 0.20 * step(v, 0.35, 0.95) + 0.04 * np.exp(-(((u - 0.5) / 0.2) ** 2))
    return soft(trunk * thin * deep + neck + chin, 1.5)


def _windpipe() -> np.ndarray:
    trunk = curve([(0.5, -0.02), (0.498, 0.12), (0.49, 0.25), (0.492, 0.33)]) * SCALE
    right = curve([(0.492, 0.33), (0.465, 0.38), (0.43, 0.42)]) * SCALE
    left = curve([(0.492, 0.33), (0.53, 0.375), (0.57, 0.41)]) * SCALE
    thin = 0.016 * WIDTH
    return soft(strokes(SHAPE, [(trunk, 0.026 * WIDTH, 1.0), (right, thin, 0.8), (left, thin, 0.8)]), 3)


def _gas(chance: np.random.Generator) -> np.ndarray:
    """Air in stomach and bowel."""
    bubbles = [((0.665, 0.885), (0.07, 0.05), 1.0)]
    for _ in range(6):
        size = chance.uniform(0.03, 0.055)
        bubbles.append(((chance.uniform(0.28, 0.75), chance.uniform(0.95, 1.02)), (size, 0.8 * size), 0.7))
    total = np.zeros(SHAPE, np.float32)
    for centre, radii, value in bubbles:
        shape = blob(chance, SHAPE, tuple(centre * SCALE), tuple(radii * SCALE), 0.15)
        total = np.maximum(total, value * step(-shape, -1.25, -0.55))
    return total


def _vessels(chance: np.random.Generator, strength: float) -> np.ndarray:
    lines = []
    for side in (-1, 1):
        for angle in np.linspace(-1.35, 1.45, 9):
            root = ((0.5 + side * 0.07) * WIDTH, (0.44 + 0.03 * angle) * HEIGHT)
            heading = angle + chance.normal(0, 0.12)
            toward = heading if side > 0 else np.pi - heading
            lines += branches(
                chance, root, toward, 0.095 * WIDTH, 4.4 * strength**0.5, 5, spread=0.42, fade=0.8
            )
    tree = strokes(SHAPE, lines)
    return 0.8 * soft(tree, 1.7) + 0.9 * soft(tree, 6)


def _disease(chance: np.random.Generator, child: Child) -> np.ndarray:
    total = np.zeros(SHAPE, np.float32)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    near = sum(
        np.exp(-(((x / WIDTH - 0.5 - s * 0.10) / 0.13) ** 2) - ((y / HEIGHT - 0.50) / 0.19) ** 2)
        for s in (-1, 1)
    )
    if child.haze:
        cloud = 0.75 + 0.25 * rough_noise(chance, SHAPE, 70)
        total += child.haze * 0.26 * near * np.clip(cloud, 0.2, 2)
    if child.streaks:
        net = np.abs(rough_noise(chance, SHAPE, 26, 3))
        strands = np.exp(-((net / 0.22) ** 2)) * (0.35 + 0.75 * near)
        total += child.streaks * 0.13 * soft(strands, 1.2)
        total += child.streaks * 0.12 * _cuffs(chance, int(22 * child.streaks))
    for px, py, rx, ry, dense in child.patches:
        shape = blob(chance, SHAPE, (px * WIDTH, py * HEIGHT), (rx * WIDTH, ry * HEIGHT), 0.14)
        fluff = rough_noise(chance, SHAPE, 46) * 0.10
        patch = step(-(shape + fluff), -1.15, -0.55)
        root = ((0.5 + (-1 if px < 0.5 else 1) * 0.09) * WIDTH, 0.42 * HEIGHT)
        toward = np.arctan2(py * HEIGHT - root[1], px * WIDTH - root[0])
        # Air in the bronchi stays dark inside a filled lobe: the air bronchogram.
        bronchi = soft(strokes(SHAPE, branches(chance, root, toward, 0.09 * WIDTH, 4.0, 4, spread=0.5)), 1.6)
        total += dense * patch * (0.50 + 0.04 * rough_noise(chance, SHAPE, 30) - 0.12 * bronchi)
    return total


def _cuffs(chance: np.random.Generator, count: int) -> np.ndarray:
    """Thickened bronchi seen end-on: small rings near the hila."""
    layer = np.zeros(SHAPE, np.uint8)
    for _ in range(count):
        side = chance.choice((-1, 1))
        centre = (0.5 + side * chance.uniform(0.07, 0.24)) * WIDTH, chance.uniform(0.32, 0.68) * HEIGHT
        cv2.circle(
            layer, (round(centre[0]), round(centre[1])), int(chance.integers(3, 7)), 255, 2, cv2.LINE_AA
        )
    return soft(layer / np.float32(255), 1.2)
