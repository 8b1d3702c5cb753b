"""Files that list SHA-256 sums, in the formats of several programs."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from common.checksums import listed_sha256, sha256_of

SUM = hashlib.sha256(b"weights").hexdigest()
OTHER = hashlib.sha256(b"other").hexdigest()
POWERSHELL = (
    "\r\nAlgorithm       Hash                                        Path\r\n"
    "---------       ----                                        ----\r\n"
    f"SHA256          {SUM.upper()}       C:\\w.pth\r\n\r\n"
)


@pytest.mark.parametrize(
    "data",
    [
        f"{SUM}  w.pth\n".encode(),
        f"{SUM} *w.pth\r\n".encode(),
        f"\ufeff{SUM.upper()}".encode(),
        f"SHA256 (w.pth) = {SUM}\n".encode(),
        f"{SUM.upper()} *w.pth\r\n".encode("utf-16"),
        b"\xfe\xff" + f"{SUM} *w.pth\r\n".encode("utf-16-be"),
        f"{SUM} *w.pth\r\n".encode("utf-16-le"),
        POWERSHELL.encode("utf-16"),
        f"{OTHER}  not-w.pth\n{SUM}  w.pth\n".encode(),
        f"{SUM}  renamed.pth\n".encode(),
        "Prüfsumme ".encode("latin-1") + SUM.encode(),
    ],
)
def test_it_finds_the_sum(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "w.pth.sha256").write_bytes(data)
    assert listed_sha256(tmp_path / "w.pth.sha256", "w.pth") == SUM


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"sha256?", SUM[:-1].encode(), b"f" * 65])
def test_it_finds_no_sum_for_another_name(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "w.pth.sha256").write_bytes(data)
    assert listed_sha256(tmp_path / "w.pth.sha256", "w.pth") == ""


def test_it_sums_a_file(tmp_path: Path) -> None:
    (tmp_path / "w").write_bytes(b"weights")
    assert sha256_of(tmp_path / "w") == SUM
