"""What a machine is for, where its tags say that it does not serve models."""

from __future__ import annotations

import re

from lichen_policies.facts.properties import Properties

_TAGS = ("name", "role", "purpose", "use", "usage", "application", "app", "component")
_WORK = re.compile(
    r"workstations?|desktops?|vdi|dcv|render(ing|er|farm)?|graphics|animat(ion|ors?)|"
    r"gam(e|es|ing)|transcod(e|er|ing)|video-edit(ing|or)?"
)


def is_workstation(properties: Properties) -> bool:
    """Whether the tags name work with graphics: a workstation, a render farm, a game server.

    Machines with GPUs are for that too, and nothing else of a machine shows which.
    """
    tags = properties.tags("tags")
    if not isinstance(tags, dict):
        return False
    words = (str(value).lower() for key, value in tags.items() if str(key).lower() in _TAGS)
    return any(_WORK.fullmatch(part) for word in words for part in re.split(r"[\s_./:]+|-", word))
