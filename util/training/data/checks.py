"""What is wrong with a data set: files that cannot be read, files that are there twice, leaks, contradictions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from util.imaging import RefusedImage
from util.language import catalogue
from util.training.data_root import DataError

MOST_REFUSED = 0.01  # more than one file in a hundred is no accident: the folder or the reading is wrong


def check_refused(paths: Sequence[str], answered: np.ndarray, *, language: str = "en", say=print) -> None:
    """Say how many of the files `paths` (N,) the app would refuse, and which; `answered` (N,) bool is False there.

    Raises DataError, naming the first, where they are more than one in a hundred.
    """
    refused = np.flatnonzero(~np.asarray(answered, bool))
    if not len(refused):
        return
    if len(refused) > MOST_REFUSED * len(paths):
        raise DataError(
            "training.many_refused", first=paths[refused[0]], refused=len(refused), images=len(paths)
        )
    names = ", ".join(paths[index] for index in refused[:5]) + (" ..." if len(refused) > 5 else "")
    counted = {"refused": len(refused), "images": len(paths)}
    say(catalogue.say("preparing.left_out", language, names=names, **counted))


def refusal_lines(
    paths: Sequence[str], refusals: dict[int, RefusedImage], language: str = "en"
) -> list[dict[str, str]]:
    """Path and reason of every file that cannot be read."""
    return [
        {"path": paths[index], "reason": error.sentence.text(language)}
        for index, error in sorted(refusals.items())
    ]


def counts(target: np.ndarray, fold: np.ndarray, labels: Sequence[str]) -> dict[str, dict[int, int]]:
    """Images of each class in each fold: {label: {fold: number}}."""
    folds = np.unique(fold).tolist()
    return {
        label: {part: int(((target == index) & (fold == part)).sum()) for part in folds}
        for index, label in enumerate(labels)
    }


def contradictions(paths: Sequence[str], label: np.ndarray, pairs: np.ndarray) -> list[list[str]]:
    """The pairs of duplicates whose labels differ: [path, label, path, label]."""
    return [
        [paths[i], str(label[i]), paths[j], str(label[j])] for i, j in pairs.tolist() if label[i] != label[j]
    ]


def check_duplicates_apart(paths: Sequence[str], fold: np.ndarray, pairs: np.ndarray) -> None:
    """Raise DataError for the first pair of duplicates (P, 2) that lies in two folds (N,)."""
    for i, j in pairs.tolist():
        if fold[i] != fold[j]:
            raise DataError(
                "training.duplicate_leak",
                one=paths[i],
                two=paths[j],
                first=int(fold[i]),
                second=int(fold[j]),
            )


def report_lines(report: dict, language: str = "en") -> list[str]:
    """What the checks of `building.build` found, as lines for a terminal."""

    def words(name: str, **values: object) -> str:
        return catalogue.say(f"preparing.{name}", language, **values)

    by_class = report["images_of_each_class_in_each_fold"]
    folds = list(next(iter(by_class.values())))
    head, everything = words("column_class"), words("column_all")
    width = max(len(label) for label in [*by_class, head])
    lines = [
        words("counted", **{name: report[name] for name in ("images", "groups", "layout")}),
        f"{head:{width}} "
        + "".join(f"{words('column_fold', number=fold):>9}" for fold in folds)
        + f"{everything:>9}",
    ]
    for label, numbers in by_class.items():
        lines.append(
            f"{label:{width}} " + "".join(f"{n:9}" for n in numbers.values()) + f"{sum(numbers.values()):9}"
        )
    lines.append(words("parts", test=report["test_fold"], choices=report["test_fold"] + 1))
    lines += report["notes"]
    for name, items in (
        ("unreadable", report["unreadable"]),
        ("exact", report["exact_duplicates"]["pairs"]),
        ("near", report["near_duplicates"]["pairs"]),
        ("contradicting", report["contradicting_labels"]),
        ("copies", report["left_out_as_copies_of_test_images"]),
    ):
        said = {"what": words(f"found_{name}"), "number": len(items)}
        lines.append(
            words("count_first", first=_first(items[0]), **said) if items else words("count", **said)
        )
    lines.append(words("no_leak"))
    return lines


def _first(item) -> str:
    if isinstance(item, dict):
        return " ".join(item.values())
    return item if isinstance(item, str) else ", ".join(str(part) for part in item)
