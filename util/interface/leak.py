"""The leakage lesson: the same training with honest folds and with folds drawn image by image."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from util.interface.precise import precise
from util.interface.rows import rows_ui
from util.interface.run_words import network_name
from util.interface.text import muted, plain
from util.interface.tongue import language, words
from util.modelstore.card import Card, Figure
from util.modelstore.record_of_runs import Leakage
from util.report.names import figure_name

_UNITS = ("chest", "skin", "breast")
_LEAKED = ("balanced_accuracy", "auc")


def leak_ui(card: Card, found: Leakage) -> None:
    """One sentence on what the leak flatters, then both splits on both parts."""
    st.markdown(plain(leak_sentence(found)))
    unit = words(f"pages.unit_{card.modality if card.modality in _UNITS else 'group'}")
    rows = []
    for name in _LEAKED:
        for split, parts, gap in (
            ("group", found.group_split, "group_validation_minus_yardstick"),
            ("image", found.image_split, "image_validation_minus_yardstick"),
        ):
            if name in parts.validation and name in parts.yardstick:
                rows.append(
                    {
                        words("pages.column_split"): words(f"pages.split_{split}", unit=unit),
                        words("interface.column_figure"): figure_name(name, language()),
                        words("pages.column_promised"): precise(parts.validation[name]),
                        words("pages.column_strangers"): precise(parts.yardstick[name]),
                        words("pages.column_flattered"): precise(found.flattery.get(gap, {}).get(name)),
                    }
                )
    rows_ui(rows)
    st.markdown(
        muted(
            words(
                "pages.leak_what",
                network=network_name(found.network),
                images=found.yardstick_images,
                groups=found.yardstick_groups,
                fold=found.yardstick_fold,
            )
        )
    )
    selected = found.selected_on_test
    if selected is not None and selected.auc is not None:
        st.markdown(
            plain(
                words(
                    "pages.selected",
                    best=precise(selected.auc.best_of_epochs),
                    chosen=precise(selected.auc.chosen_by_validation),
                    difference=precise(selected.auc.difference),
                    epochs=selected.epochs,
                )
            )
        )


def leak_sentence(found: Leakage) -> str:
    """Whether splitting by image promises more than strangers get, by the figure's interval."""
    gap: Mapping[str, Figure] = found.flattery.get("image_validation_minus_yardstick", {})
    shown = (gap, found.image_split.validation, found.image_split.yardstick)
    name = next((name for name in _LEAKED if all(name in figures for figures in shown)), None)
    if name is None:
        return words("pages.leak_unknown")
    values = {
        "figure": figure_name(name, language()),
        "promised": precise(found.image_split.validation[name].value),
        "strangers": precise(found.image_split.yardstick[name].value),
    }
    flatters = gap[name].low is not None and gap[name].low > 0
    return words("pages.leak_flatters" if flatters else "pages.leak_not_seen", **values)
