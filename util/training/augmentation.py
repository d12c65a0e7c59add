"""Augmentation per modality: what may change about an image without changing its label."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np


def augmented(
    pixels: np.ndarray, side: int, options: Mapping[str, object], rng: np.random.Generator
) -> np.ndarray:
    """One random variant of `pixels` uint8 (S, S, 3) at `side` x `side`, uint8.

    `options`: `rotation` up to so many degrees either way; `quarter_turns` True adds 0 to 3; `scale` (low, high)
    visible share of the side, drawn for each axis where `independent` is True; `aspect` strength; `shift` share of the
    side;
    `flip` "horizontal" or "both"; `gain`, `shift_colour`, `contrast`, `brightness`, `gamma` strengths;
    `blur`, `sharpen`, `noise`, `jpeg` probabilities; `grey` True keeps the three channels equal.
    """
    picture = _warped(pixels, side, options, rng)
    picture = _photometric(picture, options, rng)
    return _storage(picture, options, rng)


def _warped(pixels: np.ndarray, side: int, options: Mapping, rng: np.random.Generator) -> np.ndarray:
    """Rotation, scale, aspect, shift and flips in one warp, mirrored at the border."""
    source = pixels.shape[0]
    angle = np.deg2rad(rng.uniform(-1, 1) * float(options.get("rotation", 0)))
    if options.get("quarter_turns"):
        angle += rng.integers(4) * np.pi / 2
    low, high = options.get("scale", (1.0, 1.0))
    # Log-uniform, so that halving and doubling are alike.
    part = np.exp(rng.uniform(np.log(low), np.log(high), 2 if options.get("independent") else 1))
    across, down = np.broadcast_to(part, 2) * np.exp(
        rng.uniform(-1, 1) * np.array([0.5, -0.5]) * float(options.get("aspect", 0))
    )
    room = np.maximum(0, 1 - np.array([across, down])) / 2 + float(options.get("shift", 0))
    centre = (0.5 + rng.uniform(-1, 1, 2) * room) * source - 0.5
    flips = np.ones(2)
    if options.get("flip") in ("horizontal", "both") and rng.random() < 0.5:
        flips[0] = -1
    if options.get("flip") == "both" and rng.random() < 0.5:
        flips[1] = -1
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    linear = turn @ np.diag(np.array([across, down]) * flips * source / side)
    offset = centre - linear @ np.full(2, (side - 1) / 2)
    return cv2.warpAffine(
        pixels,
        np.column_stack([linear, offset]),
        (side, side),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REFLECT_101,
    )


def _photometric(picture: np.ndarray, options: Mapping, rng: np.random.Generator) -> np.ndarray:
    """Gamma, contrast, brightness and per-channel gain and shift, as one lookup table a channel."""
    channels = 1 if options.get("grey") else 3
    levels = np.arange(256, dtype=np.float32)[None].repeat(channels, 0) / 255
    gamma = np.exp(rng.uniform(-1, 1) * float(options.get("gamma", 0)))
    levels = levels**gamma
    contrast = np.exp(rng.uniform(-1, 1) * float(options.get("contrast", 0)))
    pivot = float(picture.mean()) / 255
    levels = (levels - pivot) * contrast + pivot + rng.uniform(-1, 1) * float(options.get("brightness", 0))
    levels = levels * np.exp(rng.uniform(-1, 1, (channels, 1)) * float(options.get("gain", 0)))
    levels = levels + rng.uniform(-1, 1, (channels, 1)) * float(options.get("shift_colour", 0))
    table = np.clip(np.rint(levels * 255), 0, 255).astype(np.uint8).T
    if channels == 1:
        return cv2.LUT(picture, np.ascontiguousarray(table[:, 0]))
    return cv2.LUT(picture, np.ascontiguousarray(table[None]))


def _storage(picture: np.ndarray, options: Mapping, rng: np.random.Generator) -> np.ndarray:
    """What cameras and files do: blur or sharpen, noise, JPEG."""
    if rng.random() < float(options.get("blur", 0)):
        sigma = rng.uniform(0.3, 1.2)
        picture = cv2.GaussianBlur(picture, (0, 0), sigma)
    elif rng.random() < float(options.get("sharpen", 0)):
        soft = cv2.GaussianBlur(picture, (0, 0), 1.0)
        amount = rng.uniform(0.2, 1.2)
        picture = cv2.addWeighted(picture, 1 + amount, soft, -amount, 0)
    if rng.random() < float(options.get("noise", 0)):
        shape = picture.shape[:2] + ((1,) if options.get("grey") else (3,))
        noise = rng.normal(0, rng.uniform(2, 10), shape)
        picture = np.clip(np.rint(picture + noise), 0, 255).astype(np.uint8)
    if rng.random() < float(options.get("jpeg", 0)):
        quality = int(rng.integers(30, 96))
        # OpenCV stores blue first: only in that order does JPEG coarsen colour where cameras do.
        data = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        picture = cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1]
    return picture
