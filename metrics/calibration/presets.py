"""The two models of Yeh et al. 2020, "Improving Style Transfer with Calibrated Metrics", §4.1.

The numbers of participants and pairs, the errors and the accuracy were not published. The models
were fitted to statistics of the original Caffe VGG-19 at 512 px with the paper's basis, and of gPb
boundaries: statistics of other instruments give scores on another scale.
"""

from __future__ import annotations

from common.lookup import find

from .export import SCALE, Model

_SOURCE = "Improving Style Transfer with Calibrated Metrics, section 4.1"
_NOTE = (
    "Fitted to E of the original Caffe VGG-19 at 512 px and C of gPb boundaries: scores of "
    "statistics measured otherwise are on another scale. Errors and votes were not published."
)
_PUBLISHED = {
    "wacv2020-E": ("E", {"E1": 0.7468, "E2": 0.2557, "E3": 2.3768}),
    "wacv2020-C": ("C", {"C": 12.1835, "E1": 0.2979}),
}


def _published(name: str) -> Model:
    target, coefficients = _PUBLISHED[name]
    terms = tuple(coefficients)
    return Model(
        target=target,
        terms=terms,
        coefficients=dict(coefficients),
        std_errors=dict.fromkeys(terms),
        covariance="not published",
        covariance_matrix=[[None] * len(terms) for _ in terms],
        votes=None,
        participants=None,
        details={
            "name": name,
            "source": _SOURCE,
            "instruments": {},
            "simulated": False,
            "scale": dict(SCALE),
            "notes": [_NOTE],
        },
    )


PRESETS = {name: _published(name) for name in _PUBLISHED}


def preset(name: str) -> Model:
    """Return a published model by name. Raises InputError for another name."""
    return find("published model", name, PRESETS)
