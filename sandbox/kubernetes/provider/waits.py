"""When an object is ready, and what to say when it does not get there."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from sandbox.errors import Refused
from sandbox.kubernetes.api import Api, Object

_TICK_S = 0.25
_USUAL_S = 600
"""As long as the real provider waits unless `pulumi.com/timeoutSeconds` says otherwise."""
_TIMEOUT, _SKIP = "pulumi.com/timeoutSeconds", "pulumi.com/skipAwait"

PATIENCE = "SANDBOX_KUBERNETES_PATIENCE_S"
"""How long a pod may be one that the scheduler found no node for. Nothing adds nodes here, so it is
not waited for to the end; a cluster with an autoscaler gets the whole time."""


def until_ready(api: Api, thing: Object) -> Object:
    """The object once it is ready; raises Refused with the scheduler's words, and others'."""
    annotations = thing["metadata"].get("annotations") or {}
    check = _READY.get(thing["kind"])
    if check is None or annotations.get(_SKIP) == "true":
        return thing
    path = api.path_to(thing)
    ends = time.monotonic() + float(annotations.get(_TIMEOUT, _USUAL_S))
    patience = float(os.environ.get(PATIENCE, "inf"))
    refused_since: float | None = None
    while True:
        live = api.get(path)
        if live is None:
            raise Refused("it was deleted while it was waited for")
        if check(api, live):
            return live
        unscheduled = _unscheduled(api, live)
        now = time.monotonic()
        refused_since = (refused_since or now) if unscheduled else None
        if now > ends or (refused_since is not None and now - refused_since > patience):
            raise Refused(
                f"{live['kind']} {live['metadata']['name']} is not ready: "
                + (" ".join(unscheduled) or _progress(live))
            )
        time.sleep(_TICK_S)


def until_gone(api: Api, path: str) -> None:
    """Wait until nothing is at a path any more; raises Refused."""
    ends = time.monotonic() + _USUAL_S
    while api.get(path) is not None:
        if time.monotonic() > ends:
            raise Refused(f"{path} is still there after {_USUAL_S} s")
        time.sleep(_TICK_S)


def _deployed(api: Api, live: Object) -> bool:
    status, wanted = live.get("status", {}), live["spec"].get("replicas", 1)
    return bool(
        status.get("observedGeneration", 0) >= live["metadata"]["generation"]
        and status.get("updatedReplicas", 0) == wanted
        and status.get("availableReplicas", 0) >= wanted
        and status.get("replicas", 0) == wanted
    )


def _answering(api: Api, live: Object) -> bool:
    """A service has somebody behind it: as the real provider waits."""
    if not live["spec"].get("selector") or live["spec"].get("type") == "ExternalName":
        return True
    metadata = live["metadata"]
    slices = api.items(
        "discovery.k8s.io/v1",
        "EndpointSlice",
        metadata["namespace"],
        labelSelector=f"kubernetes.io/service-name={metadata['name']}",
    )
    endpoints = [each for one in slices for each in one.get("endpoints") or []]
    return any((each.get("conditions") or {}).get("ready") for each in endpoints)


_READY: dict[str, Callable[[Api, Object], bool]] = {
    "Deployment": _deployed,
    "Service": _answering,
}


def _unscheduled(api: Api, live: Object) -> list[str]:
    """What the scheduler says of the object's pods that have no node."""
    selector = live["spec"].get("selector") or {}
    labels = selector if live["kind"] == "Service" else selector.get("matchLabels")
    if not labels:
        return []
    pods = api.items(
        "v1",
        "Pod",
        live["metadata"].get("namespace"),
        labelSelector=",".join(f"{key}={value}" for key, value in labels.items()),
    )
    said = {
        condition.get("message", "")
        for pod in pods
        if not pod["metadata"].get("deletionTimestamp")
        for condition in pod.get("status", {}).get("conditions", [])
        if condition["type"] == "PodScheduled" and condition["status"] == "False"
    }
    return sorted(said)


def _progress(live: Object) -> str:
    conditions = live.get("status", {}).get("conditions", [])
    return " ".join(one.get("message", "") for one in conditions) or "nothing is said of it"
