"""The encoders, the files that hold their weights, and their origin.

An encoder is architecture + weights + input convention. To add one, add an entry here.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from common.lookup import find
from transfer.encoders.layout import (
    CAFFE,
    IMAGENET,
    PLAIN,
    InputConvention,
    Padding,
    Pooling,
)

PACKAGE = Path(__file__).parent


@dataclass(frozen=True)
class EncoderSpec:
    """One encoder of the registry.

    Attributes:
        files: file names searched for in a directory of weights, the deepest network first.
        sha256: accepted hashes of those files; a prefix of at least 8 digits is enough.
        url: from which `files[0]` is fetched; may be empty.
        origin: where the weights can be obtained, and their licence.
        directory: a directory of the package that holds them; None for all but ours.

    """

    name: str
    title: str
    files: tuple[str, ...]
    sha256: tuple[str, ...]
    origin: str
    url: str = ""
    directory: Path | None = None
    convention: InputConvention = PLAIN
    pooling: Pooling = "max"
    padding: Padding = "zero"

    @property
    def owner(self) -> str:
        """The owner of the weights, for messages."""
        return f"encoder '{self.name}'"


_SPECS = (
    EncoderSpec(
        name="compact",
        title="quarter-width VGG-19, in the repository",
        files=("compact-1.safetensors",),
        sha256=("771158b5158f2ea9f9cd2269b456cb1e3c04be9cab5326e1866f826c024929fc",),
        origin="trained by `manage.py train_encoder`, see transfer/encoders/compact/MODEL_CARD.md",
        directory=PACKAGE / "compact",
        convention=IMAGENET,
        padding="reflect",
    ),
    EncoderSpec(
        name="vgg19",
        title="VGG-19 of torchvision (VGG19_Weights.IMAGENET1K_V1)",
        files=("vgg19-dcbb9e9d.pth",),
        sha256=("dcbb9e9dad569fff7a846263a77324fc34978fea2bfb039c012d710e1776ae44",),
        origin="torchvision, BSD-3-Clause",
        url="https://download.pytorch.org/models/vgg19-dcbb9e9d.pth",
        convention=IMAGENET,
    ),
    EncoderSpec(
        name="vgg19-caffe",
        title="VGG-19 with the original Caffe weights: numbers comparable with the paper",
        files=(
            "vgg19-d01eb7cb.pth",
            "vgg19-caffe.safetensors",
            "vgg_conv.pth",
            "vgg19-caffe_conv1_1-conv3_4.safetensors",
        ),
        sha256=(
            "d01eb7cb",
            "312e5a69798b8a5de71e400e80d95ff269dbf9e671cec07acdc5a73f92b7ba9d",
        ),
        origin="Simonyan & Zisserman 2015, CC BY 4.0",
        url="https://web.eecs.umich.edu/~justincj/models/vgg19-d01eb7cb.pth",
        convention=CAFFE,
    ),
    EncoderSpec(
        name="vgg19-16x",
        title="VGG-19 distilled to a quarter of the channels (Wang et al. 2020)",
        files=tuple(f"vgg19-16x_encoder{level}.safetensors" for level in (5, 4, 3, 2, 1)),
        sha256=(
            "9265d6d789ba1bee18f4fad2a41abbd28413cf60c8ef2c7e54280849e2dee80d",
            "0f04f763c91f6e4dfc03a80b55f6ffd580325633eea2188f168e16fd2f7ab51b",
            "80563e96438e71df6813656e294472dafa63b1642336231e25ba51669d47c55a",
            "cf07e6eb2783b7d4c5e5a5954190f333255c2aeedcfdf18c93fc5a7965d3462f",
            "ce344dd93ce0ada12b812a60189b197aba4f8a29c0a27d96995d545c7cf1f354",
        ),
        origin="github.com/MingSun-Tse/Collaborative-Distillation, MIT, as safetensors",
        padding="reflect",
    ),
    EncoderSpec(
        name="vgg19-normalised",
        title="VGG-19 scaled to a mean activation of 1 (the release of WCT, Li et al. 2017)",
        files=tuple(f"vgg19-normalised_encoder{level}.safetensors" for level in (5, 4, 3, 2, 1)),
        sha256=(
            "96d5a1f465b32c4ff2f03cc4f92dba8352cd366f686962e55bbb0cfafe8b5492",
            "ad3e516f63ddb65f0545a70ffb64d2e5b556ba4fa7ed8c8ddfb8df28058f1117",
            "34dbf7ed158fd0052c685cc906416346aeee5ee4100c4531d60795a839732fd0",
        ),
        origin="github.com/pietrocarbo/deep-transfer, Apache-2.0, as safetensors",
        padding="reflect",
    ),
)
ENCODERS: dict[str, EncoderSpec] = {spec.name: spec for spec in _SPECS}
DEFAULT_ENCODER = "compact"


def encoder_spec(name: str) -> EncoderSpec:
    """The registry's entry of an encoder.

    Raises:
        InputError: there is no encoder of that name.

    """
    return find("encoder", name, ENCODERS)
