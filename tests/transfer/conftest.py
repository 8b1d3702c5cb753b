"""Small pictures and records for the tests of transfer."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from common.errors import InputError


def draw(path: Path, seed: int = 0, size: tuple[int, int] = (40, 32)) -> Path:
    """Write a picture of coloured blocks; every seed gives another one."""
    blocks = np.random.default_rng(seed).integers(0, 256, (4, 5, 3), dtype=np.uint8)
    Image.fromarray(blocks).resize(size, Image.Resampling.NEAREST).save(path)
    return path


def annotate(path: Path, boundaries: np.ndarray | None = None, size=(40, 32), **options) -> Path:
    """Write a BSDS500 annotation of one person; by default one with a line from top to bottom."""
    if boundaries is None:
        boundaries = np.zeros(size[::-1], dtype=np.uint8)
        boundaries[:, size[0] // 2] = 1
    person = np.zeros((1, 1), dtype=[("Segmentation", "O"), ("Boundaries", "O")])
    person["Segmentation"][0, 0] = np.ones(boundaries.shape, dtype=np.uint16)
    person["Boundaries"][0, 0] = boundaries
    cell = np.empty((1, 1), dtype=object)
    cell[0, 0] = person
    savemat(path, {"groundTruth": cell}, **options)
    return path


def stored_files(media: Path) -> list[Path]:
    """The files below a MEDIA_ROOT."""
    return sorted(path for path in media.rglob("*") if path.is_file())


@pytest.fixture
def media(settings, tmp_path) -> Path:
    """An empty MEDIA_ROOT."""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.MEDIA_ROOT.mkdir()
    return settings.MEDIA_ROOT


@pytest.fixture
def picture(db, media, tmp_path) -> Callable:
    """Make a stored picture: picture("content", "sea", seed=1)."""
    from transfer.batches.import_pictures import store_picture
    from transfer.models import Picture

    def make(role: str, name: str = "picture", seed: int = 0, size=(40, 32)) -> Picture:
        path = draw(
            tmp_path / f"{role}-{name}-{seed}.png", seed=2 * seed + (role == "style"), size=size
        )
        return store_picture(path, role, name=name).picture

    return make


@pytest.fixture
def batch(picture) -> Callable:
    """Make a batch with waiting stimuli, `chunk` of them to a chunk."""
    from transfer.models import Batch, Stimulus

    def make(stimuli: int = 4, chunk: int = 2, name: str = "trial", **recipe) -> Batch:
        content, style = picture("content", "sea"), picture("style", "waves", seed=1)
        made = Batch.objects.create(name=name, recipe=recipe or {"size": 40})
        for number in range(stimuli):
            row = Stimulus.objects.create(
                batch=made,
                recipe_key=f"{number:064}",
                chunk=number // chunk,
                content=content,
                method="gatys",
                seed=number,
            )
            row.styles.add(style)
        return made

    return make


@dataclass
class FakeEngine:
    """A replacement for the methods that returns at once and records its calls."""

    calls: list[dict] = field(default_factory=list)
    trouble: BaseException | None = None
    bad_seed: int | None = None
    fingerprint: str = "fake:1"
    missing_layers: set[str] = field(default_factory=set)

    @staticmethod
    def resolve_parameters(key: str, overrides, *, encoder: str = "") -> dict:
        defaults = {
            "gatys": {"style_weight": 1.0, "iterations": 10, "style_layers": ["relu4_1"]},
            "weightless": {"alpha": 0.5},
        }
        if key not in defaults:
            raise InputError(f"unknown method '{key}': use one of {', '.join(defaults)}")
        if unknown := set(overrides) - set(defaults[key]):
            raise InputError(f"method '{key}' has no parameter '{unknown.pop()}'")
        return defaults[key] | {name: float(value) for name, value in overrides.items()}

    def require(self, layers) -> None:
        if missing := set(layers) & self.missing_layers:
            raise InputError(f"encoder 'compact' reaches only relu3_4, {missing.pop()} was asked")

    def stylise(self, method, tasks, **options) -> list:
        self.calls.append({"method": method, "seeds": [task.seed for task in tasks], **options})
        if self.trouble is not None:
            raise self.trouble
        return [self.result(task) for task in tasks]

    def result(self, task) -> SimpleNamespace:
        if task.seed == self.bad_seed:
            return SimpleNamespace(picture=None, losses={}, seconds=0.1, error="it diverged")
        image = Image.blend(task.content, task.styles[0].resize(task.content.size), 0.5)
        losses = {"content": 1.5, "style": float("nan")}
        return SimpleNamespace(picture=image, losses=losses, seconds=0.1, error="")


@pytest.fixture
def engine(monkeypatch) -> FakeEngine:
    """A method engine and an encoder that compute nothing."""
    import transfer.batches.estimate
    import transfer.batches.launch
    import transfer.batches.worker
    import transfer.methods
    import transfer.views.methods  # imported now, it keeps the real methods

    fake = FakeEngine()
    module = ModuleType("transfer.methods.stylise")
    module.stylise = fake.stylise
    monkeypatch.setitem(sys.modules, "transfer.methods.stylise", module)
    methods = {
        key: SimpleNamespace(name=key.title(), needs_decoder=False, needs_content=True)
        for key in ("gatys", "weightless")
    }
    monkeypatch.setattr(transfer.methods, "METHODS", methods, raising=False)
    monkeypatch.setattr(transfer.batches.launch, "METHODS", methods)
    monkeypatch.setattr(
        transfer.methods, "parameter_names", lambda key: fake.resolve_parameters(key, {})
    )
    monkeypatch.setattr(
        transfer.methods, "resolve_parameters", fake.resolve_parameters, raising=False
    )

    def encoder(name: str) -> SimpleNamespace:
        found = SimpleNamespace(
            name=name, fingerprint=fake.fingerprint, deepest="relu5_1", require=fake.require,
            widths={"relu1_1": 16}, padding="zero",
        )  # fmt: skip
        found.to = lambda device: found
        return found

    monkeypatch.setattr(transfer.batches.estimate, "loaded_encoder", encoder)
    monkeypatch.setattr(transfer.batches.launch, "loaded_encoder", encoder)
    monkeypatch.setattr(transfer.batches.worker, "loaded_encoder", encoder)
    return fake


@pytest.fixture
def order(picture) -> Callable:
    """Make an order of two contents, two styles and the method gatys, with changes."""
    from transfer.batches.launch import Order

    def make(**changes) -> Order:
        contents = [picture("content", name, seed=number) for number, name in enumerate("ab")]
        styles = [picture("style", name, seed=number) for number, name in enumerate("xy")]
        wishes = {"name": "trial", "methods": ["gatys"], "contents": contents, "styles": styles}
        return Order(**wishes | {"size": 40, "threads": 1} | changes)

    return make
