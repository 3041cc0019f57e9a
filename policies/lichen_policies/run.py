"""A run of the gate: everything that is judged together, and the exemptions that were written for
it.

A rule over a run judges what no resource and no stack has by itself. It gives its findings once,
however many documents there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from lichen.input_error import did_you_mean
from lichen_policies.beside import Beside, written
from lichen_policies.configuration import Configuration
from lichen_policies.exemptions import Exemption
from lichen_policies.facts import Fact, Resource
from lichen_policies.stack import Stack

Read = tuple[Resource, tuple[Fact, ...] | Exception | None]
"""A resource with its facts: what its reader failed with, or None where nobody reads its type."""


class Exempted(msgspec.Struct, frozen=True, kw_only=True):
    """An exemption, and the ``resources`` that it names.

    ``rule`` and ``where`` are what was written, also for one that cannot be read, whose
    ``exemption`` is None. ``idle`` says why it exempts nothing; it is empty where it may.
    """

    rule: str
    where: str
    exemption: Exemption | None
    resources: tuple[Resource, ...]
    idle: str = ""


class GateRun(Stack):
    """What a run judges: the exemptions of the files that hold, and those beside resources."""

    __slots__ = ("exempted",)

    def __init__(self, exempted: Iterable[Exempted] = ()) -> None:
        super().__init__(())
        self.exempted = tuple(exempted)


def run_of(read: Sequence[Read], configuration: Configuration) -> GateRun:
    """A run over all resources, those that nobody reads too."""
    return GateRun((*_of_files(read, configuration), *_of_resources(read, configuration)))


def _of_files(read: Sequence[Read], configuration: Configuration) -> Iterator[Exempted]:
    nearest = configuration.nearest_exemptions()
    for exemption in configuration.every_exemption():
        named = [
            (resource, facts)
            for resource, facts in read
            if exemption.matches(resource.address, resource.name)
        ]
        idle = "" if named else "no resource that is judged here has that name"
        if named and exemption.rule != "*":
            reasons = [_idle(exemption.rule, facts, configuration) for _, facts in named]
            idle = reasons[0] if all(reasons) else ""
        yield Exempted(
            rule=exemption.rule,
            where=exemption.where,
            exemption=exemption,
            resources=tuple(resource for resource, _ in named),
            # A file above the nearest one is for many stacks: what is idle here covers another.
            idle=idle if exemption in nearest else "",
        )


def _of_resources(read: Sequence[Read], configuration: Configuration) -> Iterator[Exempted]:
    for resource, facts in read:
        if facts is None and not resource.notes:
            continue  # nobody knows where a resource has its tags that nobody reads
        for beside in written(resource):
            yield Exempted(
                rule=beside.rule,
                where=beside.where,
                exemption=beside.exemption,
                resources=(resource,),
                idle=_mistake(beside, configuration) or _idle(beside.rule, facts, configuration),
            )


def _mistake(beside: Beside, configuration: Configuration) -> str:
    if beside.rule not in configuration.rules:
        return f"there is no rule of that name ({did_you_mean(beside.rule, configuration.rules)})"
    return beside.mistake


def _idle(
    rule: str, facts: tuple[Fact, ...] | Exception | None, configuration: Configuration
) -> str:
    """Why a rule has nothing to find in a resource; empty where it may find something."""
    judges = configuration.rules[rule].judges
    if issubclass(judges, Stack) or isinstance(facts, Exception):
        return ""
    if facts is None or not any(isinstance(fact, judges) for fact in facts):
        return f"{rule} judges no resource of this kind"
    return ""
