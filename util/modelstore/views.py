"""A picture that may lie any way up, looked at from several sides: the answer is the mean of what each view says.

Averaging over a group of turns and flips makes an answer that cannot depend on how the slide or the camera lay; on
images that training never saw it is a little more often right (test-time augmentation, Krizhevsky et al. 2012; as a
symmetry of the network: Cohen & Welling 2016).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from util.modelstore.runtime import tensorflow

View = tuple[int, bool]  # quarter turns, then whether it is flipped from left to right

_AS_IT_IS: tuple[View, ...] = ((0, False),)
# What a card may name. Each is a group: no view is preferred, so that a turned picture gets the same answer.
VIEWS: Mapping[str, tuple[View, ...]] = {
    "mirror": ((0, False), (0, True)),
    "flips": ((0, False), (0, True), (2, False), (2, True)),
    "square": tuple((turns, flipped) for flipped in (False, True) for turns in range(4)),
}


def views_of(name: str | None) -> tuple[View, ...]:
    """The views that a card's `views` names; the picture as it is where it names none."""
    return VIEWS[name] if name else _AS_IT_IS


@dataclass(frozen=True)
class Views:
    """Pictures and maps from every side, and back.

    The features of all `views` stand beside one another as channels, (N, h, w, V c), each laid back to how the image
    lies: a map drawn of them is exact for the mean of the views' scores, whatever lies between features and scores.
    """

    views: tuple[View, ...]

    def seen(self, images: Any) -> Any:
        """Images (N, S, S, c) from every side: (V N, S, S, c), view by view."""
        return tensorflow().concat([_turned(images, *view) for view in self.views], 0)

    def repeated(self, rows: tuple[Any, ...]) -> tuple[Any, ...]:
        """Rows (N, m) once a view: (V N, m)."""
        return tuple(tensorflow().concat([row] * len(self.views), 0) for row in rows)

    def beside(self, maps: Any) -> Any:
        """Maps (V N, h, w, c) of all views as channels of one map (N, h, w, V c), as the image lies."""
        tf = tensorflow()
        parts = tf.split(maps, len(self.views), 0)
        back = [_turned_back(part, *view) for part, view in zip(parts, self.views, strict=True)]
        return tf.concat(back, -1)

    def apart(self, features: Any) -> Any:
        """The inverse of `beside`: (N, h, w, V c) to (V N, h, w, c), each as its view lay."""
        tf = tensorflow()
        parts = tf.split(features, len(self.views), -1)
        return tf.concat([_turned(part, *view) for part, view in zip(parts, self.views, strict=True)], 0)

    def mean(self, scores: Any) -> Any:
        """Scores (V N, units) averaged over views: (N, units)."""
        tf = tensorflow()
        return tf.reduce_mean(tf.reshape(scores, (len(self.views), -1, scores.shape[-1])), 0)


def _turned(images: Any, turns: int, flipped: bool) -> Any:
    """Images (N, h, w, c) turned against the clock, then flipped."""
    images = _quarters(images, turns)
    return tensorflow().reverse(images, [2]) if flipped else images


def _turned_back(images: Any, turns: int, flipped: bool) -> Any:
    images = tensorflow().reverse(images, [2]) if flipped else images
    return _quarters(images, -turns % 4)


def _quarters(images: Any, turns: int) -> Any:
    """`turns` quarter turns against the clock, as `np.rot90(images, turns, (1, 2))`."""
    tf = tensorflow()
    if turns == 2:
        return tf.reverse(images, [1, 2])
    if turns == 1:
        return tf.reverse(tf.transpose(images, (0, 2, 1, 3)), [1])
    return tf.reverse(tf.transpose(images, (0, 2, 1, 3)), [2]) if turns == 3 else images


@dataclass(frozen=True)
class SeenTrunk:
    """A trunk (features, tapped features) that looks at the image from every side."""

    trunk: Any
    views: Views

    @property
    def shapes(self) -> tuple[tuple[int | None, ...], ...]:
        """Those of the results; the features of all views are channels."""
        features, tapped = self.trunk.shapes
        return (*features[:-1], len(self.views.views) * features[-1]), tapped

    def __call__(self, images: Any) -> tuple[Any, Any]:
        """Features (N, h, w, V c) and, averaged over views, the tapped ones (N, h, w, c) of images (N, S, S, c)."""
        features, tapped = self.trunk(self.views.seen(images))
        tf = tensorflow()
        laid = tf.split(self.views.beside(tapped), len(self.views.views), -1)
        return self.views.beside(features), tf.add_n(laid) / len(laid)


@dataclass(frozen=True)
class SeenHead:
    """A head that answers for every side and gives the mean of the scores."""

    head: Any
    views: Views

    def __call__(self, features: Any, *rows: Any) -> tuple[Any]:
        """Scores (N, units) of features (N, h, w, V c) and metadata rows (N, m), if any."""
        (scores,) = self.head(self.views.apart(features), *self.views.repeated(rows))
        return (self.views.mean(scores),)
