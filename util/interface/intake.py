"""What goes in: kind of image, file or drawn sample, what is known of the patient or the scale."""

from __future__ import annotations

import functools

import streamlit as st

from util.interface.given import Given
from util.interface.pictures import data_address
from util.interface.text import markup, muted, plain
from util.interface.tongue import language, words
from util.modelstore.card import Card
from util.prediction import Metadata
from util.report.names import word

MODALITIES = ("skin", "chest", "breast")
_THUMBNAIL = 128


def modality_ui() -> str:
    """The three kinds of image; the choice stands in the address."""
    if st.session_state.get("modality") not in MODALITIES and "modality" not in st.query_params:
        st.session_state["modality"] = "chest"
    return (
        st.segmented_control(
            words("interface.modality"),
            MODALITIES,
            format_func=lambda name: words(f"interface.modality_{name}"),
            required=True,
            key="modality",
            bind="query-params",
            on_change=_forget_sample,
            label_visibility="collapsed",
        )
        or "chest"
    )


def image_ui(modality: str) -> tuple[bytes, str, bool] | None:
    """Drop a file or choose a drawn sample: (bytes, name, synthetic), or None while nothing was chosen.

    Whichever was touched last counts. An upload is kept in memory for the session, so that it survives a visit
    to another page.
    """
    _upload_ui(modality)
    chosen = _sample_ui(modality)
    if chosen is not None:
        return chosen
    kept = st.session_state.get(f"kept_{modality}")
    return (*kept, False) if kept else None


def _upload_ui(modality: str) -> None:
    key = f"upload_{modality}_{st.session_state.get('upload_round', 0)}"
    with st.container(key="upload", gap="xxsmall"):
        st.markdown(f"**{plain(words('interface.drop'))}**  \n{muted(words('interface.drop_formats'))}")
        st.file_uploader(
            words("interface.drop"),
            key=key,
            on_change=_keep_upload,
            args=(modality, key),
            label_visibility="collapsed",
        )


def _keep_upload(modality: str, key: str) -> None:
    file = st.session_state.get(key)
    if file is None:
        st.session_state.pop(f"kept_{modality}", None)
    else:
        st.session_state[f"kept_{modality}"] = (file.getvalue(), file.name)
        _forget_sample()
    st.session_state["changing"] = False


def _sample_ui(modality: str) -> tuple[bytes, str, bool] | None:
    from util.samples import samples

    drawn = samples(modality)
    numbers = [str(i + 1) for i in range(len(drawn))]
    with st.container(key="samples", gap="xxsmall"):
        st.markdown(muted(words("interface.samples")))
        chosen = st.pills(
            words("interface.samples"),
            numbers,
            format_func=lambda number: _thumbnail(modality, int(number) - 1, language()),
            key="sample",
            bind="query-params",
            on_change=_touch_sample,
            label_visibility="collapsed",
        )
    if chosen is None:
        return None
    sample = drawn[int(chosen) - 1]
    return sample.png(), words("interface.sample_name", number=int(chosen)), True


@functools.cache
def _thumbnail(modality: str, index: int, in_language: str) -> str:
    """A sample as a Markdown picture whose alternative text is its name; small, and drawn once a server."""
    from util.samples import samples

    from util.language import say

    name = say("interface.sample_name", in_language, number=index + 1)
    return f"![{name}]({data_address(samples(modality)[index].png(), _THUMBNAIL)})"


def _forget_sample() -> None:
    st.session_state["sample"] = None


def _touch_sample() -> None:
    st.session_state["changing"] = False
    # A fresh uploader: an old file name beside the sample's answer would mislead.
    st.session_state["upload_round"] = st.session_state.get("upload_round", 0) + 1
    st.session_state.pop(f"kept_{st.session_state.get('modality')}", None)


def metadata_ui(card: Card) -> Metadata:
    """Age, sex and site of the body, each optional, for a model that reads them."""
    encoding = card.metadata
    if encoding is None:
        return Metadata()
    with st.container(key="metadata"):
        st.markdown(f"**{plain(words('interface.metadata'))}**  \n{muted(words('interface.metadata_optional'))}")
        unknown = words("interface.unknown")
        left, right = st.columns(2)
        age = left.number_input(
            words("interface.age"), 0, 120, None, 1, key="age", placeholder=unknown, persist_state="session"
        )
        sex = right.selectbox(
            words("interface.sex"),
            encoding.sexes,
            index=None,
            format_func=lambda name: word(name, language()),
            key="sex",
            placeholder=unknown,
            persist_state="session",
        )
        site = st.selectbox(
            words("interface.site"),
            encoding.sites,
            index=None,
            format_func=lambda name: word(name, language()),
            key="site",
            placeholder=unknown,
            persist_state="session",
        )
    return Metadata(None if age is None else float(age), sex, site)


def scale_ui(modality: str) -> float | None:
    """Micrometres per pixel of a microscope image, or None where it is not known or not asked."""
    if modality != "breast":
        return None
    return st.number_input(
        words("interface.scale"),
        0.05,
        20.0,
        None,
        0.05,
        format="%.2f",
        key="um_per_pixel",
        placeholder=words("interface.unknown"),
        help=words("interface.scale_help"),
        persist_state="session",
    )


def intake_ui(modality: str, card: Card | None) -> Given | None:
    """Everything that goes in, as one value, or None while no image was chosen."""
    with st.container(key="intake"):
        image = image_ui(modality)
        metadata = metadata_ui(card) if card is not None else Metadata()
        scale = scale_ui(modality)
    if image is None:
        st.session_state["changing"] = False
        return None
    data, name, synthetic = image
    folded_ui(name)
    return Given(data, name, modality, synthetic, metadata, scale)


def folded_ui(name: str) -> None:
    """The one line that stands for the input on a narrow screen once there is an answer (`style.css` shows it)."""
    with st.container(key="folded", horizontal=True, vertical_alignment="center"):
        st.html(f'<p class="file-name">{markup(name)}</p>')
        changing = st.session_state.get("changing", False)
        st.button(words("interface.done" if changing else "interface.change"), key="change", on_click=_toggle)
    if not st.session_state.get("changing", False):
        st.html("<style>@media (max-width: 640px) { .st-key-intake { display: none; } }</style>")


def _toggle() -> None:
    st.session_state["changing"] = not st.session_state.get("changing", False)
