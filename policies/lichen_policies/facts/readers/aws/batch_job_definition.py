"""AWS Batch's job definition: the accelerators that one job takes of its compute environment."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import Machines
from lichen_policies.facts.numbers import whole_in
from lichen_policies.facts.properties import Properties, Stated
from lichen_policies.facts.readers.aws.gpus import CHIP, gpus_of
from lichen_policies.facts.readers.aws.json_text import parsed
from lichen_policies.facts.unknown import Maybe, Unknown, field, is_unknown

CLOUD = "aws"
TYPES = {
    "pulumi": ("aws:batch/jobDefinition:JobDefinition", "aws-native:batch:JobDefinition"),
    "terraform": ("aws_batch_job_definition", "awscc_batch_job_definition"),
    "cloudformation": ("AWS::Batch::JobDefinition",),
}
FACTS = (Machines,)

_ON_KUBERNETES = "nvidia.com/gpu"


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """A Machines for what one job takes, where it asks for accelerators. It runs while somebody
    submits it."""
    if properties.texts("platform_capabilities") == ("FARGATE",):  # has no accelerators
        return
    seconds = properties.block("timeout").number("attempt_duration_seconds")
    for asked, nodes in _asked(properties):
        if asked.value is not None:
            yield Machines(
                path=asked.path,
                machines=field(nodes),
                least=0,
                queued=True,
                unit="containers",
                chip=CHIP,
                chips_each=field(asked.value),
                hours=field(seconds / 3600 if isinstance(seconds, float) else seconds),
                hosting="batch",
            )


def _asked(properties: Properties) -> Iterator[tuple[Stated[float], Maybe[int]]]:
    """What each container asks for, with how many of it one job runs."""
    container = parsed(properties, "container_properties")
    yield Stated(gpus_of(container), container.path), 1
    for task in parsed(properties, "ecs_properties").blocks("task_properties"):
        for each in task.blocks("containers"):
            yield Stated(gpus_of(each), each.path), 1
    nodes = parsed(properties, "node_properties")
    for group in nodes.blocks("node_range_properties"):
        each = group.block("container")
        count = _nodes(group.text("target_nodes"), nodes.whole("num_nodes"))
        yield Stated(gpus_of(each), each.path), count
    pod = properties.block("eks_properties").block("pod_properties")
    for each in pod.blocks("containers"):
        limits = each.block("resources").tags("limits")
        number = limits.get(_ON_KUBERNETES) if isinstance(limits, dict) else limits
        yield Stated(_number(number), each.block("resources").at("limits")), 1


def _number(found: object) -> Maybe[float]:
    if found is None or is_unknown(found):
        return found
    number = whole_in(str(found))
    return Unknown("is not a number") if number is None else float(number)


def _nodes(written: Maybe[str], total: Maybe[int]) -> Maybe[int]:
    """How many nodes a range names: ``0:3`` are four, ``1:`` all but the first."""
    if written is None or is_unknown(written):
        return written or total
    first, colon, last = written.partition(":")
    least, most = whole_in(first) or 0, whole_in(last)
    if not colon:
        return 1
    if most is not None:
        return most - least + 1
    return total - least if isinstance(total, int) else total
