"""The encoders that have decoders, the files that hold these, and their origin.

To add decoders for an encoder, add a Family here.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from common.errors import InputError
from transfer.encoders.layout import Padding

Upsampling = Literal["nearest", "bilinear"]
PACKAGE = Path(__file__).parent


@dataclass(frozen=True)
class Family:
    """The decoders of one encoder.

    Attributes:
        decoders: the file of each level that has one.
        sha256: their hashes, in the same order.
        origin: where a person gets them, and their licence.
        encoders: the file of the encoder of each level, if every decoder was trained with an
            encoder of its own. Otherwise all levels share the encoder's only file.
        directory: a directory of the package that holds the decoders; None for all but ours.
        upsampling: how the decoders enlarge their maps.

    """

    name: str
    decoders: dict[int, str]
    sha256: tuple[str, ...]
    origin: str
    encoders: dict[int, str] | None = None
    directory: Path | None = None
    upsampling: Upsampling = "nearest"
    padding: Padding = "reflect"


@dataclass(frozen=True)
class DecoderFile:
    """The file of one decoder, as a `weights.Stored`."""

    family: Family
    level: int

    @property
    def owner(self) -> str:
        """The owner of the weights, for messages."""
        return f"decoder {self.level} of encoder '{self.family.name}'"

    @property
    def files(self) -> tuple[str, ...]:
        """The only name that is searched for."""
        return (self.family.decoders[self.level],)

    @property
    def sha256(self) -> tuple[str, ...]:
        """The one hash that is accepted."""
        return (self.family.sha256[list(self.family.decoders).index(self.level)],)

    @property
    def origin(self) -> str:
        """Where it can be obtained, and its licence."""
        return self.family.origin

    @property
    def url(self) -> str:
        """Empty: no decoder can be fetched automatically."""
        return ""

    @property
    def directory(self) -> Path | None:
        """The directory of the package that holds it, if it is ours."""
        return self.family.directory


_FAMILIES = (
    Family(
        name="compact",
        decoders={level: f"compact-1_decoder{level}.safetensors" for level in range(1, 6)},
        sha256=(
            "e9fa0060aefb053a90ced7094577b603fbea6a85e6403eb5e0fa0e5dd8b073e5",
            "d11a8013f2419e9866ffdba793c3417467d9e0db48caaac043c7407f64bc0ca3",
            "60c32b440f5462b788362c52266c4739d577f9cdbf81965c03b58243386bd0d7",
            "a32ed95f1e0d97b52d09e7021e6cfe4fd9a24f31f72cb65497cb1d4318738662",
            "f5ab17d87f46b8867ac4bad331ba080e4bb176b975912e31071bdb19570432ad",
        ),
        origin="trained by `manage.py train_decoder`, see transfer/decoders/compact/MODEL_CARD.md",
        directory=PACKAGE / "compact",
        upsampling="bilinear",
    ),
    Family(
        name="vgg19-16x",
        decoders={level: f"vgg19-16x_decoder{level}.safetensors" for level in range(1, 6)},
        encoders={level: f"vgg19-16x_encoder{level}.safetensors" for level in range(1, 6)},
        sha256=(
            "23039734a67051dc557e3fb4e46f01bb01ba26e273364e1d49d8b2e4d518cc18",
            "ce92d9dab2b851fcdcf69e6185d3624a89924e55612f888ddfbd1148f1217556",
            "efc29f191255e931921df759390db05a71497242ca30e707fcab6fb0f8e8464a",
            "708465a21bc32f46b86b7ffc9f76567f14f0567acd8a18fdb9107238a28d6011",
            "d0e3ac9c75709c2f6ae6b3f5f1470425eaeb882717116ece0d8bba66e631cabd",
        ),
        origin="github.com/MingSun-Tse/Collaborative-Distillation, MIT, as safetensors",
    ),
    Family(
        name="vgg19-normalised",
        decoders={level: f"vgg19-normalised_decoder{level}.safetensors" for level in range(1, 4)},
        encoders={level: f"vgg19-normalised_encoder{level}.safetensors" for level in range(1, 4)},
        sha256=(
            "a2682e13ef80eb1940a835e9cf3ecf29d99c28bbbaef02c8ae1af702c2b4e695",
            "ca046b520442df694c650c9766e3da340a4579c94a5465fe83df1d06103700e4",
            "eb3025be55e118837ee44808fa041fb6ceb436255b43ff4b10177b3e3aca16cd",
        ),
        origin="github.com/pietrocarbo/deep-transfer, Apache-2.0, as safetensors",
    ),
)
FAMILIES: dict[str, Family] = {family.name: family for family in _FAMILIES}


def find_family(encoder: str) -> Family:
    """The decoders of an encoder.

    Raises:
        InputError: there are none for it.

    """
    if encoder not in FAMILIES:
        raise InputError(
            f"encoder '{encoder}' has no decoders: use {' or '.join(FAMILIES)} with this method"
        )
    return FAMILIES[encoder]
