"""Google's accelerators: those that a machine's type carries, else those attached to it.

Only N1 machines take attached accelerators; the type of any other machine says what it carries,
and the block adds nothing. Source: Google Cloud, Compute Engine documentation, "GPU machine types".
"""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fleet import ONE, machines_named
from lichen_policies.facts.kinds import Machines
from lichen_policies.facts.machine import bare, names_accelerators
from lichen_policies.facts.properties import Properties, Stated
from lichen_policies.facts.unknown import Maybe, field, is_left_out, is_unknown

HOSTING = "compute-engine"

_SPARE = ("spot", "preemptible")
_ATTACHED = (
    "guest_accelerators",
    "guest_accelerator",
    "accelerators",
    "accelerator_configs",
    "accelerator_config",
)


def accelerators(
    properties: Properties,
    machines: Stated[int] = ONE,
    *,
    times: int = 1,
    spot: Maybe[bool] = None,
    spot_at: str = "",
    hosting: str = HOSTING,
    filled_in: bool = False,
) -> Iterator[Machines]:
    """A Machines for the machine's type, or for each accelerator that is attached to it.

    ``machines`` is how many run, ``times`` over (once in each zone); ``filled_in`` is that of
    :func:`attached_to`.
    """
    machine = Stated(bare(properties.text("machine_type")), properties.at("machine_type"))
    all_machines = Stated(times_over(machines.value, times), machines.path)
    carries = isinstance(machine.value, str) and names_accelerators(machine.value)
    attached = [] if carries else list(attached_to(properties, filled_in=filled_in))
    for guest in attached:
        yield Machines(
            path=guest.at("type", "accelerator_type"),
            machine=field(machine.value),
            machines=field(all_machines.value),
            machines_at=machines.path,
            times=times,
            chip=field(bare(guest.text("type", "accelerator_type"))),
            chips_each=field(guest.amount("count", "accelerator_count", "core_count")),
            hosting=hosting,
            spot=field(spot),
            spot_at=spot_at,
        )
    if not attached:
        yield from machines_named(
            machine, all_machines, hosting=hosting, times=times, spot=spot, spot_at=spot_at
        )


def attached_to(properties: Properties, *, filled_in: bool = False) -> Iterator[Properties]:
    """The blocks of attached accelerators; ``filled_in`` is that of :func:`has_attached`."""
    if has_attached(properties, filled_in=filled_in) is not False:
        yield from properties.blocks(*_ATTACHED)


def has_attached(properties: Properties, *, filled_in: bool = False) -> Maybe[bool]:
    """Whether accelerators are attached.

    ``filled_in`` says that the provider computes the block where it is left out, as it does for an
    instance and a pool's nodes: a plan marks it as known after apply then. It leaves those of a
    template, a reservation, a notebook, a workstation and a cluster of Dataproc as they are written
    (terraform-provider-google, 2026), so that one which is not known is made of something.
    """
    given = properties.scalar(*_ATTACHED)
    if is_unknown(given):
        return False if filled_in and given.left_out else given
    return given is not None


def times_over(count: Maybe[int], times: int) -> Maybe[int]:
    """A count that runs several times; what is not known stays so."""
    return count * times if isinstance(count, int) else count


def is_spot(scheduling: Properties) -> Maybe[bool]:
    """Whether a machine runs on spare capacity, by its ``scheduling`` block or its pool's
    configuration of nodes."""
    model = scheduling.text("provisioning_model")
    if isinstance(model, str):
        return model == "SPOT"
    flags = [scheduling.flag(name) for name in _SPARE]
    known = [flag for flag in flags if not is_left_out(flag)]
    if True in known:
        return True
    return next(filter(is_unknown, known), next((flag for flag in known if flag is False), None))


def spot_at(scheduling: Properties) -> str:
    """The property that makes a machine run on spare capacity."""
    given = (name for name in ("provisioning_model", *_SPARE) if scheduling.given(name))
    return next(map(scheduling.at, given), "")
