"""Copies that a request starts where none waits: of a function, and of a serverless endpoint.

A copy that answered waits for the next request for a while, and then ends. Nothing here has a
clock: GET /idle is that while, after which no copy waits.
"""

WAITING: set[str] = set()
"""What a copy waits for, by ARN of a function's version or of an endpoint."""

NOMINAL_START_S = 1.0
"""What a start is logged with. No copy runs, so it measures nothing."""


def starts(arn: str, *, kept: int = 0) -> bool:
    """Whether a request starts a copy: none waits from before, and none of ``kept`` is ready."""
    cold = arn not in WAITING and kept == 0
    WAITING.add(arn)
    return cold


def idle() -> list[str]:
    """Let a while without requests pass; what still waits (nothing)."""
    WAITING.clear()
    return sorted(WAITING)
