"""The maximum mean discrepancy between two sets of vectors, and estimators of its square.

    MMD²(P, Q) = E k(x, x') + E k(y, y') − 2 E k(x, y)

for independent x, x' from P and y, y' from Q: the squared distance of the two distributions' mean
embeddings in the kernel's space (Gretton et al. 2012, "A Kernel Two-Sample Test", JMLR 13,
lemma 6). Vectors are x (…, n, d) and y (…, m, d); leading dimensions are independent problems.
"""

from __future__ import annotations

from torch import Tensor

from transfer.features.kernels import Kernel


def biased(kernel: Kernel, x: Tensor, y: Tensor) -> Tensor:
    """MMD² of the two empirical distributions, (…): never negative, O((n + m)²).

    Source: Gretton et al. 2012, equation 5. This is what a loss over all places of two feature maps
    measures, see docs/maximum-mean-discrepancy.md.
    """
    own = kernel.matrix(x, x).mean(dim=(-1, -2)) + kernel.matrix(y, y).mean(dim=(-1, -2))
    return own - 2 * kernel.matrix(x, y).mean(dim=(-1, -2))


def unbiased(kernel: Kernel, x: Tensor, y: Tensor) -> Tensor:
    """An estimate of MMD² whose mean is MMD², (…); it may be negative. O((n + m)²).

    Source: Gretton et al. 2012, equation 3: without the terms k(x_i, x_i) and k(y_i, y_i).
    """

    def within(values: Tensor) -> Tensor:
        matrix, number = kernel.matrix(values, values), values.shape[-2]
        total = matrix.sum(dim=(-1, -2)) - matrix.diagonal(dim1=-2, dim2=-1).sum(dim=-1)
        return total / (number * (number - 1))

    return within(x) + within(y) - 2 * kernel.matrix(x, y).mean(dim=(-1, -2))


def paired_terms(kernel: Kernel, x: Tensor, y: Tensor) -> Tensor:
    """H of each two neighbours, (…, n, d) twice → (…, ⌊n/2⌋).

    h = k(x₁, x₂) + k(y₁, y₂) − k(x₁, y₂) − k(x₂, y₁) for the first and second of a pair; a last
    vector without a partner is left out.

    Source: Gretton et al. 2012, equation 4 (h) and lemma 14 (its use on disjoint pairs);
    "Style Representation", equation 1.6.
    """
    count = x.shape[-2] // 2 * 2
    x1, x2 = x[..., 0:count:2, :], x[..., 1:count:2, :]
    y1, y2 = y[..., 0:count:2, :], y[..., 1:count:2, :]
    own = kernel.pairs(x1, x2) + kernel.pairs(y1, y2)
    return own - kernel.pairs(x1, y2) - kernel.pairs(x2, y1)


def linear_time(kernel: Kernel, x: Tensor, y: Tensor) -> Tensor:
    """The average of h over disjoint pairs, (…): unbiased for MMD² in O(n), n = m.

    Source: Gretton et al. 2012, lemma 14.
    """
    return paired_terms(kernel, x, y).mean(dim=-1)


def paired_loss(kernel: Kernel, image: Tensor, style: Tensor) -> Tensor:
    """Equation 1.6 of "Style Representation" for feature maps (N, C, H, W) of one size, (N,).

    Every channel is a sample of numbers; neighbours in reading order are pairs; h is *added* over
    channels and pairs. The pairs are always the same places of the two maps, so the places of the
    image are pulled towards single places of the style: the loss rebuilds the style picture instead
    of its distribution, which is what that chapter reports (§1.4, figure 1.7).
    """
    x, y = style.flatten(2)[..., None], image.flatten(2)[..., None]
    return paired_terms(kernel, x, y).sum(dim=(1, 2))
