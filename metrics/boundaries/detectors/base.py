"""The interface of boundary detectors: functions from pictures to boundary strengths."""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image


@dataclass(frozen=True)
class Detector(ABC):
    """A boundary detector. Its parameters are the fields of its frozen dataclass.

    Class attributes:
        name: as in the registry.
        version: of the computation; versions differ in their numbers.
        usual_threshold: the threshold of its strengths with the best F over pictures with human
            annotations; it is used where binary boundaries are needed.

    """

    name: ClassVar[str]
    version: ClassVar[int]
    usual_threshold: ClassVar[float]

    @property
    def fingerprint(self) -> str:
        """Name, version and hash of the parameters."""
        parameters = json.dumps(asdict(self), sort_keys=True)
        digest = hashlib.sha256(parameters.encode()).hexdigest()[:8]
        return f"{self.name}-{self.version}:{digest}"

    @abstractmethod
    def many(self, images: Sequence[Image]) -> Iterator[NDArray[np.float32]]:
        """Boundary strengths (H, W) in [0, 1] of RGB pictures; equal pictures give equal maps."""

    def __call__(self, image: Image) -> NDArray[np.float32]:
        """Boundary strength (H, W) in [0, 1] of one RGB picture."""
        (strength,) = self.many([image])
        return strength
