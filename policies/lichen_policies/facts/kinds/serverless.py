"""Containers that a service starts and stops by itself."""

from __future__ import annotations

from lichen_policies.facts.fact import Fact


class ServerlessContainer(Fact, frozen=True, kw_only=True):
    """A container that runs while there are requests.

    ``always_on`` says that it keeps its processors, and is paid for them, between requests too;
    None where the resource does not say. ``off_value`` is what ``always_on_at`` is set to so that
    it does not. One with an accelerator cannot let go of them; ``spare_zone`` says that it keeps
    room for itself in a second zone, where ``spare_zone_at`` is set to true to give that up.
    """

    always_on: bool | None = None
    always_on_at: str = ""
    off_value: bool | str = False
    accelerated: bool = False
    spare_zone: bool | None = None
    spare_zone_at: str = ""
    floor: int | None = None
    floor_at: str = ""
    hosting: str | None = None


class ServiceStart(Fact, frozen=True, kw_only=True):
    """How long a service lets its container start. ``probe_s`` is how long its startup probe, at
    ``probe_s_at``, waits: so many failures at ``threshold_at``, so many seconds apart at
    ``period_at``; None where it has no probe of its own. It begins after ``delay_s``."""

    hosting: str
    accelerated: bool = False
    delay_s: float | None = None
    probe_s: float | None = None
    probe_s_at: str = ""
    threshold_at: str = ""
    period_at: str = ""
