"""What an `.h5` says of itself, read before Keras touches it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from util.modelstore.errors import ModelError

# Lambda layers hold marshalled Python (CVE-2025-9905 and kin); TFOpLambda and Operators of foreign modules as well.
_CODE = {"Lambda", "TFOpLambda", "SlicingOpLambda", "__lambda__", "function"}
_OWN = ("keras", "builtins")


def config_of(path: Path) -> dict[str, Any]:
    """The model configuration in the `.h5` at `path`; ModelError for weights alone or a file that is none."""
    import h5py

    try:
        with h5py.File(path, "r") as file:
            text = file.attrs.get("model_config")
            if text is None:
                raise ModelError("modelstore.model_weights_only", file=path.name)
            config = json.loads(text.decode("utf-8") if isinstance(text, bytes) else text)
            if not isinstance(config, dict):
                raise TypeError
            return config
    except ModelError:
        raise
    except (OSError, ValueError, KeyError, RuntimeError, TypeError, AttributeError) as cause:
        raise ModelError("modelstore.model_unreadable", file=path.name) from cause


def refuse_code(config: dict[str, Any], file: str) -> None:
    """Raise ModelError where `config` has a layer that could run code other than Keras's own."""
    for part in _parts(config):
        kind, module = part.get("class_name"), part.get("module")
        foreign = isinstance(module, str) and module.split(".")[0] not in _OWN
        if foreign or (isinstance(kind, str) and kind.split(">")[-1] in _CODE):
            raise ModelError("modelstore.model_has_code", file=file, layer=str(kind)[:80])


def _parts(config: Any) -> Iterator[dict[str, Any]]:
    waiting = [config]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            yield part
            waiting.extend(part.values())
        elif isinstance(part, list):
            waiting.extend(part)
