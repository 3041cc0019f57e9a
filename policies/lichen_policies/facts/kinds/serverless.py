"""Containers that a service starts and stops by itself."""

from __future__ import annotations

from lichen_policies.facts.fact import Fact


class ServerlessContainer(Fact, frozen=True, kw_only=True):
    """A container that runs while there are requests.

    ``always_on`` says that it keeps its processors, and is paid for them, between requests too;
    None where the resource does not say. ``off_value`` is what ``always_on_at`` is set to so that
    it does not. One with an accelerator cannot let go of them.
    """

    always_on: bool | None = None
    always_on_at: str = ""
    off_value: bool | str = False
    accelerated: bool = False
    floor: int | None = None
    hosting: str | None = None
