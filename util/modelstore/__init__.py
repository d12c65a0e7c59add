"""Floor 4: a folder of `.h5` files and cards becomes validated `Card`s and lazy `Network`s."""

from util.modelstore.arrays import sha256_of
from util.modelstore.card import Card
from util.modelstore.errors import CardError, ModelError
from util.modelstore.fast import begin_fast, fast_runtime, reason_for_slow
from util.modelstore.mapping import as_mapping, from_mapping
from util.modelstore.network import Network, open_network
from util.modelstore.randomised import randomised_network
from util.modelstore.store import (
    broken_cards,
    cards,
    default_card,
    find_card,
    load_card,
    models_folder,
    save_card,
)

__all__ = [
    "Card",
    "CardError",
    "ModelError",
    "Network",
    "as_mapping",
    "begin_fast",
    "broken_cards",
    "cards",
    "default_card",
    "fast_runtime",
    "find_card",
    "from_mapping",
    "load_card",
    "models_folder",
    "open_network",
    "randomised_network",
    "reason_for_slow",
    "save_card",
    "sha256_of",
]
