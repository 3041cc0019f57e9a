"""A server's settings as its container takes them on Google Cloud."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from lichen_components.google.files import FilesAt
from lichen_components.plan import Plan
from lichen_components.servers.container import MODEL_DIRECTORY


class Health(NamedTuple):
    """Where a server listens, and the path that answers once it serves."""

    port: int
    path: str


HEALTH: Mapping[str, Health] = {
    "vllm": Health(8000, "/health"),
    "vllm-tpu": Health(8000, "/health"),
    "tei": Health(8080, "/health"),
    "image": Health(8080, "/health"),
}


def arguments(plan: Plan, files: FilesAt) -> list[str]:
    """The server's command line: its options, and where it listens."""
    container = plan.container
    if container.server == "image":
        return []
    options = {
        name: value.replace(MODEL_DIRECTORY, files.model_path)
        for name, value in container.options.items()
    }
    where = {"host": "0.0.0.0"} if container.server.startswith("vllm") else {}
    where["port"] = str(HEALTH[container.server].port)
    return [f"--{name}={value}" for name, value in {**options, **where}.items()]


def variables(plan: Plan, files: FilesAt) -> Mapping[str, str]:
    """The container's variables: offline where its files are there already."""
    given = dict(plan.container.environment)
    if files.model:
        given.pop("HF_HUB_OFFLINE", None)
    return given
