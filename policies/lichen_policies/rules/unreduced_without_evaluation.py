"""Large model that production serves unreduced, with no evaluation of a smaller one.

Why: In 8 bits a language model takes half the memory of 16 and about half the time for a token, in
4 bits less still; a smaller model of the family takes less of both. Nobody can know without an
evaluation whether the answers stay good enough, so the team's own task has to say it.

Fix: Evaluate a lower precision or a smaller model of the family on your own task. Write its name
and score into the workload's ``evaluations`` or into the tag ``lichen:evaluated`` (``int8 MMLU-Pro
0.71``), also where the score is why you stay with the larger one. ``lichen place`` shows what each
would save.

Exceptions: It only advises, and only in production. It judges endpoints whose tags declare a model
of the catalogue and its precision, on a machine whose accelerator runs a narrower one. Weights that
take less than the limit ``gib`` are not judged: a smaller machine is seldom to be had for them.
Whether the score is good enough is the team's decision. An evaluation of the served precision or
of a larger model is none of a smaller one, nor are the rates of prefix caching and speculative
decoding.

Tags: It needs ``lichen:model`` and ``lichen:precision``, and says nothing without them. Tags that
come whole by a variable may declare them: on a machine with an accelerator, or one that is not
known, it is unverified then. It is quiet with ``lichen:evaluated``, which the component Endpoint
writes from the workload and its benchmark records.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from lichen.figures import figure
from lichen_policies.facts import Serving
from lichen_policies.model_memory import (
    REDUCED_BITS,
    bits_of,
    memory_of,
    names_a_smaller_one,
    weights_gib,
)
from lichen_policies.rule import LOWER_IS_STRICTER, Finding, Known, NotApplicable, rule


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``gib``: weights that take less are not judged."""

    gib: Annotated[float, Meta(ge=0, le=10_000), LOWER_IS_STRICTER] = 8.0


@rule(severity="low", dev="disabled", staging="disabled", prod="advisory", theme="model")
def unreduced_without_evaluation(fact: Serving, limits: Limits, known: Known) -> Iterator[Finding]:
    if fact.shadow:
        raise NotApplicable("a shadow variant is itself an evaluation")
    machine = known.catalogue.machines.get(known.catalogue.bare_name(fact.if_known.machine or ""))
    if machine is not None and machine.accelerator is None:
        raise NotApplicable("its machine has no accelerator")
    passport = fact.declared("model", "precision")
    if passport is None or passport.model is None or passport.precision is None:
        raise NotApplicable(f"the {fact.tag('*')} {fact.tag_word}s declare no model and precision")
    card = known.catalogue.models.get(passport.model)
    _ = fact.machine
    if card is None or machine is None or machine.accelerator is None:
        raise NotApplicable("its model, or an accelerator of its machine, is not known")
    from lichen.sizing.narrower import narrower_on  # few stacks declare a model: a start is short

    memory = memory_of(machine.accelerator, None, known)
    narrower = narrower_on(machine, card, known.catalogue)
    precision = passport.precision
    if bits_of(precision, known.catalogue) < REDUCED_BITS or memory is None or not narrower:
        return
    gib = weights_gib(card, passport, memory, known)
    if gib < limits.gib or names_a_smaller_one(
        passport.evaluated, card.name, precision, known.catalogue
    ):
        return
    yield Finding(
        what=f"{card.name} is served in {precision}, {figure(gib)} GiB of weights, and "
        f"the {fact.tag_word}s name no evaluation of a smaller one",
        limit="production serves a large model unreduced only where an evaluation says why",
        or_else=f"evaluate {' or '.join(narrower)}, or a smaller model of the family, on your own "
        f"task, and write its name and score into the workload's evaluations or into the "
        f"{fact.tag_word} {fact.tag('evaluated')}",
        path=fact.machine_at or fact.path,
        sources=tuple(filter(None, (card.source,))),
    )
