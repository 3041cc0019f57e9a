"""Jobs: pods that run until their work is done."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import (
    ChosenProcessor,
    Located,
    Machines,
    MachineTemplate,
    Pods,
    TpuSlice,
)
from lichen_policies.facts.properties import Properties, Stated
from lichen_policies.facts.readers.kubernetes.api import Api, types
from lichen_policies.facts.readers.kubernetes.naming import names_of
from lichen_policies.facts.readers.kubernetes.pod import Pod
from lichen_policies.facts.readers.kubernetes.pods import facts_of_pods
from lichen_policies.facts.readers.kubernetes.scaled import in_their_stack
from lichen_policies.facts.unknown import is_unknown

CLOUD = "kubernetes"
TYPES = types(
    Api("batch", ("v1",), "Job", ("kubernetes_job", "kubernetes_job_v1")),
    Api("batch", ("v1",), "CronJob", ("kubernetes_cron_job", "kubernetes_cron_job_v1")),
)
FACTS = (ChosenProcessor, Located, Machines, MachineTemplate, Pods, TpuSlice)


complete = in_their_stack


def read(properties: Properties, context: Context) -> Iterator[Fact]:
    """The facts of the pods that run at the same time; a job serves nothing."""
    spec = properties.block("spec")
    job = spec.block("job_template").block("spec") if spec.given("job_template") else spec
    pod = Pod(job.block("template").block("spec"))
    yield from facts_of_pods(pod, context, at_once(job), names=names_of(properties))


def at_once(job: Properties) -> Stated[int]:
    """How many pods of a job run at the same time."""
    parallel, completions = job.stated_whole("parallelism"), job.whole("completions")
    count = 1 if parallel.value is None else parallel.value
    if isinstance(completions, int) and not is_unknown(count):
        count = min(count, completions)
    return Stated(count, parallel.path)
