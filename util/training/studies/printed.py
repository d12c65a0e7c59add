"""The tables of the studies as lines of text for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Columns as wide as their widest cell; the first one from the left, numbers from the right."""
    lines = [list(map(str, head)), *[list(map(str, row)) for row in rows]]
    wide = [max(len(line[k]) for line in lines) for k in range(len(head))]
    numeric = [all(_is_number(line[k]) for line in lines[1:]) for k in range(len(head))]
    return "\n".join(
        "  ".join(
            cell.rjust(w) if n else cell.ljust(w) for cell, w, n in zip(line, wide, numeric, strict=True)
        ).rstrip()
        for line in lines
    )


def _is_number(cell: str) -> bool:
    return cell[:1].isdigit() or cell[:1] in ("-", "")


def share(value: object) -> str:
    """A figure with three digits, of a number or `[value, low, high]`; empty without one."""
    if isinstance(value, (list, tuple)):
        value = value[0]
    return "" if value is None else f"{value:.3f}"


def between(value: object) -> str:
    """`[value, low, high]` as "0.950 (0.930 to 0.970)"; the value alone without an interval."""
    if not isinstance(value, (list, tuple)) or value[1] is None:
        return share(value)
    return f"{value[0]:.3f} ({value[1]:.3f} to {value[2]:.3f})"


def runs(found: Mapping[str, object]) -> str:
    """The tables of `compare.collected`: the study, the other runs, what others report, and the other measurements."""
    parts = []
    for name, words in (
        ("study", "study, one budget, validation fold"),
        ("runs", "other runs, budgets of their own"),
    ):
        if rows := found.get(name):
            parts.append(f"{found['modality']}: {words}\n{_runs(rows)}")
    if missing := found.get("missing"):
        parts.append(
            f"missing: {', '.join(missing)}\n"
            f"they run with: python -m util.training study --modality {found['modality']}"
        )
    if entries := found.get("reported"):
        parts.append("what others report, and the same kind of network here\n" + _reported(entries))
    if found.get("leakage"):
        parts.append(leakage(found["leakage"]))
    parts += [ensemble(name, one) for name, one in (found.get("ensembles") or {}).items()]
    if question := found.get("metadata_question"):
        parts.append(metadata(question))
    parts += [search(name, one) for name, one in (found.get("search") or {}).items()]
    for name, one in (found.get("crossvalidation") or {}).items():
        shown = "  ".join(f"{key} {between(value)}" for key, value in one["figures"].items())
        parts.append(f"cross-validation {name}, folds {one['folds']}, {one['images']} images: {shown}")
    if found.get("study"):
        parts.append(
            "All figures are of the validation fold, which also chose: the best of many rows flatters itself."
        )
    return "\n\n".join(parts)


def _runs(rows: Sequence[Mapping[str, object]]) -> str:
    head = (
        "row", "network", "weights", "imbalance", "preparation", "also", "px", "seen", "params", "min", "n",
        "acc", "bal acc", "F1", "AUC (95 %)", "recall",
    )  # fmt: skip
    ordered = sorted(rows, key=lambda row: -((row.get("auc") or [0])[0] or 0))
    return table(
        head,
        [
            (
                row["row"], row["network"], row["weights"], row["imbalance"], row["preparation"],
                row.get("also") or "-", row["side"], row["images_seen"], _millions(row.get("parameters")),
                row["minutes"], row.get("n") or "", share(row.get("accuracy")),
                share(row.get("balanced_accuracy")), share(row.get("macro_f1")), between(row.get("auc")),
                f"{share(row.get('critical_recall'))} {row.get('critical', '')}".strip(),
            )
            for row in ordered
        ],
    )  # fmt: skip


def _millions(count: object) -> str:
    return "" if count is None else f"{int(count) / 1e6:.2f}M"


def _reported(entries: Sequence[Mapping[str, object]]) -> str:
    lines = []
    for entry in entries:
        first = [entry["source"], entry["network"], "reported", *(share(entry.get(k)) for k in _KEPT)]
        lines.append([*first, entry.get("measured", "")])
        for row in entry["here"]:
            weights = row.get("weights")
            lines.append(
                ["", row["network"], f"here: {row['row']}", *(share(row.get(k)) for k in _KEPT), f"{weights}"]
            )
    return table(
        ("source", "network", "", "acc", "bal acc", "F1", "AUC", "recall", "measured on, or weights"), lines
    )


_KEPT = ("accuracy", "balanced_accuracy", "macro_f1", "auc", "critical_recall")


def leakage(found: Mapping[str, object]) -> str:
    """The leak's table: both splits on both parts, and what the leak flatters."""
    rows = [
        (f"split by {split}", part, *(between(found[f"{split}_split"][part][k]) for k in _SHOWN))
        for split in ("group", "image")
        for part in ("validation", "yardstick")
    ]
    rows += [
        (name.replace("_", " "), "difference", *(between(one[k]) for k in _SHOWN))
        for name, one in found["flattery"].items()
    ]
    text = (
        f"leak, {found['network']}: yardstick is fold {found['yardstick_fold']}, "
        f"{found['yardstick_groups']} groups that neither network saw\n"
        + table(("training", "measured on", "AUC", "balanced accuracy"), rows)
    )
    for name, one in (found.get("selected_on_test") or {}).items():
        if isinstance(one, Mapping):
            text += (
                f"\nepoch chosen on the pretend test set, {name}: {between(one['best_of_epochs'])}; chosen by "
                f"validation: {between(one['chosen_by_validation'])}; flattered by {between(one['difference'])}"
            )
    return text


_SHOWN = ("auc", "balanced_accuracy")


def ensemble(name: str, found: Mapping[str, object]) -> str:
    """The ways of answering of an ensemble, single ones first."""
    area = "auc" if "auc" in found["ways"][0] else "macro_auc"
    rows = [
        (
            one["way"] + (" *" if one["way"] == found["best_single"] else ""),
            between(one[area]),
            between(one["balanced_accuracy"]),
            between(one["ece"]),
            between(one.get("balanced_accuracy_minus_best_single")),
        )
        for one in found["ways"]
    ]
    head = ("way", "AUC", "balanced accuracy", "ECE", "balanced accuracy - best single (*)")
    where = f"folds {', '.join(map(str, found['folds']))}, {found['images']} images, {found['groups']} groups"
    return f"ensemble {name}: {where}\n{table(head, rows)}"


def search(name: str, found: Mapping[str, object]) -> str:
    """The best trials of a search, with the options that made them."""
    rows = [
        (
            " ".join(f"{option}={value}" for option, value in one["options"].items()),
            *(share(one.get(key)) for key in ("auc", "balanced_accuracy", "macro_f1")),
            f"{one['epochs_run']:g}",
        )
        for one in found["best"]
    ]
    head = ("options", "AUC", "bal acc", "F1", "epochs")
    return f"search {name}: the best of {found['trials']} trials\n{table(head, rows)}"


def metadata(found: Mapping[str, object]) -> str:
    """The answer to skin's metadata question in one line."""
    return (
        f"balanced accuracy without metadata: fused {between(found['first'])}, image only "
        f"{between(found['second'])}, difference {between(found['difference'])}, folds {found['folds']}, "
        f"{found['images']} images, {found['groups']} groups"
    )
