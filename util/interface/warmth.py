"""Networks warmed up behind the first page: nobody waits for TensorFlow before seeing something."""

from __future__ import annotations

import logging
import threading

import streamlit as st

_log = logging.getLogger(__name__)
_SEEN = "painted"


def after_paint_ui() -> None:
    """Begin to warm up as soon as the browser has painted what stands on the page now.

    The piece below is run by the server while it draws, and again when the browser asks for it, which it does only
    once it shows the page: the second run is the sign.
    """
    if not started():
        st.fragment(_sign, run_every=1.0)()


def _sign() -> None:
    if st.session_state.get(_SEEN):
        warm_up()
    st.session_state[_SEEN] = True


def is_cold() -> bool:
    """Whether the first answer must wait for the networks' library to load."""
    return not _state().done.is_set()


def started() -> bool:
    """Whether this server has begun to warm up."""
    return _state().thread is not None


class _State:
    """What one server knows of its warming up."""

    def __init__(self) -> None:
        self.lock, self.done = threading.Lock(), threading.Event()
        self.thread: threading.Thread | None = None


@st.cache_resource(show_spinner=False)
def _state() -> _State:
    return _State()


def warm_up() -> None:
    """Walk one drawn sample through every default network, once a server, in a background thread."""
    state = _state()
    with state.lock:
        if state.thread is None:
            state.thread = threading.Thread(target=_warm, args=(state.done,), name="warm-up", daemon=True)
            state.thread.start()


def _warm(done: threading.Event) -> None:
    try:
        # First what the next page needs, then the networks.
        import util.interface.answer  # noqa: F401
        from util.diagnosis import diagnose
        from util.modelstore.store import cards
        from util.samples import samples

        drawn = {card.modality: samples(card.modality) for card in cards()}
        for modality in sorted(drawn):
            diagnose(drawn[modality][0].png(), modality)
    except Exception:
        _log.exception("warming up failed; the first answer will take longer")
    done.set()
