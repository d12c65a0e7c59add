"""All networks by name."""

from __future__ import annotations

from util.training.networks.cnn import CNN, CNN_BN
from util.training.networks.densenet121 import DENSENET121
from util.training.networks.efficientnet_lite0 import EFFICIENTNET_LITE0
from util.training.networks.efficientnetb0 import EFFICIENTNETB0
from util.training.networks.family import Family
from util.training.networks.mobilenetv2 import MOBILENETV2
from util.training.networks.resnet18 import RESNET18, RESNET18_STAGE3
from util.training.networks.resnet50 import RESNET50
from util.training.networks.resnet50v2 import RESNET50V2_STAGE3
from util.training.networks.vgg16 import VGG16
from util.training.networks.vit import VIT_TINY

FAMILIES: dict[str, Family] = {
    family.name: family
    for family in (
        MOBILENETV2,
        EFFICIENTNET_LITE0,
        RESNET50V2_STAGE3,
        RESNET18_STAGE3,
        DENSENET121,
        RESNET50,
        RESNET18,
        VGG16,
        EFFICIENTNETB0,
        VIT_TINY,
        CNN,
        CNN_BN,
    )
}
