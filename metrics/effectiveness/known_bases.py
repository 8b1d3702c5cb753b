"""The bases that an installation knows, by their files' headers; torch is not loaded.

A basis lies in the repository (the reference basis of the default encoder), or in the data folder:
reference bases of other encoders and sizes, bases of batches, and bases that somebody named.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from metrics.effectiveness.instrument import BASIS_DIGITS

PAPER_SIZE = 512
"""Shorter side, in pixels, of pictures in Yeh et al. 2020."""
REFERENCE_SIZE = 256
"""Shorter side, in pixels, of the reference basis unless another is asked for."""
REFERENCE_PICTURES = ("astronaut", "cat", "coffee", "temple")
"""The bundled photographs of `transfer.samples` from which reference bases are made."""
REFERENCE = f"the bundled photographs {', '.join(REFERENCE_PICTURES)}"
"""What `made_from` says of a reference basis."""
COMMITTED = Path(__file__).parent / "bases"
_LONGEST_HEADER = 1_000_000  # bytes


@dataclass(frozen=True)
class KnownBasis:
    """What the header of a basis file says.

    Attributes:
        path: of the file.
        encoder: its name.
        encoder_fingerprint: its hash.
        size: shorter side to which pictures are resized, in pixels.
        fingerprint: of the basis, SHA-256 (hex).
        made_from: the reference pictures in a few words; empty if unknown.

    """

    path: Path
    encoder: str
    encoder_fingerprint: str
    size: int
    fingerprint: str
    made_from: str

    @property
    def digits(self) -> str:
        """The part of the fingerprint that names of instruments hold."""
        return self.fingerprint[:BASIS_DIGITS]


def bases_folder(data: Path) -> Path:
    """Where the bases of the data folder `data` are kept."""
    return data / "bases"


def known_bases(data: Path | None) -> Iterator[KnownBasis]:
    """The bases of the repository and of the data folder `data`; damaged files are left out."""
    folders = [COMMITTED]
    if data is not None:
        # Earlier versions kept the bases of batches in cache/bases.
        folders += [bases_folder(data), data / "cache" / "bases"]
    for folder in folders:
        for path in sorted(folder.glob("*.safetensors")):
            if (found := read_header(path)) is not None:
                yield found


def known_basis(digits: str, data: Path | None) -> KnownBasis | None:
    """The basis whose fingerprint begins with `digits`, or None."""
    return next((basis for basis in known_bases(data) if basis.digits == digits), None)


def read_header(path: Path) -> KnownBasis | None:
    """What the header of `path` says; None if it is no basis file."""
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if not 0 < length <= _LONGEST_HEADER:
                return None
            said = json.loads(file.read(length)).get("__metadata__") or {}
        return KnownBasis(
            path,
            encoder=said["encoder"],
            encoder_fingerprint=said["encoder_fingerprint"],
            size=int(said["size"]),
            fingerprint=said["fingerprint"],
            made_from=said.get("made_from", ""),
        )
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return None
