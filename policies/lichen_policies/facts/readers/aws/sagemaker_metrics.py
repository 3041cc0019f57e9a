"""The metrics that SageMaker publishes for endpoints: their namespaces, dimensions and bounds.

What is not listed is taken for right: the vendor adds metrics. Source: SageMaker Developer Guide,
"Amazon SageMaker AI metrics in Amazon CloudWatch" and "Monitor an asynchronous endpoint".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

_CALLS = "AWS/SageMaker"
_MACHINES = "/aws/sagemaker/Endpoints"

_OF_VARIANT = ("EndpointName", "VariantName")
_OF_ENDPOINT = ("EndpointName",)
_OF_COMPONENT = ("InferenceComponentName",)

_ERRORS = {"Invocation4XXErrors", "Invocation5XXErrors", "InvocationModelErrors"}
_LATENCIES = {"ModelLatency", "OverheadLatency"}
_COUNTS = {"Invocations", "InvocationsPerInstance"}
_QUEUE = {
    "ApproximateBacklogSize",
    "ApproximateBacklogSizePerInstance",
    "ApproximateAgeOfOldestRequest",
    "HasBacklogWithoutCapacity",
}
_SHARES = {"MemoryUtilization", "DiskUtilization"}
_USE = {"CPUUtilization", "GPUUtilization", "GPUMemoryUtilization", *_SHARES}
_NO_CAPACITY = "NoCapacityInvocationFailures"

_BY_CALL = _ERRORS | _LATENCIES | _COUNTS
_ALL = _BY_CALL | _QUEUE | _USE | {_NO_CAPACITY}

_LONGEST_US = 3600 * 1e6
"""What SageMaker lets an asynchronous request take, the longest of all, in microseconds."""

_SHORTEST_US = 1000
"""What any container takes for a request over HTTP, in microseconds; a model takes more."""

_TOTALS = ("Sum", "SampleCount")


class Meant(NamedTuple):
    """What exists in place of what an alarm names; empty where that is right, or not known."""

    metric: str = ""
    namespace: str = ""
    dimensions: tuple[str, ...] = ()
    most: float | None = None
    most_because: str = ""
    least: float | None = None
    least_because: str = ""
    idle_is_silent: bool = False


def meant(namespace: object, metric: object, dimensions: object, statistic: object) -> Meant:
    """What SageMaker publishes in place of what an alarm names."""
    if not isinstance(namespace, str) or not isinstance(metric, str):
        return Meant()
    if namespace not in (_CALLS, _MACHINES):
        return Meant()
    if metric not in _ALL:
        folded = {_folded(name): name for name in _ALL}
        return Meant(metric=folded.get(_folded(metric), ""))
    elsewhere = _namespace_of(metric, namespace, dimensions)
    if elsewhere:
        return Meant(namespace=elsewhere)
    if (metric in _USE) == (namespace == _CALLS):
        return Meant()
    most, because = _most(metric, statistic)
    return Meant(
        dimensions=_dimensions_of(metric, dimensions),
        most=most,
        most_because=because,
        least=_SHORTEST_US if metric == "ModelLatency" and statistic != "SampleCount" else None,
        least_because="it is in microseconds, and no container answers a request within one "
        "millisecond",
        idle_is_silent=metric in _COUNTS,
    )


def _folded(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower()).removesuffix("s")


def _namespace_of(metric: str, namespace: str, dimensions: object) -> str:
    """The namespace that has an endpoint's metric, where the alarm names the other one."""
    if not isinstance(dimensions, Mapping) or "EndpointName" not in dimensions:
        return ""
    right = _MACHINES if metric in _USE else _CALLS
    return "" if namespace == right else right


def _dimensions_of(metric: str, dimensions: object) -> tuple[str, ...]:
    """The dimensions that a metric is published by, where an alarm's are surely others."""
    names = set(dimensions) if isinstance(dimensions, Mapping) else set()
    if dimensions is not None and not isinstance(dimensions, Mapping):
        return ()
    if metric == _NO_CAPACITY:
        return () if names == set(_OF_COMPONENT) else _OF_COMPONENT
    if metric in _QUEUE:
        return _OF_ENDPOINT if names in ({*_OF_VARIANT}, set()) else ()
    return _OF_VARIANT if names in ({"EndpointName"}, {"VariantName"}, set()) else ()


def _most(metric: str, statistic: object) -> tuple[float | None, str]:
    """The largest value of a metric, where its statistic has one."""
    if not isinstance(statistic, str) or statistic in _TOTALS:
        return None, ""
    if metric in _ERRORS:
        return 1, "each request counts as 0 or 1"
    if metric == "HasBacklogWithoutCapacity":
        return 1, "it is 0 or 1"
    if metric in _SHARES:
        return 100, "it is in percent"
    if metric in _LATENCIES:
        return _LONGEST_US, "it is in microseconds, and no request takes longer than an hour"
    return None, ""
