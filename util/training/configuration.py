"""One run, one YAML: the recipe of its modality, changed by what the command line says."""

from __future__ import annotations

from dataclasses import MISSING, asdict, dataclass, field, fields, replace
from pathlib import Path

import yaml

from util.training.data_root import DataError

_RECIPES = Path(__file__).parent / "recipes"


@dataclass(frozen=True)
class Configuration:
    """Every option of one training run; saved beside its result, and enough to repeat it.

    `lr` is the peak learning rate; `ema` the momentum per step of the averaged weights (0 keeps the last ones);
    `smoothing` label smoothing in [0, 1); `sampling_power` 0 natural class mix, 1 balanced; `validation_fold` None
    takes the modality's default; `refit` trains on it too, after every choice was made without it; `restarts` are the
    epochs at which the learning rate starts again, `mixing` is read by `mixing.mixed` from its `from_epoch` on.
    """

    modality: str
    model: str
    img_size: int
    epochs: int
    images_per_epoch: int
    batch_size: int
    lr: float
    weight_decay: float
    dropout: float
    smoothing: float
    sampling_power: float
    ema: float
    seed: int
    chain: tuple
    augmentation: dict = field(default_factory=dict)
    metadata_dropout: dict | None = None
    mixing: dict | None = None
    restarts: tuple = ()
    validation_fold: int | None = None
    refit: bool = False

    def as_yaml(self) -> str:
        """The configuration as a YAML text that `configuration` reads back."""
        values = asdict(self) | {
            "chain": [dict(entry) for entry in self.chain],
            "restarts": list(self.restarts),
        }
        return yaml.safe_dump(values, sort_keys=False, allow_unicode=True)


_REQUIRED = [e.name for e in fields(Configuration) if e.default is MISSING and e.default_factory is MISSING]


def configuration(modality: str, file: Path | None = None, **changes: object) -> Configuration:
    """The recipe of `modality`, or the configuration in `file`, with every change that is not None.

    Raises DataError for a missing file, one of another modality, and an option that does not exist or is missing.
    """
    file = file or _RECIPES / f"{modality}.yaml"
    if not file.is_file():
        raise DataError("training.no_configuration", received=str(file))
    values = yaml.safe_load(file.read_text("utf-8"))
    values = values if isinstance(values, dict) else {}
    if unknown := set(values) - {entry.name for entry in fields(Configuration)}:
        raise DataError("training.unknown_option", received=min(map(str, unknown)))
    if missing := [name for name in _REQUIRED if values.get(name) in (None, [])]:
        raise DataError("training.missing_option", option=missing[0], file=str(file))
    if values["modality"] != modality:
        raise DataError("training.other_modality", expected=modality, received=str(values["modality"]))
    lists = {name: tuple(values.get(name) or ()) for name in ("chain", "restarts")}
    built = Configuration(**(values | lists))
    built = replace(built, **{name: value for name, value in changes.items() if value is not None})
    # The last step makes the input: it follows the size that was asked for.
    *before, last = built.chain
    return replace(built, chain=(*before, {**last, "side": built.img_size}))
