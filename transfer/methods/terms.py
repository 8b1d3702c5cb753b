"""Content and style terms with the weight that each normalisation gives them."""

from __future__ import annotations

from collections.abc import Sequence

from transfer.encoders.layout import LAYERS, VGG19_WIDTHS
from transfer.methods.base import Descent, Reduction, Term

PER_RELATIVE_UNIT = 100.0
"""The style_weight that counts as much as the content weight 1, where terms are relative. Ours,
by eye: at 1000 style is strong and content is kept, in the middle of the paper's 50…1950."""

_CHANNELS = dict(zip(LAYERS, VGG19_WIDTHS, strict=True))
_CONTENT: dict[str, tuple[float, Reduction]] = {
    "relative": (1.0, "relative"),
    "gatys": (1.0, "mean"),
    "paper": (0.5, "sum"),  # Gatys et al. 2016, equation 1 (seed 003)
}


def content_terms(parameters: Descent) -> tuple[Term, ...]:
    """The squared distance of the features at the content layer."""
    factor, reduction = _CONTENT[parameters.normalisation]
    weight = parameters.content_weight * factor
    return (Term("features", (parameters.content_layer,), weight, reduction),)


def style_terms(
    statistic: str, groups: Sequence[tuple[str, ...]], parameters: Descent
) -> tuple[Term, ...]:
    """A term of `statistic` for each of `groups`: (layer,), or (finer layer, coarser layer)."""
    shares = parameters.layer_weights or (1.0,) * len(groups)
    total = sum(shares)
    return tuple(
        _style_term(statistic, group, parameters, share, total)
        for group, share in zip(groups, shares, strict=True)
    )


def _style_term(
    statistic: str, group: tuple[str, ...], parameters: Descent, share: float, total: float
) -> Term:
    weight = parameters.style_weight * share
    if parameters.normalisation == "relative":
        return Term(statistic, group, weight / (PER_RELATIVE_UNIT * total), "relative")
    if parameters.normalisation == "paper":
        # Equation 4: 1/(4 N² M²) Σ (G − A)², where G and A add over M places, is a quarter of the
        # mean square of those that average over them; w_l = 1/5 (§3) is `total`.
        return Term(statistic, group, weight / (4 * total), "mean")
    return Term(statistic, group, weight / (_CHANNELS[group[0]] * _CHANNELS[group[-1]]), "mean")
