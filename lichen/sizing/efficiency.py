"""Fitted coefficients: how much of its physics a family of chips gives under a serving stack."""

from __future__ import annotations

from functools import lru_cache

import msgspec

from lichen.catalogue import Catalogue
from lichen.sizing.need import Work
from lichen.sizing.prediction import Basis
from lichen.sizing.rig import HardwareTable, Kind
from lichen.sizing.speed import Prefill, Terms


class Efficiency(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``efficiencies.csv``, written by ``make fit``.

    ``bandwidth_share``, ``compute_share``, ``prefill_share`` and ``attention_share`` are of the
    dense peak. ``time_low`` and ``time_high`` multiply a predicted time into its 80 % interval;
    ``cv_error_pct`` is the median absolute error on clusters left out of the fit. ``kin`` says
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
    compute_share: float
    prefill_ms: float
    prefill_share: float
    attention_share: float
    time_low: float
    time_high: float
    rows: int
    clusters: int
    cv_error_pct: float | None
    basis: Basis
    kin: str = ""
    sources: tuple[str, ...] = ()


class Speed(msgspec.Struct, frozen=True):
    """An efficiency row ready to multiply: weights of the decode terms and the prefill terms."""

    row: Efficiency
    decode: Terms
    prefill: Prefill


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
        self.hardware = HardwareTable(catalogue)
        self._speeds = {
            (row.family, row.stack, row.work): ready(row)
            for row in catalogue.table("efficiencies", Efficiency)
        }
        self.stacks = catalogue.table("stacks", Stack)
        self._usual: dict[tuple[str, Kind, Work], Stack | None] = {}
        self._headrooms = {
            (row.kind, row.work): row for row in catalogue.table("headrooms", Headroom)
        }

    def speed(self, family: str, kind: Kind, stack: str, work: Work) -> Speed | None:
        """The fit of this family and stack; else the row of its kind (family ``gpu`` ...)."""
        return self._speeds.get((family, stack, work)) or self._speeds.get((kind, stack, work))

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


def ready(row: Efficiency) -> Speed:
    """The row as weights: shares turn into factors of time."""
    return Speed(
        row,
        (
            row.step_ms,
            row.layer_us,
            row.sync_us,
            row.sequence_us,
            1.0 / row.bandwidth_share,
            1.0 / row.compute_share,
        ),
        (row.prefill_ms, 1.0 / row.prefill_share, 1.0 / row.attention_share),
    )


def seconds(weights: tuple[float, ...], terms: tuple[float, ...]) -> float:
    """The weighed sum of terms."""
    return sum(weight * term for weight, term in zip(weights, terms, strict=True))


@lru_cache(maxsize=8)
def knowledge(catalogue: Catalogue) -> Knowledge:
    return Knowledge(catalogue)
