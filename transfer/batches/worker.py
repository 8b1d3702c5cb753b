"""Make the stimuli of one chunk: claim its rows, compute the pictures, store the files.

A chunk is always computed as a whole, even if some of its rows are done, so that a stimulus does
not depend on which rows were finished before an interruption.
"""

from __future__ import annotations

import io
import logging
import math
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.db import Error as DatabaseError
from django.db import OperationalError, connections

from common.device import choose_device
from common.errors import InputError, MachineError, PictureError, StorageError, WeightsError
from common.faults import disk_problem
from common.media import keep
from common.pictures import read_picture, save_png
from transfer.decoders import Autoencoder, fingerprint_of, loaded_autoencoders
from transfer.encoders import loaded_encoder
from transfer.models import Batch, Stimulus
from transfer.models.ledger import RENEWAL, Lease, Ledger, worker_name

if TYPE_CHECKING:
    from PIL.Image import Image

    from transfer.encoders.architecture import Encoder
    from transfer.methods.engine import Result, Task
    from transfer.methods.stylise import ReportSteps

logger = logging.getLogger(__name__)
_OF_THE_MACHINE = (WeightsError, MemoryError, ImportError, OSError, OperationalError)
"""Errors that are not caused by a stimulus: missing files and libraries, too little memory, a
database that does not answer."""


def make(rows: Ledger[Stimulus], progress: ReportSteps | None = None) -> int:
    """Claim and make those of `rows` (all of one chunk) that wait. Returns their number.

    Errors of the stimuli are written into the rows. Others are raised after the rows were released:
    an interruption (KeyboardInterrupt, SystemExit), results that cannot be stored (StorageError),
    and work that this machine cannot do (MachineError). Another worker may then make the rows.
    """
    lease, claimed = Lease(Stimulus.objects.all()), 0
    try:
        if rows.claim(worker_name(), lease.token) is None:
            return 0
        claimed = lease.rows.count()
        with kept(lease):
            _make_claimed(lease, progress)
    except (StorageError, MachineError) as error:
        _give_back(lease, error)
        raise
    except _OF_THE_MACHINE as error:
        raise _put_back(lease, error) from error
    except InputError as error:
        lease.fail(_one_line(error))
    except Exception as error:
        if _is_lack_of_memory(error) or disk_problem(error):
            raise _put_back(lease, error) from error
        logger.exception("a chunk could not be made")
        lease.fail_attempt(_one_line(f"{type(error).__name__}: {error}"))
    except BaseException:
        lease.release()
        raise
    return claimed


def _give_back(lease: Lease, error: object) -> None:
    """Release the rows: they wait until the disk has space or another machine makes them."""
    try:
        lease.release(_one_line(error))
    except DatabaseError:  # the database is on the same disk: the lease will expire
        logger.warning("rows cannot be released; their lease will expire")


def _put_back(lease: Lease, error: Exception) -> InputError:
    """Release the rows, and return the error that names what the machine or its disk lacks."""
    reason: InputError
    if problem := disk_problem(error):
        reason = StorageError(problem)
    elif isinstance(error, OperationalError):
        reason = StorageError(f"the database cannot be used: {_one_line(error)}")
    else:
        kind = "" if isinstance(error, InputError) else f"{type(error).__name__}: "
        reason = MachineError(f"this machine cannot make it: {kind}{_one_line(error)}")
    _give_back(lease, reason)
    return reason


@contextmanager
def kept(lease: Lease, every: float = RENEWAL.total_seconds()) -> Iterator[None]:
    """Renew a lease in a separate thread while the block runs."""
    ended = threading.Event()

    def renew() -> None:
        try:
            while not ended.wait(every):
                try:
                    if not lease.renew():
                        return  # other workers hold the rows now
                except DatabaseError as error:
                    logger.warning("a lease could not be renewed, trying again: %s", error)
        finally:
            connections.close_all()  # of this thread

    thread = threading.Thread(target=renew, name="lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _make_claimed(lease: Lease, progress: ReportSteps | None) -> None:
    mine = list(lease.rows.select_related("batch"))
    batch, chunk = mine[0].batch, mine[0].chunk
    assert all((row.batch_id, row.chunk) == (batch.pk, chunk) for row in mine)
    device = choose_device("auto")  # CUDA_VISIBLE_DEVICES= hides the GPU
    encoder = _encoder_of(batch, device)
    lease.rows.update(device=device_name(device))
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
            lease.fail(_one_line(error), [row.pk])
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
    import torch

    from transfer.methods.stylise import stylise

    # The number of threads decides how sums are split, and so the last digits.
    torch.set_num_threads(batch.recipe["threads"])
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
        lease.fail(_one_line(result.error or "the method gave no picture"), [row.pk])
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


def device_name(device: str) -> str:
    """The name of the device with torch's version, which also decides the last digits."""
    import torch

    hardware = torch.cuda.get_device_name() if device == "cuda" else device
    return f"{hardware}, torch {torch.__version__}"[:100]


def _is_lack_of_memory(error: Exception) -> bool:
    """Whether torch found no memory; on the CPU it raises no error of its own for that."""
    text = str(error)
    return isinstance(error, RuntimeError) and (
        "out of memory" in text or "allocate memory" in text
    )


def _one_line(error: object) -> str:
    return " ".join(str(error).split())[:1000]
