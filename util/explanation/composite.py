"""One number of two, the probability and the agreement of explanations, and whether it predicts errors at all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from util.language import Sentence, entries

WEIGHT = 0.3  # of agreement; a convention, not fitted: `judge` says on validation data what it is worth
LIMIT = 0.6  # below it the alert is said, where no limit was measured
DRAWS = 500


@dataclass(frozen=True)
class Confidence:
    """confidence = (1 - w) x probability + w x max(agreement, 0), all in [0, 1].

    `probability` is the calibrated one of the class that is said; `agreement` the mean of the matrix shown, which may
    be negative; `limit` the confidence under which an alert is said, `measured` whether it was found on data.
    """

    probability: float
    agreement: float
    weight: float
    limit: float
    measured: bool

    @property
    def value(self) -> float:
        """The composite confidence in [0, 1]."""
        return (1 - self.weight) * self.probability + self.weight * max(self.agreement, 0.0)

    @property
    def borderline(self) -> bool:
        """Whether the confidence lies below the limit."""
        return self.value < self.limit

    def formula(self) -> Sentence:
        """The formula with its numbers put in."""
        return Sentence.of(
            "measures.formula",
            rest=1 - self.weight,
            weight=self.weight,
            probability=float(self.probability),
            agreement=float(self.agreement),
            used=max(float(self.agreement), 0.0),
            value=float(self.value),
        )

    def alert(self, modality: str) -> Sentence | None:
        """What a borderline answer asks for, in the words of `modality`; None above the limit."""
        if not self.borderline:
            return None
        key = f"measures.alert_{modality}"
        return Sentence.of(key if key in entries() else "measures.alert_own")

    def limit_sentence(self) -> Sentence:
        """Where the limit comes from: measured, or a convention."""
        key = "measures.limit_measured" if self.measured else "measures.limit_convention"
        return Sentence.of(key, limit=float(self.limit))


def confidence(
    probability: float, agreement: float | None, *, weight: float = WEIGHT, limit: float | None = None
) -> Confidence | None:
    """The `Confidence` of an answer; None where the maps have no agreement (fewer than two with evidence).

    `limit` as found by `limit_for` on validation data, or None for the convention. Raises ValueError for a
    probability or weight outside [0, 1] or an agreement outside [-1, 1].
    """
    if agreement is None:
        return None
    if not 0 <= probability <= 1 or not 0 <= weight <= 1 or not -1 <= agreement <= 1:
        raise ValueError(
            "expected a probability and a weight in [0, 1] and an agreement in [-1, 1], "
            f"received {probability}, {weight}, {agreement}"
        )
    return Confidence(probability, agreement, weight, LIMIT if limit is None else limit, limit is not None)


@dataclass(frozen=True)
class RiskCoverage:
    """The share of errors among the answers kept, when the least confident are left to people first.

    `coverage` (n,) rising to 1, `risk` (n,) in [0, 1]; `area` is the mean risk over all coverages, to be compared with
    `error`, the risk of leaving out at random, and `best`, that of a confidence which knows every error.
    """

    coverage: np.ndarray
    risk: np.ndarray
    area: float
    best: float
    error: float

    def thinned(self, points: int = 41) -> tuple[np.ndarray, np.ndarray]:
        """Coverage and risk (points,) at even coverages from the first to 1: enough to draw, short enough to keep."""
        grid = np.linspace(self.coverage[0], 1, points)
        return grid, np.interp(grid, self.coverage, self.risk)


def risk_coverage(confidence: np.ndarray, right: np.ndarray) -> RiskCoverage:
    """The curve of `confidence` float (n,), higher for surer, over `right` bool (n,): whether each answer was.

    Answers of equal confidence are kept or left together: each counts as their mean, so that their order in memory
    does not matter. El-Yaniv & Wiener 2010 (JMLR 11); Geifman & El-Yaniv 2017 (arXiv 1705.08500), areas as in their
    2018 paper. Raises ValueError for none, for two lengths, or where one is not finite.
    """
    confidence, right = np.asarray(confidence, np.float64), np.asarray(right, bool)
    if confidence.ndim != 1 or not confidence.size or confidence.shape != right.shape:
        raise ValueError(f"expected one confidence an answer, received {confidence.shape} and {right.shape}")
    if not np.isfinite(confidence).all():
        raise ValueError("expected finite confidences, received NaN or infinity")
    _, group = np.unique(-confidence, return_inverse=True)  # 0 is the surest
    size = np.bincount(group)
    wrong = np.bincount(group, ~right) / size  # mean error of each group of equals
    n = right.size
    kept = np.arange(1, n + 1)
    risk = np.cumsum(np.repeat(wrong, size)) / kept
    errors = np.count_nonzero(~right)
    best = np.maximum(kept - (n - errors), 0) / kept
    return RiskCoverage(kept / n, risk, float(risk.mean()), float(best.mean()), errors / n)


def limit_for(confidence: np.ndarray, right: np.ndarray, error: float) -> float | None:
    """The least confidence such that of the answers at least that sure no more than the share `error` are wrong.

    To be chosen on validation data and used on others. None where no limit reaches it. Raises as `risk_coverage`.
    """
    curve = risk_coverage(confidence, right)
    falling = np.sort(np.asarray(confidence, np.float64))[::-1]
    # Only where a group of equals ends can a line be drawn.
    ends = np.append(falling[1:] < falling[:-1], True)
    good = np.flatnonzero((curve.risk <= error) & ends)
    return float(falling[good[-1]]) if good.size else None


@dataclass(frozen=True)
class Judgement:
    """What the composite was worth on `n` answers: areas under risk-coverage curves, all in [0, 1], less is better.

    `area` of the composite, `plain` of the probability alone, `error` the risk at full coverage, which is the area of
    leaving out at random. `gain` = plain - area and `skill` = error - area, each with its paired 95 % bootstrap
    interval over groups.
    """

    n: int
    errors: int
    area: float
    plain: float
    error: float
    gain: tuple[float, float, float]
    skill: tuple[float, float, float]

    def predicts(self) -> Sentence:
        """Whether the composite predicts errors at all, with its figures."""
        key = "predicts" if self.skill[1] > 0 else "misleads" if self.skill[2] < 0 else "unproven"
        return Sentence.of(f"measures.{key}", n=self.n, errors=self.errors, area=self.area, error=self.error)

    def worth(self) -> Sentence:
        """Whether agreement adds anything to the probability, with its figures; said also when it does not."""
        key = "adds" if self.gain[1] > 0 else "harms" if self.gain[2] < 0 else "adds_nothing"
        return Sentence.of(f"measures.{key}", n=self.n, area=self.area, plain=self.plain)


def judge(
    composite: np.ndarray,
    probability: np.ndarray,
    right: np.ndarray,
    groups: np.ndarray | None = None,
    *,
    draws: int = DRAWS,
    seed: int = 0,
) -> Judgement:
    """Compare `composite` with `probability` alone, float (n,) each, as predictors of `right` bool (n,).

    Whole `groups` (n,) (patients, lesions, slides) are drawn with replacement; None makes each answer its own. Raises
    as `risk_coverage`.
    """
    composite, probability, right = np.asarray(composite), np.asarray(probability), np.asarray(right, bool)
    one, other = risk_coverage(composite, right), risk_coverage(probability, right)
    groups = np.arange(len(right)) if groups is None else np.asarray(groups)
    _, group = np.unique(groups, return_inverse=True)
    members = np.split(np.argsort(group, kind="stable"), np.cumsum(np.bincount(group))[:-1])
    rng = np.random.default_rng(seed)
    found = np.empty((draws, 2))
    for draw in range(draws):
        rows = np.concatenate([members[i] for i in rng.integers(0, len(members), len(members))])
        curve = risk_coverage(composite[rows], right[rows])
        found[draw] = (
            risk_coverage(probability[rows], right[rows]).area - curve.area,
            curve.error - curve.area,
        )
    low, high = np.percentile(found, [2.5, 97.5], axis=0)
    return Judgement(
        n=len(right),
        errors=int(np.count_nonzero(~right)),
        area=one.area,
        plain=other.area,
        error=one.error,
        gain=(other.area - one.area, float(low[0]), float(high[0])),
        skill=(one.error - one.area, float(low[1]), float(high[1])),
    )
