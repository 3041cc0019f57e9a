"""Endpoint whose size rests on no measurement.

Why: A prediction of speed is off by a quarter for half of the models, and by more than two for one
in six (docs/accuracy.md). A benchmark of an hour narrows that, and usually saves a machine.

Fix: Measure the model, on its machine or first on your own, write the result as a benchmark record
(``lichen bench``), and name its file in the workload's ``evidence`` or in the tag
``lichen:evidence``.

Exceptions: It only advises: whether a measurement is worth its time is the team's decision. Set its
level in lichen.yaml to require one. The record itself is not read at deployment: ``lichen place``
reads it, and says how little carries over where it is of another machine. What is known of it is in
the tag ``lichen:measured``: where the newest is older than the limit ``days`` it is a finding too.
A record of your own machine is enough: it shows that the model runs, and how far the prediction is
off. With the limit ``same_chip`` one must be of the machine that serves, or of one with the same
chip. Endpoints that declare no model are not judged.

Tags: It needs ``lichen:model``, and is quiet with ``lichen:evidence``. Of each record
``lichen:measured`` has the machine and the day (``g6e.xlarge 2026-11-26``); the component Endpoint
writes both. Without it nothing is said of a record's age.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from lichen.catalogue import Catalogue
from lichen_policies.facts import Serving
from lichen_policies.rule import (
    LOWER_IS_STRICTER,
    Finding,
    Known,
    NotApplicable,
    Unverified,
    rule,
)


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``days``: how old the newest measurement may be; ``same_chip``: whether one must be of the
    chip that serves."""

    days: Annotated[int, Meta(ge=1, le=10_000), LOWER_IS_STRICTER] = 365
    same_chip: bool = False


@rule(severity="low", dev="advisory", staging="advisory", prod="advisory", theme="evidence")
def endpoint_without_benchmark(fact: Serving, limits: Limits, known: Known) -> Iterator[Finding]:
    passport = fact.declared("model", "measured")
    if passport is None:
        raise NotApplicable("the lichen:* tags declare no model")
    if fact.shadow:
        raise NotApplicable("a shadow variant is itself a measurement")
    if not passport.evidence and not passport.measured:
        yield Finding(
            what=f"the {fact.tag_word}s name no benchmark of the model",
            limit="a size should rest on a measurement",
            or_else=f"measure it, and name the record in the workload's evidence or in the "
            f"{fact.tag_word} {fact.tag('evidence')}",
            path=fact.machine_at or fact.path,
        )
        return
    if not passport.measured:
        return
    measured = [each.rsplit(" ", 1) for each in passport.measured]
    newest = max(_day(fact, day) for _, day in measured)
    age = (known.today - newest).days
    again = f"measure it again, and name the record in the {fact.tag_word}s"
    if age > limits.days:
        yield Finding(
            what=f"the newest benchmark of the model is of {newest}, {age} days ago",
            limit=f"a size rests on a measurement of the last {limits.days} days",
            or_else=again,
            path=fact.machine_at or fact.path,
        )
    if limits.same_chip and not _same_chip(fact, (name for name, _ in measured), known):
        yield Finding(
            what="no benchmark of the model is of the chip that serves it",
            limit="one must be: same_chip is set in lichen.yaml",
            or_else=f"{again}, on this machine or one with its chip",
            path=fact.machine_at or fact.path,
        )


def _day(fact: Serving, text: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        tag = fact.tag("measured")
        raise Unverified(f"the {fact.tag_word} {tag} has a day that does not exist") from None


def _same_chip(fact: Serving, measured: Iterable[str], known: Known) -> bool:
    """Whether one of what was measured on is the machine, or computes with its chip."""
    if fact.machine is None:
        raise NotApplicable("it names no machine")
    chip = _chip(fact.machine, known.catalogue)
    return any(name == chip or _chip(name, known.catalogue) == chip for name in measured)


def _chip(name: str, catalogue: Catalogue) -> str:
    """What a machine computes with: its accelerator, else its processor; a name that is no
    machine's is that of a chip."""
    machine = catalogue.machines.get(catalogue.bare_name(name))
    return name if machine is None else machine.accelerator or machine.cpu or name
