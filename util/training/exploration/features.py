"""What images and patients look like before anything is trained: colours, frozen features, demographics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from util.prediction import Metadata
from util.training.configuration import configuration
from util.training.dataset import Dataset


@dataclass(frozen=True)
class Demographics:
    """Patients in the plane: `points` (N, 2) on the first two principal axes, `explained` their shares of variance.

    `cluster` (N,) in [0, k) by K-means on all fields; `table` one row a cluster: size, mean age in years, commonest
    sex and site, share of each class. Pearson 1901; Lloyd 1982.
    """

    points: np.ndarray
    explained: np.ndarray
    cluster: np.ndarray
    table: list[dict[str, object]]


def prepared_images(dataset: Dataset) -> tuple[Dataset, np.ndarray]:
    """The images of `dataset` after its modality's recipe, uint8 (n, S, S, 3), and the rows that could be read."""
    from util.training.prepared_store import cached_chain, prepared_array

    config = configuration(dataset.modality)
    images, answered = prepared_array(dataset, cached_chain(config.chain, config.img_size))
    return dataset.take(answered), np.asarray(images[answered])


def colour_signatures(images: np.ndarray, target: np.ndarray, labels: Sequence[str]) -> list[dict]:
    """One row a class: median of the images' mean red, green, blue in [0, 255], with quartiles, and their spread.

    `images` uint8 (N, S, S, 3), `target` (N,). "contrast" is the median of the standard deviation of grey inside an
    image. Classes that differ here can be told apart without looking at any shape.
    """
    means = images.reshape(len(images), -1, 3).mean(axis=1)
    contrast = images.mean(axis=3).reshape(len(images), -1).std(axis=1)
    rows = []
    for index, label in enumerate(labels):
        mine = target == index
        if not mine.any():
            continue
        row = {"class": label, "images": int(mine.sum())}
        for channel, name in enumerate(("red", "green", "blue")):
            low, middle, high = np.percentile(means[mine, channel], [25, 50, 75]).round(1)
            row |= {name: float(middle), f"{name}_quartiles": (float(low), float(high))}
        rows.append(row | {"contrast": round(float(np.median(contrast[mine])), 1)})
    return rows


def frozen_features(
    images: np.ndarray, model: str = "mobilenetv2", weights: str = "imagenet", side: int = 96
) -> np.ndarray:
    """Features (N, F) of the network `model` before any training here, for images uint8 (N, S, S, 3).

    `weights` as `session.pretrained` says it: a file of pre-trained arrays, "imagenet" (Keras' download) or "none".
    """
    import keras

    from util.training import networks
    from util.training.batches import read_out

    keras.utils.set_random_seed(0)
    network = networks.build(model, side, 1)
    if weights == "imagenet":
        networks.load_imagenet(network, model)
    elif weights != "none":
        networks.load_arrays(network, Path(weights))
    trunk = keras.Model(network.input, network.get_layer("pool").output)
    return read_out(trunk, images, None, side)


def t_sne(features: np.ndarray, seed: int = 0) -> np.ndarray:
    """The rows of `features` (N, F) in the plane, (N, 2), near ones kept near. van der Maaten & Hinton 2008.

    On the first 30 principal components, perplexity 30 or a quarter of the rows. Distances between far points and
    the sizes of clouds mean nothing.
    """
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    components = min(30, *features.shape)
    perplexity = min(30, max(2, len(features) // 4))
    # One thread: a thousand tiny steps, at each of which many threads wait for one another on a busy machine.
    with threadpool_limits(1):
        reduced = PCA(components, random_state=seed).fit_transform(features)
        return TSNE(2, perplexity=perplexity, init="pca", random_state=seed).fit_transform(reduced)


def neighbours_agree(points: np.ndarray, target: np.ndarray) -> tuple[float, float]:
    """The share in [0, 1] of rows of `points` (N, F) whose nearest other row has their class; and what chance gives."""
    from sklearn.neighbors import NearestNeighbors

    nearest = NearestNeighbors(n_neighbors=2).fit(points).kneighbors(points, return_distance=False)[:, 1]
    share = np.bincount(target) / len(target)
    return float((target[nearest] == target).mean()), float((share**2).sum())


def demographics(dataset: Dataset, clusters: int = 4, seed: int = 0) -> Demographics:
    """PCA and K-means of age, sex and site of `dataset`, encoded as the models take them; a missing field is zero.

    Raises ValueError for a data set without metadata.
    """
    from sklearn.cluster import KMeans
    from sklearn.decomposition import PCA
    from threadpoolctl import threadpool_limits

    from util.training.batches import encoded_metadata
    from util.training.loading import metadata_encoding

    if dataset.metadata is None:
        raise ValueError("expected a data set with metadata")
    rows = encoded_metadata(dataset, metadata_encoding(dataset))
    with threadpool_limits(1):
        plane = PCA(2, random_state=seed).fit(rows)
        cluster = KMeans(clusters, n_init=4, random_state=seed).fit_predict(rows)
    table = [
        _cluster_row(dataset, cluster == k, k) for k in np.argsort(-np.bincount(cluster, minlength=clusters))
    ]
    return Demographics(plane.transform(rows), plane.explained_variance_ratio_, cluster, table)


def _cluster_row(dataset: Dataset, mine: np.ndarray, number: int) -> dict[str, object]:
    people: list[Metadata] = [dataset.metadata[i] for i in np.flatnonzero(mine)]
    ages = [person.age for person in people if person.age is not None]
    shares = np.bincount(dataset.target[mine], minlength=len(dataset.labels)) / max(len(people), 1)
    return {
        "cluster": int(number),
        "images": len(people),
        "mean age": round(float(np.mean(ages)), 1) if ages else None,
        "commonest sex": _commonest([person.sex for person in people]),
        "commonest site": _commonest([person.site for person in people]),
        **{label: round(float(share), 3) for label, share in zip(dataset.labels, shares, strict=True)},
    }


def _commonest(values: Sequence[str | None]) -> str:
    names, counts = np.unique([value or "missing" for value in values], return_counts=True)
    return str(names[counts.argmax()]) if len(names) else "missing"
