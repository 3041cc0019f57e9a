"""How many run, when, and what decides it."""

from __future__ import annotations

from typing import Literal

from lichen_policies.facts.fact import Fact


class Scaling(Fact, frozen=True, kw_only=True):
    """The least that runs, even without traffic; ``path`` is the property that sets it.

    ``ceiling`` is the most. ``to_zero`` is how this kind of resource gets to zero, where setting
    the floor is not enough; ``least`` is the lowest floor that it takes. ``floor_by_default`` says
    that the floor is not written, but what holds then. ``hosting`` and ``chips_each`` are as in
    :class:`~lichen_policies.facts.kinds.machines.Located`. ``scales`` is the name of what is
    scaled, where that is another resource (``endpoint/chat/variant/all``), and ``dimension`` what
    of it is.
    """

    floor: int | None
    floor_by_default: bool = False
    least: int = 0
    ceiling: int | None = None
    ceiling_at: str = ""
    unit: str = "machines"
    to_zero: str = ""
    machine: str | None = None
    chips_each: float | None = None
    hosting: str | None = None
    scales: str | None = None
    dimension: str | None = None


class ScalingPolicy(Fact, frozen=True, kw_only=True):
    """What moves a number between its bounds.

    ``tracks`` is the metric that it keeps at ``target``. ``scales_in`` says whether it also lowers
    the number; ``scale_in_cooldown_s`` is the wait in seconds before it lowers it again.
    """

    name: str | None = None
    scales: str | None = None
    dimension: str | None = None
    kind: str | None = None
    tracks: str | None = None
    target: float | None = None
    target_at: str = ""
    scales_in: bool | None = None
    scales_in_at: str = ""
    scale_in_cooldown_s: float | None = None
    scale_in_cooldown_at: str = ""


class ScalingSchedule(Fact, frozen=True, kw_only=True):
    """A time at which bounds are set."""

    scales: str | None = None
    floor: int | None = None
    ceiling: int | None = None


class Alarm(Fact, frozen=True, kw_only=True):
    """A threshold over a metric, and what happens when it is crossed.

    ``dimensions`` say whose metric it is. ``actions`` are the addresses that it notifies.
    ``missing`` is how a period without data counts.
    """

    name: str | None = None
    metric: str | None = None
    metric_at: str = ""
    namespace: str | None = None
    dimensions: dict[str, str] | None = None
    comparison: str | None = None
    comparison_at: str = ""
    threshold: float | None = None
    threshold_at: str = ""
    period_s: float | None = None
    actions: tuple[str, ...] | None = None
    actions_at: str = ""
    enabled: bool | None = None
    missing: Literal["breaching", "notBreaching", "ignore", "missing"] | str | None = None
