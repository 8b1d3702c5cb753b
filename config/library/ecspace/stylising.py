"""Make one stylised picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from common.device import choose_device
from common.errors import InputError
from common.pictures import check_width
from ecspace.pictures import Picture, opened
from transfer.decoders import Autoencoder, load_autoencoders
from transfer.encoders import DEFAULT_ENCODER, load_encoder
from transfer.methods import METHODS, check_styles, resolve_parameters
from transfer.methods.engine import Task
from transfer.methods.stylise import stylise as make


def stylise(
    content: Picture | None,
    style: Picture | Sequence[Picture],
    method: str = "gatys",
    *,
    size: int = 512,
    encoder: str = DEFAULT_ENCODER,
    weights: str | Path | None = None,
    seed: int = 0,
    device: str = "auto",
    **parameters: Any,
) -> Image.Image:
    """The content in the style, by one of the methods that `ecspace methods` lists.

    Args:
        content: what is shown; None for `inversion`, which needs none.
        style: how it is painted. Several styles are combined, by default with equal weights
            (`style_share`).
        method: key of the method.
        size: width of the result in pixels, 32 … 4096; its height follows from the content.
        encoder: name of the encoder (`ecspace encoders`).
        weights: file or folder of the encoder's weights, if they are not in the usual places.
        seed: of the noise; the same seed gives the same picture on one machine.
        device: auto, cpu or cuda.
        parameters: of the method, such as `style_weight=300`, `iterations=100` or
            `preset="reference"`; their defaults and sources are in `ecspace methods`.

    Returns:
        The stylised picture in RGB.

    Raises:
        InputError: an unknown method or parameter, a value that cannot be used, a picture that
            cannot be read, or weights that are missing.

    """
    values = resolve_parameters(method, parameters, encoder=encoder)
    styles = [style] if isinstance(style, (str, Path, Image.Image)) else list(style)
    check_styles(len(styles), values.get("style_share", ()))
    if content is None and METHODS[method].needs_content:
        raise InputError(f"{method} needs a content picture: name one")
    pictures = [opened(one) for one in styles]
    shown = pictures[0] if content is None else opened(content)
    for name, picture in (("content", shown), *(("style", one) for one in pictures)):
        check_width(picture.size, size, name)

    chosen = choose_device(device)
    folder = None if weights is None else Path(weights)
    network = load_encoder(encoder, weights=folder, device=chosen)
    autoencoders: tuple[Autoencoder, ...] = ()
    if METHODS[method].needs_decoder:
        autoencoders = load_autoencoders(
            encoder, values["style_layers"], weights=folder, device=chosen, encoder=network
        )
    (result,) = make(
        method,
        [Task(shown, pictures, seed)],
        encoder=network,
        parameters=values,
        size=size,
        autoencoders=autoencoders,
    )
    if result.picture is None:
        raise InputError(result.error or f"{method} gave no picture")
    return result.picture
