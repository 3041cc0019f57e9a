"""Where something runs, on which machines, and how many."""

from __future__ import annotations

from lichen_policies.facts.fact import Fact


class Located(Fact, frozen=True, kw_only=True):
    """Something that uses power in a region.

    ``machine`` is the catalogue's name of what runs there; None where none is named or several are.
    ``machines`` is how many run, at the least. ``hosting`` is what runs them, by its name in the
    catalogue's table of hostings; a name that the table does not have has no known price.
    ``chips_each`` is how many accelerators each takes of such a machine: a pod may take a part of
    it; None where each is a whole machine.
    """

    region_at: str
    machine: str | None = None
    machines: int | None = 1
    chips_each: float | None = None
    hosting: str | None = None


class Machines(Fact, frozen=True, kw_only=True):
    """Machines of one kind, which may carry accelerators; ``path`` is the property that names it.

    The chips are those of the ``machine``, or ``chips_each`` of them where the resource states it.
    ``machines`` is the most that the resource itself may run, for a group its ceiling. ``hosting``
    is as in :class:`Located`; ``machine_prefix`` is what it writes before the machine's name.
    ``spot`` says that they run on spare capacity alone, which may be taken away. ``times`` is how
    often the number at ``machines_at`` runs, once in each zone; ``machines`` counts all. ``unit``
    is what is counted, where that is not machines but what takes a part of one.
    """

    machine: str | None = None
    machines: int | None = 1
    machines_at: str = ""
    unit: str = "machines"
    times: int = 1
    chip: str | None = None
    chips_each: float | None = None
    hosting: str | None = None
    machine_prefix: str = ""
    spot: bool | None = None


class MachineTemplate(Fact, frozen=True, kw_only=True):
    """What each machine that is started from a template would be; it runs nothing by itself.

    ``names`` are what others call it by: its name, its id.
    """

    names: tuple[str, ...] = ()
    machine: str | None = None
    machine_at: str = ""
    spot: bool | None = None
