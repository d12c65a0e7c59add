"""The question that the visitor puts: which methods, how thoroughly, for which class, at which layer."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from util.diagnosis import Diagnosis, spoken_class
from util.explanation import COLOUR_MAPS, FIRST, NAMES, PRESETS, default_colours, find_method
from util.interface.names import sign
from util.interface.text import muted, plain
from util.interface.tongue import said, words
from util.modelstore.card import Card

_OWN = ""  # the choice that follows the image or the card


@dataclass(frozen=True)
class Asked:
    """Names of `methods` in the page's order, `preset`, the class `target`, and `layer` (None: the card's)."""

    methods: tuple[str, ...]
    preset: str
    target: int
    layer: str | None = None


def asked_ui(diagnosis: Diagnosis) -> Asked:
    """Preset and methods at hand, class and layer one click away; every choice survives a visit to another page."""
    with st.container(key="asked", horizontal=True, vertical_alignment="center", gap="small"):
        preset = preset_ui()
        with st.popover(words("compare.methods_button", count=len(_now())), key="methods_popover"):
            methods = methods_ui()
        with st.popover(words("compare.options"), key="options_popover"), st.container(width=380):
            target = target_ui(diagnosis)
            layer = layer_ui(diagnosis)
            colours_ui(diagnosis.card)
    return Asked(methods, preset, target, layer)


def preset_ui() -> str:
    """Fast or full."""
    titles = {name: words(f"compare.preset_{name}") for name in PRESETS}
    chosen = st.segmented_control(
        words("compare.preset"),
        PRESETS,
        default=None if "preset" in st.session_state else PRESETS[0],
        format_func=titles.__getitem__,
        required=True,
        key="preset",
        persist_state="session",
        label_visibility="collapsed",
    )
    return chosen or PRESETS[0]


def _now() -> tuple[str, ...]:
    return tuple(st.session_state.get("methods", FIRST))


def methods_ui() -> tuple[str, ...]:
    """The methods to compare, in the page's order whatever the order of the clicks."""
    chosen = st.pills(
        words("compare.methods"),
        NAMES,
        selection_mode="multi",
        default=None if "methods" in st.session_state else FIRST,
        format_func=method_titles().__getitem__,
        key="methods",
        persist_state="session",
    )
    st.markdown(muted(words("compare.methods_cost")))
    return tuple(name for name in NAMES if name in (chosen or ()))


def target_ui(diagnosis: Diagnosis) -> int:
    """The class whose evidence is looked for; unless chosen, the one that the answer speaks of, image by image."""
    card = diagnosis.card
    spoken = spoken_class(card, diagnosis.prediction)
    titles: dict[str | int, str] = {_OWN: words("compare.target_spoken", name=sign(card, spoken))}
    titles |= {index: sign(card, index) for index in range(len(card.labels))}
    chosen = st.selectbox(
        words("compare.target"),
        list(titles),
        format_func=titles.__getitem__,
        key=f"target_{card.name}",
        persist_state="session",
    )
    return spoken if chosen in (None, _OWN) else int(chosen)


def layer_ui(diagnosis: Diagnosis) -> str | None:
    """Where class activation maps look; unless chosen, the card's layer."""
    card = diagnosis.card
    titles = {_OWN: words("compare.layer_card", name=card.gradcam_layer)}
    titles |= {name: name for name in reversed(layers_of(card))}
    chosen = st.selectbox(
        words("compare.layer"),
        list(titles),
        format_func=titles.__getitem__,
        key=f"layer_{card.name}",
        help=words("compare.layer_help"),
        persist_state="session",
    )
    return chosen or None


def layers_of(card: Card) -> tuple[str, ...]:
    """The layers at which class activation maps can be drawn, first to last, the card's own left out."""
    from util.modelstore import open_network

    return tuple(name for name in open_network(card).layers if name != card.gradcam_layer)


def colours_ui(card: Card) -> None:
    """The colours of the maps with one sign."""
    titles = {_OWN: words("compare.colours_default", name=default_colours(card.modality))}
    titles |= {name: name for name in COLOUR_MAPS}
    st.selectbox(
        words("compare.colours"),
        list(titles),
        format_func=titles.__getitem__,
        key="colours",
        persist_state="session",
    )


def colours_of(card: Card) -> str:
    """The colours chosen for maps with one sign, else those that suit the kind of image."""
    return st.session_state.get("colours") or default_colours(card.modality)


def method_titles() -> dict[str, str]:
    """Every method's name for people; a dictionary, since widgets ask again where no language is known."""
    return {name: method_name(name) for name in NAMES}


def method_name(name: str) -> str:
    """What the method is called on the page."""
    return said(find_method(name).title)


def target_line(diagnosis: Diagnosis, target: int, name: str) -> str:
    """Kind of image, its name, and the class asked about; its probability too, where that number means something."""
    prediction = diagnosis.prediction
    values = {
        "kind": words(f"interface.modality_{diagnosis.card.modality}"),
        "name": name,
        "target": sign(diagnosis.card, target),
    }
    if prediction.familiar is False:
        return plain(words("compare.line_unfamiliar", **values))
    if prediction.calibrated is None:
        return plain(words("compare.line_raw", **values, value=float(prediction.raw[target])))
    return plain(words("compare.line", **values, value=float(prediction.calibrated[target])))
