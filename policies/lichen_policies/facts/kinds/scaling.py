"""How many run, when, and what decides it."""

from __future__ import annotations

from typing import Literal

from lichen_policies.facts.fact import Fact


class Scaling(Fact, frozen=True, kw_only=True):
    """The least that runs, even without traffic; ``path`` is the property that sets it.

    ``ceiling`` is the most. ``to_zero`` is how this kind of resource gets to zero, where setting
    the floor is not enough; ``least`` is the lowest floor that it takes, ``below_least`` what to do
    for fewer, in words, where something can be done. ``floor_by_default`` says
    that the floor is not written, but what holds then. ``hosting`` and ``chips_each`` are as in
    :class:`~lichen_policies.facts.kinds.machines.Located`. ``scales`` is the name of what is
    scaled, where that is another resource (``endpoint/chat/variant/all``), and ``dimension`` what
    of it is. ``for_models`` says that what scales plainly serves models, at ``for_models_at``: it
    is true of what a reader yields, but where nobody knows.
    """

    floor: int | None
    floor_by_default: bool = False
    least: int = 0
    ceiling: int | None = None
    ceiling_at: str = ""
    unit: str = "machines"
    to_zero: str = ""
    below_least: str = ""
    machine: str | None = None
    chips_each: float | None = None
    hosting: str | None = None
    scales: str | None = None
    dimension: str | None = None
    for_models: bool | None = True
    for_models_at: str = "whether it serves models, by its tags,"


class Waking(Fact, frozen=True, kw_only=True):
    """What brings back that which serves, when none of it runs.

    ``wakes`` says whether any signal does; None where nothing says. ``signal`` are those that it
    has, in words, at ``signal_at``, and ``instead`` those that would. ``only_zero`` says that the
    floor takes no other number, and may be left out. ``for_models`` says that what
    is scaled plainly serves models; None where its stack may say.
    """

    floor: int | None
    floor_at: str
    wakes: bool | None
    wakes_at: str
    signal: str
    signal_at: str
    instead: str
    unit: str
    only_zero: bool = False
    for_models: bool | None = None
    for_models_at: str = "whether what it scales serves models"


class TargetInStack(Fact, frozen=True, kw_only=True):
    """What is scaled between two bounds, with what the rest of its stack does to it.

    ``wakes`` says that an alarm starts the first of it when requests come and none runs;
    ``wake_metric`` is the metric of such an alarm, and ``waits`` whether requests wait until then
    rather than fail. ``scheduled`` says that a schedule moves its bounds. ``holds_model`` is the
    variant's that it scales, ``asynchronous`` its configuration's. All of these are None where its
    stack was not seen, or nothing in it says.
    """

    floor: int | None
    floor_at: str
    scales: str | None = None
    dimension: str | None = None
    unit: str = "machines"
    wake_metric: str = ""
    waits: bool = False
    wakes: bool | None = None
    wakes_at: str = "whether an alarm of the stack starts the first"
    scheduled: bool | None = None
    scheduled_at: str = "whether a schedule of the stack moves the bounds"
    holds_model: bool | None = None
    holds_model_at: str = "whether its variant holds its model"
    asynchronous: bool | None = None
    asynchronous_at: str = "whether its endpoint is asynchronous"


class ScalingPolicy(Fact, frozen=True, kw_only=True):
    """What moves a number between its bounds.

    ``tracks`` is the metric that it keeps at ``target``. ``scales_in`` says whether it also lowers
    the number; ``scale_in_cooldown_s`` is the wait in seconds before it lowers it again.
    ``another_way_down`` names what else in the stack lowers the number, empty where nothing does.
    ``idle`` says that the wait is that of machines which nothing uses, written as a duration such
    as ``PT2M``. ``usual`` is the wait where none is set, in words with the vendor's document.
    """

    name: str | None = None
    scales: str | None = None
    dimension: str | None = None
    idle: bool = False
    usual: str = "300 s (Application Auto Scaling User Guide, Target tracking scaling policies)"
    kind: str | None = None
    tracks: str | None = None
    target: float | None = None
    target_at: str = ""
    scales_in: bool | None = None
    scales_in_at: str = ""
    scale_in_cooldown_s: float | None = None
    scale_in_cooldown_at: str = ""
    another_way_down: str | None = ""
    another_way_down_at: str = "whether something else in the stack lowers the number"


class ScalingSchedule(Fact, frozen=True, kw_only=True):
    """A time at which bounds are set."""

    scales: str | None = None
    floor: int | None = None
    ceiling: int | None = None


class Alarm(Fact, frozen=True, kw_only=True):
    """A threshold over a metric, and what happens when it is crossed.

    ``dimensions`` say whose metric it is; one may be unknown by itself. ``statistic`` is what is
    taken of the values of a period. ``actions`` are the addresses that it notifies when it rings,
    ``heard`` whether it notifies any at all, and ``enabled`` whether it is allowed to. ``missing``
    is how a period without data counts.

    What is surely wrong with it: ``metric_meant`` and ``namespace_meant`` are what exists in place
    of what it names, ``dimensions_meant`` those that its metric is published by; ``most`` is the
    largest value that can come of its metric and statistic, ``least`` the smallest that any request
    gives, each with the reason, ``idle_is_silent``
    says that without work there is no value at all. ``unfit`` says in words what its dimensions
    name that its stack does not have. Each is empty where nothing is known to be wrong.

    ``used`` says that something else in the stack acts on it.
    """

    name: str | None = None
    metric: str | None = None
    metric_at: str = ""
    namespace: str | None = None
    namespace_at: str = ""
    dimensions: dict[str, object] | None = None
    dimensions_at: str = ""
    statistic: str | None = None
    statistic_at: str = ""
    comparison: str | None = None
    comparison_at: str = ""
    threshold: float | None = None
    threshold_at: str = ""
    period_s: float | None = None
    actions: tuple[str, ...] | None = None
    heard: bool | None = None
    heard_at: str = ""
    enabled: bool | None = None
    enabled_at: str = ""
    missing: Literal["breaching", "notBreaching", "ignore", "missing"] | str | None = None
    missing_at: str = ""
    metric_meant: str = ""
    namespace_meant: str = ""
    dimensions_meant: tuple[str, ...] = ()
    most: float | None = None
    most_because: str = ""
    least: float | None = None
    least_because: str = ""
    idle_is_silent: bool = False
    used: bool | None = None
    used_at: str = "whether something in the stack acts on the alarm"
    unfit: str | None = ""
    unfit_at: str = "what its dimensions name"


class AlarmOfAlarms(Fact, frozen=True, kw_only=True):
    """An alarm that rings by the state of other alarms; ``rule`` is the text that names them."""

    name: str | None = None
    rule: str | None = None
