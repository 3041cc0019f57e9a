"""The modes that a SageMaker endpoint has, and what each needs."""

from __future__ import annotations

from lichen.document import InputError
from lichen.sizing.replicas import floor_of
from lichen.workload import Workload
from lichen_components.args import AwsArgs

_RESULTS = "results: s3://<bucket>/<prefix>/"


def check_mode(workload: Workload, args: AwsArgs) -> None:
    """Refuse what SageMaker does on no machine; :class:`InputError` says why."""
    mode = workload.mode
    if mode == "real-time" and floor_of(workload) == 0:
        raise InputError(
            "a real-time SageMaker endpoint goes to zero only with inference components, which no "
            "component makes yet",
            fix=f"availability: {{minimum_replicas: 1}}, or mode: asynchronous with {_RESULTS}",
            field="workload.availability.minimum_replicas",
        )
    if mode == "asynchronous" and not args.get("results"):
        raise InputError(
            "an asynchronous endpoint writes its results to S3",
            fix=_RESULTS,
            field="results",
        )
