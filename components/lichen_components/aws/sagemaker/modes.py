"""The modes that a SageMaker endpoint has, and what each needs."""

from __future__ import annotations

from lichen.document import InputError
from lichen.interval import Interval
from lichen.sizing import Sizing
from lichen.workload import Workload
from lichen_components.aws.args import AwsArgs

MOST_S = 60
"""An answer of a real-time endpoint is cut after that (botocore, sagemaker-runtime,
InvokeEndpoint)."""


def request_ms(sizing: Sizing) -> Interval:
    """How long the slowest 5 % of requests take at the peak, as predicted."""
    return sizing.prediction.request_ms if sizing.at_peak is None else sizing.at_peak.p95_ms


def check_mode(workload: Workload, sizing: Sizing, args: AwsArgs) -> None:
    """Refuse what SageMaker does on no machine; :class:`InputError` says why."""
    mode = workload.mode
    if mode == "real-time" and not args.get("streaming"):
        slow_s = request_ms(sizing).high / 1000
        if slow_s > MOST_S:
            raise InputError(
                f"the slowest 5 % of answers may take {slow_s:.0f} s, and a real-time endpoint "
                f"cuts an answer after {MOST_S} s",
                fix=f"set latency.p95_ms to {MOST_S * 1000} or less, so that a faster machine is "
                "chosen; or mode: asynchronous; or streaming: true, where clients read answers "
                "as they are made",
                field="workload.latency.p95_ms",
            )
