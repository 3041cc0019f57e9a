"""What answers requests: instances of Cloud Run that wake, and groups that do or do not."""

from __future__ import annotations

from typing import Any

from sandbox.google.emulator.store import Body, RefusedRequest, Store, relative


def answer(store: Store, path: str, query: dict[str, str]) -> Any:
    """``request`` sends one request to a service, ``idle`` lets time pass without any.

    Both answer with the replicas that then run.
    """
    name = relative(query["name"])
    resource = store.get(name)
    if store.collections[name] == "run.projects.locations.services":
        return _of_run(resource, path)
    if store.collections[name] == "compute.regionInstanceGroupManagers":
        return _of_group(store, name, resource, path)
    raise RefusedRequest(f"{name} answers no requests")


def _of_run(service: Body, what: str) -> Any:
    scaling = service["template"].get("scaling", {})
    least, most = scaling.get("minInstanceCount", 0), scaling.get("maxInstanceCount", 100)
    running = service.get("running", least)
    if what == "request":  # the request itself starts an instance, and waits for it
        running = min(most, max(running, 1))
    elif what == "idle":  # [d] an instance without requests ends within 15 minutes
        running = least
    service["running"] = running
    return {"running": running, "answered": what == "request" and running > 0}


def _of_group(store: Store, name: str, group: Body, what: str) -> Any:
    scaler = next(
        (body for _, body in store.of("compute.regionAutoscalers")
         if relative(body.get("target", "")) == name),
        None,
    )  # fmt: skip
    if scaler is None:
        size = group.get("targetSize", 0)
        return {"running": size, "answered": what == "request" and size > 0}
    policy = scaler["autoscalingPolicy"]
    least = policy.get("minNumReplicas", 0)
    running = group.get("running", least)
    if what == "idle":
        running = least
    # A group of none has no processors whose load, and no backend whose requests, would wake it.
    of_the_group = any(
        "singleInstanceAssignment" in metric
        for metric in policy.get("customMetricUtilizations", ())
    )
    if what == "request" and running == 0 and of_the_group:
        running = 1
    group["running"] = running
    return {"running": running, "answered": what == "request" and running > 0}
