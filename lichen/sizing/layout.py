"""One model on one machine at one concurrency: does it fit, and how fast."""

from __future__ import annotations

import math

import msgspec

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import Machine
from lichen.interval import Interval
from lichen.sizing.answers import Misfit, Prediction
from lichen.sizing.coefficients import Knowledge, Speed, Stack, knowledge
from lichen.sizing.hardware import Rig
from lichen.sizing.memory import available_gib, fewest_chips, held_gib, most_sequences
from lichen.sizing.need import Need, need_of
from lichen.sizing.terms import Terms, decode_terms, item_terms, prefill_terms, seconds
from lichen.words import Precision
from lichen.workload import ModelCard

MEMORY_LOW, MEMORY_HIGH = 0.95, 1.15
"""Memory held, against the formula's: buffers and fragmentation differ between engines."""


class Spreads(msgspec.Struct, frozen=True):
    """80 % factors on time, low and high, by what is timed."""

    rate: tuple[float, float]
    first: tuple[float, float]
    token: tuple[float, float]
    request: tuple[float, float]


class Setting(msgspec.Struct, frozen=True):
    """A model set out on a machine: ``copies`` of it, each on ``rig``.

    ``spreads`` are the 80 % factors of its times; ``pace`` scales them by what was measured.
    """

    need: Need
    machine: Rig
    rig: Rig
    copies: int
    stack: Stack
    speed: Speed
    spreads: Spreads
    input_tokens: int
    output_tokens: int
    pace: float = 1.0

    @property
    def context_tokens(self) -> float:
        """The longest a sequence becomes."""
        return float(self.input_tokens + self.output_tokens)

    @property
    def room(self) -> float:
        """Sequences or items that one copy may hold at once."""
        return most_sequences(self.need, self.rig, self.stack, self.context_tokens)

    def step_terms(self, batch: float) -> Terms:
        """Terms of a decode step, or of a pass over a batch of items. Mean context: prompt and
        half the answer. A stack with compiled shapes reads its whole cache whatever is in it."""
        if self.need.work != "llm":
            return item_terms(self.need, self.rig, batch)
        context = (
            self.context_tokens
            if self.stack.static_shapes
            else self.input_tokens + self.output_tokens / 2
        )
        return decode_terms(self.need, self.rig, batch, context)

    def step_s(self, batch: float) -> float:
        """A decode step, or a pass over a batch of items."""
        return self.pace * seconds(self.speed.weights, self.step_terms(batch))

    def prefill_s(self) -> float:
        """Reading one prompt."""
        if self.need.work != "llm" or not self.input_tokens:
            return 0.0
        terms = prefill_terms(self.need, self.rig, float(self.input_tokens))
        return self.pace * seconds(self.speed.weights, terms)

    def token_s(self, batch: float) -> float:
        """From one token to a sequence's next, the prompts read in between counted in."""
        waits = (batch - 1.0) * self.prefill_s() / max(1, self.output_tokens)
        return self.step_s(batch) + max(0.0, waits)

    def request_s(self, batch: float) -> float:
        """A request from its turn to its last token or item, ``batch`` of them in flight."""
        if self.need.work != "llm":
            return self.step_s(batch)
        return self.prefill_s() + self.output_tokens * self.token_s(batch)

    def most_rps(self, batch: float) -> float:
        """Requests a second of the whole machine, ``batch`` in flight on every copy."""
        return self.copies * batch / max(self.request_s(batch), 1e-9)


def setting_of(
    card: ModelCard,
    machine: Machine,
    known: Knowledge,
    precision: Precision,
    stack_name: str | None,
    chips: float | None,
    input_tokens: int,
    output_tokens: int,
) -> Setting | Misfit:
    """Lay a model out on a machine: cheap refusals first, then the fewest chips that hold it."""
    hardware = known.hardware.hardware_of(machine)
    if hardware is None:
        named = machine.accelerator or machine.cpu
        return Misfit("hardware", f"the catalogue does not know {_chip_of(machine, named)}")
    if precision not in hardware.runs:
        return Misfit("precision", f"{hardware.name} does not run {precision}")
    whole = known.hardware.of_machine(machine)
    if whole is None:
        return Misfit("hardware", f"no published rate or bandwidth of {hardware.name}")
    need = need_of(card, precision, hardware.kind, input_tokens or None)
    if isinstance(need, Misfit):
        return need
    if need.weight_bytes > whole.memory_gib * 1024**3:
        return _too_little(need.weight_bytes / 1024**3, whole.memory_gib)
    stack = (
        known.stack(stack_name, hardware.kind, need.work)
        if stack_name
        else known.usual_stack(hardware.family, hardware.kind, need.work)
    )
    if stack is None:
        serving = f"{stack_name} on" if stack_name else "on"
        return Misfit(
            "hardware", f"no known way to serve {card.kind} models {serving} {hardware.family}"
        )
    speed = known.speed(
        hardware.family,
        hardware.kind,
        stack.stack,
        need.work,
        need.compute,
        need.expert_share < 1.0,
    )
    if speed is None:
        return Misfit("hardware", f"no fit for {stack.stack} on {hardware.family}")
    context = float(input_tokens + output_tokens) if need.work == "llm" else 0.0
    if need.work == "llm" and card.max_context_tokens and context > card.max_context_tokens:
        return Misfit(
            "context",
            f"{input_tokens} + {output_tokens} tokens are more than the "
            f"{card.max_context_tokens} that {card.name} reads",
            context / card.max_context_tokens,
        )
    rig, copies = whole, 1
    if hardware.kind != "cpu" and whole.chips > 1:
        least = fewest_chips(need, whole, stack, context)
        each = chips or _whole_share(least, whole.chips)
        if each is None or each > whole.chips:
            return _too_little(held_gib(need, 1.0, context), available_gib(whole, stack))
        rig, copies = whole.times(each / whole.chips), int(whole.chips // each)
    kind, llm = hardware.kind, need.work == "llm"
    spreads = Spreads(
        known.spread(speed, kind, "rate"),
        known.spread(speed, kind, "first" if llm else "pass"),
        known.spread(speed, kind, "token" if llm else "pass"),
        known.spread(speed, kind, "token" if llm else "pass"),
    )
    setting = Setting(need, whole, rig, copies, stack, speed, spreads, input_tokens, output_tokens)
    if setting.room < 1:
        return _too_little(held_gib(need, 1.0, context), available_gib(rig, stack))
    return setting


def predict(
    card: ModelCard,
    machine: Machine,
    catalogue: Catalogue,
    *,
    precision: Precision,
    stack: str | None = None,
    chips: float | None = None,
    input_tokens: int = 0,
    output_tokens: int = 0,
    items: int = 1,
    concurrency: float = 1,
) -> Prediction | Misfit:
    """How ``machine`` serves ``card`` with ``concurrency`` requests in flight.

    ``chips`` are those of one copy (tensor parallel); left out, the fewest that hold it.
    ``items`` are an item model's per request. Never raises for a card or machine of the schema:
    a Misfit says what is lacking.
    """
    setting = setting_of(
        card, machine, knowledge(catalogue), precision, stack, chips, input_tokens, output_tokens
    )
    if isinstance(setting, Misfit):
        return setting
    batch = max(1.0, math.ceil(concurrency / setting.copies))
    if batch > setting.room:
        return Misfit(
            "memory",
            f"{concurrency:g} requests at once are more than the "
            f"{setting.room * setting.copies:g} that its memory and {setting.stack.stack} hold",
            batch / setting.room,
        )
    return prediction_at(setting, precision, batch, concurrency, items)


def prediction_at(
    setting: Setting,
    precision: Precision,
    batch: float,
    concurrency: float,
    items: int,
) -> Prediction:
    """The prediction of a setting with ``batch`` requests (or a batch of items) on each copy."""
    llm = setting.need.work == "llm"
    held = held_gib(setting.need, batch, setting.context_tokens) * setting.copies
    available = available_gib(setting.rig, setting.stack) * setting.copies
    if llm:
        request_s = setting.request_s(batch)
        rps = min(concurrency, batch * setting.copies) / max(request_s, 1e-9)
    else:
        # A pass carries ``batch`` items; a request takes as many passes as its items fill.
        pass_s = setting.step_s(batch)
        request_s = pass_s * math.ceil(items / batch)
        rps = setting.copies * batch / items / max(pass_s, 1e-9)
    spreads = setting.spreads
    return Prediction(
        precision=precision,
        stack=setting.stack.stack,
        chips=setting.rig.chips * setting.copies,
        copies=setting.copies,
        concurrency=concurrency,
        memory_gib=Interval(held * MEMORY_LOW, held, held * MEMORY_HIGH),
        memory_available_gib=available,
        time_to_first_token_ms=_time(setting.prefill_s() * 1e3, spreads.first) if llm else None,
        time_per_output_token_ms=_time(setting.token_s(batch) * 1e3, spreads.token)
        if llm
        else None,
        request_ms=_time(request_s * 1e3, spreads.request),
        output_tokens_per_s=_rate(rps * setting.output_tokens, spreads.rate) if llm else None,
        requests_per_s=_rate(rps, spreads.rate),
        basis=setting.speed.row.basis,
    )


def _time(value: float, spread: tuple[float, float]) -> Interval:
    return Interval(value * spread[0], value, value * spread[1])


def _rate(value: float, spread: tuple[float, float]) -> Interval:
    """A rate is slow where a time is long."""
    return Interval(value / spread[1], value, value / spread[0])


def _whole_share(least: float, chips: float) -> float | None:
    """The fewest chips, of those that divide a machine's evenly, that are at least ``least``."""
    whole = int(chips)
    for each in range(1, whole + 1):
        if whole % each == 0 and each >= least:
            return float(each)
    return None


def _too_little(asked_gib: float, available_gib: float) -> Misfit:
    shortfall = asked_gib / available_gib if available_gib > 0 else None
    return Misfit(
        "memory", f"needs {asked_gib:.1f} GiB, {max(0.0, available_gib):.1f} are there", shortfall
    )


def _chip_of(machine: Machine, named: str | None) -> str:
    return named or f"the processor of {machine.name}"
