"""Cloud Run's job: tasks that end, several at once."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import (
    Located,
    Machines,
    Scaling,
    ServingContainer,
    StartedImage,
)
from lichen_policies.facts.properties import Properties, Stated
from lichen_policies.facts.readers.google.cloud_run import instances, least_stated

CLOUD = "google"
TYPES = {
    "pulumi": ("gcp:cloudrunv2/job:Job",),
    "terraform": ("google_cloud_run_v2_job",),
}
FACTS = (Located, Machines, Scaling, ServingContainer, StartedImage)


def read(properties: Properties, context: Context) -> Iterator[Fact]:
    """What runs; as many tasks at once as the parallelism allows, else all of them."""
    execution = properties.block("template")
    task = execution.block("template")
    tasks = execution.stated_whole("task_count")
    if tasks.value is None:
        tasks = Stated(1, tasks.path)
    at_once = execution.stated_whole("parallelism")
    if at_once.value == 0 or at_once.value is None:
        at_once = tasks  # Cloud Run then starts as many as it can.
    yield from instances(
        properties,
        context,
        containers=task.blocks("containers"),
        chip=task.block("node_selector").stated_text("accelerator"),
        floor=None,
        ceiling=least_stated(at_once, tasks),
    )
