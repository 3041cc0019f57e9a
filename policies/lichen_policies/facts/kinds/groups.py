"""What belongs together: pools and their cluster, a group and its template and autoscaler."""

from __future__ import annotations

from collections.abc import Mapping

from lichen_policies.facts.fact import Fact


class Whole(Fact, frozen=True, kw_only=True):
    """What others are part of, such as a cluster of pools of machines: its parts are in its region.

    ``names`` are what its parts call it by. ``zones`` is over how many zones the machines of a part
    spread that names none itself; None where that is not known.
    """

    names: tuple[str, ...] = ()
    zones: int | None = None


class Part(Fact, frozen=True, kw_only=True):
    """A part of another resource; ``whole`` is the name or the link that it calls it by.

    ``placed`` says that it states its own region. ``zones`` are those that its machines run in.
    """

    whole: str | None = None
    placed: bool | None = None
    zones: tuple[str, ...] | None = None
    zones_at: str = ""


class MachineGroup(Fact, frozen=True, kw_only=True):
    """Machines that are all made from one template.

    ``names`` are what an autoscaler calls the group by; ``template`` is the name or the link of the
    template. ``machines`` is the size that the group states itself.
    """

    names: tuple[str, ...] = ()
    template: str | None = None
    template_at: str = ""
    machines: int | None = None
    machines_at: str = ""


class TaskTemplate(Fact, frozen=True, kw_only=True):
    """What each task that is started from a template takes of a machine; it runs nothing by itself.

    ``names`` are what others call it by. ``chips`` is how many accelerators all of its containers
    ask for; None for none.
    """

    names: tuple[str, ...] = ()
    chips: float | None = None


class Autoscaler(Fact, frozen=True, kw_only=True):
    """The bounds of a group's size, set beside the group; ``group`` is its name or link, ``wanted``
    the size between its bounds where nothing says another."""

    group: str | None = None
    floor: int | None = None
    floor_at: str = ""
    ceiling: int | None = None
    ceiling_at: str = ""
    wanted: int | None = None
    wanted_at: str = ""


class ZonedPool(Fact, frozen=True, kw_only=True):
    """A pool of machines over the zones that it lists.

    ``least_each`` is how many always run in each zone, None where the pool bounds all zones
    together; ``total_at`` is the property that would. ``attached`` says that accelerators are
    attached to its machines.
    """

    zones: tuple[str, ...] | None = None
    zones_at: str = ""
    least_each: int | None = None
    least_each_at: str = ""
    total_at: str = ""
    machine: str | None = None
    attached: bool | None = False


class WorkloadProfiles(Fact, frozen=True, kw_only=True):
    """The kinds of machines of an environment of containers, by the names that apps call them; the
    kind of one may be unknown by itself."""

    kinds: Mapping[str, object] = {}


class OnProfile(Fact, frozen=True, kw_only=True):
    """An app on one of the kinds of machines of its environment; ``floor`` replicas always run."""

    profile: str | None = None
    floor: int | None = None
    floor_at: str = ""
