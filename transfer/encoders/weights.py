"""Finding, checking and reading weights files of encoders and decoders.

They are searched for in this order: the path that was named, the directory ECSPACE_WEIGHTS, the
cache (ECSPACE_CACHE, by default ~/.cache/ecspace), the encoder's URL. A file is read only if its
SHA-256 is in the registry, or in a file that its owner wrote beside it.
"""

from __future__ import annotations

import hashlib
import os
import pickle  # nosec B403
import urllib.error
import urllib.request
from pathlib import Path
from typing import Protocol

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from common.atomic import replace_file
from common.checksums import listed_sha256, sha256_of
from common.errors import StorageError, WeightsError
from transfer.encoders.layout import CONVOLUTIONS
from transfer.encoders.registry import EncoderSpec


class Stored(Protocol):
    """The registry's entry for the files that hold a network's weights."""

    @property
    def owner(self) -> str:
        """The owner of the weights, for messages."""

    @property
    def files(self) -> tuple[str, ...]:
        """File names to search for, the best first."""

    @property
    def sha256(self) -> tuple[str, ...]:
        """Accepted hashes, or their first digits."""

    @property
    def origin(self) -> str:
        """Where they can be obtained, and their licence."""

    @property
    def url(self) -> str:
        """From which `files[0]` is fetched; may be empty."""

    @property
    def directory(self) -> Path | None:
        """The directory of the package that holds them, if they are ours."""


_TIMEOUT = 30  # seconds without an answer after which a download fails
_PIECE = 1 << 20
# Where torchvision's VGG-19 keeps its convolutions (torchvision.models.vgg, configuration E).
_TORCHVISION = (0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28)


def find_weights(spec: Stored, weights: Path | None = None) -> Path | None:
    """The weights file of an encoder on this machine, or None if there is none.

    Args:
        spec: the registry's entry.
        weights: a file, or a directory that holds one of the encoder's files.

    Raises:
        WeightsError: the named path does not exist or holds no such file.

    """
    if weights is not None:
        if weights.is_file():
            return weights
        found = _in_directory(spec, weights)
        if found is None:
            raise WeightsError(
                f"no weights for {spec.owner} at {weights}: name a file, or a directory "
                f"that holds {' or '.join(spec.files)}"
            )
        return found
    if spec.directory is not None:
        return _in_directory(spec, spec.directory)
    named = os.environ.get("ECSPACE_WEIGHTS", "")
    places = [Path(named).expanduser()] if named else []
    for place in [*places, cache_directory()]:
        found = _in_directory(spec, place)
        if found is not None:
            return found
    return None


def cache_directory() -> Path:
    """The directory for fetched weights."""
    return Path(os.environ.get("ECSPACE_CACHE", "") or "~/.cache/ecspace").expanduser()


def fetch_weights(spec: Stored) -> Path:
    """Fetch the encoder's file into the cache, once; an incomplete file is not kept.

    Raises:
        WeightsError: there is no URL, it does not answer, or the file is another one.

    """
    target = cache_directory() / spec.files[0]
    if not spec.url:
        raise WeightsError(_advice(spec, "they are not on this machine"))
    try:
        with (
            urllib.request.urlopen(spec.url, timeout=_TIMEOUT) as answer,  # noqa: S310 (our https)  # nosec B310
            replace_file(target, make_folder=True) as file,
        ):
            digest = hashlib.sha256()
            while piece := answer.read(_PIECE):
                digest.update(piece)
                file.write(piece)
            if not _is_known(spec, digest.hexdigest()):
                raise WeightsError(_advice(spec, f"{spec.url} answered with another file"))
    except (OSError, urllib.error.URLError, StorageError) as error:
        raise WeightsError(_advice(spec, f"the download failed ({error})")) from error
    return target


def read_weights(spec: EncoderSpec, path: Path) -> dict[str, Tensor]:
    """The encoder's tensors from a checked file, under the layout's names.

    Returns:
        conv1_1.weight (O, I, 3, 3), conv1_1.bias (O,), … and, if the file has them,
        preprocess.weight (3, 3, 1, 1) and preprocess.bias (3,); float32.

    Raises:
        WeightsError: the file's hash is not known, or the file is not such a network.

    """
    return _as_layout(read_tensors(spec, path), path)


def read_tensors(spec: Stored, path: Path) -> dict[str, Tensor]:
    """All tensors of a checked file, under the file's own names.

    Raises:
        WeightsError: the file's hash is not known, or it holds other objects than tensors.

    """
    _check_hash(spec, path)
    try:
        if path.suffix == ".safetensors":
            tensors = load_file(path)
        else:
            tensors = torch.load(path, map_location="cpu", weights_only=True)
    except (
        OSError,
        ValueError,
        RuntimeError,
        EOFError,
        pickle.UnpicklingError,
        SafetensorError,
    ) as error:
        raise WeightsError(
            f"{path} cannot be read as weights ({' '.join(str(error).split())[:120]}): use a "
            ".safetensors file, or a .pth file that holds tensors only"
        ) from error
    return _tensors_of(tensors, path)


def _tensors_of(found: object, path: Path) -> dict[str, Tensor]:
    """The named tensors of a file, without the other contents of a checkpoint."""
    for key in ("state_dict", "model"):  # keys under which checkpoints hold the network
        if isinstance(found, dict) and isinstance(found.get(key), dict):
            found = found[key]
    named = found.items() if isinstance(found, dict) else ()
    tensors = {
        key.removeprefix("module."): tensor  # DataParallel adds this prefix
        for key, tensor in named
        if isinstance(key, str) and isinstance(tensor, Tensor)
    }
    if not tensors:
        raise WeightsError(f"{path} holds no dictionary of tensors: it is not a weights file")
    return tensors


def _in_directory(spec: Stored, directory: Path) -> Path | None:
    return next((directory / name for name in spec.files if (directory / name).is_file()), None)


def _is_known(spec: Stored, digest: str) -> bool:
    return any(digest.startswith(known) for known in spec.sha256)


def _check_hash(spec: Stored, path: Path) -> None:
    try:
        digest = sha256_of(path)
        beside = path.with_name(f"{path.name}.sha256")
        if beside.is_file():
            stated = listed_sha256(beside, path.name)
            expected = stated or f"none, because {beside.name} states no SHA-256,"
            accepted = digest == stated
        else:
            expected = " or ".join(known[:16] for known in spec.sha256)
            accepted = _is_known(spec, digest)
    except OSError as error:
        raise WeightsError(f"{path} cannot be read ({error.strerror}): check the file") from error
    if not accepted:
        raise WeightsError(
            f"the SHA-256 of {path} is {digest[:16]}…, expected {expected} for "
            f"{spec.owner}: the file is damaged or another one; if it is yours, write its hash "
            f"beside it: sha256sum {path.name} > {path.name}.sha256"
        )


def _advice(spec: Stored, what: str) -> str:
    source = spec.url or spec.origin
    return (
        f"no weights for {spec.owner}: {what}; put {spec.files[0]} "
        f"(from {source}, SHA-256 {spec.sha256[0][:16]}…) into the directory ECSPACE_WEIGHTS or "
        "name it by --weights, or use --encoder compact"
    )


def _as_layout(tensors: dict[str, Tensor], path: Path) -> dict[str, Tensor]:
    names = {
        f"features.{index}": name for index, name in zip(_TORCHVISION, CONVOLUTIONS, strict=True)
    }
    weights: dict[str, Tensor] = {}
    for key, tensor in tensors.items():
        module, _, part = key.rpartition(".")
        name = names.get(module, module)
        if name in CONVOLUTIONS or name == "preprocess":
            if tensor.layout != torch.strided or not tensor.is_floating_point():
                raise WeightsError(
                    f"{path}: {key} is not a dense tensor of real numbers: it is not a weights file"
                )
            weights[f"{name}.{part}"] = tensor.float()
    channels = 3
    for name in CONVOLUTIONS:
        weight, bias = weights.get(f"{name}.weight"), weights.get(f"{name}.bias")
        if weight is None or bias is None:
            break
        if weight.shape[1:] != (channels, 3, 3) or bias.shape != weight.shape[:1]:
            raise WeightsError(
                f"{path}: {name} has shape {tuple(weight.shape)}, expected (…, {channels}, 3, 3): "
                "it is not a network of the VGG-19 layout"
            )
        channels = int(weight.shape[0])
    if "conv1_1.weight" not in weights:
        raise WeightsError(f"{path} holds no convolution conv1_1: it is not a VGG-19 layout")
    if not all(bool(tensor.isfinite().all()) for tensor in weights.values()):
        raise WeightsError(f"{path} holds weights that are not finite: the file is damaged")
    return weights
