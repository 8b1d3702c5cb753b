"""Distance of features, place by place: the form of LPIPS with all weights 1.

Zhang, Isola, Efros, Shechtman & Wang 2018 (CVPR), equation 1 with w = 1: at each layer the features
of a place are scaled to length 1; d is the squared difference, summed over channels, averaged over
places, summed over layers. (The authors' package adds 1e-10 to the length, as here.)
"""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

_EPSILON = 1e-10


def feature_distance(stimulus: Mapping[str, Tensor], content: Mapping[str, Tensor]) -> float:
    """The distance of two pictures' features, layer → (1, C, H, W); 0 … 2 for each layer."""
    return float(
        sum(
            ((_unit(stimulus[layer]) - _unit(content[layer])) ** 2).sum(1).mean()
            for layer in content
        )
    )


def weighted_distance(stimulus: Mapping[str, Tensor], content: Mapping[str, Tensor]) -> float:
    """The same of features that have their lengths and weights already."""
    return float(
        sum(
            ((stimulus[layer].double() - content[layer].double()) ** 2).sum(1).mean()
            for layer in content
        )
    )


def _unit(features: Tensor) -> Tensor:
    features = features.double()
    return features / (features.square().sum(1, keepdim=True).sqrt() + _EPSILON)
