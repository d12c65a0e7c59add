"""All networks by name."""

from __future__ import annotations

from util.training.networks.cnn import CNN, CNN_BN
from util.training.networks.densenet121 import DENSENET121
from util.training.networks.efficientnet_lite0 import EFFICIENTNET_LITE0
from util.training.networks.family import Family
from util.training.networks.mobilenetv2 import MOBILENETV2

FAMILIES: dict[str, Family] = {
    family.name: family
    for family in (
        MOBILENETV2,
        EFFICIENTNET_LITE0,
        DENSENET121,
        CNN,
        CNN_BN,
    )
}
