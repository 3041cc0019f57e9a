"""Where something runs, on which machines, and how many."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from lichen_policies.facts.fact import Fact

Bounds = tuple[float | None, float | None]
"""The least and the most of something; None where that side is open."""


class Requirements(msgspec.Struct, frozen=True, kw_only=True):
    """What a machine must have so that a group may choose it; what is left out may be anything.

    ``allowed`` and ``excluded`` are names of machines, or patterns of them (``g5.*``). Bounds are
    of one machine; memory is in GiB. ``vendors`` are makers and ``chips`` families of accelerators,
    in small letters. ``accelerated`` says whether anything is asked of accelerators.
    """

    allowed: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    vcpus: Bounds = (None, None)
    memory_gib: Bounds = (None, None)
    accelerators: Bounds = (None, None)
    accelerator_memory_gib: Bounds = (None, None)
    vendors: tuple[str, ...] = ()
    chips: tuple[str, ...] = ()
    accelerated: bool = False


class BootImage(msgspec.Struct, frozen=True, kw_only=True):
    """The image of an operating system that machines start from, by its vendor's word.

    ``architecture`` is the processor's. ``drivers`` are the kinds of accelerators that it has
    drivers for. ``extended`` says that a template of the group's own may install others.
    """

    name: str
    architecture: str
    drivers: tuple[str, ...] = ()
    extended: bool = False


class Located(Fact, frozen=True, kw_only=True):
    """Something that uses power in a region.

    ``machine`` is the catalogue's name of what runs there; None where none is named, or several
    are, which are in ``any_of``.
    ``attached`` are accelerators beside the machines, in the document's words, and
    ``named_beside`` the machines that the resource's other facts name; readers leave both to what
    is made of these, but that of a pool which asks for accelerators and names no machine.
    ``machines`` is how many run, at the least. ``hosting`` is what runs them, by its name in the
    catalogue's table of hostings; a name that the table does not have has no known price.
    ``chips_each`` is how many accelerators each takes of such a machine: a pod may take a part of
    it; None where each is a whole machine. ``for_models`` says whether it plainly serves or trains
    models; None: its machine decides. ``part_of`` names in words what it can only be where that is
    (``its cluster``); empty where
    it states its own region. ``takes_tags`` says whether its kind has tags at all.
    """

    region_at: str
    machine: str | None = None
    any_of: tuple[str, ...] = ()
    attached: tuple[str, ...] = ()
    named_beside: tuple[str, ...] = ()
    machines: int | None = 1
    chips_each: float | None = None
    hosting: str | None = None
    for_models: bool | None = None
    part_of: str = ""
    takes_tags: bool = True


class Machines(Fact, frozen=True, kw_only=True):
    """Machines of one kind, or of any of several; ``path`` is the property that names it.

    A resource names one ``machine``; or ``any_of`` several names or patterns (``g5.*``); or what
    they must have, in ``requirements``. Where another resource of the stack does it, ``template``
    is what that is called by, and ``named_in`` its address once it is found. The chips are those
    of the machine, or ``chips_each`` of them where the resource states it.

    ``machines`` is the most that the resource itself may run, for a group its ceiling; ``least`` is
    how many run at any time, None where all of them do; ``desired`` is how many it is asked to run
    now, None where that is left to others. All count in ``unit``: in machines, in
    what takes a part of one (``pods``), or in ``vCPUs`` or ``MiB`` of them; a machine that counts
    for other than one unit is in ``weights``. ``times`` is how often the number at ``machines_at``
    runs, once in each zone; ``machines`` and ``least`` count all. ``hours`` is the limit of time of
    work that ends by itself; ``queued`` says that machines run only while jobs wait for them.

    ``hosting`` is as in :class:`Located`; ``machine_prefix`` is what it writes before the machine's
    name. ``counted_in`` is the address of a resource that counts ``counted`` of these machines too:
    of a scaling target its variant, which starts with so many.
    ``spot`` says that they run on spare capacity alone, which may be taken away. ``boots`` is
    the image that they start from, None where the resource leaves it to others. ``of_template``
    says that the resource is itself a template, which runs nothing.
    """

    machine: str | None = None
    any_of: tuple[str, ...] = ()
    requirements: Requirements | None = None
    template: str | None = None
    template_at: str = ""
    named_in: str = ""
    machines: int | None = 1
    machines_at: str = ""
    least: int | None = None
    least_at: str = ""
    desired: int | None = None
    desired_at: str = ""
    unit: str = "machines"
    weights: Mapping[str, float] = {}
    times: int = 1
    hours: float | None = None
    queued: bool = False
    counted: int | None = None
    counted_in: str = ""
    chip: str | None = None
    chip_at: str = ""
    chips_each: float | None = None
    hosting: str | None = None
    machine_prefix: str = ""
    spot: bool | None = None
    spot_at: str = ""
    boots: BootImage | None = None
    boots_at: str = ""
    of_template: bool = False


class AllMachines(Fact, frozen=True, kw_only=True):
    """All machines of one resource, which it may run together: its variants, its pools.

    Every resource with a :class:`Machines` has one, which no reader yields.
    """

    groups: tuple[Machines, ...]


class MachineTemplate(Fact, frozen=True, kw_only=True):
    """What each machine that is started from a template would be; it runs nothing by itself.

    ``names`` are what others call it by: its name, its id. ``requirements`` are those of a template
    that names no machine.
    """

    names: tuple[str, ...] = ()
    machine: str | None = None
    machine_at: str = ""
    requirements: Requirements | None = None
    spot: bool | None = None
    spot_at: str = ""


class MachineKind(Fact, frozen=True, kw_only=True):
    """One kind of machine that a resource names: to run it, or to start others from.

    Every resource has one for each machine that its :class:`Machines` and
    :class:`MachineTemplate` name themselves; a group whose launch template names its machine has
    none, and the template has. ``chip`` is an accelerator beside what the machine carries, in the
    document's word. ``machines`` is how many run, at the least. ``spot`` says that it runs on spare
    capacity alone. ``serves`` says that somebody plainly waits for what it answers: it is an
    endpoint's, or tags declare a model that is served in real time. ``derived`` marks one that was
    made of the resource's other facts.
    """

    machine: str | None = None
    chip: str | None = None
    machines: int = 1
    hosting: str | None = None
    machine_prefix: str = ""
    spot: bool | None = None
    spot_at: str = ""
    serves: bool = False
    derived: bool = False
