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
