"""The painted styles: kept pictures, and the programs that paint them."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from transfer.samples.art.catalogue import PAINTINGS, Painting, painted_styles
from transfer.samples.art.easel import along, contour_angles

NAMES = [painting.name for painting in PAINTINGS]


def test_it_keeps_six_different_pictures_with_licence_and_source() -> None:
    samples = painted_styles()
    assert len({sample.name for sample in samples}) == 6
    for sample in samples:
        assert min(sample.pixels.shape[:2]) >= 256
        assert sample.pixels.std() > 30
        assert sample.licence.startswith("CC")
        assert sample.source.endswith((".jpg", ".png"))
    means = np.array([sample.pixels.mean((0, 1)) for sample in samples])
    gaps = np.linalg.norm(means[:, None] - means[None], axis=-1)
    assert gaps[np.triu_indices(len(samples), 1)].min() > 10


@pytest.mark.parametrize("painting", PAINTINGS, ids=NAMES)
def test_every_painting_has_its_program(painting: Painting) -> None:
    assert callable(painting.program())


@pytest.mark.parametrize("name", ["pointillism", "stained-glass"])  # the quickest ones
def test_a_program_paints_what_is_kept(name: str) -> None:
    painting = PAINTINGS[NAMES.index(name)]
    kept = painting.sample().pixels
    painted = painting.program()(width=kept.shape[1])
    assert painted.shape == kept.shape
    assert np.abs(painted.astype(float) - kept).mean() < 7  # JPEG; another seed gives over 20


def test_directions_follow_contours() -> None:
    x = np.arange(64)
    stripes = np.tile(0.5 + 0.5 * np.sin(x / 3), (64, 1))  # vertical
    angles, sure = contour_angles(stripes, 3)
    assert np.abs(np.cos(angles[16:48, 16:48])).max() < 0.05
    assert sure[16:48, 16:48].min() > 0.95


def test_averages_along_directions_keep_lines_and_blur_across() -> None:
    noise = np.random.default_rng(0).standard_normal((48, 48))
    lines = along(noise, np.zeros_like(noise), 10)
    assert np.abs(np.diff(lines, axis=1)).mean() < 0.3 * np.abs(np.diff(lines, axis=0)).mean()


def test_the_command_refuses_a_painting_that_does_not_exist(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from transfer.samples.art import __main__ as command

    monkeypatch.setattr("sys.argv", ["art", "fresco"])
    with pytest.raises(SystemExit) as ended:
        command.main()
    assert ended.value.code == 2
    assert "there is no painting fresco" in capsys.readouterr().err


def test_the_command_writes_the_picture(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    from transfer.samples.art import __main__ as command
    from transfer.samples.art import catalogue

    monkeypatch.setattr(catalogue, "PICTURES", tmp_path)
    grey = np.full((20, 30, 3), 128, dtype=np.uint8)
    monkeypatch.setattr(Painting, "program", lambda _: lambda: grey)
    monkeypatch.setattr("sys.argv", ["art", "oil"])
    command.main()
    with Image.open(PAINTINGS[0].path) as image:
        assert image.size == (30, 20)
