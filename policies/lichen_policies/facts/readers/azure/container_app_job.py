"""Azure Container Apps' job: containers that end by themselves, on a profile of its environment.

Of one execution as many replicas run as its ``parallelism`` says, 1 where it says nothing; of a job
that events start at most as many executions as ``maxExecutions`` says run, 100 where it says
nothing. Source: Microsoft Learn, "Jobs in Azure Container Apps".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import Located, Machines, OnProfile, Part, Scaling, StartedImage
from lichen_policies.facts.properties import Properties, Stated
from lichen_policies.facts.readers.azure import container_app
from lichen_policies.facts.unknown import Maybe, is_unknown

if TYPE_CHECKING:
    from lichen_policies.stack import Stack

CLOUD = "azure"
TYPES = {
    "pulumi": ("azure-native:app:Job", "azure:containerapp/job:Job"),
    "terraform": ("azurerm_container_app_job",),
    "azure": ("Microsoft.App/jobs",),
}
FACTS = (Located, Machines, OnProfile, Part, StartedImage)

_BY_HAND, _BY_TIME, _BY_EVENTS = (
    f"{each}_trigger_config" for each in ("manual", "schedule", "event")
)
_EXECUTIONS = 100


def read(properties: Properties, context: Context) -> Iterator[Fact]:
    """A Located and an OnProfile; Machines that wait for the environment's profile."""
    for fact in container_app.read_on_profile(
        properties, context, Stated(0, ""), _most(properties)
    ):
        if isinstance(fact, Machines):
            fact = msgspec.structs.replace(fact, queued=True)
        if isinstance(fact, FACTS):
            yield fact


def complete(facts: tuple[Fact, ...], stack: Stack) -> tuple[Fact, ...]:
    """The accelerators of the profile that the job runs on, which it holds only while it runs."""
    found = container_app.complete(facts, stack)
    return tuple(fact for fact in found if not isinstance(fact, Scaling))


def _most(properties: Properties) -> Stated[int]:
    """The most replicas that run at once."""
    settings = properties.block("configuration") or properties
    started = next(filter(None, map(settings.block, (_BY_HAND, _BY_TIME, _BY_EVENTS))), settings)
    each = started.stated_whole("parallelism")
    executions: Maybe[int] = 1
    if settings.given(_BY_EVENTS) is True:
        stated = started.block("scale").whole("max_executions")
        executions = _EXECUTIONS if stated is None else stated
    if is_unknown(each.value) or is_unknown(executions):
        return Stated(each.value if is_unknown(each.value) else executions, each.path)
    return Stated((each.value or 1) * (executions or 0), each.path)
