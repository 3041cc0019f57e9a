"""What a machine cannot exceed: requests a second if it did nothing but the model's operations.

Far cheaper than a layout, so that a search among machines lays out only those that may win.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import Chip, Compute, Machine
from lichen.sizing.answers import Misfit
from lichen.sizing.arrangement import OF_WHISPER, UNKNOWN_FLOPS
from lichen.sizing.coefficients import Speed, knowledge
from lichen.sizing.confidence import factor_at
from lichen.sizing.need import WORK, Need, as_released, need_of
from lichen.sizing.savings import WITHOUT_HEADROOM
from lichen.words import Precision
from lichen.workload import ModelCard, Workload


class Roof:
    """What machines cannot exceed for a model at a precision; each kind of chip is worked out once.

    Benchmark records are left out of it, since they may say that a machine is faster.
    """

    def __init__(
        self, workload: Workload, card: ModelCard, precision: Precision, catalogue: Catalogue
    ) -> None:
        self._workload, self._card, self._precision = workload, card, precision
        self._known = knowledge(catalogue)
        self._ways = catalogue.once(_Ways).of(card, precision)
        self._of_chips: dict[str | None, _OfChip | None] = {}

    def rps(self, machine: Machine) -> float:
        """Requests a second that no layout of the workload on ``machine`` exceeds.

        Infinite where nothing bounds it; 0 where the machine cannot serve the workload at all,
        which :func:`lay_out` explains.
        """
        whole = self._known.chips.all_of(machine)
        if whole is None:
            return 0.0
        found = self._on(machine)
        if found is None or found.weight_gib > whole.memory_gib:
            return 0.0
        return whole.peak(found.compute) * found.requests_per_operation

    def may_serve(
        self, alike: SameChips, busiest_rps: float, most: float, most_watts: float
    ) -> bool:
        """Whether ``most`` of machines with the same chips, which draw ``most_watts`` together at
        the most, may serve ``busiest_rps``: one question in place of one of each machine."""
        found = self._on(alike.first)
        if found is None:
            return False
        peak, peak_per_watt = alike.best(found.compute)
        each = found.requests_per_operation * _ROUNDED_UP
        return (
            busiest_rps <= peak * each * most and busiest_rps <= peak_per_watt * each * most_watts
        )

    def _on(self, machine: Machine) -> _OfChip | None:
        """What holds for the chips of a machine; None where they cannot serve the workload."""
        name = chips_in(machine)
        if name not in self._of_chips:
            chip = self._known.chips.of_machine(machine)
            self._of_chips[name] = None if chip is None else self._of(chip)
        return self._of_chips[name]

    def _of(self, chip: Chip) -> _OfChip | None:
        """None where the chip cannot serve the workload."""
        work, traffic = WORK[self._card.kind], self._workload.traffic
        # How a language model runs on a chip does not hang on its requests, of which each workload
        # has others.
        key = chip.name, None if work == "llm" else traffic.input_tokens or None
        if key not in self._ways:
            self._ways[key] = self._way(chip, key[1])
        way = self._ways[key]
        if way is None:
            return None
        need, speed = way
        weight_gib = need.weight_bytes / 1024**3
        if speed is None:
            return _OfChip(need.compute, weight_gib, math.inf)
        weights = speed.weights
        operations = traffic.items * need.flops_per_item * weights.compute
        if work == "llm":
            operations = need.flops_per_token * (
                (traffic.input_tokens or 0) * weights.prefill
                + (traffic.output_tokens or 0) * weights.compute
            )
        if operations <= 0.0:
            return _OfChip(need.compute, weight_gib, math.inf)
        spreads = self._known.spreads(speed, chip.kind)
        if not need.flops_known:
            spreads = spreads.wider(UNKNOWN_FLOPS)
        whole = self._workload.mode in WITHOUT_HEADROOM
        share = 1.0 if whole else self._known.headroom(chip.kind, need.work).share
        slower = factor_at(spreads.rate, self._workload.wanted_confidence)
        return _OfChip(need.compute, weight_gib, share / operations / slower)

    def _way(self, chip: Chip, item_tokens: int | None) -> _Way | None:
        """How the model runs on a chip; None where it cannot."""
        card, work = self._card, WORK[self._card.kind]
        form = self._known.formats.on(self._precision, chip, work)
        if isinstance(form, Misfit):
            return None
        need = need_of(card, as_released(card, self._precision, form), item_tokens)
        if isinstance(need, Misfit):
            return None
        stack = self._known.usual_stack(chip.family, chip.kind, work, self._precision)
        if stack is None or stack.stack in OF_WHISPER:
            return _Way(need, None)
        sparse = work == "llm" and need.expert_share < 1.0
        speed = self._known.speed(
            chip.family, chip.kind, stack.stack, need.work, need.compute, sparse
        )
        return None if speed is None else _Way(need, speed)


def chips_in(machine: Machine) -> str | None:
    """The name of what a machine computes on: of its accelerators, else of its processor."""
    return machine.accelerator or machine.cpu


class SameChips:
    """Machines with the same ``chips``, each with the watts that it draws idle."""

    def __init__(
        self, chips: str | None, machines: Sequence[tuple[float, Machine]], catalogue: Catalogue
    ) -> None:
        self.chips = chips
        self.first = machines[0][1]
        self.least_idle_w = min(idle_w for idle_w, _ in machines)
        self._parts = [
            (idle_w, whole)
            for idle_w, machine in machines
            if (whole := knowledge(catalogue).chips.all_of(machine)) is not None
        ]
        self._best: dict[Compute, tuple[float, float]] = {}

    def best(self, compute: Compute) -> tuple[float, float]:
        """The most operations a second of one of the machines, and the most of one for each watt
        that it draws idle."""
        found = self._best.get(compute)
        if found is None:
            peaks = [(whole.peak(compute), idle_w) for idle_w, whole in self._parts]
            found = self._best[compute] = (
                max((peak for peak, _ in peaks), default=0.0),
                max((peak / idle_w if idle_w else math.inf for peak, idle_w in peaks), default=0.0),
            )
        return found


def by_chips(
    machines: Iterable[tuple[float, Machine]], catalogue: Catalogue
) -> tuple[SameChips, ...]:
    """Machines, each with the watts that it draws idle, by their chips."""
    those: dict[str | None, list[tuple[float, Machine]]] = {}
    for each in machines:
        those.setdefault(chips_in(each[1]), []).append(each)
    return tuple(SameChips(chips, alike, catalogue) for chips, alike in those.items())


_ROUNDED_UP = 1.0 + 1e-6
"""So that no rounding here leaves out a machine that just serves."""


class _OfChip(NamedTuple):
    """What the model computes in on a kind of chip, its weights, and the requests a second for
    each operation a second of the chips' peak."""

    compute: Compute
    weight_gib: float
    requests_per_operation: float


class _Way(NamedTuple):
    """What a model takes on a kind of chip, and how fast that is; None where nothing bounds it."""

    need: Need
    speed: Speed | None


class _Ways:
    """The ways of the last models that were asked for at a precision, on one catalogue: by the
    chip's name, and by the tokens of an item where they have a part in it."""

    def __init__(self, _catalogue: Catalogue) -> None:
        self._found: dict[
            tuple[ModelCard, Precision], dict[tuple[str, int | None], _Way | None]
        ] = {}

    def of(
        self, card: ModelCard, precision: Precision
    ) -> dict[tuple[str, int | None], _Way | None]:
        key = card, precision
        found = self._found.get(key)
        if found is None:
            if len(self._found) >= _MOST_KEPT:
                self._found.clear()
            found = self._found[key] = {}
        return found


_MOST_KEPT = 64
