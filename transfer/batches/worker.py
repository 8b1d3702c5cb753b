"""Make the stimuli of one chunk: claim its rows, compute the pictures, store the files.

A chunk is always computed as a whole, even if some of its rows are done, so that a stimulus does
not depend on which rows were finished before an interruption.
"""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from common.device import choose_device
from common.errors import MachineError, PictureError
from common.media import keep
from common.pictures import read_picture, save_png
from common.threads import threads
from transfer.batches.claimed import device_name, one_line, work_on
from transfer.batches.presence import tell_device
from transfer.decoders import Autoencoder, fingerprint_of, loaded_autoencoders
from transfer.encoders import loaded_encoder
from transfer.models import Batch, Stimulus
from transfer.models.ledger import Lease, Ledger

if TYPE_CHECKING:
    from PIL.Image import Image

    from transfer.encoders.architecture import Encoder
    from transfer.methods.engine import Result, Task
    from transfer.methods.stylise import ReportSteps


def make(rows: Ledger[Stimulus], progress: ReportSteps | None = None) -> int:
    """Claim and make those of `rows` (all of one chunk) that wait. Returns their number.

    Errors of the stimuli are written into the rows. Others are raised after the rows were released:
    an interruption (KeyboardInterrupt, SystemExit), results that cannot be stored (StorageError),
    and work that this machine cannot do (MachineError). Another worker may then make the rows.
    """
    return work_on(rows, lambda lease: _make_claimed(lease, progress))


def _make_claimed(lease: Lease, progress: ReportSteps | None) -> None:
    mine = list(lease.rows.select_related("batch"))
    if not mine:  # cancelled since they were claimed
        return
    batch, chunk = mine[0].batch, mine[0].chunk
    assert all((row.batch_id, row.chunk) == (batch.pk, chunk) for row in mine)
    device = choose_device("auto")  # CUDA_VISIBLE_DEVICES= hides the GPU
    encoder = _encoder_of(batch, device)
    name = device_name(device)
    lease.rows.update(device=name)
    tell_device(name)
    rows, tasks = _tasks(lease, batch.stimuli.filter(chunk=chunk))
    if not tasks:
        return
    results = _stylise(batch, rows[0], tasks, encoder, device, progress)
    held = {row.pk for row in mine}
    for row, result in zip(rows, results, strict=True):
        if row.pk in held:
            _write(lease, row, result)


def _tasks(lease: Lease, chunk: Ledger[Stimulus]) -> tuple[list[Stimulus], list[Task[Image]]]:
    """The rows of a chunk whose pictures can be read, and the task of each."""
    from transfer.methods.engine import Task

    rows, tasks = [], []
    for row in chunk.select_related("content").order_by("pk"):
        try:
            styles = [read_picture(style.path) for style in row.style_pictures]
            content = read_picture(row.content.path) if row.content else styles[0]
        except PictureError as error:
            lease.fail(one_line(error), [row.pk])
            continue
        rows.append(row)
        tasks.append(Task(content=content, styles=styles, seed=row.seed))
    return rows, tasks


def _stylise(
    batch: Batch,
    row: Stimulus,
    tasks: list[Task[Image]],
    encoder: Encoder,
    device: str,
    progress: ReportSteps | None,
) -> list[Result[Image]]:
    from transfer.methods.stylise import stylise

    with threads(batch.recipe["threads"]):
        return stylise(
            row.method,
            tasks,
            encoder=encoder,
            parameters=row.parameters,
            size=batch.recipe["size"],
            autoencoders=_autoencoders_of(batch, row, device),
            precision=batch.recipe["precision"],
            progress=progress,
        )


def _write(lease: Lease, row: Stimulus, result: Result[Image]) -> None:
    """Store the file, then mark the row: a row that is done always has its file."""
    image = result.picture
    if image is None:
        # A second attempt with the same input would fail, too.
        lease.fail(one_line(result.error or "the method gave no picture"), [row.pk])
        return
    content = io.BytesIO()
    save_png(image, content)
    name, sha256 = keep("stimuli", ".png", content.getvalue())
    lease.finish(
        row.pk,
        {
            "file": name,
            "sha256": sha256,
            "width": image.width,
            "height": image.height,
            "losses": finite(result.losses),
            "seconds": result.seconds,
        },
    )


def finite(losses: Mapping[str, float]) -> dict[str, float | None]:
    """Losses for JSON: values that are not finite become null."""
    return {name: value if math.isfinite(value) else None for name, value in losses.items()}


def _encoder_of(batch: Batch, device: str) -> Encoder:
    """The encoder of a batch. Raises MachineError if its weights differ from those at launch."""
    name, fingerprint = batch.recipe["encoder"], batch.recipe["encoder_fingerprint"]
    encoder = loaded_encoder(name)
    if encoder.fingerprint != fingerprint:
        raise MachineError(
            f"encoder '{name}' has other weights here ({encoder.fingerprint}) than when the batch "
            f"was launched ({fingerprint}): restore those weights, or launch a new batch"
        )
    return encoder.to(device)


def _autoencoders_of(batch: Batch, row: Stimulus, device: str) -> tuple[Autoencoder, ...]:
    """The decoders of a row's method. Raises MachineError if they differ from those at launch."""
    made_by = {"method": row.method, "parameters": row.parameters}
    wanted = [
        entry["decoders"]
        for entry in batch.recipe.get("methods", [])
        if "decoders" in entry and made_by.items() <= entry.items()
    ]
    if not wanted:
        return ()
    name, layers = batch.recipe["encoder"], tuple(row.parameters["style_layers"])
    found = loaded_autoencoders(name, layers)
    if fingerprint_of(found) != wanted[0]:
        raise MachineError(
            f"the encoders or decoders of '{name}' have other weights here than when the batch "
            "was launched: restore those weights, or launch a new batch"
        )
    for one in found:
        one.encoder.to(device)
        one.decoder.to(device)
    return found
