"""Everything known of one machine or model, with the arithmetic and the sources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import get_args

import msgspec
from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from lichen import units
from lichen.catalogue import Catalogue
from lichen.catalogue.schema import Chip, Machine
from lichen.document import InputError, did_you_mean
from lichen.emissions import embodied_gco2e_hour
from lichen.figures import between, billions, co2e, figure, grams, kib
from lichen.sizing.coefficients import knowledge
from lichen.sizing.need import weights_gib
from lichen.words import Precision
from lichen.workload import ModelCard
from lichen_doors.report import region
from lichen_doors.report.catalogue import offers
from lichen_doors.report.catalogue import renderables as table_renderables
from lichen_doors.report.cell import cell
from lichen_doors.report.region import Row
from lichen_doors.report.terminal import drawn


def knows(catalogue: Catalogue, what: str) -> bool:
    """Whether a region, a machine or a model has this name."""
    return (
        what in catalogue.regions
        or catalogue.bare_name(what) in catalogue.machines
        or what in catalogue.models
    )


def story(catalogue: Catalogue, what: str) -> Row:
    """A region, machine or model by name as plain values; :class:`InputError` for another."""
    if what in catalogue.regions:
        return region.story(catalogue, catalogue.regions[what])
    if catalogue.bare_name(what) in catalogue.machines:
        return _machine_story(catalogue, catalogue.machine(what))
    if what in catalogue.models:
        return _model_story(catalogue, catalogue.models[what])
    raise _unknown(catalogue, what)


def renderables(catalogue: Catalogue, what: str) -> Iterator[RenderableType]:
    """The same for a terminal."""
    if what in catalogue.regions:
        yield from drawn(region.lines(catalogue, catalogue.regions[what]))
    elif catalogue.bare_name(what) in catalogue.machines:
        yield from _explain_machine(catalogue, catalogue.machine(what))
    elif what in catalogue.models:
        yield from _explain_model(catalogue, catalogue.models[what])
    else:
        raise _unknown(catalogue, what)


def _unknown(catalogue: Catalogue, what: str) -> InputError:
    known = [*catalogue.regions, *catalogue.machines, *catalogue.models]
    otherwise = (
        "name a rule of `lichen rules`, or a name of `lichen catalogue regions`, machines or models"
    )
    return InputError(f"{what!r} is not known", fix=did_you_mean(what, known, otherwise=otherwise))


def _machine_story(catalogue: Catalogue, machine: Machine) -> Row:
    chip = catalogue.chips.get(machine.accelerator or machine.cpu or "")
    return {
        "kind": "machine",
        **msgspec.to_builtins(machine),
        "chip": msgspec.to_builtins(chip) if chip else None,
        "offers": offers(catalogue, machine=machine.name).rows,
        "own": catalogue.own("machines", machine.name),
    }


def _explain_machine(catalogue: Catalogue, machine: Machine) -> Iterator[RenderableType]:
    chip = catalogue.chips.get(machine.accelerator or "")
    yield Text.assemble(
        (machine.name, "name"), f"  {machine.cloud}, {_titles(catalogue, machine)}\n"
    )
    for line in _machine_lines(catalogue, machine, chip):
        yield Padding(Text(line), (0, 0, 0, 2))
    yield Text()
    yield from table_renderables(offers(catalogue, machine=machine.name), most=12)


def _machine_lines(catalogue: Catalogue, machine: Machine, chip: Chip | None) -> Iterator[str]:
    memory = "memory unknown" if machine.memory_gib is None else f"{machine.memory_gib:g} GiB"
    yield f"{machine.vcpu:g} vCPU ({machine.cpu or machine.processor}), {memory}"
    if chip is not None:
        rate = chip.bf16_tflops or chip.fp16_tflops
        yield (
            f"{machine.accelerators:g} x {chip.name}: {cell(chip.memory_gib, figure)} GiB, "
            f"{cell(chip.bandwidth_gb_s, figure)} GB/s, {cell(rate, figure)} TFLOPS each"
        )
    if machine.half_load_w is None:
        yield "watts unknown: nobody publishes its accelerator's"
    else:
        assert machine.idle_w is not None
        assert machine.full_load_w is not None
        yield (
            f"draws {between(machine.idle_w, 'W')} at idle, {between(machine.half_load_w, 'W')} at "
            f"half load, {between(machine.full_load_w, 'W')} at full: {machine.power_basis}, from "
            f"{', '.join(machine.power_source)}"
        )
    hourly = embodied_gco2e_hour(machine)
    if hourly is not None and machine.embodied_kgco2e is not None:
        yield (
            f"embodied {co2e(units.grams(machine.embodied_kgco2e))} over "
            f"{machine.lifetime_hours:,.0f} hours: {grams(hourly.likely)} an hour, "
            f"{machine.embodied_basis}, from {', '.join(machine.embodied_source)}"
        )
    for hosting in catalogue.hostings_of(machine):
        markup = catalogue.markup(machine.name, hosting.name)
        if hosting.base is not None and markup is not None:
            yield (
                f"{hosting.title} offers it as {hosting.machine_prefix}{machine.name}, at "
                f"{markup.markup.likely:.2f} times the price on "
                f"{catalogue.hostings[hosting.base].title} ({markup.basis})"
            )
    if machine.successor:
        yield f"successor: {machine.successor}"
    if machine.arm_alternative:
        yield f"on Arm: {machine.arm_alternative}"
    if machine.notes:
        yield machine.notes
    if own := catalogue.own("machines", machine.name):
        yield f"your own rows give {', '.join(own)}"


def _titles(catalogue: Catalogue, machine: Machine) -> str:
    return ", ".join(hosting.title for hosting in catalogue.hostings_of(machine))


def _model_story(catalogue: Catalogue, card: ModelCard) -> Row:
    return {
        "kind": "model",
        **msgspec.to_builtins(card),
        "weights_gib": {
            name: round(gib, 2) for name, gib in _weights(catalogue, card, get_args(Precision))
        },
    }


def _explain_model(catalogue: Catalogue, card: ModelCard) -> Iterator[RenderableType]:
    yield Text.assemble((card.name, "name"), f"  {card.kind}, {card.license or 'licence unknown'}")
    yield Text()
    lines = [f"{billions(card.parameters)} parameters"]
    if card.active_parameters:
        lines[0] += f", {billions(card.active_parameters)} of them active for a token"
    if card.released_in:
        lines.append(f"released in {card.released_in}")
    shown = _weights(catalogue, card, dict.fromkeys((card.released_in or "bf16", *_SHOWN)))
    weights = ", ".join(f"{figure(gib)} GiB in {name}" for name, gib in shown)
    lines.append(f"weights (parameters x bits / 8): {weights}")
    if card.kv_bytes_per_token:
        lines.append(
            f"KV cache {kib(card.kv_bytes_per_token)} a token at bf16"
            + (
                f" (2 x {card.layers} layers x {card.kv_heads} heads x {card.head_dim} x 2 bytes)"
                if _by_formula(card)
                else ""
            )
        )
    if card.flops_per_item:
        lines.append(f"{figure(card.flops_per_item / 1e9)} GFLOP an item")
    if card.max_context_tokens:
        lines.append(f"context of {card.max_context_tokens:,} tokens")
    lines.append(f"source: {card.source}")
    for line in lines:
        yield Padding(Text(line), (0, 0, 0, 2))


def _by_formula(card: ModelCard) -> bool:
    if not (card.layers and card.kv_heads and card.head_dim):
        return False
    return card.kv_bytes_per_token == 2 * card.layers * card.kv_heads * card.head_dim * 2


_SHOWN: tuple[Precision, ...] = ("bf16", "int8", "int4")


def _weights(
    catalogue: Catalogue, card: ModelCard, precisions: Iterable[Precision]
) -> Iterator[tuple[Precision, float]]:
    """GiB of a model's weights at each precision that such models have."""
    formats = knowledge(catalogue).formats
    for precision in precisions:
        gib = weights_gib(card, precision, formats)
        if gib is not None:
            yield precision, gib
