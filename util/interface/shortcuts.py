"""Right for the wrong reason: what can be had without looking, where the maps lie, and which mistakes are made."""

from __future__ import annotations

import streamlit as st

from util.interface.confusion import confusion_ui
from util.interface.names import own_label, told
from util.interface.precise import precise
from util.interface.rows import rows_ui
from util.interface.text import muted, strong
from util.interface.tongue import language, words
from util.language import Percent, number
from util.modelstore.card import Card
from util.modelstore.record_of_test import Details, Focus, Shortcuts
from util.report.names import figure_name

_AREAS = ("auc", "macro_auc")
_SHARES = ("outside_half", "outside_mean", "even_map", "border_half", "border_mean", "peak_inside")


def shortcuts_ui(card: Card, found: Shortcuts) -> None:
    """What simple probes reach on the model's own test images, and the model itself last."""
    st.markdown(muted(words("measured.note_shortcuts", images=found.training_images)))
    balanced = figure_name("balanced_accuracy", language())
    rows = [
        {
            words("measured.column_shortcut"): told(f"measured.shortcut_{row.name}", row.name),
            words("measured.column_features"): number(row.features, language()),
            words("measured.column_auc"): precise(row.figures.get("auc")),
            balanced: precise(row.figures.get("balanced_accuracy")),
        }
        for row in found.rows
    ]
    own = card.test.figures if card.test else {}
    area = next((own[name] for name in _AREAS if name in own), None)
    rows.append(
        {
            words("measured.column_shortcut"): words("measured.model"),
            words("measured.column_auc"): precise(area),
            balanced: precise(own.get("balanced_accuracy")),
        }
    )
    rows_ui(rows)


def focus_ui(found: Focus) -> None:
    """Shares of the maps that lie elsewhere than on the lungs or the lesion."""
    key = "measured.note_focus_lungs" if found.mask == "lungs" else "measured.note_focus_lesion"
    st.markdown(muted(words(key, images=found.images)))
    rows_ui(
        [
            {
                words("measured.column_of"): told(f"measured.of_{row.of}", row.of),
                words("measured.column_n"): number(row.n, language()),
                **{words(f"measured.column_{name}"): _share(getattr(row, name)) for name in _SHARES},
            }
            for row in found.rows
        ]
    )


def mistakes_ui(card: Card, details: Details) -> None:
    """The confusion matrix of the test, and the most frequent mistakes."""
    if details.confusion is not None:
        confusion_ui(card, details.confusion.labels, details.confusion.counts, f"confusion_{card.name}")
    pairs = details.errors.pairs if details.errors else ()
    if pairs:
        st.markdown(strong(words("pages.mistakes")))
        rows_ui(
            [
                {
                    words("measured.column_truth"): own_label(card, pair.truth),
                    words("measured.column_said"): own_label(card, pair.said),
                    words("measured.column_n"): number(pair.n, language()),
                    words("pages.share_of_class"): _share(pair.share),
                }
                for pair in pairs
            ]
        )


def _share(value: float | None) -> str:
    return "–" if value is None else words("interface.share", share=Percent(value))
