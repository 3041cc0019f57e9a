"""Hardware that its provider or its maker has retired.

Why: Retired hardware gets no drivers and no new servers of models, so it falls behind in speed and
power, and one day its provider takes it away. What a provider has already taken away fails when it
is deployed, often after other resources were made.

Fix: Move to the hardware that the message names, and measure the model there.

Exceptions: It blocks only in production, and only what its provider refuses to make already:
Elastic Inference, the NVIDIA K80 on Google Cloud, Azure's NC up to NCv3, its first ND and NV, NVv3
and NVv4. The rest is advice, with the day: AWS's Inferentia1, P2, P3 and G3; NVIDIA chips of the
generations Maxwell, Pascal and Volta; Google's TPU v2 and v3; older series of Azure. An end that
lies ahead is reported from ``days_before`` days before it. What GKE's node auto-provisioning may
make is judged too: each kind of accelerator in its resource limits. A machine that a launch
template names is reported there, once, and not again at the groups that use it. What ended only for
one kind of model or for one server is not judged here; an older generation that is still made and
maintained is a matter of previous-generation.

Tags: It reads none but ``lichen:environment``, which chooses the level.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from lichen.catalogue.schema import Retired
from lichen_policies.facts import MachineKind
from lichen_policies.named_hardware import chip_named, families, is_name, machine_of, written
from lichen_policies.rule import HIGHER_IS_STRICTER, Finding, Known, NotApplicable, rule


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Days before an end that lies ahead from which on it is a finding."""

    days_before: Annotated[int, Meta(ge=0, le=3650), HIGHER_IS_STRICTER] = 365


@rule(severity="medium", dev="advisory", staging="advisory", prod="mandatory", theme="hardware")
def retired_hardware(fact: MachineKind, limits: Limits, known: Known) -> Iterator[Finding]:
    if fact.machine is None and fact.chip is None:
        raise NotApplicable("it names no machine")
    rows = known.catalogue.retired_hardware(*families(fact, known), fact.cloud)
    for row in rows[:1]:
        if _first_day(row) - datetime.timedelta(days=limits.days_before) <= known.today:
            yield _finding(fact, row, known)


def _finding(fact: MachineKind, row: Retired, known: Known) -> Finding:
    source = known.catalogue.sources[row.source]
    ahead = _first_day(row) > known.today
    when = f"from {row.since} on" if ahead else f"since {row.since}"
    gone = row.gone and not ahead
    return Finding(
        what=f"{_named(fact, row, known)}: {row.what} ({source.publisher}, {when})",
        limit="hardware must still be made and maintained"
        + ("" if gone else "; this finding only advises, because it can still be made"),
        or_else=_or_else(fact, row),
        path=fact.path,
        sources=(row.source,),
        advice=not gone,
    )


def _first_day(row: Retired) -> datetime.date:
    """The first day of a year, a month or a day."""
    year, month, day = (*map(int, row.since.split("-")), 1, 1)[:3]
    return datetime.date(year, month, day)


def _named(fact: MachineKind, row: Retired, known: Known) -> str:
    """What the document names, and the chip where that is what is retired."""
    if row.chip_family is not None and fact.chip is not None:
        chip = chip_named(fact.chip, known.catalogue)
        return fact.chip if is_name(fact.chip) else chip.name if chip else row.chip_family
    machine = machine_of(fact, known)
    if row.chip_family is not None and machine is not None:
        return f"{written(fact)} ({machine.accelerator})"
    return written(fact) if is_name(fact.machine or "") else f"a machine of {row.machine_family}"


def _or_else(fact: MachineKind, row: Retired) -> str:
    if not fact.derived:  # it stands beside the machine
        return f"remove {fact.path}; where the model needs an accelerator, choose {_instead(row)}"
    return f"choose {_instead(row)} at {fact.path}, and measure the model on it"


def _instead(row: Retired) -> str:
    if not row.instead:
        return "hardware that is maintained"
    return row.instead if row.machine_family is None else f"a machine of {row.instead}"
