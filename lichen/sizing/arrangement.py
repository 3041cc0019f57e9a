"""Copies of a model on a machine's chips: the stack, the chips of each copy, and their times."""

from __future__ import annotations

import math

import msgspec
from msgspec.structs import replace

from lichen.catalogue.schema import PLAIN, Chip, Kind, Machine, ServingStack, Work
from lichen.sizing.answers import Misfit
from lichen.sizing.coefficients import Knowledge, Speed, Spreads
from lichen.sizing.compiled import (
    SHORTEST_SEQUENCE,
    batch_for,
    batch_within,
    bucket,
    read_tokens,
)
from lichen.sizing.hardware import Chips, chips_of_a_copy
from lichen.sizing.memory import (
    available_gib,
    host_needed_gib,
    most_sequences,
    needed_gib,
)
from lichen.sizing.need import WORK, Need, as_released, need_of
from lichen.sizing.speculation import Speculation
from lichen.sizing.terms import Terms, decode_terms, item_terms, prefill_terms, seconds
from lichen.words import Precision
from lichen.workload import Compiled, ModelCard

UNKNOWN_FLOPS = 2.0
"""Intervals are wider by this where a model's FLOPs come from its parameters alone."""


SPLIT: frozenset[Work] = frozenset({"llm", "diffusion"})
"""Models that people run on more chips than they need, for a shorter time; encoders, pictures and
speech they run in more copies."""

OF_WHISPER = frozenset({"faster-whisper", "whisper.cpp"})
"""Stacks for an encoder with a decoder that attends to all of it."""


class Arrangement(msgspec.Struct, frozen=True):
    """``copies`` of a model on a machine, each on ``chips``; ``machine_chips`` are all
    that the machine has.

    ``around_s`` is what a request of one item costs around the model, in seconds of a vCPU, of
    which the machine has ``vcpu``. ``spreads`` are the 80 % factors of its times. ``more_chips``
    are other numbers of chips that a copy could use, all larger. ``longest_tokens`` is the longest
    sequence that the model accepts, ``longest_request`` the longest that must be served; None: as
    long as the others. ``compiled_batch`` is the batch that a stack with compiled shapes always
    runs, and ``compiled_tokens`` the length; None where that is still open, and for other stacks.
    ``pace`` is a factor on every time of the model, from benchmark records; 1 where there are
    none. ``at_most`` are the sequences or items that a copy is given at once. ``cached_tokens`` of
    a prompt are in a cache of prefixes already, and ``speculation`` says how a step is drafted; the
    usual is neither.
    """

    need: Need
    machine_chips: Chips
    chips: Chips
    copies: int
    stack: ServingStack
    speed: Speed
    spreads: Spreads
    input_tokens: int
    output_tokens: int
    around_s: float
    vcpu: float
    more_chips: tuple[float, ...]
    longest_tokens: float
    longest_request: float | None = None
    compiled_batch: float | None = None
    compiled_tokens: float | None = None
    pace: float = 1.0
    at_most: float = math.inf
    cached_tokens: float = 0.0
    speculation: Speculation | None = None

    @property
    def context_tokens(self) -> float:
        """The longest a sequence becomes."""
        return float(self.input_tokens + self.output_tokens)

    @property
    def sequence_tokens(self) -> float:
        """Tokens that a sequence has room for: of a compiled length, however many it fills."""
        if self.compiled_tokens is not None:
            return self.compiled_tokens
        if self.stack.static_shapes and self.need.work == "llm":
            longest = max(self.context_tokens, self.longest_request or 0.0)
            return bucket(longest, self.longest_tokens, SHORTEST_SEQUENCE)
        return self.context_tokens

    @property
    def longest_gib(self) -> float:
        """Memory of a copy with nothing but the longest request in it."""
        longest = max(self.sequence_tokens, self.longest_request or 0.0)
        return needed_gib(self.need, 1.0, longest, self.chips.degree)

    @property
    def fits(self) -> bool:
        """Whether the compiled batch fits, else one request, the longest too."""
        available = available_gib(self.chips, self.stack)
        if self.compiled_batch is None:
            return self.room >= 1 and self.longest_gib <= available
        degree = self.chips.degree
        return available >= needed_gib(self.need, self.compiled_batch, self.sequence_tokens, degree)

    @property
    def room(self) -> float:
        """Sequences or items that fit into one copy at once."""
        if self.compiled_batch is not None:
            return self.compiled_batch
        fit = most_sequences(self.need, self.chips, self.stack, self.sequence_tokens)
        most = min(fit, self.at_most)
        return batch_within(most) if self.stack.static_shapes else most

    def slots(self, batch: float) -> float:
        """Places that are computed for ``batch``: a compiled batch takes as long however many of
        its own are filled, and more than it holds take several passes."""
        if not self.stack.static_shapes:
            return batch
        held = self.compiled_batch or batch_for(batch)
        return held * max(1.0, math.ceil(batch / held))

    def with_chips(self, each: float) -> Arrangement:
        """The same with another number of chips a copy, and as many copies as that allows."""
        whole = self.machine_chips
        return replace(self, chips=whole.times(each / whole.count), copies=int(whole.count // each))

    def with_more_chips(self) -> list[Arrangement]:
        """It, then the same with more chips a copy and fewer copies."""
        return [self, *(self.with_chips(each) for each in self.more_chips)]

    def with_room_for(self, requests: float) -> Arrangement:
        """The one with the fewest chips a copy whose copies hold so many requests at once; it
        itself where none does."""
        options = self.with_more_chips()
        return next((one for one in options if requests <= one.room * one.copies), self)

    def step_terms(self, batch: float) -> Terms:
        """Terms of a decode step, or of a pass over a batch of items. Mean context: prompt and
        half the answer. A stack with compiled shapes always reads its whole cache."""
        slots = self.slots(batch)
        if self.need.work != "llm":
            return item_terms(self.need, self.chips, slots)
        context = (
            self.sequence_tokens
            if self.stack.static_shapes
            else self.input_tokens + self.output_tokens / 2
        )
        each = 1.0 if self.speculation is None else self.speculation.checked
        return decode_terms(self.need, self.chips, slots, context, each)

    def _drafted_s(self, batch: float) -> float:
        """The steps of the drafting model before one of the model's own; 0 without one."""
        drafts = self.speculation
        if drafts is None or drafts.draft is None:
            return 0.0
        context = self.input_tokens + self.output_tokens / 2
        terms = decode_terms(drafts.draft, self.chips, self.slots(batch), context)
        return drafts.ahead * self.pace * seconds(self.speed.weights, terms)

    def step_s(self, batch: float) -> float:
        """A decode step, or a pass over a batch of items.

        The host prepares the next items meanwhile, for every copy, and where it is slower than
        the chips it is what the pass takes. On a machine without accelerator the same cores do
        both. With speculation it is the time for each token that a step leaves.
        """
        step_s = self.pace * seconds(self.speed.weights, self.step_terms(batch))
        if self.need.work == "llm":
            drafts = self.speculation
            return step_s if drafts is None else (step_s + self._drafted_s(batch)) / drafts.tokens
        host_s = self.slots(batch) * self.around_s * self.copies / self.vcpu
        return step_s + host_s if self.chips.kind == "cpu" else max(step_s, host_s)

    def prefill_s(self) -> float:
        """Reading one prompt."""
        if self.need.work != "llm" or not self.input_tokens:
            return 0.0
        tokens = read_tokens(self.stack, float(self.input_tokens))
        cached = min(self.cached_tokens, max(0.0, tokens - 1.0))
        terms = prefill_terms(
            self.need, self.chips, tokens - cached, tile=self.stack.prompt_tile, cached=cached
        )
        return self.pace * seconds(self.speed.weights, terms)

    def token_s(self, batch: float) -> float:
        """From one token of a sequence to its next, with the prompts read in between."""
        waits = (batch - 1.0) * self.prefill_s() / max(1, self.output_tokens)
        return self.step_s(batch) + max(0.0, waits)

    def request_s(self, batch: float) -> float:
        """A request from its start to its last token or item, with ``batch`` in flight."""
        if self.need.work != "llm":
            return self.around_s + self.step_s(batch)
        return self.first_s() + self.output_tokens * self.token_s(batch)

    def first_s(self) -> float:
        """From a request to its first token, where nothing else is in flight."""
        return self.around_s + self.prefill_s()

    def most_rps(self, batch: float) -> float:
        """Requests a second of the whole machine, ``batch`` in flight on every copy."""
        busy_s = self.request_s(batch) - self.around_s
        return self.copies * batch / max(busy_s, 1e-9)


def arrange(
    card: ModelCard,
    machine: Machine,
    known: Knowledge,
    precision: Precision,
    stack_name: str | None,
    chips: float | None,
    input_tokens: int,
    output_tokens: int,
    longest_request: int | None = None,
    compiled: Compiled | None = None,
) -> Arrangement | Misfit:
    """A model on the fewest chips of a machine that it fits on, with as many copies as there is
    room for. ``chips`` sets those of one copy; ``stack_name`` the stack instead of the usual one.

    ``longest_request``, in tokens, must fit too. ``compiled`` is the shape that the model's files
    have: no other is then tried, and a stack without compiled shapes does not run them.
    """
    chip = known.chips.of_machine(machine)
    if chip is None:
        named = machine.accelerator or machine.cpu
        return Misfit("chip", f"the catalogue does not know {_chip_of(machine, named)}")
    work = WORK[card.kind]
    form = known.formats.on(precision, chip, work)
    if isinstance(form, Misfit):
        return form
    whole = known.chips.all_of(machine)
    if whole is None:
        return Misfit("chip", f"the speed or the bandwidth of {chip.name} is not known")
    form = as_released(card, precision, form)
    need = need_of(card, form, input_tokens or None)
    if isinstance(need, Misfit):
        return need
    if need.weight_bytes > whole.memory_gib * 1024**3:
        return _too_little(need.weight_bytes / 1024**3, whole.memory_gib)
    host = host_needed_gib(need, chip.kind)
    if machine.accelerator and machine.memory_gib is not None and host > machine.memory_gib:
        return Misfit(
            "memory",
            f"loading its weights takes {host:.1f} GiB of host memory, "
            f"{machine.name} has {machine.memory_gib:.1f}",
            host / machine.memory_gib,
        )
    stack = (
        known.stack(stack_name, chip.kind, work)
        if stack_name
        else known.usual_stack(chip.family, chip.kind, work, precision)
    )
    if stack is not None and stack.stack in OF_WHISPER and not card.cross_kv_bytes:
        if stack_name:
            return Misfit("card", f"{stack.stack} serves Whisper's kind of model alone")
        stack = known.stack("pytorch", chip.kind, work)
    if stack is not None and precision not in (stack.precisions or PLAIN):
        return Misfit(
            "precision",
            f"{stack.stack} does not run {precision}: it runs "
            + ", ".join(stack.precisions or PLAIN),
        )
    if stack is None:
        way = f"with {stack_name} on" if stack_name else "on"
        return Misfit(
            "hardware",
            f"no known way to serve {card.kind} models {way} {chip.family}"
            + _known_there(known, chip, work),
        )
    speed = known.speed(
        chip.family,
        chip.kind,
        stack.stack,
        need.work,
        need.compute,
        work == "llm" and need.expert_share < 1.0,
    )
    if speed is None:
        return Misfit(
            "hardware",
            f"no measured speed of {stack.stack} on {chip.family}"
            + _known_there(known, chip, work),
        )
    if compiled is not None and not stack.static_shapes:
        return Misfit(
            "compiled", f"the model's files are compiled, and {stack.stack} runs none that are"
        )
    text_tokens: float | None = None
    if stack.static_shapes and need.work == "encoder":
        text_tokens = _text_tokens(card, input_tokens, longest_request, compiled)
        if text_tokens is not None:  # every text is padded to it
            padded = need_of(card, form, int(text_tokens))
            if isinstance(padded, Misfit):
                return padded
            need = padded
    context = float(input_tokens + output_tokens) if need.work == "llm" else 0.0
    request = context or float(input_tokens)
    if card.max_context_tokens and request > card.max_context_tokens:
        asked = f"{input_tokens} + {output_tokens}" if context else f"{input_tokens}"
        return Misfit(
            "context",
            f"{asked} tokens are more than the {card.max_context_tokens} that {card.name} accepts",
            request / card.max_context_tokens,
        )
    if compiled is not None:
        least = max(context, float(longest_request or 0))
        if compiled.sequence_tokens < least:
            return Misfit(
                "compiled",
                f"the model's files are compiled for {compiled.sequence_tokens} tokens, and a "
                f"request has {least:g}",
                least / compiled.sequence_tokens,
            )
        chips = compiled.tensor_parallel / (chip.cores or 1)
    if chips and chip.kind != "cpu" and chips > whole.count:
        return Misfit(
            "hardware",
            f"{chips:g} chips a copy are more than the {whole.count:g} of {machine.name}",
            chips / whole.count,
        )
    spreads = known.spreads(speed, chip.kind)
    if not need.flops_known:
        spreads = spreads.wider(UNKNOWN_FLOPS)
    around_s = known.around[need.work].ms(float(input_tokens + output_tokens)) / 1e3
    allowed = chips_of_a_copy(chip, whole)
    if chips and chip.parallel_degrees and chips not in allowed:
        return _not_a_degree(chip, chips, allowed)
    if chips and chip.kind != "cpu" and (whole.count > 1 or chips in allowed):
        allowed = [chips]
    elif need.work == "llm":
        allowed = [each for each in allowed if each <= 1 or _divides(need, chip.kind, each)]
    arrangement = Arrangement(
        need,
        whole,
        whole.as_used_by(stack),
        1,
        stack,
        speed,
        spreads,
        input_tokens,
        output_tokens,
        around_s,
        known.chips.lasting_vcpu(machine),
        (),
        float(card.max_context_tokens or math.inf),
        None if longest_request is None else float(longest_request),
        None if compiled is None else float(compiled.batch),
        text_tokens if compiled is None else float(compiled.sequence_tokens),
    )
    return _on_fewest_chips(arrangement, allowed)


def _text_tokens(
    card: ModelCard, input_tokens: int, longest_request: int | None, compiled: Compiled | None
) -> float | None:
    """The one length that an encoder's texts are compiled for; None where nobody asks for one: a
    benchmark's texts have the length that is stated."""
    if compiled is not None:
        return float(compiled.sequence_tokens)
    if longest_request is None:
        most = card.max_context_tokens
        return None if input_tokens or most is None else float(most)
    return bucket(float(longest_request), float(card.max_context_tokens or math.inf))


def _divides(need: Need, kind: Kind, chips: float) -> bool:
    """Whether a server splits a model's heads over so many chips: vLLM refuses a number that does
    not divide the heads of the queries, and one that neither divides those of the keys nor is
    divided by them (``ModelConfig.verify_with_parallel_config``). The Neuron stacks pad them."""
    if kind in ("cpu", "neuron"):
        return True
    kv = need.kv_heads
    return need.heads % chips == 0 and (not kv or kv % chips == 0 or chips % kv == 0)


def _on_fewest_chips(arrangement: Arrangement, allowed: list[float]) -> Arrangement | Misfit:
    """The arrangement on the fewest chips, of those allowed, that the model and the longest of its
    requests fit on."""
    whole = arrangement.machine_chips
    widest = arrangement
    for place, each in enumerate(allowed):
        if each > whole.count:
            break
        if allowed != [whole.count]:
            widest = arrangement.with_chips(each)
        if widest.fits:
            splits = arrangement.need.work in SPLIT
            return replace(widest, more_chips=tuple(allowed[place + 1 :]) if splits else ())
    available, batch = available_gib(widest.chips, widest.stack), widest.compiled_batch
    if batch is not None:
        needed = needed_gib(widest.need, batch, widest.sequence_tokens, widest.chips.degree)
        return _too_little(
            needed,
            available,
            f" for a batch of {batch:g} with {widest.sequence_tokens:g} tokens each, as compiled",
        )
    if widest.room < 1:
        needed = needed_gib(widest.need, 1.0, widest.sequence_tokens, widest.chips.degree)
        return _too_little(needed, available)
    longest = widest.longest_request or widest.context_tokens
    return _too_little(
        widest.longest_gib,
        available,
        f" with one request of {longest:,.0f} tokens (traffic.longest_tokens)",
    )


def _not_a_degree(chip: Chip, chips: float, allowed: list[float]) -> Misfit:
    numbers = ", ".join(f"{each:g}" for each in allowed)
    cores = ", ".join(f"{each * (chip.cores or 1):g}" for each in allowed)
    return Misfit(
        "hardware",
        f"the runtime of {chip.family} does not split a copy over {chips:g} chips; on this machine "
        f"it does over {numbers} ({cores} cores)",
    )


def _known_there(known: Knowledge, chip: Chip, work: Work) -> str:
    names = ", ".join(known.stacks_of(chip.family, chip.kind, work))
    return f"; known there: {names}" if names else ""


def _too_little(needed: float, available: float, what: str = "") -> Misfit:
    shortfall = needed / available if available > 0 else None
    return Misfit(
        "memory",
        f"needs {needed:.1f} GiB of memory{what}, {max(0.0, available):.1f} GiB are available",
        shortfall,
    )


def _chip_of(machine: Machine, named: str | None) -> str:
    return named or f"the processor of {machine.name}"
