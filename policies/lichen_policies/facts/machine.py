"""What a machine's name alone shows, without a catalogue."""

from __future__ import annotations

from lichen.clouds import CLOUDS
from lichen_policies.facts.fact import Context
from lichen_policies.facts.numbers import whole_in
from lichen_policies.facts.unknown import Maybe, is_unknown


def bare(name: Maybe[str], prefix: str = "") -> Maybe[str]:
    """The catalogue's name of a machine: without its hosting's prefix, the last part of a path."""
    if name is None or is_unknown(name):
        return name
    return name.rsplit("/", 1)[-1].removeprefix(prefix)


def names_accelerators(machine: str) -> bool:
    """Whether a machine's family is one that carries accelerators, by its name alone."""
    return any(cloud.has_accelerators(machine) for cloud in CLOUDS.values())


def vcpus_named(machine: str) -> float | None:
    """The vCPUs of a general machine of Google, the last part of its name: ``e2-standard-16``."""
    vcpus = whole_in(machine.rsplit("-", 1)[-1])
    return None if vcpus is None else float(vcpus)


def is_pattern(name: Maybe[str]) -> bool:
    """Whether a name is a pattern of several machines': ``g5.*``."""
    return isinstance(name, str) and "*" in name


def may_serve(context: Context, *machines: Maybe[str]) -> Maybe[bool]:
    """Whether machines plainly serve models, as :func:`serves`; not known where neither a machine
    nor the tags are, since either may say so."""
    if is_unknown(context.passport) and any(map(is_unknown, machines)):
        return context.passport
    return serves(context, *machines)


def serves(context: Context, *machines: Maybe[str]) -> bool:
    """Whether machines plainly serve models: they have a passport, or carry accelerators.

    Lichen does not judge general machines, so where neither is known the answer is no.
    """
    if context.says_what_it_serves:
        return True
    return any(isinstance(machine, str) and names_accelerators(machine) for machine in machines)
