"""What people look at of a SageMaker endpoint, and what they do when something is wrong."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from lichen.emissions import machine_watts
from lichen_components.aws.dashboard import Chart, Line, watts
from lichen_components.aws.monitoring import Watch
from lichen_components.aws.sagemaker.model import METRIC_NAMESPACE, USAGE_NAMESPACE
from lichen_components.aws.sagemaker.scaling import VARIANT
from lichen_components.aws.site import Site
from lichen_components.plan import Plan


def _of(site: Site) -> dict[str, str]:
    return {"EndpointName": site.identity, "VariantName": VARIANT}


def requests_of(site: Site) -> Watch:
    """The metric that counts an endpoint's requests."""
    return Watch(
        role="requests",
        description="",
        namespace=METRIC_NAMESPACE,
        metric="Invocations",
        dimensions=_of(site),
        statistic="Sum",
        threshold=1,
    )


def charts_of(site: Site, plan: Plan) -> list[Chart]:
    """Requests, failures, times, utilisation and estimated watts."""

    def line(metric: str, statistic: str, namespace: str = METRIC_NAMESPACE) -> Line:
        return Line(namespace=namespace, metric=metric, dimensions=_of(site), statistic=statistic)

    used = [f"{kind}Utilization" for kind in ("CPU", "Memory", "Disk")]
    if _chip_kind(plan) == "gpu":
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
            lines=tuple(line(metric, "Average", USAGE_NAMESPACE) for metric in used),
        ),
        *_watts(plan, line(used[0], "Average", USAGE_NAMESPACE), line("Invocations", "Sum")),
    ]


def _chip_kind(plan: Plan) -> str:
    machine = plan.decision.machine
    if machine.accelerator is None:
        return "cpu"
    return plan.catalogue.chips[machine.accelerator].kind


def _watts(plan: Plan, used: Line, requests: Line) -> list[Chart]:
    """Of a CPU or GPU by its utilisation; SageMaker publishes none of Neuron's, so there by the
    requests, at the energy that each is expected to take. None where no watts are known."""
    decision = plan.decision
    machine = decision.machine
    idle, full = machine_watts(machine, 0.0), machine_watts(machine, 1.0)
    kind = _chip_kind(plan)
    if idle is None or full is None:
        return []
    if kind in ("cpu", "gpu"):
        parts = machine.vcpu if kind == "cpu" else machine.accelerators
        title = "Watts of one machine (estimated)"
        return [watts(title, used, idle.likely, full.likely, 100 * max(1, parts))]
    rps = sum(decision.workload.traffic.profile_rps) / 24
    if not rps:
        return []
    joules = decision.placement.footprint.watts.likely / rps
    per_minute = msgspec.structs.replace(requests, id="used", hidden=True)
    return [
        Chart(
            title="Watts of all machines (estimated from the requests)",
            lines=(per_minute,),
            expression=f"{joules / 60:.4f} * used",
            label=f"at {joules:.1f} J a request, idle hours included (estimated)",
        )
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
