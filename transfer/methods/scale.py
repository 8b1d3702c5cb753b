"""Scale style weights between encoders, for terms that are not relative to their targets.

A Gram matrix grows with the square of the features, so in an encoder with larger features the
same weight means more style. With `style_scale`, a style weight gives the same ratio of style to
content loss at the noise start as with the full VGG-19.

The full weights of conv4_1 to conv5_1 were not available, so the reference is `vgg19-caffe` with
style at R11, R21 and R31 and content at R31, in the normalisation `gatys`. Relative terms need no
scale: at the noise start each is about 1 with any encoder.

    python -m transfer.methods.scale --contents DIR --styles DIR
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from common.console import say
from common.errors import InputError
from common.pictures import read_picture, resize_to_width, to_tensor
from transfer.encoders import ENCODERS, load_encoder
from transfer.encoders.architecture import Encoder
from transfer.encoders.layout import IMAGENET, LAYERS, VGG19_WIDTHS
from transfer.features.statistics import gram
from transfer.methods.losses import mean_square

STYLE_SCALE = {
    "compact": 2980.0,
    "vgg19-caffe": 1.0,
    "vgg19-16x": 23.2,
    "vgg19-normalised": 2710.0,
}
"""Measured by `main` over every fifth of the 200 BSDS500 test pictures and of the paper's 50
styles. `vgg19` is not measured; like every encoder that is not listed it has the scale 1."""
STYLE_LAYERS = ("relu1_1", "relu2_1", "relu3_1")
CONTENT_LAYER = "relu3_1"
SIZE = 256  # pixels wide
EVERY = 5  # every fifth picture gives two digits


def style_scale(encoder: str) -> float:
    """The factor of style weights in absolute normalisations, by the encoder's name."""
    return STYLE_SCALE.get(encoder, 1.0)


def noise_start_ratio(
    encoder: Encoder, contents: Sequence[Tensor], styles: Sequence[Tensor]
) -> float:
    """Style loss of weight 1 ÷ content loss at the noise start, averaged over pictures (1, 3, …).

    The normalisation is `gatys`: Σ_l mean square of the Gram matrix's error ÷ C², C being the
    channels of the full VGG-19, against the mean square of the features' error.
    """
    channels = dict(zip(LAYERS, VGG19_WIDTHS, strict=True))
    generator = torch.Generator().manual_seed(0)

    def noise_like(picture: Tensor) -> Tensor:
        noise = torch.randn(picture.shape, generator=generator) / 255
        return torch.tensor(IMAGENET.mean).reshape(1, 3, 1, 1) + noise

    style = content = 0.0
    with torch.no_grad():
        for picture in styles:
            wanted = encoder(picture, STYLE_LAYERS)
            start = encoder(noise_like(picture), STYLE_LAYERS)
            for layer in STYLE_LAYERS:
                error = mean_square(gram(wanted[layer]) - gram(start[layer]))
                style += float(error) / channels[layer] ** 2
        for picture in contents:
            wanted = encoder(picture, [CONTENT_LAYER])
            start = encoder(noise_like(picture), [CONTENT_LAYER])
            content += float(mean_square(wanted[CONTENT_LAYER] - start[CONTENT_LAYER]))
    return (style / len(styles)) / (content / len(contents))


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the scale of every encoder whose weights are on this machine."""

    def pictures(folder: Path) -> list[Tensor]:
        files = sorted(folder.glob("*.jpg"))[::EVERY]
        return [to_tensor(resize_to_width(read_picture(file), SIZE)) for file in files]

    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--contents", type=Path, required=True)
    parser.add_argument("--styles", type=Path, required=True)
    options = parser.parse_args(arguments)
    contents, styles = pictures(options.contents), pictures(options.styles)
    ratios = {}
    for name in ENCODERS:
        try:
            ratios[name] = noise_start_ratio(load_encoder(name), contents, styles)
        except InputError as error:
            say(str(error))
    for name, ratio in ratios.items():
        say(f"{name}: ratio {ratio:.4g}, scale {ratios['vgg19-caffe'] / ratio:.4g}")


if __name__ == "__main__":
    main()
