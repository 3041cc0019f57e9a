"""What every cloud's components promise alike: how long logs are kept, how long an answer takes."""

from __future__ import annotations

from lichen.words import Environment
from lichen_components.servers.container import Decision

RETENTION_DAYS: dict[Environment, int] = {"dev": 7, "staging": 14, "prod": 90}
"""How long logs are kept (design choice; CloudWatch takes only certain numbers)."""


def longest_s(decision: Decision) -> float:
    """The longest answer that is planned for, in seconds."""
    bound = decision.workload.latency.p95_ms
    predicted = decision.sizing.prediction.request_ms.high
    return (predicted if bound is None else max(bound, predicted)) / 1000
