"""What goes in: kind of image, file or drawn sample, what is known of the patient or the scale."""

from __future__ import annotations

import functools

import streamlit as st

from util.interface.address import from_address, to_address
from util.interface.given import Given
from util.interface.names import known
from util.interface.pictures import data_address
from util.interface.shelf import card_of
from util.interface.text import markup, muted, plain
from util.interface.tongue import said, words
from util.interface.warmth import FIRST
from util.modelstore.card import Card
from util.prediction import Metadata
from util.samples import samples

MODALITIES = ("skin", "chest", "breast")
OWN = "own"
_THUMBNAIL = 128
_PATIENT = "patient_of"  # in the session: the bytes of the image that age, sex and site were entered for


def modality_ui() -> str:
    """The kinds of image; the choice stands in the address."""
    kinds = modalities()
    from_address("modality", kinds)
    if st.session_state.get("modality") not in kinds:
        st.session_state["modality"] = FIRST
    names = {name: words(f"interface.modality_{name}") for name in kinds}
    modality = st.segmented_control(
        words("interface.modality"),
        kinds,
        format_func=names.__getitem__,
        required=True,
        key="modality",
        persist_state="session",
        on_change=_forget_sample,
        label_visibility="collapsed",
    )
    to_address("modality", modality)
    return modality or FIRST


def modalities() -> tuple[str, ...]:
    """The three kinds of image, and a reader's own where a model of them stands on the shelf."""
    return MODALITIES if card_of(OWN) is None else (*MODALITIES, OWN)


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
    # The uploader's button says "Upload" in every language; the style sheet puts this word in its place.
    st.html(f"<style>:root {{ --upload-word: '{words('interface.drop_button')}'; }}</style>")


def _keep_upload(modality: str, key: str) -> None:
    file = st.session_state.get(key)
    if file is None:
        st.session_state.pop(f"kept_{modality}", None)
    else:
        st.session_state[f"kept_{modality}"] = (file.getvalue(), file.name)
        _forget_sample()
    st.session_state["changing"] = False


def _sample_ui(modality: str) -> tuple[bytes, str, bool] | None:
    drawn = {sample.key: sample for sample in samples(modality)}
    if not drawn:  # nobody can draw what a reader's own images look like
        to_address("sample", None)
        return None
    pictures = {key: f"![{said(drawn[key].title)}]({_thumbnail(modality, key)})" for key in drawn}
    from_address("sample", tuple(drawn))
    with st.container(key="samples", gap="xxsmall"):
        st.markdown(muted(words("interface.samples")))
        chosen = st.pills(
            words("interface.samples"),
            list(drawn),
            format_func=pictures.__getitem__,
            key="sample",
            width="stretch",
            persist_state="session",
            on_change=_touch_sample,
            label_visibility="collapsed",
        )
    to_address("sample", chosen)
    if chosen not in drawn:
        return None
    return _file(modality, chosen), said(drawn[chosen].title), True


@functools.cache
def _thumbnail(modality: str, key: str) -> str:
    """A sample as a small picture in a `data:` address, made once a server."""
    return data_address(_file(modality, key), _THUMBNAIL)


@functools.cache
def _file(modality: str, key: str) -> bytes:
    """A sample as the PNG file that the walk gets, made once a server."""
    return next(sample.png() for sample in samples(modality) if sample.key == key)


def _forget_sample() -> None:
    st.session_state["sample"] = None
    to_address("sample", None)


def _touch_sample() -> None:
    """Empty the uploader, so that no old name stays beside the chosen sample."""
    modality = st.session_state.get("modality")
    to_address("sample", st.session_state.get("sample"))  # else the address chooses again what was let go
    st.session_state["changing"] = False
    st.session_state["upload_round"] = st.session_state.get("upload_round", 0) + 1
    st.session_state.pop(f"kept_{modality}", None)


def _bring_patient(modality: str, image: tuple[bytes, str, bool] | None) -> None:
    """Once another image stands here, enter what is known with it: of a drawn sample what it came with, else nothing.

    What the visitor typed stays with the very same image; what was typed before there was any waits for the first.
    """
    data, _, synthetic = image or (None, "", False)
    before = st.session_state.get(_PATIENT)
    if data == before:
        return
    st.session_state[_PATIENT] = data
    key = st.session_state.get("sample") if synthetic else None
    drawn = next((sample.metadata for sample in samples(modality) if sample.key == key), None)
    if before is None and drawn is None:
        return
    known = drawn or Metadata()
    st.session_state["age"] = None if known.age is None else round(known.age)
    st.session_state["sex"], st.session_state["site"] = known.sex, known.site


def metadata_ui(card: Card, image: tuple[bytes, str, bool] | None) -> Metadata:
    """Age, sex and site of the body, each optional, for a model that reads them; nobody's but those of `image`."""
    encoding = card.metadata
    if encoding is None:
        return Metadata()
    _bring_patient(card.modality, image)
    with st.container(key="metadata"):
        st.markdown(
            f"**{plain(words('interface.metadata'))}**  \n{muted(words('interface.metadata_optional'))}"
        )
        unknown = words("interface.unknown")
        names = {text: known(text) for text in (*encoding.sexes, *encoding.sites)}
        left, right = st.columns(2)
        age = left.number_input(
            words("interface.age"), 0, 120, None, 1, key="age", placeholder=unknown, persist_state="session"
        )
        sex = right.selectbox(
            words("interface.sex"),
            encoding.sexes,
            index=None,
            format_func=names.__getitem__,
            key="sex",
            placeholder=unknown,
            persist_state="session",
        )
        site = st.selectbox(
            words("interface.site"),
            encoding.sites,
            index=None,
            format_func=names.__getitem__,
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
        metadata = metadata_ui(card, image) if card is not None else Metadata()
        scale = scale_ui(modality)
    if image is None:
        st.session_state["changing"] = False
        return None
    data, name, synthetic = image
    folded_ui(name)
    model, by_name = (card.sha256, card.name) if card else ("", "")
    return Given(data, name, modality, synthetic, metadata, scale, model, by_name)


def folded_ui(name: str) -> None:
    """The one line that stands for the input on a narrow screen once there is an answer (`style.css` shows it)."""
    with st.container(key="folded", horizontal=True, vertical_alignment="center"):
        st.html(f'<p class="file-name">{markup(name)}</p>')
        changing = st.session_state.get("changing", False)
        st.button(words("interface.done" if changing else "interface.change"), key="change", on_click=_toggle)
    if not st.session_state.get("changing", False):
        st.html(
            "<style>@media (max-width: 640px) { .st-key-intake, .st-key-outtake { display: none; } }</style>"
        )


def _toggle() -> None:
    st.session_state["changing"] = not st.session_state.get("changing", False)
