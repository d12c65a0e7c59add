"""Networks warmed up behind the first page: nobody waits for TensorFlow before seeing something."""

from __future__ import annotations

import contextlib
import gc
import importlib
import logging
import sys
import threading
from collections.abc import Iterator

import streamlit as st

_log = logging.getLogger(__name__)
_SEEN = "painted"
# What the next pages draw with: by name, since those rooms know this one.
_NEXT = ("util.interface.answer", "util.interface.comparing.tabs")
FIRST = "chest"  # the kind of image that a visitor meets first


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
        self.lock, self.done, self.turn = threading.Lock(), threading.Event(), threading.Lock()
        self.thread: threading.Thread | None = None


@st.cache_resource(show_spinner=False)
def _state() -> _State:
    return _State()


@contextlib.contextmanager
def my_turn() -> Iterator[None]:
    """A visitor's walk while the server is still cold: warming up waits for it instead of taking half the machine."""
    state = _state()
    if state.done.is_set():
        yield
        return
    with state.turn:
        yield
    keep_networks()


def keep_networks() -> None:
    """Keep Streamlit from emptying Keras's session, which it does after every run of a page.

    The networks are shared by all sessions and build nothing after loading: clearing would only throw away the
    compiled kernels they run on (0.5 s at the next upload), perhaps while another visitor's picture is in them.
    """
    if keras := sys.modules.get("keras"):
        keras.backend.clear_session = lambda free_memory=True: None


def warm_up() -> None:
    """Load every default network and run it once, once a server, in a background thread."""
    state = _state()
    with state.lock:
        if state.thread is None:
            state.thread = threading.Thread(target=_warm, args=(state.done,), name="warm-up", daemon=True)
            state.thread.start()


def _warm(done: threading.Event) -> None:
    try:
        # First what the next page needs, then the networks, that of the first choice before the others.
        for room in _NEXT:
            importlib.import_module(room)
        from util.modelstore import cards, default_card, open_network

        modalities = {card.modality for card in cards()}
        for modality in sorted(modalities, key=lambda name: (name != FIRST, name)):
            with _state().turn:
                open_network(default_card(modality)).warm_up()
        keep_networks()
        # What stands now stays: a collection need not walk through TensorFlow's half million objects again.
        gc.collect()
        gc.freeze()
    except Exception:
        _log.exception("warming up failed; the first answer will take longer")
    done.set()
