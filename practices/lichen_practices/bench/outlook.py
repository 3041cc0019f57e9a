"""What production will cost and emit, and how far a measurement narrowed it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from lichen.evidence import Record
from lichen.interval import Interval
from lichen.placing.choose import place
from lichen.placing.placement import NoPlacement, Placement
from lichen.placing.question import Pin, Question


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """A placement's replicas, dollars and grams a month, and the 80 % factors on its times."""

    machine: str
    region: str
    replicas_peak: int
    replicas_needed: Interval
    usd_month: Interval
    gco2e_month: Interval
    usd_unit: float | None
    gco2e_unit: Interval | None
    functional_unit: str
    time_factors: tuple[float, float]

    @classmethod
    def of(cls, placement: Placement) -> Expected:
        """What is expected of the chosen offer."""
        chosen = placement.chosen
        return cls(
            machine=chosen.machine,
            region=chosen.region,
            replicas_peak=chosen.replicas_peak,
            replicas_needed=chosen.replicas_needed,
            usd_month=chosen.usd_month_needed,
            gco2e_month=chosen.gco2e_month,
            usd_unit=chosen.usd_unit,
            gco2e_unit=chosen.gco2e_unit,
            functional_unit=placement.functional_unit,
            time_factors=placement.origin.rate_factors,
        )


class Outlook(msgspec.Struct, frozen=True, kw_only=True):
    """Production without the measurement and with it; None where nothing fits.

    ``same_before`` is the offer chosen with it, as it was expected without. ``narrowed`` is how
    many times narrower the interval of its times became, in log units; 1 where the measurement
    says nothing of it. ``carried``: it was measured on another machine.
    """

    before: Expected | None
    after: Expected | None
    same_before: Expected | None
    narrowed: float | None
    carried: bool
    notes: tuple[str, ...]


def outlook_of(records: Sequence[Record], question: Question) -> Outlook:
    """The placements of a workload without records and with them."""
    with_records = replace(question, evidence=(*question.evidence, *records))
    before, after = place(question, runners_up=0), place(with_records, runners_up=0)
    if isinstance(after, NoPlacement):
        likely = after.likely
        return Outlook(
            before=None if isinstance(before, NoPlacement) else Expected.of(before),
            after=None,
            same_before=None,
            narrowed=None,
            carried=False,
            notes=("no offer meets the workload's bounds with the confidence that it asks for",)
            if likely is not None
            else ("no offer does the work",),
        )
    pin = Pin(machine=after.chosen.machine, region=after.chosen.region)
    same = place(replace(question, pin=pin), runners_up=0)
    expected = Expected.of(after)
    same_before = None if isinstance(same, NoPlacement) else Expected.of(same)
    bare = question.catalogue.bare_name
    return Outlook(
        before=None if isinstance(before, NoPlacement) else Expected.of(before),
        after=expected,
        same_before=same_before,
        narrowed=None if same_before is None else _narrowed(same_before, expected),
        carried=all(bare(one.machine) != bare(after.chosen.machine) for one in records),
        notes=tuple(note for note in after.notes if note.startswith("the record of")),
    )


def _narrowed(before: Expected, after: Expected) -> float:
    width_before, width_after = (
        math.log(one.time_factors[1] / one.time_factors[0]) for one in (before, after)
    )
    return width_before / width_after if width_after > 0 else 1.0
