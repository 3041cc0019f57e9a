"""Which ways of answering a SageMaker endpoint has, and what each needs."""

from __future__ import annotations

from lichen.document import InputError
from lichen_components.plan import Plan


def check_mode(plan: Plan) -> None:
    """Refuse what no endpoint can be, before a resource is made; :class:`InputError` says why."""
    mode, minimum = plan.workload.mode, plan.placement.sizing.replicas_minimum
    if mode not in ("real-time", "asynchronous"):
        raise InputError(
            f"no component makes a {mode} endpoint yet",
            fix="mode: asynchronous goes to zero between requests",
            field="workload.mode",
        )
    if mode == "real-time" and minimum == 0:
        raise InputError(
            "a real-time SageMaker endpoint goes to zero only with inference components, which no "
            "component makes yet",
            fix="mode: asynchronous, or availability: {minimum_replicas: 1}",
            field="workload.availability.minimum_replicas",
        )
    if mode == "asynchronous" and not plan.asked.get("results"):
        raise InputError(
            "an asynchronous endpoint writes its answers to S3",
            fix="results: s3://<bucket>/<prefix>/",
            field="results",
        )
