"""A part of a fleet, as deployment guardrails name it."""

import math
from typing import Any


def size_of(capacity: dict[str, Any], machines: int) -> int:
    """How many machines a CapacitySize has of a fleet: a part of a machine counts as one."""
    value = int(capacity["Value"])
    if capacity["Type"] == "INSTANCE_COUNT":
        return value
    return math.ceil(machines * value / 100)
