"""Several networks as one: averaged, bagged over folds or stacked, each beside the best single one of them."""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from util.prediction.arithmetic import decide, probabilities
from util.training.ancestry import check_ancestors, held_out_fold
from util.training.data_root import DataError
from util.training.dataset import Dataset, read_index
from util.training.studies.crossfit import CrossFitted, Rule, cross_fitted, fitted, rule_of
from util.training.studies.crossvalidation import fold_runs, out_of_fold
from util.training.studies.figures import decided_figures, intervals
from util.training.studies.readout import answers
from util.training.studies.runs import (
    Answers,
    config_of,
    read_answers,
    summary_of,
    unseen,
)

_PARTS = 5  # parts by group, where the members' answers are all of one fold


@dataclass(frozen=True)
class Member:
    """One way of answering: its `name`, its `answers` sorted by path, the `part` (N,) of each, the `loss` behind it."""

    name: str
    answers: Answers
    part: np.ndarray
    loss: str


def is_crossvalidation(folder: Path) -> bool:
    """Whether `folder` holds a cross-validation rather than one run."""
    return (folder / "out_of_fold.npz").is_file() or any(folder.glob("fold*/validation.npz"))


def members(
    folders: Sequence[Path], dataset: Dataset, fold: int | None = None, *, turned: bool = False
) -> list[Member]:
    """What each of `folders` said of the same images: out of fold for cross-validations, of one `fold` for runs.

    `fold` defaults to the validation fold of the first run; with `turned` every run also answers averaged over flips
    and turns. Raises DataError for a run that was trained on the fold, itself or by what it learned
    from, for one of another modality, and for a mixture.
    """
    whole, names = [is_crossvalidation(folder) for folder in folders], named(folders)
    if len(set(whole)) > 1:
        raise DataError("studies.mixed_members", received=str(folders[whole.index(not whole[0])]))
    found: list[Member] = []
    for folder, name in zip(folders, names, strict=True):
        runs = fold_runs(folder) if whole[0] else [folder]
        config = config_of(runs[0])
        if config.modality != dataset.modality:
            raise DataError(
                "studies.other_modality",
                received=str(folder),
                modality=config.modality,
                expected=dataset.modality,
            )
        for run in runs:
            check_ancestors(config_of(run))
        if whole[0]:
            said, part = out_of_fold(folder)
            found.append(Member(name, said, part, config.loss))
            continue
        fold = held_out_fold(config) if fold is None else fold
        if not unseen(config, fold):
            raise DataError("studies.member_saw", run=str(folder), fold=str(fold))
        held = dataset.take(dataset.fold == fold)
        plain = (
            read_answers(folder / "validation.npz")
            if fold == held_out_fold(config)
            else answers(folder, held)
        )
        pair = [("", plain)] + ([(" + turns", answers(folder, held, turned=True))] if turned else [])
        for suffix, said in pair:
            said = said.take(np.argsort(said.path, kind="stable"))
            found.append(Member(name + suffix, said, parts_by_group(said), config.loss))
    for one in found[1:]:
        if not np.array_equal(one.answers.path, found[0].answers.path):
            raise DataError("studies.other_images", first=found[0].name, second=one.name)
    return found


def named(folders: Sequence[Path]) -> list[str]:
    """The name of each folder, with as much of its path as tells it from the others."""
    for many in range(1, 1 + max(len(folder.resolve().parts) for folder in folders)):
        names = ["/".join(folder.resolve().parts[-many:]) for folder in folders]
        if len(set(names)) == len(names):
            return names
    raise DataError("studies.member_twice", received=str(folders[0]))


def parts_by_group(said: Answers, count: int = _PARTS) -> np.ndarray:
    """Parts (N,) of about the same size and class mix, no group in two of them; fewer where groups are few.

    Raises DataError where a class lies in one group alone.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    most = min(len(np.unique(said.group[said.target == k])) for k in np.unique(said.target))
    count = min(count, most)
    if count < 2:
        raise DataError("studies.one_fold", received=str(count))
    part = np.zeros(len(said.target), int)
    division = StratifiedGroupKFold(count, shuffle=True, random_state=0)
    for k, (_, mine) in enumerate(division.split(said.scores, said.target, said.group)):
        part[mine] = k
    return part


def averaged(several: Sequence[Member], name: str = "average") -> Member:
    """The mean of the members' scores: averaging, and bagging where they were trained on different folds."""
    first = several[0]
    scores = np.mean([one.answers.scores for one in several], axis=0)
    losses = {one.loss for one in several}
    said = Answers(scores, first.answers.target, first.answers.group, first.answers.path)
    return Member(name, said, first.part, losses.pop() if len(losses) == 1 else "cross_entropy")


def stacked(several: Sequence[Member], rule: Rule) -> CrossFitted:
    """A logistic regression on the members' scores, nested by part: each part is answered by what others fitted.

    For each part the regression, its temperature and its decision come from the other parts alone; the scores on which
    temperature and decision are fitted come from regressions that did not see them either. Wolpert 1992.
    """
    inputs = np.concatenate([one.answers.scores for one in several], axis=1)
    target, part = several[0].answers.target, several[0].part
    chances, decided = np.zeros((len(target), len(rule.labels))), np.zeros(len(target), int)
    choices = {}
    for name in np.unique(part).tolist():
        mine = part == name
        known, wanted, inner = inputs[~mine], target[~mine], part[~mine]
        said = np.zeros((len(wanted), 1 if len(rule.labels) == 2 else len(rule.labels)))
        for other in np.unique(inner):
            said[inner == other] = _regression(
                known[inner != other], wanted[inner != other], known[inner == other]
            )
        choices[name] = fitted(said, wanted, rule, "out-of-fold scores of the stack")
        scores = _regression(known, wanted, inputs[mine])
        chances[mine], decided[mine] = probabilities(scores, choices[name]), decide(scores, choices[name])
    return CrossFitted(chances, decided, choices)


def _regression(known: np.ndarray, wanted: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Scores (n, units) of `asked` by a logistic regression on `known`, classes weighted equally."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    way = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=500, class_weight="balanced"))
    scores = way.fit(known, wanted).decision_function(asked)
    return scores[:, None] if scores.ndim == 1 else scores


def ensemble(
    folders: Sequence[Path],
    root: Path,
    modality: str,
    *,
    fold: int | None = None,
    turned: bool = False,
    stack: bool = True,
    draws: int = 500,
    file: Path | None = None,
) -> dict[str, object]:
    """Figures of every member, of their average and of their stack, cross-fitted, with intervals by group.

    `file` gets them as JSON. Of fewer than three parts there is no stack. The best single member is that of the
    highest AUC; the ensembles' differences to it are paired. Raises DataError for fewer than two ways of answering,
    and as `members` does.
    """
    dataset = read_index(root, modality)
    several = members(folders, dataset, fold, turned=turned)
    if len(several) < 2:
        raise DataError("studies.members", least="2", received=str(len(several)))
    labels = tuple(summary_of(_a_run(folders[0]))["labels"])
    first = several[0].answers
    decided: dict[str, CrossFitted] = {}

    def rule(loss: str) -> Rule:
        return rule_of(modality, labels, loss)

    for one in several:
        decided[one.name] = cross_fitted(one.answers.scores, first.target, one.part, rule(one.loss))
    plain = [one for one in several if not one.name.endswith(" + turns")]
    groups = {"average": plain, "average + turns": [one for one in several if one not in plain]}
    for name, some in groups.items():
        if len(some) > 1:
            mean = averaged(some, name)
            decided[name] = cross_fitted(mean.answers.scores, first.target, mean.part, rule(mean.loss))
    # Nested: of two parts, the one that is not judged has no other to be answered by.
    if stack and len(plain) > 1 and len(np.unique(plain[0].part)) > 2:
        decided["stack"] = stacked(plain, rule("cross_entropy"))
    found = _compared(decided, [one.name for one in several], first, rule(several[0].loss), draws)
    found = {
        "modality": modality,
        "date": datetime.date.today().isoformat(),
        "images": len(first.target),
        "groups": len(np.unique(first.group)),
        "folds": np.unique(several[0].part).tolist()
        if is_crossvalidation(folders[0])
        else [fold if fold is not None else held_out_fold(config_of(folders[0]))],
        **found,
    }
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(found, indent=1), "utf-8")
    return found


def _a_run(folder: Path) -> Path:
    return fold_runs(folder)[0] if is_crossvalidation(folder) else folder


def _compared(
    decided: dict[str, CrossFitted], single: list[str], first: Answers, rule: Rule, draws: int
) -> dict[str, object]:
    """Figures of each way of answering, and the paired difference of every other one to the best single one."""
    area = "auc" if len(rule.labels) == 2 else "macro_auc"
    wanted = (area, "balanced_accuracy", "accuracy", "macro_f1", "ece")

    def figures(name: str, rows: np.ndarray) -> dict[str, float]:
        one = decided[name]
        found = decided_figures(
            one.chances[rows], one.decided[rows], first.target[rows], rule.labels, rule.danger
        )
        return {key: found[key] for key in wanted}

    everyone = np.arange(len(first.target))
    best = max(single, key=lambda name: figures(name, everyone)[area])

    def measure(rows: np.ndarray) -> dict[str, float]:
        each = {name: figures(name, rows) for name in decided}
        found = {f"{name}/{key}": value for name, one in each.items() for key, value in one.items()}
        for name in each:
            if name != best:
                for key in wanted[:2]:
                    found[f"{name}-best/{key}"] = each[name][key] - each[best][key]
        return found

    values = intervals(measure, first.group, draws)
    ways = [
        {
            "way": name,
            "single": name in single,
            **{key: values[f"{name}/{key}"] for key in wanted},
            **(
                {f"{key}_minus_best_single": values[f"{name}-best/{key}"] for key in wanted[:2]}
                if name != best
                else {}
            ),
        }
        for name in decided
    ]
    return {"best_single": best, "ways": ways}
