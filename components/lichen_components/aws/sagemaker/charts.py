"""What people look at of a SageMaker endpoint, and what they do when something is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi

from lichen_components.aws.dashboard import Chart, Line
from lichen_components.aws.monitoring import Watch
from lichen_components.aws.sagemaker.model import METRIC_NAMESPACE, USAGE_NAMESPACE
from lichen_components.aws.sagemaker.scaling import VARIANT
from lichen_components.aws.site import Site
from lichen_components.aws.watts import chip_kind, watts_of
from lichen_components.plan import Plan


def of_variant(site: Site) -> dict[str, str]:
    """The dimensions of the one variant's metrics."""
    return {"EndpointName": site.identity, "VariantName": VARIANT}


def requests_of(site: Site) -> Watch:
    """The metric that counts an endpoint's requests."""
    return Watch(
        role="requests",
        description="",
        namespace=METRIC_NAMESPACE,
        metric="Invocations",
        dimensions=of_variant(site),
        statistic="Sum",
        threshold=1,
    )


def charts_of(
    site: Site,
    plan: Plan,
    *,
    dimensions: Mapping[str, pulumi.Input[str]] | None = None,
    usage: str = USAGE_NAMESPACE,
) -> list[Chart]:
    """Requests, failures, times, utilisation and estimated watts.

    ``dimensions`` left out are those of the endpoint's variant; ``usage`` is the namespace of its
    utilisation.
    """
    of: Mapping[str, pulumi.Input[str]] = dimensions or of_variant(site)
    machine = plan.decision.machine

    def line(metric: str, statistic: str, namespace: str = METRIC_NAMESPACE) -> Line:
        return Line(namespace=namespace, metric=metric, dimensions=of, statistic=statistic)

    used = [f"{kind}Utilization" for kind in ("CPU", "Memory", "Disk")]
    kind = chip_kind(machine, plan.catalogue)
    if kind == "gpu":
        used[0] = "GPUUtilization"
    return [
        Chart(title="Requests a minute", lines=(line("Invocations", "Sum"),)),
        Chart(
            title="Failed requests",
            lines=(line("Invocation5XXErrors", "Sum"), line("Invocation4XXErrors", "Sum")),
        ),
        Chart(
            title="Time in the model (microseconds)",
            lines=(line("ModelLatency", "p50"), line("ModelLatency", "p95")),
        ),
        Chart(
            title="Utilisation (% of one core or GPU, added up)",
            lines=tuple(line(metric, "Average", usage) for metric in used),
        ),
        *watts_of(
            plan,
            line(used[0], "Average", usage),
            line("Invocations", "Sum"),
            # SageMaker adds the cores or the GPUs up.
            per_cent=100 * max(1, machine.vcpu if kind == "cpu" else machine.accelerators),
        ),
    ]


def advice_of(site: Site, alarm_names: Sequence[str]) -> list[str]:
    """What to do about SageMaker's own troubles."""
    return [
        f"What serves now: aws sagemaker describe-endpoint --endpoint-name {site.identity} "
        f"--region {site.region}",
        "A roll-out that was taken back: the alarm that rang is named in the error of `pulumi up`. "
        "Mend the cause, wait until no alarm rings, and run it again. Failures of the old version "
        "ring too, and would take their cure back: for that one update name an alarm of your own "
        f"in rollout_alarms, instead of {', '.join(alarm_names)}.",
        "The number of machines is kept by an update; a change of the minimum or the maximum "
        "changes the scaling target alone.",
    ]
