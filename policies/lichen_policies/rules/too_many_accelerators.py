"""Resource that may run more accelerators than its environment is given.

Why: Accelerators are the scarcest and hungriest part of a deployment, and a count or a machine's
size is easily set too high: each idle GPU still draws 50 to 100 W.

Fix: Lower the count or the ceiling, or take a machine with fewer accelerators. Where the work needs
them, raise the limit in lichen.yaml: that is where such a decision is seen.

Exceptions: Each resource, and each variant of an endpoint, is counted by itself, so what many small
ones add up to is not seen; nor is the ceiling of an Application Auto Scaling target, an autoscaler
beside the group, or a Batch environment, whose ceiling is in vCPUs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from lichen_policies.facts import Accelerated
from lichen_policies.facts.machine import names_accelerators
from lichen_policies.rulebook import Finding, Known

SEVERITY = "high"
LEVELS = {"dev": "mandatory", "staging": "mandatory", "prod": "mandatory"}
JUDGES = Accelerated
LIMITS_BY_ENVIRONMENT = {"dev": {"chips": 2}, "staging": {"chips": 4}}


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Accelerators that one resource may run at its most."""

    chips: Annotated[int, Meta(ge=0, le=100_000)] = 8


def judge(fact: Accelerated, limits: Limits, known: Known) -> Iterator[Finding]:
    chip, each = _chips(fact, known)
    machines = 1 if fact.machines is None else fact.machines
    if each * machines <= limits.chips:
        return
    within = fact.known("environment")
    where = f" in {within}" if within else ""
    setting = ".".join(part for part in ("limits.too-many-accelerators", within, "chips") if part)
    count = f"{each * machines:g} {chip} chips"
    if machines > 1:
        count += f" ({machines} machines of {each:g})"
    yield Finding(
        what=f"{fact.machines_at} allows {count}" if machines > 1 else f"{fact.path} gives {count}",
        limit=f"at most {limits.chips} are allowed a resource{where}",
        fix=f"{_fewer(fact, each, limits.chips)}, or raise {setting} in lichen.yaml",
        path=fact.path,
    )


def _chips(fact: Accelerated, known: Known) -> tuple[str, float]:
    """The chip's name, and how many of it one machine has."""
    if fact.chips_each is not None:
        return fact.chip or "accelerator", fact.chips_each
    if fact.machine is None:
        return "accelerator", 0.0
    row = known.catalogue.machines.get(fact.machine)
    if row is None and not names_accelerators(fact.machine):
        return "accelerator", 0.0  # an old or new general machine: its family carries none
    row = row or known.machine(fact.machine)
    return row.accelerator or "accelerator", row.accelerators


def _fewer(fact: Accelerated, each: float, most: int) -> str:
    machines = int(most // each)
    if machines and fact.machines_at:
        return f"set {fact.machines_at} to {machines}"
    return f"set {fact.path} to a machine with at most {most} accelerators"
