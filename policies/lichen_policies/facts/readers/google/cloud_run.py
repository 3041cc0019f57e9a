"""What Cloud Run's services, jobs and worker pools have alike: an accelerator, and how many run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import Located, Machines, Scaling, ServiceStart
from lichen_policies.facts.machine import serves
from lichen_policies.facts.numbers import quantity
from lichen_policies.facts.properties import Properties, Stated
from lichen_policies.facts.servers import DescribedContainer, settings_of, started
from lichen_policies.facts.unknown import Maybe, field, is_left_out, is_unknown

HOSTING = "cloud-run"
WITH_A_CHIP = "cloud-run-gpu"
"""Rows of hostings.csv: an instance with an accelerator is billed in another way."""

_LIMIT = "nvidia.com/gpu"
CHIP = "NVIDIA GPU"
_MACHINES = {
    "nvidia-l4": "cloudrun-gpu-l4",
    "nvidia-rtx-pro-6000": "cloudrun-gpu-rtx-pro-6000",
}
"""What the catalogue calls an instance with an accelerator."""


def machine_of(chip: Maybe[str]) -> str | None:
    """The catalogue's machine of an instance with an accelerator."""
    return _MACHINES.get(chip) if isinstance(chip, str) else None


def instances(
    properties: Properties,
    context: Context,
    *,
    containers: Sequence[Properties],
    chip: Stated[str],
    floor: Stated[int] | None,
    ceiling: Stated[int],
    at_once: Stated[int] | None = None,
) -> Iterator[Fact]:
    """A Located; a Machines where an accelerator is named or asked for; a Scaling and a
    ServiceStart of each container where there is a floor and it serves models.

    ``ceiling`` is the most instances that run at once, ``at_once`` the most requests that one of
    them is given at a time.
    """
    chips = chips_asked(containers)
    accelerated = chip.value is not None or chips not in (None, 0.0)
    hosting = WITH_A_CHIP if accelerated else HOSTING
    least = None if floor is None else floor.value
    yield Located(
        region_at=properties.at("location"),
        machine=machine_of(chip.value),
        machines=field(least) or 1,
        hosting=hosting,
    )
    for container in containers:
        asks = len(containers) == 1 or chips_asked([container]) is not None
        yield from started(
            _container(container, chip, (chips or 1.0) if asks and accelerated else None, at_once),
            hosting=hosting,
            serves=accelerated or serves(context),
        )
    if accelerated:
        yield Machines(
            path=chip.path,
            machines=field(ceiling.value),
            machines_at=ceiling.path,
            chip=field(chip.value),
            chips_each=field(chips or 1.0),
            hosting=hosting,
        )
    if floor is not None and (accelerated or serves(context)):
        yield Scaling(
            path=floor.path,
            floor=field(floor.value),
            ceiling=field(ceiling.value),
            ceiling_at=ceiling.path,
            unit="containers",
            machine=machine_of(chip.value),
            hosting=hosting,
        )
        yield from _starts(containers, hosting)


def _starts(containers: Sequence[Properties], hosting: str) -> Iterator[Fact]:
    """How long the containers of a service may start: a container beside the one that serves has
    none of its model."""
    several = len(containers) > 1
    for container in containers:
        probe = container.chosen_block("startup_probe")
        if several and not probe:
            continue
        failures = probe.stated_whole("failure_threshold")
        period = probe.stated_whole("period_seconds")
        yield ServiceStart(
            path=container.path,
            hosting=hosting,
            accelerated=hosting == WITH_A_CHIP,
            delay_s=field(probe.amount("initial_delay_seconds")),
            probe_s=field(_product(failures.value, period.value)) if probe else None,
            probe_s_at=probe.path,
            threshold_at=failures.path,
            period_at=period.path,
        )


def _product(failures: Maybe[int], period_s: Maybe[int]) -> Maybe[float]:
    """Seconds that a probe waits; the API's own numbers where they are left out: 3 failures, 10 s
    apart (Cloud Run Admin API, ``Probe``)."""
    if is_unknown(failures) or is_unknown(period_s):
        return failures if is_unknown(failures) else period_s
    return float((3 if failures is None else failures) * (10 if period_s is None else period_s))


def _container(
    container: Properties,
    chip: Stated[str],
    chips: Maybe[float],
    at_once: Stated[int] | None,
) -> DescribedContainer:
    """A container of an instance; the one that asks for the accelerator has it, else a single
    one."""
    return DescribedContainer(
        path=container.path,
        image=container.stated_text("image"),
        command=container.words("command", "commands"),
        args=container.words("args"),
        args_at=container.at("args"),
        settings=settings_of(container.blocks("envs", "env")) or None,
        settings_at=container.at("envs", "env"),
        chip=None if chips is None else chip.value or CHIP,
        chips=chips,
        chips_at=chip.path,
        at_once=at_once or Stated(None, ""),
    )


def chips_asked(containers: Sequence[Properties]) -> Maybe[float]:
    """Accelerators that the containers of one instance ask for; None where none asks."""
    chips: float | None = None
    for container in containers:
        limits = container.block("resources").tags("limits")
        if is_unknown(limits):
            continue  # The accelerator is named beside it, and an instance has one at the least.
        asked = quantity((limits or {}).get(_LIMIT))
        if is_unknown(asked):
            return asked
        if asked is not None:
            chips = (chips or 0) + asked
    return chips


def if_written(number: Stated[int]) -> Stated[int]:
    """A number that is left to the provider, which then gives many requests, is none."""
    return Stated(None, number.path) if is_left_out(number.value) else number


def least_stated(*places: Stated[int]) -> Stated[int]:
    """The smallest number among those given: each of several ceilings holds. An unknown one goes
    before none."""
    given = [place for place in places if place.value is not None]
    known = [place for place in given if isinstance(place.value, int)]
    if known:
        return min(known, key=lambda place: place.value)  # type: ignore[arg-type, return-value]
    return given[0] if given else places[0]
