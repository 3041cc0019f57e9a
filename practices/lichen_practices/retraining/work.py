"""A training to place: what it takes, when it must be done, and where its data is."""

from __future__ import annotations

import datetime
from math import ceil
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import Machine
from lichen.document import InputError, convert, did_you_mean, read_document
from lichen.interval import Interval
from lichen.workload import Where

Positive = Annotated[float, Meta(gt=0, le=1e30)]
Gigabytes = Annotated[float, Meta(ge=0, le=1e9)]
Repeats = Literal["never", "daily", "weekly", "monthly"]

UTILISATION = Interval(0.25, 0.4, 0.5)
"""The share of a chip's peak arithmetic that a training reaches, where nobody says it. The likely
one is of Llama 3 405B, 0.38 to 0.43 (The Llama 3 Herd of Models, arXiv:2407.21783, table 4); the
ends are assumed, since other models and clusters reach less or more."""
LONGEST_H = 31 * 24


class DataPlace(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the data is, how much of it a run reads, and how much it writes back there."""

    region: str
    gb: Gigabytes
    results_gb: Gigabytes = 0


class TrainingWork(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One run of a training.

    It runs on ``machines`` of a ``machine``, or on so many ``accelerators`` of a kind
    (``accelerator``), on any machine that has them. It lasts ``hours``, or ``accelerator_hours``
    spread over the accelerators, or as long as ``flops`` take at the ``utilisation`` of their peak.
    ``earliest`` is when it may begin (left out: now), ``within_h`` how many hours later it must be
    done. ``repeats`` says how often it runs. Without ``data`` nothing is copied.
    """

    name: Annotated[str, Meta(min_length=1, max_length=63)]
    machine: str | None = None
    machines: Annotated[int, Meta(ge=1, le=10_000)] = 1
    accelerator: str | None = None
    accelerators: Annotated[int, Meta(ge=1, le=100_000)] = 1
    hours: Positive | None = None
    accelerator_hours: Positive | None = None
    flops: Positive | None = None
    utilisation: Annotated[float, Meta(gt=0, le=1)] | None = None
    data: DataPlace | None = None
    where: Where = Where()
    earliest: datetime.datetime | None = None
    within_h: Annotated[float, Meta(gt=0, le=LONGEST_H)] = 168
    repeats: Repeats = "never"

    def __post_init__(self) -> None:
        if (self.machine is None) == (self.accelerator is None):
            raise ValueError("give machine or accelerator, and not both")
        given = [self.hours, self.accelerator_hours, self.flops]
        if sum(each is not None for each in given) != 1:
            raise ValueError("give one of hours, accelerator_hours and flops")
        if self.earliest is not None and self.earliest.tzinfo is None:
            raise ValueError("earliest needs a time zone: end it with Z for UTC")


def read_training(path: Path) -> TrainingWork:
    """A training from YAML, TOML or JSON; :class:`InputError` names the field and the fix."""
    document = read_document(path)
    if not isinstance(document, dict):
        raise InputError(
            "a training is a mapping", fix="begin with name:, machine:, hours:", document=str(path)
        )
    earliest = document.get("earliest")
    if earliest is not None and not _is_time(earliest):
        raise InputError(
            f"{str(earliest)[:80]!r} is not a time",
            fix="write one with its hour and zone, such as 2026-12-01T00:00:00Z",
            field="earliest",
            document=str(path),
        )
    try:
        return convert(document, TrainingWork)
    except InputError as error:
        raise error.within(str(path)) from None


def _is_time(value: object) -> bool:
    try:
        msgspec.convert(value, datetime.datetime)
    except msgspec.ValidationError:
        return False
    return True


class TrainingFleet(msgspec.Struct, frozen=True, kw_only=True):
    """Machines of one kind that do the work, how long that takes, and the share of their
    accelerators that it keeps busy (``load``, 1 for all)."""

    machine: Machine
    count: int
    hours: Interval
    load: float = 1.0


def fleets_for(work: TrainingWork, catalogue: Catalogue) -> tuple[TrainingFleet, ...]:
    """Every kind of machine that the work may run on. :class:`InputError` where there is none."""
    if work.machine is not None:
        named = catalogue.machine(work.machine)
        chosen = [(named, work.machines, named.accelerators * work.machines)]
    else:
        chips = {machine.accelerator for machine in catalogue.machines.values()}
        if work.accelerator not in chips:
            raise InputError(
                f"{work.accelerator!r} is no accelerator that a machine has",
                fix=did_you_mean(work.accelerator or "", filter(None, chips)),
                field="accelerator",
            )
        chosen = [
            (machine, ceil(work.accelerators / machine.accelerators), work.accelerators)
            for machine in catalogue.machines.values()
            if machine.accelerator == work.accelerator and machine.accelerators >= 1
        ]
    return tuple(
        TrainingFleet(
            machine=machine,
            count=count,
            hours=_hours(work, machine, chips, catalogue),
            load=chips / (machine.accelerators * count) if chips else 1.0,
        )
        for machine, count, chips in chosen
    )


def _hours(work: TrainingWork, machine: Machine, chips: float, catalogue: Catalogue) -> Interval:
    """How long ``chips`` of the machine's kind take."""
    if work.hours is not None:
        return Interval(work.hours, work.hours, work.hours)
    if chips <= 0:
        raise InputError(
            f"{machine.name} has no accelerator",
            fix="give hours, or a machine with accelerators",
            field="machine",
        )
    if work.accelerator_hours is not None:
        hours = work.accelerator_hours / chips
        return Interval(hours, hours, hours)
    chip = catalogue.accelerator_of(machine)
    peak = None if chip is None else chip.bf16_tflops or chip.fp16_tflops
    if peak is None:
        raise InputError(
            f"nobody publishes the peak of {machine.accelerator} in 16 bits",
            fix="give hours instead of flops",
            field="flops",
        )
    shares = UTILISATION
    if work.utilisation is not None:
        shares = Interval(work.utilisation, work.utilisation, work.utilisation)
    whole = (work.flops or 0.0) / (chips * peak * 1e12 * 3600)
    return Interval(whole / shares.high, whole / shares.likely, whole / shares.low)
