"""The modes that a SageMaker endpoint has, and what each needs."""

from __future__ import annotations

from lichen.document import InputError
from lichen.workload import Workload
from lichen_components.args import AwsArgs

_RESULTS = "add results: s3://<bucket>/<prefix>/"


def check_mode(workload: Workload, args: AwsArgs) -> None:
    """Refuse what SageMaker does on no machine; :class:`InputError` says why."""
    mode = workload.mode
    if mode == "asynchronous" and not args.get("results"):
        raise InputError(
            "is required: an asynchronous endpoint writes its results to S3",
            fix=_RESULTS,
            field="results",
        )
