"""Machines that wait: kept ready beside a group, or reserved for whoever comes."""

from __future__ import annotations

from lichen_policies.facts.fact import Fact


class WarmPool(Fact, frozen=True, kw_only=True):
    """Machines that are kept ready beside a group, for when it grows; ``group`` is its name.

    ``runs`` says that they run while they wait, and ``stopped`` is the value at ``runs_at`` with
    which they would not. ``machines`` is the most that wait at a time. ``least`` and ``most`` are
    what the pool itself bounds: how many wait at least, and how many run and wait together.
    """

    group: str | None = None
    runs: bool | None = None
    runs_at: str = ""
    stopped: str = ""
    least: int | None = None
    most: int | None = None
    machine: str | None = None
    machine_at: str = "its group"
    machines: int | None = None
    machines_at: str = "how many machines wait"
    hosting: str | None = None


class Reservation(Fact, frozen=True, kw_only=True):
    """Machines of one kind that are kept free, and paid for until the reservation ends.

    ``names`` are what others call it by. ``ends`` says that it ends by itself, and ``to_end`` what
    to set for that, in words. ``shared`` says that other accounts or services may use it; ``named``
    that only what names it does. ``attached`` says that accelerators are attached to its machines.
    ``used`` says that something in its stack uses it; None where its stack was not seen.
    """

    names: tuple[str, ...] = ()
    machine: str | None = None
    machines: int | None = 1
    machines_at: str = ""
    attached: bool | None = False
    ends: bool | None = None
    ends_at: str = ""
    to_end: str = ""
    shared: bool | None = False
    shared_at: str = ""
    named: bool | None = False
    hosting: str | None = None
    source: str = ""
    used: bool | None = None
    used_at: str = "whether something in the stack uses the reservation"


class ReservationUse(Fact, frozen=True, kw_only=True):
    """That machines are started in a reservation, which they call by a name, an id or a link."""

    reservation: str | None = None
