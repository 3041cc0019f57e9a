"""Fitted coefficients: how much of its physics a family of chips gives under a serving stack."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Literal

import msgspec

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import Kind
from lichen.sizing.answers import Basis
from lichen.sizing.hardware import ChipTable, Compute
from lichen.sizing.need import Work
from lichen.sizing.terms import COEFFICIENTS, SHARES, Terms


class Efficiency(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``efficiencies.csv``, written by ``make fit``.

    Shares are of the chips' bandwidth (``bandwidth_share`` reading weights, ``cache_share`` reading
    the KV cache) or of their dense peak (in decode, in prefill, in a prompt's attention).
    ``drift_pct_year`` is how much slower a run was for each year that it is older than 2026.
    ``cv_error_pct`` is the median absolute error on clusters left out of the fit; ``kin`` says
    what the row leans on where it has few rows or none.
    """

    family: str
    stack: str
    work: Work
    step_ms: float
    layer_us: float
    sync_us: float
    sequence_us: float
    bandwidth_share: float
    cache_share: float
    compute_share: float
    prefill_ms: float
    prefill_share: float
    attention_share: float
    burst: float
    drift_pct_year: float
    rows: int
    clusters: int
    cv_error_pct: float | None
    basis: Basis
    kin: str = ""
    sources: tuple[str, ...] = ()


class Adjustment(msgspec.Struct, frozen=True, kw_only=True):
    """Factors on an efficiency row for a format of compute, or for a mixture of experts
    (``sparse``): a row of ``adjustments.csv``. Of a share they scale what it lacks: one over the
    share, less one.
    """

    kind: Kind
    case: str
    step_ms: float
    layer_us: float
    sync_us: float
    sequence_us: float
    bandwidth: float
    cache: float
    compute: float
    prefill_ms: float
    prefill: float
    attention: float
    burst: float


class Ratio(msgspec.Struct, frozen=True, kw_only=True):
    """A factor on time that a percentile or a protocol brings: a row of ``ratios.csv``.

    Blank names hold for all; the narrowest row that fits is used.
    """

    ratio: str
    kind: str | None
    family: str | None
    stack: str | None
    work: str | None
    factor: float
    rows: int


class SpreadRow(msgspec.Struct, frozen=True, kw_only=True):
    """An 80 % interval as factors on a predicted time: a row of ``spreads.csv``.

    ``near``: errors on unseen clusters of a family and stack that were fitted. ``far``: errors on
    families and stacks that the fit had not seen at all.
    """

    reach: Literal["near", "far"]
    kind: str | None
    family: str | None
    stack: str | None
    work: str | None
    group: str
    time_low: float
    time_high: float
    rows: int
    clusters: int
    cv_error_pct: float | None


class Speed(msgspec.Struct, frozen=True):
    """An efficiency row ready to multiply."""

    row: Efficiency
    weights: Terms


class Stack(msgspec.Struct, frozen=True, kw_only=True):
    """A serving stack on a kind of hardware: a row of ``stacks.csv``.

    ``works`` it serves and ``families`` it is the usual choice on (``*``: all). Memory that it
    leaves to the model: ``memory_share`` of the chips less ``reserve_gib`` each.
    ``static_shapes``: it compiles batch and sequence length. ``layer_split``: several chips take
    turns layer by layer and are no faster than one. ``matches``: words that name it elsewhere.
    """

    stack: str
    kind: Kind
    works: tuple[Work, ...]
    families: tuple[str, ...] = ()
    memory_share: float
    reserve_gib: float
    most_sequences: int
    static_shapes: bool
    layer_split: bool
    matches: tuple[str, ...]
    basis: str
    source: str


class Headroom(msgspec.Struct, frozen=True, kw_only=True):
    """Share of saturation that queries arriving at random may take inside a latency bound: a row
    of ``headrooms.csv`` (MLPerf Server over Offline)."""

    kind: Kind
    work: Work
    share: float
    low: float
    high: float
    rows: int
    source: str


class Knowledge:
    """The tables that sizing reads, indexed; one for each catalogue."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.chips = ChipTable(catalogue)
        self._efficiencies = {
            (row.family, row.stack, row.work): row
            for row in catalogue.table("efficiencies", Efficiency)
        }
        self._adjustments = {
            (row.kind, row.case): row for row in catalogue.table("adjustments", Adjustment)
        }
        self._speeds: dict[tuple[str, Kind, str, Work, Compute, bool], Speed | None] = {}
        self._ratios = {
            (row.ratio, row.kind, row.family, row.stack, row.work): row.factor
            for row in catalogue.table("ratios", Ratio)
        }
        self._spreads = {
            (row.reach, row.kind, row.family, row.stack, row.work, row.group): (
                row.time_low,
                row.time_high,
            )
            for row in catalogue.table("spreads", SpreadRow)
        }
        self.stacks = catalogue.table("stacks", Stack)
        self._usual: dict[tuple[str, Kind, Work], Stack | None] = {}
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
            cases = [(kind, compute), (kind, "sparse")] if sparse else [(kind, compute)]
            found = [self._adjustments[case] for case in cases if case in self._adjustments]
            self._speeds[key] = ready(row, found) if row else None
        return self._speeds[key]

    def ratio(self, name: str, kind: Kind, family: str, stack: str, work: Work) -> float:
        """The factor of a named ratio, 1 for the blank one and for one that was never measured."""
        if not name:
            return 1.0
        for key in (
            (name, kind, family, stack, work),
            (name, kind, None, None, work),
            (name, None, None, None, None),
        ):
            if key in self._ratios:
                return self._ratios[key]
        return 1.0

    def spread(self, speed: Speed, kind: Kind, group: str) -> tuple[float, float]:
        """80 % factors on a time of this group."""
        row = speed.row
        keys: list[tuple[str | None, ...]] = []
        if row.basis == "fitted":
            keys.append(("near", None, row.family, row.stack, row.work, group))
        keys.append(("far", kind, None, None, row.work, group))
        keys.append(("far", None, None, None, None, group))
        for key in keys:
            if key in self._spreads:
                low, high = self._spreads[key]
                return (low / 1.5, high * 1.5) if row.basis == "assumed" else (low, high)
        return (0.3, 3.0)

    def headroom(self, kind: Kind, work: Work) -> Headroom:
        return self._headrooms[(kind, work)]

    def usual_stack(self, family: str, kind: Kind, work: Work) -> Stack | None:
        """The stack that one would serve this work with on this family; None where none does."""
        key = (family, kind, work)
        if key not in self._usual:
            able = [row for row in self.stacks if row.kind == kind and work in row.works]
            named = [row for row in able if family in row.families]
            anywhere = [row for row in able if "*" in row.families]
            self._usual[key] = next(iter(named or anywhere), None)
        return self._usual[key]

    def stack(self, name: str, kind: Kind, work: Work) -> Stack | None:
        """A stack by its name, where it runs on this kind and serves this work."""
        for row in self.stacks:
            if row.stack == name and row.kind == kind and work in row.works:
                return row
        return None


def ready(row: Efficiency, adjustments: Iterable[Adjustment] = ()) -> Speed:
    """The row as weights: shares turn into factors of time, adjustments multiply them."""
    weights = [
        row.step_ms,
        row.layer_us,
        row.sync_us,
        row.sequence_us,
        1.0 / row.bandwidth_share,
        1.0 / row.cache_share,
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


@lru_cache(maxsize=8)
def knowledge(catalogue: Catalogue) -> Knowledge:
    return Knowledge(catalogue)
