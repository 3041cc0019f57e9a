"""What a rule may know of a resource: frozen, typed, and honest about what is not known."""

from __future__ import annotations

from typing import Any

import msgspec

from lichen.passport import Passport
from lichen.words import Environment
from lichen_policies.facts.unknown import AFTER_DEPLOYMENT, NotYetKnown, Unknown, Unverified


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """What every kind of fact tells.

    Reading a field that is not known raises :class:`Unverified`, so a rule is written as if all
    were known and gives *unverified* by itself where it is not. A field is None where the resource
    leaves it out. ``path`` is where in the resource the fact stands; fields that end in ``_at`` are
    the path of a property in the dialect's own spelling, for messages.
    """

    cloud: str
    region: str | None
    environment: Environment | None
    passport: Passport | None
    path: str = ""

    def __getattribute__(self, name: str) -> Any:
        value = object.__getattribute__(self, name)
        if type(value) is Unknown:
            because = value.because
            error = NotYetKnown if because == AFTER_DEPLOYMENT else Unverified
            if name == "passport":  # what the user wrote, of which there are several
                because = f"are {because[3:]}" if because.startswith("is ") else because
            raise error(f"{_said(self, name)} {because}")
        return value

    def known(self, name: str) -> Any:
        """A field where it is known, else None: for what a message may add, never for a verdict."""
        value = object.__getattribute__(self, name)
        return None if type(value) is Unknown else value


def _said(fact: Fact, name: str) -> str:
    """A field as the user wrote it, where the fact tells, else in words."""
    if name == "passport":
        return "the lichen:* tags"
    said = getattr(fact, f"{name}_at", "")
    if not said and name not in Fact.__struct_fields__:
        said = object.__getattribute__(fact, "path")
    return said or name.replace("_", " ")


class Located(Fact, frozen=True, kw_only=True):
    """Something that draws power in a region.

    ``machine`` is the catalogue's name of what runs there (without SageMaker's ``ml.``); None where
    none is named or several are. ``machines`` is how many run, at the least. ``hosting`` is the
    name of the hosting that runs them, at its own price; None where they are bare machines.
    """

    region_at: str
    machine: str | None = None
    machines: int = 1
    hosting: str | None = None


class Serving(Fact, frozen=True, kw_only=True):
    """One variant of a model endpoint.

    ``floor`` and ``ceiling`` are the bounds of the scaling that the variant does itself; None
    where it does none. ``holds_model`` says that the variant carries the model itself rather than
    inference components that are put on it.
    """

    hosting: str
    machine: str | None
    machines: int | None
    serverless: bool
    holds_model: bool
    floor: int | None
    ceiling: int | None
    machine_at: str
    machines_at: str
    floor_at: str
    holds_model_at: str


class Accelerated(Fact, frozen=True, kw_only=True):
    """Machines of one kind that may carry accelerators; ``path`` is the property that says which.

    The chips are those of the ``machine``, or ``chips_each`` of them where the resource says it.
    ``machines`` is the most that the resource itself may run, for a group its ceiling.
    """

    machine: str | None = None
    machines: int | None = 1
    machines_at: str = ""
    hosted: bool = False
    chip: str | None = None
    chips_each: float | None = None


class Scaling(Fact, frozen=True, kw_only=True):
    """A floor that is held whatever the traffic; ``path`` is the property that sets it.

    ``to_zero`` is how this kind of resource gets to zero, where setting the floor is not enough.
    ``hosting`` is the name of the hosting that runs the machines; None where they are bare.
    """

    floor: int | None
    unit: str = "machines"
    to_zero: str = ""
    machine: str | None = None
    hosting: str | None = None
