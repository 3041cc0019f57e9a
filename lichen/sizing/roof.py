"""What a machine cannot exceed: requests a second if it did nothing but the model's operations.

Far cheaper than a layout, so that a search among machines lays out only those that may win.
"""

from __future__ import annotations

import math

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import Machine
from lichen.sizing.answers import Misfit
from lichen.sizing.arrangement import OF_WHISPER, UNKNOWN_FLOPS
from lichen.sizing.coefficients import knowledge
from lichen.sizing.confidence import factor_at
from lichen.sizing.need import WORK, as_released, need_of
from lichen.sizing.savings import QUEUED
from lichen.words import Precision
from lichen.workload import ModelCard, Workload


def roof_rps(
    workload: Workload,
    card: ModelCard,
    machine: Machine,
    precision: Precision,
    catalogue: Catalogue,
) -> float:
    """Requests a second that a layout of ``workload`` on ``machine`` never exceeds, without
    benchmark records.

    Infinite where nothing bounds it; 0 where the machine cannot serve the workload at all, which
    :func:`lay_out` explains.
    """
    known, work, traffic = knowledge(catalogue), WORK[card.kind], workload.traffic
    chip, whole = known.chips.of_machine(machine), known.chips.all_of(machine)
    if chip is None or whole is None:
        return 0.0
    form = known.formats.on(precision, chip, work)
    if isinstance(form, Misfit):
        return 0.0
    need = need_of(card, as_released(card, precision, form), traffic.input_tokens or None)
    if isinstance(need, Misfit) or need.weight_bytes > whole.memory_gib * 1024**3:
        return 0.0
    stack = known.usual_stack(chip.family, chip.kind, work, precision)
    if stack is None or stack.stack in OF_WHISPER:
        return math.inf
    sparse = work == "llm" and need.expert_share < 1.0
    speed = known.speed(chip.family, chip.kind, stack.stack, need.work, need.compute, sparse)
    if speed is None:
        return 0.0
    weights = speed.weights
    operations = traffic.items * need.flops_per_item * weights.compute
    if work == "llm":
        operations = need.flops_per_token * (
            (traffic.input_tokens or 0) * weights.prefill
            + (traffic.output_tokens or 0) * weights.compute
        )
    if operations <= 0.0:
        return math.inf
    spreads = known.spreads(speed, chip.kind)
    if not need.flops_known:
        spreads = spreads.wider(UNKNOWN_FLOPS)
    share = 1.0 if workload.mode in QUEUED else known.headroom(chip.kind, need.work).share
    slower = factor_at(spreads.rate, workload.wanted_confidence)
    return share * whole.peak(need.compute) / operations / slower
