"""Folds and ensembles: figures of which each image was answered by networks that had not seen its group."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from util.interface.names import figure
from util.interface.precise import precise, shortest
from util.interface.rows import rows_ui
from util.interface.run_words import network_name
from util.interface.slide_maps import slides_ui
from util.interface.text import muted, plain, strong
from util.interface.tongue import language, words
from util.modelstore.card import Card, Figure
from util.modelstore.record_of_runs import Ensemble, MetadataQuestion, Pooled, Runs, Search
from util.report.names import figure_name, figure_order

_AREAS = ("auc", "macro_auc")


def has_studies(found: Runs) -> bool:
    """Whether the record holds any of what `studies_ui` shows."""
    return bool(found.crossvalidation or found.ensembles or found.metadata_question or found.search)


def studies_title(found: Runs) -> str:
    """What `studies_ui` shows of this record, by name."""
    parts = {
        "folds": found.crossvalidation,
        "ensembles": found.ensembles,
        "metadata": found.metadata_question,
        "searches": found.search,
    }
    title = ", ".join(words(f"pages.study_{name}") for name, part in parts.items() if part)
    return title[:1].upper() + title[1:]


def studies_ui(card: Card, found: Runs) -> None:
    """Cross-validations, ensembles, for skin what metadata is worth, and searches over options."""
    for name, pooled in found.crossvalidation.items():
        pooled_ui(name, pooled)
    for name, ensemble in found.ensembles.items():
        ensemble_ui(name, ensemble)
    if found.metadata_question is not None:
        st.markdown(strong(words("pages.metadata_question")))
        st.markdown(plain(metadata_sentence(found.metadata_question)))
    for name, search in found.search.items():
        search_ui(name, search)


def pooled_ui(name: str, pooled: Pooled) -> None:
    """The pooled figures of one cross-validation, those without metadata beside them."""
    title = words("pages.crossvalidation", network=network_name(pooled.network) if pooled.network else name)
    st.markdown(strong(title))
    folds = ", ".join(map(str, pooled.folds))
    line = words("pages.pooled", folds=folds, images=pooled.images, groups=pooled.groups)
    if pooled.test_fold_included:
        line = f"{line} {words('pages.test_fold_included')}"
    st.markdown(muted(line))
    rows_ui(
        [
            _row(figure(key), pooled.figures[key], pooled.figures_without_metadata.get(key))
            for key in sorted(pooled.figures, key=figure_order)
        ]
    )
    if pooled.slides is not None:
        slides_ui(pooled.slides, f"{name}_{pooled.network}")


def _row(name: str, figure: Figure, bare: Figure | None) -> dict[str, str]:
    row = {
        words("interface.column_figure"): name,
        words("interface.column_value"): precise(figure),
    }
    return row | ({words("pages.column_bare"): precise(bare)} if bare is not None else {})


def ensemble_ui(name: str, ensemble: Ensemble) -> None:
    """The ways of answering, and what each gains over the best single network."""
    st.markdown(strong(words("pages.ensemble", name=name)))
    folds = ", ".join(map(str, ensemble.folds))
    st.markdown(muted(words("pages.pooled", folds=folds, images=ensemble.images, groups=ensemble.groups)))
    rows = []
    for way in ensemble.ways:
        area = next((way.figures[key] for key in _AREAS if key in way.figures), None)
        gain = way.figures.get("balanced_accuracy_minus_best_single")
        best = way.way == ensemble.best_single
        rows.append(
            {
                words("pages.column_way"): words("pages.best_single", name=way.way) if best else way.way,
                words("interface.column_auc"): precise(area),
                figure_name("balanced_accuracy", language()): precise(way.figures.get("balanced_accuracy")),
                figure_name("ece", language()): precise(way.figures.get("ece")),
                words("pages.column_gain"): precise(gain) or "–",
            }
        )
    rows_ui(rows)


def search_ui(name: str, search: Search) -> None:
    """The best trials of a search, each by the options that made it."""
    st.markdown(strong(words("pages.search", name=name)))
    st.markdown(muted(words("pages.search_what", count=search.trials, best=len(search.best))))
    rows_ui(
        [
            {
                words("pages.column_options"): options_text(trial.options),
                figure_name("auc", language()): precise(trial.auc),
                figure_name("balanced_accuracy", language()): precise(trial.balanced_accuracy),
                figure_name("macro_f1", language()): precise(trial.macro_f1),
                words("pages.column_epochs"): "" if trial.epochs_run is None else str(trial.epochs_run),
            }
            for trial in search.best
        ]
    )


def options_text(options: Mapping[str, object]) -> str:
    """The options of a trial under the names that the command line has for them."""
    said = (shortest(value) if isinstance(value, int | float) else str(value) for value in options.values())
    names = (name.replace("_", "-") for name in options)
    return " · ".join(f"{name} {value}" for name, value in zip(names, said, strict=True))


def metadata_sentence(found: MetadataQuestion) -> str:
    """What the fused network loses, or not, against one that never had metadata."""
    values: Mapping[str, str] = {
        "fused": precise(found.first),
        "image": precise(found.second),
        "difference": precise(found.difference),
    }
    return words("pages.metadata_answer", images=found.images, groups=found.groups, **values)
