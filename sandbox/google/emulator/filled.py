"""What Google fills in of a resource that it has made."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from sandbox.google.emulator.store import Body, Store, number_of


def compute(store: Store, name: str, body: Body) -> Body:
    address = {"IPAddress": "10.0.0.2"} if "/forwardingRules/" in name else {}
    return {
        **address,
        "id": str(10**18 + next(store.counter)),
        "selfLink": f"https://www.googleapis.com/compute/v1/{name}",
        "fingerprint": _mark(body),
    }


def run_service(store: Store, name: str, body: Body) -> Body:
    project, region, service = _parts(name)
    uri = f"https://{service}-{number_of(project)}.{region}.run.app"
    revision = f"{name}/revisions/{service}-{next(store.counter):05d}"
    ready = {"type": "Ready", "state": "CONDITION_SUCCEEDED"}
    return {
        "name": name, "uid": _mark(body), "uri": uri, "urls": [uri], "generation": "1",
        "etag": _mark(body), "latestReadyRevision": revision, "latestCreatedRevision": revision,
        "terminalCondition": ready, "reconciling": False,
    }  # fmt: skip


def service_account(store: Store, name: str, body: Body) -> Body:
    email = name.rpartition("/")[2]
    return {"name": name, "email": email, "uniqueId": str(10**20 + next(store.counter)),
            "projectId": name.split("/")[1]}  # fmt: skip


def tpu_node(store: Store, name: str, body: Body) -> Body:
    filled: Body = {"name": name, "state": "READY", "health": "HEALTHY"}
    filled["networkEndpoints"] = [{"ipAddress": "10.0.0.3", "port": 8470}]
    if "acceleratorType" not in body and "acceleratorConfig" not in body:
        filled["acceleratorType"] = "v2-8"  # as the Cloud TPU API does, silently
    return filled


def sink(store: Store, name: str, body: Body) -> Body:
    number = number_of(name.split("/")[1])
    return {
        "writerIdentity": f"serviceAccount:service-{number}@gcp-sa-logging.iam.gserviceaccount.com"
    }


def named(store: Store, name: str, body: Body) -> Body:
    return {"name": name}


def _parts(name: str) -> tuple[str, str, str]:
    _, project, _, place, *_, last = name.split("/")
    return project, place, last


def _mark(body: Body) -> str:
    return hashlib.sha256(repr(sorted(body.items())).encode()).hexdigest()[:12]


Filled = Callable[[Store, str, Body], Body]

FILLED: dict[str, Filled] = {
    "run.projects.locations.services": run_service,
    "iam.projects.serviceAccounts": service_account,
    "tpu.projects.locations.nodes": tpu_node,
    "logging.projects.sinks": sink,
    "container.projects.locations.clusters.nodePools": lambda store, name, body: {
        "status": "RUNNING",
        "selfLink": f"https://container.googleapis.com/v1/{name}",
    },
    "storage.buckets": lambda store, name, body: {"selfLink": f"storage/v1/{name}"},
}


def filled_in(store: Store, collection: str, name: str, body: Body) -> Body:
    """The fields that are Google's to set."""
    if collection.startswith("compute."):
        return compute(store, name, body)
    return FILLED.get(collection, named)(store, name, body)
