"""What a resource's own tags declare."""

from __future__ import annotations

from lichen.input_error import InputError
from lichen.words import Environment
from lichen_policies.facts.fact import Fact


class DeclaredTags(Fact, frozen=True, kw_only=True):
    """The ``lichen:*`` tags of a resource; ``path`` is the property that holds its tags.

    ``mistakes`` are the tags that cannot be read, without their values. ``says`` is the environment
    that a tag states, ``deployment`` the one that the stack or the command line states.
    """

    mistakes: tuple[InputError, ...] | None = ()
    says: Environment | None = None
    deployment: Environment | None = None
