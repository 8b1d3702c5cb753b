"""The reference basis: the file in the repository, those that are made, and what headers tell."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from common.console import run
from metrics.__main__ import COMMANDS
from metrics.effectiveness import reference
from metrics.effectiveness.basis import build
from metrics.effectiveness.basis_file import read_basis, write_basis
from metrics.effectiveness.divergence import measure
from metrics.effectiveness.known_bases import (
    COMMITTED,
    REFERENCE,
    REFERENCE_SIZE,
    known_bases,
    known_basis,
    read_header,
)
from metrics.effectiveness.reference import build_reference, kept_reference, reference_basis
from tests.metrics.pictures import small_encoder, textured
from transfer import encoders
from transfer.encoders import DEFAULT_ENCODER, load_encoder

REMAKE = (
    f"python -m metrics basis --bundled --encoder {DEFAULT_ENCODER} --out "
    f"metrics/effectiveness/bases/{DEFAULT_ENCODER}-{REFERENCE_SIZE}.safetensors"
)


def test_making_the_basis_of_the_default_encoder_again_gives_the_same_scale() -> None:
    encoder = load_encoder(DEFAULT_ENCODER)
    kept = kept_reference(encoder, REFERENCE_SIZE)
    assert kept is not None, f"the encoder has no basis in the repository, make one: {REMAKE}"
    again = build_reference(encoder, REFERENCE_SIZE)
    assert again.ranks() == kept.ranks() and again.made_from == kept.made_from == REFERENCE
    if again.fingerprint != kept.fingerprint:  # another processor may round otherwise
        for layer, one in again.layers.items():
            scale = one.covariance.diagonal().max()
            assert (one.covariance - kept.layers[layer].covariance).abs().max() < 1e-5 * scale
    style, image = textured(2, 144, 128), textured(1, 144, 128)
    (first,), (second,) = (measure([image], style, encoder, each) for each in (kept, again))
    for layer, effect in first.items():
        assert abs(effect.value - second[layer].value) < 1e-4


def test_the_basis_in_the_repository_is_small() -> None:
    files = list(COMMITTED.glob("*.safetensors"))
    assert files and all(file.stat().st_size < 600_000 for file in files)


def test_other_encoders_and_sizes_get_theirs_on_first_use(tmp_path: Path) -> None:
    encoder = small_encoder(3, name="mine")
    steps: list[int] = []
    made = reference_basis(encoder, 64, tmp_path, steps.append)
    assert steps == [1, 2, 3, 4] and made.made_from == REFERENCE
    again = reference_basis(encoder, 64, tmp_path, steps.append)
    assert again.fingerprint == made.fingerprint and len(steps) == 4
    reference_basis(encoder, 96, tmp_path)
    reference_basis(small_encoder(4, name="mine"), 64, tmp_path)
    names = sorted(path.name for path in (tmp_path / "bases").iterdir())
    assert names == [f"mine-{n}-reference.safetensors" for n in ("3-64", "3-96", "4-64")]


def test_all_use_the_one_that_was_written_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two workers round otherwise: the second must not measure on a scale of its own."""
    encoder = small_encoder(3, name="mine")
    both = threading.Barrier(2)
    real = build_reference
    seeds = iter((0, 1))

    def other_bits(*_: object) -> object:
        shifted = build([textured(20 + next(seeds))], encoder, size=64, made_from=REFERENCE)
        both.wait(30)
        return shifted

    monkeypatch.setattr(reference, "build_reference", other_bits)
    found: list[str] = []
    threads = [
        threading.Thread(
            target=lambda: found.append(reference_basis(encoder, 64, tmp_path).fingerprint)
        )
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 2 and len(set(found)) == 1
    assert found[0] != real(encoder, 64).fingerprint


def test_headers_are_read_without_the_tensors(tmp_path: Path) -> None:
    basis = build([textured(1)], small_encoder(2, name="x"), size=64, made_from="one picture")
    (tmp_path / "bases").mkdir()
    path = tmp_path / "bases" / "x.safetensors"
    write_basis(basis, path)
    found = read_header(path)
    assert found is not None
    assert (found.encoder, found.encoder_fingerprint, found.size) == ("x", "x:2", 64)
    assert (found.fingerprint, found.made_from) == (basis.fingerprint, "one picture")
    assert known_basis(basis.fingerprint[:16], tmp_path) == found
    assert known_basis(basis.fingerprint[:16], None) is None
    assert read_basis(path).made_from == "one picture"


@pytest.mark.parametrize(
    "content", [b"", b"\xff" * 64, b"\x04\0\0\0\0\0\0\0[1] ", b"\x02\0\0\0\0\0\0\0{}"]
)
def test_files_that_are_no_bases_are_left_out(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bases").mkdir()
    (tmp_path / "bases" / "x.safetensors").write_bytes(content)
    assert [basis.path.parent for basis in known_bases(tmp_path)] == [COMMITTED]


def metrics(*arguments: object) -> int:
    return run("metrics", "", COMMANDS, [str(argument) for argument in arguments])


def test_the_command_makes_it_and_effectiveness_uses_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(encoders, "load_encoder", lambda name, **_: small_encoder(name=name))
    textured(10).save(tmp_path / "style.png")
    textured(4).save(tmp_path / "image.png")
    out = tmp_path / "basis.safetensors"
    assert metrics("basis", "--bundled", "--size", 64, "--out", out, "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["size"], answer["pictures"]) == (64, 4)
    assert read_basis(out).made_from == REFERENCE
    command = ["effectiveness", "--style", tmp_path / "style.png"]
    command += ["--image", tmp_path / "image.png", "--json"]
    assert metrics(*command) == 0
    said = capsys.readouterr()
    assert "basis: made from the bundled photographs" in said.err
    (row,) = json.loads(said.out)
    (expected,) = measure(
        [textured(4)],
        textured(10),
        small_encoder(name="compact"),
        build_reference(small_encoder(name="compact"), REFERENCE_SIZE),
    )
    assert row["E1"] == pytest.approx(expected["relu1_1"].value, abs=1e-9)


def test_without_a_basis_the_default_encoder_uses_the_one_in_the_repository(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    textured(10).save(tmp_path / "style.png")
    textured(4).save(tmp_path / "image.png")
    command = ["effectiveness", "--style", tmp_path / "style.png"]
    command += ["--image", tmp_path / "image.png", "--json"]
    assert metrics(*command) == 0
    first = capsys.readouterr()
    assert not first.err
    named = next(basis.path for basis in known_bases(None))
    assert metrics(*command, "--basis", named) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(first.out)


def test_pictures_measured_together_have_the_numbers_of_each_alone(tmp_path: Path) -> None:
    from metrics.statistics.base import Sample
    from metrics.statistics.instruments.effectiveness import EffectivenessInstrument

    encoder = small_encoder()
    basis = build([textured(1)], encoder, size=64)
    textured(10).save(tmp_path / "style.png")
    samples = []
    for seed, width in ((1, 72), (2, 72), (3, 80), (4, 72)):
        path = tmp_path / f"{seed}.png"
        textured(seed, width).save(path)
        samples.append(Sample(path, width, tmp_path / "style.png"))
    (tmp_path / "bad.png").write_text("no picture")
    samples.insert(1, Sample(tmp_path / "bad.png", 72, tmp_path / "style.png"))
    instrument = EffectivenessInstrument(encoder, basis)
    assert not instrument.batched
    alone = list(instrument.measure_many(samples))
    instrument.batched = True
    together = list(instrument.measure_many(samples))
    assert isinstance(alone[1], Exception) and str(alone[1]) == str(together[1])
    for one, other in zip(alone[:1] + alone[2:], together[:1] + together[2:], strict=True):
        for name, value in one.items():
            assert other[name].value == pytest.approx(value.value, abs=1e-5)
