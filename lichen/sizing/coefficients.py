"""Fitted coefficients: how much of its physics a family of chips gives under a serving stack."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import (
    PLAIN,
    Adjustment,
    Around,
    Compute,
    Efficiency,
    FitSide,
    Headroom,
    Kind,
    PowerModel,
    Ratio,
    ServingStack,
    SpreadRow,
    Work,
)
from lichen.sizing.formats import Formats
from lichen.sizing.hardware import ChipTable
from lichen.sizing.terms import COEFFICIENTS, SHARES, Terms
from lichen.words import Precision

UNKNOWN_SPREAD = (0.3, 3.0)
"""80 % factors on a time that nobody measured on anything alike."""


class Speed(msgspec.Struct, frozen=True):
    """An efficiency row ready to multiply."""

    row: Efficiency
    weights: Terms


class Spreads(msgspec.Struct, frozen=True):
    """80 % factors on time, low and high, by what is timed."""

    rate: tuple[float, float]
    first: tuple[float, float]
    token: tuple[float, float]
    request: tuple[float, float]

    def wider(self, factor: float) -> Spreads:
        """The same, ``factor`` times as far out at either end."""

        def widened(ends: tuple[float, float]) -> tuple[float, float]:
            return ends[0] / factor, ends[1] * factor

        return Spreads(
            widened(self.rate), widened(self.first), widened(self.token), widened(self.request)
        )


class Knowledge:
    """The tables that sizing reads, indexed; one for each catalogue."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.chips = ChipTable(catalogue)
        self.formats = Formats(catalogue)
        self._efficiencies = {
            (row.family, row.stack, row.work): row
            for row in catalogue.table("efficiencies", Efficiency)
        }
        self._adjustments = {
            (row.kind, row.side, row.case, row.stack): row
            for row in catalogue.table("adjustments", Adjustment)
        }
        self._speeds: dict[tuple[str, Kind, str, Work, Compute, bool], Speed | None] = {}
        self._ratios = {
            (row.ratio, row.kind, row.family, row.stack, row.work): row.factor
            for row in catalogue.table("ratios", Ratio)
        }
        self._spreads = {
            (row.reach, row.kind, row.family, row.stack, row.work, row.group): row
            for row in catalogue.table("spreads", SpreadRow)
        }
        self._spreads_of: dict[tuple[str, str, Work, Kind], Spreads] = {}
        self.stacks = catalogue.table("stacks", ServingStack)
        self.around = {row.work: row for row in catalogue.table("around", Around)}
        self.chip_power = next(
            (row for row in catalogue.table("powers", PowerModel) if row.boundary == "chip"), None
        )
        self._usual: dict[tuple[str, Kind, Work, Precision | None], ServingStack | None] = {}
        self._headrooms = {
            (row.kind, row.work): row for row in catalogue.table("headrooms", Headroom)
        }

    def speed(
        self, family: str, kind: Kind, stack: str, work: Work, compute: Compute, sparse: bool
    ) -> Speed | None:
        """The fit of this family and stack for a format of compute; None where there is none."""
        key = (family, kind, stack, work, compute, sparse)
        if key not in self._speeds:
            row = self._efficiencies.get((family, stack, work))
            side: FitSide = "llm" if work == "llm" else "items"
            cases: list[tuple[str, str | None]] = [(compute, None)]
            if sparse:
                cases += [("sparse", None), ("sparse", stack)]
            every = (self._adjustments.get((kind, side, *case)) for case in cases)
            found = [adjustment for adjustment in every if adjustment]
            self._speeds[key] = ready(row, found) if row else None
        return self._speeds[key]

    def ratio(self, name: str, kind: Kind, family: str, stack: str, work: Work) -> float:
        """The factor of a named ratio, 1 for the blank one and for one that was never measured."""
        if not name:
            return 1.0
        for key in (
            (name, kind, family, stack, work),
            (name, kind, None, None, work),
            (name, None, None, None, work),
        ):
            if key in self._ratios:
                return self._ratios[key]
        return 1.0

    def spread(self, speed: Speed, kind: Kind, group: str) -> tuple[float, float]:
        """80 % factors on a time of this group."""
        found = self.spread_row(speed.row, kind, group)
        return UNKNOWN_SPREAD if found is None else (found.time_low, found.time_high)

    def spread_row(self, row: Efficiency, kind: Kind, group: str) -> SpreadRow | None:
        """Where the factors on a time of this group come from; None where nothing alike was
        measured."""
        cells: list[tuple[str | None, str | None, str | None, str | None]] = [
            (None, row.family, row.stack, row.work)
        ]
        if row.basis != "fitted":
            wide = row.work if row.work == "llm" else None
            cells = [(kind, None, None, row.work), (None, None, None, wide)]
        for cell in cells:
            found = self._spreads.get((row.basis, *cell, group))
            if found is not None:
                return found
        return None

    def spreads(self, speed: Speed, kind: Kind) -> Spreads:
        """80 % factors on every time that a speed predicts."""
        row = speed.row
        key = (row.family, row.stack, row.work, kind)
        if key not in self._spreads_of:
            llm = row.work == "llm"
            token = self.spread(speed, kind, "token" if llm else "pass")
            self._spreads_of[key] = Spreads(
                rate=self.spread(speed, kind, "rate"),
                first=self.spread(speed, kind, "first" if llm else "pass"),
                token=token,
                request=token,
            )
        return self._spreads_of[key]

    def headroom(self, kind: Kind, work: Work) -> Headroom:
        return self._headrooms[(kind, work)]

    def usual_stack(
        self, family: str, kind: Kind, work: Work, precision: Precision | None = None
    ) -> ServingStack | None:
        """The stack that one would serve this work with on this family, of those that run the
        precision; None where none does."""
        key = (family, kind, work, precision)
        if key not in self._usual:
            able = [
                row
                for row in self.stacks
                if row.kind == kind
                and work in row.works
                and (precision is None or precision in (row.precisions or PLAIN))
            ]
            named = [row for row in able if family in row.families]
            anywhere = [row for row in able if "*" in row.families]
            special = [] if precision is None or precision in PLAIN else able
            self._usual[key] = next(iter(named or anywhere or special), None)
        return self._usual[key]

    def stack(self, name: str, kind: Kind, work: Work) -> ServingStack | None:
        """A stack by its name or another that people use for it, where it runs on this kind and
        serves this work."""
        name = name.strip().casefold()
        able = [row for row in self.stacks if row.kind == kind and work in row.works]
        named = [row for row in able if row.stack == name]
        return next(iter(named or [row for row in able if name in row.matches]), None)

    def stacks_of(self, family: str, kind: Kind, work: Work) -> list[str]:
        """Names of the stacks that serve this work on this family, as far as anybody measured."""
        return [
            row.stack
            for row in self.stacks
            if row.kind == kind
            and work in row.works
            and (family, row.stack, work) in self._efficiencies
        ]


def ready(row: Efficiency, adjustments: Iterable[Adjustment] = ()) -> Speed:
    """The row as weights: shares turn into factors of time, adjustments multiply them."""
    weights = [
        row.step_ms,
        row.layer_us,
        row.sync_us,
        row.sequence_us,
        1.0 / row.bandwidth_share,
        1.0 / row.cache_share,
        1.0 / row.link_share,
        1.0 / row.compute_share,
        row.prefill_ms,
        1.0 / row.prefill_share,
        1.0 / row.attention_share,
        row.burst,
    ]
    for adjustment in adjustments:
        for position, name in enumerate(COEFFICIENTS):
            own = 1.0 if name in SHARES else 0.0
            weights[position] = own + (weights[position] - own) * getattr(adjustment, name)
    return Speed(row, Terms(*weights))


def knowledge(catalogue: Catalogue) -> Knowledge:
    """The catalogue's tables as sizing reads them; the catalogue makes and keeps them once."""
    return catalogue.once(Knowledge)
