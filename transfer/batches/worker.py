"""Making stimuli: one chunk of the ledger from its claim to its files.

A chunk is always computed whole, also where some of its rows are done already: a stimulus then
never depends on which of its neighbours were finished before an interruption.
"""

from __future__ import annotations

import functools
import io
import logging
import math
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.db import Error as DatabaseError
from django.db import connections

from common.device import choose_device
from common.errors import InputError, PictureError, StorageError
from common.faults import disk_problem
from common.media import keep
from transfer.batches.ledger import RENEWAL, Lease, Ledger, worker_name
from transfer.decoders import Autoencoder, fingerprint_of, load_autoencoders
from transfer.models import Batch, Stimulus

if TYPE_CHECKING:
    from PIL.Image import Image

    from transfer.encoders.architecture import Encoder
    from transfer.methods.engine import Result, Task

logger = logging.getLogger(__name__)
Steps = Callable[[int, int], None]
"""Told the steps done and all steps of the chunk at hand."""


def make(rows: Ledger, progress: Steps | None = None) -> int:
    """Claim those of `rows` (of one chunk) that wait, and make them; give the number claimed.

    What goes wrong is written into the rows. Only an interruption (KeyboardInterrupt, SystemExit)
    and a result that cannot be stored (StorageError) are raised, after the rows were given back.
    """
    lease, claimed = Lease(uuid.uuid4()), 0
    try:
        if rows.claim(worker_name(), lease.token) is None:
            return 0
        claimed = lease.rows.count()
        with kept(lease):
            _make_claimed(lease, progress)
    except StorageError:
        _give_back(lease)
        raise
    except InputError as error:
        lease.fail(_one_line(error))
    except Exception as error:
        if problem := disk_problem(error):
            _give_back(lease)
            raise StorageError(problem) from error
        logger.exception("a chunk could not be made")
        lease.fail_attempt(_one_line(f"{type(error).__name__}: {error}"))
    except BaseException:
        lease.release()
        raise
    return claimed


def _give_back(lease: Lease) -> None:
    """Let the rows wait until the disk has room: it says nothing about the stimuli."""
    try:
        lease.release()
    except DatabaseError:  # the database lies on the same disk: the lease runs out by itself
        logger.warning("the rows at hand cannot be given back; their lease will run out")


@contextmanager
def kept(lease: Lease, every: float = RENEWAL.total_seconds()) -> Iterator[None]:
    """Renew a lease from a thread of its own for as long as the block runs."""
    ended = threading.Event()

    def renew() -> None:
        try:
            while not ended.wait(every):
                try:
                    if not lease.renew():
                        return  # the rows are another's now: there is nothing left to hold
                except DatabaseError as error:
                    logger.warning("a lease could not be renewed, trying again: %s", error)
        finally:
            connections.close_all()  # those of this thread

    thread = threading.Thread(target=renew, name="lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _make_claimed(lease: Lease, progress: Steps | None) -> None:
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


def _tasks(lease: Lease, chunk: Ledger) -> tuple[list[Stimulus], list[Task[Image]]]:
    """The rows of a chunk whose pictures can be read, and a task for each."""
    from common.pictures import read_picture
    from transfer.methods.engine import Task

    rows, tasks = [], []
    for row in chunk.select_related("content").order_by("pk"):
        try:
            content = read_picture(row.content.path)
            styles = [read_picture(style.path) for style in row.style_pictures]
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
    progress: Steps | None,
) -> list[Result[Image]]:
    import torch

    from transfer.methods.stylise import stylise

    # The thread count decides how sums are split, hence the last digits.
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
    """Keep the file, then say so in the row: a row that is done always has its file."""
    from common.pictures import save_png

    image = result.picture
    if image is None:
        # The same input gives the same failure, so there is no second attempt.
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
    """Losses as JSON has them: what is not finite becomes null."""
    return {name: value if math.isfinite(value) else None for name, value in losses.items()}


def _encoder_of(batch: Batch, device: str) -> Encoder:
    """The encoder of a batch, unless its weights are others than at launch."""
    name, fingerprint = batch.recipe["encoder"], batch.recipe["encoder_fingerprint"]
    encoder = loaded_encoder(name, device)
    if encoder.fingerprint != fingerprint:
        raise InputError(
            f"encoder '{name}' has other weights here ({encoder.fingerprint}) than when the batch "
            f"was launched ({fingerprint}): put those weights back, or launch a new batch"
        )
    return encoder


@functools.lru_cache(maxsize=1)
def loaded_encoder(name: str, device: str) -> Encoder:
    """The encoder that this process used last stays in memory for the next chunk."""
    from transfer.encoders import load_encoder

    return load_encoder(name, device=device)


def _autoencoders_of(batch: Batch, row: Stimulus, device: str) -> tuple[Autoencoder, ...]:
    """What the row's method needs beside the encoder, unless it is another than at launch."""
    made_by = {"method": row.method, "parameters": row.parameters}
    wanted = [
        entry["decoders"]
        for entry in batch.recipe.get("methods", [])
        if "decoders" in entry and made_by.items() <= entry.items()
    ]
    if not wanted:
        return ()
    name, layers = batch.recipe["encoder"], tuple(row.parameters["style_layers"])
    found = loaded_autoencoders(name, layers, device)
    if fingerprint_of(found) != wanted[0]:
        raise InputError(
            f"the encoders or decoders of '{name}' have other weights here than when the batch "
            "was launched: put those weights back, or launch a new batch"
        )
    return found


@functools.lru_cache(maxsize=1)
def loaded_autoencoders(name: str, layers: tuple[str, ...], device: str) -> tuple[Autoencoder, ...]:
    """Those that this process used last stay in memory for the next chunk."""
    return load_autoencoders(name, layers, device=device)


def device_name(device: str) -> str:
    """What a person calls the device, with torch's version, which decides the last digits too."""
    import torch

    hardware = torch.cuda.get_device_name() if device == "cuda" else device
    return f"{hardware}, torch {torch.__version__}"[:100]


def _one_line(error: object) -> str:
    return " ".join(str(error).split())[:1000]
