"""A Ray cluster as the engine of tasks: actors that work on the ledger, one per GPU or per core.

Ray only starts and places the processes. Which rows are worked on, by whom, and how often, is
decided by the ledger, so an actor, a machine or the whole cluster may be lost at any time.

Ray is imported when a cluster is used: it is optional (requirements-ray.txt).
"""

from __future__ import annotations

import importlib.util
import logging
import socket
import uuid
from typing import TYPE_CHECKING, Any

from django.conf import settings

from common.errors import InputError
from common.threads import ONE_THREAD
from transfer.batches.ray_actor import LedgerActor

if TYPE_CHECKING:
    from ray.actor import ActorHandle

NAMESPACE = "ecspace"
PREFIX = "worker-"
_OBJECTS = 100 * 1024 * 1024  # bytes


class ClusterError(InputError):
    """The Ray cluster cannot be used."""


def connect() -> None:
    """Connect to the cluster at RAY_ADDRESS; without that start one on this machine.

    A cluster that was started here ends with this process.

    Raises:
        ClusterError: Ray is not installed, or no cluster answers.

    """
    if importlib.util.find_spec("ray") is None:
        raise ClusterError("Ray is not installed: pip install -r requirements-ray.txt")
    import ray

    if ray.is_initialized():
        return
    address = settings.RAY_ADDRESS
    _probe(address)
    # Results are numbers, so a local cluster needs little of the memory that Ray would take.
    local = {} if address else {"include_dashboard": False, "object_store_memory": _OBJECTS}
    try:
        ray.init(
            address=address or "local",
            namespace=NAMESPACE,
            log_to_driver=False,
            logging_level=logging.ERROR,
            **local,
        )
    except (ConnectionError, RuntimeError, ValueError, OSError, TimeoutError) as error:
        raise _unusable(error) from error


def _probe(address: str) -> None:
    """Refuse an address where nothing listens; Ray itself would try for minutes."""
    host, _, port = address.rpartition("://")[2].rpartition(":")
    if not host or not port.isdigit():  # none, or a word of Ray's own such as auto
        return
    try:
        socket.create_connection((host, int(port)), timeout=10).close()
    except OSError as error:
        raise _unusable(error) from error


def _unusable(error: Exception) -> ClusterError:
    address = settings.RAY_ADDRESS
    where = f"at RAY_ADDRESS={address}" if address else "on this machine"
    said = " ".join(str(error).split())[:200]
    return ClusterError(
        f"the Ray cluster {where} cannot be used: {said}; check the address and that `ray start` "
        "ran there with the same version of Ray. Rows wait meanwhile"
    )


def check_machine() -> None:
    """Check that the cluster still has this machine.

    Without the process that manages it (the raylet), calls of actors wait and never fail.

    Raises:
        ClusterError: the cluster counts this machine as lost, or does not answer.

    """
    import ray

    here = ray.get_runtime_context().get_node_id()
    try:
        lost = any(one["NodeID"] == here and not one["Alive"] for one in ray.nodes())
    except (ray.exceptions.RayError, ConnectionError, RuntimeError, TimeoutError) as error:
        raise _unusable(error) from error
    if lost:
        raise ClusterError(
            "the Ray cluster has lost this machine, whose raylet does not answer: rows wait; start "
            "Ray here again (`ray start`), if RAY_ADDRESS names a cluster, then ray_workers"
        )


def actors() -> dict[str, ActorHandle]:
    """The actors of the cluster by name, those of other programs as well."""
    import ray

    named = ray.util.list_named_actors(all_namespaces=True)
    names = [
        one["name"]
        for one in named
        if one["namespace"] == NAMESPACE and one["name"].startswith(PREFIX)
    ]
    found = {}
    for name in sorted(names):
        try:
            found[name] = ray.get_actor(name, namespace=NAMESPACE)
        except ValueError:  # it has ended meanwhile
            continue
    return found


def room() -> int:
    """How many actors the whole cluster has room for."""
    import ray

    resources = ray.cluster_resources()
    if gpus := int(resources.get("GPU", 0)):
        return gpus
    return max(1, int(resources.get("CPU", 1)) // settings.RAY_CORES)


def start_actor() -> tuple[str, ActorHandle]:
    """Start an actor, which Ray starts again when it or its machine is lost.

    It outlives this process, unless the cluster is of this process, and ends by `end_actor`.
    """
    import ray

    name = f"{PREFIX}{uuid.uuid4().hex[:12]}"
    gpu = ray.cluster_resources().get("GPU", 0) >= 1
    # Passwords stay out: each machine of the cluster has its own environment, as a worker has.
    environment = ONE_THREAD | {"PYTHONPATH": str(settings.BASE_DIR)}
    remote: Any = ray.remote(LedgerActor)
    handle = remote.options(
        name=name,
        namespace=NAMESPACE,
        lifetime="detached",
        num_cpus=settings.RAY_CORES,
        num_gpus=1 if gpu else 0,
        max_restarts=-1,
        max_task_retries=0,  # the ledger decides about a further attempt
        runtime_env={"env_vars": environment},
    ).remote()
    return name, handle


def end_actor(handle: ActorHandle) -> None:
    """End an actor; rows that it works on wait again when their lease has expired."""
    import ray

    ray.kill(handle, no_restart=True)
