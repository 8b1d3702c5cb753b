"""Human boundary annotations as BSDS500 stores them, in Matlab files."""

from __future__ import annotations

from common.annotations import Annotations, read_annotations

__all__ = ["Annotations", "read_annotations"]
