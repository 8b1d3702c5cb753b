from __future__ import annotations

import torch

from transfer.features.instance_norm import adapt, channel_statistics


def maps(seed: int, height: int = 9, width: int = 11) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.relu(torch.randn(2, 5, height, width, generator=generator) * 3 + 1)


def test_the_result_has_the_styles_means_and_deviations() -> None:
    content, style = maps(0), maps(1, 6, 7) * 0.2
    result = channel_statistics(adapt(content, channel_statistics(style)))
    wanted = channel_statistics(style)
    torch.testing.assert_close(result.mean, wanted.mean, atol=1e-5, rtol=0)
    torch.testing.assert_close(result.deviation, wanted.deviation, atol=1e-5, rtol=0)


def test_statistics_are_means_and_deviations_over_places() -> None:
    features = maps(2)
    values = features.flatten(2).numpy()
    found = channel_statistics(features)
    torch.testing.assert_close(found.mean.flatten(1), torch.tensor(values.mean(axis=2)))
    torch.testing.assert_close(found.deviation.flatten(1), torch.tensor(values.std(axis=2, ddof=1)))


def test_its_own_statistics_change_nothing() -> None:
    features = maps(3)
    torch.testing.assert_close(adapt(features, channel_statistics(features)), features)


def test_a_dead_channel_stays_constant() -> None:
    content, style = maps(4), maps(5)
    content[:, 0] = 0.3
    result = adapt(content, channel_statistics(style))
    assert result.isfinite().all()
    assert result[:, 0].std(dim=(1, 2)).max() < 1e-6
    torch.testing.assert_close(result[:, 0].mean(dim=(1, 2)), style[:, 0].mean(dim=(1, 2)))


def test_one_position_is_enough() -> None:
    result = adapt(maps(6, 1, 1), channel_statistics(maps(7, 1, 1)))
    torch.testing.assert_close(result, maps(7, 1, 1))
